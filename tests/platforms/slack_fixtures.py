"""Fixtures for tests of the Slack channel: `pytest_plugins = ["tests.platforms.slack_fixtures"]`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.settings import Settings
from channels import slack, slack_sending
from channels.slack import SlackChannel
from tests.platforms.slack import SlackDouble, open_slack
from tests.platforms.slack_server import ANNA, BORIS, Desk, OpenDesk, open_desk


@pytest.fixture
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits whole seconds for its turn; that the pace is kept is tested with a clock of its own."""
    for module in (slack, slack_sending):
        monkeypatch.setattr(module, "PACE_SECONDS", 0.001)
    monkeypatch.setattr(SlackChannel, "budget", type(SlackChannel.budget)(10_000, 10_000))


@pytest.fixture(name="slack")
async def slack_double() -> AsyncIterator[SlackDouble]:
    """A Slack with two people and a channel."""
    async with open_slack() as double:
        double.add_person(ANNA, "Anna", "pl-PL")
        double.add_person(BORIS, "Boris", "bg-BG")
        double.add_place("C1")
        yield double


@pytest.fixture
async def desk(in_haste: None, settings: Settings, slack: SlackDouble) -> AsyncIterator[Desk]:
    """Our server beside it, over each database."""
    async with open_desk(settings, slack) as opened:
        yield opened


@pytest.fixture
def sqlite_desk(in_haste: None, sqlite_settings: Settings, slack: SlackDouble) -> OpenDesk:
    """Open a desk over SQLite, for what does not depend on the database; settings by keyword."""

    @asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[Desk]:
        async with open_desk(sqlite_settings, slack, **changes) as ready:
            yield ready

    return opened
