"""Where stories are played: the real server with all channels, the platforms' doubles, customers and agents.

PYTEST_DONT_REWRITE: the test modules that name it as a plug-in also import from it.
"""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from bot.app import Grija, create_app, open_grija
from bot.models import Agent
from bot.settings import Settings
from bot.site_settings import checked
from bot.store import site_settings
from channels import slack_sending
from channels.slack import SlackChannel
from tests.conftest import Server, until
from tests.console_browser import DESKTOP, PHONE, Console
from tests.platforms.slack import BOT_TOKEN, SIGNING_SECRET, Post, SlackDouble, open_slack
from tests.platforms.slack_deliveries import Deliveries, callback, press
from tests.platforms.telegram import TelegramDouble
from tests.platforms.telegram_people import Person
from tests.shopping import Counter
from tests.signing import PASSWORD, add_person
from tests.telegram_bench import hurry
from tests.test_journeys import patterns_of
from tests.widget_browser import Chat

SECONDS = 60
"""How long a slow machine may take for one step of a story."""

_MOST_TABS = 80


@dataclass
class Stage:
    """The running parts, and Slack's way to them."""

    grija: Grija
    url: str
    telegram: TelegramDouble
    slack: SlackDouble
    deliveries: Deliveries

    @property
    def counter(self) -> Counter:
        return Counter(self.grija.settings.data)

    async def agent(self, name: str, *languages: str, **columns: Any) -> Agent:
        """Somebody with an account, who has not signed in yet."""
        server = Server(self.grija, self.url)
        given = {"email": f"{name.split()[0].lower()}@desk.example", "languages": languages} | columns
        return await add_person(server, name=name, **given)

    async def set(self, name: str, **values: Any) -> None:
        """Change a setting of the site."""
        value = checked(name, values)
        await self.grija.store.write(site_settings.write, name, value, version=0, by="test")


