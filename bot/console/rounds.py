"""What consoles are told of the lists: one reading of the store for a change, for all consoles of this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from bot.api import ANSWERING
from bot.desk.routing import Routing
from bot.models import Agent
from bot.store import Connection, Store, desk, rules, sessions
from bot.store.shown import QUEUES, Item, Lists

# One step at the desk brings several pieces of news, and every console hears of each: so long they are gathered.
_BURST_SECONDS = 0.005
# On a busy desk, reading lists takes such a part of the time at most: with a long queue on a slow machine, consoles
# hear of changes later.
_SHARE = 0.25
_SHORTEST_GAP = 0.05
_LONGEST_GAP = 3.0


@dataclass(frozen=True)
class View:
    """The desk as one agent sees it, read later than the moment `began` of the running loop.

    `lists` is the frame that shows them, None if the console reads them by itself; `ends` has the number of the last
    message in each conversation of the agent; `offered` is what they are offered.
    """

    began: float
    lists: bytes | None = None
    ends: Mapping[str, int] = field(default_factory=dict)
    offered: Collection[Item] = ()


class Listener(Protocol):
    """A console that asks for views of the desk."""

    @property
    def session(self) -> str:
        """The digest of its session."""
        ...

    @property
    def wants_lists(self) -> bool: ...

    def hear(self, view: View | Exception | None) -> None:
        """Take a view, or why there is none; None if its session does not hold any more."""
        ...


Read = Callable[[Mapping[str, bool], float], Awaitable[Mapping[str, View]]]
"""Reads views for sessions, told which of them want the lists, and when reading began.

Whose session does not hold is left out.
"""


class Rounds:
    """Gives those who ask a view that was read after they asked.

    One change lets all consoles ask at once: those who come while others are read for, or until the next reading is
    due, share it. Each reading asks anew whose session holds, and with which role.
    """

    def __init__(self, read: Read, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._asking: dict[Listener, None] = {}
        self._reader: asyncio.Task[None] | None = None
        self._seconds = 0.0

    @property
    def gap(self) -> float:
        """The seconds from one reading to the next on a busy desk: a few times what the last one took."""
        return min(max(_SHORTEST_GAP, self._seconds / _SHARE), _LONGEST_GAP)

    def ask(self, listener: Listener) -> None:
        """Let a console hear of the desk soon."""
        self._asking[listener] = None
        if self._reader is None:
            self._reader = asyncio.create_task(self._work(), name="desk rounds")

    def forget(self, listener: Listener) -> None:
        """Tell a console nothing that it has not heard yet."""
        self._asking.pop(listener, None)

    async def close(self) -> None:
        """Read no more."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _work(self) -> None:
        try:
            while self._asking:
                await asyncio.sleep(_BURST_SECONDS)
                await self._round()
                await asyncio.sleep(self.gap)
        finally:
            self._reader = None

    async def _round(self) -> None:
        asking, self._asking = list(self._asking), {}
        if not asking:
            return
        began = self._clock()
        # Two windows of one browser have the same session.
        wanted: dict[str, bool] = {}
        for one in asking:
            wanted[one.session] = wanted.get(one.session, False) or one.wants_lists
        try:
            views = await self._read(wanted, asyncio.get_running_loop().time())
        except Exception as error:  # whatever it was, it belongs to those who asked
            for one in asking:
                one.hear(error)
            return
        self._seconds = self._clock() - began
        for one in asking:
            one.hear(views.get(one.session))


def open_rounds(store: Store, *, idle_hours: float) -> Rounds:
    """Rounds over a store; sessions end after so many hours without use."""

    async def read(wanted: Mapping[str, bool], began: float) -> Mapping[str, View]:
        return await store.read(_views, wanted, began, idle_hours)

    return Rounds(read)


def _views(tx: Connection, wanted: Mapping[str, bool], began: float, idle_hours: float) -> dict[str, View]:
    holding = {
        digest: who
        for digest, who in sessions.holding(tx, wanted, idle_hours=idle_hours).items()
        if who.role in ANSWERING
    }
    ids = {who.id for who in holding.values()}
    ends, offered = desk.own_ends(tx, ids), desk.offers_of(tx, ids)
    lists = _lists(tx, {who.id: who for digest, who in holding.items() if wanted[digest]})
    return {
        digest: View(began, lists.get(who.id) if wanted[digest] else None, ends[who.id], offered[who.id])
        for digest, who in holding.items()
    }


def _lists(tx: Connection, people: Mapping[str, Agent]) -> dict[str, bytes]:
    """The frame with the lists of each agent. Most lines are seen by many of them, and written only once."""
    if not people:
        return {}
    found = desk.lists(tx, list(people.values()), rules.read(tx, "routing", Routing))
    written: dict[str, msgspec.Raw] = {}
    return {agent_id: lists_frame(lists, written) for agent_id, lists in found.items()}


def lists_frame(lists: Lists, written: dict[str, msgspec.Raw]) -> bytes:
    """The frame with some lists; `written` remembers lines that were written before, for others."""
    shown = {name: [_written(item, written) for item in getattr(lists, name)] for name in QUEUES}
    return msgspec.json.encode({"type": "lists", "queue": {**shown, "counts": lists.counts}})


def _written(item: Item, written: dict[str, msgspec.Raw]) -> msgspec.Raw:
    found = written.get(item.conversation)
    if found is None:
        found = written[item.conversation] = msgspec.Raw(msgspec.json.encode(item))
    return found
