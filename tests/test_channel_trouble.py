"""What keeps a channel from its platform stands in /ready and /metrics, and the rest of the server goes on."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from bot.models import now
from bot.settings import Settings
from bot.store import installations
from bot.store.installations import Installed
from bot.store.tables import outbox
from channels import slack_sockets, slack_workspaces, telegram_intake
from tests.conftest import until
from tests.platforms.slack import BOT_TOKEN, BROKEN, SlackDouble, Workspace, refused
from tests.platforms.slack_deliveries import callback, command
from tests.platforms.slack_server import ANNA, BORIS, Desk, OpenDesk
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
        (slack_sockets, "_FIRST_REST"), (slack_sockets, "_LONGEST_REST"), (slack_workspaces, "_TOKEN_REST"),
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


async def deliveries(desk: Desk) -> list[tuple[str, int]]:
    """Status and used tries of all that goes out, oldest first."""
    query = sa.select(outbox.c.status, outbox.c.tries).order_by(outbox.c.id)
    return await desk.grija.store.read(lambda tx: [(row.status, row.tries) for row in tx.execute(query)])


async def test_while_slack_refuses_the_token_messages_wait_and_it_is_told(desk: Desk) -> None:
    assert await seen(desk.url, "slack") == (200, "ok", "1.0")
    revoked = desk.slack.workspaces.pop(BOT_TOKEN)
    await desk.say(ANNA, "one")
    await desk.say(ANNA, "two")
    await desk.say(BORIS, "hello")
    await until_seen(desk.url, "slack", 200, "token_refused", "0.0")
    tries = desk.grija.settings.delivery_tries

    async def often() -> bool:
        return len(desk.slack.called("chat.postMessage")) > 3 * tries

    await until(often)
    assert await deliveries(desk) == [("waiting", 0)] * 3
    assert (await seen(desk.url, "web"))[1:] == ("ok", "1.0")
    desk.slack.workspaces[BOT_TOKEN] = revoked
    assert await desk.answered("DANNA", 2) == ["echo: one", "echo: two"]
    assert await desk.answered("DBORIS", 1) == ["echo: hello"]
    await until_seen(desk.url, "slack", 200, "ok", "1.0")
    await desk.grija.hub.settle()
    assert await deliveries(desk) == [("sent", 0)] * 3


@pytest.mark.parametrize(
    "word",
    [
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    ],
)
@pytest.mark.parametrize("method", ["chat.postMessage", "conversations.open"])
async def test_every_word_of_slack_for_a_refused_token_costs_no_try(
    sqlite_desk: OpenDesk, slack: SlackDouble, method: str, word: str
) -> None:
    async with sqlite_desk(delivery_tries=1) as desk:
        slack.faults[method] = [refused(word)] * 2
        # What is asked for by a command is answered in the direct message, which must be opened first.
        assert await desk.http.command(command(ANNA, "hello")) == 200
        assert await desk.answered("DANNA", 1) == ["echo: hello"]
        assert len(slack.called(method)) == 3
        await until_seen(desk.url, "slack", 200, "ok", "1.0")
        assert await deliveries(desk) == [("sent", 0)]


async def test_the_token_of_one_workspace_says_nothing_about_anothers(
    sqlite_desk: OpenDesk, slack: SlackDouble
) -> None:
    home = slack.workspaces.pop(BOT_TOKEN)
    slack.workspaces["xoxb-2"] = Workspace("T2", "xoxb-2", "UBOT2")
    async with sqlite_desk() as desk:
        await desk.grija.store.write(installations.save, Installed("slack", "T2", "xoxb-2", {}, now()))
        await desk.say(ANNA, "one")
        await until_seen(desk.url, "slack", 200, "token_refused", "0.0")
        said = slack.write(BORIS, slack.direct(BORIS), "two")
        assert await desk.http.event(callback(said, team="T2", bot="UBOT2")) == 200
        assert await desk.answered("DBORIS", 1) == ["echo: two"]
        assert await seen(desk.url, "slack") == (200, "token_refused", "0.0")
        slack.workspaces[BOT_TOKEN] = home
        assert await desk.answered("DANNA", 1) == ["echo: one"]
        await until_seen(desk.url, "slack", 200, "ok", "1.0")


async def test_a_workspace_that_uninstalls_the_app_is_no_obstacle_any_more(
    sqlite_desk: OpenDesk, slack: SlackDouble
) -> None:
    async with sqlite_desk(slack_bot_token="", slack_client_id="1.2", slack_client_secret="s") as desk:
        await desk.grija.store.write(installations.save, Installed("slack", "T1", "xoxb-old", {}, now()))
        await desk.say(ANNA, "one")
        await until_seen(desk.url, "slack", 200, "token_refused", "0.0")
        end = {**callback({"type": "app_uninstalled"}), "event_time": now().timestamp() + 1}
        assert await desk.http.event(end) == 200
        await until_seen(desk.url, "slack", 200, "ok", "1.0")
        await desk.settle()
        assert await deliveries(desk) == [("dead", 0)]
