"""Attachments: fetched in the background, counted, looked at, and kept; or refused, and the customer told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from bot import antivirus, faults
from bot.errors import (
    AttachmentUnavailable,
    DeliveryDelayed,
    FileBroken,
    FileEmpty,
    FileTooLarge,
    FileTypeRefused,
    StoreUnavailable,
)
from bot.files import Files, Received
from bot.filetypes import PICTURES, FileType, recognise
from bot.lanes import Lanes
from bot.metrics import Metrics
from bot.models import Attachment, WaitingFile
from bot.previews import preview
from bot.settings import Settings
from bot.store import Store, attachments
from channels import Channel, Fetches

log = structlog.get_logger(__name__)

_LANES = 4
_FETCH_SECONDS = 300.0
_LONGEST_REST = 300.0
_CLEAN_SECONDS = 3600.0

Told = Callable[[WaitingFile, "Verdict"], Awaitable[None]]
"""Makes a verdict durable and, in the same transaction, tells the customer if the file was not taken."""


@dataclass(frozen=True)
class Verdict:
    """What has become of a file: `state` is stored, refused, infected or failed; `reason` is one of REASONS."""

    state: str
    reason: str = ""
    mime: str = ""
    size: int | None = None
    sha256: str = ""
    preview: str = ""

    def changes(self) -> dict[str, Any]:
        """The columns that change; what is not known leaves the sender's claims."""
        return {name: value for name, value in asdict(self).items() if value}


REASONS = ("too_large", "type", "empty", "broken", "infected", "unavailable")
"""Why a file was not taken."""

_REFUSALS: dict[type[Exception], str] = {
    FileTooLarge: "too_large",
    FileTypeRefused: "type",
    FileEmpty: "empty",
    FileBroken: "broken",
}


class Attachments:
    """One lane for each message that has brought files."""

    def __init__(
        self,
        *,
        store: Store,
        channels: Mapping[str, Channel],
        settings: Settings,
        settle: Told,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._channels = {name: channel for name, channel in channels.items() if isinstance(channel, Fetches)}
        self._settings = settings
        self._settle = settle
        self._metrics = metrics
        self._files = files_of(settings)
        self._clean_at = 0.0
        self.lanes = Lanes(self.work, limit=_LANES)

    def wake(self, message_id: str) -> None:
        """Files of this message may wait to be fetched."""
        self.lanes.wake(message_id)

    async def sweep(self) -> None:
        """Wake every message whose files wait, and now and then throw away what was left lying."""
        for message_id in await self._store.read(attachments.waiting_messages, self._channels):
            self.lanes.wake(message_id)
        if time.monotonic() >= self._clean_at:
            self._clean_at = time.monotonic() + _CLEAN_SECONDS
            await self._files.clean()

    async def work(self, message_id: str) -> float | None:
        """Fetch what waits for one message; the seconds to rest, or None when nothing waits."""
        while True:
            found = await self._store.read(attachments.next_waiting, message_id)
            if found is None or found[0].channel not in self._channels:
                return None
            waiting, rest = found
            if rest > 0:
                return rest
            await self._take(waiting)

    async def _take(self, waiting: WaitingFile) -> None:
        try:
            verdict = await asyncio.wait_for(self._fetch(waiting), _FETCH_SECONDS)
        except StoreUnavailable:
            raise
        except DeliveryDelayed as delay:
            await self._rest(waiting, delay.retry_after, counts=False)
            return
        except Exception as error:
            # The platform is in trouble, or our own disk or antivirus command.
            log.warning("attachment.failed", attachment=waiting.id, error=type(error).__name__)
            if waiting.tries + 1 < self._settings.delivery_tries:
                await self._rest(waiting, min(2.0**waiting.tries, _LONGEST_REST), counts=True)
                return
            verdict = Verdict("failed", "unavailable")
        await self._settle(waiting, verdict)
        self._metrics.attachments.labels(waiting.channel, verdict.state).inc()
        log.info("attachment.settled", attachment=waiting.id, state=verdict.state, reason=verdict.reason)

    async def _fetch(self, waiting: WaitingFile) -> Verdict:
        try:
            if (waiting.file.size or 0) > limit(self._settings):
                raise FileTooLarge("the sender says so")
            pieces = await self._channels[waiting.channel].fetch(waiting.file)
            received = await self._files.receive(pieces, limit=limit(self._settings))
            try:
                return await self._examine(received)
            finally:
                self._files.discard(received)
        except (FileTooLarge, FileTypeRefused, FileEmpty, FileBroken) as refused:
            return Verdict("refused", _REFUSALS[type(refused)])
        except AttachmentUnavailable:
            return Verdict("failed", "unavailable")

    async def _examine(self, received: Received) -> Verdict:
        kind = checked_type(received.head, self._settings)
        if await antivirus.infected(self._settings.antivirus_command, received.path):
            return Verdict("infected", "infected")
        small = ""
        if kind.mime in PICTURES:
            small = await self._files.write(await asyncio.to_thread(preview, received.path))
        await self._files.put(received)
        faults.reach("attachment.put")
        return Verdict("stored", "", kind.mime, received.size, received.sha256, small)

    async def _rest(self, waiting: WaitingFile, seconds: float, *, counts: bool) -> None:
        await self._store.write(attachments.postpone, waiting, seconds=seconds, counts=counts)


def files_of(settings: Settings) -> Files:
    """The folder of customers' files."""
    return Files(settings.data / "files")


def limit(settings: Settings) -> int:
    """The largest file that is taken, in bytes."""
    return settings.file_megabytes * 1024 * 1024


def checked_type(head: bytes, settings: Settings) -> FileType:
    """The type of a file that begins so; FileTypeRefused if it is not one that this server takes."""
    kind = recognise(head)
    if kind is None or kind.name not in settings.file_types:
        raise FileTypeRefused(f"files of these types are taken: {', '.join(settings.file_types)}")
    return kind


def stored_file(settings: Settings, attachment: Attachment, *, small: bool = False) -> Path:
    """Where the bytes of a stored attachment are, or of its preview. For pages that only agents can open.

    FileNotFoundError if there are none: not stored, infected, no picture, or lost from the disk.
    """
    sha256 = attachment.preview if small else attachment.sha256
    if attachment.state != "stored" or not sha256:
        raise FileNotFoundError(f"attachment {attachment.id} has no such file")
    path = files_of(settings).path(sha256)
    if not path.is_file():
        raise FileNotFoundError(f"attachment {attachment.id} is not on the disk")
    return path
