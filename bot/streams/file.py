"""A file of JSON lines: appended, on the disk before it counts as taken, set aside when it is large.

What stands before the last newline never changes. A crash or a full disk can leave a line without its end: it is
cut off before the next one is written, for its event still waits and is written again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.errors import SinkFailed
from bot.store.signal_events import Event
from bot.streams.places import FilePlace

_MODE = 0o600
_BLOCK = 64 * 1024


class FileSink:
    """Writes in a thread of its own, so that a slow disk holds nobody."""

    def __init__(self, place: FilePlace, *, data: Path) -> None:
        self._path = data / place.path
        self._most_bytes = place.most_bytes
        self._descriptor = -1
        self._mended = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="stream-file")

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, ())

    async def publish(self, events: Sequence[Event]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, events)

    async def close(self) -> None:
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    def _guarded(self, events: Sequence[Event]) -> None:
        try:
            self._open()
            if events:
                self._append(b"".join(event.body.encode() + b"\n" for event in events))
        except OSError as error:
            raise SinkFailed(f"{self._path}: {error.strerror or error}") from error

    def _open(self) -> None:
        """Have the file open that the path names now: somebody may have moved or removed the one we had."""
        if self._descriptor >= 0 and self._is_current():
            return
        self._close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        self._mended = False
        _sync_folder(self._path.parent)

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def _append(self, lines: bytes) -> None:
        if not self._mended:
            # Not when it is opened: `check` opens it beside a server that writes.
            _cut_torn_line(self._descriptor)
            self._mended = True
        if os.fstat(self._descriptor).st_size >= self._most_bytes:
            os.rename(self._path, _next_aside(self._path))
            self._open()
        left = memoryview(lines)
        while left:
            left = left[os.write(self._descriptor, left) :]
        os.fsync(self._descriptor)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _cut_torn_line(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    end = size
    while end > 0:
        begin = max(0, end - _BLOCK)
        newline = os.pread(descriptor, end - begin, begin).rfind(b"\n")
        if newline >= 0:
            end = begin + newline + 1
            break
        end = begin
    if end < size:
        os.ftruncate(descriptor, end)


def _next_aside(path: Path) -> Path:
    """The name of the next file to set aside: .000001, .000002 and so on, the newest last."""
    suffixes = (other.suffix[1:] for other in path.parent.glob(f"{path.name}.*"))
    numbers = [int(suffix) for suffix in suffixes if suffix.isdecimal()]
    return path.with_name(f"{path.name}.{max(numbers, default=0) + 1:06d}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
