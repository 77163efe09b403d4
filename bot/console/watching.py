"""The one conversation that a console has open: what is new in it, and who types."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.broker import CHANGED, IDLE, TYPING, Broker, Subscription, customer_topic
from bot.broker.typing import read_typing
from bot.console import frames
from bot.hub import BOT_NAME
from bot.models import Author, AuthorKind

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Watching:
    """Tells a socket the news of one conversation, from its making until it is closed."""

    def __init__(self, conversation_id: str, customer_id: str, broker: Broker, send: Send) -> None:
        self.conversation_id = conversation_id
        self.customer_id = customer_id
        self._send = send
        self._news = broker.subscribe()
        broker.add_topic(self._news, customer_topic(customer_id))
        # What has changed between the page's reading and this line was told to nobody.
        self._news.put(CHANGED)
        self._closed = False
        self._task = asyncio.create_task(self._push(self._news), name="console watching")

    async def close(self) -> None:
        """Tell nothing any more."""
        # Cancelling alone is not enough: in Python 3.10, wait_for may swallow it.
        self._closed = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _push(self, subscription: Subscription) -> None:
        with subscription as news:
            while not self._closed:
                for item in await news.next():
                    frame = self._frame(item)
                    if frame is not None:
                        await self._send(frame)

    def _frame(self, news: str) -> dict[str, Any] | None:
        if news in (TYPING, IDLE):
            return frames.typing(self.conversation_id, Author(AuthorKind.BOT, BOT_NAME), news == TYPING)
        typed = read_typing(news)
        if typed is None:
            return frames.conversation(self.conversation_id)
        # That colleagues type is said by the viewers.
        if typed.author.kind is AuthorKind.AGENT:
            return None
        return frames.typing(self.conversation_id, typed.author, typed.on)
