"""The sign "typing" in a chat while the bot or an agent works on an answer: a courtesy that may fail, and may lag."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.broker import CHANGED, IDLE, TYPING, Broker, Subscription, address_topic, customer_topic
from bot.broker.typing import read_typing
from bot.errors import StoreUnavailable
from bot.models import AuthorKind
from bot.store import Store, addresses
from channels.telegram_client import TelegramBot
from channels.telegram_updates import CHANNEL, chat_of

log = structlog.get_logger(__name__)

# Telegram takes the sign away after five seconds.
_REPEAT_SECONDS = 4.0
# How long nobody need have worked before we stop looking, and how long anybody may seem to type.
_QUIET_SECONDS = 60.0
_LONGEST_TYPING = 180.0
_MOST_WATCHED = 1000


class Typing:
    """Watches those who have just written."""

    def __init__(self, bot: TelegramBot, broker: Broker, store: Store, account: str) -> None:
        self._bot = bot
        self._broker = broker
        self._store = store
        self._account = account
        self._watched: dict[str, asyncio.Task[None]] = {}

    def watch(self, sender: str, *, begun: bool = False) -> None:
        """Show it to this customer as soon as, and as long as, the bot or an agent is at work for them.

        `begun`: somebody is already, so it is shown at once.
        """
        if sender in self._watched or len(self._watched) >= _MOST_WATCHED:
            return
        task = asyncio.create_task(self._watch(sender, begun), name=f"typing {sender}")
        self._watched[sender] = task
        task.add_done_callback(lambda _: self._watched.pop(sender, None))

    async def stop(self) -> None:
        """Show it to nobody any more."""
        tasks = list(self._watched.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, sender: str, begun: bool) -> None:
        try:
            with self._broker.subscribe() as news:
                if begun:
                    news.put(TYPING)
                self._broker.add_topic(news, address_topic(CHANNEL, self._account, sender))
                await self._follow(news, sender)
        except (TelegramError, StoreUnavailable) as error:
            log.debug("telegram.typing_failed", error=type(error).__name__)

    async def _follow(self, news: Subscription, sender: str) -> None:
        known = await self._know(news, sender)
        typing, ends = False, 0.0
        loop = asyncio.get_running_loop()
        while True:
            try:
                heard = await asyncio.wait_for(news.next(), _REPEAT_SECONDS if typing else _QUIET_SECONDS)
            except asyncio.TimeoutError:
                if not typing or loop.time() > ends:
                    return
                heard = []
            began = typing
            typing = _typing(heard, typing)
            if not known and CHANGED in heard:
                # The first message of a new customer: the bot may be at work before we have learned who it is.
                known = await self._know(news, sender)
                typing = typing or IDLE not in heard
            if typing and not began:
                ends = loop.time() + _LONGEST_TYPING
            if typing and (not began or not heard):
                await self._bot.send_chat_action(chat_of(sender), ChatAction.TYPING)

    async def _know(self, news: Subscription, sender: str) -> bool:
        address = await self._store.read(addresses.find, CHANNEL, self._account, sender)
        if address is not None:
            self._broker.add_topic(news, customer_topic(address.customer_id))
        return address is not None


def _typing(heard: Sequence[str], before: bool) -> bool:
    """Whether the bot or an agent types now; the latest news counts."""
    latest = [on for on in map(_at_work, heard) if on is not None]
    return latest[-1] if latest else before


def _at_work(news: str) -> bool | None:
    """Whether somebody of ours types, as far as one piece of news says it."""
    if news in (TYPING, IDLE):
        return news == TYPING
    typed = read_typing(news)
    return typed.on if typed is not None and typed.author.kind is AuthorKind.AGENT else None
