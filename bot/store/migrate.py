"""Brings a database to the present schema with Alembic, at start, in one transaction."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

# Any number; the same in all our processes, so that only one of them migrates at a time.
_ADVISORY_LOCK = 7301905

# Alembic keeps what it works on in globals: two stores that are opened in one process would disturb each other.
_alone = threading.Lock()
_PAUSE = 0.01


@asynccontextmanager
async def alone() -> AsyncIterator[None]:
    """In this block nobody else of this process migrates.

    Waited for without blocking: who migrates PostgreSQL may be another task of the same thread.
    """
    while not _alone.acquire(blocking=False):  # noqa: ASYNC110  # no event is known to all threads and loops
        await asyncio.sleep(_PAUSE)
    try:
        yield
    finally:
        _alone.release()


def upgrade(connection: Connection) -> None:
    """Apply all migrations that are missing, inside of `alone`. Safe when several processes start at once."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
