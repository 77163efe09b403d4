"""Slack's Web API for each workspace, with its own token, and what its refusals mean."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import AddressUnreachable, DeliveryDelayed
from bot.settings import Settings
from bot.store import Store, installations
from channels.slack_deliveries import NAME

TROUBLES = (SlackApiError, aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""What a call of the Web API raises."""

# Below the time that a delivery may take, also when a direct message must be opened first.
_CALL_SECONDS = 8.0
_LONGEST_WAIT = 3600.0
_TOKEN_REST = 60.0
_TOKEN_REFUSED = (
    "account_inactive", "invalid_auth", "missing_scope", "not_allowed_token_type", "not_authed", "token_expired",
    "token_revoked",
)  # fmt: skip
_RATE_LIMITED = ("ratelimited", "rate_limited")


class Workspaces:
    """The clients of all workspaces over one HTTP session, which is open between `open` and `close`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        assert self._session is not None, "opened before it is used"
        return self._session

    async def of(self, account: str) -> AsyncWebClient:
        """The client of a workspace. AddressUnreachable if the app is not installed there (any more)."""
        return self.with_token(await self.token(account))

    async def token(self, account: str) -> str:
        """The bot token of a workspace: from its installation, else the one of the settings."""
        installed = await self._store.read(installations.find, NAME, account)
        token = installed.token if installed else self._settings.slack_bot_token
        if not token:
            raise AddressUnreachable(f"the app is not installed in the Slack workspace {account}")
        return token

    def with_token(self, token: str | None = None) -> AsyncWebClient:
        """A client with any token. It never tries again by itself: a second try might be a second message."""
        return new_client(self._settings, token, session=self._session)


def new_client(
    settings: Settings, token: str | None = None, *, session: aiohttp.ClientSession | None = None
) -> AsyncWebClient:
    """A client of the Web API. The default handlers of the SDK would repeat what a cut connection has left open."""
    return AsyncWebClient(
        token,
        base_url=settings.slack_api_url,
        timeout=int(_CALL_SECONDS),
        session=session,
        retry_handlers=[],
        # The SDK's own is at level 0 and formats every message for a debug log that nobody reads.
        logger=logging.getLogger("slack_sdk"),
    )


def error_of(error: BaseException) -> str:
    """Slack's word for what is wrong; empty if it has not said one."""
    data = (
        error.response.data if isinstance(error, SlackApiError) and hasattr(error.response, "data") else None
    )
    found = data.get("error") if isinstance(data, Mapping) else None
    return found if isinstance(found, str) else ""


def obstacle_of(error: BaseException) -> str:
    """What keeps us from Slack, in one word: token_refused, or no_answer."""
    return "token_refused" if is_about_the_token(error) else "no_answer"


def is_about_the_token(error: BaseException) -> bool:
    """Whether Slack does not take this token (any more), or not for this: only people can help."""
    return error_of(error) in _TOKEN_REFUSED


def delay_of(error: BaseException) -> DeliveryDelayed | None:
    """Whether all that helps is to wait: Slack wishes it, or people must first put the token right."""
    if is_about_the_token(error):
        return DeliveryDelayed(f"Slack refuses the token: {error_of(error)}", retry_after=_TOKEN_REST)
    status = getattr(error.response, "status_code", 200) if isinstance(error, SlackApiError) else 200
    if status != 429 and error_of(error) not in _RATE_LIMITED:
        return None
    seconds = _retry_after(error.response.headers if isinstance(error, SlackApiError) else {})
    return DeliveryDelayed(f"Slack asks to wait {seconds:g} s", retry_after=seconds)


def name_of(error: BaseException) -> str:
    """A word for the log: what Slack said, or the kind of error; never an address, which may hold a secret."""
    return error_of(error) or type(error).__name__


def _retry_after(headers: Any) -> float:
    try:
        return min(max(float(headers.get("Retry-After", "1")), 0.1), _LONGEST_WAIT)
    except (TypeError, ValueError):
        return 1.0
