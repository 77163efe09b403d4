"""What axe-core and a phone say of the console, in both lights; and that nothing lies outside of the page."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.console_browser import DESKTOP, PHONE, Console, arrive, sign_in, signed_in
from tests.console_desk import ADMIN, ELENI
from tests.console_double import ConsoleDouble

pytest_plugins = ["tests.widget_browser", "tests.console_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SETTINGS = (
    "profile", "canned", "tokens", "agents", "teams", "hours", "handoff", "feelings", "routing", "rating", "webhooks",
    "audit",
)  # fmt: skip


async def _fits(console: Console) -> bool:
    return bool(await console.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_from_the_sign_in_to_the_conversation(
    browser: Browser, double: ConsoleDouble, scheme: Literal["light", "dark"]
) -> None:
    context = await browser.new_context(
        locale="en-GB",
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport=DESKTOP,
    )
    console = await arrive(context, double)
    await expect(console.button("Sign in")).to_be_visible()
    assert await console.violations() == []
    await sign_in(console, ELENI["email"])
    assert await console.violations() == []
    await console.open("Katerina Nikolaou")
    await expect(console.brief.get_by_role("button", name="May: parcel late")).to_be_visible()
    dead = {"status": "dead", "error": "blocked"}
    await double.say("c1", "Never arrived", "agent", delivery=dead)
    await double.push(
        {"type": "viewers", "conversation": "c1", "agents": [{"id": "x", "name": "Maria", "typing": True}]}
    )
    await double.offer("c2", seconds=900)
    await expect(console.page.locator(".offer")).to_be_visible()
    await console.composer.fill("/")
    await expect(console.page.get_by_role("option").first).to_be_visible()
    assert await console.violations() == []
    await console.composer.fill("")
    await console.button("Private note").click()
    await console.button("Take").click()
    await expect(console.page.locator(".head")).to_contain_text("Yours")
    assert await console.violations() == []
    for key in ("?", "m", "e", "s"):
        await console.composer.blur()
        await console.page.keyboard.press(key)
        await expect(console.dialog).to_be_visible()
        assert await console.violations() == []
        await console.page.keyboard.press("Escape")
        await expect(console.dialog).to_have_count(0)
    assert console.trouble == []
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_a_phone_and_everything_fits(
    browser: Browser, double: ConsoleDouble, scheme: Literal["light", "dark"]
) -> None:
    context = await browser.new_context(
        locale="en-GB",
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport=PHONE,
        has_touch=True,
    )
    console = await signed_in(context, double)
    assert await _fits(console)
    assert await console.violations() == []
    await console.open("Katerina Nikolaou")
    await expect(console.items.first).to_be_hidden()
    await expect(console.brief).to_have_count(0)
    assert await _fits(console)
    assert await console.violations() == []
    await console.page.get_by_role("button", name="Show or hide the brief").tap()
    await console.brief.get_by_role("button", name="Wants the money back").tap()
    await expect(console.page.locator(".row[data-marked=true]")).to_be_in_viewport()
    await expect(console.brief).to_have_count(0)
    await console.page.get_by_role("link", name="Back to the list").tap()
    await expect(console.items.first).to_be_visible()
    await context.close()


async def test_axe_finds_nothing_in_the_settings_on_any_screen(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double, ADMIN["email"])
    for name in SETTINGS:
        await console.page.goto(f"{double.url}#/settings/{name}")
        await expect(console.page.locator("main.settings h1")).to_be_visible()
        await expect(console.page.locator("main.settings .bones")).to_have_count(0)
        assert await console.violations() == []
        await console.page.set_viewport_size(PHONE)
        assert await _fits(console), name
        await console.page.set_viewport_size(DESKTOP)
    assert console.trouble == []


@pytest.mark.parametrize("language", ["pl", "el", "bg", "ro"])
async def test_the_words_of_every_language_fit(
    browser: Browser, double: ConsoleDouble, language: str
) -> None:
    double.agents[ELENI["email"]]["locale"] = language
    context = await browser.new_context(locale=language, viewport={"width": 1280, "height": 800})
    console = await arrive(context, double)
    await console.page.locator("input[type=email]").fill(ELENI["email"])
    await console.page.locator("input[type=password]").fill("correct horse battery")
    await console.page.keyboard.press("Enter")
    await console.items.first.click()
    await expect(console.said).to_have_count(7)
    cut = """() => [...document.querySelectorAll(".does button, .modes button, .tabs a, .rail .place")]
      .filter((one) => one.offsetParent && one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"""
    assert await console.page.evaluate(cut) == []
    assert await _fits(console)
    assert await console.page.evaluate("document.documentElement.lang") == language
    await context.close()
