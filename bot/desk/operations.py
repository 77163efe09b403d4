"""What agents do to conversations, as functions over a transaction; `Desk` runs them and tells the consoles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.desk import rights
from bot.errors import NotYours, StaleOwner, Unknown
from bot.models import Agent, Conversation, Happening, HeldReply, Status, now
from bot.store import (
    Connection,
    agents,
    conversations,
    customers,
    handoffs,
    happenings,
    outbox,
    ownership,
    replies,
)


def open_one(tx: Connection, conversation_id: str) -> Conversation:
    """An open conversation; Unknown if there is none, StaleOwner if it is closed."""
    current = conversations.find_or_none(tx, conversation_id)
    if current is None:
        raise Unknown("there is no such conversation")
    if current.status is Status.CLOSED:
        raise StaleOwner("this conversation is closed")
    return current


def touchable(tx: Connection, agent_id: str, conversation_id: str) -> tuple[Agent, Conversation]:
    """An agent and an open conversation that the agent may pass on. Unknown, StaleOwner, NotYours."""
    agent, current = agents.find(tx, agent_id), open_one(tx, conversation_id)
    rights.check_touch(agent, current)
    return agent, current


def take(tx: Connection, agent_id: str, conversation_id: str, epoch: int) -> Conversation:
    """Give a conversation of this epoch to an agent; again changes nothing."""
    agent, current = agents.find(tx, agent_id), open_one(tx, conversation_id)
    rights.check_take(agent, current, handoffs.current(tx, current.id))
    if current.epoch != epoch:
        raise StaleOwner("this conversation has another owner by now")
    if current.owner == agent.id:
        return current
    return ownership.take(tx, current, agent.id)


def accept_offer(tx: Connection, agent_id: str, handoff_id: str) -> Conversation:
    """Give an agent what is on offer to them; again changes nothing."""
    agent, offered = agents.find(tx, agent_id), handoffs.find(tx, handoff_id)
    current = conversations.find(tx, offered.conversation_id)
    if offered.taken_by == agent.id and current.owner == agent.id:
        return current
    over = offered.offered_until is None or offered.offered_until <= now()
    if offered.offered_to != agent.id or over or current.status is not Status.QUEUED:
        raise StaleOwner("this is not on offer to you any more")
    rights.check_take(agent, current, offered)
    return ownership.take(tx, current, agent.id)


def hold(
    tx: Connection, agent_id: str, conversation_id: str, words: str, client_id: str, seconds: float
) -> tuple[HeldReply, Conversation]:
    """Keep an agent's reply and take the conversation if the bot or nobody has it; the same again is the same reply."""
    agent, current = agents.find(tx, agent_id), open_one(tx, conversation_id)
    known = replies.of_client(tx, agent.id, client_id)
    if known is not None:
        return known, current
    if current.status is Status.HUMAN and current.owner != agent.id:
        # Supervisors too: two people must not speak to one customer without knowing it.
        raise NotYours("another agent has this conversation")
    rights.check_take(agent, current, handoffs.current(tx, current.id))
    if current.owner != agent.id:
        current = ownership.take(tx, current, agent.id)
    current = conversations.locked(tx, current.id, epoch=current.epoch)
    return replies.hold(tx, current, agent.id, words, client_id=client_id, seconds=seconds), current


def undo(tx: Connection, agent_id: str, reply_id: str) -> Conversation:
    """Take a held reply back; again changes nothing."""
    held = replies.find(tx, reply_id)
    if held.agent_id != agent_id:
        raise NotYours("another agent has written this reply")
    if held.status != replies.UNDONE:
        replies.settle(tx, held, replies.UNDONE)
    return conversations.find(tx, held.conversation_id)


def resend(tx: Connection, agent_id: str, message_id: str) -> tuple[str, str]:
    """Let a delivery that was given up begin anew; the ids of the customer and of the address."""
    agent, address_id = agents.find(tx, agent_id), outbox.address_of(tx, message_id)
    current = conversations.of_message(tx, message_id)
    if current is None or address_id is None:
        raise Unknown("there is no such message")
    rights.check_touch(agent, current)
    outbox.again(tx, message_id)
    return current.customer_id, address_id


def note(
    tx: Connection, agent_id: str, conversation_id: str, words: str, mentions: Sequence[str]
) -> tuple[Happening, Conversation]:
    """Write a note that only people see."""
    rights.check_answering(agents.find(tx, agent_id))
    current = conversations.find_or_none(tx, conversation_id)
    if current is None:
        raise Unknown("there is no such conversation")
    for mentioned in mentions:
        agents.find(tx, mentioned)
    detail = {"text": words, "mentions": list(dict.fromkeys(mentions))}
    noted = happenings.note_down(tx, current, "note", agent_id, detail)
    happenings.add_mentions(tx, noted, mentions)
    return happenings.find(tx, noted), current


def snooze(tx: Connection, agent_id: str, conversation_id: str, until: datetime | None) -> Conversation:
    """Put an agent's conversation off, or show it again (None)."""
    agent, current = touchable(tx, agent_id, conversation_id)
    if until is None:
        ownership.wake(tx, current, actor=agent.id)
    elif current.status is Status.HUMAN:
        ownership.snooze(tx, current, until, actor=agent.id)
    else:
        raise NotYours("only a conversation that an agent has can be put off")
    return current


def wake(tx: Connection, conversation_id: str) -> Conversation:
    """Show a conversation again because its time has come."""
    current = open_one(tx, conversation_id)
    ownership.wake(tx, current, actor=happenings.SERVER)
    return current


def block(tx: Connection, agent_id: str, customer_id: str, blocked: bool) -> Conversation:
    """Hear a customer no more, or again; the customer's latest conversation. Nobody has one who is not heard."""
    agent = agents.find(tx, agent_id)
    rights.check_answering(agent)
    was = customers.is_blocked(tx, customer_id)
    current = conversations.latest(tx, customer_id)
    if current is None:
        raise Unknown("there is no such customer")
    rights.check_touch(agent, current)
    if was == blocked:
        return current
    customers.block(tx, customer_id, blocked)
    happenings.note_down(tx, current, "blocked" if blocked else "unblocked", agent.id)
    if blocked and current.status in (Status.QUEUED, Status.HUMAN):
        # Nobody is to wait in a queue, or to have somebody, whom people do not hear.
        current = ownership.give_back(tx, current, actor=agent.id)
    return current
