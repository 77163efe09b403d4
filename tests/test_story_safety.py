"""Hostile texts through the real channels, looked at in the real console and the real widget: nothing runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.models import Agent, Conversation, Draft, InboxItem, Outcome, Role
from bot.settings import Settings
from tests.doubles import EchoDialogue
from tests.samples import PDF, picture
from tests.story_stage import (
    Desk,
    Stage,
    WebCustomer,
    desk_of,
    open_stage,
    slack_customer,
    telegram_customer,
    web_customer,
)
from tests.test_console_safety import HOSTILE

pytest_plugins = ["tests.widget_browser", "tests.console_browser", "tests.story_stage"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# The last one holds what would be a variable of a canned answer.
ALL = "\n".join(HOSTILE[:-1])
_WATCH = """
window.reports = [];
document.addEventListener("securitypolicyviolation", (event) => reports.push(event.violatedDirective));
"""
_MADE = (
    "script:not([src]), iframe, math, style:not(:empty), img[src='x'], svg[onload], [onload], [onerror], "
    "[onmouseover], a[href^='javascript:']"
)


class Hostile(EchoDialogue):
    """Answers with the customer's own text, and with a button that has it as its title."""

    async def respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        text = item.message.text
        if text == "person" or not text:
            return await super().respond(conversation, item)
        parse = {"intent": {"name": "echo"}}
        return Outcome((Draft(text, ((text[:100], "/affirm"),)),), {"turns": 1}, "en", parse)


@pytest_asyncio.fixture(loop_scope="module")
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    settings = Settings(
        data=tmp_path / "var", messages_per_minute=10_000, sweep_seconds=0.1, log_level="error"
    )
    async with open_stage(settings, open_dialogue=lambda *_: Hostile()) as opened:
        await opened.set("replies", hold_seconds=0.0)
        await opened.set("routing", accept_seconds=600)
        yield opened


async def test_hostile_texts_of_customers_and_colleagues_never_run(browser: Browser, stage: Stage) -> None:
    agents = [await stage.agent(text, email=f"{place}@desk.example") for place, text in enumerate(HOSTILE)]
    await stage.grija.canned.put("hostile", "en", HOSTILE[0], ALL, by=agents[0].id)
    emma = await _customers_write(browser, stage)
    ada = await _signed_in(
        browser, stage, await stage.agent(HOSTILE[1], "en", email="ada@desk.example", role=Role.ADMIN)
    )
    await expect(ada.offers.locator("article")).to_have_count(1)
    for name in HOSTILE:
        await _looks_at(ada, name)
    await _works(ada, agents[2])
    await expect(emma.chat.bubbles.filter(has_text=HOSTILE[0]).last).to_be_visible()
    await emma.press("utter_title_rate_5")
    for place in ("#/settings/agents", "#/settings/canned", "#/settings/audit", "#/desk/search"):
        await ada.page.goto(f"{stage.url}/console{place}")
        await expect(ada.page.locator("main")).to_be_visible()
        await nothing_ran(ada.page)
    await ada.page.get_by_label("Search all conversations").fill("taken")
    await expect(ada.page.locator(".hits li").first).to_be_visible()
    for page in (ada.page, emma.chat.page):
        await nothing_ran(page)
        await page.context.close()
    assert ada.trouble == []


async def _customers_write(browser: Browser, stage: Stage) -> WebCustomer:
    """Every text as a name and as words on Telegram and Slack, and as words and names of files on all channels."""
    emma = await web_customer(browser, stage)
    await emma.chat.page.evaluate(_WATCH)
    for place, text in enumerate(HOSTILE):
        jan = telegram_customer(stage, 100 + place, text, "en")
        jan.person.document(text, "application/pdf", PDF, caption=text)
        await jan.write(text)
        await jan.write("person")
        sofia = slack_customer(stage, f"UH{place}", text, "en", "en-GB")
        file = stage.slack.add_file(f"{place}.png", "image/png", picture("PNG"), title=text)
        file["name"] = text
        await sofia.write(escape(text, quote=False), files=[file], subtype="file_share")
        await sofia.write("person")
        await emma.write(text)
        await emma.send_file(text.replace("/", ""), "application/pdf", PDF)
    await expect(emma.chat.bubbles.filter(has_text=HOSTILE[-1]).last).to_be_visible()
    await emma.write("person")
    await expect(emma.chat.status).to_contain_text("Waiting")
    return emma


async def _signed_in(browser: Browser, stage: Stage, agent: Agent) -> Desk:
    desk = await desk_of(browser, stage, agent)
    await desk.page.context.add_init_script(_WATCH)
    await desk.page.reload()
    await desk.sign_in()
    return desk


async def _looks_at(ada: Desk, name: str) -> None:
    """Open the conversations on Telegram and on Slack with somebody of this name."""
    shown = ada.page.locator(".item .who").get_by_text(name, exact=True)
    await expect(shown).to_have_count(2)
    for place in range(2):
        await shown.nth(place).click()
        await expect(ada.head.locator("h1")).to_have_text(name)
        await expect(ada.said.locator(".words").get_by_text(name, exact=True).first).to_be_visible()
        await expect(ada.files.first).to_be_visible()
        await expect(ada.brief.locator(".part").first).to_be_visible()
        await nothing_ran(ada.page)


async def _works(ada: Desk, colleague: Agent) -> None:
    """Take a conversation, and put the texts in wherever an agent can write."""
    await ada.open("Unknown customer")
    await ada.button("Take").click()
    await ada.owns("Unknown customer")
    await ada.button("Private note").click()
    await ada.composer.fill(ALL)
    await ada.composer.press("Enter")
    await expect(ada.notes.locator(".words")).to_have_text(ALL, use_inner_text=True)
    await ada.button("Reply").click()
    await ada.composer.press_sequentially("/hosti")
    await expect(ada.page.get_by_role("option").first).to_contain_text(HOSTILE[0])
    await ada.composer.press("Enter")
    await expect(ada.composer).to_have_value(ALL)
    await ada.composer.press("Enter")
    await expect(ada.said.filter(has_text=HOSTILE[5]).last).to_be_visible()
    await ada.button("Transfer").click()
    await expect(ada.dialog.get_by_text(colleague.name, exact=True)).to_be_visible()
    await nothing_ran(ada.page)
    await ada.page.keyboard.press("Escape")
    await ada.head.get_by_role("button", name="Close", exact=True).click()
    await ada.dialog.get_by_label("Note (optional)").fill(ALL)
    await ada.dialog.get_by_role("button", name="Close", exact=True).last.click()
    await expect(ada.head).to_contain_text("Closed: Solved")
    await expect(ada.happenings.filter(has_text="closed it")).to_contain_text(HOSTILE[0])


async def nothing_ran(page: Page) -> None:
    """Neither title nor elements of the texts are in the page, and its policy had nothing to stop."""
    assert "taken" not in await page.title()
    assert await page.locator(f":is({_MADE})").count() == 0
    seen: Any = await page.evaluate("window.reports")
    assert seen == []
