"""Reading what the desk is like now: the queue, the agents who are there with their work, and live figures."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.desk.hours import Hours
from bot.desk.routing import Routing, Seat, Waiting, with_one_more
from bot.desk.situation import InQueue, Situation
from bot.desk.waiting import ARRIVALS_SECONDS, Live, Place
from bot.models import Presence, Role, Status
from bot.store import rules
from bot.store.conversations import utc, utc_or_none
from bot.store.tables import agent, agent_team, conversation, customer, handoff

# From so many of the latest conversations, of so many days, we learn how long one takes.
_LEARNT_FROM = 200
_LEARNT_DAYS = 7
# A desk that has just begun has no rate of arrivals yet; over less time than this it would be chance.
_LEAST_ARRIVALS_SECONDS = 300

_ANSWERING = (Role.AGENT.value, Role.SUPERVISOR.value, Role.ADMIN.value)


def read(tx: Connection, moment: datetime) -> Situation:
    """The situation at this moment. Blocked customers and snoozed conversations are no part of it."""
    routing = rules.read(tx, "routing", Routing)
    passages = _open_passages(tx, moment)
    queue = [row for row in passages if row.status == Status.QUEUED.value]
    running = [row for row in passages if row.status == Status.HUMAN.value]
    return Situation(
        moment=moment,
        rules=routing,
        hours=rules.read(tx, "hours", Hours),
        queue=tuple(_in_queue(row) for row in queue),
        seats=_seats(tx, queue, running, moment, routing),
        live=_live(tx, running, moment),
    )


def present(presence: str, present_at: datetime | None, moment: datetime, rules: Routing) -> bool:
    """Whether an agent is there: online by choice, with a console that was heard of lately."""
    if presence != Presence.ONLINE.value or present_at is None:
        return False
    return moment - utc(present_at) < timedelta(seconds=rules.gone_seconds)


def _open_passages(tx: Connection, moment: datetime) -> list[Any]:
    # The literal conditions are those of the partial index of open handoffs.
    return list(
        tx.execute(
            sa.select(
                handoff,
                conversation.c.status,
                conversation.c.epoch,
                conversation.c.customer_id,
                conversation.c.owner,
            )
            .select_from(
                handoff.join(conversation, conversation.c.id == handoff.c.conversation_id).join(
                    customer, customer.c.id == conversation.c.customer_id
                )
            )
            .where(
                handoff.c.ended_at.is_(None),
                customer.c.blocked_at.is_(None),
                sa.or_(conversation.c.snoozed_until.is_(None), conversation.c.snoozed_until <= moment),
            )
        )
    )


def _in_queue(row: Any) -> InQueue:
    return InQueue(
        waiting=Waiting(
            handoff_id=row.id,
            conversation_id=row.conversation_id,
            priority=row.priority,
            anger=row.anger,
            language=row.language,
            team_id=row.team_id,
            wanted_agent_id=row.wanted_agent_id,
            queued_at=utc(row.queued_at),
            offered_to=row.offered_to,
            offered_until=utc_or_none(row.offered_until),
            passed_by=frozenset(json.loads(row.passed_by)),
            later=row.later_at is not None,
            told_until=utc_or_none(row.told_until),
        ),
        customer_id=row.customer_id,
        epoch=row.epoch,
        told_kind=row.told_kind,
        told_at=utc_or_none(row.told_at),
        shown=None if row.place is None else Place(row.place, row.wait_low, row.wait_high),
    )


def _seats(
    tx: Connection, queue: Iterable[Any], running: Iterable[Any], moment: datetime, routing: Routing
) -> tuple[Seat, ...]:
    there = [
        row
        for row in tx.execute(
            sa.select(agent)
            .where(
                agent.c.disabled_at.is_(None),
                agent.c.role.in_(_ANSWERING),
                agent.c.presence == Presence.ONLINE.value,
                # Who takes nothing is nobody to wait for.
                agent.c.capacity > 0,
            )
            .order_by(agent.c.id)
        )
        if present(row.presence, row.present_at, moment, routing)
    ]
    teams = defaultdict(set)
    for row in tx.execute(sa.select(agent_team).where(agent_team.c.agent_id.in_([row.id for row in there]))):
        teams[row.agent_id].add(row.team_id)
    shifts = _shifts(tx, [row.id for row in there], moment, routing)
    offered = {row.offered_to for row in queue if row.offered_to is not None}
    owned: dict[str, int] = defaultdict(int)
    for row in running:
        owned[row.owner] += 1
    return tuple(
        replace(
            shifts[row.id],
            languages=frozenset(json.loads(row.languages)),
            teams=frozenset(teams[row.id]),
            capacity=row.capacity,
            busy=owned[row.id] + (row.id in offered),
            offered=row.id in offered,
        )
        for row in there
    )


def _shifts(tx: Connection, agent_ids: list[str], moment: datetime, routing: Routing) -> Mapping[str, Seat]:
    """What came to each agent in the shift, in the order in which it came."""
    seats = {agent_id: Seat(agent_id, frozenset(), frozenset(), 0) for agent_id in agent_ids}
    taken = tx.execute(
        sa.select(handoff.c.taken_by, handoff.c.anger)
        .where(
            handoff.c.taken_at > moment - timedelta(hours=routing.shift_hours),
            handoff.c.taken_by.in_(agent_ids),
        )
        .order_by(handoff.c.taken_at, handoff.c.id)
    )
    for row in taken:
        seats[row.taken_by] = with_one_more(seats[row.taken_by], row.anger, routing)
    return seats


def _live(tx: Connection, running: Iterable[Any], moment: datetime) -> Live:
    ended = tx.execute(
        sa.select(handoff.c.taken_at, handoff.c.ended_at)
        .where(handoff.c.taken_at > moment - timedelta(days=_LEARNT_DAYS), handoff.c.ended_at.isnot(None))
        .order_by(handoff.c.taken_at.desc())
        .limit(_LEARNT_FROM)
    )
    arrived = list(
        tx.execute(
            sa.select(handoff.c.priority, handoff.c.queued_at).where(
                handoff.c.queued_at > moment - timedelta(seconds=ARRIVALS_SECONDS)
            )
        )
    )
    first = min((utc(row.queued_at) for row in arrived), default=moment)
    return Live(
        ended=tuple((row.ended_at - row.taken_at).total_seconds() for row in ended),
        running=tuple((moment - utc(row.taken_at)).total_seconds() for row in running if row.taken_at),
        arrived=tuple(float(row.priority) for row in arrived),
        arrivals_seconds=max(_LEAST_ARRIVALS_SECONDS, (moment - first).total_seconds()),
    )
