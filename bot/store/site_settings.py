"""The stored settings of a site, each with a version, so that nobody overwrites what they have not seen."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Outdated
from bot.models import now
from bot.store.insert import insert_new
from bot.store.tables import site_setting

T = TypeVar("T")


def current(tx: Connection, name: str, kind: type[T]) -> T:
    """A setting as its Struct; the Struct's defaults as long as nobody has changed it."""
    return read(tx, name, kind)[0]


def read(tx: Connection, name: str, kind: type[T]) -> tuple[T, int]:
    """A setting and its version, 0 as long as nobody has changed it."""
    row = tx.execute(sa.select(site_setting).where(site_setting.c.name == name)).one_or_none()
    if row is None:
        return kind(), 0
    return _decoded(row.value, kind), row.version


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


def _decoded(value: str, kind: type[T]) -> T:
    """What was stored, by a former version of the server perhaps: fields that are not known any more are left out."""
    stored = msgspec.json.decode(value)
    known = {field.encode_name for field in msgspec.structs.fields(kind)}  # type: ignore[arg-type]
    try:
        return msgspec.convert({name: part for name, part in stored.items() if name in known}, kind)
    except msgspec.ValidationError:
        # A desk with its defaults is better than none; the page shows what holds.
        return kind()
