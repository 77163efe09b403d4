"""Killed at every crash point and at random: nothing lost, nothing worked twice, everything in order.

Visitors over the widget protocol, people on Telegram and Slack, and one customer of a platform with files talk to a
server that is killed with SIGKILL again and again, while the platforms misbehave too. Telegram is polled in one
history and calls in the next; Slack changes between its Events API and Socket Mode. Then the history in the store, the
visitors' screens and what the platforms got are checked. Some histories happen at once, beside each other.
`--crash-seeds` says how many there are, and `make soak` takes 1,000; `--crash-seed 17` takes that one alone.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.attachments import stored_file
from bot.settings import Settings
from bot.store import Store, attachments, inbox, open_store, outbox, updates
from tests.conftest import new_postgres_database, until
from tests.crash_bench import (
    GONE,
    Keeper,
    Victims,
    Zygote,
    asked_in,
    check_history,
    check_sent,
    free_port,
    history,
)
from tests.crash_slack import SlackSide
from tests.crash_telegram import TelegramSide
from tests.platforms.slack import open_slack
from tests.platforms.telegram import TelegramDouble
from tests.widget_client import open_widget

VISITORS = 2
MESSAGES = 6


AT_ONCE = 4
"""Histories beside each other: they wait more than they work."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seeds" in metafunc.fixturenames:
        single = metafunc.config.getoption("--crash-seed")
        seeds = range(metafunc.config.getoption("--crash-seeds")) if single is None else [single]
        groups = [seeds[begin : begin + AT_ONCE] for begin in range(0, len(seeds), AT_ONCE)]
        metafunc.parametrize("seeds", groups, ids=[f"{group[0]}-{group[-1]}" for group in groups])


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    started = Zygote(AT_ONCE)
    yield started
    started.close()


@pytest.fixture(scope="module")
def migrated(postgres_server: str) -> str:
    """The name of a database with all tables, to be copied: that migrations work is tested elsewhere."""
    url = new_postgres_database(postgres_server)

    async def migrate() -> None:
        await (await open_store(Settings(database_url=url).database)).close()

    asyncio.run(migrate())
    return url.rpartition("?")[0].rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgres"])
def new_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], Settings]:
    """Settings of a server for a seed, with a folder and a database of its own."""
    if request.param == "sqlite":
        return lambda seed: Settings(data=tmp_path / f"{seed}")
    server, migrated = request.getfixturevalue("postgres_server"), request.getfixturevalue("migrated")

    def made(seed: int) -> Settings:
        return Settings(data=tmp_path / f"{seed}", database_url=new_postgres_database(server, like=migrated))

    return made


async def test_killed_again_and_again_nothing_is_lost_or_doubled(
    new_settings: Callable[[int], Settings], zygote: Zygote, seeds: Sequence[int]
) -> None:
    ended = await asyncio.gather(
        *(
            one_history(new_settings(seed), keeper, seed)
            for seed, keeper in zip(seeds, zygote.keepers, strict=False)
        ),
        return_exceptions=True,
    )
    failed = {seed: error for seed, error in zip(seeds, ended, strict=True) if error is not None}
    for seed, error in failed.items():
        raise AssertionError(f"failed with seeds {list(failed)}; --crash-seed {seed}: {error!r}") from error


