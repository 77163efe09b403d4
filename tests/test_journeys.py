"""Whole stories on the real thing: `python -m bot serve`, its page in a real Chromium, five languages, every wish.

Each journey ends in a change of the shop's books, a mail, or a fact from them. The customers prove who they are by the
code that was mailed to them.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import sqlite3
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml
from playwright.async_api import Browser, expect

from tests.conftest import until
from tests.customer import domain
from tests.shopping import PEOPLE, Counter
from tests.trained import PROJECT
from tests.widget_browser import Chat

pytest_plugins = ["tests.widget_browser"]
pytestmark = pytest.mark.browser
in_one_loop = pytest.mark.asyncio(loop_scope="module")

WISHES: dict[str, dict[str, str]] = yaml.safe_load(
    (PROJECT / "tests" / "journeys.yml").read_text(encoding="utf-8")
)
ORDERS = {
    "en": {"paid": "10024", "sent": "10025", "here": "10005", "back": "10035"},
    "pl": {"paid": "10011", "sent": "10007", "here": "10002", "back": "10036"},
    "el": {"paid": "10021", "sent": "10016", "here": "10015", "back": "10037"},
    "bg": {"paid": "10022", "sent": "10017", "here": "10031", "back": "10038"},
    "ro": {"paid": "10034", "sent": "10032", "here": "10033", "back": "10039"},
}
OTHERS = {"pl": "piotr", "el": "nikos", "bg": "ivan", "ro": "andrei", "en": "oliver"}
ADDRESS = {
    "en": ("12 High Street", "M1 1AE Manchester"),
    "pl": ("ul. Nowa 1", "31-147 Kraków"),
    "el": ("Ερμού 10", "105 63 Αθήνα"),
    "bg": ("бул. Витоша 5", "1000 София"),
    "ro": ("Strada Nouă 7", "400114 Cluj-Napoca"),
}
REASON = {
    "en": "It arrived with a crack.",
    "pl": "Przyszło pęknięte.",
    "el": "Ήρθε ραγισμένο.",
    "bg": "Пристигна спукано.",
    "ro": "A ajuns crăpat.",
}
TROUBLE = {
    "en": "The courier threw my parcel over the fence and drove off.",
    "pl": "Kurier rzucił paczkę przez płot i odjechał.",
    "el": "Ο κούριερ πέταξε το δέμα πάνω από τον φράχτη και έφυγε.",
    "bg": "Куриерът хвърли пратката през оградата и си тръгна.",
    "ro": "Curierul a aruncat coletul peste gard și a plecat.",
}
PRAISE = {
    "en": "Everything was packed with great care.",
    "pl": "Wszystko było bardzo starannie zapakowane.",
    "el": "Όλα ήταν πολύ προσεκτικά συσκευασμένα.",
    "bg": "Всичко беше опаковано много грижливо.",
    "ro": "Totul a fost împachetat cu multă grijă.",
}
NAME = {
    "en": "Alice Green", "pl": "Zofia Zielińska", "el": "Μαρία Νικολάου", "bg": "Елена Георгиева", "ro": "Elena Marin",
}  # fmt: skip


class Bot:
    """The server as a process of its own, with data that survive its restarts."""

    def __init__(self, models: Path, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.counter = Counter(data)
        self._database = data / "grija.sqlite"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GRIJA_")},
            "GRIJA_MODELS": str(models),
            "GRIJA_DATA": str(data),
            "GRIJA_PORT": str(self.port),
            "GRIJA_PUBLIC_URL": self.url,
            "GRIJA_LOG_LEVEL": "warning",
            "GRIJA_MESSAGES_PER_MINUTE": "1000",
        }
        self._process: Process | None = None

    def waiting(self) -> int:
        """How many conversations wait for a person."""
        with closing(sqlite3.connect(self._database)) as database:
            (count,) = database.execute(
                "SELECT count(*) FROM conversation WHERE status = 'queued'"
            ).fetchone()
            return int(count)

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve", cwd=PROJECT, env=self.environment,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await until(self.ready, seconds=90)

    async def ready(self) -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/ready") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return await asyncio.wait_for(self._process.wait(), 30)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(trained_models: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    data = tmp_path_factory.mktemp("bot")
    knowledge = PROJECT / "var" / "cache" / "knowledge.sqlite"
    if knowledge.is_file():
        # What training has encoded need not be encoded again.
        (data / "cache").mkdir()
        shutil.copy(knowledge, data / "cache")
    started = Bot(trained_models, data)
    await started.start()
    yield started
    assert await started.stop() == 0, "SIGTERM ends the server in good order"


async def visit(browser: Browser, bot: Bot, language: str) -> Chat:
    context = await browser.new_context(viewport={"width": 1100, "height": 800})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{bot.url}/?lang={language}")
    chat = Chat(page)
    await chat.open()
    assert complaints == []
    return chat


@dataclass
class Visitor:
    """One customer at the page of the shop."""

    chat: Chat
    bot: Bot
    language: str
    seen: int = 0
    answer: str = ""

    @property
    def email(self) -> str:
        return f"{PEOPLE[self.language]}@example.com"

    @property
    def id(self) -> object:
        return self.bot.counter.one("SELECT id FROM customer WHERE user_id = ?", PEOPLE[self.language])

    async def wish(self, intent: str, *responses: str) -> None:
        await self.say(WISHES[intent][self.language].format(**ORDERS[self.language]), *responses)

    async def say(self, text: str, *responses: str) -> None:
        """Write, and wait until the bot has said one of these responses in the visitor's language."""
        self.seen = await self.chat.bubbles.count()
        await self.chat.write(text)
        await self._hear(responses)

    async def press(self, place: int, *responses: str) -> None:
        """Press one of the buttons below the last message, and wait for the answer."""
        buttons = self.chat.page.locator("grija-chat .choices").last.get_by_role("button")
        await expect(buttons.nth(place)).to_be_enabled(timeout=15_000)
        self.seen = await self.chat.bubbles.count()
        await buttons.nth(place).click()
        await self._hear(responses)

    async def yes(self, *responses: str) -> None:
        await self.press(0, *responses)

    async def code(self, email: str, *responses: str) -> None:
        await self.say(self.bot.counter.code(email), *responses)

    async def prove(self, email: str, *responses: str) -> None:
        await self.say(email, "utter_ask_code")
        await self.code(email, *responses)

    async def _hear(self, responses: tuple[str, ...]) -> None:
        patterns = [pattern for response in responses for pattern in patterns_of(response, self.language)]

        async def heard() -> bool:
            texts = (await self.chat.bubbles.all_text_contents())[self.seen :]
            self.answer = "\n".join(texts)
            return any(re.fullmatch(pattern, text, re.DOTALL) for pattern in patterns for text in texts)

        try:
            await until(heard, seconds=20)
        except AssertionError:
            pytest.fail(f"expected {responses}, the bot said: {self.answer}")


