"""What customers, platforms and colleagues write is text in the console, wherever it is shown."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, expect

from tests.console_browser import Console, signed_in
from tests.console_desk import ELENI, MARIA, item, message, photo
from tests.console_double import ConsoleDouble

pytest_plugins = ["tests.widget_browser", "tests.console_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = (
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "\"><svg onload=document.title='taken'>",
    "<iframe srcdoc=\"<script>parent.document.title='taken'</script>\">",
    "javascript:document.title='taken'//https://x.example/\"onmouseover=document.title='taken'",
    "{{7*7}} ${7*7} </textarea></title><b>",
    "<math><mtext><style><img src=x onerror=document.title='taken'></style></mtext></math>",
    "{name} {reason} $& $1 %s",
)


def _poison(double: ConsoleDouble, text: str) -> None:
    """Put a hostile text wherever somebody else's words can stand."""
    double.agents[MARIA["email"]]["name"] = text
    double.items = [item("c1", text, text, channel=text, reason=text, language="en", owner=None)]
    person = {"id": MARIA["id"], "name": text}
    double.entries["c1"] = [
        message("c1", 1, "customer", text, channel=text, author={"kind": "customer", "name": text, "agent_id": None},
                intent={"name": text, "confidence": 1},
                attachments=[photo(name=text), photo(id="f2", name=text, preview=False, kind=text, reason=text),
                             photo(id="f3", name=text, preview=False, state="infected", reason=text)]),
        message("c1", 2, "bot", text, buttons=[{"title": text, "pressed": True}]),
        message("c1", 3, "agent", text, author={"kind": "agent", "name": text, "agent_id": "x"},
                delivery={"status": "dead", "error": text}),
        {"kind": "happening", "id": "1", "conversation": "c1", "after_seq": 3, "what": "note", "actor": person,
         "detail": {"text": text, "mentions": []}, "at": "2026-01-01T00:00:00Z"},
        {"kind": "happening", "id": "2", "conversation": "c1", "after_seq": 3, "what": "closed", "actor": person,
         "detail": {"outcome": text, "note": text}, "at": "2026-01-01T00:00:00Z"},
        {"kind": "happening", "id": "3", "conversation": "c1", "after_seq": 3, "what": text, "actor": person,
         "detail": {}, "at": text},
    ]  # fmt: skip
    double.canned = [{"shortcut": "x", "language": "en", "title": text, "text": text}]


async def _look_everywhere(console: Console, double: ConsoleDouble, text: str) -> None:
    page = console.page
    await console.items.first.click()
    await expect(console.said).to_have_count(3)
    await expect(console.said.nth(0).locator(".words")).to_have_text(text, use_inner_text=True)
    await expect(console.notes.locator(".words")).to_have_text(text)
    await expect(page.locator(".offered")).to_contain_text(text)
    await double.push({"type": "viewers", "conversation": "c1",
                     "agents": [{"id": MARIA["id"], "name": text, "typing": True}]})  # fmt: skip
    await expect(page.locator(".others")).to_contain_text(text)
    await double.push({"type": "mention", "conversation": "c1", "by": text})
    await double.push({"type": "error", "code": text, "message": text})
    await expect(console.toasts).to_contain_text(text)
    await double.offer("c1", seconds=900)
    await expect(console.offers).to_contain_text(text)
    await console.composer.fill("/x")
    await expect(page.get_by_role("option")).to_contain_text(text)
    await page.keyboard.press("Enter")
    await expect(console.composer).to_have_value(text)


@pytest.mark.parametrize("text", ["\n".join(HOSTILE[:4]), "\n".join(HOSTILE[4:])])
async def test_text_stays_text_wherever_it_is_shown(
    console_context: BrowserContext, double: ConsoleDouble, text: str
) -> None:
    _poison(double, text)
    console = await signed_in(console_context, double)
    await _look_everywhere(console, double, text)
    assert "taken" not in await console.page.title()
    made = "script:not([src='/assets/console.js']), iframe, math, style, b > b, img[src='x'], [onload], [onerror]"
    assert await console.page.locator(f":is({made})").count() == 0
    links = await console.page.eval_on_selector_all("a", "all => all.map((one) => one.protocol)")
    assert set(links) <= {"http:", "https:"}
    assert console.trouble == []
    # No server ever sends a text where a time belongs.
    double.drift.clear()


async def test_the_page_cannot_make_html_of_text_or_run_what_is_not_its_file(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double, ELENI["email"])
    refused = """() => {
      const tries = [
        () => { document.body.innerHTML = "<b>x</b>"; },
        () => { document.createElement("script").text = "document.title = 'taken'"; },
        () => { window.trustedTypes.createPolicy("mine", { createHTML: (text) => text }); },
      ];
      return tries.map((attempt) => { try { attempt(); return "done"; } catch (error) { return error.name; } });
    }"""
    assert await console.page.evaluate(refused) == ["TypeError", "TypeError", "TypeError"]
    inline = """() => new Promise((resolve) => {
      const heard = (event) => resolve(event.effectiveDirective);
      document.addEventListener("securitypolicyviolation", heard, { once: true });
      const made = document.createElement("div");
      made.setAttribute("style", "color: red");
      document.body.append(made);
    })"""
    assert await console.page.evaluate(inline) == "style-src-attr"
