"""Slack in the crash test: people who write to a double of it that misbehaves, over HTTP or Socket Mode."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.store import Store
from tests.conftest import until
from tests.crash_bench import GONE, asked_in, check_history, check_sent, history, until_none_is_missing
from tests.platforms.slack import (
    APP_TOKEN,
    BOT_TOKEN,
    BOT_USER,
    BROKEN,
    CUT_AFTER_ACCEPTANCE,
    SIGNING_SECRET,
    TEAM,
    Fault,
    SlackDouble,
    refused,
)
from tests.platforms.slack_deliveries import Deliveries, callback

MESSAGES = 4
_CHANNEL = "C1"
_FAULTS = 4

# Shorter than the whole seconds that Slack asks for: many histories fit into a minute.
_RATE_LIMITED = Fault(status=429, error="ratelimited", retry_after=0.2)

_POSTING = (
    BROKEN,
    CUT_AFTER_ACCEPTANCE,
    _RATE_LIMITED,
    refused("internal_error"),
    Fault(body="<html>no JSON</html>"),
    Fault(body="{", accepted=True),
    Fault(error="fatal_error", accepted=True),
    Fault(status=503, error="service_unavailable", accepted=True),
)
_ASKING = (BROKEN, _RATE_LIMITED, refused("internal_error"), Fault(body="{"))


@dataclass(frozen=True)
class _Person:
    """Writes directly or in a channel; Slack delivers one event after the other, or all `at_once`."""

    user: str
    channel: str
    at_once: bool = False

    @property
    def texts(self) -> list[str]:
        return [f"{self.user}-{number}" for number in range(MESSAGES)]


class SlackSide:
    """What happens at Slack during one history. `sockets` says how events come to us."""

    def __init__(self, double: SlackDouble, chance: random.Random, *, sockets: bool, port: int) -> None:
        self._double = double
        self._chance = chance
        self._sockets = sockets
        self._http = Deliveries(f"http://127.0.0.1:{port}/webhooks/slack", patience=1.0)
        double.add_place(_CHANNEL)
        for user in ("UANNA", "UBORIS", "UCORA"):
            double.add_person(user)
        self._people = [
            _Person("UANNA", double.direct("UANNA")),
            _Person("UBORIS", _CHANNEL),
            _Person("UCORA", double.direct("UCORA"), at_once=True),
        ]
        self._late: list[asyncio.Task[None]] = []
        self.poison: list[str] = []

    def settings(self) -> dict[str, Any]:
        """The settings that bring a server to the double."""
        door = {"slack_app_token": APP_TOKEN} if self._sockets else {"slack_signing_secret": SIGNING_SECRET}
        return {"slack_api_url": f"{self._double.url}/api/", "slack_bot_token": BOT_TOKEN, **door}

    async def talk(self) -> None:
        """Until everything was delivered and answered."""
        weather = asyncio.create_task(self._weather())
        await asyncio.gather(*(self._speak(person) for person in self._people))
        await asyncio.gather(*self._late)
        await until_none_is_missing(self._missing)
        weather.cancel()
        with suppress(asyncio.CancelledError):
            await weather

    async def check(self, store: Store) -> None:
        """Nothing lost, nothing worked twice, everything in order, and nothing doubled.

        Neither kills nor doubtful answers double anything: what Slack has is looked up before it is sent again.
        """
        for person in self._people:
            said, turns = await history(store, "slack", TEAM, person.user)
            texts = [message.text for message in asked_in(said)]
            wanted = sorted(texts) if person.at_once else texts
            assert wanted == person.texts
            check_history(said, turns, texts)
            check_sent(self._sent(person), texts, doubtful=0)
        assert self._double.refusals == []

    async def _speak(self, person: _Person) -> None:
        deliveries = [self._deliveries(person, text) for text in person.texts]
        deliveries.insert(2, self._deliver_poison(person))
        if person.at_once:
            await asyncio.gather(*deliveries)
            return
        for delivery in deliveries:
            await asyncio.sleep(self._chance.choice([0, 0.02, 0.1]))
            await delivery

    async def _deliveries(self, person: _Person, text: str) -> None:
        """One message, which Slack tells twice in channels, and now and then again when the next is told already."""
        called = text if person.channel != _CHANNEL else f"<@{BOT_USER}> {text}"
        event = self._double.write(person.user, person.channel, called)
        kinds = ["message", "app_mention"] if person.channel == _CHANNEL else ["message"]
        told = [callback({**event, "type": kind}) for kind in kinds]
        await asyncio.gather(*(self._deliver(payload) for payload in told))
        if self._chance.random() < 0.3:
            self._late.append(asyncio.create_task(self._deliver(told[0], after=0.2)))

    async def _deliver_poison(self, person: _Person) -> None:
        words = f"poison-slack-{person.user}"
        self.poison.append(words)
        event = {"type": "message", "channel": person.channel, "channel_type": "im", "user": person.user}
        broken: list[dict[str, Any]] = [
            {"text": words},
            {"text": words, "ts": 5},
            {"text": [words], "ts": "1.2"},
        ]
        await self._deliver(callback({**event, **self._chance.choice(broken)}))

    async def _deliver(self, payload: Mapping[str, Any], *, after: float = 0) -> None:
        """Deliver an event until it is acknowledged: the outages here are short, so Slack would not give up."""
        await asyncio.sleep(after)
        while True:
            with suppress(*GONE, AssertionError):
                if self._sockets:
                    await self._double.sockets.deliver("events_api", dict(payload), patience=0.5)
                    return
                if await self._http.event(payload) == 200:
                    return
            await asyncio.sleep(0.1)

    async def _weather(self) -> None:
        """One fault after the other; the next comes some time after the last has been felt."""
        faults = self._double.faults["chat.postMessage"]
        for _ in range(_FAULTS):
            await until(self._felt, seconds=60)
            await asyncio.sleep(self._chance.uniform(0.02, 0.2))
            faults.append(self._chance.choice(_POSTING))
            method = self._chance.choice(["users.info", "conversations.history", "apps.connections.open"])
            self._double.faults[method].append(self._chance.choice(_ASKING))
            if self._sockets and self._double.sockets.open:
                with suppress(*GONE):
                    await self._shake()

    async def _felt(self) -> bool:
        return not self._double.faults["chat.postMessage"]

    async def _shake(self) -> None:
        sockets = self._double.sockets
        trouble = self._chance.choice(["cut", "renewed", "noise"])
        if trouble == "cut":
            await sockets.cut()
        elif trouble == "renewed":
            await sockets.disconnect()
        else:
            await sockets.send_raw("no JSON")

    def _sent(self, person: _Person) -> list[str]:
        wanted = {f"echo: {text}" for text in person.texts}
        return [text for text in self._double.texts(person.channel) if text in wanted]

    def _missing(self) -> list[str]:
        wanted = [(person, f"echo: {text}") for person in self._people for text in person.texts]
        return [text for person, text in wanted if text not in self._double.texts(person.channel)]
