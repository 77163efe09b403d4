"""The door of the API: who comes in, what is read, how it is answered."""

from __future__ import annotations

from datetime import datetime, timezone

import msgspec
import pytest

from bot.api import ADMINS, ALL_ROLES, Call, Caller, Route, Scope
from bot.api.door import Api
from bot.models import Role
from tests.calling import an_agent, by_cookie, calling

ORIGIN = {"Origin": "https://elsewhere.example"}


class Word(msgspec.Struct, forbid_unknown_fields=True):
    text: str


async def echo(call: Call) -> object:
    return {"text": call.body.text, "by": call.person.name}


async def moment(call: Call) -> object:
    return {"at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc), "id": call.path["id"]}


async def nothing(call: Call) -> None:
    return None


ECHO = Route("POST", "/echo", echo, roles=ALL_ROLES, scope=Scope.WRITE_DESK, summary="Say it.", takes=Word)
MOMENT = Route("GET", "/moments/{id}", moment, roles=ADMINS, scope=Scope.READ_DESK, summary="When it is.")
OPEN = Route("POST", "/open", nothing, roles=None, scope=Scope.SESSION, summary="For all.")
PRIVATE = Route("PUT", "/private", nothing, roles=ALL_ROLES, scope=Scope.SESSION, summary="At a browser.")
ROUTES = [ECHO, MOMENT, OPEN, PRIVATE]


async def refused(response: object, status: int, code: str) -> None:
    assert response.status == status, await response.text()  # type: ignore[attr-defined]
    assert (await response.json())["error"]["code"] == code  # type: ignore[attr-defined]


async def test_a_caller_is_served() -> None:
    async with calling(ROUTES, by_cookie(an_agent(Role.ADMIN))) as client:
        response = await client.post("/api/v1/echo", json={"text": "<b>ü"})
        assert (response.status, await response.json()) == (200, {"text": "<b>ü", "by": "Ann"})
        assert response.headers["Cache-Control"] == "no-store"
        response = await client.get("/api/v1/moments/7")
        assert await response.json() == {"at": "2026-01-02T03:04:05Z", "id": "7"}
        assert (await client.put("/api/v1/private")).status == 204


async def test_nobody_is_let_in_before_anything_is_read() -> None:
    async with calling(ROUTES, None) as client:
        await refused(await client.post("/api/v1/echo", data=b"{broken"), 401, "not_signed_in")
        await refused(await client.get("/api/v1/moments/7"), 401, "not_signed_in")
        assert (await client.post("/api/v1/open")).status == 204


@pytest.mark.parametrize("token", [None, "", "another", "the-sessions-csrf-toke", "ü"])
async def test_a_change_needs_the_sessions_token(token: str | None) -> None:
    async with calling(ROUTES, by_cookie(an_agent(Role.ADMIN)), csrf=token) as client:
        await refused(await client.post("/api/v1/echo", json={"text": "x"}), 403, "csrf_refused")
        assert (await client.get("/api/v1/moments/7")).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        ORIGIN,
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_pages_of_other_sites_change_nothing(headers: dict[str, str]) -> None:
    async with calling(ROUTES, by_cookie(an_agent())) as client:
        for method, path in (("POST", "/echo"), ("POST", "/open"), ("PUT", "/private")):
            response = await client.request(method, f"/api/v1{path}", json={"text": "x"}, headers=headers)
            await refused(response, 403, "csrf_refused")


async def test_our_own_page_may() -> None:
    async with calling(ROUTES, by_cookie(an_agent())) as client:
        headers = {"Origin": str(client.make_url("")).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        assert (await client.post("/api/v1/echo", json={"text": "x"}, headers=headers)).status == 200


async def test_the_role_is_checked_before_the_body() -> None:
    async with calling(ROUTES, by_cookie(an_agent(Role.AGENT))) as client:
        await refused(await client.get("/api/v1/moments/7"), 403, "role_refused")


async def test_a_token_works_within_its_scopes_only() -> None:
    token = Caller(an_agent(Role.ADMIN), scopes=frozenset({"desk:write"}))
    async with calling(ROUTES, token, csrf=None) as client:
        assert (await client.post("/api/v1/echo", json={"text": "x"})).status == 200
        await refused(await client.get("/api/v1/moments/7"), 403, "scope_refused")
    everything = Caller(an_agent(Role.ADMIN), scopes=frozenset(scope.value for scope in Scope))
    async with calling(ROUTES, everything, csrf=None) as client:
        await refused(await client.put("/api/v1/private"), 403, "scope_refused")


async def test_a_token_is_not_more_than_its_agent() -> None:
    token = Caller(an_agent(Role.AGENT), scopes=frozenset({"desk:read"}))
    async with calling(ROUTES, token, csrf=None) as client:
        await refused(await client.get("/api/v1/moments/7"), 403, "role_refused")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"text": 1}',
        b'{"text": "x", "more": 1}',
        b'{"text": "\xff"}',
        b'{"text": "\\ud800"}',
    ],
)
async def test_a_bad_body_gets_one_clear_error(body: bytes) -> None:
    async with calling(ROUTES, by_cookie(an_agent())) as client:
        response = await client.post("/api/v1/echo", data=body, headers={"Content-Type": "application/json"})
        await refused(response, 400, "body_invalid")


async def test_a_form_is_no_body() -> None:
    async with calling(ROUTES, by_cookie(an_agent())) as client:
        response = await client.post(
            "/api/v1/echo", data=b'{"text": "x"}', headers={"Content-Type": "text/plain"}
        )
        await refused(response, 400, "body_invalid")


def test_a_route_is_there_once_and_has_a_real_scope() -> None:
    async def identify(request: object) -> None:
        return None

    with pytest.raises(ValueError, match="twice"):
        Api([ECHO, ECHO], identify)
    with pytest.raises(ValueError, match="scope"):
        Api([Route("GET", "/x", nothing, roles=None, scope="desk:rad", summary="x")], identify)
