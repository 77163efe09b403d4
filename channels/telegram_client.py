"""Telegram's Bot API as python-telegram-bot speaks it, and what its errors mean to us.

The library's `Bot` is used, not its `Updater`: that confirms updates before they are durable, and one update that it
cannot read holds up all others.
"""

from __future__ import annotations

import os
import ssl
from typing import Any

import httpx
from telegram import Bot
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.request import HTTPXRequest

from bot.settings import Settings
from channels.telegram_updates import WANTED

POLL_SECONDS = 25
"""How long Telegram holds a call for updates open while there are none."""

_CONNECTIONS = 64
# Below the time that a delivery may take, so that a slow answer is known as such.
_ANSWER_SECONDS = 15.0


class TelegramBot(Bot):
    """The library's Bot, which gives out updates as they come, and reads no more of answers than is needed."""

    async def raw_updates(self, *, offset: int | None, seconds: int) -> list[Any]:
        """The waiting updates as JSON values, those below the offset being confirmed; at most after `seconds`.

        TelegramError as the other calls; Conflict while somebody else polls or a webhook is set.
        """
        wanted = {"offset": offset, "timeout": seconds, "allowed_updates": list(WANTED)}
        found = await self._post("getUpdates", wanted, read_timeout=seconds + _ANSWER_SECONDS)
        if not isinstance(found, list):
            raise NetworkError("getUpdates was not answered with a list")
        return found

    async def post_text(self, chat: int, text: str, **more: Any) -> str:
        """Send a text, with what else `sendMessage` takes; Telegram's id of it. TelegramError as the other calls.

        The library's own call fails if it cannot read the whole message that Telegram answers with. That message
        has arrived: it must not be sent again for it.
        """
        sent = await self._post("sendMessage", {"chat_id": chat, "text": text, **more})
        return str(sent["message_id"]) if isinstance(sent, dict) and "message_id" in sent else ""


def open_bot(settings: Settings) -> TelegramBot:
    """A client for the bot of the settings. Nothing is connected yet."""
    # Without it the library warns each time Telegram asks to wait.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    url = settings.telegram_api_url.rstrip("/")
    tls = new_tls()
    return TelegramBot(
        settings.telegram_token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=_request(_CONNECTIONS, tls),
        get_updates_request=_request(1, tls),
    )


async def close_bot(bot: Bot) -> None:
    """Give its connections back; again is harmless."""
    for request in bot._request:
        await request.shutdown()


def account_of(settings: Settings) -> str:
    """The account of the bot: its number, which is the first part of its token."""
    return settings.telegram_token.partition(":")[0]


def told(error: Exception, settings: Settings) -> str:
    """What an error says, without the token, which stands in every address."""
    words = str(error) or type(error).__name__
    return words.replace(settings.telegram_token, "(token)") if settings.telegram_token else words


def never_arrived(error: TelegramError) -> bool:
    """Whether a call surely had no effect: it found no connection. Sent again, nothing is doubled."""
    return isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def was_answered(error: TelegramError) -> bool:
    """Whether Telegram has answered, with an error of its own (5xx)."""
    return type(error) is NetworkError and not isinstance(error.__cause__, httpx.HTTPError)


def is_about_the_token(error: TelegramError) -> bool:
    """Whether Telegram does not know this token (any more): only people can help."""
    return isinstance(error, InvalidToken)


def new_tls() -> ssl.SSLContext:
    """Whom we trust. Reading all certificates takes as long as everything else in a client."""
    return httpx.create_ssl_context()


def _request(connections: int, tls: ssl.SSLContext) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        connect_timeout=10.0,
        read_timeout=_ANSWER_SECONDS,
        write_timeout=10.0,
        pool_timeout=10.0,
        httpx_kwargs={"verify": tls},
    )
