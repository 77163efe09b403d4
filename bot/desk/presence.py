"""Which agents have a console open: what makes them there, and what keeps their conversations theirs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
import structlog

from bot.broker import PRESENCE, Broker, desk_topic
from bot.errors import StoreUnavailable
from bot.models import now
from bot.store import Connection, Store
from bot.store.tables import agent

log = structlog.get_logger(__name__)

BEAT_SECONDS = 15.0
"""How often an open console is noted; Routing.gone_seconds is above it."""


class Presence:
    """The open consoles of this process. `console` holds one open; `run` keeps the store informed of all."""

    def __init__(self, *, store: Store, broker: Broker) -> None:
        self._store = store
        self._broker = broker
        self._open: Counter[str] = Counter()

    @asynccontextmanager
    async def console(self, agent_id: str) -> AsyncIterator[None]:
        """While the block runs, the agent has a console open. StoreUnavailable if that could not be noted."""
        self._open[agent_id] += 1
        try:
            await self.beat()
            self._broker.publish(desk_topic(), PRESENCE)
            yield
        finally:
            self._open[agent_id] -= 1
            if not self._open[agent_id]:
                del self._open[agent_id]
                self._broker.publish(desk_topic(), PRESENCE)

    async def beat(self) -> None:
        """Note that the agents with an open console are there. StoreUnavailable."""
        if self._open:
            await self._store.write(seen, list(self._open))

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.beat()
            except StoreUnavailable as error:
                log.warning("presence.not_noted", error=str(error))


def seen(tx: Connection, agent_ids: list[str]) -> None:
    """Note that a console of these agents is open at this moment."""
    tx.execute(sa.update(agent).where(agent.c.id.in_(agent_ids)).values(present_at=now()))
