"""Cases that people have solved: an agent's answer with the question before it, kept to be offered again."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import AuthorKind, Status, now
from bot.store.insert import insert_new
from bot.store.tables import conversation, customer, message, solved_case, turn

KEPT = 2_000
"""Latest cases of one language that are compared."""
GOOD_RATING = 4


@dataclass(frozen=True)
class Pair:
    """An agent's answer that is not learned yet, and the customer's message before it (empty if there is none)."""

    answer_id: str
    answer: str
    question_id: str
    question: str
    conversation_id: str
    language: str
    intent: str | None


@dataclass(frozen=True)
class Case:
    """A learned case: its answer, who was answered, and the question's vector."""

    answer_id: str
    answer: str
    customer: str
    conversation_id: str
    intent: str | None
    vector: bytes


def unlearned(tx: Connection, *, limit: int) -> list[Pair]:
    """Answers of solved conversations that are not learned yet, the oldest first."""
    good = sa.or_(
        conversation.c.outcome == "solved",
        sa.and_(conversation.c.outcome.is_(None), conversation.c.rating >= GOOD_RATING),
    )
    rows = tx.execute(
        sa.select(
            message.c.id, message.c.text, message.c.seq, conversation.c.language, message.c.conversation_id
        )
        .select_from(message.join(conversation, conversation.c.id == message.c.conversation_id))
        .where(
            conversation.c.status == Status.CLOSED.value,
            good,
            message.c.author_kind == AuthorKind.AGENT.value,
            message.c.id.notin_(sa.select(solved_case.c.answer_id)),
        )
        .order_by(message.c.sent_at)
        .limit(limit)
    ).all()
    return [_pair(tx, row) for row in rows]


def learn(tx: Connection, pair: Pair, *, intent: str | None, vector: bytes, encoder: str) -> None:
    """Keep a case; an empty vector notes that it is not to be offered. One that is there stays."""
    insert_new(
        tx,
        solved_case,
        answer_id=pair.answer_id,
        question_id=pair.question_id or pair.answer_id,
        conversation_id=pair.conversation_id,
        language=pair.language,
        intent=intent,
        vector=vector,
        encoder=encoder,
        learned_at=now(),
    )


def cases(tx: Connection, language: str, encoder: str) -> list[Case]:
    """The latest cases of a language, with vectors of this encoder; none whose messages were taken back."""
    rows = tx.execute(
        sa.select(solved_case, message.c.text, customer.c.name)
        .select_from(
            solved_case.join(message, message.c.id == solved_case.c.answer_id)
            .join(conversation, conversation.c.id == solved_case.c.conversation_id)
            .join(customer, customer.c.id == conversation.c.customer_id)
        )
        .where(
            solved_case.c.language == language,
            solved_case.c.encoder == encoder,
            solved_case.c.vector != b"",
            message.c.deleted_at.is_(None),
        )
        .order_by(solved_case.c.learned_at.desc(), solved_case.c.answer_id)
        .limit(KEPT)
    )
    return [
        Case(row.answer_id, row.text, row.name, row.conversation_id, row.intent, bytes(row.vector))
        for row in rows
    ]


def _pair(tx: Connection, row: sa.engine.Row) -> Pair:
    asked = tx.execute(
        sa.select(message.c.id, message.c.text, turn.c.intent)
        .select_from(message.outerjoin(turn, turn.c.message_id == message.c.id))
        .where(
            message.c.conversation_id == row.conversation_id,
            message.c.author_kind == AuthorKind.CUSTOMER.value,
            message.c.seq < row.seq,
            message.c.deleted_at.is_(None),
        )
        .order_by(message.c.seq.desc())
        .limit(1)
    ).first()
    question_id, question, intent = (asked.id, asked.text, asked.intent) if asked else ("", "", None)
    return Pair(row.id, row.text, question_id, question, row.conversation_id, row.language or "", intent)
