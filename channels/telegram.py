"""Telegram: a bot that is polled or called, and messages that are pushed, over python-telegram-bot's `Bot`.

Raw updates become durable together with the poller's offset; the next call, or the webhook's 200, confirms them.
Only then are they decoded. See docs/channels/telegram.md.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Sequence

import aiohttp
from aiohttp import web
from telegram.error import BadRequest, TelegramError

from bot.errors import (
    AttachmentUnavailable,
    ClientError,
    DeliveryError,
    SettingsError,
    SignatureInvalid,
    Unavailable,
)
from bot.hub import Hub
from bot.models import Address, Event, Inbound, IncomingFile, Message
from channels import Budget, ChannelContext, PushingChannel
from channels.telegram_client import account_of, close_bot, open_bot, told
from channels.telegram_intake import WEBHOOK_PATH, Intake
from channels.telegram_presses import Presses
from channels.telegram_sending import Sender, trouble_with_a_file
from channels.telegram_typing import Typing
from channels.telegram_updates import CHANNEL, decode, in_group, user_of

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_PIECE = 64 * 1024
_FILE_SECONDS = aiohttp.ClientTimeout(total=300, sock_read=30)


class TelegramChannel(PushingChannel):
    """One bot, named by its token."""

    name = CHANNEL
    # Telegram's own limits are 30 a second, 1 a second to a person and 20 a minute to a group.
    budget = Budget(total_per_second=25, address_per_second=0.95)
    group_pace = 3.1
    """The least seconds between two messages to a group."""

    def __init__(self, context: ChannelContext) -> None:
        settings = context.settings
        if not settings.telegram_token:
            raise SettingsError("the Telegram channel needs GRIJA_TELEGRAM_TOKEN")
        self._settings = settings
        self._store = context.store
        self._bot = open_bot(settings)
        self._sender = Sender(self._bot, context.store, settings, group_pace=self.group_pace)
        self._typing = Typing(self._bot, context.broker, context.store, account_of(settings))
        self._presses = Presses(self._bot, context.store, settings)
        self._intake: Intake | None = None
        self._running: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        return [web.post(WEBHOOK_PATH, self._deliver)] if self._settings.telegram_webhook_secret else []

    @property
    def obstacle(self) -> str:
        coming = self._intake.obstacle if self._intake is not None else "connecting"
        return coming or self._sender.obstacle

    async def start(self, hub: Hub) -> None:
        # In the background: a Telegram that does not answer must not keep the server from starting.
        self._intake = Intake(
            self._bot, hub, self._store, typing=self._typing, presses=self._presses, settings=self._settings
        )
        self._running = asyncio.create_task(self._intake.run(), name="telegram intake")

    async def stop(self) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if self._intake is not None:
            await self._intake.stop()
        await self._typing.stop()
        await self._presses.stop()

    async def close(self) -> None:
        await close_bot(self._bot)

    def decode(self, raw: str) -> Sequence[Event]:
        return decode(raw)

    def notice(self, event: Event, refused: ClientError | None) -> None:
        if isinstance(event, Inbound):
            self._presses.settle(event, refused)

    def pace(self, address: Address) -> float:
        return self.group_pace if in_group(address.external_id) else super().pace(address)

    async def send(self, address: Address, message: Message) -> str:
        return await self._sender.send(address, message)

    def show_typing(self, address: Address) -> None:
        """The sign "typing", as `channels.ShowsTyping` promises."""
        self._typing.watch(address.external_id, begun=True)

    async def portrait(self, address: Address) -> AsyncIterator[bytes]:
        try:
            # Telegram gives out what the user's privacy settings let this bot see.
            shown = (await self._bot.get_user_profile_photos(user_of(address.external_id), limit=1)).photos
        except TelegramError as error:
            raise DeliveryError(told(error, self._settings)) from None
        if not shown:
            raise AttachmentUnavailable("this person shows no picture")
        smallest = min(shown[0], key=lambda size: size.width)
        return await self.fetch(IncomingFile("photo", smallest.file_id))

    async def fetch(self, file: IncomingFile) -> AsyncIterator[bytes]:
        try:
            found = await self._bot.get_file(file.remote_id)
        except BadRequest as error:
            # Too big for bots (20 MB), or gone.
            raise AttachmentUnavailable(error.message) from None
        except TelegramError as error:
            raise trouble_with_a_file(error, self._settings) from None
        url = found.file_path or ""
        if not url.startswith(("http://", "https://")):
            raise AttachmentUnavailable("the Bot API server gives out paths of its own disk (--local)")
        return self._pieces(url)

    async def _pieces(self, url: str) -> AsyncIterator[bytes]:
        try:
            async with (
                aiohttp.ClientSession(timeout=_FILE_SECONDS) as session,
                session.get(url, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    raise DeliveryError(f"Telegram answered {response.status} instead of the file")
                async for piece in response.content.iter_chunked(_PIECE):
                    yield piece
        except aiohttp.ClientError as error:
            # Its own words hold the address, and that holds the token.
            raise DeliveryError(f"the file did not come: {type(error).__name__}") from None

    async def _deliver(self, request: web.Request) -> web.Response:
        """One update from Telegram: 200 once it is durable."""
        given = request.headers.get(_SECRET_HEADER, "").encode(errors="replace")
        if not hmac.compare_digest(given, self._settings.telegram_webhook_secret.encode()):
            raise SignatureInvalid("the secret of the delivery is missing or wrong")
        if self._intake is None or self._running is None:
            raise Unavailable("the server is starting or stopping; deliver again")
        body = await request.read()
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            # Kept as it is, and set aside: it is Telegram's, and must not come again for ever.
            update = body.decode(errors="replace")
        await self._intake.take([update])
        return web.Response()
