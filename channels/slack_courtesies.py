"""What Slack shows besides the conversation: the App Home, and words that only one person sees. Nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from bot import commands, texts
from bot.models import Inbound, Message
from bot.settings import Settings
from bot.store import Connection, Store, addresses, conversations
from channels.slack_deliveries import NAME
from channels.slack_rendering import home
from channels.slack_texts import texts_in
from channels.slack_workspaces import Workspaces, name_of

log = structlog.get_logger(__name__)

_HOME_MESSAGES = 20


class Courtesies:
    """Each may fail: then the log says so, and that is all."""

    def __init__(self, store: Store, workspaces: Workspaces, settings: Settings) -> None:
        self._store = store
        self._workspaces = workspaces
        self._settings = settings
        self._tasks: set[asyncio.Task[None]] = set()

    def show_home(self, account: str, user: str) -> None:
        """Show a customer the open conversation. A page that is opened again shows it again."""
        self._later("home", self._home(account, user))

    def tell_button_gone(self, press: Inbound) -> None:
        """Tell who has pressed a button that it is not on offer any more, or was never on offer to them."""
        self._later("button", self._button_gone(press))

    async def language(self, account: str, user: str, locale: str | None = None) -> str:
        """The customer's language, as far as we know."""
        known = await self._store.read(addresses.language, NAME, account, user)
        return known or commands.spoken(locale, self._settings.languages) or self._settings.languages[0]

    async def stop(self) -> None:
        """Give up what is still to be shown."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _home(self, account: str, user: str) -> None:
        said = await self._store.read(addresses.find, NAME, account, user)
        messages = [] if said is None else await self._store.read(_open_conversation, said.customer_id)
        view = home(messages, texts_in(await self.language(account, user)))
        client = await self._workspaces.of(account)
        await client.views_publish(user_id=user, view=view)

    async def _button_gone(self, press: Inbound) -> None:
        channel, _, thread = press.place.partition("/")
        words = texts.button_gone(await self.language(press.account, press.sender, press.locale))
        client = await self._workspaces.of(press.account)
        await client.chat_postEphemeral(
            channel=channel, user=press.sender, text=words, thread_ts=thread or None
        )

    def _later(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_without_failing(what, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _without_failing(what: str, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:  # whatever it is, nobody waits for it
        log.warning("slack.courtesy_failed", what=what, channel=NAME, error=name_of(error))


def _open_conversation(tx: Connection, customer_id: str) -> list[Message]:
    latest = conversations.latest(tx, customer_id)
    if latest is None:
        return []
    messages = conversations.messages_after(tx, customer_id, max(0, latest.last_seq - _HOME_MESSAGES))
    return [message for message in messages if message.conversation_id == latest.id]
