"""A real Chromium for tests of the pages, and the widget as a customer meets it. A pytest plug-in.

PYTEST_DONT_REWRITE: the test modules that name it as a plug-in also import from it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from tests.widget_double import DIST, WidgetDouble

# What is waited for comes within a second; on a machine with much else to do, later.
expect.set_options(timeout=20_000)

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    executable = os.environ.get("GRIJA_CHROMIUM") or shutil.which("chromium")
    if executable is None:
        pytest.skip("there is no Chromium: install it, or name it in GRIJA_CHROMIUM")
    assert (DIST / "widget.js").is_file(), "the pages are not built: run `npm ci && npm run build`"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[WidgetDouble]:
    double = WidgetDouble()
    await double.start()
    yield double
    await double.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(locale="en-GB")
    yield made
    await made.close()


class Chat:
    """The widget on a page, as a customer meets it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.launcher = page.locator("grija-chat .launcher")
        self.panel = page.get_by_role("dialog")
        self.area = page.locator("grija-chat .composer textarea")
        self.messages = page.locator("grija-chat .message")
        self.bubbles = page.locator("grija-chat .message .bubble")
        self.status = page.locator("grija-chat .status")

    async def open(self) -> Chat:
        await self.launcher.click()
        await expect(self.page.locator("grija-chat .panel[data-state=open]")).to_be_visible()
        return self

    async def write(self, text: str) -> None:
        await self.area.fill(text)
        await self.area.press("Enter")

    def choice(self, title: str) -> Locator:
        return self.panel.get_by_role("button", name=title)

    async def shows(self, *texts: str) -> None:
        await expect(self.bubbles).to_have_text(list(texts))


async def visit(context: BrowserContext, server: WidgetDouble, query: str = "") -> Chat:
    page = await context.new_page()
    await page.goto(server.url + query)
    chat = Chat(page)
    await expect(chat.launcher).to_be_visible()
    return chat
