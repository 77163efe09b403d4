"""The door of the API: who may come in, what is read of them, and how they are answered."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import hdrs, web

from bot.api import PREFIX, Call, Caller, Identify, Route, Scope
from bot.errors import BodyInvalid, CsrfRefused, NotSignedIn, RoleRefused, ScopeRefused

CSRF_HEADER = "X-CSRF-Token"
_HEADERS = {"X-Content-Type-Options": "nosniff", str(hdrs.CACHE_CONTROL): "no-store"}

# Written out in a JSON text; a bare one is no JSON. PostgreSQL keeps no such text.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Api:
    """The routes as aiohttp serves them. ValueError if a route is there twice or asks for an unknown scope."""

    def __init__(self, routes: Iterable[Route], identify: Identify, *, origin: str = "") -> None:
        """`origin` is the address under which browsers see the server, when a proxy changes the Host header."""
        self._identify = identify
        self._origin = origin
        self._routes = list(routes)
        known = {scope.value for scope in Scope}
        seen: set[tuple[str, str]] = set()
        for route in self._routes:
            if route.scope not in known:
                raise ValueError(f"{route.method} {route.path} asks for the unknown scope {route.scope!r}")
            if (route.method, route.path) in seen:
                raise ValueError(f"{route.method} {route.path} is there twice")
            seen.add((route.method, route.path))

    def routes(self) -> list[web.RouteDef]:
        """All routes below /api/v1."""
        return [web.route(route.method, PREFIX + route.path, self._serve(route)) for route in self._routes]

    def _serve(self, route: Route) -> Any:
        async def serve(request: web.Request) -> web.StreamResponse:
            if any("\0" in part for part in (request.path, request.query_string, *request.query.values())):
                raise BodyInvalid("the address holds the character U+0000, which no text has")
            caller = await self._admit(route, request)
            body = await _body(route, request)
            call = Call(
                agent=caller.agent if caller else None,
                path=request.match_info,
                query=request.query,
                body=body,
                request=request,
                caller=caller,
            )
            given = await route.handler(call)
            return given if isinstance(given, web.StreamResponse) else as_response(given)

        return serve

    async def _admit(self, route: Route, request: web.Request) -> Caller | None:
        caller = await self._identify(request)
        if route.roles is None:
            if route.changes:
                check_page(request, self._origin)
            return caller
        if caller is None:
            raise NotSignedIn("sign in first")
        if caller.scopes is None and route.changes:
            check_page(request, self._origin)
            _check_csrf(request, caller)
        if caller.agent.role not in route.roles:
            raise RoleRefused("your role may not do this")
        _check_scope(route, caller)
        return caller


def check_page(request: web.Request, own: str = "") -> None:
    """Return if no page of another site can be behind the request; CsrfRefused if one may be."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and origin != own and not _is_ours(origin, request):
        raise CsrfRefused("pages of other sites may not do this")
    # Browsers say where a request comes from also when they leave Origin out.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise CsrfRefused("pages of other sites may not do this")


def as_response(value: object, *, status: int = 200) -> web.Response:
    """What a handler has given, as JSON; nothing (204) for None."""
    if value is None:
        return web.Response(status=204, headers=_HEADERS)
    body = msgspec.json.encode(value)
    return web.Response(status=status, body=body, content_type="application/json", headers=_HEADERS)


def _is_ours(origin: str, request: web.Request) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and parts.netloc == request.host


def _check_csrf(request: web.Request, caller: Caller) -> None:
    given = request.headers.get(CSRF_HEADER, "").encode(errors="replace")
    if caller.csrf is None or not hmac.compare_digest(given, caller.csrf.encode()):
        raise CsrfRefused(f"send the session's token in {CSRF_HEADER}")


def _check_scope(route: Route, caller: Caller) -> None:
    if caller.scopes is None:
        return
    if route.scope == Scope.SESSION:
        raise ScopeRefused("this is for people who are signed in, not for tokens")
    if route.scope not in caller.scopes:
        raise ScopeRefused(f"the token lacks the scope {route.scope}")


async def _body(route: Route, request: web.Request) -> Any:
    if route.takes is None:
        return None
    # A form of another site cannot send this type without asking first.
    if request.content_type != "application/json":
        raise BodyInvalid("send the body as application/json")
    raw = await request.read()
    if _NUL.search(raw):
        raise BodyInvalid("the body holds the character U+0000, which no text has")
    try:
        return msgspec.json.decode(raw, type=route.takes)
    except msgspec.MsgspecError as error:
        raise BodyInvalid(str(error)) from None
    except UnicodeDecodeError:
        raise BodyInvalid("the body is not UTF-8") from None
