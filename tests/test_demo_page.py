"""The demo shop page in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, expect

from tests.widget_browser import Chat, visit
from tests.widget_double import WidgetDouble

pytest_plugins = ["tests.widget_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_page_that_forbids_inline_code_has_nothing_to_complain(
    context: BrowserContext, server: WidgetDouble
) -> None:
    server.orders = []
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(server.url)
    chat = await Chat(page).open()
    await server.say("Hello", buttons=("Yes",))
    await chat.choice("Yes").click()
    await chat.shows("Hello", "Yes")
    assert complaints == []


async def test_the_demo_page_puts_a_sentence_into_the_chat(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await visit(context, server)
    await chat.page.get_by_role("button", name="Gdzie jest moje zamówienie 10007?").click()
    await expect(chat.area).to_have_value("Gdzie jest moje zamówienie 10007?")
    await expect(chat.area).to_be_focused()
    await chat.area.press("Enter")
    assert (await server.hears_type("message"))[0]["text"] == "Gdzie jest moje zamówienie 10007?"


async def test_the_demo_page_lists_orders_and_does_without(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await visit(context, server)
    orders = chat.page.locator(".order")
    await expect(orders.filter(has_text="10024")).to_have_text("Order 10024")
    server.orders = [
        {"number": "10008", "status": "out_for_delivery", "items": ["Desk lamp"], "total": "€59.00"},
        {"number": "10011", "status": "odd_state", "items": "<b>Mug</b>", "total": None},
    ]
    await chat.page.goto(server.url + "?lang=el")
    await expect(orders).to_have_count(2)
    await expect(orders.nth(0)).to_contain_text("Φτάνει σήμερα")
    await expect(orders.nth(1)).to_contain_text("odd state")
    await expect(orders.nth(1)).to_contain_text("<b>Mug</b>")
    await orders.nth(0).click()
    await expect(chat.area).to_have_value("Πού είναι η παραγγελία μου 10008;")


async def test_the_demo_page_changes_its_language_and_that_of_the_chat(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await (await visit(context, server)).open()
    await chat.page.get_by_role("button", name="Română", exact=True).click()
    await expect(chat.page.get_by_role("heading", level=1)).to_have_text(
        "Întrebați despre o comandă. Cu propriile cuvinte."
    )
    await expect(chat.panel).to_have_accessible_name("Asistență clienți")
    await chat.page.reload()
    await expect(chat.page.locator("html")).to_have_attribute("lang", "ro")
