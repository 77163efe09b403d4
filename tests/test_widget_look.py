"""The widget for eyes, keyboards and screen readers, in a real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.widget_browser import visit
from tests.widget_double import WidgetDouble

pytest_plugins = ["tests.widget_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LANGUAGES = {
    "en": ("Customer support", "Write a message", "Automated assistant"),
    "pl": ("Obsługa klienta", "Napisz wiadomość", "Automatyczny asystent"),
    "el": ("Εξυπηρέτηση πελατών", "Γράψτε ένα μήνυμα", "Αυτόματος βοηθός"),
    "bg": ("Обслужване на клиенти", "Напишете съобщение", "Автоматичен асистент"),
    "ro": ("Asistență clienți", "Scrieți un mesaj", "Asistent automat"),
}


async def overflows(page: Page) -> bool:
    """Whether the page, or the list of messages, can be moved sideways."""
    return bool(
        await page.evaluate(
            """() => {
                const log = document.querySelector("grija-chat").shadowRoot.querySelector(".log");
                const root = document.documentElement;
                return root.scrollWidth > root.clientWidth || log.scrollWidth > log.clientWidth;
            }"""
        )
    )


async def test_the_keyboard_alone_is_enough(context: BrowserContext, server: WidgetDouble) -> None:
    chat = await visit(context, server)
    keyboard = chat.page.keyboard
    await chat.launcher.focus()
    await keyboard.press("Enter")
    await expect(chat.area).to_be_focused()
    await keyboard.type("first line")
    await keyboard.press("Shift+Enter")
    await keyboard.type("second line")
    await keyboard.press("Enter")
    await chat.shows("first line\nsecond line")
    await server.say("Sure?", buttons=("Yes", "No"))
    await expect(chat.choice("No")).to_be_visible()
    await keyboard.press("Shift+Tab")
    await expect(chat.choice("No")).to_be_focused()
    await keyboard.press("Shift+Tab")
    await expect(chat.choice("Yes")).to_be_focused()
    await keyboard.press("Space")
    await server.hears_type("button")
    await expect(chat.area).to_be_focused()
    await keyboard.press("Shift+Tab")
    await expect(chat.panel.get_by_role("log")).to_be_focused()
    await keyboard.press("Shift+Tab")
    await expect(chat.choice("Close the chat")).to_be_focused()
    await keyboard.press("Escape")
    await expect(chat.panel).to_be_hidden()
    await expect(chat.launcher).to_be_focused()


async def test_what_screen_readers_are_told(context: BrowserContext, server: WidgetDouble) -> None:
    chat = await visit(context, server)
    await expect(chat.launcher).to_have_attribute("aria-expanded", "false")
    await chat.open()
    await expect(chat.launcher).to_have_attribute("aria-expanded", "true")
    await expect(chat.panel).to_have_accessible_name("Customer support")
    log = chat.panel.get_by_role("log", name="Messages")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(chat.area).to_have_accessible_name("Write a message")
    unnamed = await chat.page.evaluate(
        """() => [...document.querySelector("grija-chat").shadowRoot.querySelectorAll("button")]
            .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim())).length"""
    )
    assert unnamed == 0


async def test_the_length_limit_is_counted_and_held(context: BrowserContext, server: WidgetDouble) -> None:
    chat = await (await visit(context, server)).open()
    send = chat.choice("Send")
    await expect(send).to_be_disabled()
    await chat.area.fill("x" * 3990)
    await expect(chat.panel.get_by_text("10 characters left")).to_be_visible()
    await chat.area.fill("x" * 4007)
    await expect(chat.panel.get_by_text("7 characters too many")).to_be_visible()
    await expect(send).to_be_disabled()
    await chat.area.press("Enter")
    await chat.area.fill("x" * 4000)
    await send.click()
    assert [len(frame["text"]) for frame in await server.hears_type("message")] == [4000]


@pytest.mark.parametrize("language", list(LANGUAGES))
async def test_every_language_by_page_server_or_attribute(
    context: BrowserContext, server: WidgetDouble, language: str
) -> None:
    title, placeholder, status = LANGUAGES[language]
    server.language = language
    chat = await (await visit(context, server)).open()
    await expect(chat.panel).to_have_accessible_name(title)
    await expect(chat.area).to_have_attribute("placeholder", placeholder)
    await expect(chat.status).to_have_text(status)
    await expect(chat.panel).to_have_attribute("lang", language)
    server.language = "en"
    fixed = await (await visit(context, server, f"?lang={language}")).open()
    await expect(fixed.panel).to_have_accessible_name(title)
    await expect(fixed.page.locator("html")).to_have_attribute("lang", language)
    hello = [frame for frame in server.heard if frame["type"] == "hello"][-1]
    assert hello["locale"].startswith(language)


async def test_a_phone_shows_the_chat_on_the_whole_screen(browser: Browser, server: WidgetDouble) -> None:
    context = await browser.new_context(
        viewport={"width": 360, "height": 640},
        is_mobile=True,
        has_touch=True,
        reduced_motion="reduce",
        locale="en-GB",
    )
    chat = await (await visit(context, server)).open()
    box = await chat.panel.bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 640)
    await expect(chat.launcher).to_be_hidden()
    await server.say(
        "w" * 600 + " \u202e\u2067 עברית " + "https://example.com/" + "p" * 300, buttons=("y" * 120,)
    )
    await expect(chat.bubbles).to_have_count(1)
    assert not await overflows(chat.page)
    await chat.choice("Close the chat").click()
    await expect(chat.launcher).to_be_visible()
    assert not await overflows(chat.page)
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_light_and_dark_can_both_be_read(browser: Browser, server: WidgetDouble, scheme: Any) -> None:
    context = await browser.new_context(color_scheme=scheme, reduced_motion="reduce", locale="en-GB")
    chat = await (await visit(context, server)).open()
    await server.say("Hello", buttons=("Yes",))
    await chat.write("Hi")
    await expect(chat.bubbles).to_have_count(2)
    await server.say("Sent", author={"kind": "system", "name": ""})
    await expect(chat.bubbles).to_have_count(3)
    worst = await chat.page.evaluate(CONTRAST)
    assert worst["ratio"] >= 4.5, worst
    back = await chat.panel.evaluate("(panel) => getComputedStyle(panel).backgroundColor")
    assert (back == "rgb(255, 255, 255)") == (scheme == "light")
    assert await chat.panel.evaluate("(panel) => getComputedStyle(panel).animationName") == "none"
    await context.close()


CONTRAST = """() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3) return color;
    }
    return [255, 255, 255];
  };
  let worst = { ratio: 99 };
  const root = document.querySelector("grija-chat").shadowRoot;
  for (const node of root.querySelectorAll(".panel *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility()) continue;
    const [a, b] = [parse(getComputedStyle(node).color), behind(node)].map(luminance).sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst.ratio) worst = { ratio, text: node.textContent, class: node.className };
  }
  return worst;
}"""


async def test_a_page_embeds_drives_and_themes_it(context: BrowserContext, server: WidgetDouble) -> None:
    server.page = """<!doctype html><html lang="pl"><body>
        <script src="/widget.js" data-site="shop" data-lang="bg" data-title="Помощ" data-color="#ffd200"
            data-open defer></script><script src="/widget.js" data-site="shop" defer></script></body></html>"""
    chat = await visit(context, server)
    await expect(chat.page.locator("grija-chat")).to_have_count(1)
    await expect(chat.panel).to_be_visible()
    await expect(chat.panel).to_have_accessible_name("Помощ")
    style = "(one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    assert await chat.launcher.evaluate(style) == ["rgb(255, 210, 0)", "rgb(0, 0, 0)"]
    element = chat.page.locator("grija-chat")
    await element.evaluate(
        """(chat) => {
            window.events = [];
            for (const name of ["open", "close", "message"]) {
                document.addEventListener(`grija:${name}`, (event) => window.events.push([name, event.detail?.text]));
            }
            chat.close();
            chat.open();
            chat.send("from the page");
            chat.draft("not sent");
        }"""
    )
    await server.hears(lambda frame: frame.get("text") == "from the page")
    await server.say("answer")
    await chat.shows("from the page", "answer")
    await expect(chat.area).to_have_value("not sent")
    events = await chat.page.evaluate("window.events")
    assert events == [["close", None], ["open", None], ["message", "answer"]]
    identity = {"user_id": "u1", "exp": 1, "hmac": "x"}
    await element.evaluate("(chat, identity) => chat.identify(identity)", identity)
    assert (await server.hears(lambda frame: "identity" in frame))[0]["identity"] == identity
    thrown = await element.evaluate(
        "(chat) => { try { chat.send(' '); } catch (error) { return error.name; } }"
    )
    assert thrown == "RangeError"
