"""Whole stories on Telegram with the trained model: one in each language, all at the same time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest

from bot import texts
from bot.settings import Settings
from tests.conftest import until
from tests.platforms.telegram import TelegramDouble
from tests.platforms.telegram_people import Person
from tests.shopping import PEOPLE, Counter
from tests.telegram_bench import Talk, hurry, talking
from tests.test_journeys import ORDERS, WISHES, Bot, patterns_of

LANGUAGES = ("en", "pl", "el", "bg", "ro")


@dataclass
class Customer:
    """One customer on Telegram."""

    person: Person
    counter: Counter
    language: str
    seen: int = 0

    @property
    def new(self) -> list[str]:
        return self.person.chat.texts()[self.seen :]

    async def says(self, text: str, *responses: str) -> str:
        """Write, and wait until the bot has said one of these responses; its text."""
        self.seen = len(self.person.chat.sent)
        self.person.write(text)
        return await self._hears(responses)

    async def presses(self, place: int, *responses: str) -> str:
        data = self.person.chat.buttons()[place]["callback_data"]
        self.seen = len(self.person.chat.sent)
        self.person.press(data)
        return await self._hears(responses)

    async def _hears(self, responses: tuple[str, ...]) -> str:
        patterns = [pattern for response in responses for pattern in patterns_of(response, self.language)]
        heard: list[str] = []

        async def said() -> bool:
            heard[:] = [
                text
                for text in self.new
                if any(re.fullmatch(pattern, text, re.DOTALL) for pattern in patterns)
            ]
            return bool(heard)

        try:
            await until(said, seconds=60)
        except AssertionError:
            pytest.fail(f"{self.language}: expected {responses}, the bot said: {self.new}")
        return heard[0]


@pytest.fixture
async def talk(
    sqlite_settings: Settings, trained_models: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Talk]:
    hurry(monkeypatch)
    settings = replace(sqlite_settings, models=trained_models)
    async with TelegramDouble() as telegram:
        async with talking(settings, telegram, open_dialogue=None) as opened:
            await asyncio.wait_for(opened.grija.readiness.working.wait(), 90)
            yield opened
        assert telegram.faults == []


async def test_an_order_is_cancelled_in_every_language(talk: Talk) -> None:
    """/start in the platform's language, a wish, proof of who it is, buttons, a person, stop."""
    people = [
        Customer(talk.telegram.person(number, language=language), Counter(talk.grija.settings.data), language)
        for number, language in enumerate(LANGUAGES, start=1)
    ]
    await asyncio.gather(*(_journey(customer) for customer in people))
    for customer in people:
        number = ORDERS[customer.language]["paid"]
        assert customer.counter.one("SELECT status FROM purchase WHERE number = ?", number) == "cancelled"


async def _journey(customer: Customer) -> None:
    await customer.says("/start", "utter_greet")
    numbers = ORDERS[customer.language]
    await customer.says(WISHES["cancel_order"][customer.language].format(**numbers), "utter_ask_email")
    email = f"{PEOPLE[customer.language]}@example.com"
    await customer.says(email, "utter_ask_code")
    asked = await customer.says(
        customer.counter.code(email), "utter_confirm_cancel", "utter_confirm_cancel_with_fee"
    )
    assert numbers["paid"] in asked
    await customer.presses(0, "utter_order_cancelled")
    await customer.says("/agent", "utter_handoff_asked")
    await customer.presses(0, "utter_handoff_taken_back")
    customer.seen = len(customer.person.chat.sent)
    customer.person.write("/stop")

    async def stopped() -> bool:
        return customer.new == [texts.stopped(customer.language)]

    await until(stopped)
    # What was proved is forgotten.
    await customer.says(WISHES["track_order"][customer.language].format(**numbers), "utter_ask_email")


async def test_a_token_is_all_that_the_command_needs(trained_models: Path, tmp_path: Path) -> None:
    """`make run` with a token, and here also the address of the double: no public address, no webhook."""
    bot = Bot(trained_models, tmp_path)
    del bot.environment["GRIJA_PUBLIC_URL"]
    async with TelegramDouble() as telegram:
        bot.environment |= {"GRIJA_TELEGRAM_TOKEN": telegram.token, "GRIJA_TELEGRAM_API_URL": telegram.url}
        written = telegram.person(42, language="pl").write("/start")
        await bot.start()
        try:
            customer = Customer(telegram.person(43, language="ro"), Counter(tmp_path), "ro")
            await customer.says("/start", "utter_greet")
            await customer.says(WISHES["cancel_order"]["ro"].format(**ORDERS["ro"]), "utter_ask_email")
            async with aiohttp.ClientSession() as session:
                async with session.get(f"{bot.url}/ready") as ready:
                    assert (await ready.json())["channels"]["telegram"] == "ok"
                async with session.post(f"{bot.url}/webhooks/telegram", json={}) as webhook:
                    assert webhook.status == 404, "nobody outside needs to reach us"
        finally:
            assert await bot.stop() == 0
        assert telegram.made("setWebhook") == []
        assert telegram.queue.confirmed[0] == written, "what was written before the start is answered, too"
        assert telegram.world.chats[42].texts() != []
        assert telegram.faults == []
