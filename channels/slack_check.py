"""Whether Slack is set up right, and what to click if not: a part of `python -m bot check`."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import DeliveryError, SettingsError
from bot.settings import Settings
from channels.slack_install import INSTALL_PATH, REDIRECT_PATH, SCOPES
from channels.slack_workspaces import TROUBLES, error_of, name_of, new_client

WEBHOOK_PATH = "/webhooks/slack"

_BOT_TOKEN = (
    "GRIJA_SLACK_BOT_TOKEN is refused ({word}). Copy the Bot User OAuth Token from api.slack.com/apps → your app → "
    "OAuth & Permissions; if there is none, click Install to Workspace first"
)
_SCOPES = (
    "the bot token lacks {scopes}. Add them under OAuth & Permissions → Bot Token Scopes, then click Reinstall to "
    "Workspace"
)
_APP_TOKEN = (
    "GRIJA_SLACK_APP_TOKEN is refused ({word}). Under Basic Information → App-Level Tokens, generate one with "
    "connections:write, and switch Socket Mode on"
)


async def look(settings: Settings) -> str:
    """What is right, and the addresses that Slack must know. SettingsError says what is wrong and what to click."""
    lines = [await _bot(settings)] if settings.slack_bot_token else []
    lines.append(await _socket(settings) if settings.slack_app_token else _webhook(settings))
    if settings.slack_client_id:
        redirect = _public(settings, REDIRECT_PATH)
        lines.append(
            f"installed at {_public(settings, INSTALL_PATH)}; OAuth & Permissions → Redirect URLs: {redirect}"
        )
    return "; ".join(lines)


async def _bot(settings: Settings) -> str:
    answer = await _asked(_client(settings).auth_test(), _BOT_TOKEN)
    granted = {scope.strip() for scope in str(answer.headers.get("x-oauth-scopes", "")).split(",")}
    missing = sorted(set(SCOPES) - granted)
    if missing:
        raise SettingsError(_SCOPES.format(scopes=", ".join(missing)))
    return f"bot {answer['user']} in the workspace {answer['team']} ({answer['team_id']}), with all scopes"


async def _socket(settings: Settings) -> str:
    await _asked(new_client(settings).apps_connections_open(app_token=settings.slack_app_token), _APP_TOKEN)
    return "Socket Mode is on"


def _webhook(settings: Settings) -> str:
    address = _public(settings, WEBHOOK_PATH)
    if not address.startswith("https://"):
        raise SettingsError(
            f"Slack delivers only to https://, and GRIJA_PUBLIC_URL is {settings.public_url}. Set it to the address "
            "under which Slack reaches this server, or use Socket Mode (GRIJA_SLACK_APP_TOKEN), which needs none"
        )
    return (
        f"{address} belongs into Event Subscriptions → Request URL, Interactivity & Shortcuts → Request URL and "
        "Slash Commands → /support"
    )


async def _asked(call: Any, wrong: str) -> Any:
    try:
        return await call
    except TROUBLES as error:
        if word := error_of(error):
            raise SettingsError(wrong.format(word=word)) from None
        raise DeliveryError(f"Slack does not answer: {name_of(error)}") from None


def _client(settings: Settings) -> AsyncWebClient:
    return new_client(settings, settings.slack_bot_token)


def _public(settings: Settings, path: str) -> str:
    return settings.public_url.rstrip("/") + path
