"""A customer's whole relationship in order: messages of all conversations, and what people did between them.

Messages are numbered through all conversations of a customer without gaps, so a page is a range of numbers: it costs
the same at the beginning and after years.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import AuthorKind, Message
from bot.store import attachments, conversations
from bot.store.conversations import utc
from bot.store.shown import (
    Delivery,
    Entry,
    File,
    HappeningEntry,
    HeldEntry,
    Intent,
    MessageEntry,
    Mood,
    Named,
    Offered,
    Said,
    Timeline,
)
from bot.store.tables import (
    address,
    agent,
    conversation,
    happening,
    held_reply,
    message,
    outbox,
    signal,
    turn,
)

MOST = 200
"""Messages that one reading brings at most."""

# So many messages behind a page are looked at for the press of its last buttons.
_AHEAD = 4
# Who does something to a conversation without being an agent: happenings that are nobody's are the server's.
_NOBODY = {"customer": "customer", "server": "server", "bot": "server", "command line": "server"}


def timeline(
    tx: Connection, conversation_id: str, *, before: int | None, after: int | None, limit: int
) -> Timeline | None:
    """The messages before or after a number (neither: the last ones), with what happened among them.

    With `after`, also what happened right behind that message. Replies that are held come last, with the newest
    messages only. None if there is no such conversation.
    """
    limit = max(1, min(limit, MOST))
    talks = _talks(tx, conversation_id)
    if not talks:
        return None
    newest = max(talks.values())
    if after is not None:
        low, high = after + 1, min(after + limit, newest)
    else:
        high = newest if before is None else min(before - 1, newest)
        low = max(1, high - limit + 1)
    said = _messages(tx, talks, low, high)
    happened = _happenings(tx, talks, low - 1 if low == 1 or after is not None else low, high)
    entries = _woven(said, happened)
    if high >= newest:
        entries.extend(_held(tx, conversation_id))
    return Timeline(entries, more=high < newest if after is not None else low > 1)


def _talks(tx: Connection, conversation_id: str) -> dict[str, int]:
    """All conversations of the same customer, and the number of the last message of each."""
    same = sa.select(conversation.c.customer_id).where(conversation.c.id == conversation_id).scalar_subquery()
    rows = tx.execute(
        sa.select(conversation.c.id, conversation.c.last_seq).where(conversation.c.customer_id == same)
    )
    return {row.id: row.last_seq for row in rows}


def _messages(tx: Connection, talks: Mapping[str, int], low: int, high: int) -> list[MessageEntry]:
    rows = (
        tx.execute(
            sa.select(
                message,
                address.c.channel,
                outbox.c.status.label("delivery_status"),
                outbox.c.error.label("delivery_error"),
                turn.c.intent,
                turn.c.confidence,
                signal.c.valence,
                signal.c.emotion,
                signal.c.weak,
            )
            .select_from(
                message.outerjoin(address, address.c.id == message.c.address_id)
                .outerjoin(outbox, outbox.c.message_id == message.c.id)
                .outerjoin(turn, turn.c.message_id == message.c.id)
                .outerjoin(
                    signal, sa.and_(signal.c.message_id == message.c.id, signal.c.superseded_at.is_(None))
                )
            )
            .where(
                message.c.conversation_id.in_(_reaching(talks, low)),
                message.c.seq >= low,
                message.c.seq <= high + _AHEAD,
            )
            .order_by(message.c.seq)
        )
        .mappings()
        .all()
    )
    said = attachments.of_messages(tx, map(conversations.message_of, rows))
    return [
        _message_entry(one, row, said[place + 1 :])
        for place, (one, row) in enumerate(zip(said, rows, strict=True))
        if one.seq <= high
    ]


def _reaching(talks: Mapping[str, int], low: int) -> list[str]:
    """The conversations that have anything from this number on."""
    return [key for key, last in talks.items() if last >= low]


def _happenings(
    tx: Connection, talks: Mapping[str, int], low: int, high: int
) -> list[tuple[int, HappeningEntry]]:
    rows = tx.execute(
        sa.select(happening, agent.c.name.label("actor_name"))
        .select_from(happening.outerjoin(agent, agent.c.id == happening.c.actor))
        .where(
            happening.c.conversation_id.in_(_reaching(talks, low)),
            happening.c.after_seq >= low,
            happening.c.after_seq <= high,
        )
        .order_by(happening.c.after_seq, happening.c.id)
    )
    return [(row.after_seq, _happening_entry(row)) for row in rows]


def _held(tx: Connection, conversation_id: str) -> list[HeldEntry]:
    rows = tx.execute(
        sa.select(held_reply, agent.c.name)
        .select_from(held_reply.join(agent, agent.c.id == held_reply.c.agent_id))
        .where(held_reply.c.conversation_id == conversation_id, held_reply.c.status == "waiting")
        .order_by(held_reply.c.due_at)
    )
    return [
        HeldEntry(
            id=row.id,
            conversation=row.conversation_id,
            text=row.text,
            due_at=utc(row.due_at),
            agent=Named(row.agent_id, row.name),
        )
        for row in rows
    ]


def _woven(said: Sequence[MessageEntry], happened: Sequence[tuple[int, HappeningEntry]]) -> list[Entry]:
    """Messages by their numbers, and behind each what happened after it."""
    placed: list[tuple[int, int, Entry]] = [(one.seq, 0, one) for one in said]
    placed += [(after, 1, entry) for after, entry in happened]
    return [entry for _, _, entry in sorted(placed, key=lambda item: item[:2])]


def _message_entry(one: Message, row: Mapping[str, Any], later: Sequence[Message]) -> MessageEntry:
    ours = one.author.kind is not AuthorKind.CUSTOMER
    return MessageEntry(
        id=one.id,
        conversation=one.conversation_id,
        seq=one.seq,
        author=Said(one.author.kind.value, one.author.name, one.agent_id),
        text=one.text,
        at=one.sent_at,
        channel=row["channel"] or "",
        edited=one.edited_at is not None,
        deleted=one.deleted_at is not None,
        buttons=_buttons(one, later),
        attachments=[
            File(
                id=file.id,
                kind=file.kind,
                name=file.name,
                mime=file.mime,
                size=file.size,
                state=file.state,
                reason=file.reason,
                caption=file.caption,
                preview=bool(file.preview),
            )
            for file in one.attachments
        ],
        delivery=_delivery(row) if ours else None,
        intent=None if row["intent"] is None else Intent(row["intent"], row["confidence"] or 0.0),
        mood=None if row["emotion"] is None else Mood(row["valence"], row["emotion"], row["weak"]),
    )


def _buttons(one: Message, later: Sequence[Message]) -> list[Offered]:
    """Its buttons. Which was pressed shows in what the customer says until we say the next thing with buttons."""
    pressed = set()
    for said in later if one.buttons else ():
        if said.buttons:
            break
        if said.author.kind is AuthorKind.CUSTOMER and said.payload is not None:
            pressed.add((said.text, said.payload))
    return [Offered(button.title, (button.title, button.payload) in pressed) for button in one.buttons]


def _delivery(row: Mapping[str, Any]) -> Delivery:
    status = row["delivery_status"]
    return Delivery("none", None) if status is None else Delivery(status, row["delivery_error"])


def _happening_entry(row: Any) -> HappeningEntry:
    return HappeningEntry(
        id=str(row.id),
        conversation=row.conversation_id,
        after_seq=row.after_seq,
        what=row.kind,
        actor=_NOBODY.get(row.actor) or Named(row.actor, row.actor_name or ""),
        detail=json.loads(row.detail),
        at=utc(row.at),
    )
