"""Where our app is installed, with the token that each account has given us."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import now
from bot.store.conversations import utc
from bot.store.insert import insert_new
from bot.store.tables import install_state, installation


@dataclass(frozen=True)
class Installed:
    """One account of a platform that has let us in. The token opens it: it is in no repr and no log."""

    channel: str
    account: str
    token: str = field(repr=False)
    details: Mapping[str, Any]
    installed_at: datetime


def save(tx: Connection, installed: Installed) -> None:
    """Remember an installation; a later one of the same account takes its place."""
    values = {
        "token": installed.token,
        "details": json.dumps(dict(installed.details)),
        "installed_at": installed.installed_at,
    }
    if insert_new(tx, installation, channel=installed.channel, account=installed.account, **values):
        return
    tx.execute(sa.update(installation).where(_is(installed.channel, installed.account)).values(**values))


def find(tx: Connection, channel: str, account: str) -> Installed | None:
    """The installation of an account, or None if it has none."""
    row = tx.execute(sa.select(installation).where(_is(channel, account))).first()
    if row is None:
        return None
    return Installed(row.channel, row.account, row.token, json.loads(row.details), utc(row.installed_at))


def forget(tx: Connection, channel: str, account: str, before: datetime) -> bool:
    """Forget an installation that is older than its end: news of an end may come after a new beginning."""
    old = sa.and_(_is(channel, account), installation.c.installed_at <= before)
    return bool(tx.execute(sa.delete(installation).where(old)).rowcount)


def begin(tx: Connection, state: str, expires_at: datetime) -> None:
    """Remember that an installation has begun, until it expires."""
    tx.execute(sa.delete(install_state).where(install_state.c.expires_at < now()))
    insert_new(tx, install_state, digest=_digest(state), expires_at=expires_at)


def finish(tx: Connection, state: str) -> bool:
    """Whether an installation has begun with this state and may go on; it may once."""
    begun = sa.and_(install_state.c.digest == _digest(state), install_state.c.expires_at >= now())
    return bool(tx.execute(sa.delete(install_state).where(begun)).rowcount)


def _is(channel: str, account: str) -> Any:
    return sa.and_(installation.c.channel == channel, installation.c.account == account)


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", errors="replace")).hexdigest()