async def one_history(settings: Settings, keeper: Keeper, seed: int) -> None:
    """What happens with one seed, and what must stand everywhere afterwards."""
    port = free_port()
    settings.data.mkdir(parents=True)
    async with TelegramDouble() as telegram_double, open_slack() as slack_double:
        telegram = TelegramSide(telegram_double, _chance(seed, "telegram"), webhook=seed % 2 == 1)
        slack = SlackSide(slack_double, _chance(seed, "slack"), sockets=seed // 2 % 2 == 1, port=port)
        url = f"http://127.0.0.1:{port}"
        visitors = [Visitor(f"v{number}", _chance(seed, f"v{number}")) for number in range(VISITORS)]
        poster = Poster("p0", _chance(seed, "poster"), settings.data / "platform.jsonl")
        poster.platform.touch()
        platforms = {**telegram.settings(port), **slack.settings()}
        async with Victims(keeper, _spec(settings, poster, port=port, **platforms)) as victims:
            talking = asyncio.gather(
                *(visitor.talk(url) for visitor in visitors), poster.post(url), telegram.talk(), slack.talk()
            )
            try:
                await victims.kill_again_and_again(_chance(seed, "kills"), seed)
                await victims.start(None)
                await asyncio.wait_for(talking, 90)
            finally:
                talking.cancel()
                await asyncio.gather(talking, return_exceptions=True)
            store = await open_store(settings.database)
            try:
                await _until_settled(store)
                await victims.kill(after=0)
                await _check_settled(store, poison=[*telegram.poison, *slack.poison])
                for visitor in visitors:
                    await _check_visitor(store, visitor)
                await _check_platform(store, settings, poster)
                await telegram.check(store)
                await slack.check(store)
            finally:
                await store.close()


@dataclass
class Visitor:
    """A widget that keeps what it has not got acknowledged, and comes back after each crash."""

    name: str
    chance: random.Random
    token: str | None = None
    shown: dict[int, dict[str, Any]] = field(default_factory=dict)
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def wanted(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(MESSAGES)]

    async def talk(self, url: str) -> None:
        """Until every message is acknowledged and answered."""
        while not self._satisfied():
            with suppress(*GONE):
                await self._connection(url)
            await asyncio.sleep(0.05)

    async def _connection(self, url: str) -> None:
        async with open_widget(url) as widget:
            last = max(self.shown, default=0)
            welcome = await asyncio.wait_for(widget.hello(token=self.token, last_seq=last), 10)
            assert self.token in (None, welcome["token"]), "a visitor must stay the same"
            self.token = welcome["token"]
            for name in self.wanted:
                if name not in self.acknowledged:
                    await widget.send({"type": "message", "client_msg_id": name, "text": name})
                    await asyncio.sleep(self.chance.choice([0, 0, 0.01, 0.05]))
            while not self._satisfied():
                self._note(await widget.receive())

    def _note(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ack":
            before = self.acknowledged.setdefault(frame["client_msg_id"], frame)
            assert before == frame, "the same message must be acknowledged alike"
        if frame["type"] == "message":
            assert frame["seq"] not in self.shown, "the server must not send what the visitor has shown"
            assert frame["seq"] == len(self.shown) + 1, "no gap may be seen"
            self.shown[frame["seq"]] = frame

    def _satisfied(self) -> bool:
        return len(self.acknowledged) == MESSAGES and len(self.shown) == 2 * MESSAGES


@dataclass
class Poster:
    """A platform's delivery: each event again and again until it is taken, now and then once too often."""

    name: str
    chance: random.Random
    platform: Path

    @property
    def wanted(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(MESSAGES)]

    async def post(self, url: str) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            for event in self.wanted:
                left = self.chance.choice([1, 1, 2, 3])
                while left:
                    with suppress(*GONE):
                        async with session.post(
                            f"{url}/platform/{self.name}/{event}", data=event
                        ) as response:
                            left -= response.status == 200
                    await asyncio.sleep(0.03)

    def delivered(self) -> list[str]:
        """What the platform has got for its customer."""
        return [json.loads(line)["text"] for line in self.platform.read_text(encoding="utf-8").splitlines()]


def _chance(seed: int, who: str) -> random.Random:
    return random.Random(f"{seed}/{who}")


def _spec(settings: Settings, poster: Poster, **more: Any) -> dict[str, Any]:
    given = {
        "data": str(settings.data),
        "database_url": settings.database_url,
        "sweep_seconds": 0.1,
        "messages_per_minute": 100_000,
        "visitors_per_hour": 100_000,
        "log_level": "error",
        # A message that is unlucky in every kill must not be set aside here.
        "turn_tries": 100,
        "delivery_tries": 100,
        **more,
    }
    return {"settings": given, "platform": str(poster.platform)}


async def _until_settled(store: Store) -> None:
    """Until nothing waits: no update, no message, no file, no delivery."""

    async def settled() -> bool:
        depths = [await store.read(table.depth) for table in (updates, inbox, outbox)]
        files = await store.read(attachments.waiting_messages, ["platform"])
        return not files and not any(depth["waiting"] for depth in depths)

    await until(settled, seconds=60)


async def _check_settled(store: Store, *, poison: list[str]) -> None:
    assert (await store.read(inbox.depth))["dead"] == 0
    assert (await store.read(outbox.depth))["dead"] == 0
    aside = [update.raw for update in await store.read(updates.quarantined)]
    found = [words for raw in aside for words in re.findall(r"poison-\w+-\w+", raw)]
    assert sorted(found) == sorted(poison), "all poison was set aside, each once"
    assert len(aside) == len(poison), "and nothing else was"


async def _check_visitor(store: Store, visitor: Visitor) -> None:
    said, turns = await history(store, "web", "demo", _visitor_id(visitor.token))
    check_history(said, turns, visitor.wanted)
    assert [frame["id"] for _, frame in sorted(visitor.shown.items())] == [message.id for message in said]


async def _check_platform(store: Store, settings: Settings, poster: Poster) -> None:
    said, turns = await history(store, "platform", "file", poster.name)
    check_history(said, turns, poster.wanted)
    check_sent(poster.delivered(), poster.wanted)
    files = [message.attachments for message in asked_in(said)]
    assert all(len(brought) == 1 for brought in files), "one file each, also of an update taken in twice"
    contents = [stored_file(settings, file).read_text(encoding="utf-8") for (file,) in files]
    assert contents == [f"the file of {event}" for event in poster.wanted]


def _visitor_id(token: str | None) -> str:
    assert token is not None
    body = token.split(".")[1]
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
