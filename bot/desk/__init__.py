"""The desk: everything that people do to conversations. Each operation is one transaction, guarded by the epoch."""

from __future__ import annotations

from bot import text
from bot.broker import CHANGED, QUEUE, Broker, customer_topic, desk_topic
from bot.delivery import Deliveries
from bot.desk import rights
from bot.desk.replies import Replies, Sent
from bot.dialogue_protocol import Dialogue
from bot.errors import NotYours, StaleOwner, Unknown
from bot.handoff import wish
from bot.hub import Hub
from bot.models import (
    Agent,
    Conversation,
    HeldReply,
    Reason,
    Status,
    now,
)
from bot.store import (
    Connection,
    Store,
    agents,
    conversations,
    handoffs,
    ownership,
    replies,
)
from bot.writing import Writer

OUTCOMES = ("solved", "unsolved", "duplicate", "spam")
"""How people say that a conversation ended."""


class Desk:
    """What agents do. Raises StaleOwner (somebody was faster), NotYours (may not) or Unknown (no such thing).

    Agents pass on what waits, what the bot has and what they have; supervisors and admins also what others have.
    """

    def __init__(self, *, store: Store, broker: Broker, dialogue: Dialogue, hub: Hub) -> None:
        self._store = store
        self._broker = broker
        self._dialogue = dialogue
        self._deliveries: Deliveries = hub.deliveries
        self._writer: Writer = hub.writer
        self.replies = Replies(store=store, broker=broker, writer=hub.writer, deliveries=hub.deliveries)

    async def sweep(self) -> None:
        """Wake every lane of the desk in which something waits."""
        await self.replies.sweep()

    # Owning

    async def take(self, agent_id: str, conversation_id: str, *, epoch: int) -> Conversation:
        """Give a conversation to an agent; StaleOwner if it is not at this epoch any more."""
        return self._tell(await self._store.write(_take, agent_id, conversation_id, epoch))

    async def accept_offer(self, agent_id: str, handoff_id: str) -> Conversation:
        """Take what is offered to an agent; StaleOwner if the offer has gone to somebody else or is over."""
        return self._tell(await self._store.write(_accept_offer, agent_id, handoff_id))

    async def release(self, agent_id: str, conversation_id: str, *, note: str = "") -> Conversation:
        """Give a conversation back to the bot, with a note of what people did; the bot answers the next message."""
        return self._passed(await self._store.write(self._release, agent_id, conversation_id, note))

    async def close(
        self, agent_id: str, conversation_id: str, *, outcome: str | None = None, note: str = ""
    ) -> Conversation:
        """End a conversation and ask the customer how it was, if that is due. `outcome` is one of OUTCOMES or None."""
        if outcome is not None and outcome not in OUTCOMES:
            raise Unknown(f"outcome must be one of {', '.join(OUTCOMES)}")
        return self._passed(await self._store.write(self._close, agent_id, conversation_id, outcome, note))

    async def transfer(
        self,
        agent_id: str,
        conversation_id: str,
        *,
        to_agent: str | None = None,
        to_team: str | None = None,
        note: str = "",
    ) -> Conversation:
        """Let a conversation wait for one agent, for a team, or for anybody (neither)."""
        return self._passed(
            await self._store.write(self._transfer, agent_id, conversation_id, to_agent, to_team, note)
        )

    # Answering

    async def reply(
        self, agent_id: str, conversation_id: str, words: str, *, client_id: str, hold_seconds: float = 5.0
    ) -> HeldReply:
        """Send a reply, which goes out after some seconds. Takes the conversation if the bot or nobody has it.

        The same `client_id` again gives the same reply. TextEmpty, TextTooLong; NotYours if another agent has it.
        """
        words = text.checked(words)
        held, current = await self._store.write(
            _hold, agent_id, conversation_id, words, client_id, hold_seconds
        )
        self._tell(current)
        self.replies.lanes.wake(conversation_id)
        return held

    async def undo(self, agent_id: str, reply_id: str) -> None:
        """Take a held reply of one's own back; StaleOwner if it has gone out."""
        self._tell(await self._store.write(_undo, agent_id, reply_id))

    # In transactions

    def _release(
        self, tx: Connection, agent_id: str, conversation_id: str, note: str
    ) -> tuple[Conversation, list[Sent]]:
        agent, current = _touchable(tx, agent_id, conversation_id)
        current, sent = self.replies.flush(tx, current, agent.id)
        if current.status is Status.BOT:
            return current, sent
        return ownership.give_back(tx, current, actor=agent.id, note=note), sent

    def _close(
        self, tx: Connection, agent_id: str, conversation_id: str, outcome: str | None, note: str
    ) -> tuple[Conversation, list[Sent]]:
        agent, current = _touchable(tx, agent_id, conversation_id)
        current, sent = self.replies.flush(tx, current, agent.id)
        return ownership.close(tx, current, actor=agent.id, outcome=outcome, note=note), sent

    def _transfer(
        self,
        tx: Connection,
        agent_id: str,
        conversation_id: str,
        to_agent: str | None,
        to_team: str | None,
        note: str,
    ) -> tuple[Conversation, list[Sent]]:
        agent, current = _touchable(tx, agent_id, conversation_id)
        if to_agent is not None:
            rights.check_answering(agents.find(tx, to_agent))
        if to_team is not None and not agents.has_team(tx, to_team):
            raise Unknown("there is no such team")
        current, sent = self.replies.flush(tx, current, agent.id)
        former = handoffs.current(tx, current.id)
        passed_on = (
            wish(Reason.ASKED, {"from": agent.id})
            if former is None
            else ownership.wish_again(former, actor=agent.id)
        )
        queued, _ = ownership.queue(
            tx, current, passed_on, actor=agent.id, team_id=to_team, wanted_agent_id=to_agent, note=note
        )
        return queued, sent

    # After the transaction

    def _passed(self, result: tuple[Conversation, list[Sent]]) -> Conversation:
        current, sent = result
        for done in sent:
            self.replies.tell(done)
        return self._tell(current)

    def _tell(self, current: Conversation) -> Conversation:
        self._broker.publish(customer_topic(current.customer_id), CHANGED)
        self._broker.publish(desk_topic(), QUEUE)
        return current


