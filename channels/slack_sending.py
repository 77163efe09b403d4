"""Posting to Slack: in turn, each part of a message once, looked up before it is repeated, also after a crash."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import AddressUnreachable, DeliveryDelayed, DeliveryError, DeliveryRefused
from bot.models import Address, Message, now
from bot.store import Store, outbox
from channels.slack_deliveries import NAME
from channels.slack_events import is_direct
from channels.slack_lookup import parts_at_slack
from channels.slack_rendering import Post, posts
from channels.slack_turns import Turns
from channels.slack_workspaces import TROUBLES, Workspaces, delay_of, error_of, is_about_the_token

log = structlog.get_logger(__name__)

PACE_SECONDS = 1.0
"""Slack takes one message a second in a channel."""

UNREACHABLE = (
    "cannot_dm_bot", "channel_not_found", "is_archived", "not_in_channel", "org_login_required",
    "team_access_not_granted", "thread_not_found", "user_disabled", "user_not_found", "user_not_visible",
    "users_not_found",
)  # fmt: skip
"""The customer cannot be written to there. If that is a channel, the direct message is tried first."""

REFUSED = (
    "invalid_arguments", "invalid_blocks", "invalid_blocks_format", "metadata_too_large", "msg_blocks_too_long",
    "msg_too_long", "no_text", "restricted_action", "restricted_action_read_only_channel",
)  # fmt: skip
"""Slack will never take this message."""

# Slack's own trouble: it may have posted all the same.
_UNCERTAIN = ("", "fatal_error", "internal_error", "request_timeout", "service_unavailable")
_WAIT_HERE = 1.5
_REMEMBERED = 10_000


@dataclass
class _Progress:
    """What we know of a message on its way: the parts that Slack has, and whether one may be there or not.

    `begun` is since when one may be: as the store has it, so that the next process knows it too. `resumed` says
    that it was begun by another process.
    """

    account: str
    channel: str
    thread: str | None
    begun: datetime | None
    doubtful: bool = False
    resumed: bool = False
    posted: dict[int, str] = field(default_factory=dict)


class Sender:
    """Sends messages to addresses of all workspaces."""

    def __init__(self, workspaces: Workspaces, store: Store, turns: Turns) -> None:
        self._workspaces = workspaces
        self._store = store
        self._turns = turns
        self._progress: OrderedDict[str, _Progress] = OrderedDict()
        self._directs: OrderedDict[tuple[str, str], str] = OrderedDict()
        # Accounts whose token Slack refuses, until it has taken one of theirs.
        self._refused: set[str] = set()

    @property
    def obstacle(self) -> str:
        """Why nothing goes out, of one workspace at least: token_refused; empty if it does."""
        return "token_refused" if self._refused else ""

    async def send(self, address: Address, message: Message) -> str:
        """Post a message where it belongs; Slack's ids of its posts as `channel:ts`, joined by blanks.

        DeliveryDelayed while Slack refuses the token of the workspace: that is no fault of the message.
        """
        try:
            posted = await self._send(address, message)
        except (AddressUnreachable, DeliveryRefused):
            # Slack has taken the token and minds something else, or there is none any more.
            self._refused.discard(address.account)
            raise
        self._refused.discard(address.account)
        return posted

    async def _send(self, address: Address, message: Message) -> str:
        client = await self._workspaces.of(address.account)
        progress = self._progress.get(message.id) or await self._begin(client, address, message)
        try:
            await self._post_all(client, progress, address, message)
        except AddressUnreachable:
            if is_direct(progress.channel):
                raise
            # The channel is gone, or we were sent out of it; the customer is still there.
            channel = await self._direct(client, address)
            # Another process may have come to this conclusion, too.
            doubtful = progress.doubtful or progress.resumed
            progress = _Progress(address.account, channel, None, progress.begun, doubtful=doubtful)
            self._note(message.id, progress)
            await self._post_all(client, progress, address, message)
        del self._progress[message.id]
        return " ".join(f"{progress.channel}:{ts}" for _, ts in sorted(progress.posted.items()))

    async def _begin(self, client: AsyncWebClient, address: Address, message: Message) -> _Progress:
        channel, _, thread = message.place.partition("/")
        channel = channel or await self._direct(client, address)
        begun = await self._store.read(outbox.begun, message.id)
        # Begun, and not by us: the process before us may have ended between Slack's yes and our note of it.
        resumed = begun is not None
        progress = _Progress(
            address.account, channel, thread or None, begun, doubtful=resumed, resumed=resumed
        )
        return self._note(message.id, progress)

    def _note(self, message_id: str, progress: _Progress) -> _Progress:
        self._progress[message_id] = progress
        if len(self._progress) > _REMEMBERED:
            self._progress.popitem(last=False)
        return progress

    async def _post_all(
        self, client: AsyncWebClient, progress: _Progress, address: Address, message: Message
    ) -> None:
        if progress.doubtful:
            await self._look_up(client, progress, message)
        for post in posts(message, address.account):
            if post.part not in progress.posted:
                waited = await self._turn(progress.channel, f"{message.id}/{post.part}")
                try:
                    if waited and not await self._store.read(outbox.waits, message.id):
                        raise DeliveryDelayed("a person has taken over", retry_after=0)
                    await self._mark(progress, message)
                    progress.posted[post.part] = await self._post(client, progress, post)
                finally:
                    self._turns.spent(progress.channel)

    async def _mark(self, progress: _Progress, message: Message) -> None:
        if progress.begun is None:
            await self._store.write(outbox.begin, message.id)
            progress.begun = now()

    async def _turn(self, channel: str, who: str) -> bool:
        """Wait for the turn of one post; whether that took any time."""
        waited = False
        while (seconds := self._turns.wait(channel, who)) > 0:
            if seconds > _WAIT_HERE:
                raise DeliveryDelayed("others are before us in this channel", retry_after=seconds)
            await asyncio.sleep(seconds)
            waited = True
        return waited

    async def _post(self, client: AsyncWebClient, progress: _Progress, post: Post) -> str:
        # Doubtful until Slack has answered, also if we are cancelled in between.
        progress.doubtful = True
        try:
            answer = await client.chat_postMessage(
                channel=progress.channel,
                text=post.text,
                blocks=list(post.blocks) or None,
                metadata=dict(post.metadata),
                unfurl_links=False,
                unfurl_media=False,
                thread_ts=progress.thread,
            )
        except TROUBLES as error:
            progress.doubtful = delay_of(error) is None and error_of(error) in _UNCERTAIN
            raise self._meaning(error, progress.account, progress.channel) from error
        progress.doubtful = False
        return str(answer["ts"])

    async def _look_up(self, client: AsyncWebClient, progress: _Progress, message: Message) -> None:
        since = progress.begun or message.sent_at
        try:
            found = await parts_at_slack(client, progress.channel, progress.thread, message.id, since=since)
        except TROUBLES as error:
            raise self._meaning(error, progress.account, progress.channel) from error
        progress.posted.update(found)
        progress.doubtful = False

    async def _direct(self, client: AsyncWebClient, address: Address) -> str:
        key = (address.account, address.external_id)
        if key not in self._directs:
            try:
                opened = await client.conversations_open(users=address.external_id)
            except TROUBLES as error:
                raise self._meaning(error, address.account, "") from error
            self._directs[key] = str(opened["channel"]["id"])
            if len(self._directs) > _REMEMBERED:
                self._directs.popitem(last=False)
        return self._directs[key]

    def _meaning(self, error: BaseException, account: str, channel: str) -> DeliveryError:
        delay, word = delay_of(error), error_of(error)
        if is_about_the_token(error):
            self._refused.add(account)
            log.error("slack.token_refused", channel=NAME, account=account, error=word)
        elif delay is not None:
            self._turns.hold(channel, delay.retry_after)
        if delay is not None:
            return delay
        if word in UNREACHABLE:
            return AddressUnreachable(f"Slack says {word}")
        if word in REFUSED:
            return DeliveryRefused(f"Slack says {word}")
        return DeliveryError(
            f"Slack says {word}" if word else f"no answer from Slack: {type(error).__name__}"
        )
