"""Other people's doubles of Telegram behind one face, beside our own: for the question whether ours is like them.

They are not among our dependencies; `docs/channels/telegram.md` tells how to install them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.conftest import until
from tests.crash_bench import free_port
from tests.platforms.telegram import TelegramDouble
from tests.telegram_bench import SECRET

PROJECT = Path(__file__).resolve().parents[2]
INSTALLED = PROJECT / "var" / "doubles"
"""Where the commands of `docs/channels/telegram.md` install them."""

NPM = "telegram-test-api@4.2.1"
PYPI = "telemelya==0.2.2"

_ANA = 42
_TOKEN_END = ":" + "A" * 35
_CONTROL = {"Authorization": "Bearer any"}


class Platform(ABC):
    """A double of Telegram with one person in a private chat. `webhook`: it only delivers, it is not polled."""

    token: str
    url: str
    webhook = False

    @abstractmethod
    async def write(self, text: str) -> None:
        """The person writes; a text that begins with "/" is marked as a command."""

    @abstractmethod
    async def press(self, data: str) -> None:
        """The person presses a button under the bot's latest message."""

    @abstractmethod
    async def sent(self) -> list[Mapping[str, Any]]:
        """The bot's messages as the platform has them, oldest first, each with `text` and `reply_markup`."""

    async def texts(self) -> list[str]:
        return [str(message["text"]) for message in await self.sent()]

    async def buttons(self) -> list[tuple[str, str]]:
        """Title and data of the buttons under the bot's latest message."""
        markup = (await self.sent())[-1].get("reply_markup") or {}
        return [(one["text"], one["callback_data"]) for row in markup["inline_keyboard"] for one in row]


class Ours(Platform):
    """Our own double."""

    def __init__(self, double: TelegramDouble) -> None:
        self.token, self.url = double.token, double.url
        self._ana = double.person(_ANA)

    async def write(self, text: str) -> None:
        self._ana.write(text)

    async def press(self, data: str) -> None:
        self._ana.press(data)

    async def sent(self) -> list[Mapping[str, Any]]:
        return list(self._ana.chat.sent)


