"""Held replies: what agents have sent, in the seconds in which it can be undone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import StaleOwner, Unknown
from bot.models import Conversation, HeldReply, new_id, now
from bot.store.conversations import utc
from bot.store.tables import held_reply

WAITING, SENT, UNDONE, REFUSED = "waiting", "sent", "undone", "refused"


def hold(
    tx: Connection, current: Conversation, agent_id: str, text: str, *, client_id: str, seconds: float
) -> HeldReply:
    """Keep a reply for some seconds, behind those that wait already."""
    due = now() + timedelta(seconds=seconds)
    last = tx.execute(sa.select(sa.func.max(held_reply.c.due_at)).where(*_waits(current.id))).scalar()
    if last is not None:
        due = max(due, utc(last) + timedelta(microseconds=1))
    held = HeldReply(new_id(), current.id, current.epoch, agent_id, text, due)
    tx.execute(
        sa.insert(held_reply).values(
            id=held.id,
            conversation_id=held.conversation_id,
            epoch=held.epoch,
            agent_id=agent_id,
            client_id=client_id,
            text=text,
            due_at=due,
            status=WAITING,
        )
    )
    return held


def of_client(tx: Connection, agent_id: str, client_id: str) -> HeldReply | None:
    """The reply that an agent's console has sent under this id of its own, None if it has not."""
    row = tx.execute(
        sa.select(held_reply).where(held_reply.c.agent_id == agent_id, held_reply.c.client_id == client_id)
    ).first()
    return None if row is None else _held(row)


def find(tx: Connection, reply_id: str) -> HeldReply:
    """One held reply, in whatever state; Unknown if there is none."""
    row = tx.execute(sa.select(held_reply).where(held_reply.c.id == reply_id)).first()
    if row is None:
        raise Unknown("there is no such reply")
    return _held(row)


def waiting(tx: Connection, conversation_id: str) -> list[HeldReply]:
    """What is held in a conversation, in the order in which it was written."""
    rows = tx.execute(sa.select(held_reply).where(*_waits(conversation_id)).order_by(held_reply.c.due_at))
    return [_held(row) for row in rows]


def waiting_conversations(tx: Connection) -> list[str]:
    """Conversations in which a reply is held."""
    rows = tx.execute(
        sa.select(held_reply.c.conversation_id.distinct()).where(held_reply.c.status == WAITING)
    )
    return [row[0] for row in rows]


def settle(tx: Connection, held: HeldReply, status: str, *, message_id: str | None = None) -> None:
    """Let a held reply be sent, undone or refused, once: StaleOwner if it has been already."""
    result = tx.execute(
        sa.update(held_reply)
        .where(held_reply.c.id == held.id, held_reply.c.status == WAITING)
        .values(status=status, message_id=message_id)
    )
    if result.rowcount != 1:
        raise StaleOwner("this reply is not held any more")


def rest(held: HeldReply, moment: datetime) -> float:
    """Seconds that a reply must still be held, 0 if it is due."""
    return max(0.0, (held.due_at - moment).total_seconds())


def _waits(conversation_id: str) -> tuple[Any, ...]:
    return held_reply.c.conversation_id == conversation_id, held_reply.c.status == WAITING


def _held(row: Any) -> HeldReply:
    return HeldReply(
        id=row.id,
        conversation_id=row.conversation_id,
        epoch=row.epoch,
        agent_id=row.agent_id,
        text=row.text,
        due_at=utc(row.due_at),
        status=row.status,
        message_id=row.message_id,
    )