def _open(tx: Connection, conversation_id: str) -> Conversation:
    current = conversations.find_or_none(tx, conversation_id)
    if current is None:
        raise Unknown("there is no such conversation")
    if current.status is Status.CLOSED:
        raise StaleOwner("this conversation is closed")
    return current


def _touchable(tx: Connection, agent_id: str, conversation_id: str) -> tuple[Agent, Conversation]:
    agent, current = agents.find(tx, agent_id), _open(tx, conversation_id)
    rights.check_touch(agent, current)
    return agent, current


def _take(tx: Connection, agent_id: str, conversation_id: str, epoch: int) -> Conversation:
    agent, current = agents.find(tx, agent_id), _open(tx, conversation_id)
    rights.check_take(agent, current, handoffs.current(tx, current.id))
    if current.epoch != epoch:
        raise StaleOwner("this conversation has another owner by now")
    if current.owner == agent.id:
        return current
    return ownership.take(tx, current, agent.id)


def _accept_offer(tx: Connection, agent_id: str, handoff_id: str) -> Conversation:
    agent, offered = agents.find(tx, agent_id), handoffs.find(tx, handoff_id)
    current = conversations.find(tx, offered.conversation_id)
    if offered.taken_by == agent.id and current.owner == agent.id:
        return current
    over = offered.offered_until is None or offered.offered_until <= now()
    if offered.offered_to != agent.id or over or current.status is not Status.QUEUED:
        raise StaleOwner("this is not on offer to you any more")
    rights.check_take(agent, current, offered)
    return ownership.take(tx, current, agent.id)


def _hold(
    tx: Connection, agent_id: str, conversation_id: str, words: str, client_id: str, seconds: float
) -> tuple[HeldReply, Conversation]:
    agent, current = agents.find(tx, agent_id), _open(tx, conversation_id)
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


def _undo(tx: Connection, agent_id: str, reply_id: str) -> Conversation:
    held = replies.find(tx, reply_id)
    if held.agent_id != agent_id:
        raise NotYours("another agent has written this reply")
    if held.status != replies.UNDONE:
        replies.settle(tx, held, replies.UNDONE)
    return conversations.find(tx, held.conversation_id)
