"""The same basic conversation over three doubles of Telegram: other people's, and ours, which the suite rests on.

What they agree on is no misunderstanding of ours. The others run where they are installed: `docs/channels/telegram.md`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from bot.app import create_app, open_grija
from bot.settings import Settings
from bot.store import inbox, updates
from tests.conftest import until
from tests.crash_bench import free_port
from tests.doubles import open_echo
from tests.platforms.telegram_others import (
    Platform,
    Telemelya,
    open_ours,
    open_relay,
    open_telegram_test_api,
    open_telemelya,
)
from tests.telegram_bench import SECRET, hurry

DOUBLES: dict[str, Callable[[Path], AbstractAsyncContextManager[Platform]]] = {
    "ours": open_ours,
    "telegram-test-api": open_telegram_test_api,
    "telemelya": open_telemelya,
}


@pytest.fixture(params=DOUBLES)
async def platform(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Platform]:
    async with DOUBLES[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
async def talk(
    platform: Platform, sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Platform]:
    """Our server beside the platform."""
    hurry(monkeypatch)
    port = free_port()
    settings = replace(sqlite_settings, telegram_token=platform.token, telegram_api_url=platform.url)
    async with AsyncExitStack() as stack:
        if platform.webhook:
            relay = await stack.enter_async_context(open_relay(f"http://127.0.0.1:{port}"))
            settings = replace(settings, telegram_webhook_secret=SECRET, public_url=relay)
        grija = await stack.enter_async_context(
            open_grija(settings, channels=["telegram"], open_dialogue=open_echo)
        )
        server = TestServer(create_app(grija), port=port)
        await server.start_server()
        stack.push_async_callback(server.close)
        stack.push_async_callback(grija.channels["telegram"].stop)

        async def known() -> bool:
            return not grija.channels["telegram"].obstacle

        await until(known)
        yield platform
        await grija.hub.settle()
        assert await grija.store.read(inbox.depth) == {"waiting": 0, "dead": 0}
        assert (await grija.store.read(updates.depth))["quarantined"] == 0


async def says(talk: Platform, *texts: str) -> None:
    """Wait until the bot has said so much; it must be exactly this."""

    async def enough() -> bool:
        return len(await talk.texts()) >= len(texts)

    await until(enough)
    assert await talk.texts() == list(texts)


async def test_the_basic_conversation(talk: Platform) -> None:
    await talk.write("bună 👋 <b>&amp; *x*")
    said = ["echo: bună 👋 <b>&amp; *x*"]
    await says(talk, *said)
    await talk.write("buttons")
    said.append("echo: buttons")
    await says(talk, *said)
    (yes, no) = await talk.buttons()
    assert (yes[0], no[0]) == ("Yes", "No")
    await talk.press(no[1])
    said.append("echo: /deny")
    await says(talk, *said)
    for number in range(10):
        await talk.write(f"message {number}")
    said += [f"echo: message {number}" for number in range(10)]
    await says(talk, *said)
    await talk.write("/agent")
    said += ["utter_handoff_asked en {}", "utter_queue_nobody en {}"]
    await says(talk, *said)
    if isinstance(talk, Telemelya):
        assert await talk.answered() == 1, "no spinner stays"
