"""Brings a database to the present schema with Alembic, at start, in one transaction."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

# Any number; the same in all our processes, so that only one of them migrates at a time.
_ADVISORY_LOCK = 7301905

# Alembic keeps what it works on in globals: two stores that are opened in one process would disturb each other.
_alone = threading.Lock()


def upgrade(connection: Connection) -> None:
    """Apply all migrations that are missing. Safe when several processes start at once."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    with _alone:
        command.upgrade(config, "head")
