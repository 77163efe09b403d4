"""Avatars: the pictures that customers show on their platforms, kept small and drawn anew, for agents to see.

Asked for in the background; nobody waits for one, and a platform in trouble is asked later. Asked for again when the
customer writes and the last time is a month ago, or when the platform says that somebody has changed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

import structlog

from bot import antivirus
from bot.attachments import files_of
from bot.errors import AttachmentUnavailable, DeliveryDelayed, FileRefused, StoreUnavailable
from bot.filetypes import PICTURES, recognise
from bot.models import Address
from bot.previews import preview
from bot.settings import Settings
from bot.store import Store, addresses, customer_data
from channels import Channel, Portrays

log = structlog.get_logger(__name__)

_SIDE = 96
_LARGEST = 5 * 1024 * 1024
_SECONDS = 20.0
_AT_ONCE = 20
_TRIES = 5
_REST = 60.0
_REMEMBERED = 10_000


class Avatars:
    """Looks for pictures at the platforms that the settings name."""

    def __init__(self, *, store: Store, channels: Mapping[str, Channel], settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._files = files_of(settings)
        self._platforms = {
            name: channel
            for name, channel in channels.items()
            if name in settings.avatars and isinstance(channel, Portrays)
        }
        # Address -> how often it went wrong, and when to ask again.
        self._failed: dict[str, tuple[int, float]] = {}

    async def sweep(self) -> None:
        """Ask for some of those that are to be asked for. StoreUnavailable as everywhere."""
        if not self._platforms:
            return
        resting = [known for known, (_, until) in self._failed.items() if until > time.monotonic()]
        for address in await self._store.read(
            addresses.unasked, self._platforms, but=resting, limit=_AT_ONCE
        ):
            await self._take(address)

    async def _take(self, address: Address) -> None:
        try:
            kept = await asyncio.wait_for(self._fetch(address), _SECONDS)
        except StoreUnavailable:
            raise
        except (AttachmentUnavailable, FileRefused):
            kept = ""
        except Exception as error:  # the platform is in trouble, or our own disk or antivirus command
            await self._later(address, error)
            return
        self._failed.pop(address.id, None)
        before = await self._store.write(addresses.keep_avatar, address.id, kept)
        if before and not await self._store.read(customer_data.named, [before]):
            await self._files.remove(before)

    async def _later(self, address: Address, error: Exception) -> None:
        """Ask again after a rest, or leave it be after too many failures; what we have had stays."""
        tries = self._failed.get(address.id, (0, 0.0))[0] + (not isinstance(error, DeliveryDelayed))
        log.info("avatar.failed", channel=address.channel, tries=tries, error=type(error).__name__)
        if tries < _TRIES and len(self._failed) < _REMEMBERED:
            rest = error.retry_after if isinstance(error, DeliveryDelayed) else _REST * 2**tries
            self._failed[address.id] = (tries, time.monotonic() + rest)
            return
        self._failed.pop(address.id, None)
        await self._store.write(addresses.leave_avatar, address.id)

    async def _fetch(self, address: Address) -> str:
        """The SHA-256 of the small picture; empty if what the platform gave is none."""
        pieces = await self._platforms[address.channel].portrait(address)
        received = await self._files.receive(pieces, limit=_LARGEST)
        try:
            kind = recognise(received.head)
            if kind is None or kind.mime not in PICTURES:
                return ""
            if await antivirus.infected(self._settings.antivirus_command, received.path):
                return ""
            return await self._files.write(await asyncio.to_thread(preview, received.path, side=_SIDE))
        finally:
            self._files.discard(received)


def stored_avatar(settings: Settings, sha256: str) -> Path:
    """Where a kept picture is, as JPEG. For pages that only agents can open. FileNotFoundError if it is not there."""
    path = files_of(settings).path(sha256)
    if not path.is_file():
        raise FileNotFoundError("the picture is not on the disk")
    return path
