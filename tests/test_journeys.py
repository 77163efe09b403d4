"""Whole stories on the real thing: `python -m bot serve`, its page in a real Chromium, five languages."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.conftest import until
from tests.test_dialogue import TRACK_AND_CANCEL
from tests.trained import PROJECT
from tests.widget_browser import Chat

pytest_plugins = ["tests.widget_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

CANCELLED = {"en": "cancelled", "pl": "anulowane", "el": "ακυρώθηκε", "bg": "анулирана", "ro": "anulat"}


class Bot:
    """The server as a process of its own, with data that survive its restarts."""

    def __init__(self, models: Path, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GRIJA_")},
            "GRIJA_MODELS": str(models),
            "GRIJA_DATA": str(data),
            "GRIJA_PORT": str(self.port),
            "GRIJA_LOG_LEVEL": "warning",
        }
        self._process: Process | None = None

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
    started = Bot(trained_models, tmp_path_factory.mktemp("bot"))
    await started.start()
    yield started
    assert await started.stop() == 0, "SIGTERM ends the server in good order"


async def visit(browser: Browser, bot: Bot, language: str, folder: Path | None = None) -> Chat:
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


@pytest.mark.parametrize("language", TRACK_AND_CANCEL)
async def test_a_customer_tracks_and_cancels_an_order_on_the_page(
    browser: Browser, bot: Bot, language: str, tmp_path: Path
) -> None:
    track, cancel, yes = TRACK_AND_CANCEL[language]
    number = next(word for word in cancel.split() if word.isdigit())
    chat = await visit(browser, bot, language)
    await chat.write(track)
    await expect(chat.bubbles.nth(1)).to_contain_text("10001", timeout=15_000)
    await chat.write(cancel)
    await expect(chat.bubbles.filter(has_text=number).last).to_be_visible(timeout=15_000)
    buttons = chat.page.locator("grija-chat .choices button")
    await expect(buttons).to_have_count(2, timeout=15_000)
    if language in ("en", "el"):
        await chat.write(yes)
    else:
        await buttons.first.click()
    await expect(chat.bubbles.last).to_contain_text(CANCELLED[language], timeout=15_000)
    await expect(chat.bubbles.last).to_contain_text(number)
    pictures = os.environ.get("JOURNEY_PICTURES")
    await chat.page.screenshot(path=str(Path(pictures or tmp_path) / f"journey-{language}.png"))
    await chat.page.context.close()


async def test_the_conversation_survives_a_reload_and_a_killed_server(browser: Browser, bot: Bot) -> None:
    chat = await visit(browser, bot, "en")
    await chat.write("where is order 10001?")
    await expect(chat.bubbles.nth(1)).to_contain_text("10001", timeout=15_000)
    await expect(chat.page.locator("grija-chat .pending")).to_have_count(0)
    await bot.stop(signal.SIGKILL)
    await chat.write("are you a robot?")
    await bot.start()
    await expect(chat.bubbles).to_have_count(5, timeout=60_000)
    shown = await chat.bubbles.all_text_contents()
    assert shown.count("are you a robot?") == 1
    await chat.page.reload()
    again = Chat(chat.page)
    await again.open()
    await expect(again.bubbles).to_have_text(shown, timeout=15_000)
    await chat.page.context.close()
