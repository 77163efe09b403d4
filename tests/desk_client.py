"""A signed-in console in Python: the API with its CSRF token, and the socket, for tests and benchmarks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.app import Grija
from bot.models import Agent
from bot.people.sessions import Visit
from tests.desk_seeds import add_agents

PROTOCOL = "grija.console.v1"


class ConsoleClient:
    """One browser of one agent."""

    def __init__(self, session: aiohttp.ClientSession, url: str, agent: Agent, csrf: str) -> None:
        self.session = session
        self.url = url
        self.agent = agent
        self.csrf = csrf

    async def get(self, path: str) -> Any:
        """The JSON of an answer below /api/v1; AssertionError if it is an error."""
        async with self.session.get(f"{self.url}/api/v1{path}") as response:
            body = await response.json()
            assert response.status == 200, body
            return body

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of an answer below /api/v1; None for an empty one."""
        about: dict[str, Any] = {"headers": {"X-CSRF-Token": self.csrf}}
        if body is not None:
            about["json"] = body
        async with self.session.request(method, f"{self.url}/api/v1{path}", **about) as response:
            return response.status, await response.json() if response.status != 204 else None

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[ConsoleSocket]:
        """A socket that has said hello."""
        headers = {"Origin": self.url}
        async with self.session.ws_connect(
            f"{self.url}/console/ws", protocols=(PROTOCOL,), headers=headers
        ) as opened:
            socket = ConsoleSocket(opened)
            await socket.expect("hello")
            yield socket


class ConsoleSocket:
    """Frames in order of their coming; those that were not asked for are kept."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self.socket = socket
        self.others: list[dict[str, Any]] = []

    async def send(self, **frame: Any) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def receive(self) -> dict[str, Any]:
        """The next frame; ConnectionError with the close code when the socket ends."""
        data = await asyncio.wait_for(self.socket.receive(), 20)
        if data.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(f"closed: {data.data or self.socket.close_code}")
        frame: dict[str, Any] = json.loads(data.data)
        return frame

    async def expect(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next frame of a kind with these fields; others before it are kept in `others`."""
        while True:
            frame = await self.receive()
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame
            self.others.append(frame)

    async def pong(self) -> list[dict[str, Any]]:
        """Everything that was sent before the answer to a ping."""
        begin = len(self.others)
        await self.send(type="ping")
        await self.expect("pong")
        return self.others[begin:]


@asynccontextmanager
async def signed_in(
    grija: Grija, url: str, agent: Agent, *, known: bool = False
) -> AsyncIterator[ConsoleClient]:
    """A browser in which an agent is signed in; the agent is added unless they are known."""
    if not known:
        await add_agents(grija.store, [agent])
    opened = await grija.store.write(grija.people.sessions.start, agent, Visit())
    # The test's address is no name: a cookie jar keeps nothing for such unless it is told to.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, cookies={"grija": opened.cookie}) as session:
        yield ConsoleClient(session, url, agent, opened.csrf)
