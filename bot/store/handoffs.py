"""Handoffs: the passages of conversations to people, from the wish to the return."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import StaleOwner, Unknown
from bot.handoff import Wish
from bot.models import AuthorKind, Conversation, Handoff, Reason, Status, new_id, now
from bot.store import conversations
from bot.store.tables import conversation, handoff, message

RETURNED, CLOSED, TAKEN_BACK, TRANSFERRED = "returned", "closed", "taken_back", "transferred"
"""How a handoff ends."""


def open_one(
    tx: Connection,
    current: Conversation,
    wish: Wish,
    *,
    team_id: str | None = None,
    wanted_agent_id: str | None = None,
) -> Handoff:
    """Let a locked conversation without an open handoff wait for a person from now on.

    The row only: who owns the conversation is changed by `bot.store.ownership`, which calls this.
    """
    opened = Handoff(
        id=new_id(),
        conversation_id=current.id,
        reason=wish.reason,
        detail=dict(wish.detail),
        seq=_customers_last_seq(tx, current.id),
        priority=wish.priority,
        anger=wish.anger,
        language=current.language,
        team_id=team_id,
        wanted_agent_id=wanted_agent_id,
        queued_at=now(),
    )
    tx.execute(
        sa.insert(handoff).values(
            id=opened.id,
            conversation_id=opened.conversation_id,
            reason=opened.reason.value,
            detail=json.dumps(opened.detail, ensure_ascii=False),
            seq=opened.seq,
            priority=opened.priority,
            anger=opened.anger,
            language=opened.language,
            team_id=team_id,
            wanted_agent_id=wanted_agent_id,
            queued_at=opened.queued_at,
        )
    )
    return opened


def find(tx: Connection, handoff_id: str) -> Handoff:
    """One handoff by its id, open or ended; Unknown if there is none."""
    row = tx.execute(sa.select(handoff).where(handoff.c.id == handoff_id)).first()
    if row is None:
        raise Unknown("there is no such handoff")
    return of_row(row)


def current(tx: Connection, conversation_id: str) -> Handoff | None:
    """The conversation's open handoff, waiting or taken; None if the bot owns it or it is closed."""
    row = tx.execute(
        sa.select(handoff).where(handoff.c.conversation_id == conversation_id, handoff.c.ended_at.is_(None))
    ).first()
    return None if row is None else of_row(row)


def waiting(tx: Connection) -> list[tuple[Handoff, Conversation]]:
    """Every handoff that waits for a person, with its conversation: the most urgent first, then the longest waiting."""
    rows = tx.execute(
        sa.select(handoff, conversation)
        .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
        .select_from(handoff.join(conversation, conversation.c.id == handoff.c.conversation_id))
        .where(handoff.c.ended_at.is_(None), conversation.c.status == Status.QUEUED.value)
        .order_by(handoff.c.priority.desc(), handoff.c.queued_at, handoff.c.id)
    ).mappings()
    return [
        (of_row(_Part(row, "handoff_")), conversations.conversation_of(_Part(row, "conversation_")))
        for row in rows
    ]


def take(tx: Connection, handoff_id: str, agent_id: str) -> None:
    """Note who has taken a waiting handoff; StaleOwner if it waits no more."""
    result = tx.execute(
        sa.update(handoff)
        .where(handoff.c.id == handoff_id, handoff.c.taken_at.is_(None), handoff.c.ended_at.is_(None))
        .values(taken_by=agent_id, taken_at=now(), offered_to=None, offered_until=None)
    )
    if result.rowcount != 1:
        raise StaleOwner("this handoff waits no more")


def make_urgent(tx: Connection, conversation_id: str, *, urgency: int, anger: float) -> None:
    """Let the conversation's open handoff, if there is one, be as urgent as a fall asks for.

    What it was made more urgent by before counts: the same fall adds nothing twice, and nothing is taken off again.
    """
    found = current(tx, conversation_id)
    if found is None:
        return
    before = int(found.detail.get("urgency") or 0)
    more, angrier = max(0, urgency - before), max(found.anger, anger)
    if not more and angrier == found.anger:
        return
    detail = {**found.detail, "urgency": before + more}
    tx.execute(
        sa.update(handoff)
        .where(handoff.c.id == found.id, handoff.c.ended_at.is_(None))
        .values(
            priority=handoff.c.priority + more, anger=angrier, detail=json.dumps(detail, ensure_ascii=False)
        )
    )


def end(tx: Connection, conversation_id: str, how: str, *, note: str = "") -> Handoff | None:
    """End the conversation's open handoff, with a note of what people did; None if none was open."""
    open_now = current(tx, conversation_id)
    if open_now is None:
        return None
    tx.execute(
        sa.update(handoff)
        .where(handoff.c.id == open_now.id, handoff.c.ended_at.is_(None))
        .values(ended_at=now(), end=how, note=note, offered_to=None, offered_until=None)
    )
    return find(tx, open_now.id)


def history(tx: Connection, customer_id: str, *, limit: int = 50) -> list[Handoff]:
    """The customer's handoffs over all conversations, the latest first, the open one too."""
    rows = tx.execute(
        sa.select(handoff)
        .select_from(handoff.join(conversation, conversation.c.id == handoff.c.conversation_id))
        .where(conversation.c.customer_id == customer_id)
        .order_by(handoff.c.queued_at.desc(), handoff.c.id)
        .limit(limit)
    )
    return [of_row(row) for row in rows]


def of_row(row: Any) -> Handoff:
    """A handoff from a row with the table's column names."""
    return Handoff(
        id=row.id,
        conversation_id=row.conversation_id,
        reason=Reason(row.reason),
        detail=json.loads(row.detail),
        seq=row.seq,
        priority=row.priority,
        anger=row.anger,
        language=row.language,
        team_id=row.team_id,
        wanted_agent_id=row.wanted_agent_id,
        queued_at=conversations.utc(row.queued_at),
        told_low=row.told_low,
        told_high=row.told_high,
        offered_to=row.offered_to,
        offered_until=conversations.utc_or_none(row.offered_until),
        passed_by=tuple(json.loads(row.passed_by)),
        later_at=conversations.utc_or_none(row.later_at),
        taken_by=row.taken_by,
        taken_at=conversations.utc_or_none(row.taken_at),
        ended_at=conversations.utc_or_none(row.ended_at),
        end=row.end,
        note=row.note,
    )


class _Part:
    """A joined row as if it were one of its tables'."""

    def __init__(self, row: Any, prefix: str) -> None:
        self._row, self._prefix = row, prefix

    def __getattr__(self, name: str) -> Any:
        return self._row[self._prefix + name]


def _customers_last_seq(tx: Connection, conversation_id: str) -> int:
    query = sa.select(sa.func.max(message.c.seq)).where(
        message.c.conversation_id == conversation_id, message.c.author_kind == AuthorKind.CUSTOMER.value
    )
    return int(tx.execute(query).scalar() or 0)
