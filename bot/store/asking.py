"""What the pages of asking and of loyalty are made of: ended talks and answers, counted by the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.asking.estimates import GOOD, POOR, Cell
from bot.asking.loyalty import AWAY, GOOD_MOOD, HABIT, BackCell, Habit
from bot.asking.rules import BACK_WITHIN, NOT_COUNTED
from bot.store.conversations import utc
from bot.store.tables import (
    agent,
    conversation,
    customer,
    ended_talk,
    loyalty_answer,
    message,
    outbox,
)
from bot.store.talks import BOT

DIMENSIONS = ("channel", "language", "intent", "hour", "agent", "kind")
"""By what talks can be told apart; `kind` is bot or agent."""

_LONGEST_AWAY = timedelta(days=366)

Answers = dict[tuple[int, float], int]
"""How many gave an answer (value, probability of the draw)."""


@dataclass(frozen=True)
class Leaver:
    """A customer who was satisfied with their last talk, and may be leaving."""

    customer_id: str
    name: str
    conversation_id: str
    channel: str
    language: str
    habit: Habit


def talks_by(tx: Connection, by: str, begin: datetime, end: datetime) -> dict[str, list[Cell]]:
    """The talks that began from `begin` to before `end`, in cells, by the values of a dimension."""
    reached = sa.or_(
        ended_talk.c.answered_at.isnot(None),
        outbox.c.status == "sent",
        sa.and_(outbox.c.id.is_(None), conversation.c.seen_seq >= message.c.seq),
    )
    columns = [
        _dimension(by).label("group"),
        ended_talk.c.result,
        ended_talk.c.chance,
        ended_talk.c.mood,
        ended_talk.c.rating,
        sa.case((reached, 1), else_=0).label("reached"),
    ]
    rows = tx.execute(
        sa.select(*columns, sa.func.count().label("number"))
        .select_from(
            ended_talk.outerjoin(message, message.c.id == ended_talk.c.message_id)
            .outerjoin(outbox, outbox.c.message_id == ended_talk.c.message_id)
            .outerjoin(conversation, conversation.c.id == message.c.conversation_id)
        )
        .where(*_began(begin, end))
        .group_by(*(sa.text(str(place)) for place in range(1, len(columns) + 1)))
    )
    found: dict[str, list[Cell]] = defaultdict(list)
    for row in rows:
        cell = Cell(row.result, row.chance, row.mood, row.rating, bool(row.reached), row.number)
        found[row.group].append(cell)
    return dict(found)


def returns_by(
    tx: Connection, by: str, begin: datetime, end: datetime, moment: datetime
) -> dict[str, list[BackCell]]:
    """Customers by their first talk that began in this time: with what they came back, and whether 90 days are over."""
    former = ended_talk.alias("former")
    first = ~(
        sa.select(former.c.id)
        .where(
            former.c.customer_id == ended_talk.c.customer_id,
            former.c.visit < ended_talk.c.visit,
            former.c.began_at >= begin,
            former.c.result.not_in(NOT_COUNTED),
        )
        .exists()
    )
    due = sa.case((ended_talk.c.ended_at <= moment - BACK_WITHIN, 1), else_=0)
    rows = tx.execute(
        sa.select(
            _dimension(by).label("group"), ended_talk.c.came_back, due.label("due"),
            sa.func.count().label("number"),
        )
        .where(*_began(begin, end), ended_talk.c.result.not_in(NOT_COUNTED), first)
        .group_by(sa.text("1"), sa.text("2"), sa.text("3"))
    )  # fmt: skip
    found: dict[str, list[BackCell]] = defaultdict(list)
    for row in rows:
        found[row.group].append(BackCell(row.came_back, bool(row.due), row.number))
    return dict(found)


def answers_by(
    tx: Connection, by: str, begin: datetime, end: datetime
) -> dict[tuple[str, str], tuple[int, Answers]]:
    """By (value of the dimension, question): how many were asked in this time, and their answers."""
    rows = tx.execute(
        sa.select(
            _dimension(by).label("group"), loyalty_answer.c.question, loyalty_answer.c.value,
            loyalty_answer.c.chance, sa.func.count().label("number"),
        )
        .select_from(loyalty_answer.join(ended_talk, ended_talk.c.id == loyalty_answer.c.talk_id))
        .where(loyalty_answer.c.asked_at >= begin, loyalty_answer.c.asked_at < end)
        .group_by(*(sa.text(str(place)) for place in range(1, 5)))
    )  # fmt: skip
    asked: dict[tuple[str, str], int] = defaultdict(int)
    answers: dict[tuple[str, str], Answers] = defaultdict(dict)
    for row in rows:
        key = (row.group, row.question)
        asked[key] += row.number
        if row.value is not None:
            answers[key][row.value, row.chance] = row.number
    return {key: (count, answers[key]) for key, count in asked.items()}


def leavers(tx: Connection, begin: datetime, end: datetime, moment: datetime) -> list[Leaver]:
    """Who was satisfied with their last talk and answered low in this time, or has been away for a while."""
    satisfied = sa.or_(ended_talk.c.rating >= GOOD, ended_talk.c.mood >= GOOD_MOOD)
    low = sa.and_(
        loyalty_answer.c.value <= POOR,
        loyalty_answer.c.answered_at >= begin,
        loyalty_answer.c.answered_at < end,
    )
    away = sa.and_(
        ended_talk.c.visit >= HABIT,
        ended_talk.c.ended_at <= moment - AWAY,
        ended_talk.c.ended_at > moment - _LONGEST_AWAY,
    )
    rows = tx.execute(
        sa.select(ended_talk, customer.c.name, sa.case((low, loyalty_answer.c.value)).label("value"))
        .select_from(
            ended_talk.join(customer, customer.c.id == ended_talk.c.customer_id).outerjoin(
                loyalty_answer, loyalty_answer.c.talk_id == ended_talk.c.id
            )
        )
        .where(
            ended_talk.c.next_pause.is_(None),
            ended_talk.c.result.not_in(NOT_COUNTED),
            customer.c.blocked_at.is_(None),
            satisfied,
            sa.or_(away, low),
        )
        .order_by(ended_talk.c.ended_at.desc(), ended_talk.c.id, loyalty_answer.c.asked_at.desc())
    )
    found: dict[str, Leaver] = {}
    for row in rows:
        found.setdefault(row.id, _leaver(row))
    return list(found.values())


def agent_names(tx: Connection) -> Mapping[str, str]:
    """The name of every agent by id."""
    return {row.id: row.name for row in tx.execute(sa.select(agent.c.id, agent.c.name))}


def _leaver(row: Any) -> Leaver:
    habit = Habit(
        ended_at=utc(row.ended_at),
        visits=row.visit,
        pauses=timedelta(seconds=row.pauses),
        longest=timedelta(seconds=row.longest_pause),
        rating=row.rating,
        mood=row.mood,
        value=row.value,
    )
    return Leaver(row.customer_id, row.name, row.conversation_id, row.channel, row.language or "", habit)


def _began(begin: datetime, end: datetime) -> tuple[Any, Any]:
    return ended_talk.c.began_at >= begin, ended_talk.c.began_at < end


def _dimension(by: str) -> Any:
    if by == "kind":
        nobody_else = ended_talk.c.agent.in_([BOT, ""])
        return sa.case((nobody_else, ended_talk.c.agent), else_=sa.literal_column("'agent'"))
    column = ended_talk.c[by]
    return sa.func.coalesce(column, sa.literal_column("''"))
