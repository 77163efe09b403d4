"""A hub with a platform double over a real store, for tests of what goes through it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.broker.memory import MemoryBroker
from bot.desk import Desk
from bot.hub import Hub
from bot.metrics import Metrics
from bot.models import Accepted, Address, Conversation, Inbound, Message, RawUpdate, new_id, now
from bot.settings import Settings
from bot.store import Store, addresses, conversations, open_store
from bot.store.tables import agent
from tests.doubles import EchoDialogue, PlatformChannel


@dataclass
class Bench:
    """A hub with a pushing channel over a real store."""

    hub: Hub
    store: Store
    dialogue: EchoDialogue
    platform: PlatformChannel
    desk: Desk

    async def say(self, text: str, *, sender: str = "anna", event: str | None = None) -> Accepted:
        return await self.hub.accept(
            Inbound(channel="platform", account="x", event_id=event or new_id(), sender=sender, text=text)
        )

    async def keep(self, *updates: dict[str, Any] | str) -> int:
        """Deliver raw updates as the platform does, each under its event_id (a text is its own id)."""
        raw = [
            RawUpdate(update, update)
            if isinstance(update, str)
            else RawUpdate(update["event_id"], json.dumps(update))
            for update in updates
        ]
        return await self.hub.updates.keep("platform", "x", raw)

    async def settle(self) -> None:
        await self.desk.replies.lanes.idle()
        await self.hub.settle()

    async def hire(self, name: str, role: str = "agent") -> str:
        """Let there be an agent with this name; the id."""
        row = {"id": name, "email": f"{name}@example.com", "name": name.title(), "role": role}
        await self.store.write(lambda tx: tx.execute(sa.insert(agent).values(created_at=now(), **row)))
        return name

    async def conversation(self, accepted: Accepted) -> Conversation:
        return await self.store.read(conversations.find, accepted.conversation_id)

    async def conversation_of(self, seen: Conversation) -> Conversation:
        """A conversation as it is now."""
        return await self.store.read(conversations.find, seen.id)

    async def press(self, button_id: str, *, sender: str = "anna") -> None:
        """The customer presses a button, and its turn is worked."""
        await self.hub.accept(Inbound("platform", "x", new_id(), sender, button_id=button_id))
        await self.settle()

    async def history(self, sender: str = "anna") -> list[Message]:
        return await self.store.read(
            conversations.messages_after, (await self.address(sender)).customer_id, 0
        )

    async def address(self, sender: str = "anna") -> Address:
        found = await self.store.read(addresses.find, "platform", "x", sender)
        assert found is not None
        return found


@asynccontextmanager
async def opened(
    settings: Settings, *, working: bool = True, platform: PlatformChannel | None = None
) -> AsyncIterator[Bench]:
    store = await open_store(settings.database)
    dialogue, platform, broker = EchoDialogue(), platform or PlatformChannel(), MemoryBroker()
    hub = Hub(
        store=store,
        broker=broker,
        dialogue=dialogue,
        channels={"platform": platform},
        settings=settings,
        metrics=Metrics(),
    )
    desk = Desk(store=store, broker=broker, dialogue=dialogue, hub=hub)
    if working:
        desk.replies.lanes.open()
        hub.updates.lanes.open()
        hub.attachments.lanes.open()
        hub.lanes.open()
        hub.deliveries.lanes.open()
    try:
        yield Bench(hub, store, dialogue, platform, desk)
    finally:
        await desk.replies.lanes.close(grace=1)
        await hub.updates.lanes.close(grace=1)
        await hub.attachments.lanes.close(grace=1)
        await hub.lanes.close(grace=1)
        await hub.deliveries.lanes.close(grace=1)
        await store.close()
