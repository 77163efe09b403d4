"""Replies of agents: held for some seconds, in which they can be undone, then written as messages, in order."""

from __future__ import annotations

import structlog

from bot.broker import CHANGED, QUEUE, Broker, agent_topic, customer_topic, desk_topic
from bot.delivery import Deliveries
from bot.lanes import Lanes
from bot.models import Address, Author, AuthorKind, Conversation, Draft, HeldReply, Status, now
from bot.store import Connection, Store, addresses, agents, conversations, replies
from bot.writing import Writer

log = structlog.get_logger(__name__)

_LANES = 64

Sent = tuple[HeldReply, Conversation, Address | None]
"""A reply that is held no more, its conversation, and where it was written to; None if it was refused."""


class Replies:
    """One lane for each conversation in which a reply is held."""

    def __init__(self, *, store: Store, broker: Broker, writer: Writer, deliveries: Deliveries) -> None:
        self._store = store
        self._broker = broker
        self._writer = writer
        self._deliveries = deliveries
        self.lanes = Lanes(self.drain, limit=_LANES)

    async def sweep(self) -> None:
        """Wake every conversation in which a reply is held."""
        for conversation_id in await self._store.read(replies.waiting_conversations):
            self.lanes.wake(conversation_id)

    async def drain(self, conversation_id: str) -> float | None:
        """Send what is due in a conversation; the seconds until the next is, None if none is held."""
        while True:
            done, rest = await self._store.write(self._next, conversation_id)
            if done is None:
                return rest
            self.tell(done)

    def tell(self, done: Sent) -> None:
        """Publish what has become of a reply; after its transaction."""
        held, current, address = done
        if address is None:
            log.info("reply.refused", reply=held.id, conversation=held.conversation_id)
            self._broker.publish(agent_topic(held.agent_id), f"refused/{held.id}")
        else:
            self._deliveries.wake(address.id)
            self._broker.publish(desk_topic(), QUEUE)
        self._broker.publish(customer_topic(current.customer_id), CHANGED)

    def flush(self, tx: Connection, current: Conversation, agent_id: str) -> tuple[Conversation, list[Sent]]:
        """Write what an agent still holds in a conversation of theirs, before they pass it on or close it."""
        done: list[Sent] = []
        for held in replies.waiting(tx, current.id):
            if held.agent_id == agent_id and held.epoch == current.epoch:
                current, address = self._write(tx, held, current)
                done.append((held, current, address))
        return current, done

    def _next(self, tx: Connection, conversation_id: str) -> tuple[Sent | None, float | None]:
        held = next(iter(replies.waiting(tx, conversation_id)), None)
        if held is None:
            return None, None
        rest = replies.rest(held, now())
        if rest > 0:
            return None, rest
        current = conversations.find(tx, conversation_id)
        if current.epoch != held.epoch or current.status is not Status.HUMAN:
            # It goes back to its writer, who does not own the conversation any more.
            replies.settle(tx, held, replies.REFUSED)
            return (held, current, None), None
        current, address = self._write(tx, held, current)
        return (held, current, address), None

    def _write(self, tx: Connection, held: HeldReply, current: Conversation) -> tuple[Conversation, Address]:
        current = conversations.locked(tx, current.id, epoch=held.epoch)
        address = addresses.latest(tx, current.id)
        written = self._writer.write(
            tx,
            current,
            Author(AuthorKind.AGENT, agents.find(tx, held.agent_id).name),
            [Draft(held.text)],
            address=address,
            place=conversations.latest_place(tx, current.id, address.id),
            agent_id=held.agent_id,
        )
        said = conversations.message_at(tx, current.id, written.last_seq)
        replies.settle(tx, held, replies.SENT, message_id=said.id)
        return written, address