@asynccontextmanager
async def open_stage(settings: Settings, *, open_dialogue: Any = None) -> AsyncIterator[Stage]:
    """The server with web, Telegram and Slack, with the trained model unless another dialogue is given."""
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        patch.setattr(slack_sending, "PACE_SECONDS", 0.001)
        patch.setattr("channels.slack.PACE_SECONDS", 0.001)
        patch.setattr(SlackChannel, "budget", type(SlackChannel.budget)(10_000, 10_000))
        async with TelegramDouble() as telegram, open_slack() as slack:
            given = replace(
                settings,
                telegram_token=telegram.token, telegram_api_url=telegram.url,
                slack_api_url=f"{slack.url}/api/", slack_bot_token=BOT_TOKEN,
                slack_signing_secret=SIGNING_SECRET, slack_app_token="",
            )  # fmt: skip
            async with open_grija(
                given, channels=["web", "telegram", "slack"], open_dialogue=open_dialogue
            ) as grija:
                server = TestServer(create_app(grija))
                await server.start_server()
                url = str(server.make_url("")).rstrip("/")
                try:
                    await asyncio.wait_for(grija.readiness.working.wait(), 90)
                    yield Stage(grija, url, telegram, slack, Deliveries(f"{url}/webhooks/slack", patience=30))
                finally:
                    await grija.console.stop()
                    for channel in grija.channels.values():
                        await channel.stop()
                    await server.close()
            assert telegram.faults == [], "what we call, Telegram takes"
            assert slack.refusals == [], "what we call, Slack takes"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(trained_models: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The stage with the trained model. What is set here is only what would make a story wait."""
    data = tmp_path_factory.mktemp("stage")
    settings = Settings(data=data, models=trained_models, sweep_seconds=0.1, log_level="error")
    async with open_stage(settings) as opened:
        await opened.set("replies", hold_seconds=2.0)
        await opened.set("routing", accept_seconds=600)
        yield opened


# Customers


@dataclass
class Customer(ABC):
    """One customer on one channel. A subclass knows how the channel writes, presses and shows."""

    language: str
    seen: int = field(default=0, init=False)

    @abstractmethod
    async def write(self, text: str) -> None:
        """Write a message."""

    @abstractmethod
    async def press(self, title: str) -> None:
        """Press the latest button with this title, or one that begins with it."""

    @abstractmethod
    async def texts(self) -> list[str]:
        """What the channel shows to the customer, the oldest first."""

    async def ask(self, text: str, *responses: str) -> str:
        """Write, and wait for one of these responses of the domain: its text."""
        await self.write(text)
        return await self.hears(*responses)

    async def hears(self, *responses: str) -> str:
        """Wait until one of these responses has been said since the last hearing: its text."""
        patterns = [pattern for response in responses for pattern in patterns_of(response, self.language)]
        return await self._finds(patterns, responses)

    async def reads(self, text: str, *, by: str) -> None:
        """Wait until an agent has said this since the last hearing, under their name."""
        said = await self._finds([rf"(?:\W?{re.escape(by)}\W+)?{re.escape(text)}"], (text,))
        assert by in said or await self._names(text, by)

    async def _names(self, text: str, name: str) -> bool:
        """Whether the channel itself shows this name beside the text."""
        return False

    async def _finds(self, patterns: list[str], wanted: tuple[str, ...]) -> str:
        heard: list[str] = []

        async def said() -> bool:
            heard[:] = await self.texts()
            return any(re.fullmatch(one, text, re.DOTALL) for text in heard[self.seen :] for one in patterns)

        try:
            await until(said, seconds=SECONDS)
        except AssertionError:
            pytest.fail(f"{type(self).__name__} waited for {wanted} and read {heard[self.seen :]}")
        found = [
            (place, text)
            for place, text in enumerate(heard)
            if place >= self.seen and any(re.fullmatch(one, text, re.DOTALL) for one in patterns)
        ]
        place, text = found[0]
        self.seen = place + 1
        return text


@dataclass
class WebCustomer(Customer):
    """At the widget on the demo page."""

    chat: Chat

    async def write(self, text: str) -> None:
        await self.chat.write(text)

    async def press(self, title: str) -> None:
        button = self.chat.page.locator("grija-chat .choices").last.get_by_role("button")
        await button.filter(has_text=title).first.click()

    async def texts(self) -> list[str]:
        return await self.chat.bubbles.all_text_contents()

    async def _names(self, text: str, name: str) -> bool:
        return name in await self.chat.messages.filter(has_text=text).inner_text()

    async def send_file(self, name: str, mime: str, content: bytes) -> None:
        """Attach a file, as with the button of the widget."""
        async with self.chat.page.expect_file_chooser() as chooser:
            await self.chat.panel.get_by_role("button", name="Attach a file").click()
        picked: Any = [{"name": name, "mimeType": mime, "buffer": content}]
        await (await chooser.value).set_files(picked)


@dataclass
class TelegramCustomer(Customer):
    """In the private chat with the bot."""

    person: Person

    async def write(self, text: str) -> None:
        self.person.write(text)

    async def press(self, title: str) -> None:
        found = next(one for one in self.person.chat.buttons() if one["text"].startswith(title))
        self.person.press(found["callback_data"])

    async def texts(self) -> list[str]:
        return self.person.chat.texts()


@dataclass
class SlackCustomer(Customer):
    """In the direct message with the bot."""

    stage: Stage
    user: str

    @property
    def posts(self) -> list[Post]:
        direct = self.stage.slack.direct(self.user)
        return [post for post in self.stage.slack.posts if post.channel == direct]

    async def write(self, text: str, **more: Any) -> None:
        event = self.stage.slack.write(self.user, self.stage.slack.direct(self.user), text, **more)
        assert await self.stage.deliveries.event(callback(event)) == 200

    async def press(self, title: str) -> None:
        post = next(post for post in reversed(self.posts) if post.buttons)
        titles = [button["text"]["text"] for button in post.buttons]
        place = next(place for place, one in enumerate(titles) if one.startswith(title))
        assert await self.stage.deliveries.interact(press(self.user, post, place)) == 200

    async def texts(self) -> list[str]:
        return [post.text for post in self.posts]


async def web_customer(browser: Browser, stage: Stage, language: str = "en") -> WebCustomer:
    """Somebody new who has opened the chat on the demo page."""
    context = await browser.new_context(viewport={"width": 1100, "height": 800}, locale="en-GB")
    page = await context.new_page()
    await page.goto(f"{stage.url}/?lang={language}")
    chat = Chat(page)
    await chat.open()
    return WebCustomer(language, chat)


def telegram_customer(stage: Stage, number: int, name: str, language: str) -> TelegramCustomer:
    """Somebody new who has not written yet."""
    return TelegramCustomer(language, stage.telegram.person(number, name=name, language=language))


def slack_customer(stage: Stage, user: str, name: str, language: str, locale: str) -> SlackCustomer:
    """Somebody new who has not written yet."""
    stage.slack.add_person(user, name, locale)
    return SlackCustomer(language, stage, user)


# Agents


class Desk(Console):
    """The console of one agent, in a browser of their own."""

    def __init__(self, page: Page, agent: Agent) -> None:
        super().__init__(page)
        self.agent = agent
        self.head = page.locator(".head")
        self.happenings = page.locator(".happening")
        self.files = page.locator(".talk .files")

    @property
    def name(self) -> str:
        return self.agent.name

    async def sign_in(self) -> None:
        """Sign in by the form, and say that work begins."""
        await self.page.get_by_label("E-mail").fill(self.agent.email)
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.button("Sign in").click()
        await self.page.get_by_role("button", name=f"{self.name}: Offline").click()
        await self.page.get_by_role("button", name="Online").click()
        await expect(self.page.get_by_role("button", name=f"{self.name}: Online")).to_be_visible()

    async def accept(self, name: str) -> None:
        """Accept the offer of this customer, and have the conversation open."""
        offer = self.offers.locator("article").filter(has_text=f"{name} needs you")
        await offer.get_by_role("button", name="Accept").click()
        await self.owns(name)

    async def owns(self, name: str) -> None:
        """Wait until the open conversation is this customer's and one's own."""
        await expect(self.head.locator("h1")).to_have_text(name)
        await expect(self.head).to_contain_text("Yours")

    async def sees(self, text: str) -> None:
        """Wait until the timeline has a message with this text."""
        await expect(self.said.filter(has_text=text).first).to_be_visible()

    async def learns(self, text: str) -> None:
        """Wait until the timeline tells that this has happened."""
        await expect(self.happenings.filter(has_text=text).last).to_be_visible()

    async def note(self, text: str, mention: str = "") -> None:
        """Write a private note that mentions a colleague, who is picked from the list."""
        await self.button("Private note").click()
        await self.composer.press_sequentially(f"{text} ")
        if mention:
            await self.composer.press_sequentially(f"@{mention[:3]}")
            await expect(self.page.get_by_role("option")).to_have_count(1)
            await self.composer.press("Enter")
        await self.composer.press("Enter")
        await expect(self.notes.last).to_contain_text(text)
        await self.button("Reply").click()

    async def transfer(self, to: str, note: str) -> None:
        await self.button("Transfer").click()
        await self.dialog.get_by_text(to).click()
        await self.dialog.get_by_label("Note for the next one").fill(note)
        await self.dialog.get_by_role("button", name="Transfer", exact=True).click()
        await expect(self.dialog).to_have_count(0)

    async def give_back(self, note: str) -> None:
        """Give the open conversation back to the bot."""
        await self.button("More").click()
        await self.button("Back to the bot").click()
        await self.dialog.get_by_label("What did you do?").fill(note)
        await self.dialog.get_by_role("button", name="Back to the bot").click()
        await expect(self.head).to_contain_text("With the bot")

    async def close(self, outcome: str) -> None:
        """Close the open conversation."""
        await self.head.get_by_role("button", name="Close", exact=True).click()
        await self.dialog.get_by_text(outcome, exact=True).click()
        await self.dialog.get_by_role("button", name="Close", exact=True).last.click()
        await expect(self.head).to_contain_text(f"Closed: {outcome}")


async def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there, as somebody without a mouse does."""
    for _ in range(_MOST_TABS):
        if await wanted.evaluate("one => one.getRootNode().activeElement === one"):
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {wanted}")


async def desk_of(
    browser: Browser, stage: Stage, agent: Agent, *, viewport: ViewportSize = DESKTOP, **more: Any
) -> Desk:
    """The console of an agent, before the sign-in."""
    context = await browser.new_context(locale="en-GB", timezone_id="UTC", viewport=viewport, **more)
    context.set_default_timeout(SECONDS * 1000)
    desk = Desk(await context.new_page(), agent)
    await desk.page.goto(f"{stage.url}/console")
    return desk


@dataclass(frozen=True)
class Album:
    """Takes pictures of a page on both screens and in both lights, if a folder was named for them."""

    folder: Path | None

    async def take(self, page: Page, name: str) -> None:
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for screen in (PHONE, DESKTOP):
                await page.set_viewport_size(screen)
                await page.screenshot(path=self.folder / f"{name}-{screen['width']}-{scheme}.png")
        await page.emulate_media(color_scheme="light")


@pytest.fixture(scope="session")
def album(request: pytest.FixtureRequest) -> Album:
    folder = request.config.getoption("--pictures")
    return Album(Path(folder) if folder else None)


@pytest.fixture(scope="module", autouse=True)
def _patience() -> Iterator[None]:
    expect.set_options(timeout=SECONDS * 1000)
    yield
    expect.set_options(timeout=5_000)
