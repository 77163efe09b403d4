"""Happenings: what people, customers and the server did to a conversation, between its messages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Conversation, Happening, now
from bot.store import webhooks
from bot.store.conversations import utc
from bot.store.tables import conversation, happening, mention

CUSTOMER = "customer"
"""The actor when the customer did it."""
SERVER = "server"
"""The actor when nobody in person did it."""
PAGE = 500
"""Happenings that one reading brings at most."""


def note_down(
    tx: Connection, current: Conversation, kind: str, actor: str, detail: Mapping[str, Any] | None = None
) -> int:
    """Write down that something happened after the conversation's last message; the happening's id."""
    result = tx.execute(
        sa.insert(happening).values(
            conversation_id=current.id,
            after_seq=current.last_seq,
            kind=kind,
            actor=actor,
            detail=json.dumps(dict(detail or {}), ensure_ascii=False),
            at=now(),
        )
    )
    if f"conversation.{kind}" in webhooks.KINDS:
        told = {"conversation": current.id, "customer": current.customer_id, "actor": actor}
        webhooks.tell(tx, f"conversation.{kind}", told)
    return int(result.inserted_primary_key[0])


def add_mentions(tx: Connection, happening_id: int, agent_ids: Sequence[str]) -> None:
    """Note whom a note speaks to."""
    rows = [{"happening_id": happening_id, "agent_id": agent_id} for agent_id in dict.fromkeys(agent_ids)]
    if rows:
        tx.execute(sa.insert(mention), rows)


def find(tx: Connection, happening_id: int) -> Happening:
    """One happening by its id."""
    return of_row(tx.execute(sa.select(happening).where(happening.c.id == happening_id)).one())


def of_conversation(tx: Connection, conversation_id: str) -> list[Happening]:
    """All happenings of one conversation, in order."""
    query = sa.select(happening).where(happening.c.conversation_id == conversation_id)
    return [of_row(row) for row in tx.execute(query.order_by(happening.c.id))]


def of_customer(
    tx: Connection,
    customer_id: str,
    *,
    after_seq: int = 0,
    before_seq: int | None = None,
    kinds: Sequence[str] = (),
) -> list[Happening]:
    """The customer's happenings over all conversations, in order, at most the latest PAGE of them.

    Only those that stand behind a message with `after_seq <= seq < before_seq`, and only of these kinds if any are
    given.
    """
    wanted = [conversation.c.customer_id == customer_id, happening.c.after_seq >= after_seq]
    if before_seq is not None:
        wanted.append(happening.c.after_seq < before_seq)
    if kinds:
        wanted.append(happening.c.kind.in_(list(kinds)))
    rows = tx.execute(
        sa.select(happening)
        .select_from(happening.join(conversation, conversation.c.id == happening.c.conversation_id))
        .where(*wanted)
        .order_by(happening.c.after_seq.desc(), happening.c.id.desc())
        .limit(PAGE)
    )
    return [of_row(row) for row in rows][::-1]


def latest(tx: Connection, conversation_id: str, kinds: Sequence[str]) -> Happening | None:
    """The last happening of one of these kinds in a conversation, None if there is none."""
    row = tx.execute(
        sa.select(happening)
        .where(happening.c.conversation_id == conversation_id, happening.c.kind.in_(list(kinds)))
        .order_by(happening.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else of_row(row)


def of_row(row: Any) -> Happening:
    """A happening from a row with the table's column names."""
    return Happening(
        id=row.id,
        conversation_id=row.conversation_id,
        after_seq=row.after_seq,
        kind=row.kind,
        actor=row.actor,
        detail=json.loads(row.detail),
        at=utc(row.at),
    )