def patterns_of(response: str, language: str) -> list[str]:
    """Return what the texts of a response (a name, or a beginning with *) look like in a language."""
    responses: dict[str, Any] = domain()["responses"]
    names = [name for name in responses if name == response or name.startswith(response.rstrip("*") + "_")]
    names = names if response.endswith("*") else [response]
    texts = [
        variation["text"]
        for name in names
        for variation in responses[name]
        if (variation["condition"][0]["value"] if "condition" in variation else "en") == language
    ]
    assert texts, response
    return [re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)) for text in texts]


# The journeys: what is said and pressed, and what must be true in the shop afterwards


async def track_order(visitor: Visitor) -> None:
    await visitor.wish("track_order", "utter_track_shipped")
    assert ORDERS[visitor.language]["sent"] in visitor.answer


async def check_cancellation_fee(visitor: Visitor) -> None:
    await visitor.wish("check_cancellation_fee", "utter_cancellation_fee", "utter_cancellation_free")
    assert ORDERS[visitor.language]["paid"] in visitor.answer


async def change_order(visitor: Visitor) -> None:
    await visitor.wish("change_order", "utter_ask_product_to_change")
    await visitor.press(0, "utter_ask_quantity")
    await visitor.say("3", "utter_confirm_change")
    await visitor.yes("utter_order_changed")
    number = ORDERS[visitor.language]["paid"]
    assert (3,) in visitor.bot.counter.rows("SELECT quantity FROM line WHERE number = ?", number)


