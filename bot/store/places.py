"""What customers in the queue see and were told: their place, the range of their waiting time, and the wish to
be written to later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypedDict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Conversation, Status, now
from bot.store import conversations, happenings
from bot.store.tables import handoff


class Shown(TypedDict):
    """The queue as a status frame has it: a place from 1, and the seconds still to wait."""

    position: int
    wait_low_s: int
    wait_high_s: int


def shown(tx: Connection, conversation_id: str) -> Shown | None:
    """What a queued customer's status shows; None while no range can be told, or if they do not wait."""
    row = tx.execute(
        sa.select(handoff.c.place, handoff.c.wait_low, handoff.c.wait_high).where(
            handoff.c.conversation_id == conversation_id,
            handoff.c.ended_at.is_(None),
            handoff.c.taken_at.is_(None),
        )
    ).first()
    if row is None or row.place is None or row.wait_low is None:
        return None
    return Shown(position=row.place, wait_low_s=row.wait_low, wait_high_s=row.wait_high)


def note(tx: Connection, found: Mapping[str, tuple[int, int | None, int | None]]) -> None:
    """Remember of handoffs that wait: their place, and the seconds still to wait from and to."""
    rows = [
        {"of": handoff_id, "place": place, "wait_low": low, "wait_high": high}
        for handoff_id, (place, low, high) in found.items()
    ]
    if rows:
        names = ("place", "wait_low", "wait_high")
        statement = sa.update(handoff).where(handoff.c.id == sa.bindparam("of"), handoff.c.taken_at.is_(None))
        tx.execute(statement.values({name: sa.bindparam(name) for name in names}), rows)


def note_told(
    tx: Connection, handoff_id: str, kind: str, low: int | None, high: int | None, moment: datetime
) -> None:
    """Remember what a customer was told: a kind, and the range in seconds from the moment on, if it was one.

    The first range ever told stays in `told_low` and `told_high`, counted from the beginning of the wait.
    """
    row = tx.execute(
        sa.select(handoff.c.queued_at, handoff.c.told_high).where(handoff.c.id == handoff_id)
    ).one()
    values: Mapping[str, object] = {"told_kind": kind, "told_at": moment, "told_until": None}
    if low is not None and high is not None:
        values = {**values, "told_until": moment + timedelta(seconds=high)}
        if row.told_high is None:
            waited = int((moment - conversations.utc(row.queued_at)).total_seconds())
            values = {**values, "told_low": waited + low, "told_high": waited + high}
    tx.execute(sa.update(handoff).where(handoff.c.id == handoff_id).values(**values))


def write_later(tx: Connection, current: Conversation) -> bool:
    """Note that a customer who waits wants to be written to later; False if they do not wait, or had said so."""
    if current.status is not Status.QUEUED:
        return False
    result = tx.execute(
        sa.update(handoff)
        .where(
            handoff.c.conversation_id == current.id,
            handoff.c.ended_at.is_(None),
            handoff.c.taken_at.is_(None),
            handoff.c.later_at.is_(None),
        )
        .values(later_at=now())
    )
    if result.rowcount != 1:
        return False
    happenings.note_down(tx, current, "later", happenings.CUSTOMER)
    return True
