"""A shop on loopback that keeps docs/shop-api.md over a demo shop, and that can be told to misbehave."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from aiohttp.test_utils import TestServer

from actions.backends.demo import DemoShop
from actions.backends.model import Asker, OrderNotCancellable, OrderNotFound
from actions.backends.wire import order_to_json

# What such a shop answers about one order.
ORDER: dict[str, Any] = {
    "number": "10024",
    "status": "paid",
    "items": [{"name": "Mug", "quantity": 2}],
    "total": "25.00",
    "currency": "EUR",
    "placed_on": "2026-11-20",
    "not_cancellable_because": None,
}


@dataclass
class ShopDouble:
    """Set `fault` to what each next request gets: a status and body, or "silence" after the work is done."""

    demo: DemoShop
    token: str | None = None
    fault: tuple[int, bytes] | str | None = None
    refused_customer: str | None = None
    requests: list[web.Request] = field(default_factory=list)

    async def __aenter__(self) -> ShopDouble:
        self._stopped = asyncio.Event()
        application = web.Application(middlewares=[self._misbehave])
        application.router.add_get("/api/orders/{number}", self._order)
        application.router.add_post("/api/orders/{number}/cancellation", self._cancellation)
        application.router.add_get("/api/health", self._health)
        self._server = TestServer(application)
        await self._server.start_server()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        await self._server.close()

    @property
    def url(self) -> str:
        """The address of the API."""
        return str(self._server.make_url("/api"))

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append(request)
        if isinstance(self.fault, tuple):
            status, body = self.fault
            return web.Response(status=status, body=body, content_type="application/json")
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            raise web.HTTPUnauthorized
        response: web.StreamResponse = await handler(request)
        if self.fault == "silence":
            await self._stopped.wait()
        if self.fault == "hang up":
            assert request.transport
            request.transport.close()
        return response

    async def _order(self, request: web.Request) -> web.Response:
        try:
            order = await self.demo.find_order(request.match_info["number"], self._asker(request))
        except OrderNotFound:
            raise web.HTTPNotFound from None
        return web.json_response(order_to_json(order))

    async def _cancellation(self, request: web.Request) -> web.Response:
        number, key = request.match_info["number"], unquote(request.headers["Idempotency-Key"])
        try:
            order = await self.demo.cancel_order(number, key, self._asker(request))
        except OrderNotFound:
            raise web.HTTPNotFound from None
        except OrderNotCancellable as error:
            return web.json_response({"not_cancellable_because": error.refusal.value}, status=409)
        return web.json_response(order_to_json(order))

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    def _asker(self, request: web.Request) -> Asker:
        asker = Asker(
            unquote(request.headers["Grija-Channel"]),
            unquote(request.headers["Grija-Customer"]),
            request.headers["Grija-Verified"] == "true",
            request.headers["Accept-Language"],
        )
        if asker.customer_id == self.refused_customer:
            raise web.HTTPForbidden
        return asker