async def change_shipping_address(visitor: Visitor) -> None:
    street, place = ADDRESS[visitor.language]
    await visitor.wish("change_shipping_address", "utter_ask_street")
    await visitor.say(street, "utter_ask_postcode_and_city")
    await visitor.say(place, "utter_ask_country")
    await visitor.press(0, "utter_confirm_address_of_order")
    await visitor.yes("utter_address_of_order_changed")
    number = ORDERS[visitor.language]["paid"]
    assert street in str(visitor.bot.counter.one("SELECT address FROM purchase WHERE number = ?", number))


async def cancel_order(visitor: Visitor) -> None:
    await visitor.wish("cancel_order", "utter_confirm_cancel", "utter_confirm_cancel_with_fee")
    await visitor.yes("utter_order_cancelled")
    number = ORDERS[visitor.language]["paid"]
    assert visitor.bot.counter.one("SELECT status FROM purchase WHERE number = ?", number) == "cancelled"


async def delivery_options(visitor: Visitor) -> None:
    await visitor.wish("delivery_options", "utter_delivery_options")
    assert re.search(r"9[.,]90", visitor.answer)


async def delivery_period(visitor: Visitor) -> None:
    await visitor.wish("delivery_period", "utter_delivery_period")
    assert re.search(r"2\D{1,5}5", visitor.answer)


async def set_up_shipping_address(visitor: Visitor) -> None:
    street, place = ADDRESS[visitor.language]
    await visitor.wish("set_up_shipping_address", "utter_ask_street")
    await visitor.say(street, "utter_ask_postcode_and_city")
    await visitor.say(place, "utter_ask_country")
    await visitor.press(0, "utter_confirm_address")
    await visitor.yes("utter_address_added")
    streets = visitor.bot.counter.rows("SELECT street FROM address WHERE customer = ?", visitor.id)
    assert (street,) in streets


async def check_payment_methods(visitor: Visitor) -> None:
    await visitor.wish("check_payment_methods", "utter_payment_methods")
    assert "PayPal" in visitor.answer


async def payment_issue(visitor: Visitor) -> None:
    number = ORDERS[visitor.language]["sent"]
    await visitor.wish("payment_issue", "utter_confirm_report_double")
    await visitor.yes("utter_double_reported")
    cases = visitor.bot.counter.rows("SELECT purchase FROM matter WHERE kind = 'payment'")
    assert (number,) in cases


async def check_invoice(visitor: Visitor) -> None:
    await visitor.wish("check_invoice", "utter_invoice")
    link = re.search(r"http://\S+/shop/invoices/\S+", visitor.answer)
    assert link
    async with aiohttp.ClientSession() as session, session.get(link.group()) as page:
        assert page.status == 200
        assert f"INV-{ORDERS[visitor.language]['here']}" in await page.text()


async def get_invoice(visitor: Visitor) -> None:
    await visitor.wish("get_invoice", "utter_invoice_sent")
    recipient, _, text = visitor.bot.counter.mails()[-1]
    assert recipient == visitor.email
    assert f"INV-{ORDERS[visitor.language]['here']}" in text


async def check_refund_policy(visitor: Visitor) -> None:
    await visitor.wish("check_refund_policy", "utter_refund_rule", "utter_article")
    assert re.search(r"\b(30|14)\b", visitor.answer)


async def get_refund(visitor: Visitor) -> None:
    await visitor.wish("get_refund", "utter_ask_refund_reason")
    await visitor.say(REASON[visitor.language], "utter_confirm_refund")
    await visitor.yes("utter_refund_requested")
    number = ORDERS[visitor.language]["here"]
    state = visitor.bot.counter.one("SELECT state FROM refund WHERE purchase = ?", number)
    assert state == "requested"


