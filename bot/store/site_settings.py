"""The stored settings of a site, each with a version, so that nobody overwrites what they have not seen."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Outdated
from bot.models import now
from bot.store import rules
from bot.store.insert import insert_new
from bot.store.tables import site_setting


def read(tx: Connection, name: str, kind: Any) -> tuple[Any, int]:
    """A setting as its Struct and its version, 0 as long as nobody has changed it."""
    version = tx.execute(sa.select(site_setting.c.version).where(site_setting.c.name == name)).scalar()
    return rules.read(tx, name, kind), version or 0


def write(tx: Connection, name: str, value: Any, *, version: int, by: str) -> int:
    """Replace the version that the writer has seen; the new version. Outdated if somebody was faster."""
    row = {
        "value": msgspec.json.encode(value).decode(),
        "version": version + 1,
        "changed_by": by,
        "changed_at": now(),
    }
    if version == 0:
        written = insert_new(tx, site_setting, name=name, **row)
    else:
        seen = sa.and_(site_setting.c.name == name, site_setting.c.version == version)
        written = tx.execute(sa.update(site_setting).where(seen).values(**row)).rowcount == 1
    if not written:
        raise Outdated("somebody has changed this since you read it; read it again")
    return version + 1