class TelegramTestApi(Platform):
    """The npm package telegram-test-api; it is polled."""

    token = "666" + _TOKEN_END

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self._session = session

    async def write(self, text: str) -> None:
        marks = {"entities": [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]}
        command = text.startswith("/")
        body = {**self._common(), "text": text, **(marks if command else {})}
        await self._post("sendCommand" if command else "sendMessage", body)

    async def press(self, data: str) -> None:
        known = await self._history()
        message = {**self._common(), "message_id": known[-1]["messageId"]}
        await self._post("sendCallback", {**self._common(), "message": message, "data": data})

    async def sent(self) -> list[Mapping[str, Any]]:
        return [one["message"] for one in await self._history() if "chat_id" in one.get("message", {})]

    async def _history(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = (await self._post("getUpdatesHistory", {"token": self.token}))[
            "result"
        ]
        return found

    async def _post(self, route: str, body: Mapping[str, Any]) -> Any:
        async with self._session.post(f"{self.url}/{route}", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    def _common(self) -> dict[str, Any]:
        ana = {"id": _ANA, "first_name": "Ana", "is_bot": False}
        chat = {"id": _ANA, "first_name": "Ana", "type": "private"}
        return {"botToken": self.token, "date": int(time.time()), "from": ana, "chat": chat}


class Telemelya(Platform):
    """The PyPI package telemelya; it delivers to a webhook."""

    token = "123456789" + _TOKEN_END
    webhook = True

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self._session = session

    async def write(self, text: str) -> None:
        await self._update({"command" if text.startswith("/") else "text": text})

    async def press(self, data: str) -> None:
        latest = (await self.sent())[-1]["message_id"]
        await self._update({"callback_data": data, "callback_message_id": latest})

    async def sent(self) -> list[Mapping[str, Any]]:
        return [one for one in await self._recorded() if one["method"] == "sendMessage"]

    async def answered(self) -> int:
        """How many pressed buttons the bot has answered."""
        return sum(one["method"] == "answerCallbackQuery" for one in await self._recorded())

    async def _recorded(self) -> list[Mapping[str, Any]]:
        async with self._session.get(f"{self.url}/api/v1/test/responses", headers=_CONTROL) as response:
            found: list[Mapping[str, Any]] = (await response.json())["responses"]
            return found

    async def _update(self, body: Mapping[str, Any]) -> None:
        # Its ids are made of milliseconds: two updates within one would be the same to everybody.
        await asyncio.sleep(0.005)
        where = f"{self.url}/api/v1/test/send_update?bot_token={self.token}"
        person = {"id": _ANA, "first_name": "Ana"}
        given = {"chat_id": _ANA, "from_user": person, **body}
        async with self._session.post(where, json=given, headers=_CONTROL) as response:
            told = await response.json()
            assert told["delivery"]["status_code"] == 200, told


@asynccontextmanager
async def open_ours(folder: Path) -> AsyncIterator[Platform]:
    """Our own, which needs no folder."""
    async with TelegramDouble() as double:
        yield Ours(double)
        assert double.faults == [], "what we call, Telegram takes"


@asynccontextmanager
async def open_telegram_test_api(folder: Path) -> AsyncIterator[Platform]:
    """With its log in the folder. Skips where it is not installed."""
    node = shutil.which("node")
    if node is None or not (INSTALLED / "node_modules" / "telegram-test-api").is_dir():
        pytest.skip(f"{NPM} is not installed in var/doubles, or there is no node: docs/channels/telegram.md")
    port = free_port()
    script = Path(__file__).with_name("telegram_test_api.cjs")
    command = [node, str(script), str(INSTALLED), str(port), "666"]
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        await stack.enter_async_context(_process(command, folder))
        platform = TelegramTestApi(session, f"http://127.0.0.1:{port}")
        await _up(session, f"{platform.url}/bot{platform.token}/getMe")
        yield platform


@asynccontextmanager
async def open_telemelya(folder: Path) -> AsyncIterator[Platform]:
    """With the Redis and the S3 that it needs, both in Python. Skips where it is not installed."""
    programs = INSTALLED / "telemelya" / "bin"
    if not (programs / "telemelya-server").is_file():
        pytest.skip(f"{PYPI} is not installed in var/doubles/telemelya: docs/channels/telegram.md")
    redis, files, port = free_port(), free_port(), free_port()
    serve_redis = (
        "from fakeredis import TcpFakeServer; "
        f"TcpFakeServer(('127.0.0.1', {redis}), server_type='redis').serve_forever()"
    )
    settings = {
        "REDIS_URL": f"redis://127.0.0.1:{redis}/0",
        "MINIO_ENDPOINT": f"127.0.0.1:{files}",
        "MOCK_SERVER_HOST": "127.0.0.1",
        "MOCK_SERVER_PORT": str(port),
    }
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        for command in (
            [str(programs / "python"), "-c", serve_redis],
            [str(programs / "moto_server"), "-H", "127.0.0.1", "-p", str(files)],
        ):
            await stack.enter_async_context(_process(command, folder))
        await _up(session, f"http://127.0.0.1:{files}/")
        await stack.enter_async_context(_process([str(programs / "telemelya-server")], folder, settings))
        platform = Telemelya(session, f"http://127.0.0.1:{port}")
        await _up(session, f"{platform.url}/")
        yield platform


@asynccontextmanager
async def open_relay(target: str) -> AsyncIterator[str]:
    """What telemelya leaves out: passes deliveries on to `target` with the secret's header; its address."""
    async with aiohttp.ClientSession() as session:

        async def handle(request: web.Request) -> web.Response:
            headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
            where = f"{target}{request.path}"
            async with session.post(where, data=await request.read(), headers=headers) as response:
                return web.Response(status=response.status, body=await response.read())

        app = web.Application()
        app.router.add_post("/{path:.*}", handle)
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/")


@asynccontextmanager
async def _process(
    command: list[str], folder: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[None]:
    """A program that runs until the block ends; what it says goes into the folder."""
    with (folder / f"{Path(command[0]).name}.log").open("ab") as told:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env={**os.environ, **(settings or {})}, stdout=told, stderr=told
        )
        try:
            yield
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _up(session: aiohttp.ClientSession, url: str) -> None:
    async def answers() -> bool:
        try:
            async with session.get(url):
                return True
        except aiohttp.ClientError:
            return False

    await until(answers, seconds=60)
