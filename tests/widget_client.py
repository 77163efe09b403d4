"""A widget in Python: speaks the protocol as the browser's does, for tests and benchmarks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

PROTOCOL = "grija.widget.v1"


class WidgetClient:
    """One socket. Messages are kept by seq, each once, as a browser would show them."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self.socket = socket
        self.welcome: dict[str, Any] = {}
        self.messages: dict[int, dict[str, Any]] = {}
        self.others: list[dict[str, Any]] = []

    async def hello(self, *, token: str | None = None, last_seq: int = 0, **more: Any) -> dict[str, Any]:
        await self.send({"type": "hello", "token": token, "last_seq": last_seq, **more})
        self.welcome = await self.expect("welcome")
        return self.welcome

    async def send(self, frame: dict[str, Any]) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def say(self, text: str, client_msg_id: str) -> dict[str, Any]:
        """Send a message and wait for its ack."""
        await self.send({"type": "message", "client_msg_id": client_msg_id, "text": text})
        return await self.expect("ack")

    async def press(self, button_id: str, client_msg_id: str) -> dict[str, Any]:
        await self.send({"type": "button", "client_msg_id": client_msg_id, "button_id": button_id})
        return await self.expect("ack")

    async def receive(self) -> dict[str, Any]:
        """The next frame; messages are noted on the way."""
        data = await asyncio.wait_for(self.socket.receive(), 20)
        if data.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(f"the socket ended: {data.type.name} {data.data!r}")
        frame: dict[str, Any] = json.loads(data.data)
        if frame["type"] == "message":
            self.messages[frame["seq"]] = frame
        return frame

    async def expect(self, kind: str) -> dict[str, Any]:
        """The next frame of a kind; others before it are kept in `others`."""
        while True:
            frame = await self.receive()
            if frame["type"] == kind:
                return frame
            if frame["type"] != "message":
                self.others.append(frame)

    async def message(self, seq: int) -> dict[str, Any]:
        """The message with this seq, waiting for it."""
        while seq not in self.messages:
            await self.receive()
        return self.messages[seq]


@asynccontextmanager
async def open_widget(
    url: str, *, headers: dict[str, str] | None = None, session: aiohttp.ClientSession | None = None
) -> AsyncIterator[WidgetClient]:
    """A connected widget, not yet greeted."""
    own = session or aiohttp.ClientSession()
    try:
        async with own.ws_connect(f"{url}/widget/ws", protocols=[PROTOCOL], headers=headers) as socket:
            yield WidgetClient(socket)
    finally:
        if session is None:
            await own.close()
