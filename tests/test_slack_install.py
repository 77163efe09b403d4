"""The app in several workspaces: the flow of an installation, what it keeps, and what it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import yaml
from slack_sdk.oauth.installation_store import Installation

from bot.models import now
from bot.store import Store, installations
from bot.store.tables import install_state
from channels.slack_install import SCOPES, InstallationStore, StateStore
from tests.platforms.slack import Workspace
from tests.platforms.slack_deliveries import callback
from tests.platforms.slack_server import ANNA, Desk, OpenDesk
from tests.trained import PROJECT

pytest_plugins = ["tests.platforms.slack_fixtures"]

COOKIE = "slack-app-oauth-state"


@pytest.fixture
async def distributed(sqlite_desk: OpenDesk) -> AsyncIterator[Desk]:
    """A desk that any workspace can install, with none yet."""
    async with sqlite_desk(
        slack_bot_token="", slack_client_id="1.2", slack_client_secret="s", public_url="https://shop.example"
    ) as desk:
        desk.slack.codes["code-2"] = Workspace("T2", "xoxb-2", "UBOT2")
        yield desk


async def begin(session: aiohttp.ClientSession, desk: Desk) -> str:
    """Begin an installation; the state that Slack is to bring back."""
    async with session.get(f"{desk.url}/slack/install", allow_redirects=False) as response:
        assert response.status == 302
        asked = urlsplit(response.headers["Location"])
        assert response.cookies[COOKIE]["secure"]
        assert response.cookies[COOKIE]["httponly"]
    assert (asked.scheme, asked.netloc, asked.path) == ("https", "slack.com", "/oauth/v2/authorize")
    query = parse_qs(asked.query)
    assert query["scope"] == [",".join(SCOPES)]
    assert query["redirect_uri"] == ["https://shop.example/slack/oauth_redirect"]
    return query["state"][0]


async def finish(session: aiohttp.ClientSession, desk: Desk, *, cookie: str, **query: str) -> tuple[int, str]:
    headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    address = f"{desk.url}/slack/oauth_redirect"
    async with session.get(address, params=query, headers=headers) as response:
        assert response.content_type == "text/plain"
        return response.status, await response.text()


async def test_a_workspace_installs_the_app_and_is_answered(distributed: Desk) -> None:
    async with aiohttp.ClientSession() as session:
        state = await begin(session, distributed)
        status, _ = await finish(session, distributed, cookie=state, code="code-2", state=state)
    assert status == 200
    found = await distributed.grija.store.read(installations.find, "slack", "T2")
    assert found is not None
    assert (found.token, found.details["bot_user_id"]) == ("xoxb-2", "UBOT2")
    event = distributed.slack.write(ANNA, distributed.slack.direct(ANNA), "hello")
    assert await distributed.http.event(callback(event, team="T2", bot="UBOT2")) == 200
    assert await distributed.answered("DANNA", 1) == ["echo: hello"]


async def test_a_state_works_once(distributed: Desk) -> None:
    distributed.slack.codes["code-3"] = Workspace("T3", "xoxb-3", "UBOT3")
    async with aiohttp.ClientSession() as session:
        state = await begin(session, distributed)
        await finish(session, distributed, cookie=state, code="code-2", state=state)
        status, _ = await finish(session, distributed, cookie=state, code="code-3", state=state)
    assert status == 401
    assert await distributed.grija.store.read(installations.find, "slack", "T3") is None


@pytest.mark.parametrize(
    ("cookie", "query"),
    [
        ("", {"code": "code-2", "state": "STATE"}),
        ("another", {"code": "code-2", "state": "STATE"}),
        ("made-up", {"code": "code-2", "state": "made-up"}),
        ("STATE", {"state": "STATE"}),
        ("STATE", {"code": "wrong", "state": "STATE"}),
        ("STATE", {"error": "<script>alert(1)</script>"}),
        ("STATE", {}),
    ],
)
async def test_anything_else_installs_nothing(distributed: Desk, cookie: str, query: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as session:
        state = await begin(session, distributed)
        given = {key: value.replace("STATE", state) for key, value in query.items()}
        status, text = await finish(session, distributed, cookie=cookie.replace("STATE", state), **given)
    assert 400 <= status < 500
    assert "script" not in text
    assert await distributed.grija.store.read(installations.find, "slack", "T2") is None


async def test_a_state_expires(store: Store) -> None:
    await store.write(installations.begin, "old", now() - timedelta(seconds=1))
    await store.write(installations.begin, "new", now() + timedelta(seconds=600))
    assert not await store.write(installations.finish, "old")
    assert await store.write(installations.finish, "new")
    assert not await store.write(installations.finish, "new")
    states = StateStore(store)
    state = await states.async_issue()
    kept = await store.read(lambda tx: [row.digest for row in tx.execute(install_state.select())])
    assert len(kept) == 1
    assert state not in kept, "only its digest is kept"
    assert await states.async_consume(state)


async def test_slack_bolts_store_over_ours(store: Store) -> None:
    kept = InstallationStore(store)
    team = Installation(
        app_id="A1", team_id="T2", bot_token="xoxb-2", bot_user_id="UBOT2", bot_scopes="a,b", user_id="U1",
        user_token="xoxp-secret", installed_at=1_700_000_000.0,
    )  # fmt: skip
    wide = Installation(
        app_id="A1", enterprise_id="E1", bot_token="xoxb-e", user_id="U1", is_enterprise_install=True
    )
    await kept.async_save(team)
    await kept.async_save(wide)
    found = await kept.async_find_installation(enterprise_id=None, team_id="T2")
    assert found is not None
    assert (found.bot_token, found.bot_scopes, found.user_token) == ("xoxb-2", ["a", "b"], None)
    bot = await kept.async_find_bot(enterprise_id="E1", team_id=None, is_enterprise_install=True)
    assert bot is not None
    assert bot.bot_token == "xoxb-e"
    await kept.async_delete_all(enterprise_id=None, team_id="T2")
    assert await kept.async_find_bot(enterprise_id=None, team_id="T2") is None
    assert await kept.async_find_bot(enterprise_id="E1", team_id=None, is_enterprise_install=True) is not None


async def test_a_second_installation_takes_the_place_of_the_first(store: Store) -> None:
    kept = InstallationStore(store)
    for token in ("xoxb-old", "xoxb-new"):
        await kept.async_save(Installation(team_id="T2", bot_token=token, user_id="U1"))
    found = await store.read(installations.find, "slack", "T2")
    assert found is not None
    assert found.token == "xoxb-new"


def test_the_manifest_asks_for_what_the_code_needs() -> None:
    manifest = yaml.safe_load(
        (PROJECT / "docs" / "channels" / "slack-manifest.yml").read_text(encoding="utf-8")
    )
    assert sorted(manifest["oauth_config"]["scopes"]["bot"]) == sorted(SCOPES)
    assert Path(urlsplit(manifest["settings"]["event_subscriptions"]["request_url"]).path).name == "slack"
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["features"]["slash_commands"][0]["command"] == "/support"
