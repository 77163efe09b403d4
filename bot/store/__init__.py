"""The store: durable truth in SQL. Open it, then read and write in transactions.

    store = await open_store(settings.database)
    async with store.write() as tx:
        accepted = await inbox.accept(tx, inbound)

SQLite has one writer at a time (and takes its lock at the beginning of a transaction, so that two of ours
never dead-lock); PostgreSQL has rows locked by the queries themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import StoreUnavailable
from bot.store import engine as engines
from bot.store import migrate

__all__ = ["AsyncConnection", "Store", "open_store"]

# What the drivers raise when the database is gone, full, locked or shutting down.
_FAILURES = (sa.exc.DBAPIError, sa.exc.TimeoutError, OSError, asyncio.TimeoutError)


class Store:
    """A pair of engines: one for transactions that write, one for reading."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._writer = writer
        self._reader = reader

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: all of it is durable when the block ends, none of it when the block raises.

        StoreUnavailable when the database does not answer; then nothing was written, unless the failure hit
        the commit itself, which is why every write of ours may be tried again.
        """
        try:
            async with self._writer.begin() as connection:
                yield connection
        except sa.exc.IntegrityError:
            raise
        except _FAILURES as error:
            raise StoreUnavailable(f"the database does not answer: {_reason(error)}") from error

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; it never waits for a writer. StoreUnavailable as for `write`."""
        try:
            async with self._reader.connect() as connection:
                yield connection
        except _FAILURES as error:
            raise StoreUnavailable(f"the database does not answer: {_reason(error)}") from error

    async def ping(self) -> None:
        """Return if the database answers; StoreUnavailable if not."""
        async with self.read() as connection:
            await connection.execute(sa.text("SELECT 1"))

    async def close(self) -> None:
        """Give all connections back."""
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()


async def open_store(url: str) -> Store:
    """The store behind a database URL, migrated to the present schema. StoreUnavailable if it cannot be."""
    writer, reader = engines.open_engines(url)
    try:
        await migrate.upgrade(writer)
    except _FAILURES as error:
        await writer.dispose()
        await reader.dispose()
        raise StoreUnavailable(f"the database cannot be opened: {_reason(error)}") from error
    return Store(writer, reader)


def _reason(error: BaseException) -> str:
    # The driver's own words, without SQLAlchemy's copy of the statement and its values (customers' words).
    return str(getattr(error, "orig", None) or error or type(error).__name__).splitlines()[0][:200]
