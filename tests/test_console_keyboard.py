"""The whole day of an agent with nothing but a keyboard."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, expect

from tests.console_browser import arrive, signed_in
from tests.console_desk import ELENI, PASSWORD
from tests.console_double import ConsoleDouble

pytest_plugins = ["tests.widget_browser", "tests.console_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_case_is_taken_answered_and_closed_by_keyboard(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    double.hold_seconds = 60
    console = await arrive(console_context, double)
    keys = console.page.keyboard
    await expect(console.page.get_by_label("E-mail")).to_be_focused()
    await keys.type(ELENI["email"])
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await expect(console.items).to_have_count(4)
    await keys.press("j")
    await expect(console.page.locator(".head h1")).to_have_text("Katerina Nikolaou")
    await expect(console.said).to_have_count(7)
    await keys.press("t")
    await expect(console.page.locator(".head")).to_contain_text("Yours")
    await keys.press("n")
    await expect(console.composer).to_be_focused()
    await keys.type("Looks broken, ")
    await keys.press("Shift+Enter")
    await keys.type("@mar")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(console.notes.last).to_contain_text("Looks broken,")
    await keys.press("Escape")
    await keys.press("r")
    await expect(console.composer).to_be_focused()
    await keys.press("Alt+1")
    await expect(console.composer).to_have_value("I have arranged the refund of 129 € for order 10024. The money is "
                                                 "with you in two to five days.")  # fmt: skip
    await keys.press("Enter")
    await expect(console.page.locator(".said.held")).to_be_visible()
    await keys.press("Alt+z")
    await expect(console.composer).not_to_have_value("")
    double.hold_seconds = 0
    await keys.press("Enter")
    await expect(console.said.filter(has_text="I have arranged")).to_have_count(1)
    await keys.press("Escape")
    await keys.press("e")
    await expect(console.dialog).to_be_visible()
    await keys.press("Enter")
    await expect(console.page.locator(".head")).to_contain_text("Closed: Solved")
    await keys.press("Escape")
    await expect(console.page.locator(".head")).to_have_count(0)
    assert await double.is_asked("POST", "/conversations/c1/close") == {"outcome": "solved", "note": ""}


async def test_offers_lists_search_and_the_brief_have_keys(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    keys = console.page.keyboard
    await double.offer("c1")
    await expect(console.offers).to_contain_text("Katerina")
    await keys.press("p")
    await double.is_asked("POST", "/offers/handoff-c1/pass")
    await double.offer("c2")
    await expect(console.offers).to_contain_text("Ion Popescu")
    await keys.press("a")
    await expect(console.page.locator(".head h1")).to_have_text("Ion Popescu")
    await keys.press("i")
    await expect(console.brief).to_have_count(0)
    await keys.press("i")
    await expect(console.brief).to_be_visible()
    await keys.press("m")
    await expect(console.dialog.get_by_role("heading")).to_have_text("Transfer the conversation")
    await keys.press("Escape")
    await expect(console.dialog).to_have_count(0)
    await keys.press("2")
    await expect(console.tab("Mine")).to_have_attribute("aria-current", "page")
    await keys.press("/")
    await expect(console.page.get_by_label("Search all conversations")).to_be_focused()


async def test_the_help_shows_the_keys_and_can_switch_single_letters_off(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    keys = console.page.keyboard
    await keys.press("?")
    await expect(console.dialog).to_contain_text("Next conversation")
    await console.dialog.get_by_label("Single letters are commands").press("Space")
    await keys.press("Escape")
    await keys.press("j")
    await expect(console.page.locator(".head")).to_have_count(0)
    await keys.press("Alt+j")
    await expect(console.page.locator(".head h1")).to_have_text("Katerina Nikolaou")


async def test_letters_are_found_by_their_place_on_other_keyboards(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    press = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ξ', code: 'KeyJ', bubbles: true}))"
    await console.page.evaluate(press)
    await expect(console.page.locator(".head h1")).to_have_text("Katerina Nikolaou")
