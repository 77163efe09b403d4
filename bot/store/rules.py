"""The site's settings as the rules that read them need them."""

from __future__ import annotations

from typing import TypeVar

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from bot.store.tables import site_setting

log = structlog.get_logger(__name__)

T = TypeVar("T", bound=msgspec.Struct)


def read(tx: Connection, name: str, kind: type[T]) -> T:
    """The site's setting of this name; what `kind` says by itself if there is none, or none that can be read."""
    text = tx.execute(sa.select(site_setting.c.value).where(site_setting.c.name == name)).scalar()
    if text is None:
        return kind()
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        # Written by another version: a turn must not fail for it.
        log.error("site_setting.unreadable", name=name, error=str(error))
        return kind()
