"""Questions about loyalty and their answers: who could be asked now, and what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.asking.rules import FORGOTTEN, Asking, month_of
from bot.models import Address, Conversation, Status
from bot.store.tables import address, conversation, customer, ended_talk, loyalty_answer


@dataclass(frozen=True)
class Candidate:
    """A customer who could be asked about loyalty, with their last talk."""

    customer_id: str
    talk_id: str


def candidates(
    tx: Connection, rules: Asking, moment: datetime, *, customer_id: str | None = None
) -> list[Candidate]:
    """Customers who could be asked about loyalty now, or that one if they could, whose talk ended first first.

    Not: who is blocked or cannot be reached, was asked something lately, or this month about loyalty; who waits for
    people or has them, or has written lately; whose last talk is too short or too long ago.
    """
    ended = moment - timedelta(days=rules.loyalty_after_days)
    free = sa.or_(customer.c.asked_at.is_(None), customer.c.asked_at <= moment - timedelta(days=rules.days))
    busy = sa.select(conversation.c.id).where(
        conversation.c.customer_id == customer.c.id,
        # As the condition of the index of open conversations is written.
        sa.text("conversation.status <> 'closed'"),
        sa.or_(conversation.c.status != Status.BOT.value, conversation.c.updated_at > ended),
    )
    asked = sa.select(loyalty_answer.c.id).where(
        loyalty_answer.c.customer_id == customer.c.id, loyalty_answer.c.month == month_of(moment)
    )
    reachable = sa.select(address.c.id).where(
        address.c.customer_id == customer.c.id,
        address.c.channel == ended_talk.c.channel,
        address.c.reachable == sa.true(),
    )
    query = (
        sa.select(ended_talk.c.customer_id, ended_talk.c.id)
        .select_from(ended_talk.join(customer, customer.c.id == ended_talk.c.customer_id))
        .where(
            ended_talk.c.next_pause.is_(None),
            ended_talk.c.ended_at <= ended,
            ended_talk.c.ended_at > moment - FORGOTTEN,
            customer.c.blocked_at.is_(None),
            reachable.exists(),
            free,
            ~busy.exists(),
            ~asked.exists(),
        )
        .order_by(ended_talk.c.ended_at, ended_talk.c.id)
    )
    if customer_id is not None:
        query = query.where(customer.c.id == customer_id)
    return [Candidate(row.customer_id, row.id) for row in tx.execute(query)]


def note(
    tx: Connection,
    asked: Candidate,
    current: Conversation,
    address: Address,
    *,
    answer_id: str,
    question: str,
    chance: float,
    message_id: str,
    moment: datetime,
) -> None:
    """Write down that a customer is asked about loyalty."""
    tx.execute(
        sa.insert(loyalty_answer).values(
            id=answer_id,
            customer_id=asked.customer_id,
            talk_id=asked.talk_id,
            conversation_id=current.id,
            month=month_of(moment),
            question=question,
            chance=chance,
            channel=address.channel,
            language=current.language,
            message_id=message_id,
            asked_at=moment,
        )
    )


def note_value(tx: Connection, answer_id: str, value: int, moment: datetime) -> None:
    """Keep a customer's answer; a later one replaces the value, not when they answered first."""
    first = sa.func.coalesce(
        loyalty_answer.c.answered_at, sa.literal(moment, loyalty_answer.c.answered_at.type)
    )
    tx.execute(
        sa.update(loyalty_answer)
        .where(loyalty_answer.c.id == answer_id)
        .values(value=value, answered_at=first)
    )
