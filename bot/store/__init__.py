"""The store: durable truth in SQL. Open it, then run functions in transactions.

    store = await open_store(settings.database)
    accepted = await store.write(inbox.accept, inbound)

What runs in a transaction is a plain function over a connection, without any await in it: a transaction is
short, and on SQLite it costs one hop to the writer's thread, not one for each statement. SQLite has one writer,
which takes the database's lock at the beginning, so two of our transactions never dead-lock; on PostgreSQL the
queries themselves lock rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Concatenate, TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from typing_extensions import ParamSpec

from bot.errors import StoreUnavailable
from bot.store import migrate
from bot.store.engine import Engine, open_engine

__all__ = ["Connection", "Store", "open_store"]

P = ParamSpec("P")
T = TypeVar("T")

# Seconds between two looks at a lock that another process holds.
_LOCK_PAUSE = 1.0

# What the drivers raise when the database is gone, full, locked or shutting down. Until Python 3.11 asyncio's
# TimeoutError was a class of its own.
_FAILURES = (
    sa.exc.DBAPIError,
    sa.exc.TimeoutError,
    OSError,
    asyncio.TimeoutError,
    asyncpg.InternalClientError,
)


class Store:
    """Runs functions in transactions, for writing or for reading."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Run `work(connection, …)` in one transaction: all of it is durable on return, none of it if it raises.

        StoreUnavailable when the database does not answer; then nothing was written, unless the failure hit
        the commit itself, which is why every write of ours may be tried again.
        """
        try:
            return await self._engine.write(lambda connection: work(connection, *arguments, **named))
        except sa.exc.IntegrityError:
            raise
        except _FAILURES as error:
            raise _unavailable("does not answer", error) from error

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Run `work(connection, …)` for reading; it never waits for a writer. StoreUnavailable as for `write`."""
        try:
            return await self._engine.read(lambda connection: work(connection, *arguments, **named))
        except _FAILURES as error:
            raise _unavailable("does not answer", error) from error

    async def ping(self) -> None:
        """Return if the database answers; StoreUnavailable if not."""
        await self.read(lambda connection: connection.execute(sa.text("SELECT 1")).scalar())

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Wait until no other process runs a block under this name, then run this one.

        When a process dies, however it does, the next one goes on at once. The block is given a function to ask
        now and then: it raises StoreUnavailable if the database was gone meanwhile, and others may have come in.
        """
        # Another process ends without telling us.
        while (lock := await self._guarded(self._engine.try_lock(name))) is None:  # noqa: ASYNC110
            await asyncio.sleep(_LOCK_PAUSE)
        try:
            yield lambda: self._guarded(lock.check())
        finally:
            await self._guarded(lock.release())

    async def _guarded(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except _FAILURES as error:
            raise _unavailable("does not answer", error) from error

    async def close(self) -> None:
        """Give all connections back."""
        await self._engine.close()


async def open_store(url: str) -> Store:
    """The store behind a database URL, migrated to the present schema. StoreUnavailable if it cannot be."""
    try:
        engine = open_engine(url)
    except OSError as error:
        raise _unavailable("cannot be opened", error) from error
    try:
        async with migrate.alone():
            await engine.write(migrate.upgrade)
    except _FAILURES as error:
        await engine.close()
        raise _unavailable("cannot be opened", error) from error
    return Store(engine)


def _unavailable(what: str, error: BaseException) -> StoreUnavailable:
    # The driver's own words, without SQLAlchemy's copy of the statement and its values (customers' words).
    reason = str(getattr(error, "orig", None) or error or type(error).__name__).splitlines()[0][:200]
    return StoreUnavailable(f"the database {what}: {reason}")
