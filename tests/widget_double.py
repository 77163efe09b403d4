"""A small server of the widget protocol on loopback, for tests of the pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import WSMsgType, web

DIST = Path(__file__).resolve().parent.parent / "web" / "dist"
POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'self'; base-uri 'none'"
BOT = {"kind": "bot", "name": "Grija"}
CUSTOMER = {"kind": "customer", "name": ""}

Frame = dict[str, Any]


@dataclass
class WidgetDouble:
    """Keeps one conversation as the real server would; `heard` has every frame of every socket, in order.

    With `answers` it replies to each customer message; with `acks` off it takes messages and stays silent.
    """

    port: int = 0
    answers: Callable[[str], str] | None = None
    acks: bool = True
    language: str = "en"
    status: str = "bot"
    token: str = "visitor-1"
    orders: list[Frame] | None = None
    page: str | None = None
    refusals: list[tuple[int, Frame]] = field(default_factory=list)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[Frame] = field(default_factory=list)
    history: list[Frame] = field(default_factory=list)
    accepted: dict[str, Frame] = field(default_factory=dict)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    _runner: web.AppRunner | None = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def start(self) -> None:
        """Serve; after a stop, on the same port again."""
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_get("/widget.js", _widget)
        app.router.add_get("/assets/{name}", _asset)
        app.router.add_get("/demo/orders.json", self._orders)
        app.router.add_get("/widget/ws", self._socket)
        app.router.add_post("/widget/upload", self._upload)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        assert site._server is not None
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        """Close every socket and the port."""
        await self.hang_up()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def hang_up(self) -> None:
        for socket in list(self.sockets):
            await socket.close()

    async def push(self, frame: Frame) -> None:
        """Send `frame` to every open socket as it is, also if it is nonsense."""
        for socket in list(self.sockets):
            await socket.send_str(json.dumps(frame))

    async def say(self, text: str, *, author: Frame = BOT, buttons: tuple[str, ...] = ()) -> Frame:
        """Add a message to the conversation and send it."""
        frame = self.message(len(self.history) + 1, text, author=author, buttons=buttons)
        self.history.append(frame)
        await self.push(frame)
        return frame

    def message(self, seq: int, text: str, *, author: Frame = BOT, buttons: tuple[str, ...] = ()) -> Frame:
        """A message frame; the id follows from the seq."""
        moment = datetime.now(timezone.utc) + timedelta(milliseconds=seq)
        offered = [{"id": f"b{seq}-{number}", "title": title} for number, title in enumerate(buttons)]
        return {
            "type": "message",
            "id": f"m{seq}",
            "seq": seq,
            "author": author,
            "text": text,
            "buttons": offered,
            "attachments": [],
            "sent_at": moment.isoformat(),
        }

    async def hears(self, wanted: Callable[[Frame], bool], count: int = 1) -> list[Frame]:
        """Wait until `count` frames that fit `wanted` have been heard, and return all that fit."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: len(self._fitting(wanted)) >= count), 20)
        return self._fitting(wanted)

    async def hears_type(self, kind: str, count: int = 1) -> list[Frame]:
        return await self.hears(lambda frame: frame["type"] == kind, count)

    def _fitting(self, wanted: Callable[[Frame], bool]) -> list[Frame]:
        return [frame for frame in self.heard if wanted(frame)]

    async def _index(self, request: web.Request) -> web.StreamResponse:
        if self.page is not None:
            response = web.Response(text=self.page, content_type="text/html", charset="utf-8")
        else:
            response = web.Response(body=(DIST / "index.html").read_bytes(), content_type="text/html")
        response.headers["Content-Security-Policy"] = POLICY
        return response

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """Take a file as soon as `gate` is open, or refuse it with the next one of `refusals`."""
        content = await request.read()
        await self.gate.wait()
        given = {name: unquote(request.headers.get(f"X-Grija-{name}", "")) for name in ("Message", "Name")}
        self.uploads.append({**given, "token": request.headers["Authorization"], "content": content})
        if self.refusals:
            status, error = self.refusals.pop(0)
            return web.json_response({"error": error}, status=status)
        message = self.message(len(self.history) + 1, "", author=CUSTOMER)
        message["attachments"] = [{"kind": "document", "name": given["Name"], "size": len(content)}]
        self.history.append(message)
        await self.push(message)
        return web.json_response(
            {"type": "ack", "client_msg_id": given["Message"], "id": message["id"], "seq": message["seq"]}
        )

    async def _orders(self, request: web.Request) -> web.StreamResponse:
        if self.orders is None:
            raise web.HTTPNotFound
        return web.json_response(self.orders)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("grija.widget.v1",))
        await socket.prepare(request)
        assert socket.ws_protocol == "grija.widget.v1"
        try:
            async for data in socket:
                if data.type is WSMsgType.TEXT:
                    await self._hear(socket, json.loads(data.data))
        finally:
            if socket in self.sockets:
                self.sockets.remove(socket)
        return socket

    async def _hear(self, socket: web.WebSocketResponse, frame: Frame) -> None:
        if frame["type"] == "hello":
            await self._welcome(socket, frame)
        elif frame["type"] == "ping":
            await socket.send_json({"type": "pong"})
        elif frame["type"] in ("message", "button") and self.acks:
            await self._accept(socket, frame)
        async with self._news:
            self.heard.append(frame)
            self._news.notify_all()

    async def _welcome(self, socket: web.WebSocketResponse, hello: Frame) -> None:
        seq = len(self.history)
        welcome = {
            "type": "welcome",
            "token": self.token,
            "seq": seq,
            "status": self.status,
            "language": self.language,
        }
        await socket.send_json(welcome)
        for message in self.history[hello["last_seq"] :]:
            await socket.send_json(message)
        self.sockets.append(socket)

    async def _accept(self, socket: web.WebSocketResponse, frame: Frame) -> None:
        known = self.accepted.get(frame["client_msg_id"])
        message = known or self.message(len(self.history) + 1, self._text_of(frame), author=CUSTOMER)
        self.accepted[frame["client_msg_id"]] = message
        ack = {
            "type": "ack",
            "client_msg_id": frame["client_msg_id"],
            "id": message["id"],
            "seq": message["seq"],
        }
        await socket.send_json(ack)
        if known is not None:
            return
        self.history.append(message)
        await self.push(message)
        if self.answers is not None:
            await self.say(self.answers(message["text"]))

    def _text_of(self, frame: Frame) -> str:
        if frame["type"] == "message":
            return str(frame["text"])
        offered = (button for message in self.history for button in message["buttons"])
        return next(str(button["title"]) for button in offered if button["id"] == frame["button_id"])


async def _widget(request: web.Request) -> web.FileResponse:
    return web.FileResponse(DIST / "widget.js")


async def _asset(request: web.Request) -> web.FileResponse:
    return web.FileResponse(DIST / request.match_info["name"])
