"""How many conversations fell in a stretch of time, and what they have in common: counted from the signals."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import AuthorKind, Signal, now
from bot.signals import Counts, Ours, Reading, Tally, arc, count
from bot.store.insert import insert_new
from bot.store.moods import reading_of
from bot.store.signals import signal_of
from bot.store.tables import fall_hour, message, signal, turn
from bot.store.times import utc

HOUR = timedelta(hours=1)
DAYS = 28
"""Former days whose same hour a window is compared with."""

_TRACKED = "utter_track_"
_MOST = 500


def of_window(tx: Connection, since: datetime, until: datetime) -> Counts:
    """All conversations with a message in this time: how many, how many of them fell in it, and their traits."""
    within = (signal.c.said_at >= since, signal.c.said_at < until)
    there = tx.execute(sa.select(signal.c.conversation_id).where(*within).distinct()).scalars().all()
    found: list[tuple[bool, Mapping[str, str]]] = []
    for part in _parts(there):
        found += _told(tx, part, since, until)
    return count(found)


def history(tx: Connection, moment: datetime) -> list[Counts]:
    """The same hour of former days, as far as it was counted and kept."""
    hours = hours_before(moment)
    rows = tx.execute(sa.select(fall_hour).where(fall_hour.c.begins_at.in_(hours)))
    return [_counts_of(row.counts) for row in rows]


def uncounted(tx: Connection, moment: datetime) -> list[datetime]:
    """The hours of the history of this moment that nobody has counted yet, the latest first."""
    hours = hours_before(moment)
    rows = tx.execute(sa.select(fall_hour.c.begins_at).where(fall_hour.c.begins_at.in_(hours))).scalars()
    counted = {utc(begins) for begins in rows}
    return [hour for hour in hours if hour not in counted]


def keep_hour(tx: Connection, begins: datetime, counts: Counts) -> None:
    """Keep what was counted of a past hour; what is kept already stays."""
    values = [[*value, tally.falls, tally.conversations] for value, tally in counts.values.items()]
    text = json.dumps({"all": [counts.all.falls, counts.all.conversations], "values": values})
    insert_new(tx, fall_hour, begins_at=begins, counts=text)


def forget_hours(tx: Connection) -> None:
    """Forget what was counted of hours that are compared with nothing any more."""
    tx.execute(sa.delete(fall_hour).where(fall_hour.c.begins_at < now() - timedelta(days=2 * DAYS)))


def hours_before(moment: datetime) -> list[datetime]:
    """The beginning of the hour in which the hour until this moment has its middle, of each former day."""
    middle = (moment - HOUR / 2).replace(minute=0, second=0, microsecond=0)
    return [middle - timedelta(days=days) for days in range(1, DAYS + 1)]


def _told(
    tx: Connection, conversation_ids: Sequence[str], since: datetime, until: datetime
) -> list[tuple[bool, Mapping[str, str]]]:
    """Each conversation as `bot.signals.count` takes it: whether it fell in this time, and its traits."""
    read = _signals(tx, conversation_ids, until)
    first = _first_of_ours(tx, conversation_ids)
    turns = _turns(tx, conversation_ids, since, until)
    return [
        (_fell(signals, first.get(key), since), _traits(signals, turns.get(key, ())))
        for key, signals in read.items()
    ]


def _fell(signals: Sequence[Signal], first: Ours | None, since: datetime) -> bool:
    # Whether it fell depends on what of ours only by where the customer's beginning ends.
    readings: list[Reading] = [reading_of(one) for one in signals]
    return any(fall.at >= since for fall in arc(readings, [first] if first is not None else []).falls)


def _traits(signals: Sequence[Signal], turns: Sequence[Any]) -> dict[str, str]:
    """What is known of a conversation in its latest message that tells it."""
    found: dict[str, str | None] = {
        "channel": signals[-1].channel,
        "language": next((one.language for one in signals[::-1] if one.language), None),
        "intent": next((one.intent for one in signals[::-1] if one.intent), None),
        "model": next((row.model for row in turns[::-1] if row.model), None),
        "feelings_model": signals[-1].model,
        "order_state": next((state for row in turns[::-1] if (state := _order_state(row.steps))), None),
    }
    return {trait: value for trait, value in found.items() if value}


def _order_state(steps: str) -> str | None:
    """The state of the order that a turn has told of: its responses are named after it."""
    said = [name for step in json.loads(steps) for name in step.get("said") or ()]
    return next((name.removeprefix(_TRACKED) for name in said[::-1] if name.startswith(_TRACKED)), None)


def _signals(tx: Connection, conversation_ids: Sequence[str], until: datetime) -> dict[str, list[Signal]]:
    query = (
        sa.select(signal)
        .where(
            signal.c.conversation_id.in_(conversation_ids),
            signal.c.superseded_at.is_(None),
            signal.c.said_at < until,
        )
        .order_by(signal.c.conversation_id, signal.c.seq)
    )
    found: defaultdict[str, list[Signal]] = defaultdict(list)
    for row in tx.execute(query):
        found[row.conversation_id].append(signal_of(row))
    return found


def _first_of_ours(tx: Connection, conversation_ids: Sequence[str]) -> dict[str, Ours]:
    query = (
        sa.select(
            message.c.conversation_id,
            sa.func.min(message.c.seq).label("seq"),
            sa.func.min(message.c.sent_at).label("at"),
        )
        .where(
            message.c.conversation_id.in_(conversation_ids),
            message.c.author_kind != AuthorKind.CUSTOMER.value,
        )
        .group_by(message.c.conversation_id)
    )
    return {row.conversation_id: Ours("", row.seq, utc(row.at), AuthorKind.BOT) for row in tx.execute(query)}


def _turns(
    tx: Connection, conversation_ids: Sequence[str], since: datetime, until: datetime
) -> dict[str, list[Any]]:
    query = (
        sa.select(turn.c.conversation_id, turn.c.model, turn.c.steps)
        .select_from(turn.join(signal, signal.c.message_id == turn.c.message_id))
        .where(
            signal.c.conversation_id.in_(conversation_ids),
            signal.c.superseded_at.is_(None),
            signal.c.said_at >= since,
            signal.c.said_at < until,
        )
        .order_by(signal.c.seq)
    )
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in tx.execute(query):
        found[row.conversation_id].append(row)
    return found


def _counts_of(text: str) -> Counts:
    told = json.loads(text)
    values = {
        (trait, value): Tally(falls, conversations) for trait, value, falls, conversations in told["values"]
    }
    return Counts(Tally(*told["all"]), values)


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    # Both databases limit how many values one list may have.
    return (ids[start : start + _MOST] for start in range(0, len(ids), _MOST))
