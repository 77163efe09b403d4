"""Files in the web widget, in a real Chromium: chosen or dropped, on their way, shown, refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Locator, expect

from bot.settings import Settings
from tests.conftest import serving
from tests.samples import PDF
from tests.test_widget_page import HOSTILE
from tests.widget_browser import Chat, visit
from tests.widget_double import WidgetDouble

pytest_plugins = ["tests.widget_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TOO_LARGE = {"code": "file_too_large", "message": "", "megabytes": 7}
WRONG_TYPE = {"code": "file_type_refused", "message": "", "types": ["jpg", "pdf"]}


def rows(chat: Chat) -> Locator:
    return chat.page.locator("grija-chat .upload")


def files_shown(chat: Chat) -> Locator:
    return chat.page.locator("grija-chat .message .file")


async def choose(chat: Chat, *names: str, content: bytes = PDF) -> None:
    async with chat.page.expect_file_chooser() as chooser:
        await chat.panel.get_by_role("button", name="Attach a file").click()
    picked: Any = [{"name": name, "mimeType": "application/pdf", "buffer": content} for name in names]
    await (await chooser.value).set_files(picked)


async def drop(chat: Chat, name: str) -> None:
    data = await chat.page.evaluate_handle(
        """name => {
            const data = new DataTransfer();
            data.items.add(new File(["%PDF-1.7"], name));
            return data;
        }""",
        name,
    )
    panel = chat.page.locator("grija-chat .panel")
    await panel.dispatch_event("dragover", {"dataTransfer": data})
    await expect(panel).to_have_attribute("data-drop", "")
    await panel.dispatch_event("drop", {"dataTransfer": data})
    assert await panel.get_attribute("data-drop") is None


async def test_a_chosen_file_is_on_its_way_and_then_in_the_conversation(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await (await visit(context, server)).open()
    await choose(chat, "фактура 10024.pdf")
    await expect(rows(chat)).to_contain_text("фактура 10024.pdf")
    await expect(chat.panel.get_by_role("progressbar")).to_be_visible()
    server.gate.set()
    await expect(files_shown(chat)).to_have_text("фактура 10024.pdf 1 KB")
    await expect(rows(chat)).to_have_count(0)
    (taken,) = server.uploads
    assert (taken["Name"], taken["token"], taken["content"]) == (
        "фактура 10024.pdf",
        "Bearer visitor-1",
        PDF,
    )


async def test_files_are_dropped_on_the_window(context: BrowserContext, server: WidgetDouble) -> None:
    server.gate.set()
    chat = await (await visit(context, server)).open()
    await drop(chat, "dropped.pdf")
    await expect(files_shown(chat)).to_contain_text("dropped.pdf")


async def test_several_files_go_one_after_the_other_in_their_order(
    context: BrowserContext, server: WidgetDouble
) -> None:
    server.gate.set()
    chat = await (await visit(context, server)).open()
    names = [f"{number}.pdf" for number in range(4)]
    await choose(chat, *names)
    await expect(files_shown(chat)).to_have_text([re.compile(name) for name in names])
    assert len({taken["Message"] for taken in server.uploads}) == 4


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [(413, TOO_LARGE, "Not sent: at most 7 MB"), (415, WRONG_TYPE, "Not sent: only JPG, PDF")],
)
async def test_a_refused_file_says_why_and_can_be_put_away(
    context: BrowserContext, server: WidgetDouble, status: int, error: dict[str, Any], sentence: str
) -> None:
    server.gate.set()
    server.refusals = [(status, error)]
    chat = await (await visit(context, server)).open()
    await choose(chat, "bad.exe", "good.pdf")
    await expect(rows(chat).get_by_role("alert")).to_have_text(sentence)
    # The next one does not wait behind it.
    await expect(files_shown(chat)).to_contain_text("good.pdf")
    await expect(rows(chat).get_by_role("button", name="Send")).to_be_hidden()
    await chat.panel.get_by_role("button", name="Remove: bad.exe").click()
    await expect(rows(chat)).to_have_count(0)


async def test_a_failed_file_is_sent_again_as_the_same_message(
    context: BrowserContext, server: WidgetDouble
) -> None:
    server.gate.set()
    server.refusals = [(503, {"code": "unavailable", "message": ""})]
    chat = await (await visit(context, server)).open()
    await choose(chat, "a.pdf")
    await expect(rows(chat).get_by_role("alert")).to_have_text("Not sent")
    await rows(chat).get_by_role("button", name="Send").click()
    await expect(files_shown(chat)).to_contain_text("a.pdf")
    first, second = server.uploads
    assert first["Message"] == second["Message"]


async def test_a_server_that_is_gone_loses_no_file(context: BrowserContext, server: WidgetDouble) -> None:
    server.gate.set()
    chat = await (await visit(context, server)).open()
    await server.stop()
    await expect(chat.page.locator("grija-chat .panel[data-state=open]")).to_have_count(0)
    await choose(chat, "kept.pdf")
    await expect(rows(chat)).to_contain_text("kept.pdf")
    await server.start()
    await expect(files_shown(chat)).to_contain_text("kept.pdf")
    await expect(rows(chat)).to_have_count(0)


async def test_a_file_on_its_way_can_be_called_back(context: BrowserContext, server: WidgetDouble) -> None:
    chat = await (await visit(context, server)).open()
    await choose(chat, "oops.pdf", "next.pdf")
    await chat.panel.get_by_role("button", name="Remove: oops.pdf").click()
    await expect(rows(chat)).to_have_count(1)
    server.gate.set()
    await expect(files_shown(chat).last).to_contain_text("next.pdf")
    await expect(rows(chat)).to_have_count(0)


async def test_names_of_files_stay_text(context: BrowserContext, server: WidgetDouble) -> None:
    server.gate.set()
    chat = await (await visit(context, server)).open()
    title = await chat.page.title()
    name = HOSTILE[1].replace("/", "")
    await choose(chat, name)
    await expect(files_shown(chat)).to_contain_text(name)
    assert await chat.page.locator("grija-chat .log img").count() == 0
    assert await chat.page.title() == title


async def test_the_real_server_takes_what_the_real_widget_sends(
    context: BrowserContext, sqlite_settings: Settings
) -> None:
    async with serving(sqlite_settings) as server:
        page = await context.new_page()
        await page.goto(server.url)
        chat = await Chat(page).open()
        await choose(chat, "δοκιμή.pdf")
        await expect(files_shown(chat)).to_contain_text("δοκιμή.pdf")
        await expect(chat.bubbles.last).to_have_text("echo: document")
        await choose(chat, "page.pdf", content=b"<html>")
        await expect(rows(chat).get_by_role("alert")).to_contain_text("Not sent: only JPG")
