"""Where webhooks may go: to the outside, unless the setting names a host of the inside.

Whoever can add a webhook could else make the server call what only the server can reach: cloud metadata, admin
pages, the database. The address is looked at when it is used, for a name can point elsewhere by then.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from socket import AddressFamily
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from bot.errors import BodyInvalid

_LONGEST_URL = 2000


def check_url(url: str, *, inside: Collection[str]) -> None:
    """Return if a webhook may have this address; BodyInvalid says why not. `inside`: hosts allowed as they are."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BodyInvalid("url must be an address such as https://shop.example/grija") from None
    if not host or len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        raise BodyInvalid("url must be an address such as https://shop.example/grija")
    if parts.username or parts.password or parts.fragment:
        raise BodyInvalid("url must hold no password and no #fragment")
    if host in inside and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https":
        raise BodyInvalid("url must begin with https://")
    if _is_address(host) and not is_outside(host):
        raise BodyInvalid("url must lead to the outside; GRIJA_WEBHOOK_HOSTS names exceptions")


def is_outside(address: str) -> bool:
    """Whether an IP address is one of the open internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        # Three ways to write an IPv4 address as an IPv6 one.
        hidden = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if hidden is not None:
            return is_outside(str(hidden))
        if found in _NAT64:
            return is_outside(str(ipaddress.IPv4Address(found.packed[-4:])))
    return found.is_global and not found.is_multicast


class OutsideResolver(AbstractResolver):
    """Finds the addresses of hosts, and only those of the open internet; OSError if a host has no other."""

    def __init__(self, *, inside: Collection[str]) -> None:
        self._inside = inside
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        allowed = [item for item in found if host in self._inside or is_outside(item["host"])]
        if not allowed:
            raise OSError(f"{host} leads to the inside")
        return allowed

    async def close(self) -> None:
        await self._resolver.close()


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