async def track_refund(visitor: Visitor) -> None:
    number = ORDERS[visitor.language]["back"]
    state = visitor.bot.counter.one("SELECT state FROM refund WHERE purchase = ?", number)
    await visitor.wish("track_refund", f"utter_refund_is_{state}")
    assert number in visitor.answer


async def edit_account(visitor: Visitor) -> None:
    await visitor.wish("edit_account", "utter_ask_what_to_edit")
    await visitor.press(2, "utter_ask_new_phone")
    await visitor.say("+48 600 100 200", "utter_account_edited")
    phone = visitor.bot.counter.one("SELECT phone FROM customer WHERE id = ?", visitor.id)
    assert phone == "+48600100200"


async def switch_account(visitor: Visitor) -> None:
    await visitor.wish("switch_account", "utter_ask_account_type")
    await visitor.press(1, "utter_confirm_switch")
    await visitor.yes("utter_account_switched")
    assert visitor.bot.counter.one("SELECT kind FROM customer WHERE id = ?", visitor.id) == "business"


async def recover_password(visitor: Visitor) -> None:
    await visitor.wish("recover_password", "utter_password_link_sent")
    assert visitor.bot.counter.mails()[-1][0] == visitor.email


async def review(visitor: Visitor) -> None:
    await visitor.wish("review", "utter_ask_stars")
    await visitor.press(0, "utter_ask_review")
    await visitor.say(PRAISE[visitor.language], "utter_review_written")
    assert (5, PRAISE[visitor.language]) in visitor.bot.counter.rows("SELECT stars, text FROM review")


async def complaint(visitor: Visitor) -> None:
    await visitor.wish("complaint", "utter_ask_complaint")
    await visitor.say(TROUBLE[visitor.language], "utter_complaint_filed")
    assert (TROUBLE[visitor.language],) in visitor.bot.counter.rows("SELECT text FROM matter")


async def newsletter_subscription(visitor: Visitor) -> None:
    await visitor.wish("newsletter_subscription", "utter_ask_email_for_newsletter")
    await visitor.prove(visitor.email, "utter_subscription_subscribed")
    state = visitor.bot.counter.one("SELECT state FROM newsletter WHERE email = ?", visitor.email)
    assert state == "subscribed"


async def contact_customer_service(visitor: Visitor) -> None:
    await visitor.wish("contact_customer_service", "utter_contact_customer_service")
    assert "+40 21 555 01 00" in visitor.answer


async def contact_human_agent(visitor: Visitor) -> None:
    before = visitor.bot.waiting()
    await visitor.wish("contact_human_agent", "utter_handoff_asked")
    assert visitor.bot.waiting() == before + 1


async def place_order(visitor: Visitor) -> None:
    await visitor.wish("place_order", "utter_confirm_order")
    await visitor.yes("utter_order_placed")
    ordered = "SELECT product, quantity FROM line JOIN purchase USING (number) WHERE customer = ? AND status = 'placed'"
    assert ("lamp", 2) in visitor.bot.counter.rows(ordered, visitor.id)


async def _new_account(visitor: Visitor, intent: str, question: str) -> None:
    email = f"{intent}.{visitor.language}@new.example"
    await visitor.wish(intent, question)
    await visitor.prove(email, "utter_ask_name")
    await visitor.say(NAME[visitor.language], "utter_account_created")
    name = visitor.bot.counter.one("SELECT name FROM customer WHERE email = ?", email)
    assert name == NAME[visitor.language]


async def create_account(visitor: Visitor) -> None:
    await _new_account(visitor, "create_account", "utter_ask_email_for_account")


async def registration_problems(visitor: Visitor) -> None:
    await _new_account(visitor, "registration_problems", "utter_ask_email_for_registration")


async def delete_account(visitor: Visitor) -> None:
    email = f"{OTHERS[visitor.language]}@example.com"
    await visitor.wish("delete_account", "utter_ask_email")
    await visitor.prove(email, "utter_confirm_delete_account")
    await visitor.yes("utter_account_deleted")
    assert visitor.bot.counter.rows("SELECT id FROM customer WHERE email = ?", email) == []


