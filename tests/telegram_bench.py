"""A server with the Telegram channel, talking to the double of Telegram, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from bot.app import Grija, create_app, open_grija
from bot.models import Message
from bot.settings import Settings
from bot.store import addresses, conversations
from channels import Budget
from channels.telegram import TelegramChannel
from tests.conftest import until
from tests.doubles import EchoDialogue, open_echo
from tests.platforms.telegram import TelegramDouble
from tests.platforms.telegram_people import Chat

SECRET = "a-secret-of-the-webhook_0123456789"


def hurry(monkeypatch: pytest.MonkeyPatch, *, speed: float = 1000.0) -> None:
    """Let the channel send so many times faster than Telegram allows."""
    monkeypatch.setattr(TelegramChannel, "budget", Budget(25 * speed, 0.95 * speed))
    monkeypatch.setattr(TelegramChannel, "group_pace", 3.1 / speed)


@dataclass
class Talk:
    """A running server and the Telegram that it talks to."""

    grija: Grija
    telegram: TelegramDouble
    url: str

    @property
    def echo(self) -> EchoDialogue:
        assert isinstance(self.grija.dialogue, EchoDialogue)
        return self.grija.dialogue

    async def says(self, chat: Chat, *texts: str) -> None:
        """Wait until the bot has written exactly this into a chat."""

        async def said() -> bool:
            return len(chat.texts()) >= len(texts)

        await until(said)
        await self.grija.hub.settle()
        assert chat.texts() == list(texts)

    async def history(self, sender: str) -> list[Message]:
        """All messages with a customer."""
        address = await self.grija.store.read(addresses.find, "telegram", str(self.telegram.bot.id), sender)
        assert address is not None
        return await self.grija.store.read(conversations.messages_after, address.customer_id, 0)

    async def quiet(self) -> None:
        """Wait until every update has been delivered and worked."""

        async def delivered() -> bool:
            return not self.telegram.queue.pending

        await until(delivered)
        await self.grija.hub.settle()


@asynccontextmanager
async def talking(
    settings: Settings,
    telegram: TelegramDouble,
    *,
    webhook: bool = False,
    open_dialogue: Any = open_echo,
    **changes: Any,
) -> AsyncIterator[Talk]:
    """A server whose Telegram is the double, polling or with a webhook."""
    settings = replace(
        settings, telegram_token=telegram.token, telegram_api_url=telegram.url, **changes
    )  # fmt: skip
    if webhook:
        # The port must be known before the channel tells Telegram.
        settings = replace(settings, telegram_webhook_secret=SECRET)
    server: TestServer | None = None
    port = _free_port() if webhook else None
    if port:
        settings = replace(settings, public_url=f"http://127.0.0.1:{port}")
    async with open_grija(settings, channels=["telegram"], open_dialogue=open_dialogue) as grija:
        server = TestServer(create_app(grija), port=port)
        await server.start_server()
        try:
            yield Talk(grija, telegram, str(server.make_url("")).rstrip("/"))
        finally:
            await grija.channels["telegram"].stop()
            await server.close()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
