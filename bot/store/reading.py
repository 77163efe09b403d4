"""How far agents have read: of their conversations, and of the notes that mention them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Status, now
from bot.store.tables import agent, conversation, happening, mention


def owner_of(tx: Connection, conversation_id: str) -> str | None:
    """The agent who owns a conversation, or None."""
    query = sa.select(conversation.c.owner).where(
        conversation.c.id == conversation_id, conversation.c.status == Status.HUMAN.value
    )
    found: str | None = tx.execute(query).scalar()
    return found


def note_read(tx: Connection, conversation_id: str, agent_id: str, seq: int) -> bool:
    """Remember how far its owner has read a conversation, and their mentions there; whether anything changed."""
    moved = tx.execute(
        sa.update(conversation)
        .where(
            conversation.c.id == conversation_id,
            conversation.c.owner == agent_id,
            conversation.c.read_seq < seq,
            conversation.c.last_seq >= seq,
        )
        .values(read_seq=seq)
    )
    told = tx.execute(
        sa.update(mention)
        .where(
            mention.c.agent_id == agent_id,
            mention.c.read_at.is_(None),
            mention.c.happening_id.in_(
                sa.select(happening.c.id).where(happening.c.conversation_id == conversation_id)
            ),
        )
        .values(read_at=now())
    )
    return bool(moved.rowcount or told.rowcount)


def unread(tx: Connection, conversation_id: str, agent_id: str, seq: int) -> bool:
    """Whether `note_read` would change anything: asked first, for reading does not wait for writers."""
    behind = sa.select(conversation.c.id).where(
        conversation.c.id == conversation_id,
        conversation.c.owner == agent_id,
        conversation.c.read_seq < seq,
        conversation.c.last_seq >= seq,
    )
    if tx.execute(behind).first() is not None:
        return True
    return any(found == conversation_id for _, found, _ in unread_mentions(tx, agent_id))


def unread_mentions(tx: Connection, agent_id: str) -> list[tuple[int, str, str]]:
    """Notes that mention an agent and were not read: their ids, conversations, and who wrote them."""
    writer = agent.alias("writer")
    rows = tx.execute(
        sa.select(happening.c.id, happening.c.conversation_id, writer.c.name)
        .select_from(
            mention.join(happening, happening.c.id == mention.c.happening_id).outerjoin(
                writer, writer.c.id == happening.c.actor
            )
        )
        .where(mention.c.agent_id == agent_id, mention.c.read_at.is_(None))
        .order_by(happening.c.id)
    )
    return [(row.id, row.conversation_id, row.name or "") for row in rows]
