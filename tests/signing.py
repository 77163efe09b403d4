"""People in tests: added, signed in, and their browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, ClientSession, CookieJar
from argon2 import PasswordHasher
from yarl import URL

from bot.models import Agent, Role, new_id
from bot.people.sessions import Opened, Visit
from bot.store import Connection, people
from tests.conftest import Server

PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD_HASH = CHEAP.hash(PASSWORD)


class Browser:
    """A browser at the API: keeps cookies, sends the CSRF token that it was given last."""

    def __init__(self, server: Server, session: ClientSession) -> None:
        self.url = server.url
        self.session = session
        self.csrf = ""

    async def call(self, method: str, path: str, **given: Any) -> ClientResponse:
        headers = {"X-CSRF-Token": self.csrf, **given.pop("headers", {})}
        return await self.session.request(method, f"{self.url}/api/v1{path}", headers=headers, **given)

    async def json(self, method: str, path: str, *, status: int = 200, **given: Any) -> Any:
        """What a call answers, after its status was looked at."""
        response = await self.call(method, path, **given)
        assert response.status == status, await response.text()
        return await response.json() if response.status != 204 else None

    async def refused(self, method: str, path: str, **given: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        response = await self.call(method, path, **given)
        return response.status, (await response.json())["error"]["code"]

    async def enter(self, **body: Any) -> Any:
        """Sign in, and keep what comes back."""
        given = await self.json("POST", "/session", json={"password": PASSWORD} | body)
        self.csrf = given["csrf"]
        return given

    def bring(self, cookie: str | None) -> None:
        """Let the browser have this value, as if somebody had put it there."""
        self.session.cookie_jar.clear()
        self.session.cookie_jar.update_cookies({"grija": cookie or ""}, URL(self.url))

    @property
    def cookie(self) -> str | None:
        """The value of the session's cookie, None if there is none."""
        return next((item.value for item in self.session.cookie_jar if item.key == "grija"), None)


@asynccontextmanager
async def browser(server: Server, agent: Agent | None = None) -> AsyncIterator[Browser]:
    """A browser; with an agent, one in which they are signed in already."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        opened = Browser(server, session)
        if agent is not None:
            begun = await sign_in(server, agent)
            opened.bring(begun.cookie)
            opened.csrf = begun.csrf
        yield opened


async def sign_in(server: Server, agent: Agent) -> Opened:
    """A session of an agent, without the work of a password."""
    grija = server.grija

    def start(tx: Connection) -> Opened:
        return grija.people.sessions.start(tx, people.find(tx, agent.id), Visit("127.0.0.1"))

    return await grija.store.write(start)


async def add_person(server: Server, role: Role = Role.AGENT, **columns: Any) -> Agent:
    """An agent with PASSWORD."""

    def add(tx: Connection) -> Agent:
        email = columns.pop("email", f"{new_id()[:8]}@desk.example")
        made = people.add(tx, email=email, name=columns.pop("name", role.value.title()), role=role)
        return people.change(tx, made.id, **{"password_hash": PASSWORD_HASH} | columns)

    return await server.grija.store.write(add)
