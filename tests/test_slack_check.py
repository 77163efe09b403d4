"""`python -m bot check` about Slack: what is right is said, what is wrong comes with what to click."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import check
from bot.errors import SettingsError
from bot.settings import Settings, read_settings
from channels import in_use
from tests.platforms.slack import APP_TOKEN, BOT_TOKEN, BROKEN, SIGNING_SECRET, SlackDouble, refused

pytest_plugins = ["tests.platforms.slack_fixtures"]

SECRETS = (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET)


async def finding(settings: Settings, slack: SlackDouble, **given: Any) -> check.Finding:
    changed = replace(settings, slack_api_url=f"{slack.url}/api/", public_url="https://shop.example", **given)
    found = [finding async for finding in check.check(changed) if finding.part == "slack"]
    assert not any(secret in found[0].text for secret in SECRETS)
    return found[0]


async def test_what_is_right_is_said_with_the_addresses_for_slack(
    sqlite_settings: Settings, slack: SlackDouble
) -> None:
    found = await finding(
        sqlite_settings, slack, slack_bot_token=BOT_TOKEN, slack_signing_secret=SIGNING_SECRET,
        slack_client_id="1", slack_client_secret="2",
    )  # fmt: skip
    assert found.right
    for words in ("T1", "https://shop.example/webhooks/slack", "https://shop.example/slack/oauth_redirect"):
        assert words in found.text


async def test_socket_mode_is_tried(sqlite_settings: Settings, slack: SlackDouble) -> None:
    found = await finding(sqlite_settings, slack, slack_bot_token=BOT_TOKEN, slack_app_token=APP_TOKEN)
    assert (found.right, "Socket Mode is on" in found.text) == (True, True)
    slack.faults["apps.connections.open"] = [refused("not_allowed_token_type")]
    found = await finding(sqlite_settings, slack, slack_bot_token=BOT_TOKEN, slack_app_token=APP_TOKEN)
    assert not found.right
    assert "connections:write" in found.text


@pytest.mark.parametrize("error", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_a_refused_token_comes_with_where_to_get_one(
    sqlite_settings: Settings, slack: SlackDouble, error: str
) -> None:
    slack.faults["auth.test"] = [refused(error)]
    found = await finding(
        sqlite_settings, slack, slack_bot_token=BOT_TOKEN, slack_signing_secret=SIGNING_SECRET
    )
    assert not found.right
    assert error in found.text
    assert "OAuth & Permissions" in found.text


async def test_missing_scopes_are_named(sqlite_settings: Settings, slack: SlackDouble) -> None:
    slack.granted = "chat:write,im:history"
    found = await finding(
        sqlite_settings, slack, slack_bot_token=BOT_TOKEN, slack_signing_secret=SIGNING_SECRET
    )
    assert not found.right
    assert "users:read" in found.text
    assert "chat:write" not in found.text
    assert "Reinstall" in found.text


async def test_slack_that_does_not_answer_is_said(sqlite_settings: Settings, slack: SlackDouble) -> None:
    slack.faults["auth.test"] = [BROKEN]
    found = await finding(
        sqlite_settings, slack, slack_bot_token=BOT_TOKEN, slack_signing_secret=SIGNING_SECRET
    )
    assert (found.right, "does not answer" in found.text) == (False, True)


async def test_a_webhook_needs_a_public_address(sqlite_settings: Settings, slack: SlackDouble) -> None:
    changed = replace(
        sqlite_settings,
        slack_api_url=f"{slack.url}/api/",
        slack_bot_token=BOT_TOKEN,
        slack_signing_secret="s",
    )
    (found,) = [finding async for finding in check.check(changed) if finding.part == "slack"]
    assert not found.right
    assert "Socket Mode" in found.text


async def test_without_slack_nothing_is_asked(sqlite_settings: Settings, slack: SlackDouble) -> None:
    found = await finding(sqlite_settings, slack)
    assert (found.right, found.text, slack.calls) == (True, "not in use", [])


# -- Half-set settings ----------------------------------------------------------------------------------

TOKEN, SECRET, APP = "GRIJA_SLACK_BOT_TOKEN", "GRIJA_SLACK_SIGNING_SECRET", "GRIJA_SLACK_APP_TOKEN"
CLIENT, CLIENT_SECRET = "GRIJA_SLACK_CLIENT_ID", "GRIJA_SLACK_CLIENT_SECRET"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({TOKEN: "xoxb-1"}, SECRET),
        ({SECRET: "s"}, TOKEN),
        ({APP: "xapp-1"}, TOKEN),
        ({TOKEN: "xoxp-hidden", SECRET: "s"}, TOKEN),
        ({TOKEN: "xoxb-1", APP: "hidden"}, APP),
        ({CLIENT: "1", SECRET: "s"}, CLIENT_SECRET),
        ({CLIENT_SECRET: "hidden", SECRET: "s"}, CLIENT),
        ({CLIENT: "1", CLIENT_SECRET: "2"}, SECRET),
        ({"GRIJA_SLACK_API_URL": "slack.com"}, "GRIJA_SLACK_API_URL"),
    ],
)
def test_half_a_slack_stops_the_start(given: dict[str, str], named: str, tmp_path: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(given, dotenv=tmp_path / "none")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {TOKEN: "xoxb-1", SECRET: "s"},
        {TOKEN: "xoxb-1", APP: "xapp-1"},
        {CLIENT: "1", CLIENT_SECRET: "2", SECRET: "s"},
        {TOKEN: "xoxb-1", SECRET: "s", APP: "xapp-1", CLIENT: "1", CLIENT_SECRET: "2"},
    ],
)
def test_a_whole_slack_is_in_use(given: dict[str, str], tmp_path: Any) -> None:
    settings = read_settings(given, dotenv=tmp_path / "none")
    assert "slack" in in_use(settings)
    assert "xoxb-1" not in repr(settings)


def test_without_a_token_slack_is_not_in_use() -> None:
    assert "slack" not in in_use(Settings())
