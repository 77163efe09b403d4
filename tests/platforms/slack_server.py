"""A server of ours beside a Slack of our own: what the channel's tests begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from aiohttp.test_utils import TestServer

from bot.app import Grija, create_app, open_grija
from bot.models import AuthorKind, Message
from bot.settings import Settings
from bot.store import addresses, conversations
from channels.slack import SlackChannel
from tests.conftest import until
from tests.doubles import open_echo
from tests.platforms.slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, TEAM, SlackDouble
from tests.platforms.slack_deliveries import Deliveries, callback

ANNA, BORIS = "UANNA", "UBORIS"
"""The two people of the fixtures' Slack."""


@dataclass
class Desk:
    """Our server with the Slack channel, and Slack's way to it."""

    grija: Grija
    slack: SlackDouble
    http: Deliveries
    url: str

    @property
    def channel(self) -> SlackChannel:
        found = self.grija.channels["slack"]
        assert isinstance(found, SlackChannel)
        return found

    async def say(
        self, user: str, text: str, *, channel: str = "", thread_ts: str | None = None, **more: Any
    ) -> str:
        """A person writes (in the direct message if no channel is named) and Slack delivers it; its ts."""
        place = channel or self.slack.direct(user)
        event = self.slack.write(user, place, text, thread_ts=thread_ts, **more)
        assert await self.http.event(callback(event)) == 200
        return str(event["ts"])

    async def settle(self) -> None:
        await self.grija.hub.settle()

    async def answered(self, channel: str, count: int) -> list[str]:
        """Wait until the bot has said so much in a channel; all of it."""

        async def enough() -> bool:
            return len(self.slack.texts(channel)) >= count

        await until(enough)
        await self.settle()
        return self.slack.texts(channel)

    async def history(self, user: str, account: str = TEAM) -> list[Message]:
        """What the store has of a person's conversations."""
        found = await self.grija.store.read(addresses.find, "slack", account, user)
        if found is None:
            return []
        return await self.grija.store.read(conversations.messages_after, found.customer_id, 0)

    async def asked(self, user: str, account: str = TEAM) -> list[str]:
        """What a person has said, in our order."""
        return [
            said.text for said in await self.history(user, account) if said.author.kind is AuthorKind.CUSTOMER
        ]


OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


@asynccontextmanager
async def open_desk(
    settings: Settings,
    slack: SlackDouble,
    *,
    socket_mode: bool = False,
    open_dialogue: Any = open_echo,
    **changes: Any,
) -> AsyncIterator[Desk]:
    """A server with web and Slack channels on a free port until the block ends."""
    given = {
        "slack_api_url": f"{slack.url}/api/",
        "slack_bot_token": BOT_TOKEN,
        "slack_signing_secret": SIGNING_SECRET,
        "slack_app_token": APP_TOKEN if socket_mode else "",
        **changes,
    }
    async with open_grija(
        replace(settings, **given), channels=["web", "slack"], open_dialogue=open_dialogue
    ) as grija:
        server = TestServer(create_app(grija))
        await server.start_server()
        url = str(server.make_url("")).rstrip("/")
        await grija.hub.lanes.opened()
        await grija.hub.deliveries.lanes.opened()
        try:
            yield Desk(grija, slack, Deliveries(f"{url}/webhooks/slack"), url)
        finally:
            for channel in grija.channels.values():
                await channel.stop()
            await server.close()
