"""Who owns a conversation: each passage is one step that raises the epoch, with its handoff and its happening.

A conversation is queued exactly as long as it has an open handoff that nobody has taken, and an agent's exactly as
long as that agent has taken the open one. Every function is guarded by the epoch of the conversation it was given:
StaleOwner, with nothing changed, if somebody was faster.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot import handoff
from bot.errors import StaleOwner
from bot.handoff import Wish
from bot.models import Conversation, Handoff, Reason, Status
from bot.store import conversations, handoffs, happenings, inbox, outbox
from bot.store.tables import conversation


def queue(
    tx: Connection,
    seen: Conversation,
    wish: Wish,
    *,
    actor: str = happenings.SERVER,
    team_id: str | None = None,
    wanted_agent_id: str | None = None,
    note: str = "",
) -> tuple[Conversation, Handoff]:
    """Let a conversation wait for a person; one that an agent had or that waited already is transferred."""
    queued = conversations.change_owner(tx, seen, status=Status.QUEUED, owner=None)
    former = handoffs.end(tx, seen.id, handoffs.TRANSFERRED, note=note)
    opened = handoffs.open_one(tx, queued, wish, team_id=team_id, wanted_agent_id=wanted_agent_id)
    told = {"handoff": opened.id, "reason": wish.reason.value}
    if former is not None:
        told |= {"note": note, "to_agent": wanted_agent_id or "", "to_team": team_id or ""}
    happenings.note_down(tx, queued, "transferred" if former else "queued", actor, told)
    return queued, opened


def take(tx: Connection, seen: Conversation, agent_id: str) -> Conversation:
    """Give a conversation to an agent. From here on nothing of the bot is written into it, or sent."""
    taken = conversations.change_owner(tx, seen, status=Status.HUMAN, owner=agent_id)
    outbox.withdraw(tx, seen.id)
    waits = handoffs.current(tx, seen.id)
    if waits is not None and waits.taken_at is not None:
        handoffs.end(tx, seen.id, handoffs.TRANSFERRED)
        waits = None
    if waits is None:
        waits = handoffs.open_one(tx, taken, handoff.wish(Reason.TAKEN, {"from": seen.owner or "bot"}))
    handoffs.take(tx, waits.id, agent_id)
    happenings.note_down(
        tx, taken, "taken", agent_id, {"handoff": waits.id, "from": seen.owner or seen.status.value}
    )
    return taken


def give_back(
    tx: Connection, seen: Conversation, *, actor: str, note: str = "", how: str = handoffs.RETURNED
) -> Conversation:
    """Give a conversation back to the bot, which answers the next message. `how`: returned or taken_back."""
    given = conversations.change_owner(tx, seen, status=Status.BOT, owner=None)
    ended = handoffs.end(tx, seen.id, how, note=note)
    told = {"handoff": ended.id if ended else "", **({"note": note} if note else {})}
    happenings.note_down(tx, given, how, actor, told)
    return given


def close(
    tx: Connection, seen: Conversation, *, actor: str, outcome: str | None = None, note: str = ""
) -> Conversation:
    """End a conversation; the customer's next message opens a new one.

    StaleOwner also if a message has come that nobody has looked at yet.
    """
    closed = conversations.change_owner(tx, seen, status=Status.CLOSED, owner=None)
    if inbox.waits(tx, seen.id):
        raise StaleOwner(f"conversation {seen.id} has a message that waits for its turn")
    tx.execute(sa.update(conversation).where(conversation.c.id == seen.id).values(outcome=outcome))
    handoffs.end(tx, seen.id, handoffs.CLOSED, note=note)
    happenings.note_down(
        tx, closed, "closed", actor, {"outcome": outcome or "", **({"note": note} if note else {})}
    )
    return closed


def snooze(tx: Connection, current: Conversation, until: datetime, *, actor: str) -> None:
    """Hide an agent's conversation from the desk until then, or until the customer writes."""
    tx.execute(
        sa.update(conversation)
        .where(conversation.c.id == current.id, conversation.c.epoch == current.epoch)
        .values(snoozed_until=until)
    )
    happenings.note_down(tx, current, "snoozed", actor, {"until": until.isoformat()})


def wake(tx: Connection, current: Conversation, *, actor: str) -> bool:
    """Show a conversation on the desk again that somebody had put off; whether it was."""
    result = tx.execute(
        sa.update(conversation)
        .where(conversation.c.id == current.id, conversation.c.snoozed_until.isnot(None))
        .values(snoozed_until=None)
    )
    if result.rowcount:
        happenings.note_down(tx, current, "woken", actor)
    return bool(result.rowcount)


def wish_again(former: Handoff, *, actor: str) -> Wish:
    """The wish of a handoff that goes on to somebody else: as urgent, for the same reason."""
    reason = Reason.ASKED if former.reason is Reason.TAKEN else former.reason
    fresh = handoff.wish(reason, {**former.detail, "from": actor}, anger=former.anger)
    return replace(fresh, priority=max(fresh.priority, former.priority))
