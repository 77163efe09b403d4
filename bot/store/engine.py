"""Engines for SQLite and PostgreSQL, set so that a commit is durable and no reader waits for a writer."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.lock import Lock, try_file, try_session

BUSY_SECONDS = 30
"""How long a statement waits for a lock that another process holds before it fails."""

T = TypeVar("T")
Work = Callable[[Connection], T]

_READERS = 4
_CONNECTIONS = 10
_MORE_CONNECTIONS = 10


class Engine(ABC):
    """Runs work over a connection without blocking the event loop."""

    @abstractmethod
    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction: committed when it returns, rolled back when it raises."""

    @abstractmethod
    async def read(self, work: Work[T]) -> T:
        """Run work that only reads."""

    @abstractmethod
    async def try_lock(self, name: str) -> Lock | None:
        """A lock that one process has at a time, or None while another has it."""

    @abstractmethod
    async def close(self) -> None:
        """Give all connections back."""


def open_engine(url: str) -> Engine:
    """The engine for a URL. Nothing is connected yet; OSError if SQLite's folder cannot be made."""
    if make_url(url).get_backend_name() == "sqlite":
        return SqliteEngine(url)
    return PostgresEngine(url)


class SqliteEngine(Engine):
    """One thread that writes and a few that read, over a file in WAL mode."""

    def __init__(self, url: str) -> None:
        self._file = Path(make_url(url).database)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._writer = _sqlite(url, connections=1, begin="BEGIN IMMEDIATE")
        self._reader = _sqlite(url, connections=_READERS, begin="BEGIN")
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._reading = ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader")

    async def write(self, work: Work[T]) -> T:
        return await _run(self._writing, self._writer, work)

    async def read(self, work: Work[T]) -> T:
        return await _run(self._reading, self._reader, work)

    async def try_lock(self, name: str) -> Lock | None:
        return try_file(self._file, name)

    async def close(self) -> None:
        for pool in (self._writing, self._reading):
            await asyncio.to_thread(pool.shutdown)
        self._writer.dispose()
        self._reader.dispose()


class PostgresEngine(Engine):
    """A pool of asyncpg connections."""

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(
            url,
            pool_size=_CONNECTIONS,
            max_overflow=_MORE_CONNECTIONS,
            pool_timeout=BUSY_SECONDS,
            pool_pre_ping=True,
            connect_args={"timeout": 10, "command_timeout": BUSY_SECONDS},
        )

    async def write(self, work: Work[T]) -> T:
        async with self._engine.begin() as connection:
            result: T = await connection.run_sync(work)
            return result

    async def read(self, work: Work[T]) -> T:
        async with self._engine.connect() as connection:
            result: T = await connection.run_sync(work)
            return result

    async def try_lock(self, name: str) -> Lock | None:
        return await try_session(self._engine, name)

    async def close(self) -> None:
        await self._engine.dispose()


async def _run(pool: ThreadPoolExecutor, engine: Any, work: Work[T]) -> T:
    deadline = time.monotonic() + BUSY_SECONDS

    def transaction() -> T:
        # Those who have waited in line for a locked database do not wait for its lock all over again.
        if time.monotonic() > deadline:
            raise sa.exc.TimeoutError("waited too long for the writer before this one")
        with engine.begin() as connection:
            return work(connection)

    return await asyncio.get_running_loop().run_in_executor(pool, transaction)


def _sqlite(url: str, *, connections: int, begin: str) -> Any:
    engine = sa.create_engine(
        make_url(url).set(drivername="sqlite"),
        future=True,
        poolclass=sa.pool.QueuePool,
        pool_size=connections,
        max_overflow=0,
        # None: the driver starts no transaction of its own; we say BEGIN ourselves below.
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
    )

    def on_begin(connection: Any) -> None:
        # A writer's lock is taken at once: a transaction that reads first and writes later would fail half-way.
        connection.exec_driver_sql(begin)

    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", on_begin)
    return engine


def _on_connect(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: what a platform was told is accepted survives a power cut, not only a killed process.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
