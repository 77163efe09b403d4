"""The desk: everything that people do to conversations. Each operation is one transaction, guarded by the epoch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import dialogue_state, text
from bot.asking.asker import Asker
from bot.broker import CHANGED, QUEUE, Broker, agent_topic, customer_topic, desk_topic
from bot.delivery import Deliveries
from bot.desk import operations, rights
from bot.desk.replies import Replies, Sent
from bot.dialogue_protocol import Dialogue
from bot.errors import Unfit, Unknown
from bot.handoff import wish
from bot.hub import Hub
from bot.models import (
    Address,
    Conversation,
    Happening,
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
    ratings,
    talks,
)

OUTCOMES = ("solved", "unsolved", "duplicate", "spam")
"""How people say that a conversation ended."""


@dataclass(frozen=True)
class Passed:
    """A conversation after an operation, the replies that went out before it, and where a question was asked."""

    conversation: Conversation
    sent: list[Sent]
    asked: Address | None = None


class Desk:
    """What agents do. Raises StaleOwner (somebody was faster), NotYours (may not) or Unknown (no such thing).

    Agents pass on what waits, what the bot has and what they have; supervisors and admins also what others have.
    """

    def __init__(self, *, store: Store, broker: Broker, dialogue: Dialogue, hub: Hub) -> None:
        self._store = store
        self._broker = broker
        self._deliveries: Deliveries = hub.deliveries
        self._asker = Asker(dialogue=dialogue, writer=hub.writer)
        self.replies = Replies(store=store, broker=broker, writer=hub.writer, deliveries=hub.deliveries)

    async def sweep(self) -> None:
        """Wake every lane of the desk in which something waits."""
        await self.replies.sweep()

    # Owning

    async def take(self, agent_id: str, conversation_id: str, *, epoch: int) -> Conversation:
        """Give a conversation to an agent; StaleOwner if it is not at this epoch any more."""
        return self._tell(await self._store.write(operations.take, agent_id, conversation_id, epoch))

    async def accept_offer(self, agent_id: str, handoff_id: str) -> Conversation:
        """Take what is offered to an agent; StaleOwner if the offer has gone to somebody else or is over."""
        return self._tell(await self._store.write(operations.accept_offer, agent_id, handoff_id))

    async def release(self, agent_id: str, conversation_id: str, *, note: str = "") -> Conversation:
        """Give a conversation back to the bot, with a note of what people did; the bot answers the next message."""
        return self._passed(await self._store.write(self._release, agent_id, conversation_id, note))

    async def close(
        self, agent_id: str, conversation_id: str, *, outcome: str | None = None, note: str = ""
    ) -> Conversation:
        """End a conversation and ask the customer how it was, if that is due. `outcome` is one of OUTCOMES or None."""
        if outcome is not None and outcome not in OUTCOMES:
            raise Unfit(f"outcome must be one of {', '.join(OUTCOMES)}")
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
            operations.hold, agent_id, conversation_id, words, client_id, hold_seconds
        )
        self._tell(current)
        self.replies.lanes.wake(conversation_id)
        return held

    async def undo(self, agent_id: str, reply_id: str) -> None:
        """Take a held reply of one's own back; StaleOwner if it has gone out."""
        self._tell(await self._store.write(operations.undo, agent_id, reply_id))

    async def resend(self, agent_id: str, message_id: str) -> None:
        """Deliver a message once more that could not be delivered; StaleOwner if it does not stand so."""
        customer_id, address_id = await self._store.write(operations.resend, agent_id, message_id)
        self._deliveries.wake(address_id)
        self._broker.publish(customer_topic(customer_id), CHANGED)

    # Beside the conversation

    async def note(
        self, agent_id: str, conversation_id: str, words: str, mentions: Sequence[str] = ()
    ) -> Happening:
        """Write a note that only people see; who is mentioned hears of it. TextEmpty, TextTooLong."""
        words = text.checked(words)
        noted, current = await self._store.write(
            operations.note, agent_id, conversation_id, words, tuple(mentions)
        )
        for mentioned in noted.detail["mentions"]:
            self._broker.publish(agent_topic(mentioned), f"mention/{current.id}/{agent_id}")
        self._tell(current)
        return noted

    async def snooze(self, agent_id: str, conversation_id: str, until: datetime | None) -> Conversation:
        """Put an agent's conversation off until then, or until the customer writes; None shows it again."""
        if until is not None and until <= now():
            raise Unfit("until must lie ahead")
        return self._tell(await self._store.write(operations.snooze, agent_id, conversation_id, until))

    async def wake(self, conversation_id: str) -> Conversation:
        """Show a conversation again that was put off, because its time has come."""
        return self._tell(await self._store.write(operations.wake, conversation_id))

    async def block(self, agent_id: str, customer_id: str, blocked: bool) -> None:
        """Hear a customer no more, or again. What they write while blocked is kept and not answered."""
        self._tell(await self._store.write(operations.block, agent_id, customer_id, blocked))

    async def rate(self, conversation_id: str, value: int, comment: str = "") -> Conversation:
        """Note what a customer (1 to 5) thinks of a conversation; later ones replace it."""
        if not 1 <= value <= 5:
            raise Unfit("a rating is from 1 to 5")
        return self._tell(await self._store.write(ratings.rate, conversation_id, value, text.clean(comment)))

    # In transactions

    def _release(self, tx: Connection, agent_id: str, conversation_id: str, note: str) -> Passed:
        agent, current = operations.touchable(tx, agent_id, conversation_id)
        current, sent = self.replies.flush(tx, current, agent.id)
        if current.status is Status.BOT:
            return Passed(current, sent)
        changed = dialogue_state.with_note(current.dialogue, note)
        conversations.append(tx, current, [], address_id=None, changes={"dialogue": json.dumps(changed)})
        return Passed(ownership.give_back(tx, current, actor=agent.id, note=note), sent)

    def _close(
        self, tx: Connection, agent_id: str, conversation_id: str, outcome: str | None, note: str
    ) -> Passed:
        customer_id = talks.customer_of(tx, conversation_id)
        if customer_id is None:
            raise Unknown("there is no such conversation")
        # First the customer, then the conversation: in the order in which messages are accepted.
        held = talks.hold(tx, customer_id)
        agent, current = operations.touchable(tx, agent_id, conversation_id)
        current, sent = self.replies.flush(tx, current, agent.id)
        current, asked = self._asker.end_talk(tx, current, held, moment=now(), outcome=outcome)
        closed = ownership.close(tx, current, actor=agent.id, outcome=outcome, note=note)
        return Passed(closed, sent, asked)

    def _transfer(
        self,
        tx: Connection,
        agent_id: str,
        conversation_id: str,
        to_agent: str | None,
        to_team: str | None,
        note: str,
    ) -> Passed:
        agent, current = operations.touchable(tx, agent_id, conversation_id)
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
        return Passed(queued, sent)

    # After the transaction

    def _passed(self, passed: Passed) -> Conversation:
        for done in passed.sent:
            self.replies.tell(done)
        if passed.asked is not None:
            self._deliveries.wake(passed.asked.id)
        return self._tell(passed.conversation)

    def _tell(self, current: Conversation) -> Conversation:
        self._broker.publish(customer_topic(current.customer_id), CHANGED)
        self._broker.publish(desk_topic(), QUEUE)
        return current
