"""Telegram in the crash test: people who write to a double of it that misbehaves, polled or with a webhook."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any

from bot.store import Store
from tests.conftest import until
from tests.crash_bench import KILLS, check_history, check_sent, history, until_none_is_missing
from tests.platforms.telegram import BAD_GATEWAY, LOST_ANSWER, TelegramDouble, Trouble, refused
from tests.platforms.telegram_people import Person

PEOPLE = 2
MESSAGES = 4
_SECRET = "a-secret-of-the-webhook_0123456789"
_TROUBLES = 4

# Shorter than the whole seconds that Telegram asks for: many histories fit into a minute.
_FLOOD = refused(429, "Too Many Requests: retry after 0.2", retry_after=0.2)

_SENDING = (
    BAD_GATEWAY,
    LOST_ANSWER,
    _FLOOD,
    Trouble(200, b"<html>no JSON</html>", done=True),
    Trouble(502, b'{"ok": false, "error_code": 502, "description": "Bad Gateway"}', done=True),
    Trouble(503, seconds=0.2),
)
_POLLING = (
    BAD_GATEWAY,
    LOST_ANSWER,
    _FLOOD,
    Trouble(200, b"{"),
    Trouble(200, b'{"ok": true, "result": {}}'),
)


class TelegramSide:
    """What happens at Telegram during one history. `webhook` says how updates come to us."""

    def __init__(self, double: TelegramDouble, chance: random.Random, *, webhook: bool) -> None:
        self._double = double
        self._chance = chance
        self._webhook = webhook
        self._people = [double.person(number, language="en") for number in range(1, PEOPLE + 1)]
        self._given: list[Trouble] = []
        self.poison: list[str] = []
        double.queue.repeats = chance.choice([1, 1, 2])
        double.queue.shuffle = lambda batch: chance.sample(list(batch), len(batch))

    def settings(self, port: int) -> dict[str, Any]:
        """The settings that bring a server on this port to the double."""
        webhook = {"telegram_webhook_secret": _SECRET, "public_url": f"http://127.0.0.1:{port}"}
        double = {"telegram_token": self._double.token, "telegram_api_url": self._double.url}
        return {**double, **webhook} if self._webhook else double

    async def talk(self) -> None:
        """Until everything was delivered and answered."""
        weather = asyncio.create_task(self._weather())
        await asyncio.gather(*(self._write(person) for person in self._people))
        await until_none_is_missing(self._missing)
        weather.cancel()
        with suppress(asyncio.CancelledError):
            await weather

    async def check(self, store: Store) -> None:
        """Nothing lost, nothing worked twice, everything in order, doubled only where that cannot be helped."""
        account, doubled = str(self._double.bot.id), 0
        for person in self._people:
            said, turns = await history(store, "telegram", account, str(person.id))
            check_history(said, turns, _texts(person))
            doubled += check_sent(person.chat.texts(), _texts(person), doubtful=KILLS + self._doubtful())
        assert doubled <= PEOPLE * KILLS + self._doubtful(), "doubled without a reason"
        ours = [call.description for call in self._double.faults]
        # The poll of a killed server is ended by that of the next.
        assert all(description.startswith("Conflict: terminated by other") for description in ours), ours

    async def _write(self, person: Person) -> None:
        for number, text in enumerate(_texts(person)):
            await asyncio.sleep(self._chance.choice([0, 0.02, 0.1]))
            if number == 2:
                self._push_poison(person)
            person.write(text)

    def _push_poison(self, person: Person) -> None:
        words = f"poison-telegram-{person.id}"
        self.poison.append(words)
        broken = {"message": {"message_id": words, "chat": person.chat.json, "from": person.user, "text": 5}}
        self._double.push_raw(self._chance.choice([broken, words, [words]]))

    async def _weather(self) -> None:
        """One trouble after the other; the next comes some time after the last has been felt."""
        troubles = self._double.troubles["sendMessage"]
        for _ in range(_TROUBLES):
            await until(self._felt, seconds=60)
            await asyncio.sleep(self._chance.uniform(0.02, 0.2))
            trouble = self._chance.choice(_SENDING)
            troubles.append(trouble)
            self._given.append(trouble)
            if self._chance.random() < 0.5:
                self._double.troubles["getUpdates"].append(self._chance.choice(_POLLING))
            if self._chance.random() < 0.5:
                await self._slow_down()

    async def _felt(self) -> bool:
        return not self._double.troubles["sendMessage"]

    async def _slow_down(self) -> None:
        gate = self._double.hold("sendMessage")
        try:
            await asyncio.sleep(0.1)
        finally:
            del self._double.gates["sendMessage"]
            gate.set()

    def _doubtful(self) -> int:
        left = len(self._double.troubles["sendMessage"])
        return sum(trouble.done for trouble in self._given[: len(self._given) - left])

    def _missing(self) -> list[str]:
        pending = [f"update {number}" for number in self._double.queue.pending]
        wanted = [(person, f"echo: {text}") for person in self._people for text in _texts(person)]
        return pending + [text for person, text in wanted if text not in person.chat.texts()]


def _texts(person: Person) -> list[str]:
    return [f"t{person.id}-{number}" for number in range(MESSAGES)]
