"""The JSON API `/api/v1`: one description of each route, and one door that all of them stand behind.

    Route("POST", "/teams", add_team, roles=ADMINS, scope=Scope.WRITE_PEOPLE, summary="Add a team.", takes=NewTeam)

The door checks, in this order and before a byte of the body is read: who is calling, for changes by cookie the
CSRF token and the page's origin, the role, and the scope of an API token. Only then the handler is called.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from aiohttp import web

from bot.models import Agent, Role

PREFIX = "/api/v1"

ALL_ROLES = frozenset(Role)
SUPERVISING = frozenset({Role.SUPERVISOR, Role.ADMIN})
ANSWERING = frozenset({Role.AGENT, Role.SUPERVISOR, Role.ADMIN})
TRAINING = frozenset({Role.TRAINER, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})


class Scope(str, Enum):
    """What an API token can be given. SESSION cannot: such routes are for people at a browser only."""

    SESSION = "session"
    READ_DESK = "desk:read"
    WRITE_DESK = "desk:write"
    READ_PEOPLE = "people:read"
    WRITE_PEOPLE = "people:write"
    READ_SETTINGS = "settings:read"
    WRITE_SETTINGS = "settings:write"
    READ_AUDIT = "audit:read"
    WRITE_WEBHOOKS = "webhooks:write"
    READ_INSIGHT = "insight:read"
    READ_TRAINING = "training:read"
    WRITE_TRAINING = "training:write"


@dataclass(frozen=True)
class Caller:
    """Who calls. By cookie: `session` is the session's digest, and `csrf` what a change must carry in X-CSRF-Token.

    By API token: `session` is empty, `csrf` None, and `scopes` what the token was given.
    """

    agent: Agent
    session: str = ""
    csrf: str | None = None
    scopes: frozenset[str] | None = None


Identify = Callable[[web.Request], Awaitable[Caller | None]]
"""Who is behind a request; None for nobody. Never raises for a wrong cookie or token."""


@dataclass(frozen=True)
class Call:
    """One request that may be served. `body` is an instance of the route's `takes`, None if that is None.

    `agent` and `caller` are None only on public routes (roles=None).
    """

    agent: Agent | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    request: web.Request
    caller: Caller | None = None

    @property
    def person(self) -> Agent:
        """The agent who calls, for routes that are not public."""
        assert self.agent is not None, "the door lets nobody in without an agent"
        return self.agent


Handler = Callable[[Call], Awaitable[object]]
"""Answers a call: with a msgspec Struct, a dataclass, a list or dict (200), None (204), or a response of its own."""


@dataclass(frozen=True)
class Route:
    """One route. `path` is below /api/v1, with {names}; `roles` None opens it to everybody.

    `takes` and `gives` are types that msgspec reads and writes: the body, and what a 200 answers.
    """

    method: str
    path: str
    handler: Handler
    roles: frozenset[Role] | None
    scope: str
    summary: str
    takes: Any = None
    gives: Any = None

    @property
    def changes(self) -> bool:
        """Whether a call may change something, so that a page of another site must not be able to make it."""
        return self.method not in ("GET", "HEAD", "OPTIONS")
