"""Locks that one process holds at a time, given up by the system itself when the process dies."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import sqlalchemy as sa


class Lock(ABC):
    """A lock that is held."""

    @abstractmethod
    async def check(self) -> None:
        """Return if it is still held; what the driver raises if the database has let it go."""

    @abstractmethod
    async def release(self) -> None:
        """Let others have it; again is harmless."""


class FileLock(Lock):
    """A lock on a file: for a database on this machine."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    async def check(self) -> None:
        pass

    async def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None


class SessionLock(Lock):
    """An advisory lock of a PostgreSQL session: gone with its connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def check(self) -> None:
        await self._connection.execute(sa.text("SELECT 1"))

    async def release(self) -> None:
        # Not given back to the pool: a pooled session would hold the lock for ever.
        await self._connection.invalidate()
        await self._connection.close()


def try_file(database: Path, name: str) -> FileLock | None:
    """The lock of this name beside a database's file, or None while another has it. OSError if it cannot be."""
    path = database.with_name(f"{database.name}.{re.sub('[^A-Za-z0-9_-]+', '-', name)}.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return FileLock(descriptor)


async def try_session(engine: Any, name: str) -> SessionLock | None:
    """The lock of this name in a PostgreSQL database, or None while another has it."""
    connection = await engine.connect()
    lock = SessionLock(connection)
    try:
        # A lock that is held for days must not hold a transaction open for days.
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        held = await connection.execute(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": _key(name)})
        if held.scalar():
            return lock
    except BaseException:
        await lock.release()
        raise
    await connection.close()
    return None


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
