"""A whole story over Slack in each language, with the trained model: asked in a channel, proved, pressed, done."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from bot.settings import Settings
from channels import slack_sending
from channels.slack import SlackChannel
from tests.conftest import until
from tests.platforms.slack import Post, open_slack
from tests.platforms.slack_deliveries import callback, command, press
from tests.platforms.slack_server import Desk, open_desk
from tests.shopping import PEOPLE, Counter
from tests.test_journeys import ORDERS, WISHES, patterns_of

in_one_loop = pytest.mark.asyncio(loop_scope="module")

LOCALES = {"en": "en-GB", "pl": "pl-PL", "el": "el-GR", "bg": "bg-BG", "ro": "ro-RO"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop_desk(
    trained_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Desk, Counter]]:
    """The server with the real dialogue and the demo shop, for all languages at once."""
    data = tmp_path_factory.mktemp("slack")
    settings = Settings(data=data, models=trained_models, sweep_seconds=0.1, log_level="error")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slack_sending, "PACE_SECONDS", 0.001)
        patch.setattr("channels.slack.PACE_SECONDS", 0.001)
        patch.setattr(SlackChannel, "budget", type(SlackChannel.budget)(10_000, 10_000))
        async with open_slack() as slack:
            slack.add_place("C1")
            async with open_desk(settings, slack, open_dialogue=None) as desk:
                yield desk, Counter(data)


@dataclass
class Customer:
    """One person in Slack, who waits for the answer after each word."""

    desk: Desk
    counter: Counter
    language: str
    heard: int = 0
    latest: list[Post] = field(default_factory=list)

    @property
    def user(self) -> str:
        return f"U{self.language.upper()}"

    @property
    def email(self) -> str:
        return f"{PEOPLE[self.language]}@example.com"

    def wish(self, intent: str) -> str:
        return WISHES[intent][self.language].format(**ORDERS[self.language])

    def posts(self, channel: str, thread_ts: str | None) -> list[Post]:
        return [
            post for post in self.desk.slack.posts if (post.channel, post.thread_ts) == (channel, thread_ts)
        ]

    async def hear(self, channel: str, thread_ts: str | None, *responses: str) -> str:
        """Wait until one of these responses has been said there, in the customer's language."""
        patterns = [pattern for response in responses for pattern in patterns_of(response, self.language)]

        async def said() -> bool:
            self.latest = self.posts(channel, thread_ts)[self.heard :]
            return any(
                re.fullmatch(found, post.text, re.DOTALL) for found in patterns for post in self.latest
            )

        try:
            await until(said, seconds=60)
        except AssertionError:
            pytest.fail(f"expected {responses}, the bot said: {[post.text for post in self.latest]}")
        await self.desk.settle()
        self.latest = self.posts(channel, thread_ts)[self.heard :]
        self.heard += len(self.latest)
        return "\n".join(post.text for post in self.latest)

    async def press(self, number: int) -> None:
        offered = next(post for post in reversed(self.latest) if post.buttons)
        assert await self.desk.http.interact(press(self.user, offered, number)) == 200


@in_one_loop
@pytest.mark.parametrize("language", list(LOCALES))
async def test_a_customer_cancels_an_order_in_a_thread(
    shop_desk: tuple[Desk, Counter], language: str
) -> None:
    desk, counter = shop_desk
    customer = Customer(desk, counter, language)
    desk.slack.add_person(customer.user, f"Customer {language}", LOCALES[language])
    direct = desk.slack.direct(customer.user)

    # In a channel, by name; then on in the thread without it.
    root = await desk.say(customer.user, f"<@UBOT> {customer.wish('cancel_order')}", channel="C1")
    await customer.hear("C1", root, "utter_ask_email")
    await desk.say(customer.user, customer.email, channel="C1", thread_ts=root)
    await customer.hear("C1", root, "utter_ask_code")
    await desk.say(customer.user, counter.code(customer.email), channel="C1", thread_ts=root)
    await customer.hear("C1", root, "utter_confirm_cancel", "utter_confirm_cancel_with_fee")
    await customer.press(0)
    await customer.hear("C1", root, "utter_order_cancelled")
    number = ORDERS[language]["paid"]
    assert counter.one("SELECT status FROM purchase WHERE number = ?", number) == "cancelled"

    # The same conversation goes on in the direct message, by the command and by a message delivered twice.
    customer.heard = 0
    assert await desk.http.command(command(customer.user, customer.wish("track_order"))) == 200
    assert ORDERS[language]["sent"] in await customer.hear(direct, None, "utter_track_shipped")
    event = callback(desk.slack.write(customer.user, direct, customer.wish("check_payment_methods")))
    assert [await desk.http.event(event) for _ in range(3)] == [200] * 3
    assert "PayPal" in await customer.hear(direct, None, "utter_payment_methods")
    assert len(customer.posts(direct, None)) == customer.heard
    history = await desk.history(customer.user)
    assert len({said.conversation_id for said in history}) == 1
