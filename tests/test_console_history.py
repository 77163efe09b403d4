"""Long histories and long queues in the console: pages of them are shown, quickly, and nothing jumps."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, expect

from tests.console_browser import Console, signed_in
from tests.console_desk import item, message
from tests.console_double import ConsoleDouble

pytest_plugins = ["tests.widget_browser", "tests.console_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def _long(double: ConsoleDouble, count: int) -> None:
    kinds = ("customer", "bot")
    double.entries["c1"] = [
        message("c1", seq, kinds[seq % 2], f"Message number {seq}. " + "word " * (seq % 40), at=_time(seq))
        for seq in range(1, count + 1)
    ]


def _time(seq: int) -> str:
    return f"2026-01-01T00:{seq // 60 % 60:02}:{seq % 60:02}Z"


async def _scroll(console: Console, to: str) -> None:
    await console.page.locator(".timeline").evaluate(f"(box) => {{ box.scrollTop = {to}; }}")


async def test_a_conversation_of_2000_messages_opens_at_its_end_and_pages_back(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    _long(double, 2000)
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    last = console.said.last
    await expect(last).to_contain_text("Message number 2000.")
    await expect(last).to_be_in_viewport()
    assert await console.said.count() <= 60
    await _scroll(console, "0")
    await expect(console.said.first).to_contain_text("Message number 1901.")
    # What was at the top is still where it was, though a page has come in front of it.
    await expect(console.said.filter(has_text="Message number 1951.")).to_be_in_viewport()
    for first in range(1851, 1401, -50):
        await _scroll(console, "0")
        await expect(console.said.first).to_have_attribute("data-seq", str(first))
    assert await console.said.count() <= 400
    await expect(last).not_to_contain_text("Message number 2000.")
    await console.button("To the newest").click()
    await expect(console.said.last).to_contain_text("Message number 2000.")
    await expect(console.said.last).to_be_in_viewport()


async def test_what_is_read_stays_in_place_when_something_new_comes(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    _long(double, 60)
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    await _scroll(console, "box.scrollHeight / 2")
    before = await console.page.locator(".timeline").evaluate("(box) => box.scrollTop")
    await double.say("c1", "Something new")
    await expect(console.said.last).to_contain_text("Something new")
    assert await console.page.locator(".timeline").evaluate("(box) => box.scrollTop") == pytest.approx(
        before, abs=2
    )
    await console.button("To the newest").click()
    await expect(console.said.last).to_be_in_viewport()
    await double.say("c1", "And one more")
    await expect(console.said.last).to_be_in_viewport()


async def test_a_hit_far_back_is_shown_with_what_is_around_it_and_leads_forward_again(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    _long(double, 2000)
    console = await signed_in(console_context, double)
    await console.page.goto(f"{double.url}#/desk/search/c1?at=700")
    marked = console.page.locator(".row[data-marked=true]")
    await expect(marked).to_contain_text("Message number 700.")
    await expect(marked).to_be_in_viewport()
    newest = await console.said.last.get_attribute("data-seq")
    await _scroll(console, "box.scrollHeight")
    await expect(console.said.last).not_to_have_attribute("data-seq", newest or "")
    assert int(await console.said.last.get_attribute("data-seq") or 0) == int(newest or 0) + 50


async def test_500_in_the_queue_are_all_reached_and_only_the_changed_one_is_drawn_again(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    double.items = [item(f"q{number}", f"Customer {number}", f"Text {number}") for number in range(500)]
    console = await signed_in(console_context, double)
    await expect(console.items).to_have_count(100)
    await expect(console.tab("Waiting")).to_have_text("Waiting500")
    for reached in (300, 500):
        await console.page.locator(".column .scroll").evaluate(
            "(box) => { box.scrollTop = box.scrollHeight; }"
        )
        await expect(console.items).to_have_count(reached)
    watch = """() => {
      const all = { subtree: true, childList: true, characterData: true, attributes: true };
      window.changed = 0;
      const observer = new MutationObserver((found) => { window.changed += found.length; });
      observer.observe(document.querySelector(".items"), all);
    }"""
    await console.page.evaluate(watch)
    double.item("q7")["last"]["text"] = "Something else"
    await double.push({"type": "queue"})
    await expect(console.row("Something else")).to_have_count(1)
    assert await console.page.evaluate("window.changed") < 10
    # The server sends the first hundred; who has left from among the others is gone a moment later.
    double.item("q3")["last"]["text"] = "Sent by the server"
    double.items.remove(double.item("q450"))
    await double.lists_changed()
    await expect(console.row("Sent by the server")).to_have_count(1)
    assert await console.items.count() in (499, 500)
    await expect(console.row("Customer 449")).to_have_count(1)
    await expect(console.row("Customer 450")).to_have_count(0)
    await expect(console.items).to_have_count(499)


async def test_another_conversation_of_the_customer_is_told_apart(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    double.entries["c1"] = [
        message("older", 1, "customer", "In May", at="2026-05-01T10:00:00Z", channel="telegram"),
        message("c1", 2, "customer", "Today", at="2026-05-01T10:30:00Z"),
    ]
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    await expect(console.page.locator(".day.opens")).to_have_text("New conversation")
    await expect(console.said.nth(0)).to_contain_text("Telegram")
    await expect(console.said.nth(1)).to_contain_text("Web")
