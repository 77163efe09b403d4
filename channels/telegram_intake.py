"""How updates come in from Telegram: asked for (polling) or delivered (webhook); durable before it hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog
from telegram import BotCommand
from telegram.error import Conflict, TelegramError

from bot.errors import StoreUnavailable, Unavailable
from bot.hub import Hub
from bot.models import Inbound
from bot.settings import Settings
from bot.store import Store, updates
from channels.telegram_client import POLL_SECONDS, TelegramBot, is_about_the_token, told
from channels.telegram_commands import MENU
from channels.telegram_presses import Presses
from channels.telegram_typing import Typing
from channels.telegram_updates import CHANNEL, WANTED, Me, callback_id, decode, pack, update_id

log = structlog.get_logger(__name__)

WEBHOOK_PATH = "/webhooks/telegram"

_LONGEST_REST = 30.0
_CONFLICT_REST = 5.0
_TAKEN_SECONDS = 3.0
# One after the other: Telegram's parallel deliveries may overtake each other.
_WEBHOOK_CONNECTIONS = 1


class Intake:
    """Takes updates in until cancelled."""

    def __init__(
        self,
        bot: TelegramBot,
        hub: Hub,
        store: Store,
        *,
        typing: Typing,
        presses: Presses,
        settings: Settings,
    ) -> None:
        self._bot = bot
        self._hub = hub
        self._store = store
        self._typing = typing
        self._presses = presses
        self._settings = settings
        self._me: Me | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._rest = 0.0
        self.obstacle = "connecting"
        """Why nothing comes in: connecting, conflict, token_refused or no_answer; empty if it does."""

    async def run(self) -> None:
        """Poll, or ask for deliveries; again and again whatever goes wrong. Ends only when cancelled."""
        while True:
            try:
                await self._run()
            except Conflict as error:
                # Somebody else polls with our token, or has set a webhook: people must know.
                self.obstacle = "conflict"
                log.error("telegram.conflict", error=told(error, self._settings))
                await asyncio.sleep(_CONFLICT_REST)
            except Exception as error:  # nothing may end the intake but the end of the server
                self._rest = min(2 * self._rest or 1.0, _LONGEST_REST)
                words = _shown(error, self._settings)
                self.obstacle = _obstacle(error) or self.obstacle
                if _is_for_people(error):
                    log.error("telegram.token_refused", error=words)
                else:
                    log.warning("telegram.intake_failed", error=words, rest=self._rest)
                await asyncio.sleep(self._rest)

    async def take(self, found: Sequence[Any], *, offset: int | None = None) -> None:
        """Make raw updates durable, in Telegram's order. StoreUnavailable: nothing was taken.

        Then pressed buttons are answered soon, so that no customer looks at a spinner.
        """
        if self._me is None:
            raise Unavailable("the bot does not know its own name yet")
        packed = [pack(self._me, update) for update in sorted(found, key=_order)]
        await self._hub.updates.keep(CHANNEL, self._me.account, packed, offset=offset)
        for raw in packed:
            self._show_typing(raw.raw)
        for query in filter(None, map(callback_id, found)):
            self._presses.begin(query)

    async def stop(self) -> None:
        """Give up what is done on the side."""
        for task in self._errands:
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)

    async def _run(self) -> None:
        me = await self._bot.get_me()
        self._me = Me(me.id, me.username or "")
        self._later(self._set_menu())
        if self._settings.telegram_webhook_secret:
            await self._set_webhook()
            await asyncio.Event().wait()
        if self.obstacle == "connecting":
            # Telegram knows us; another process may be the one that polls.
            self.obstacle = ""
        # One process polls for a token, however many serve: two would take each other's updates.
        async with self._store.alone(f"{CHANNEL}/{self._me.account}") as check:
            await self._bot.delete_webhook()
            log.info("telegram.polling", account=self._me.account)
            while True:
                await self._poll(self._me)
                await check()

    async def _poll(self, me: Me) -> None:
        """Ask once. What is durable already is confirmed by asking for what comes after it."""
        last = await self._store.read(updates.offset, CHANNEL, me.account)
        # A call that stays open for a while is one that Telegram has taken.
        taken = asyncio.get_running_loop().call_later(_TAKEN_SECONDS, self._heal)
        try:
            found = await self._bot.raw_updates(
                offset=None if last is None else last + 1, seconds=POLL_SECONDS
            )
        finally:
            taken.cancel()
        self._heal()
        numbers = [number for number in map(update_id, found) if number is not None]
        if found:
            await self.take(found, offset=max(numbers) if numbers else last)
        if found and not numbers:
            # Nothing in it can be confirmed: it would come again at once, for ever.
            await asyncio.sleep(_CONFLICT_REST)

    async def _set_webhook(self) -> None:
        await self._bot.set_webhook(
            self._settings.public_url.rstrip("/") + WEBHOOK_PATH,
            secret_token=self._settings.telegram_webhook_secret,
            allowed_updates=WANTED,
            max_connections=_WEBHOOK_CONNECTIONS,
        )
        self._heal()
        log.info("telegram.webhook_set")

    def _heal(self) -> None:
        self._rest = 0.0
        self.obstacle = ""

    async def _set_menu(self) -> None:
        for language in self._settings.languages:
            menu = [BotCommand(name, told_as.get(language, told_as["en"])) for name, told_as in MENU.items()]
            await self._bot.set_my_commands(menu, language_code=language)
        await self._bot.set_my_commands([BotCommand(name, told_as["en"]) for name, told_as in MENU.items()])

    def _show_typing(self, raw: str) -> None:
        try:
            events = decode(raw)
        except Exception:  # it is set aside when its turn comes; nobody types meanwhile
            return
        for event in events:
            if isinstance(event, Inbound):
                self._typing.watch(event.sender)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_without_failing(work, self._settings))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


async def _without_failing(work: Coroutine[Any, Any, None], settings: Settings) -> None:
    """For what works without it, too: the menu of commands."""
    try:
        await work
    except TelegramError as error:
        log.info("telegram.courtesy_failed", error=told(error, settings))


def _order(update: Any) -> int:
    number = update_id(update)
    return -1 if number is None else number


def _is_for_people(error: Exception) -> bool:
    return isinstance(error, TelegramError) and is_about_the_token(error)


def _obstacle(error: Exception) -> str:
    """The word for an error that is Telegram's; empty if it is our own (a database that does not answer)."""
    if not isinstance(error, TelegramError):
        return ""
    return "token_refused" if is_about_the_token(error) else "no_answer"


def _shown(error: Exception, settings: Settings) -> str:
    if isinstance(error, TelegramError | StoreUnavailable):
        return f"{type(error).__name__}: {told(error, settings)}"
    return type(error).__name__
