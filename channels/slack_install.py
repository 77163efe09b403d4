"""Installing the Slack app in more workspaces: OAuth by slack-bolt's flow, kept in our own store."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta, timezone
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.models import now
from bot.settings import Settings
from bot.store import Store, installations
from bot.store.installations import Installed
from channels.slack_deliveries import NAME

INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "chat:write",
    "commands",
    "files:read",
    "groups:history",
    "im:history",
    "im:write",
    "mpim:history",
    "users:read",
)
"""What the app may do; the same list as in docs/channels/slack-manifest.yml."""

_STATE_SECONDS = 600
_DETAILS = (
    "app_id",
    "enterprise_id",
    "team_id",
    "team_name",
    "bot_id",
    "bot_user_id",
    "user_id",
    "is_enterprise_install",
)


class InstallationStore(AsyncInstallationStore):
    """slack-bolt's installation store over our own: one installation for each workspace, or organisation.

    Only what we use is kept: never a person's token, and no webhook address.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def async_save(self, installation: Installation) -> None:
        details = {key: getattr(installation, key) for key in _DETAILS}
        details["bot_scopes"] = list(installation.bot_scopes or ())
        account = installed_account(
            installation.enterprise_id, installation.team_id, installation.is_enterprise_install
        )
        moment = datetime.fromtimestamp(installation.installed_at, timezone.utc)
        installed = Installed(NAME, account, installation.bot_token or "", details, moment)
        await self._store.write(installations.save, installed)

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        account = installed_account(enterprise_id, team_id, bool(is_enterprise_install))
        found = await self._store.read(installations.find, NAME, account)
        if found is None:
            return None
        return Installation(
            bot_token=found.token, installed_at=found.installed_at.timestamp(), **_arguments(found.details)
        )

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        found = await self.async_find_installation(
            enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=is_enterprise_install
        )
        return None if found is None else found.to_bot()

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        await self.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        account = installed_account(enterprise_id, team_id, team_id is None)
        await self._store.write(installations.forget, NAME, account, now())


class StateStore(AsyncOAuthStateStore):
    """slack-bolt's state store over our own: a state works once, for ten minutes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def async_issue(self, *arguments: Any, **named: Any) -> str:
        state = secrets.token_urlsafe(32)
        await self._store.write(installations.begin, state, now() + timedelta(seconds=_STATE_SECONDS))
        return state

    async def async_consume(self, state: str) -> bool:
        return await self._store.write(installations.finish, state)


class _OAuthClient(AsyncWebClient):
    """Sends the app's id and secret in the body: the SDK's way with aiohttp.BasicAuth ends with aiohttp 4."""

    async def oauth_v2_access(self, *, code: str, **given: Any) -> AsyncSlackResponse:  # type: ignore[override]
        known = {key: value for key, value in given.items() if value is not None}
        return await self.api_call("oauth.v2.access", data={"code": code, **known})


class Installer:
    """The two pages of the flow: to Slack, and back from there."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._flow = AsyncOAuthFlow(
            client=_OAuthClient(
                base_url=settings.slack_api_url, retry_handlers=[], logger=logging.getLogger("slack_bolt")
            ),
            logger=logging.getLogger("slack_bolt"),
            settings=AsyncOAuthSettings(
                client_id=settings.slack_client_id,
                client_secret=settings.slack_client_secret,
                scopes=list(SCOPES),
                user_scopes=[],
                redirect_uri=settings.public_url.rstrip("/") + REDIRECT_PATH,
                install_path=INSTALL_PATH,
                redirect_uri_path=REDIRECT_PATH,
                install_page_rendering_enabled=False,
                callback_options=AsyncCallbackOptions(success=_installed, failure=_not_installed),
                installation_store=InstallationStore(store),
                state_store=StateStore(store),
                state_expiration_seconds=_STATE_SECONDS,
                logger=logging.getLogger("slack_bolt"),
            ),
        )

    def routes(self) -> list[web.RouteDef]:
        return [web.get(INSTALL_PATH, self._begin), web.get(REDIRECT_PATH, self._finish)]

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        return _safe(
            await to_aiohttp_response(await self._flow.handle_installation(await to_bolt_request(request)))
        )

    async def _finish(self, request: web.Request) -> web.StreamResponse:
        return _safe(
            await to_aiohttp_response(await self._flow.handle_callback(await to_bolt_request(request)))
        )


def installed_account(
    enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None
) -> str:
    """The account of an installation: the workspace, or the organisation if it is installed for all of it."""
    return (enterprise_id if is_enterprise_install or not team_id else team_id) or ""


def _arguments(details: Any) -> dict[str, Any]:
    return {**{key: details.get(key) for key in _DETAILS}, "bot_scopes": details.get("bot_scopes") or []}


async def _installed(arguments: AsyncSuccessArgs) -> BoltResponse:
    return _page(200, "Grija is installed. You can close this page and write to it in Slack.", arguments)


async def _not_installed(arguments: AsyncFailureArgs) -> BoltResponse:
    text = f"Grija was not installed. Please begin again at {INSTALL_PATH}."
    return _page(max(arguments.suggested_status_code, 400), text, arguments)


def _page(status: int, text: str, arguments: AsyncSuccessArgs | AsyncFailureArgs) -> BoltResponse:
    # Text and not a page of slack-bolt's: nothing of the request is repeated in it.
    gone = arguments.settings.state_utils.build_set_cookie_for_deletion()
    return BoltResponse(
        status=status, body=text, headers={"Content-Type": "text/plain; charset=utf-8", "Set-Cookie": gone}
    )


def _safe(response: web.Response) -> web.Response:
    response.headers.update(
        {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )
    return response
