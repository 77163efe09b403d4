"""Pressed buttons of Telegram: each press is answered once, so that no spinner stays, and says if it came too late."""

from __future__ import annotations

import asyncio

import structlog
from telegram import Bot
from telegram.error import TelegramError

from bot import commands, texts
from bot.errors import ClientError, StoreUnavailable
from bot.models import Inbound
from bot.settings import Settings
from bot.store import Store, addresses
from channels.telegram_client import told
from channels.telegram_updates import CHANNEL, press_of

log = structlog.get_logger(__name__)

# Telegram takes one answer to a press: with words if we know soon enough that there are any.
_PATIENCE_SECONDS = 5.0


class Presses:
    """Waits a moment for what becomes of each press. A courtesy: nothing else waits for it."""

    def __init__(self, bot: Bot, store: Store, settings: Settings) -> None:
        self._bot = bot
        self._store = store
        self._settings = settings
        self._verdicts: dict[str, asyncio.Future[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, query: str) -> None:
        """A press is durable: answer it as soon as it was taken in, or soon."""
        if query not in self._verdicts:
            self._verdicts[query] = asyncio.get_running_loop().create_future()
            self._later(query)

    def settle(self, event: Inbound, refused: ClientError | None) -> None:
        """The hub has taken a press in, or refused it: its button is not on offer any more."""
        query = press_of(event)
        if query is None:
            return
        # A press that the process before us made durable begins here.
        self.begin(query)
        verdict = self._verdicts[query]
        if refused is None and not verdict.done():
            verdict.set_result("")
        elif not verdict.done():
            task = asyncio.create_task(self._refuse(event, verdict))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up what is still to be answered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _later(self, query: str) -> None:
        task = asyncio.create_task(self._answer(query, self._verdicts[query]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._verdicts.pop(query, None))

    async def _refuse(self, event: Inbound, verdict: asyncio.Future[str]) -> None:
        try:
            language = await self._store.read(addresses.language, CHANNEL, event.account, event.sender)
        except StoreUnavailable:
            language = None
        spoken = language or commands.spoken(event.locale, self._settings.languages)
        if not verdict.done():
            verdict.set_result(texts.button_gone(spoken or self._settings.languages[0]))

    async def _answer(self, query: str, verdict: asyncio.Future[str]) -> None:
        await asyncio.wait([verdict], timeout=_PATIENCE_SECONDS)
        words = verdict.result() if verdict.done() else ""
        verdict.cancel()
        try:
            await self._bot.answer_callback_query(query, words or None, show_alert=bool(words))
        except TelegramError as error:
            # A press that is too old cannot be answered any more.
            log.info("telegram.courtesy_failed", error=told(error, self._settings))
