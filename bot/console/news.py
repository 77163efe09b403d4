"""What a console is told of the whole desk: lists, offers, mentions, colleagues, its agent's other conversations."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from bot.broker import (
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
from bot.console.board import Board
from bot.console.viewers import Window
from bot.store import Store, desk, reading

# So many changes are announced at once, each for itself: on a quiet desk nobody waits.
_AT_ONCE = 4
_MOST_MENTIONS = 20


class News:
    """Turns news of the broker into frames, looking up in the store what they are about."""

    def __init__(
        self,
        store: Store,
        board: Board,
        window: Window,
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        self._store = store
        self._window = window
        self._agent_id = window.agent_id
        self._send = send
        self._offers: dict[str | None, datetime | None] = {}
        self._mentions: set[int] = set()
        self._ends: dict[str, int] = {}
        self._board = board
        self._left = float(_AT_ONCE)
        self._counted_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._subscription: Subscription | None = None

    def follow(self, broker: Broker, subscription: Subscription) -> None:
        """Hear of the desk and of this agent from here on."""
        self._subscription = subscription
        broker.add_topic(subscription, desk_topic())
        broker.add_topic(subscription, agent_topic(self._agent_id))

    async def begin(self) -> None:
        """Tell what came while no console was open: offers and mentions. StoreUnavailable."""
        self._ends = await self._store.read(desk.own_ends, self._agent_id)
        await self._look_at_offers()
        await self._look_at_mentions()

    async def tell(self, news: str) -> None:
        """Send what a piece of news means to this agent. StoreUnavailable."""
        if news in (QUEUE, CHANGED):
            await self._announce_lists()
        elif news == PRESENCE:
            await self._send(frames.presence())
        elif news.startswith((OFFER, OFFER_ENDED)):
            await self._look_at_offers()
        elif news.startswith("mention/"):
            await self._look_at_mentions()
        elif news.startswith("refused/"):
            await self._send(frames.refused(news.removeprefix("refused/")))

    def close(self) -> None:
        """Announce nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    async def _announce_lists(self) -> None:
        wait = self._wait()
        if wait > 0:
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(wait, self._ring)
            return
        self._left -= 1
        await self._send(frames.queue())
        await self._look_at_own()
        if self._offers:
            # Taken by others, or taken back by the customer.
            await self._look_at_offers()

    def _ring(self) -> None:
        self._timer = None
        if self._subscription is not None:
            self._subscription.put(QUEUE)

    def _wait(self) -> float:
        """Seconds until the lists may be announced again."""
        moment, gap = asyncio.get_running_loop().time(), self._board.gap
        self._left = min(_AT_ONCE, self._left + (moment - self._counted_at) / gap)
        self._counted_at = moment
        return max(0.0, (1 - self._left) * gap)

    async def _look_at_own(self) -> None:
        """Announce what was said in the agent's conversations; of the open one the page hears by itself."""
        former, self._ends = self._ends, await self._store.read(desk.own_ends, self._agent_id)
        for conversation_id, last_seq in self._ends.items():
            moved = last_seq > former.get(conversation_id, last_seq)
            if moved and conversation_id != self._window.conversation:
                await self._send(frames.conversation(conversation_id))

    async def _look_at_offers(self) -> None:
        found = await self._store.read(desk.offered, self._agent_id)
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
