"""Reading what a brief rests on, in one transaction, with bounds on all that may be long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.desk.facts import Facts, Former, Place, Proof
from bot.errors import Unknown
from bot.models import AuthorKind, Handoff, Message, Status
from bot.store import attachments, conversations, handoffs, turns
from bot.store.conversations import utc
from bot.store.tables import address, agent, conversation, customer, handoff, inbox, message, outbox, turn

MESSAGES = 80
"""Latest messages of the conversation that are looked at."""
FORMER = 5
"""Latest earlier conversations that are looked at."""
WISHES = 6

SIGNED = "user:"
"""Begins the id of a web address whose site has signed who the customer is."""


def facts(tx: Connection, conversation_id: str) -> Facts:
    """What is known about a conversation and its customer. Unknown."""
    row = tx.execute(
        sa.select(
            conversation, customer.c.name, customer.c.email, customer.c.created_at, customer.c.blocked_at
        )
        .select_from(conversation.join(customer, customer.c.id == conversation.c.customer_id))
        .where(conversation.c.id == conversation_id)
    ).first()
    if row is None:
        raise Unknown("there is no such conversation")
    said = _messages(tx, conversation_id)
    former = _former(tx, row.customer_id, row.id)
    passages_now = _handoffs(tx, [row.id])
    passages = [*passages_now, *(passage for item in former for passage in item.handoffs)]
    return Facts(
        conversation_id=row.id,
        status=Status(row.status),
        language=row.language,
        customer_id=row.customer_id,
        name=row.name,
        email=row.email,
        since=utc(row.created_at),
        blocked=row.blocked_at is not None,
        places=tuple(_places(tx, row.customer_id)),
        messages=tuple(said),
        turns=turns.of_messages(tx, [item.id for item in said if item.author.kind is AuthorKind.CUSTOMER]),
        proof=_proof(tx, row.customer_id),
        conversations_before=_count_before(tx, row.customer_id, row.id),
        former=tuple(former),
        handoffs=tuple(passages_now),
        undelivered=tuple(_undelivered(tx, row.id)),
        anchors=_anchors(tx, passages),
        agents=_names(tx, {passage.taken_by for passage in passages if passage.taken_by}),
    )


def _messages(tx: Connection, conversation_id: str) -> list[Message]:
    rows = tx.execute(
        sa.select(message)
        .where(message.c.conversation_id == conversation_id)
        .order_by(message.c.seq.desc())
        .limit(MESSAGES)
    ).mappings()
    return attachments.of_messages(tx, reversed([conversations.message_of(row) for row in rows]))


def _places(tx: Connection, customer_id: str) -> Iterable[Place]:
    rows = tx.execute(
        sa.select(address).where(address.c.customer_id == customer_id).order_by(address.c.created_at)
    ).all()
    for row in rows:
        signed = row.external_id.removeprefix(SIGNED) if row.external_id.startswith(SIGNED) else None
        last = _last_verified(tx, row.id) if row.channel == "web" and signed else None
        yield Place(row.channel, bool(row.reachable), signed if last else None, last)


def _last_verified(tx: Connection, address_id: str) -> str | None:
    """The last message from an address, if the site has signed it."""
    row = tx.execute(
        sa.select(inbox.c.message_id, inbox.c.verified)
        .select_from(inbox.join(message, message.c.id == inbox.c.message_id))
        .where(message.c.address_id == address_id)
        .order_by(message.c.seq.desc())
        .limit(1)
    ).first()
    return row.message_id if row is not None and row.verified else None


def _proof(tx: Connection, customer_id: str) -> Proof | None:
    """The latest proof, by the first of the turns in a row that had it."""
    rows = tx.execute(
        sa.select(turn.c.proved, turn.c.message_id, turn.c.ended_at)
        .select_from(
            turn.join(message, message.c.id == turn.c.message_id).join(
                conversation, conversation.c.id == turn.c.conversation_id
            )
        )
        .where(conversation.c.customer_id == customer_id, turn.c.proved.isnot(None))
        .order_by(message.c.seq.desc())
        .limit(MESSAGES)
    ).all()
    found: Proof | None = None
    for row in rows:
        if found is not None and row.proved != found.customer:
            break
        found = Proof(row.proved, row.message_id, utc(row.ended_at))
    return found


def _count_before(tx: Connection, customer_id: str, but: str) -> int:
    query = sa.select(sa.func.count()).select_from(conversation)
    mine = (conversation.c.customer_id == customer_id, conversation.c.id != but)
    return int(tx.execute(query.where(*mine)).scalar() or 0)


def _former(tx: Connection, customer_id: str, but: str) -> list[Former]:
    rows = tx.execute(
        sa.select(conversation)
        .where(conversation.c.customer_id == customer_id, conversation.c.id != but)
        .order_by(conversation.c.last_seq.desc(), conversation.c.opened_at.desc())
        .limit(FORMER)
    ).all()
    passages: dict[str, list[Handoff]] = {}
    for item in _handoffs(tx, [row.id for row in rows]):
        passages.setdefault(item.conversation_id, []).append(item)
    return [_one_former(tx, row, passages.get(row.id, [])) for row in rows]


def _one_former(tx: Connection, row: Any, passages: Sequence[Handoff]) -> Former:
    mine = (message.c.conversation_id == row.id, message.c.author_kind == AuthorKind.CUSTOMER.value)
    first = tx.execute(
        sa.select(message.c.id, message.c.text)
        .where(*mine, message.c.deleted_at.is_(None))
        .order_by(message.c.seq)
        .limit(1)
    ).first()
    rows = tx.execute(
        sa.select(turn)
        .select_from(turn.join(message, message.c.id == turn.c.message_id))
        .where(turn.c.conversation_id == row.id)
        .order_by(message.c.seq)
        .limit(MESSAGES)
    )
    wishes = [wish for found in rows for wish in turns.turn_of(found).wishes]
    return Former(
        id=row.id,
        opened_at=utc(row.opened_at),
        closed_at=utc(row.closed_at) if row.closed_at else None,
        outcome=row.outcome,
        rating=row.rating,
        rating_comment=row.rating_comment or "",
        message_id=first.id if first else None,
        words=first.text if first else "",
        wishes=tuple(dict.fromkeys(wishes)),
        handoffs=tuple(passages),
        last_answer=_last_answer(tx, row.id),
    )


def _last_answer(tx: Connection, conversation_id: str) -> Message | None:
    row = (
        tx.execute(
            sa.select(message)
            .where(
                message.c.conversation_id == conversation_id,
                message.c.author_kind == AuthorKind.AGENT.value,
                message.c.deleted_at.is_(None),
            )
            .order_by(message.c.seq.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    return None if row is None else conversations.message_of(row)


def _anchors(tx: Connection, passages: Sequence[Handoff]) -> dict[str, str]:
    if not passages:
        return {}
    rows = tx.execute(
        sa.select(handoff.c.id, message.c.id.label("message_id"))
        .select_from(
            handoff.join(
                message,
                sa.and_(
                    message.c.conversation_id == handoff.c.conversation_id, message.c.seq == handoff.c.seq
                ),
            )
        )
        .where(handoff.c.id.in_([passage.id for passage in passages]))
    )
    return {row.id: row.message_id for row in rows}


def _handoffs(tx: Connection, ids: Sequence[str]) -> list[Handoff]:
    if not ids:
        return []
    query = sa.select(handoff).where(handoff.c.conversation_id.in_(list(ids)))
    return [handoffs.of_row(row) for row in tx.execute(query.order_by(handoff.c.queued_at, handoff.c.id))]


def _undelivered(tx: Connection, conversation_id: str) -> list[str]:
    rows = tx.execute(
        sa.select(message.c.id)
        .select_from(outbox.join(message, message.c.id == outbox.c.message_id))
        .where(message.c.conversation_id == conversation_id, outbox.c.status == "dead")
        .order_by(message.c.seq.desc())
        .limit(FORMER)
    )
    return [row[0] for row in rows]


def _names(tx: Connection, ids: Iterable[str | None]) -> dict[str, str]:
    wanted = [item for item in ids if item]
    if not wanted:
        return {}
    rows = tx.execute(sa.select(agent.c.id, agent.c.name).where(agent.c.id.in_(wanted)))
    return {row.id: row.name for row in rows}
