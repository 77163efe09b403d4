"""Socket Mode: kept, then acknowledged; several connections; nothing lost when they end in the middle."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import structlog

from bot import logs
from bot.errors import StoreUnavailable
from bot.settings import Settings
from bot.store import updates
from channels import slack_sockets
from channels.slack_texts import texts_in
from tests.conftest import until
from tests.platforms.slack import APP_TOKEN, RATE_LIMITED, SlackDouble, refused
from tests.platforms.slack_deliveries import callback, command, press
from tests.platforms.slack_server import ANNA, Desk, OpenDesk, open_desk

pytest_plugins = ["tests.platforms.slack_fixtures"]


@pytest.fixture(autouse=True)
def _soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_sockets, "_FIRST_REST", 0.02)


@pytest.fixture
async def socketed(in_haste: None, settings: Settings, slack: SlackDouble) -> AsyncIterator[Desk]:
    """A desk in Socket Mode, without a webhook, over each database."""
    async with open_desk(settings, slack, socket_mode=True, slack_signing_secret="") as desk:
        await slack.sockets.connected(slack_sockets.CONNECTIONS)
        yield desk


def hello(slack: SlackDouble, text: str = "hello") -> dict[str, Any]:
    return callback(slack.write(ANNA, slack.direct(ANNA), text))


async def test_an_envelope_is_acknowledged_and_answered(socketed: Desk) -> None:
    assert await socketed.slack.sockets.deliver("events_api", hello(socketed.slack)) == {}
    assert await socketed.answered("DANNA", 1) == ["echo: hello"]
    assert socketed.slack.sockets.strange == []


async def test_presses_and_commands_come_that_way_too(socketed: Desk) -> None:
    sockets = socketed.slack.sockets
    answer = await sockets.deliver("slash_commands", dict(command(ANNA, "buttons")))
    assert answer == {"response_type": "ephemeral", "text": texts_in("en")["coming"]}
    await socketed.answered("DANNA", 1)
    pressed = press(ANNA, socketed.slack.posts[0])
    for _ in range(3):
        assert await sockets.deliver("interactive", pressed) == {}
    assert await socketed.answered("DANNA", 2) == ["echo: buttons", "echo: /affirm"]


async def test_nothing_is_acknowledged_before_it_is_kept(
    socketed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = socketed.grija.hub.updates.keep
    failures = ["not kept", "not kept"]
    kept_before: list[int] = []

    async def failing(*given: Any, **named: Any) -> int:
        if failures:
            failures.pop()
            raise StoreUnavailable("told to fail")
        fresh = await keep(*given, **named)
        kept_before.append(len(socketed.slack.sockets.acknowledged))
        return fresh

    monkeypatch.setattr(socketed.grija.hub.updates, "keep", failing)
    await socketed.slack.sockets.deliver("events_api", hello(socketed.slack), patience=0.3)
    assert failures == []
    assert kept_before == [0], "the acknowledgement comes after the commit"
    assert await socketed.answered("DANNA", 1) == ["echo: hello"]


async def test_a_lost_acknowledgement_is_no_second_turn(socketed: Desk) -> None:
    payload = hello(socketed.slack)
    for number in range(4):
        await socketed.slack.sockets.deliver("events_api", payload, to=number)
    assert await socketed.answered("DANNA", 1) == ["echo: hello"]


async def test_there_are_several_connections_and_each_is_heard(socketed: Desk) -> None:
    assert len(socketed.slack.sockets.open) == slack_sockets.CONNECTIONS >= 2
    for number in range(slack_sockets.CONNECTIONS):
        await socketed.slack.sockets.deliver(
            "events_api", hello(socketed.slack, str(number)), to=number, tries=1
        )
    assert await socketed.answered("DANNA", 2) == ["echo: 0", "echo: 1"]


async def test_order_is_kept_on_a_connection(socketed: Desk) -> None:
    deliveries = [
        asyncio.create_task(
            socketed.slack.sockets.deliver("events_api", hello(socketed.slack, str(number)), to=0)
        )
        for number in range(30)
    ]
    await asyncio.gather(*deliveries)
    assert await socketed.answered("DANNA", 30) == [f"echo: {number}" for number in range(30)]


async def test_a_connection_that_slack_renews_comes_back(socketed: Desk) -> None:
    sockets = socketed.slack.sockets
    for reason in ("warning", "refresh_requested", "too_many_websockets", "link_disabled"):
        before = list(sockets.open)
        await sockets.disconnect(0, reason)

        async def renewed(before: list[Any] = before) -> bool:
            return len(sockets.open) == slack_sockets.CONNECTIONS and sockets.open != before

        await until(renewed)
    await sockets.deliver("events_api", hello(socketed.slack))
    assert await socketed.answered("DANNA", 1) == ["echo: hello"]


@pytest.mark.parametrize("seed", range(3))
async def test_connections_cut_in_the_middle_lose_nothing(socketed: Desk, seed: int) -> None:
    chance = random.Random(seed)
    sockets, slack = socketed.slack.sockets, socketed.slack
    deliveries = []
    for number in range(40):
        deliveries.append(
            asyncio.create_task(
                sockets.deliver("events_api", hello(slack, str(number)), patience=0.3, tries=40)
            )
        )
        if chance.random() < 0.15:
            await sockets.cut()
        await asyncio.sleep(0)
    await asyncio.gather(*deliveries)
    answers = await socketed.answered("DANNA", 40)
    assert sorted(answers) == sorted(f"echo: {number}" for number in range(40))
    assert [f"echo: {text}" for text in await socketed.asked(ANNA)] == answers


@pytest.mark.parametrize(
    "frame", ["no json", "[]", "{}", '{"type": "new"}', '{"envelope_id": 7}', "[" * 5000]
)
async def test_a_strange_frame_harms_nothing(socketed: Desk, frame: str) -> None:
    await socketed.slack.sockets.send_raw(frame)
    await socketed.slack.sockets.deliver("events_api", hello(socketed.slack), to=0, tries=1)
    assert await socketed.answered("DANNA", 1) == ["echo: hello"]
    assert socketed.slack.sockets.strange == []


async def test_an_envelope_without_a_payload_does_not_come_for_ever(socketed: Desk) -> None:
    await socketed.slack.sockets.deliver("events_api", None, tries=1)  # type: ignore[arg-type]
    assert await socketed.grija.store.read(updates.depth) == {"waiting": 0, "quarantined": 0}


async def test_slack_that_does_not_let_us_in_is_asked_again(
    in_haste: None, sqlite_settings: Settings, slack: SlackDouble
) -> None:
    # Each attempt needs an address of its own: one that was handed out and not used works no more.
    slack.faults["apps.connections.open"] = [refused("invalid_auth"), RATE_LIMITED, refused("internal_error")]
    async with open_desk(sqlite_settings, slack, socket_mode=True) as desk:
        await slack.sockets.connected(slack_sockets.CONNECTIONS)
        await slack.sockets.deliver("events_api", hello(slack))
        assert await desk.answered("DANNA", 1) == ["echo: hello"]
    await slack.sockets.gone()


async def test_stopping_closes_the_connections(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk(socket_mode=True) as desk:
        await desk.slack.sockets.connected(slack_sockets.CONNECTIONS)
        await desk.channel.stop()
        await desk.slack.sockets.gone()
        await desk.channel.stop()


async def test_the_log_holds_no_ticket(
    in_haste: None,
    sqlite_settings: Settings,
    slack: SlackDouble,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slack.sockets._tickets = Forgetful()
    # A logger keeps the settings under which it first wrote: this one shall write under those of this test.
    monkeypatch.setattr(slack_sockets, "log", structlog.get_logger(slack_sockets.__name__))
    try:
        logs.set_up(replace(sqlite_settings, log_level="debug"))
        async with open_desk(sqlite_settings, slack, socket_mode=True):

            async def tried() -> bool:
                return len(slack.called("apps.connections.open")) > 3

            await until(tried)
    finally:
        logs.set_up(Settings(log_level="error", log_format="console"))
    told = capfd.readouterr()
    assert "slack.socket_lost" in told.out + told.err
    assert "ticket" not in told.out + told.err
    assert APP_TOKEN not in told.out + told.err


class Forgetful(set[str]):
    """Addresses that are never good when they are used."""

    def add(self, item: str) -> None:
        pass
