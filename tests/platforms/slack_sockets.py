"""Slack's side of Socket Mode: single-use addresses, hello, envelopes until acknowledged, and disconnects."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

from aiohttp import WSMsgType, web

from tests.platforms.slack_checks import Refused

MOST_CONNECTIONS = 10


class Sockets:
    """The open connections of one app. An envelope goes to any of them, again until one acknowledges it."""

    def __init__(self, app_token: str) -> None:
        self.open: list[web.WebSocketResponse] = []
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.strange: list[str] = []
        self.deliveries: list[str] = []
        self.greet = True
        self._token = app_token
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()

    def invite(self, token: str, url: str) -> str:
        """A single-use address for a connection."""
        if token != self._token:
            raise Refused("invalid_auth")
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        return f"{url.replace('http', 'ws', 1)}/link?ticket={ticket}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.open.append(socket)
        if self.greet:
            await socket.send_json(
                {"type": "hello", "num_connections": len(self.open), "connection_info": {"app_id": "A1"}}
            )
        if len(self.open) > MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
        self._change()
        try:
            await self._listen(socket)
        finally:
            self._drop(socket)
        return socket

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            answer = json.loads(message.data)
            envelope = answer.get("envelope_id")
            if envelope in self.deliveries:
                self.acknowledged[envelope] = answer.get("payload") or {}
            else:
                self.strange.append(message.data)
            self._change()

    async def deliver(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        patience: float = 3.0,
        tries: int = 4,
        to: int | None = None,
    ) -> dict[str, Any]:
        """Deliver an envelope until it is acknowledged; the payload of the acknowledgement.

        AssertionError if nobody did after all tries. `to` picks a connection; else they take turns.
        """
        envelope = f"envelope-{next(self._numbers)}"
        self.deliveries.append(envelope)
        for attempt in range(tries):
            await self.connected(1)
            socket = self.open[(len(self.deliveries) + attempt if to is None else to) % len(self.open)]
            frame = {
                "envelope_id": envelope,
                "type": kind,
                "payload": payload,
                "accepts_response_payload": kind != "events_api",
                "retry_attempt": attempt,
                "retry_reason": "timeout" if attempt else "",
            }
            try:
                await socket.send_json(frame)
                return await asyncio.wait_for(self._acknowledged(envelope), patience)
            except ConnectionError:
                self._drop(socket)
            except asyncio.TimeoutError:
                continue
        raise AssertionError(f"{envelope} was not acknowledged")

    async def send_raw(self, text: str) -> None:
        await self.open[0].send_str(text)

    async def disconnect(self, number: int = 0, reason: str = "refresh_requested") -> None:
        """Ask a connection to be renewed, as Slack does every few hours."""
        await self.open[number].send_json({"type": "disconnect", "reason": reason, "debug_info": {}})

    async def cut(self) -> None:
        """Drop all connections without a word."""
        for socket in list(self.open):
            # aiohttp has no public way to break a socket; closing the transport is what a dead network looks like.
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()
            self._drop(socket)

    async def connected(self, count: int) -> None:
        """Wait until this many connections are open."""
        while len(self.open) < count:
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 20)

    async def gone(self) -> None:
        """Wait until no connection is open."""
        while self.open:
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 20)

    async def close(self) -> None:
        for socket in list(self.open):
            await socket.close()

    async def _acknowledged(self, envelope: str) -> dict[str, Any]:
        while envelope not in self.acknowledged:
            self._changed.clear()
            await self._changed.wait()
        return self.acknowledged[envelope]

    def _drop(self, socket: web.WebSocketResponse) -> None:
        if socket in self.open:
            self.open.remove(socket)
        self._change()

    def _change(self) -> None:
        self._changed.set()
