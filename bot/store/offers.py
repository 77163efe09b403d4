"""Offers of waiting conversations to agents, one at a time, and what sends conversations back into the queue.

Every change is guarded by what it was decided on: an offer that somebody else has made or taken meanwhile stays.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.desk.routing import Offer, Routing
from bot.models import AuthorKind, Conversation, Presence, Status
from bot.store import conversations, handoffs, happenings, ownership
from bot.store.conversations import utc
from bot.store.situation import present
from bot.store.tables import agent, conversation, customer, handoff, happening, message

SILENT, SAID, GONE = "silent", "said", "gone"
"""Why an agent let an offer pass: no word in time, said so, or left. The first and the last also end ownership."""

# A conversation that goes back to the queue for want of an answer is ahead of its like.
_REASSIGNED_POINTS = 30


def make(tx: Connection, offer: Offer, moment: datetime, rules: Routing) -> bool:
    """Offer a handoff to an agent; False if it waits no more, or is on offer to somebody."""
    values: dict[str, Any] = {
        "offered_to": offer.agent_id,
        "offered_until": moment + timedelta(seconds=rules.accept_seconds),
        # Who was wanted is gone or has let it pass: from now on it may be anybody's.
        "wanted_agent_id": sa.case(
            (handoff.c.wanted_agent_id == offer.agent_id, handoff.c.wanted_agent_id), else_=None
        ),
    }
    if offer.again:
        values["passed_by"] = "[]"
    result = tx.execute(
        sa.update(handoff)
        .where(
            handoff.c.id == offer.handoff_id,
            handoff.c.taken_at.is_(None),
            handoff.c.ended_at.is_(None),
            handoff.c.offered_to.is_(None),
        )
        .values(**values)
    )
    if result.rowcount != 1:
        return False
    _note(tx, offer.handoff_id, "offered", happenings.SERVER, {"to": offer.agent_id})
    return True


def pass_on(
    tx: Connection, handoff_id: str, agent_id: str, why: str, moment: datetime, rules: Routing
) -> bool:
    """End the offer of a handoff to an agent, who is not asked again in this round; False if there is none."""
    row = tx.execute(
        sa.select(handoff.c.passed_by)
        .where(handoff.c.id == handoff_id, handoff.c.offered_to == agent_id)
        .with_for_update()
    ).first()
    if row is None:
        return False
    passed = dict.fromkeys([*json.loads(row.passed_by), agent_id])
    tx.execute(
        sa.update(handoff)
        .where(handoff.c.id == handoff_id)
        .values(
            offered_to=None,
            offered_until=moment + timedelta(seconds=rules.accept_seconds),
            passed_by=json.dumps(list(passed)),
        )
    )
    _note(tx, handoff_id, "passed", agent_id, {"why": why})
    return True


def lapsing(tx: Connection, moment: datetime, rules: Routing) -> list[tuple[str, str, str]]:
    """Offers whose time is over or whose agent is not there any more: (handoff, agent, why) of each."""
    rows = tx.execute(
        sa.select(
            handoff.c.id, handoff.c.offered_to, handoff.c.offered_until, agent.c.presence, agent.c.present_at
        )
        .select_from(handoff.join(agent, agent.c.id == handoff.c.offered_to))
        .where(handoff.c.ended_at.is_(None), handoff.c.taken_at.is_(None))
    )
    there = [(row, present(row.presence, row.present_at, moment, rules)) for row in rows]
    return [
        (row.id, row.offered_to, SILENT if here else GONE)
        for row, here in there
        if not here or utc(row.offered_until) <= moment
    ]


def send_away(tx: Connection, agent_id: str, rules: Routing) -> bool:
    """Make an agent away who has let the last offers pass without a word; whether they were."""
    rows = tx.execute(
        sa.select(happening.c.kind, happening.c.detail)
        .where(happening.c.actor == agent_id, happening.c.kind.in_(["passed", "taken"]))
        .order_by(happening.c.id.desc())
        .limit(rules.away_after)
    )
    silent = [row.kind == "passed" and json.loads(row.detail).get("why") == SILENT for row in rows]
    if len(silent) < rules.away_after or not all(silent):
        return False
    result = tx.execute(
        sa.update(agent)
        .where(agent.c.id == agent_id, agent.c.presence == Presence.ONLINE.value)
        .values(presence=Presence.AWAY.value)
    )
    return bool(result.rowcount == 1)


def unanswered(tx: Connection, moment: datetime, rules: Routing) -> list[tuple[Conversation, str]]:
    """Conversations of agents in which a customer has waited too long for an answer, and why: GONE or SILENT.

    An agent who is there has longer than one who is gone. Snoozed conversations are waited with on purpose.
    """
    found = []
    for row in list(tx.execute(_waiting_for_an_answer())):
        if row.since is None or row.blocked_at is not None:
            continue
        since = max(utc(row.since), utc(row.taken_at))
        gone = row.disabled_at is not None or _gone(row.present_at, moment, rules)
        patience = (
            timedelta(seconds=rules.reassign_gone_seconds)
            if gone
            else timedelta(minutes=rules.reassign_silent_minutes)
        )
        if moment - since >= patience:
            found.append((conversations.find(tx, row.conversation_id), GONE if gone else SILENT))
    return found


def reassign(tx: Connection, seen: Conversation, why: str) -> Conversation:
    """Take a conversation from its agent and let it wait for another, ahead of its like. StaleOwner if too late."""
    former = handoffs.current(tx, seen.id)
    assert former is not None, "an agent's conversation has an open handoff"
    again = ownership.wish_again(former, actor=str(seen.owner))
    wish = replace(
        again, priority=again.priority + _REASSIGNED_POINTS, detail={**again.detail, "reassigned": why}
    )
    queued, opened = ownership.queue(tx, seen, wish, team_id=former.team_id)
    tx.execute(sa.update(handoff).where(handoff.c.id == opened.id).values(passed_by=json.dumps([seen.owner])))
    return queued


def snoozed(tx: Connection) -> list[tuple[str, datetime]]:
    """Conversations at the desk that are snoozed, and until when."""
    rows = tx.execute(
        sa.select(conversation.c.id, conversation.c.snoozed_until)
        .select_from(handoff.join(conversation, conversation.c.id == handoff.c.conversation_id))
        .where(handoff.c.ended_at.is_(None), conversation.c.snoozed_until.isnot(None))
    )
    return [(row.id, utc(row.snoozed_until)) for row in rows]


def wake(tx: Connection, conversation_id: str, moment: datetime) -> Conversation | None:
    """Bring a conversation back whose snooze is over; None if it was, or has been put off again."""
    result = tx.execute(
        sa.update(conversation)
        .where(conversation.c.id == conversation_id, conversation.c.snoozed_until <= moment)
        .values(snoozed_until=None)
    )
    if result.rowcount != 1:
        return None
    current = conversations.find(tx, conversation_id)
    happenings.note_down(tx, current, "woken", happenings.SERVER)
    return current


def _waiting_for_an_answer() -> Any:
    """Per open passage at an agent: since when something of the customer's stands there unanswered."""
    answered = (
        sa.select(sa.func.max(message.c.seq))
        .where(
            message.c.conversation_id == handoff.c.conversation_id,
            message.c.author_kind == AuthorKind.AGENT.value,
        )
        .correlate(handoff)
        .scalar_subquery()
    )
    since = (
        sa.select(sa.func.min(message.c.sent_at))
        .where(
            message.c.conversation_id == handoff.c.conversation_id,
            message.c.author_kind == AuthorKind.CUSTOMER.value,
            message.c.seq > sa.func.coalesce(answered, 0),
            message.c.seq >= handoff.c.seq,
        )
        .correlate(handoff)
        .scalar_subquery()
    )
    return (
        sa.select(
            handoff.c.conversation_id,
            handoff.c.taken_at,
            agent.c.present_at,
            agent.c.disabled_at,
            customer.c.blocked_at,
            since.label("since"),
        )
        .select_from(
            handoff.join(conversation, conversation.c.id == handoff.c.conversation_id)
            .join(agent, agent.c.id == conversation.c.owner)
            .join(customer, customer.c.id == conversation.c.customer_id)
        )
        .where(
            handoff.c.ended_at.is_(None),
            conversation.c.status == Status.HUMAN.value,
            conversation.c.snoozed_until.is_(None),
        )
    )


def _gone(present_at: datetime | None, moment: datetime, rules: Routing) -> bool:
    return present_at is None or moment - utc(present_at) >= timedelta(seconds=rules.reassign_gone_seconds)


def _note(tx: Connection, handoff_id: str, kind: str, actor: str, detail: dict[str, str]) -> None:
    found = handoffs.find(tx, handoff_id)
    current = conversations.find(tx, found.conversation_id)
    happenings.note_down(tx, current, kind, actor, {"handoff": handoff_id, **detail})
