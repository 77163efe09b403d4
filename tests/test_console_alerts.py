"""Alerts in the console: who supervises sees them come, looks after them, and sets when they come."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.console_browser import DESKTOP, PHONE, Console, arrive, sign_in, signed_in
from tests.console_desk import ELENI, MARIA, ago, alerts
from tests.console_double import ConsoleDouble

pytest_plugins = ["tests.widget_browser", "tests.console_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_supervisor_sees_alerts_and_looks_after_one(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double, MARIA["email"])
    bell = console.page.get_by_role("link", name="Alerts")
    await expect(bell.locator(".count")).to_have_text("2")
    await bell.click()
    cards = console.page.locator(".alerts .cards > li")
    await expect(cards).to_have_count(2)
    await expect(cards.first).to_contain_text(
        "The mood fell in 8 of 21 conversations within an hour; usual are 1.3"
    )
    await expect(cards.first).to_contain_text(
        "State of the order “delayed”: 88% of those who fell, 6% of the others"
    )
    await expect(cards.last).to_contain_text("Petros G. is losing patience")
    await expect(cards.last).to_contain_text("anger")
    await cards.last.get_by_role("button", name="I look after it").click()
    await expect(cards.last).to_contain_text("Maria Kowalska looks after it")
    await double.is_asked("POST", "/alerts/1/acknowledge")
    await expect(bell.locator(".count")).to_have_text("1")
    await cards.last.get_by_role("link", name="Open the conversation").click()
    await expect(console.page.locator(".head h1")).to_have_text("Petros G.")
    assert console.trouble == []


async def test_a_new_alert_is_there_without_a_reload(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    double.alerts.clear()
    console = await signed_in(console_context, double, MARIA["email"])
    await console.page.goto(f"{double.url}#/alerts")
    await expect(console.page.locator(".alerts")).to_contain_text("There is nothing to look at.")
    double.alerts.append(alerts()[1] | {"at": ago(1), "customer": "<b>Mallory</b>"})
    await double.push({"type": "alerts"})
    await expect(console.page.locator(".alerts .cards > li")).to_contain_text(
        "<b>Mallory</b> is losing patience"
    )


async def test_agents_have_no_alerts(console_context: BrowserContext, double: ConsoleDouble) -> None:
    console = await signed_in(console_context, double, ELENI["email"])
    await console.page.goto(f"{double.url}#/alerts")
    await expect(console.page.get_by_role("link", name="Alerts")).to_have_count(0)
    await expect(console.page.locator(".alerts")).to_have_count(0)
    await double.push({"type": "alerts"})
    assert "/alerts" not in double.reads


async def test_what_a_fall_does_is_set_in_the_settings(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double, MARIA["email"])
    page = console.page
    await page.goto(f"{double.url}#/settings/feelings")
    await page.get_by_label("A person takes over from this depth on").fill("0.7")
    await page.get_by_label("The most that a fall does").select_option("suggest")
    await console.button("Save").click()
    await expect(console.toasts).to_contain_text("Saved.")
    body = await double.is_asked("PUT", "/settings/feelings")
    assert (body["value"]["handoff"], body["value"]["most"]) == (0.7, "suggest")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
async def test_the_page_fits_and_axe_finds_nothing(
    browser: Browser, double: ConsoleDouble, scheme: Literal["light", "dark"], viewport: object
) -> None:
    context = await browser.new_context(locale="en-GB", color_scheme=scheme, viewport=viewport)  # type: ignore[arg-type]
    console: Console = await arrive(context, double)
    await sign_in(console, MARIA["email"])
    await console.page.goto(f"{double.url}#/alerts")
    await expect(console.page.locator(".alerts .cards > li")).to_have_count(2)
    assert await console.violations() == []
    assert await console.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await context.close()
