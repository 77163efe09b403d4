"""What a console is told of the whole desk: lists, offers, mentions, colleagues, its agent's other conversations."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from bot.broker import (
    ALERT,
    CHANGED,
    OFFER,
    OFFER_ENDED,
    PRESENCE,
    QUEUE,
    Broker,
    Subscription,
    agent_topic,
    desk_topic,
)
from bot.console import frames
from bot.console.rounds import Rounds, View
from bot.console.viewers import Window
from bot.errors import NotSignedIn
from bot.store import Store, desk, reading
from bot.store.shown import Item

_MOST_MENTIONS = 20
# News of our own making, in a row with those of the broker so that frames go out one after the other.
_VIEW = "view"


class News:
    """Turns news of the broker into frames, looking up in the store what they are about."""

    def __init__(
        self,
        store: Store,
        rounds: Rounds,
        subscription: Subscription,
        window: Window,
        *,
        session: str,
        supervises: bool,
        send: Callable[[dict[str, Any] | bytes], Awaitable[None]],
    ) -> None:
        """`session` is the digest of the agent's session; who `supervises` hears of alerts."""
        self.session = session
        self.wants_lists = False
        self._store = store
        self._rounds = rounds
        self._subscription = subscription
        self._window = window
        self._agent_id = window.agent_id
        self._supervises = supervises
        self._send = send
        self._view: View | Exception | None = None
        self._offers: dict[str | None, datetime | None] = {}
        self._offers_at = 0.0
        self._mentions: set[int] = set()
        self._ends: Mapping[str, int] = {}

    def follow(self, broker: Broker) -> None:
        """Hear of the desk and of this agent from here on."""
        broker.add_topic(self._subscription, desk_topic())
        broker.add_topic(self._subscription, agent_topic(self._agent_id))

    async def begin(self) -> None:
        """Tell what came while no console was open: offers and mentions. StoreUnavailable."""
        self._ends = (await self._store.read(desk.own_ends, [self._agent_id]))[self._agent_id]
        await self._look_at_offers()
        await self._look_at_mentions()

    async def tell(self, news: str) -> None:
        """Send what a piece of news means to this agent. StoreUnavailable; NotSignedIn if the session has ended."""
        if news in (QUEUE, CHANGED):
            self._rounds.ask(self)
        elif news == _VIEW:
            await self._show()
        elif news == PRESENCE:
            await self._send(frames.presence())
        elif news == ALERT and self._supervises:
            await self._send(frames.alerts())
        elif news.startswith((OFFER, OFFER_ENDED)):
            await self._look_at_offers()
        elif news.startswith("mention/"):
            await self._look_at_mentions()
        elif news.startswith("refused/"):
            await self._send(frames.refused(news.removeprefix("refused/")))

    def put(self, news: str) -> None:
        """Let a piece of news be told when its turn comes."""
        self._subscription.put(news)

    def want_lists(self, on: bool) -> None:
        """Send the lists themselves from now on, at once for the first time; or only say that they have changed."""
        self.wants_lists = on
        if on:
            self._rounds.ask(self)

    def hear(self, view: View | Exception | None) -> None:
        """Take a view of the desk; a console that does not keep up is shown the latest only."""
        self._view = view
        self.put(_VIEW)

    def close(self) -> None:
        """Announce nothing any more."""
        self._rounds.forget(self)

    async def _show(self) -> None:
        view = self._view
        if view is None:
            raise NotSignedIn("the session has ended")
        if isinstance(view, Exception):
            raise view
        await self._announce_own(view.ends)
        # Another window of the same browser may have asked for the lists.
        shown = view.lists if self.wants_lists else None
        await self._send(shown or frames.queue())
        # What we have looked up later than this view was read is newer.
        if view.began >= self._offers_at:
            await self._announce_offers(view.offered)

    async def _announce_own(self, ends: Mapping[str, int]) -> None:
        """Announce what was said in the agent's conversations; of the open one the page hears by itself."""
        former, self._ends = self._ends, ends
        for conversation_id, last_seq in ends.items():
            moved = last_seq > former.get(conversation_id, last_seq)
            if moved and conversation_id != self._window.conversation:
                await self._send(frames.conversation(conversation_id))

    async def _look_at_offers(self) -> None:
        found = await self._store.read(desk.offered, self._agent_id)
        self._offers_at = asyncio.get_running_loop().time()
        await self._announce_offers(found)

    async def _announce_offers(self, found: Collection[Item]) -> None:
        former, self._offers = self._offers, {item.handoff: item.offered_until for item in found}
        for handoff_id in former:
            if handoff_id is not None and handoff_id not in self._offers:
                await self._send(frames.offer_ended(handoff_id))
        for item in found:
            # Offered once more, it has another end.
            if former.get(item.handoff) != item.offered_until:
                await self._send(frames.offer(item))

    async def _look_at_mentions(self) -> None:
        found = await self._store.read(reading.unread_mentions, self._agent_id)
        for happening_id, conversation_id, by in found[-_MOST_MENTIONS:]:
            if happening_id not in self._mentions:
                await self._send(frames.mention(conversation_id, by))
        self._mentions = {happening_id for happening_id, _, _ in found}
