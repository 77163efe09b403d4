"""After an outage: what waits for Slack drains within its limits, and no channel waits for another."""

from __future__ import annotations

import pytest

from bot.models import Inbound
from bot.settings import Settings
from channels import Budget, slack, slack_sending
from channels.slack import SlackChannel
from tests.conftest import until
from tests.outage import leave_behind
from tests.platforms.slack import TEAM, SlackDouble
from tests.platforms.slack_server import open_desk

pytest_plugins = ["tests.platforms.slack_fixtures"]

SPEED = 20
EACH = 25
DIRECT, CHANNELS, IN_CHANNEL = 40, 10, 4


def hurry(monkeypatch: pytest.MonkeyPatch, double: SlackDouble) -> None:
    """Everything SPEED times as fast as Slack; the double counts at the same pace."""
    for module in (slack, slack_sending):
        monkeypatch.setattr(module, "PACE_SECONDS", 1 / SPEED)
    monkeypatch.setattr(slack_sending, "_WAIT_HERE", slack_sending._WAIT_HERE / SPEED)
    monkeypatch.setattr(SlackChannel, "budget", Budget(5 * SPEED, SPEED))
    double.per_second = SPEED
    double.per_minute = 300 * SPEED


def crowd(double: SlackDouble) -> list[Inbound]:
    """People who wrote directly, and people who share channels, each with a thread there."""
    asked = []
    for number in range(DIRECT):
        user = double.add_person(f"UD{number}")
        asked.append(Inbound("slack", TEAM, f"d{number}", user, "still there?", place=double.direct(user)))
    for channel in (double.add_place(f"C{number}").id for number in range(CHANNELS)):
        for number in range(IN_CHANNEL):
            user = double.add_person(f"U{channel}{number}")
            thread = double.write(user, channel, "still there?")["ts"]
            asked.append(Inbound("slack", TEAM, f"{channel}{number}", user, "?", place=f"{channel}/{thread}"))
    return asked


async def test_two_thousand_messages_drain_within_the_limits_and_fairly(
    sqlite_settings: Settings, slack: SlackDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch, slack)
    asked = crowd(slack)
    total = len(asked) * EACH
    assert total == 2000

    async def sent(count: int) -> None:
        async def enough() -> bool:
            return len(slack.posts) >= count

        await until(enough, seconds=60)

    async with open_desk(sqlite_settings, slack) as desk:
        await desk.grija.store.write(leave_behind, asked, EACH)
        await desk.grija.hub.sweep()
        await sent(total // 2)
        half = [len(told(slack, place)) for place in places(asked)]
        await sent(total)
        await desk.grija.hub.settle()
    assert slack.refusals == []
    assert len(slack.posts) == total, "each once"
    assert all(told(slack, place) == [f"text {n}" for n in range(EACH)] for place in places(asked))
    assert max(half) - min(half) <= EACH // 2, "nobody is served much earlier than another"


def places(asked: list[Inbound]) -> list[str]:
    return [one.place for one in asked]


def told(double: SlackDouble, place: str) -> list[str]:
    """What stands in a place: a direct message, or a thread of a channel."""
    channel, _, thread = place.partition("/")
    return [post.text for post in double.posts if (post.channel, post.thread_ts or "") == (channel, thread)]
