"""Call the API in tests without signing in: whoever the test says is calling."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.api import Caller, Route
from bot.api.door import Api
from bot.models import Agent, Role, new_id
from bot.web import errors_as_json

CSRF = "the-sessions-csrf-token"


def an_agent(role: Role = Role.AGENT, **changes: Any) -> Agent:
    """An agent with made-up data."""
    return Agent(
        **{"id": new_id(), "email": f"{role.value}@desk.example", "name": "Ann", "role": role} | changes
    )


def by_cookie(agent: Agent) -> Caller:
    """A caller with a session whose changes must carry CSRF."""
    return Caller(agent, session="5" * 64, csrf=CSRF)


@asynccontextmanager
async def calling(
    routes: Iterable[Route], caller: Caller | None, *, csrf: str | None = CSRF
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """A client of a server with just these routes, on which every request is from `caller`."""

    async def identify(request: web.Request) -> Caller | None:
        return caller

    app = web.Application(middlewares=[errors_as_json])
    app.add_routes(Api(routes, identify).routes())
    headers = {"X-CSRF-Token": csrf} if csrf else {}
    async with TestClient(TestServer(app), headers=headers) as client:
        yield client
