"""Files of customers on disk, each under the SHA-256 of its bytes: the same file is kept once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bot.errors import FileEmpty, FileTooLarge
from bot.filetypes import HEAD_BYTES

_DAY = 24 * 3600
_PIECE = 256 * 1024


@dataclass(frozen=True)
class Received:
    """A file that is whole and on disk, but not in its place yet."""

    path: Path
    sha256: str
    size: int
    head: bytes


class Files:
    """The folder of files: `<folder>/<first two of the hash>/<hash>`, readable by the server's user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"

    def path(self, sha256: str) -> Path:
        """Where the file with this hash is kept. ValueError if that is no hash."""
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise ValueError("not a SHA-256")
        return self._folder / sha256[:2] / sha256

    async def receive(self, pieces: AsyncIterator[bytes], *, limit: int) -> Received:
        """Write pieces to disk as they come, at most `limit` bytes. FileTooLarge, FileEmpty; then nothing is left."""
        path = self._incoming / secrets.token_hex(16)
        file = await asyncio.to_thread(_create, path)
        try:
            digest, size, head = hashlib.sha256(), 0, b""
            async with _closing(pieces):
                async for piece in pieces:
                    size += len(piece)
                    if size > limit:
                        raise FileTooLarge(f"a file has at most {limit} bytes")
                    head = (head + piece)[:HEAD_BYTES] if len(head) < HEAD_BYTES else head
                    digest.update(piece)
                    await asyncio.to_thread(file.write, piece)
            if not size:
                raise FileEmpty("the file has no bytes")
            await asyncio.to_thread(_finish, file)
        except BaseException:
            file.close()
            path.unlink(missing_ok=True)
            raise
        return Received(path, digest.hexdigest(), size, head)

    async def put(self, received: Received) -> None:
        """Bring a received file to its place; when this returns, it survives a power cut."""
        await asyncio.to_thread(_move, received.path, self.path(received.sha256))

    async def write(self, content: bytes) -> str:
        """Keep these bytes; their SHA-256."""
        received = await self.receive(_one(content), limit=len(content))
        await self.put(received)
        return received.sha256

    def discard(self, received: Received) -> None:
        """Throw away what was received and not put into its place; harmless if it was."""
        received.path.unlink(missing_ok=True)

    async def remove(self, sha256: str) -> None:
        """Delete a kept file that nothing names any more; harmless if it is gone."""
        await asyncio.to_thread(self.path(sha256).unlink, missing_ok=True)

    def incoming(self, name: str) -> Path:
        """A received file by its name alone. ValueError if that is no name of one."""
        if not re.fullmatch(r"[0-9a-f]{32}", name):
            raise ValueError("not the name of a received file")
        return self._incoming / name

    async def clean(self) -> None:
        """Remove received files that nobody has brought to a place within a day."""
        await asyncio.to_thread(self._clean, time.time() - _DAY)

    def _clean(self, before: float) -> None:
        if not self._incoming.is_dir():
            return
        for path in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    """The bytes of a file, in pieces. OSError if it cannot be read."""
    file = await asyncio.to_thread(path.open, "rb")
    with file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


@asynccontextmanager
async def _closing(pieces: AsyncIterator[bytes]) -> AsyncIterator[None]:
    # Who stops early must say so: behind a generator there may be an open connection.
    try:
        yield
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _create(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _finish(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source.replace(target)
    # The name is in the folder, and that must be on disk too.
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
