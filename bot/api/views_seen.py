"""Who has looked at which conversation, for the audit log: once in a while, not for every news of it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from bot.models import Agent
from bot.store import Store, audit

_AGAIN_SECONDS = 900.0
_REMEMBERED = 20_000


class ViewsSeen:
    """Writes a row when an agent looks at a conversation, and again when they still do after a quarter of an hour."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._noted: OrderedDict[tuple[str, str], float] = OrderedDict()

    async def note(self, agent: Agent, conversation_id: str) -> None:
        """Write it down if it is due; nobody sees a conversation unless this has gone well. StoreUnavailable."""
        key, moment = (agent.id, conversation_id), self._clock()
        if moment < self._noted.get(key, moment - 1):
            return
        await self._store.write(
            audit.write, actor=agent.id, action="conversation_viewed", subject=conversation_id
        )
        self._noted[key] = moment + _AGAIN_SECONDS
        self._noted.move_to_end(key)
        if len(self._noted) > _REMEMBERED:
            self._noted.popitem(last=False)
