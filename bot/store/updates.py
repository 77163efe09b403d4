"""Raw updates of platforms: kept as they came, decoded later, and set aside alone if they cannot be."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import RawUpdate, StoredUpdate, now
from bot.store import conversations
from bot.store.insert import insert_new
from bot.store.tables import platform_update, poller
from bot.text import clean

_LONGEST_ID = 400


def keep(
    tx: Connection, channel: str, account: str, updates: Sequence[RawUpdate], offset: int | None = None
) -> int:
    """Make raw updates durable, in this order; how many of them are new.

    One with the same (channel, account, event_id) as before changes nothing. `offset`, if given, is what
    `offset()` answers from now on: up to where a poller's updates are durable.
    """
    fresh = 0
    for update in updates:
        fresh += insert_new(
            tx,
            platform_update,
            channel=channel,
            account=account,
            event_id=_key(update.event_id),
            raw=clean(update.raw),
            status="waiting",
            received_at=now(),
        )
    if offset is not None:
        _note_offset(tx, channel, account, offset)
    return fresh


def offset(tx: Connection, channel: str, account: str) -> int | None:
    """Up to where the updates of a polled account are durable; None if nothing was ever polled."""
    query = sa.select(poller.c.position).where(poller.c.channel == channel, poller.c.account == account)
    position: int | None = tx.execute(query).scalar()
    return position


def waiting(tx: Connection, channel: str, account: str, limit: int) -> list[StoredUpdate]:
    """The first updates of an account that wait to be decoded, in the order of their arrival."""
    rows = tx.execute(
        sa.select(platform_update)
        .where(
            platform_update.c.status == "waiting",
            platform_update.c.channel == channel,
            platform_update.c.account == account,
        )
        .order_by(platform_update.c.id)
        .limit(limit)
    )
    return [_update(row) for row in rows]


def waiting_accounts(tx: Connection, channels: Collection[str]) -> list[tuple[str, str]]:
    """(channel, account) of these channels for which updates wait, the longest waiting first."""
    rows = tx.execute(
        sa.select(platform_update.c.channel, platform_update.c.account)
        .where(platform_update.c.status == "waiting", platform_update.c.channel.in_(list(channels)))
        .group_by(platform_update.c.channel, platform_update.c.account)
        .order_by(sa.func.min(platform_update.c.id))
    )
    return [(row.channel, row.account) for row in rows]


def done(tx: Connection, update: StoredUpdate) -> None:
    """Note that all events of an update were taken in. Its raw text goes: the inbox keeps its own copy."""
    _settle(tx, update, status="done", raw="")


def quarantine(tx: Connection, update: StoredUpdate, reason: str) -> None:
    """Set aside an update that cannot be decoded, and why; its raw text stays for people to see."""
    _settle(tx, update, status="quarantined", reason=clean(reason)[:500])


def quarantined(tx: Connection, *, limit: int = 100) -> list[StoredUpdate]:
    """The latest updates that were set aside, newest first."""
    rows = tx.execute(
        sa.select(platform_update)
        .where(platform_update.c.status == "quarantined")
        .order_by(platform_update.c.id.desc())
        .limit(limit)
    )
    return [_update(row) for row in rows]


def depth(tx: Connection) -> dict[str, int]:
    """How many updates are waiting and how many were set aside."""
    rows = tx.execute(
        sa.select(platform_update.c.status, sa.func.count())
        .where(platform_update.c.status != "done")
        .group_by(platform_update.c.status)
    )
    return {"waiting": 0, "quarantined": 0} | {status: count for status, count in rows}


def _note_offset(tx: Connection, channel: str, account: str, position: int) -> None:
    # Not the greatest one ever: after an idle week Telegram begins to count anywhere.
    if insert_new(tx, poller, channel=channel, account=account, position=position):
        return
    tx.execute(
        sa.update(poller)
        .where(poller.c.channel == channel, poller.c.account == account)
        .values(position=position)
    )


def _key(event_id: str) -> str:
    """The id as an index takes it; one that no platform gives is told apart by its hash."""
    cleaned = clean(event_id)
    return cleaned if len(cleaned) <= _LONGEST_ID else hashlib.sha256(cleaned.encode()).hexdigest()


def _settle(tx: Connection, update: StoredUpdate, **values: Any) -> None:
    tx.execute(
        sa.update(platform_update)
        .where(platform_update.c.id == update.id, platform_update.c.status == "waiting")
        .values(done_at=now(), **values)
    )


def _update(row: Any) -> StoredUpdate:
    return StoredUpdate(
        id=row.id,
        channel=row.channel,
        account=row.account,
        event_id=row.event_id,
        raw=row.raw,
        status=row.status,
        reason=row.reason,
        received_at=conversations.utc(row.received_at),
    )
