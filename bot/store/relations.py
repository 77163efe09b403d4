"""One conversation as it is opened at the desk: itself, the customer behind it, how it came to people; colleagues."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Attachment, Presence, Role, Status, now
from bot.store.attachments import attachment_of
from bot.store.conversations import utc
from bot.store.desk_items import channel, moment_of, named
from bot.store.shown import Colleague, Named, Opened, Passage, Person, Reach, Talk
from bot.store.tables import (
    address,
    agent,
    agent_team,
    attachment,
    conversation,
    customer,
    handoff,
    message,
    team,
)

_MOST_HANDOFFS = 50

_wanted = agent.alias("wanted_agent")
_taker = agent.alias("taking_agent")


def opened(tx: Connection, conversation_id: str) -> Opened | None:
    """A conversation with who it is and how it came here; None if there is none."""
    row = tx.execute(
        sa.select(
            conversation,
            customer.c.name.label("customer_name"),
            customer.c.email,
            customer.c.created_at,
            customer.c.blocked_at,
            agent.c.name.label("owner_name"),
            channel().label("channel"),
        )
        .select_from(
            conversation.join(customer, customer.c.id == conversation.c.customer_id)
            .outerjoin(agent, agent.c.id == conversation.c.owner)
            .outerjoin(
                message,
                sa.and_(
                    message.c.conversation_id == conversation.c.id, message.c.seq == conversation.c.last_seq
                ),
            )
            .outerjoin(address, address.c.id == message.c.address_id)
        )
        .where(conversation.c.id == conversation_id)
    ).first()
    if row is None:
        return None
    passages = _passages(tx, row.customer_id)
    current = [one for one in passages if one.ended_at is None and one.conversation == row.id]
    return Opened(
        conversation=_talk(row),
        customer=_person(tx, row),
        handoff=current[0] if current else None,
        handoffs=[one for one in passages if one not in current],
    )


def customer_of(tx: Connection, conversation_id: str) -> str | None:
    """Whose conversation it is; None if there is none."""
    query = sa.select(conversation.c.customer_id).where(conversation.c.id == conversation_id)
    found: str | None = tx.execute(query).scalar()
    return found


def file(tx: Connection, attachment_id: str) -> Attachment | None:
    """A customer's file by its id; None if there is none."""
    row = tx.execute(sa.select(attachment).where(attachment.c.id == attachment_id)).first()
    return None if row is None else attachment_of(row)


def colleagues(tx: Connection, *, gone_seconds: float) -> list[Colleague]:
    """Everybody who answers customers, by name. Whose console was not heard of for so long is offline."""
    open_now = (
        sa.select(sa.func.count())
        .where(
            sa.text("conversation.status <> 'closed'"),
            conversation.c.status == Status.HUMAN.value,
            conversation.c.owner == agent.c.id,
        )
        .scalar_subquery()
    )
    rows = tx.execute(
        sa.select(agent, open_now.label("open"))
        .where(agent.c.disabled_at.is_(None), agent.c.role != Role.TRAINER.value)
        .order_by(agent.c.name, agent.c.id)
    ).all()
    teams, since = _teams(tx), now() - timedelta(seconds=gone_seconds)
    return [
        Colleague(
            id=row.id,
            name=row.name,
            presence=row.presence if _heard_of(row.present_at, since) else Presence.OFFLINE.value,
            languages=json.loads(row.languages),
            teams=teams.get(row.id, []),
            open=row.open,
        )
        for row in rows
    ]


def _talk(row: Any) -> Talk:
    return Talk(
        id=row.id,
        status=row.status,
        epoch=row.epoch,
        owner=named(row.owner, row.owner_name),
        language=row.language,
        channel=row.channel,
        opened_at=utc(row.opened_at),
        closed_at=moment_of(row.closed_at),
        outcome=row.outcome,
        rating=row.rating,
        rating_comment=row.rating_comment,
        snoozed_until=moment_of(row.snoozed_until),
        troubled=row.troubled_at is not None,
        last_seq=row.last_seq,
        seen_seq=row.seen_seq,
    )


def _person(tx: Connection, row: Any) -> Person:
    addresses = tx.execute(
        sa.select(address.c.channel, address.c.account, address.c.reachable)
        .where(address.c.customer_id == row.customer_id)
        .order_by(address.c.created_at, address.c.id)
    )
    languages = tx.execute(
        sa.select(conversation.c.language)
        .where(conversation.c.customer_id == row.customer_id, conversation.c.language.isnot(None))
        .order_by(conversation.c.last_seq.desc())
    )
    return Person(
        id=row.customer_id,
        name=row.customer_name,
        email=row.email,
        since=utc(row.created_at),
        blocked=row.blocked_at is not None,
        languages=list(dict.fromkeys(found[0] for found in languages)),
        addresses=[Reach(found.channel, found.account, found.reachable) for found in addresses],
    )


def _passages(tx: Connection, customer_id: str) -> list[Passage]:
    """The customer's handoffs, the latest first."""
    rows = tx.execute(
        sa.select(
            handoff,
            _wanted.c.name.label("wanted_name"),
            _taker.c.name.label("taker_name"),
            team.c.name.label("team_name"),
        )
        .select_from(
            handoff.join(conversation, conversation.c.id == handoff.c.conversation_id)
            .outerjoin(_wanted, _wanted.c.id == handoff.c.wanted_agent_id)
            .outerjoin(_taker, _taker.c.id == handoff.c.taken_by)
            .outerjoin(team, team.c.id == handoff.c.team_id)
        )
        .where(conversation.c.customer_id == customer_id)
        .order_by(handoff.c.queued_at.desc(), handoff.c.id)
        .limit(_MOST_HANDOFFS)
    )
    return [_passage(row) for row in rows]


def _passage(row: Any) -> Passage:
    return Passage(
        id=row.id,
        conversation=row.conversation_id,
        reason=row.reason,
        detail=json.loads(row.detail),
        seq=row.seq,
        priority=row.priority,
        anger=row.anger,
        queued_at=utc(row.queued_at),
        offered_to=row.offered_to,
        offered_until=moment_of(row.offered_until),
        wanted=named(row.wanted_agent_id, row.wanted_name),
        team=named(row.team_id, row.team_name),
        later_at=moment_of(row.later_at),
        taken_by=named(row.taken_by, row.taker_name),
        taken_at=moment_of(row.taken_at),
        ended_at=moment_of(row.ended_at),
        end=row.end,
        note=row.note,
    )


def _heard_of(present_at: datetime | None, since: datetime) -> bool:
    return present_at is not None and utc(present_at) > since


def _teams(tx: Connection) -> dict[str, list[Named]]:
    rows = tx.execute(
        sa.select(agent_team.c.agent_id, team.c.id, team.c.name)
        .select_from(agent_team.join(team, team.c.id == agent_team.c.team_id))
        .order_by(team.c.name)
    )
    found: dict[str, list[Named]] = {}
    for row in rows:
        found.setdefault(row.agent_id, []).append(Named(row.id, row.name))
    return found
