"""Messages on their way to Telegram: one call for each part, within the limits, and what refusals mean."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from typing import Any

import structlog
from telegram import LinkPreviewOptions, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.errors import AddressUnreachable, DeliveryDelayed, DeliveryError, DeliveryRefused
from bot.models import Address, Message, Moved
from bot.settings import Settings
from bot.store import Store, addresses
from channels.telegram_client import (
    TelegramBot,
    is_about_the_token,
    never_arrived,
    told,
    was_answered,
)
from channels.telegram_rendering import Part, render
from channels.telegram_updates import CHANNEL, chat_of, in_group

log = structlog.get_logger(__name__)

_REMEMBERED = 10_000
_TOKEN_REST = 60.0
_LONGEST_OUTAGE_REST = 30.0
# Telegram's own server for previews would fetch the links of invoices, which are good for a few times only.
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Sender:
    """Sends messages part by part. `group_pace` is the least seconds between two messages to one group."""

    def __init__(self, bot: TelegramBot, store: Store, settings: Settings, *, group_pace: float) -> None:
        self._bot = bot
        self._store = store
        self._settings = settings
        self._group_pace = group_pace
        # Parts of a message that have gone out, so that a later one can be tried again alone.
        self._gone: OrderedDict[str, list[str]] = OrderedDict()
        self._rests: dict[int, float] = {}
        self._followed: dict[int, int] = {}
        self._outage = _Outage()
        self.obstacle = ""
        """Why nothing goes out: token_refused; empty if it does."""

    async def send(self, address: Address, message: Message) -> str:
        """Send what is missing of a message, one part for each call; Telegram's ids of its parts.

        DeliveryDelayed while there are more parts, or if Telegram or the pace of the group asks to wait.
        """
        parts = render(message)
        if not parts:
            raise DeliveryRefused("the message has no text")
        gone = self._gone.get(message.id, [])
        chat = self._chat(address)
        self._take_turn(chat, group=in_group(address.external_id))
        more = _more(message, first=not gone)
        ids = [*gone, await self._deliver(address, chat, message, parts[len(gone)], more)]
        if len(ids) < len(parts):
            _remember(self._gone, message.id, ids)
            # Each part is a message to Telegram: the budgets are waited for anew.
            raise DeliveryDelayed(f"part {len(ids)} of {len(parts)} is sent", retry_after=0)
        self._gone.pop(message.id, None)
        return " ".join(ids)

    def _chat(self, address: Address) -> int:
        chat = chat_of(address.external_id)
        return self._followed.get(chat, chat)

    def _take_turn(self, chat: int, *, group: bool) -> None:
        """Several people are addressed in one group, but Telegram counts its messages together."""
        now = asyncio.get_running_loop().time()
        rest = self._rests.get(chat, 0.0) - now
        if rest > 0:
            raise DeliveryDelayed("the chat must rest", retry_after=rest)
        if group:
            self._rest(chat, self._group_pace)

    def _rest(self, chat: int, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._rests) >= _REMEMBERED:
            self._rests = {known: until for known, until in self._rests.items() if until > now}
        self._rests[chat] = now + seconds

    async def _deliver(
        self, address: Address, chat: int, message: Message, part: Part, more: dict[str, Any]
    ) -> str:
        try:
            sent = await self._call(chat, part, more)
            if in_group(address.external_id):
                # Counted from the end: a slow call must not crowd the next one.
                self._rest(chat, self._group_pace)
        except ChatMigrated as moved:
            await self._follow(address, chat, moved.new_chat_id)
            sent = await self._call_again(moved.new_chat_id, message, part, more)
        except TelegramError as error:
            raise self._meaning(chat, message, error) from None
        self._outage.over()
        self.obstacle = ""
        return sent

    async def _call_again(self, chat: int, message: Message, part: Part, more: dict[str, Any]) -> str:
        try:
            return await self._call(chat, part, more)
        except TelegramError as error:
            raise self._meaning(chat, message, error) from None

    async def _call(self, chat: int, part: Part, more: dict[str, Any]) -> str:
        try:
            return await self._post(chat, part, more)
        except BadRequest as error:
            # Better without its ornaments, or beside its topic, than not at all.
            if part.entities and re.search("entit", error.message, re.IGNORECASE):
                return await self._post(chat, Part(part.text, (), part.keyboard), more)
            if "message_thread_id" in more and re.search("thread", error.message, re.IGNORECASE):
                return await self._post(chat, part, {**more, "message_thread_id": None})
            raise

    async def _post(self, chat: int, part: Part, more: dict[str, Any]) -> str:
        return await self._bot.post_text(
            chat,
            part.text,
            entities=part.entities or None,
            reply_markup=part.keyboard,
            link_preview_options=_NO_PREVIEW,
            **more,
        )

    async def _follow(self, address: Address, chat: int, new: int) -> None:
        log.info("telegram.chat_moved", address=address.id)
        self._followed[chat] = new
        await self._store.write(addresses.move, Moved(CHANNEL, address.account, f"{chat}:", f"{new}:"))

    def _meaning(self, chat: int, message: Message, error: TelegramError) -> DeliveryError:
        """What `bot.delivery` shall do about an error of Telegram."""
        words = told(error, self._settings)
        if isinstance(error, RetryAfter):
            seconds = _seconds(error)
            self._rest(chat, seconds)
            return DeliveryDelayed(words, retry_after=seconds)
        if isinstance(error, Forbidden) or _is_unknown_chat(error):
            return AddressUnreachable(words)
        if isinstance(error, BadRequest):
            return DeliveryRefused(words)
        if is_about_the_token(error):
            self.obstacle = "token_refused"
            log.error("telegram.token_refused", error=words)
            return DeliveryDelayed(words, retry_after=_TOKEN_REST)
        if never_arrived(error) or (was_answered(error) and self._outage.explains(message.id)):
            return DeliveryDelayed(words, retry_after=self._outage.rest())
        # Nobody knows whether it arrived, or only this message is in trouble: that uses up a try.
        return DeliveryError(words)


def trouble_with_a_file(error: TelegramError, settings: Settings) -> DeliveryError:
    """What to do about a file that was not handed out: wait without using up a try, or count this as one."""
    words = told(error, settings)
    if isinstance(error, RetryAfter):
        return DeliveryDelayed(words, retry_after=_seconds(error))
    if is_about_the_token(error):
        return DeliveryDelayed(words, retry_after=_TOKEN_REST)
    return DeliveryError(words)


class _Outage:
    """Telegram's own trouble: while it lasts, messages wait without using up their tries."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._successes = 0
        self._failed: OrderedDict[str, int] = OrderedDict()

    def over(self) -> None:
        """A message has gone out."""
        self._since = None
        self._successes += 1

    def rest(self) -> float:
        """Seconds to wait: as long as it has lasted, but not too long."""
        now = asyncio.get_running_loop().time()
        if self._since is None:
            self._since = now
        return min(max(1.0, now - self._since), _LONGEST_OUTAGE_REST)

    def explains(self, message_id: str) -> bool:
        """Whether a failure is Telegram's trouble: not if others have gone out since this message failed before."""
        before = self._failed.get(message_id, self._successes)
        _remember(self._failed, message_id, self._successes)
        return before == self._successes


def _more(message: Message, *, first: bool) -> dict[str, Any]:
    """Where in the chat a message belongs: "message" or "thread/message", if it is a group."""
    thread, _, answered = message.place.rpartition("/")
    more: dict[str, Any] = {"message_thread_id": int(thread)} if thread else {}
    if answered and first:
        more["reply_parameters"] = ReplyParameters(int(answered), allow_sending_without_reply=True)
    return more


def _seconds(error: RetryAfter) -> float:
    rest = error.retry_after
    return float(rest) if isinstance(rest, int | float) else rest.total_seconds()


def _is_unknown_chat(error: TelegramError) -> bool:
    return isinstance(error, BadRequest) and "chat not found" in error.message.lower()


def _remember(table: OrderedDict[str, Any], key: str, value: Any) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > _REMEMBERED:
        table.popitem(last=False)
