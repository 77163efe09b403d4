"""The Slack channel: deliveries over HTTP or Socket Mode, answers by the Web API. `docs/channels/slack.md`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import aiohttp
import structlog
from aiohttp import web
from slack_sdk.errors import SlackApiError

from bot.errors import ButtonUnknown, ClientError, DeliveryError
from bot.hub import Hub
from bot.models import Address, Event, Inbound, IncomingFile, Message, now
from bot.store import addresses, installations
from channels import Budget, ChannelContext, PushingChannel
from channels.slack_courtesies import Courtesies
from channels.slack_deliveries import COMMAND, NAME, Delivery
from channels.slack_door import Door
from channels.slack_events import decode
from channels.slack_files import Files
from channels.slack_install import Installer
from channels.slack_people import People
from channels.slack_portraits import Portraits
from channels.slack_sending import PACE_SECONDS, Sender
from channels.slack_sockets import Sockets
from channels.slack_texts import texts_in
from channels.slack_turns import Turns
from channels.slack_workspaces import Workspaces, error_of, new_client

log = structlog.get_logger(__name__)


class SlackChannel(PushingChannel):
    """All workspaces in which our app is installed."""

    name = NAME
    # Slack allows a workspace some hundred posts a minute besides one a second in each channel.
    budget = Budget(total_per_second=5, address_per_second=1 / PACE_SECONDS)

    def __init__(self, context: ChannelContext) -> None:
        self._settings = context.settings
        self._store = context.store
        self._workspaces = Workspaces(context.store, context.settings)
        self._people = People(context.store, self._workspaces)
        self._files = Files(self._workspaces, context.settings.slack_api_url)
        self._portraits = Portraits(self._workspaces, context.settings.slack_api_url)
        self._sender: Sender | None = None
        self._sockets: Sockets | None = None
        self._hub: Hub | None = None
        self._courtesies = Courtesies(context.store, self._workspaces, context.settings)

    def routes(self) -> list[web.RouteDef]:
        routes = []
        if self._settings.slack_signing_secret:
            door = Door(self._settings.slack_signing_secret, self.take)
            routes.append(web.post("/webhooks/slack", door.handle))
        if self._settings.slack_client_id:
            routes += Installer(self._store, self._settings).routes()
        return routes

    @property
    def obstacle(self) -> str:
        coming = "" if self._sockets is None else self._sockets.obstacle
        return coming or ("" if self._sender is None else self._sender.obstacle)

    async def start(self, hub: Hub) -> None:
        self._hub = hub
        await self._workspaces.open()
        clock = asyncio.get_running_loop().time
        self._sender = Sender(self._workspaces, self._store, Turns(PACE_SECONDS, clock))
        if self._settings.slack_app_token:
            self._sockets = Sockets(self._workspaces, self._settings.slack_app_token, self.take)
            self._sockets.start()

    async def stop(self) -> None:
        if self._sockets is not None:
            await self._sockets.stop()
        await self._courtesies.stop()

    async def close(self) -> None:
        await self._workspaces.close()

    def decode(self, raw: str) -> Sequence[Event]:
        return decode(raw)

    async def complete(self, event: Event) -> Event | None:
        return await self._people.complete(event)

    def notice(self, event: Event, refused: ClientError | None) -> None:
        if isinstance(refused, ButtonUnknown) and isinstance(event, Inbound):
            self._courtesies.tell_button_gone(event)

    @property
    def announced_at(self) -> str:
        return self._settings.alert_slack_channel

    async def announce(self, place: str, text: str) -> None:
        client = new_client(self._settings, self._settings.slack_bot_token)
        try:
            # No markup: the text may hold any characters.
            await client.chat_postMessage(channel=place, text=text, mrkdwn=False, unfurl_links=False)
        except (SlackApiError, aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            raise DeliveryError(f"Slack: {error_of(error) or type(error).__name__}") from None

    async def send(self, address: Address, message: Message) -> str:
        assert self._sender is not None, "sent to after start"
        return await self._sender.send(address, message)

    async def take(self, delivery: Delivery) -> Mapping[str, Any] | None:
        """Make a delivery durable; the words to answer a command with. StoreUnavailable: nothing was kept."""
        assert self._hub is not None, "delivered to after start"
        await self._hub.updates.keep(NAME, delivery.account, [delivery.update])
        payload = delivery.payload
        kind = payload.get("type")
        if kind == "app_rate_limited":
            log.error("slack.too_many_events", channel=NAME, account=delivery.account)
        if kind == "event_callback":
            await self._news(delivery)
        return await self._command(delivery) if kind == COMMAND else None

    async def portrait(self, address: Address) -> AsyncIterator[bytes]:
        return await self._portraits.open(address)

    async def fetch(self, file: IncomingFile) -> AsyncIterator[bytes]:
        return await self._files.open(file.remote_id)

    async def _news(self, delivery: Delivery) -> None:
        event = delivery.payload.get("event")
        event = event if isinstance(event, Mapping) else {}
        kind = event.get("type")
        if kind == "app_home_opened" and event.get("tab", "home") == "home":
            self._courtesies.show_home(delivery.account, str(event.get("user", "")))
        changed = event.get("user")
        if kind in ("user_change", "user_profile_changed") and isinstance(changed, Mapping):
            user = str(changed.get("id", ""))
            await self._store.write(addresses.renew_avatar, NAME, delivery.account, user)
        revoked = event.get("tokens")
        if kind == "app_uninstalled" or (
            kind == "tokens_revoked" and isinstance(revoked, Mapping) and revoked.get("bot")
        ):
            moment = _moment(delivery.payload.get("event_time"))
            if await self._store.write(installations.forget, NAME, delivery.account, moment):
                log.warning("slack.uninstalled", channel=NAME, account=delivery.account)

    async def _command(self, delivery: Delivery) -> Mapping[str, Any]:
        user = str(delivery.payload.get("user_id", ""))
        texts = texts_in(await self._courtesies.language(delivery.account, user))
        asked = str(delivery.payload.get("text", "")).strip()
        return {"response_type": "ephemeral", "text": texts["coming"] if asked else texts["usage"]}


def _moment(seconds: object) -> datetime:
    if isinstance(seconds, (int, float)) and 0 < seconds < 2**40:
        return datetime.fromtimestamp(float(seconds), timezone.utc)
    return now()
