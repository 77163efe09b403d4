"""Signals on their way to other programs: told in the transaction that keeps them, sent by bot/streams."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Signal, now
from bot.store import webhooks
from bot.store.tables import signal, signal_event
from bot.store.times import utc

KIND = "signal"
WEBHOOK_KIND = "signal.created"

# Given up in one transaction: with a long backlog, others want to write as well.
_MOST_GIVEN_UP = 5000


@dataclass(frozen=True)
class Event:
    """A signal on its way to one sink. `signal_id` and `body` are the same for every try and every sink."""

    id: int
    signal_id: str
    customer_id: str
    body: str
    created_at: datetime


@dataclass(frozen=True)
class Batch:
    """The oldest waiting events of a sink, in order, the failed tries of the first, and the seconds it must rest."""

    events: tuple[Event, ...]
    tries: int
    rest: float


@dataclass(frozen=True)
class Backlog:
    """What waits for a sink: how many events, and since when the oldest does."""

    waiting: int
    since: datetime


@dataclass(frozen=True)
class Depth:
    """How a sink's events stand; `error` is why the oldest one still waits, if it was tried."""

    sink: str
    waiting: int
    sent: int
    dead: int
    since: datetime | None
    error: str | None


def tell(tx: Connection, read: Signal, sinks: Collection[str]) -> None:
    """Let all sinks and webhooks be told of a signal, in the transaction that has noted it."""
    rescored = _is_rescored(tx, read)
    told = _told(read, rescored=rescored)
    webhooks.tell(tx, WEBHOOK_KIND, {"signal": read.id, **told}, event_id=read.id)
    if not sinks:
        return
    moment = now()
    event = {"id": read.id, "kind": KIND, "at": read.read_at.isoformat(), **told}
    body = json.dumps(event, ensure_ascii=False, allow_nan=False)
    rows = [
        {
            "sink": sink,
            "signal_id": read.id,
            "body": body,
            "status": "waiting",
            "next_at": moment,
            "created_at": moment,
        }
        for sink in sinks
    ]
    tx.execute(sa.insert(signal_event), rows)


def waiting(tx: Connection) -> dict[str, Backlog]:
    """The sinks for which something waits."""
    query = (
        sa.select(signal_event.c.sink, sa.func.count(), sa.func.min(signal_event.c.created_at))
        .where(signal_event.c.status == "waiting")
        .group_by(signal_event.c.sink)
    )
    return {sink: Backlog(count, utc(since)) for sink, count, since in tx.execute(query)}


def next_for(tx: Connection, sink: str, *, limit: int) -> Batch | None:
    """What a sink is to be sent next, or None."""
    rows = tx.execute(
        sa.select(signal_event).where(*_waits(sink)).order_by(signal_event.c.id).limit(limit)
    ).all()
    if not rows:
        return None
    rest = (utc(rows[0].next_at) - now()).total_seconds()
    return Batch(tuple(_event_of(row) for row in rows), rows[0].tries, max(0.0, rest))


def sent(tx: Connection, events: Sequence[Event]) -> None:
    """Note that a sink has taken events."""
    tx.execute(
        sa.update(signal_event)
        .where(signal_event.c.id.in_([event.id for event in events]), signal_event.c.status == "waiting")
        .values(status="sent", sent_at=now(), error=None)
    )


def postpone(tx: Connection, sink: str, *, seconds: float, error: str, days: float) -> int:
    """Let a sink rest after a failed try; how many of its events are given up, because they are older than `days`."""
    given_up = give_up(tx, sink, days=days, error=error)
    first = sa.select(sa.func.min(signal_event.c.id)).where(*_waits(sink)).scalar_subquery()
    tx.execute(
        sa.update(signal_event)
        .where(signal_event.c.id == first)
        .values(tries=signal_event.c.tries + 1, next_at=now() + timedelta(seconds=seconds), error=error)
    )
    return given_up


def give_up(tx: Connection, sink: str, *, days: float, error: str) -> int:
    """Let the events of a sink that have waited for longer than `days` be dead; how many they are."""
    old = (
        sa.select(signal_event.c.id)
        .where(*_waits(sink), signal_event.c.created_at < now() - timedelta(days=days))
        .order_by(signal_event.c.id)
        .limit(_MOST_GIVEN_UP)
    )
    ended = sa.update(signal_event).where(signal_event.c.id.in_(old)).values(status="dead", error=error)
    return int(tx.execute(ended).rowcount)


def purge(tx: Connection, *, days: float) -> None:
    """Forget events that were made longer ago than this and are sent; dead ones stay for people to see."""
    # By id, which is by age, so that the many that are younger are not looked at.
    younger = (
        sa.select(signal_event.c.id)
        .where(signal_event.c.created_at >= now() - timedelta(days=days))
        .order_by(signal_event.c.id)
        .limit(1)
    )
    until = tx.execute(younger).scalar()
    old = signal_event.c.status == "sent"
    tx.execute(sa.delete(signal_event).where(old if until is None else old & (signal_event.c.id < until)))


def depths(tx: Connection) -> list[Depth]:
    """How the events of each sink stand, also of sinks that are no longer in use."""
    query = (
        sa.select(signal_event.c.sink, signal_event.c.status, sa.func.count())
        .group_by(signal_event.c.sink, signal_event.c.status)
        .order_by(signal_event.c.sink)
    )
    counts: dict[str, dict[str, int]] = {}
    for sink, status, count in tx.execute(query):
        counts.setdefault(sink, {})[status] = count
    return [_depth(tx, sink, count) for sink, count in counts.items()]


def _depth(tx: Connection, sink: str, counts: dict[str, int]) -> Depth:
    oldest = tx.execute(
        sa.select(signal_event).where(*_waits(sink)).order_by(signal_event.c.id).limit(1)
    ).first()
    return Depth(
        sink=sink,
        waiting=counts.get("waiting", 0),
        sent=counts.get("sent", 0),
        dead=counts.get("dead", 0),
        since=None if oldest is None else utc(oldest.created_at),
        error=None if oldest is None else oldest.error,
    )


def _told(read: Signal, *, rescored: bool) -> dict[str, Any]:
    """What is said of a signal: ids and figures, never what the customer wrote."""
    return {
        "message": read.message_id,
        "conversation": read.conversation_id,
        "customer": read.customer_id,
        "seq": read.seq,
        "said_at": read.said_at.isoformat(),
        "channel": read.channel,
        "language": read.language,
        "intent": read.intent,
        "model": read.model,
        "valence": float(read.valence),
        "emotion": read.emotion,
        "emotions": {name: float(share) for name, share in read.emotions.items()},
        "weak": bool(read.weak),
        "rescored": rescored,
    }


def _is_rescored(tx: Connection, read: Signal) -> bool:
    older = sa.select(signal.c.id).where(signal.c.message_id == read.message_id, signal.c.id != read.id)
    return tx.execute(older.limit(1)).first() is not None


def _waits(sink: str) -> tuple[Any, Any]:
    return signal_event.c.sink == sink, signal_event.c.status == "waiting"


def _event_of(row: Any) -> Event:
    return Event(
        id=row.id,
        signal_id=row.signal_id,
        customer_id=json.loads(row.body)["customer"],
        body=row.body,
        created_at=utc(row.created_at),
    )
