"""Engines for SQLite and PostgreSQL, set so that a commit is durable and no reader waits for a writer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_SECONDS = 30
"""How long a statement waits for SQLite's lock (held by another process) before it fails."""


def open_engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    """The writing and the reading engine for a URL. Nothing is connected yet."""
    if make_url(url).get_backend_name() == "sqlite":
        Path(make_url(url).database).parent.mkdir(parents=True, exist_ok=True)
        return _sqlite(url, writer=True), _sqlite(url, writer=False)
    engine = create_async_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=True,
        connect_args={"timeout": 10, "command_timeout": BUSY_SECONDS},
    )
    return engine, engine


def _sqlite(url: str, *, writer: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=sa.pool.AsyncAdaptedQueuePool,
        pool_size=1 if writer else 4,
        max_overflow=0,
        pool_timeout=2 * BUSY_SECONDS,
        # None: the driver starts no transaction of its own; we say BEGIN ourselves below.
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
    )

    def on_begin(connection: Any) -> None:
        # The lock is taken at once: a transaction that reads first and writes later would fail half-way.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    sa.event.listen(engine.sync_engine, "connect", _on_connect)
    sa.event.listen(engine.sync_engine, "begin", on_begin)
    return engine


def _on_connect(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: what a platform was told is accepted survives a power cut, not only a killed process.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
