"""Killed with SIGKILL between storing and confirming: after the restart nothing is lost and nothing is doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from bot.store import inbox, open_store, updates
from tests.conftest import until
from tests.platforms.telegram import TelegramDouble
from tests.telegram_bench import SECRET, _free_port
from tests.trained import PROJECT


class Servers:
    """Servers one after the other, each in a process that can be killed."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.crash_server"], cwd=PROJECT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def start(self, settings: Settings, platform: Path, crash: str | None) -> int:
        given = {name: str(value) if isinstance(value, Path) else value for name, value in _given(settings)}
        spec = {"settings": given, "platform": str(platform), "crash": crash}
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps(spec) + "\n")
        self._parent.stdin.flush()
        return int(self._line())

    def ended(self) -> None:
        """Wait for the server to end."""
        assert self._line() == "ended"

    def close(self) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait(30)
        assert self._parent.stdout is not None
        self._parent.stdout.close()

    def _line(self) -> str:
        assert self._parent.stdout is not None
        return self._parent.stdout.readline().strip()


def _given(settings: Settings) -> list[tuple[str, Any]]:
    default = asdict(Settings())
    return [(name, value) for name, value in asdict(settings).items() if value != default[name]]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    started = Servers()
    yield started
    started.close()


POINTS = {
    "keep.before_commit": 0,
    "keep.after_commit": 0,
    "update.taken": 0,
    "work.before_commit": 0,
    # Telegram has it, we have not noted it: sent again, as promised at most once for each crash.
    "deliver.after_send": 1,
}


@pytest.mark.parametrize("mode", ["polling", "webhook"])
@pytest.mark.parametrize("point", POINTS)
async def test_killed_in_the_middle_it_goes_on_where_it_was(
    settings: Settings, tmp_path: Path, servers: Servers, mode: str, point: str
) -> None:
    async with TelegramDouble() as telegram:
        settings = replace(settings, port=_free_port(), telegram_token=telegram.token,
                           telegram_api_url=telegram.url)  # fmt: skip
        if mode == "webhook":
            settings = replace(
                settings, telegram_webhook_secret=SECRET, public_url=f"http://127.0.0.1:{settings.port}"
            )
        ana, ion = telegram.person(42), telegram.person(43)
        written = [ana.write("one"), ion.write("other")]
        servers.start(settings, tmp_path / "platform", f"{point}:1")
        await _off_loop(servers.ended)
        written.append(ana.write("two"))
        pid = servers.start(settings, tmp_path / "platform", None)

        async def all_answered() -> bool:
            return "echo: two" in ana.chat.texts() and "echo: other" in ion.chat.texts()

        await until(all_answered)

        async def all_confirmed() -> bool:
            return telegram.queue.confirmed == written

        await until(all_confirmed)
        os.kill(pid, signal.SIGKILL)
        await _off_loop(servers.ended)
        assert list(dict.fromkeys(ana.chat.texts())) == ["echo: one", "echo: two"]
        assert len(ana.chat.sent) + len(ion.chat.sent) - 3 <= POINTS[point]
        assert telegram.faults == []
    await _nothing_waits(settings)


async def _nothing_waits(settings: Settings) -> None:
    store = await open_store(settings.database)
    try:
        assert await store.read(inbox.depth) == {"waiting": 0, "dead": 0}
        assert (await store.read(updates.depth))["quarantined"] == 0
    finally:
        await store.close()


async def _off_loop(wait: Any) -> None:
    import asyncio

    await asyncio.to_thread(wait)
