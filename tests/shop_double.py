"""A shop on loopback that keeps docs/shop-api.md over a demo shop, and that can be told to misbehave."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import unquote

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

from actions.backends.demo import DemoShop
from actions.backends.demo.reading import READERS
from actions.backends.demo.shop import WRITERS
from actions.backends.faults import AddressInvalid, NotFound, Refused
from actions.backends.wire import Problem, encode, problem_of

QUESTIONS: dict[str, Any] = {kind.__name__: kind for kind in READERS}
COMMANDS: dict[str, Any] = {kind.__name__: kind for kind in WRITERS}

STATUSES = {"not_found": 404, "refused": 409, "invalid_address": 422}


@dataclass
class Heard:
    """A request that came: what for, its headers and body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ShopDouble:
    """Set `fault` to what each next request gets: a status and body, or "silence" after the work is done."""

    demo: DemoShop
    token: str | None = None
    fault: tuple[int, bytes] | str | None = None
    forbidden: str | None = None
    heard: list[Heard] = field(default_factory=list)

    async def __aenter__(self) -> ShopDouble:
        self._stopped = asyncio.Event()
        application = web.Application(middlewares=[self._misbehave])
        application.router.add_post("/api/customers/find", self._customer)
        application.router.add_post("/api/questions/{name}", self._question)
        application.router.add_post("/api/commands/{name}", self._command)
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
        self.heard.append(Heard(request.path, dict(request.headers), await request.read()))
        if isinstance(self.fault, tuple):
            status, body = self.fault
            return web.Response(status=status, body=body, content_type="application/json")
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            raise web.HTTPUnauthorized
        try:
            response: web.StreamResponse = await handler(request)
        except (NotFound, Refused, AddressInvalid) as error:
            problem = problem_of(error)
            response = _json(problem, status=STATUSES[problem.error])
        if self.fault == "silence":
            await self._stopped.wait()
        if self.fault == "hang up":
            assert request.transport
            request.transport.close()
        return response

    async def _customer(self, request: web.Request) -> web.Response:
        wanted = msgspec.json.decode(await request.read(), type=dict[str, str])
        return _json(await self.demo.find_customer(**wanted))

    async def _question(self, request: web.Request) -> web.Response:
        customer = self._customer_of(request)
        question = msgspec.json.decode(await request.read(), type=QUESTIONS[request.match_info["name"]])
        return _json(await self.demo.ask(question, customer, request.headers["Accept-Language"]))

    async def _command(self, request: web.Request) -> web.Response:
        customer, key = self._customer_of(request), unquote(request.headers["Idempotency-Key"])
        command = msgspec.json.decode(await request.read(), type=COMMANDS[request.match_info["name"]])
        return _json(await self.demo.do(command, customer, key, request.headers["Accept-Language"]))

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    def _customer_of(self, request: web.Request) -> str | None:
        header = request.headers.get("Grija-Shop-Customer")
        customer = None if header is None else unquote(header)
        if customer is not None and customer == self.forbidden:
            problem = encode(Problem("not_found")).decode()
            raise web.HTTPForbidden(text=problem, content_type="application/json")
        return customer


def _json(value: object, *, status: int = 200) -> web.Response:
    return web.Response(body=encode(value), status=status, content_type="application/json")
