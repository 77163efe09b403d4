"""The console in a real Chromium, as an agent meets it. A pytest plug-in.

PYTEST_DONT_REWRITE: the test modules that name it as a plug-in also import from it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.console_desk import ELENI, PASSWORD
from tests.console_double import ConsoleDouble

AXE = Path(__file__).resolve().parent.parent / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)


@pytest_asyncio.fixture(loop_scope="module")
async def double() -> AsyncIterator[ConsoleDouble]:
    double = ConsoleDouble(hold_seconds=1)
    await double.start()
    yield double
    await double.stop()
    assert not double.drift, "not as the server: " + "; ".join(sorted(set(double.drift)))


@pytest_asyncio.fixture(loop_scope="module")
async def console_context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(locale="en-GB", viewport=DESKTOP, timezone_id="UTC")
    yield made
    await made.close()


class Console:
    """One window of the console. `trouble` has what the page itself complains about: there must be nothing."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.trouble: list[str] = []
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda said: self._note(said.type, said.text))
        self.items = page.locator(".item")
        self.said = page.locator("article.said")
        self.notes = page.locator("article.note")
        self.composer = page.locator(".composer textarea")
        self.brief = page.get_by_role("complementary", name="Brief")
        self.offers = page.get_by_role("region", name="Offers")
        self.dialog = page.get_by_role("dialog")
        self.toasts = page.locator(".toasts")

    def _note(self, kind: str, text: str) -> None:
        # An answer that is an error is the server's business, and says so in the page.
        if kind == "error" and "Failed to load resource" not in text and "WebSocket connection" not in text:
            self.trouble.append(text)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def tab(self, name: str) -> Locator:
        return self.page.get_by_role("navigation", name="Desk").get_by_role("link", name=name)

    def row(self, text: str) -> Locator:
        return self.items.filter(has_text=text)

    async def open(self, name: str, tab: str | None = None) -> None:
        """Open the conversation with this customer."""
        if tab is not None:
            await self.tab(tab).click()
        await self.row(name).first.click()
        await expect(self.page.locator(".head h1")).to_have_text(name)
        await expect(self.said.first).to_be_visible()

    async def reply(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def violations(self) -> list[str]:
        """What axe-core finds wrong with the page as it is now."""
        return await violations(self.page)


async def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page as it is now."""
    await page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    found = await page.evaluate("axe.run().then((result) => result.violations)")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]
    ]


async def arrive(context: BrowserContext, double: ConsoleDouble, *, query: str = "") -> Console:
    """The console before the sign-in."""
    console = Console(await context.new_page())
    await console.page.goto(double.url + query)
    return console


async def signed_in(context: BrowserContext, double: ConsoleDouble, email: str = ELENI["email"]) -> Console:
    """The console after the sign-in, with the lists loaded."""
    console = await arrive(context, double)
    await sign_in(console, email)
    return console


async def sign_in(console: Console, email: str, password: str = PASSWORD) -> None:
    await console.page.get_by_label("E-mail").fill(email)
    await console.page.get_by_label("Password").fill(password)
    await console.page.keyboard.press("Enter")
    await expect(console.items.first).to_be_visible()
