"""How often may be tried to sign in, for each account and for each network. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from bot.store.people import normal_email
from bot.store.sessions import digest_of


@dataclass(frozen=True)
class Limits:
    """Attempts within `seconds`: of one account from anywhere, and of one network at any account."""

    of_account: int = 10
    of_network: int = 30
    seconds: float = 15 * 60.0

    def subjects(self, email: str, ip: str) -> dict[str, int]:
        """What an attempt is counted for, and how many each may have. Existing accounts or not, it is the same."""
        return {account_subject(email): self.of_account, f"ip:{network_of(ip)}": self.of_network}


def account_subject(email: str) -> str:
    """The name under which attempts at an account are counted: a digest, for people type passwords into this field."""
    return f"account:{digest_of(normal_email(email))}"


def network_of(ip: str) -> str:
    """The network that one customer of a provider has: the address itself, or the /64 of an IPv6 address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
