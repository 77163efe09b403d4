"""Agents who type, shown to the customers whose conversations they own: in the widget, and where platforms can."""

from __future__ import annotations

from collections.abc import Mapping

from bot.broker import Broker, customer_topic
from bot.broker.typing import typing_news
from bot.models import Address, Agent, Author, AuthorKind
from bot.store import Connection, Store, addresses, reading
from channels import Channel, ShowsTyping


class AgentTyping:
    """Tells customers that an agent types, and that they have stopped."""

    def __init__(self, store: Store, broker: Broker, channels: Mapping[str, Channel]) -> None:
        self._store = store
        self._broker = broker
        self._channels = channels

    async def begin(self, agent: Agent, conversation_id: str, customer_id: str) -> None:
        """Show it, if the conversation is this agent's: customers are not told of somebody who may never answer."""
        address = await self._store.read(_address_if_own, agent.id, conversation_id)
        if address is None:
            return
        self._broker.publish(customer_topic(customer_id), typing_news(_author(agent), True))
        channel = self._channels.get(address.channel)
        if isinstance(channel, ShowsTyping):
            channel.show_typing(address)

    def end(self, agent: Agent, customer_id: str) -> None:
        """Show it no more; harmless if it was not shown."""
        self._broker.publish(customer_topic(customer_id), typing_news(_author(agent), False))


def _address_if_own(tx: Connection, agent_id: str, conversation_id: str) -> Address | None:
    """Where the customer wrote last, if the conversation is this agent's."""
    own = reading.owner_of(tx, conversation_id) == agent_id
    return addresses.latest(tx, conversation_id) if own else None


def _author(agent: Agent) -> Author:
    return Author(AuthorKind.AGENT, agent.name)
