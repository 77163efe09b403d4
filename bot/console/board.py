"""The lists of the desk for many agents at once: who asks in the same moment shares one reading of the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bot.desk.routing import Routing
from bot.models import Agent
from bot.store import Connection, Store, desk, rules
from bot.store.shown import Lists

Read = Callable[[list[Agent]], Awaitable[Mapping[str, Lists]]]
"""Reads the lists of some agents, by their ids."""


class Board:
    """Gives each agent lists that were read after they asked.

    One change lets all consoles ask at once. A reading for all of them costs hardly more than one for one, so those
    who come while a reading is under way wait together for the next.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._asking: dict[str, tuple[Agent, asyncio.Future[Lists]]] = {}
        self._reader: asyncio.Task[None] | None = None

    async def lists(self, who: Agent) -> Lists:
        """All lists as this agent sees them. StoreUnavailable."""
        asked = self._asking.get(who.id)
        if asked is None:
            asked = who, asyncio.get_running_loop().create_future()
            self._asking[who.id] = asked
            if self._reader is None:
                self._reader = asyncio.create_task(self._work(), name="desk lists")
        # Who goes away must not take the answer from others who wait for the same.
        return await asyncio.shield(asked[1])

    async def close(self) -> None:
        """Stop reading; who still waits is not answered any more."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        for _, future in self._asking.values():
            future.cancel()

    async def _work(self) -> None:
        try:
            while self._asking:
                round_, self._asking = self._asking, {}
                await self._answer(round_)
        finally:
            self._reader = None

    async def _answer(self, asking: dict[str, tuple[Agent, asyncio.Future[Lists]]]) -> None:
        try:
            found = await self._read([who for who, _ in asking.values()])
        except Exception as error:  # whatever it was, it belongs to those who asked
            for _, future in asking.values():
                future.set_exception(error)
                # Who has gone away does not look at it.
                future.exception()
            return
        for who, future in asking.values():
            future.set_result(found[who.id])


def open_board(store: Store) -> Board:
    """The board over a store."""

    async def read(people: list[Agent]) -> Mapping[str, Lists]:
        return await store.read(_lists, people)

    return Board(read)


def _lists(tx: Connection, people: list[Agent]) -> dict[str, Lists]:
    return desk.lists(tx, people, rules.read(tx, "routing", Routing))