KNOWN: list[Callable[[Visitor], Any]] = [
    track_order, check_cancellation_fee, change_order, change_shipping_address, cancel_order, delivery_options,
    delivery_period, set_up_shipping_address, check_payment_methods, payment_issue, check_invoice, get_invoice,
    check_refund_policy, get_refund, track_refund, edit_account, switch_account, recover_password, review,
    newsletter_subscription, contact_customer_service, place_order, complaint,
]  # fmt: skip
"""Made one after the other by one customer of each language, who has proved who they are; the last goes to people."""
STRANGERS: list[Callable[[Visitor], Any]] = [
    create_account, registration_problems, delete_account, contact_human_agent,
]  # fmt: skip
"""Made by somebody new each time."""


@dataclass
class Visits:
    """The customers who stay on the page from journey to journey."""

    browser: Browser
    bot: Bot
    open: dict[str, Visitor] = field(default_factory=dict)

    async def known(self, language: str) -> Visitor:
        """Return the customer of a language, who proves who they are when they come."""
        if language not in self.open:
            visitor = Visitor(await visit(self.browser, self.bot, language), self.bot, language)
            await visitor.wish("track_order", "utter_ask_email")
            await visitor.prove(visitor.email, "utter_track_shipped")
            self.open[language] = visitor
        return self.open[language]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def visits(browser: Browser, bot: Bot) -> AsyncIterator[Visits]:
    opened = Visits(browser, bot)
    yield opened
    pictures = os.environ.get("JOURNEY_PICTURES")
    for language, visitor in opened.open.items():
        if pictures:
            await visitor.chat.page.screenshot(path=str(Path(pictures) / f"journey-{language}.png"))
        await visitor.chat.page.context.close()


def test_there_is_a_journey_for_each_wish_in_each_language() -> None:
    assert {journey.__name__ for journey in (*KNOWN, *STRANGERS)} == set(WISHES)
    assert {language for wish in WISHES.values() for language in wish} == set(PEOPLE)
    conversation = {"nlu_fallback", "out_of_scope", "correction", "repeat", "help", "bot_challenge"}
    conversation |= {"greet", "goodbye", "thank", "affirm", "deny"}
    assert set(WISHES) == {name for intent in domain()["intents"] for name in intent} - conversation


@in_one_loop
@pytest.mark.parametrize("journey", KNOWN, ids=lambda journey: str(journey.__name__))
@pytest.mark.parametrize("language", PEOPLE)
async def test_a_known_customer_gets_what_they_wish(
    visits: Visits, language: str, journey: Callable[[Visitor], Any]
) -> None:
    await journey(await visits.known(language))


@in_one_loop
@pytest.mark.parametrize("journey", STRANGERS, ids=lambda journey: str(journey.__name__))
@pytest.mark.parametrize("language", PEOPLE)
async def test_a_stranger_gets_what_they_wish(
    browser: Browser, bot: Bot, language: str, journey: Callable[[Visitor], Any]
) -> None:
    visitor = Visitor(await visit(browser, bot, language), bot, language)
    await journey(visitor)
    await visitor.chat.page.context.close()


@in_one_loop
async def test_the_conversation_survives_a_reload_and_a_killed_server(browser: Browser, bot: Bot) -> None:
    visitor = Visitor(await visit(browser, bot, "en"), bot, "en")
    await visitor.say("what can I pay with?", "utter_payment_methods")
    chat = visitor.chat
    await expect(chat.page.locator("grija-chat .pending")).to_have_count(0)
    await bot.stop(signal.SIGKILL)
    before = await chat.bubbles.count()
    await chat.write("are you a robot?")
    await bot.start()
    await expect(chat.bubbles).to_have_count(before + 2, timeout=60_000)
    shown = await chat.bubbles.all_text_contents()
    assert shown.count("are you a robot?") == 1
    await chat.page.reload()
    again = Chat(chat.page)
    await again.open()
    await expect(again.bubbles).to_have_text(shown, timeout=15_000)
    await chat.page.context.close()
