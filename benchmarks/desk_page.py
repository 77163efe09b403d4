"""The console in a real Chromium, with watches in the page: when something is painted, and how quick it answers."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page, ViewportSize, async_playwright

from tests.signing import PASSWORD
from tests.widget_browser import FLAGS

_VIEW = ViewportSize(width=1440, height=900)

# What is in the document when a frame begins is on the screen when the first task behind that frame runs.
_WATCH = """() => {
  const painted = (tell) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => tell();
    port2.postMessage(0);
  });
  const seen = new Set();
  const note = (kind, key) => {
    if (seen.has(kind + key)) return;
    seen.add(kind + key);
    painted(() => window.tell(kind, key, Date.now()));
  };
  const look = () => {
    for (const link of document.querySelectorAll(".item a")) note("row", link.hash.split("?")[0].split("/").pop());
    for (const card of document.querySelectorAll("article.offer")) {
      card.dataset.key ??= String(Math.random());
      note("offer", card.dataset.key);
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
  look();
  window.painted = painted;
}"""

_OPEN = """([key, text]) => new Promise((done) => {
  const link = [...document.querySelectorAll(".item a")].find(({ hash }) => hash.endsWith(key));
  const began = performance.now();
  const look = () => {
    if (![...document.querySelectorAll("article.said")].some(({ textContent }) => textContent.includes(text))) return;
    observer.disconnect();
    window.painted(() => done(performance.now() - began));
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  link.click();
})"""

# Not by Event Timing: a Chromium without a screen tells of its paints when something else is drawn, seconds later.
_FEEL = """() => {
  const felt = (window.felt = { long: [], keys: [], frames: [], redrawn: 0 });
  new PerformanceObserver((list) => felt.long.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask" });
  document.addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => felt.keys.push(performance.now() - timeStamp);
    port2.postMessage(0);
  }), true);
  let last = performance.now();
  const frame = (now) => {
    felt.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new MutationObserver((found) => (felt.redrawn += found.length))
    .observe(document.querySelector(".items"), { subtree: true, childList: true, characterData: true });
}"""


_BARE = """<!doctype html><style>.scroll {{ height: 80vh; overflow: auto }}</style>
<div class="column"><div class="scroll"><ul class="items">{}</ul></div></div>
<div class="composer"><textarea></textarea></div>"""
_ROWS = 500


@dataclass
class Felt:
    """What somebody at the page has felt. Seconds; `keys` has each key from its press to the frame that shows it."""

    long: list[float]
    keys: list[float]
    frames: list[float]
    redrawn: int


@dataclass
class Screen:
    """One agent's page. `seen` has when each row and card was first painted, as `time.time` has it."""

    page: Page
    seen: dict[tuple[str, str], float] = field(default_factory=dict)

    def of(self, kind: str) -> Mapping[str, float]:
        """When each row, or each offer, was first painted."""
        return {key: moment for (about, key), moment in self.seen.items() if about == kind}

    async def sign_in(self, url: str, email: str) -> None:
        """Be at the desk, with the lists on the screen and the watches running."""
        await self.page.expose_function("tell", self._tell)
        await self.page.goto(f"{url}/console")
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.keyboard.press("Enter")
        await self.page.locator(".column .scroll[aria-busy=false]").wait_for()
        await self.page.evaluate(_WATCH)

    async def show(self, list_: str, conversation: str | None = None) -> None:
        """Look at a list, with a conversation open beside it."""
        place = f"#/desk/{list_}" + (f"/{conversation}" if conversation else "")
        await self.page.evaluate("(hash) => { location.hash = hash; }", place)
        await self.page.locator(".item").first.wait_for()

    async def open(self, conversation: str, text: str) -> float:
        """Click a conversation in the list: the seconds until a message with this text is painted."""
        found: float = await self.page.evaluate(_OPEN, [conversation, text])
        return found / 1000

    async def leave(self) -> None:
        """Leave the console for a page of text and a field, without any script: what the browser itself takes."""
        await self.page.goto("about:blank")
        rows = "".join(f"<li>Somebody waits in line {number}.</li>" for number in range(_ROWS))
        await self.page.set_content(_BARE.format(rows))

    async def feel(self, seconds: float) -> Felt:
        """Scroll the list and type a reply, again and again: what that felt like."""
        page = self.page
        await page.evaluate(_FEEL)
        composer = page.locator(".composer textarea")
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            await page.locator(".column .scroll").hover()
            for way in (1, 1, 1, 1, 1, 1, -1, -1):
                await page.mouse.wheel(0, 400 * way)
                await asyncio.sleep(0.1)
            await composer.click()
            await page.keyboard.type("Good morning, I look at it. ", delay=60)
            await composer.fill("")
        felt: dict[str, Any] = await page.evaluate("window.felt")
        return Felt(
            long=[one / 1000 for one in felt["long"]],
            keys=[one / 1000 for one in felt["keys"]],
            frames=[one / 1000 for one in felt["frames"]],
            redrawn=felt["redrawn"],
        )

    def _tell(self, kind: str, key: str, milliseconds: float) -> None:
        self.seen.setdefault((kind, key), milliseconds / 1000)


@asynccontextmanager
async def open_screen() -> AsyncIterator[Screen]:
    """A window of a Chromium of its own, in English."""
    executable = os.environ.get("GRIJA_CHROMIUM") or shutil.which("chromium")
    if executable is None:
        raise RuntimeError("there is no Chromium: install it, or name it in GRIJA_CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            context = await browser.new_context(locale="en-GB", viewport=_VIEW, timezone_id="UTC")
            yield Screen(await context.new_page())
        finally:
            await browser.close()
