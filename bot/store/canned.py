"""Canned answers: texts that agents send by a shortcut, each in several languages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import new_id, now
from bot.store.insert import insert_new
from bot.store.tables import canned, site_setting

_SHIPPED = "canned_shipped"
"""Under this name it is kept which texts of the shipped set have been put in: what is removed stays away."""


@dataclass(frozen=True)
class Canned:
    """One canned answer in one language. {customer} and the like are filled in when it is used."""

    shortcut: str
    language: str
    title: str
    text: str


def all_of(tx: Connection, language: str | None = None) -> list[Canned]:
    """All canned answers by shortcut, or those of one language."""
    query = sa.select(canned).order_by(canned.c.shortcut, canned.c.language)
    rows = tx.execute(query if language is None else query.where(canned.c.language == language))
    return [_canned(row) for row in rows]


def put(tx: Connection, answer: Canned, *, by: str) -> None:
    """Write a canned answer; it replaces one with the same shortcut and language."""
    values = {"title": answer.title, "text": answer.text, "changed_by": by, "changed_at": now()}
    key = {"shortcut": answer.shortcut, "language": answer.language}
    if not insert_new(tx, canned, id=new_id(), **key, **values):
        tx.execute(sa.update(canned).where(*_is(answer.shortcut, answer.language)).values(**values))


def remove(tx: Connection, shortcut: str, language: str) -> bool:
    """Remove a canned answer in one language; whether there was one."""
    return bool(tx.execute(sa.delete(canned).where(*_is(shortcut, language))).rowcount)


def ship(tx: Connection, answers: Iterable[Canned]) -> int:
    """Put in what of the shipped set has never been put in, and nothing that somebody has written; how many."""
    row = tx.execute(sa.select(site_setting.c.value).where(site_setting.c.name == _SHIPPED)).first()
    known = set(json.loads(row.value)) if row else set()
    fresh = {f"{answer.shortcut}/{answer.language}": answer for answer in answers}
    count = 0
    for name, answer in fresh.items():
        if name not in known:
            values = {"title": answer.title, "text": answer.text, "changed_by": "server", "changed_at": now()}
            key = {"id": new_id(), "shortcut": answer.shortcut, "language": answer.language}
            count += insert_new(tx, canned, **key, **values)
    if fresh.keys() - known:
        _note(tx, sorted(known | fresh.keys()))
    return count


def _note(tx: Connection, names: list[str]) -> None:
    values = {"value": json.dumps(names), "changed_by": "server", "changed_at": now()}
    if not insert_new(tx, site_setting, name=_SHIPPED, version=1, **values):
        tx.execute(sa.update(site_setting).where(site_setting.c.name == _SHIPPED).values(**values))


def _is(shortcut: str, language: str) -> tuple[Any, Any]:
    return canned.c.shortcut == shortcut, canned.c.language == language


def _canned(row: Any) -> Canned:
    return Canned(row.shortcut, row.language, row.title, row.text)
