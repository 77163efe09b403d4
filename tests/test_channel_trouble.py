"""What keeps a channel from its platform stands in /ready and /metrics, and the rest of the server goes on."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.settings import Settings
from channels import slack_sockets, telegram_intake
from tests.conftest import until
from tests.platforms.slack import BROKEN, SlackDouble, refused
from tests.platforms.slack_server import ANNA, OpenDesk
from tests.platforms.telegram import BAD_GATEWAY, TelegramDouble
from tests.platforms.telegram import refused as telegram_refused
from tests.telegram_bench import hurry, talking

pytest_plugins = ["tests.platforms.slack_fixtures"]


@pytest.fixture(autouse=True)
def _short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    for module, name in (
        (telegram_intake, "_LONGEST_REST"), (telegram_intake, "_CONFLICT_REST"),
        (telegram_intake, "_TAKEN_SECONDS"),
        (slack_sockets, "_FIRST_REST"), (slack_sockets, "_LONGEST_REST"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 0.05)


async def seen(url: str, channel: str) -> tuple[int, str, str]:
    """The status of /ready, its word for a channel, and the channel's line of /metrics."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/ready") as response:
            status, body = response.status, await response.json()
        async with session.get(f"{url}/metrics") as response:
            lines = (await response.text()).splitlines()
    (line,) = [line for line in lines if line.startswith(f'grija_channel_up{{channel="{channel}"}}')]
    return status, body["channels"][channel], line.rpartition(" ")[2]


async def until_seen(url: str, channel: str, *wanted: Any) -> None:
    async def so() -> bool:
        return await seen(url, channel) == wanted

    await until(so)


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        (telegram_refused(401, "Unauthorized"), "token_refused"),
        (telegram_refused(404, "Not Found"), "token_refused"),
        (telegram_refused(409, "Conflict: terminated by other getUpdates request"), "conflict"),
        (BAD_GATEWAY, "no_answer"),
    ],
)
async def test_polling_that_fails_is_told_and_heals(
    sqlite_settings: Settings, trouble: Any, word: str
) -> None:
    async with TelegramDouble() as telegram, talking(sqlite_settings, telegram) as talk:
        await until_seen(talk.url, "telegram", 200, "ok", "1.0")
        telegram.troubles["getUpdates"].extend([trouble] * 1000)
        telegram.person(1).write("one")  # ends the call that waits
        await until_seen(talk.url, "telegram", 200, word, "0.0")
        telegram.troubles["getUpdates"].clear()
        await until_seen(talk.url, "telegram", 200, "ok", "1.0")


async def test_a_token_that_is_refused_from_the_beginning_is_told(sqlite_settings: Settings) -> None:
    async with TelegramDouble() as telegram:
        telegram.troubles["getMe"].extend([telegram_refused(401, "Unauthorized")] * 1000)
        async with talking(sqlite_settings, telegram) as talk:
            await until_seen(talk.url, "telegram", 200, "token_refused", "0.0")
            telegram.troubles["getMe"].clear()
            await until_seen(talk.url, "telegram", 200, "ok", "1.0")


async def test_a_token_refused_when_we_send_is_told(sqlite_settings: Settings) -> None:
    async with TelegramDouble() as telegram, talking(sqlite_settings, telegram, webhook=True) as talk:
        await until_seen(talk.url, "telegram", 200, "ok", "1.0")
        telegram.troubles["sendMessage"].append(telegram_refused(401, "Unauthorized"))
        telegram.person(1).write("one")
        await until_seen(talk.url, "telegram", 200, "token_refused", "0.0")
        telegram.person(2).write("two")
        await until_seen(talk.url, "telegram", 200, "ok", "1.0")


@pytest.mark.parametrize(
    ("fault", "word"), [(refused("invalid_auth"), "token_refused"), (BROKEN, "no_answer")]
)
async def test_socket_mode_without_a_connection_is_told_and_heals(
    sqlite_desk: OpenDesk, slack: SlackDouble, fault: Any, word: str
) -> None:
    slack.faults["apps.connections.open"] = [fault] * 1000
    async with sqlite_desk(socket_mode=True) as desk:
        await until_seen(desk.url, "slack", 200, word, "0.0")
        slack.faults["apps.connections.open"].clear()
        await slack.sockets.connected(slack_sockets.CONNECTIONS)
        await until_seen(desk.url, "slack", 200, "ok", "1.0")
        slack.faults["apps.connections.open"] = [fault] * 1000
        await slack.sockets.cut()
        await until_seen(desk.url, "slack", 200, word, "0.0")


async def test_a_bot_token_that_slack_refuses_is_told(sqlite_desk: OpenDesk, slack: SlackDouble) -> None:
    async with sqlite_desk() as desk:
        assert await seen(desk.url, "slack") == (200, "ok", "1.0")
        slack.faults["chat.postMessage"] = [refused("invalid_auth")]
        await desk.say(ANNA, "hello")
        await until_seen(desk.url, "slack", 200, "token_refused", "0.0")
        assert await desk.answered("DANNA", 1) == ["echo: hello"]
        await until_seen(desk.url, "slack", 200, "ok", "1.0")
        assert (await seen(desk.url, "web"))[1:] == ("ok", "1.0")
