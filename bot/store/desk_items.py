"""Conversations as the lines of the desk's lists: one query for all of them, one for what was not delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import AuthorKind, Status, now
from bot.store.conversations import utc
from bot.store.shown import Item, Last, Named
from bot.store.tables import address, agent, conversation, customer, handoff, message, outbox, team

MOST_UNREAD = 99
_PREVIEW = 200
# So far back the last words are looked for behind what the system has told.
_TELLINGS = 10

open_handoff = sa.and_(handoff.c.conversation_id == conversation.c.id, handoff.c.ended_at.is_(None))
"""Joins a conversation with its open handoff."""

# An enum's value costs a call each time it is asked for, which shows in lists of hundreds.
_BOT, _QUEUED, _HUMAN = Status.BOT.value, Status.QUEUED.value, Status.HUMAN.value

_owner = agent.alias("owner_agent")
_wanted = agent.alias("wanted_agent")
_last = message.alias("last_message")


def waiting_since() -> Any:
    """Since when a customer waits for the agent who owns the conversation: a column, NULL if they do not."""
    said = message.alias("said")
    own = message.alias("own")
    asked = sa.func.coalesce(handoff.c.seq, 1)
    answered = (
        sa.select(own.c.seq)
        .where(
            own.c.conversation_id == conversation.c.id,
            own.c.author_kind == AuthorKind.AGENT.value,
            own.c.seq >= asked,
        )
        .order_by(own.c.seq.desc())
        .limit(1)
        .correlate(conversation, handoff)
        .scalar_subquery()
    )
    # One condition on seq, so that the index is entered at the right place: with two, it is walked from the first.
    first = (
        sa.select(said.c.sent_at)
        .where(
            said.c.conversation_id == conversation.c.id,
            said.c.author_kind == AuthorKind.CUSTOMER.value,
            said.c.seq > sa.func.coalesce(answered, asked - 1),
        )
        .order_by(said.c.seq)
        .limit(1)
        .correlate(conversation, handoff)
        .scalar_subquery()
    )
    return sa.case((conversation.c.status == _HUMAN, first), else_=None)


def items(tx: Connection, ids: Sequence[str]) -> list[Item]:
    """These conversations as lines, in this order; those that there are not are left out."""
    if not ids:
        return []
    moment = now()
    rows = {row.id: row for row in tx.execute(_query().where(conversation.c.id.in_(ids)))}
    undelivered = _undelivered(tx, ids)
    return [_item(rows[key], undelivered, moment) for key in ids if key in rows]


@cache
def _query() -> Any:
    return sa.select(
        conversation.c.id,
        conversation.c.epoch,
        conversation.c.status,
        conversation.c.language,
        conversation.c.troubled_at,
        conversation.c.snoozed_until,
        conversation.c.owner.label("owner_id"),
        customer.c.id.label("customer_id"),
        customer.c.name.label("customer_name"),
        channel().label("channel"),
        _unread().label("unread"),
        sa.type_coerce(waiting_since(), message.c.sent_at.type).label("since"),
        handoff.c.id.label("handoff_id"),
        handoff.c.reason,
        handoff.c.anger,
        handoff.c.priority,
        handoff.c.queued_at,
        handoff.c.offered_until,
        _last.c.author_kind,
        sa.func.substr(_last.c.text, 1, _PREVIEW).label("text"),
        _last.c.sent_at,
        _owner.c.name.label("owner_name"),
        handoff.c.offered_to,
        _wanted.c.id.label("wanted_id"),
        _wanted.c.name.label("wanted_name"),
        team.c.id.label("team_id"),
        team.c.name.label("team_name"),
    ).select_from(_joined())


def _joined() -> Any:
    latest = sa.and_(_last.c.conversation_id == conversation.c.id, _last.c.seq == _latest())
    return (
        conversation.join(customer, customer.c.id == conversation.c.customer_id)
        .outerjoin(handoff, open_handoff)
        .outerjoin(_last, latest)
        .outerjoin(address, address.c.id == _last.c.address_id)
        .outerjoin(_owner, _owner.c.id == conversation.c.owner)
        .outerjoin(_wanted, _wanted.c.id == handoff.c.wanted_agent_id)
        .outerjoin(team, team.c.id == handoff.c.team_id)
    )


def _latest() -> Any:
    """The number of the last thing that a person or the bot said: what the system tells all who wait says nothing."""
    said = message.alias("spoken_message")
    spoken = (
        sa.select(said.c.seq)
        .where(
            said.c.conversation_id == conversation.c.id,
            said.c.author_kind != AuthorKind.SYSTEM.value,
            said.c.seq > conversation.c.last_seq - _TELLINGS,
        )
        .order_by(said.c.seq.desc())
        .limit(1)
        .correlate(conversation)
        .scalar_subquery()
    )
    return sa.func.coalesce(spoken, conversation.c.last_seq)


def channel() -> Any:
    """The channel of a conversation: that of its last message, else the customer's latest; a column."""
    own = address.alias("any_address")
    anywhere = (
        sa.select(own.c.channel)
        .where(own.c.customer_id == conversation.c.customer_id)
        .order_by(own.c.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.func.coalesce(address.c.channel, anywhere, "")


def _unread() -> Any:
    said = message.alias("unread_message")
    count = (
        sa.select(sa.func.count())
        .where(
            said.c.conversation_id == conversation.c.id,
            said.c.author_kind == AuthorKind.CUSTOMER.value,
            said.c.seq > conversation.c.read_seq,
            said.c.seq > conversation.c.last_seq - MOST_UNREAD,
            said.c.seq >= sa.func.coalesce(handoff.c.seq, 0),
        )
        .scalar_subquery()
    )
    return sa.case((conversation.c.status == _BOT, 0), else_=count)


def _undelivered(tx: Connection, ids: Sequence[str]) -> set[str]:
    """Those of the conversations in which a message could not be delivered."""
    # Both spelled out: SQLite takes a partial index only if it sees the index's own condition.
    dead = sa.and_(sa.text("outbox.status <> 'sent'"), outbox.c.status == "dead")
    rows = tx.execute(
        sa.select(message.c.conversation_id)
        .select_from(outbox.join(message, message.c.id == outbox.c.message_id))
        .where(dead, message.c.conversation_id.in_(ids))
        .distinct()
    )
    return {row[0] for row in rows}


def _item(row: Any, undelivered: set[str], moment: datetime) -> Item:
    queued = moment_of(row.queued_at)
    since = queued if row.status == _QUEUED else moment_of(row.since)
    return Item(
        conversation=row.id,
        epoch=row.epoch,
        customer=Named(row.customer_id, row.customer_name),
        channel=row.channel,
        language=row.language,
        status=row.status,
        reason=row.reason,
        anger=row.anger or 0.0,
        priority=row.priority or 0,
        queued_at=queued,
        waited_s=None if since is None else max(0, int((moment - since).total_seconds())),
        last=None if row.sent_at is None else Last(row.author_kind, row.text, utc(row.sent_at)),
        unread=row.unread,
        handoff=row.handoff_id,
        offered_to=row.offered_to,
        offered_until=moment_of(row.offered_until),
        wanted=named(row.wanted_id, row.wanted_name),
        team=named(row.team_id, row.team_name),
        owner=named(row.owner_id, row.owner_name),
        troubled=row.troubled_at is not None,
        undelivered=row.id in undelivered,
        snoozed_until=moment_of(row.snoozed_until),
    )


def named(key: str | None, name: str | None) -> Named | None:
    """Somebody by id and name; None for nobody. Who is not in the tables any more has no name."""
    return None if key is None else Named(key, name or "")


def moment_of(value: datetime | None) -> datetime | None:
    """A moment of a column that may be empty, with its time zone."""
    return None if value is None else utc(value)
