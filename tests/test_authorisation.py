"""Who may call which route of the API. A route that is not in this table fails the tests, and so does a row too many.

`who`: A agent, S supervisor, T trainer, D admin; * everybody, signed in or not. `whose`: `own` acts on the caller
alone and names nobody in its path; `site` belongs to all who may call it; `checked` names something that can be
another person's, and OTHERS says what happens then.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import ClientResponse

from bot.api import Route, Scope
from bot.api.routes import all_routes
from bot.models import Agent, Role, Status, now
from bot.store import api_tokens, relations
from bot.store.sessions import digest_of
from bot.store.tables import handoff
from tests.conftest import Server, StartServer
from tests.desk_seeds import talk, undelivered
from tests.pages import ROOT, table
from tests.signing import Browser, add_person, browser, sign_in

MATRIX = """
| method | path                          | who  | scope          | whose   |
|--------|-------------------------------|------|----------------|---------|
| GET    | /openapi.json                 | *    | session        | site    |
| POST   | /session                      | *    | session        | own     |
| GET    | /session                      | ASTD | session        | own     |
| DELETE | /session                      | ASTD | session        | own     |
| POST   | /session/totp                 | ASTD | session        | own     |
| PUT    | /session/totp                 | ASTD | session        | own     |
| DELETE | /session/totp                 | ASTD | session        | own     |
| PUT    | /me                           | ASTD | session        | own     |
| GET    | /invitations/{token}          | *    | session        | site    |
| POST   | /invitations/{token}          | *    | session        | site    |
| GET    | /agents                       | SD   | people:read    | site    |
| POST   | /agents                       | D    | people:write   | site    |
| PUT    | /agents/{id}                  | D    | people:write   | site    |
| POST   | /agents/{id}/invite           | D    | people:write   | site    |
| DELETE | /agents/{id}/sessions         | D    | people:write   | site    |
| GET    | /teams                        | ASD  | people:read    | site    |
| POST   | /teams                        | SD   | people:write   | site    |
| PUT    | /teams/{id}                   | SD   | people:write   | site    |
| DELETE | /teams/{id}                   | SD   | people:write   | site    |
| GET    | /settings/{name}              | SD   | settings:read  | site    |
| PUT    | /settings/{name}              | SD   | settings:write | site    |
| GET    | /insight/asking               | SD   | insight:read   | site    |
| GET    | /insight/loyalty              | SD   | insight:read   | site    |
| GET    | /audit                        | D    | audit:read     | site    |
| GET    | /tokens                       | ASTD | session        | own     |
| POST   | /tokens                       | ASTD | session        | own     |
| DELETE | /tokens/{id}                  | ASTD | session        | checked |
| GET    | /webhooks                     | D    | webhooks:write | site    |
| POST   | /webhooks                     | D    | webhooks:write | site    |
| DELETE | /webhooks/{id}                | D    | webhooks:write | site    |
| POST   | /webhooks/{id}/test           | D    | webhooks:write | site    |
| GET    | /queue                        | ASD  | desk:read      | site    |
| GET    | /queue/{list}                 | ASD  | desk:read      | site    |
| GET    | /conversations/{id}           | ASD  | desk:read      | site    |
| GET    | /conversations/{id}/timeline  | ASD  | desk:read      | site    |
| GET    | /conversations/{id}/brief     | ASD  | desk:read      | site    |
| GET    | /conversations/{id}/canned    | ASD  | desk:read      | site    |
| GET    | /colleagues                   | ASD  | desk:read      | site    |
| GET    | /attachments/{id}             | ASD  | desk:read      | site    |
| GET    | /attachments/{id}/preview     | ASD  | desk:read      | site    |
| GET    | /canned                       | ASD  | desk:read      | site    |
| GET    | /search                       | ASD  | desk:read      | site    |
| POST   | /conversations/{id}/take      | ASD  | desk:write     | checked |
| POST   | /conversations/{id}/release   | ASD  | desk:write     | checked |
| POST   | /conversations/{id}/close     | ASD  | desk:write     | checked |
| POST   | /conversations/{id}/transfer  | ASD  | desk:write     | checked |
| POST   | /conversations/{id}/snooze    | ASD  | desk:write     | checked |
| POST   | /conversations/{id}/replies   | ASD  | desk:write     | checked |
| POST   | /conversations/{id}/notes     | ASD  | desk:write     | site    |
| DELETE | /replies/{id}                 | ASD  | desk:write     | checked |
| POST   | /messages/{id}/resend         | ASD  | desk:write     | checked |
| POST   | /customers/{id}/block         | ASD  | desk:write     | checked |
| POST   | /offers/{handoff}/accept      | ASD  | desk:write     | checked |
| POST   | /offers/{handoff}/pass        | ASD  | desk:write     | checked |
| PUT    | /canned/{shortcut}/{language} | ASD  | desk:write     | site    |
| DELETE | /canned/{shortcut}/{language} | ASD  | desk:write     | site    |
| GET    | /alerts                       | SD   | desk:read      | site    |
| POST   | /alerts/{id}/acknowledge      | SD   | desk:write     | site    |
"""

_LETTERS = {"A": Role.AGENT, "S": Role.SUPERVISOR, "T": Role.TRAINER, "D": Role.ADMIN}
_REFUSALS = {"not_signed_in", "role_refused", "scope_refused", "csrf_refused"}
Name = tuple[str, str]


@dataclass(frozen=True)
class Row:
    who: frozenset[Role] | None
    scope: str
    whose: str


def rows() -> dict[Name, Row]:
    found = {}
    for method, path, who, scope, whose in table(MATRIX):
        roles = None if who == "*" else frozenset(_LETTERS[letter] for letter in who)
        found[method, path] = Row(roles, scope, whose)
    return found


# -- What is another person's -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Others:
    """Something that is another agent's: how a path to it is made, and what each role is answered (status, code)."""

    path: Callable[[Server, Agent], Awaitable[str]]
    answers: dict[Role, tuple[int, str]]
    body: Any = None


async def token_path(server: Server, other: Agent) -> str:
    made = await server.grija.store.write(
        api_tokens.add, other, digest=digest_of(other.id), name="x", scopes=["desk:read"], days=None
    )
    return f"/tokens/{made.id}"


def of_others_talk(path: str) -> Callable[[Server, Agent], Awaitable[str]]:
    """A path that names a conversation which another agent has."""

    async def made(server: Server, other: Agent) -> str:
        key = await server.grija.store.write(
            lambda tx: talk(tx, status=Status.HUMAN, owner=other.id, epoch=1)
        )
        return path.format(id=key)

    return made


async def others_reply(server: Server, other: Agent) -> str:
    key = await server.grija.store.write(lambda tx: talk(tx))
    held = await server.grija.desk.reply(other.id, key, "x", client_id="1", hold_seconds=60)
    return f"/replies/{held.id}"


async def others_undelivered(server: Server, other: Agent) -> str:
    return "/messages/{}/resend".format(
        await server.grija.store.write(
            lambda tx: undelivered(tx, talk(tx, status=Status.HUMAN, owner=other.id, epoch=1))
        )
    )


async def others_customer(server: Server, other: Agent) -> str:
    key = await server.grija.store.write(lambda tx: talk(tx, status=Status.HUMAN, owner=other.id, epoch=1))
    return f"/customers/{await server.grija.store.read(relations.customer_of, key)}/block"


def others_offer(what: str) -> Callable[[Server, Agent], Awaitable[str]]:
    """A path that names a handoff which is offered to another agent."""

    async def made(server: Server, other: Agent) -> str:
        key = await server.grija.store.write(lambda tx: talk(tx))
        query = sa.select(handoff.c.id).where(handoff.c.conversation_id == key)
        found = await server.grija.store.read(lambda tx: tx.execute(query).scalar())
        offer = sa.update(handoff).values(offered_to=other.id, offered_until=now() + timedelta(minutes=1))
        await server.grija.store.write(lambda tx: tx.execute(offer))
        return f"/offers/{found}/{what}"

    return made


_UNKNOWN = (404, "unknown")
_NO_ROLE, _NOT_YOURS, _LATE = (403, "role_refused"), (403, "not_yours"), (409, "stale_owner")


def answers(agent: tuple[int, str], supervising: tuple[int, str]) -> dict[Role, tuple[int, str]]:
    """What those who answer customers get for what is another's; trainers get nothing."""
    return {
        Role.AGENT: agent, Role.SUPERVISOR: supervising, Role.ADMIN: supervising, Role.TRAINER: _NO_ROLE,
    }  # fmt: skip


_SOON = "2100-01-01T00:00:00Z"
_PASSED_ON: dict[str, Any] = {
    "take": {"epoch": 1}, "release": {}, "close": {}, "transfer": {}, "snooze": {"until": _SOON},
}  # fmt: skip
OTHERS: dict[Name, Others] = {
    ("DELETE", "/tokens/{id}"): Others(
        token_path,
        {Role.AGENT: _UNKNOWN, Role.SUPERVISOR: _UNKNOWN, Role.TRAINER: _UNKNOWN, Role.ADMIN: (204, "")},
    ),
    # Supervisors pass on what others have, but nobody speaks in the place of another.
    **{
        ("POST", "/conversations/{id}/" + what): Others(
            of_others_talk("/conversations/{id}/" + what), answers(_NOT_YOURS, (200, "")), body
        )
        for what, body in _PASSED_ON.items()
    },
    ("POST", "/conversations/{id}/replies"): Others(
        of_others_talk("/conversations/{id}/replies"),
        answers(_NOT_YOURS, _NOT_YOURS),
        {"text": "x", "client_id": "1"},
    ),
    ("DELETE", "/replies/{id}"): Others(others_reply, answers(_NOT_YOURS, _NOT_YOURS)),
    ("POST", "/messages/{id}/resend"): Others(others_undelivered, answers(_NOT_YOURS, (204, ""))),
    ("POST", "/customers/{id}/block"): Others(
        others_customer, answers(_NOT_YOURS, (204, "")), {"blocked": True}
    ),
    ("POST", "/offers/{handoff}/accept"): Others(others_offer("accept"), answers(_LATE, _LATE)),
    ("POST", "/offers/{handoff}/pass"): Others(others_offer("pass"), answers(_NOT_YOURS, _NOT_YOURS)),
}


# -- The tests --------------------------------------------------------------------------------------------


@pytest.fixture
async def server(start_sqlite_server: StartServer) -> AsyncIterator[Server]:
    async with start_sqlite_server() as started:
        # Somebody who stays, whatever the others are called to do.
        await add_person(started, Role.ADMIN, email="stays@desk.example")
        yield started


def routes(server: Server) -> dict[Name, Route]:
    return {(route.method, route.path): route for route in all_routes(server.grija)}


async def code_of(response: ClientResponse) -> str:
    """The code of a refusal, "" for what was not refused; never a failure of ours."""
    assert response.status < 500, await response.text()
    return (await response.json())["error"]["code"] if response.status >= 400 else ""


async def send(opened: Browser, name: Name, **given: Any) -> str:
    method, path = name
    body: Any = {} if method != "GET" else None
    return await code_of(await opened.call(method, re.sub(r"{\w+}", "none", path), json=body, **given))


async def test_the_table_has_every_route(server: Server) -> None:
    real = {
        name: Row(route.roles, str(Scope(route.scope).value), rows().get(name, Row(None, "", "")).whose)
        for name, route in routes(server).items()
    }
    assert rows() == real, (
        "tests/test_authorisation.py, MATRIX: write down who may call the route, and whose it is"
    )


async def test_everything_below_api_is_behind_the_door(server: Server) -> None:
    from bot.app import create_app

    served = {
        (route.method, route.resource.canonical)
        for route in create_app(server.grija).router.routes()
        if route.resource and route.resource.canonical.startswith("/api/") and route.method != "HEAD"
    }
    assert served == {(method, f"/api/v1{path}") for method, path in rows()}


async def test_nobody_is_served_without_a_session(server: Server) -> None:
    async with browser(server) as opened:
        for name, row in rows().items():
            code = await send(opened, name)
            assert (code == "not_signed_in") == (row.who is not None), name
            assert row.who is not None or code not in _REFUSALS, name


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_is_served_what_it_may(server: Server, role: Role) -> None:
    agent = await add_person(server, role)
    for name, row in rows().items():
        # A session for each: some routes end it.
        async with browser(server, agent) as opened:
            code = await send(opened, name)
        if row.who is None or role in row.who:
            assert code not in _REFUSALS, name
        else:
            assert code == "role_refused", name


async def test_no_change_is_made_by_a_page_of_another_site(server: Server) -> None:
    agent = await add_person(server, Role.ADMIN)
    async with browser(server, agent) as opened:
        for name, row in rows().items():
            changes = name[0] != "GET"
            foreign = await send(opened, name, headers={"Origin": "https://elsewhere.example"})
            assert (foreign == "csrf_refused") == changes, name
            bare = (
                await send(opened, name, headers={"X-CSRF-Token": ""})
                if changes and row.who
                else "csrf_refused"
            )
            assert bare == "csrf_refused", name


async def test_a_token_of_another_session_is_none(server: Server) -> None:
    agent = await add_person(server, Role.ADMIN)
    other = await sign_in(server, agent)
    async with browser(server, agent) as opened:
        opened.csrf = other.csrf
        assert await send(opened, ("POST", "/teams")) == "csrf_refused"


async def token(server: Server, agent: Agent, scopes: set[str]) -> dict[str, str]:
    secret = f"grija_{now().timestamp()}{sorted(scopes)}"
    await server.grija.store.write(
        api_tokens.add, agent, digest=digest_of(secret), name="x", scopes=scopes, days=None
    )
    return {"Authorization": f"Bearer {secret}"}


async def test_a_token_serves_its_scope_alone(server: Server) -> None:
    agent = await add_person(server, Role.ADMIN)
    granted = {scope.value for scope in Scope}
    alone = {scope: await token(server, agent, {scope}) for scope in granted}
    without = {scope: await token(server, agent, granted - {scope}) for scope in granted}
    async with browser(server) as program:
        for name, row in rows().items():
            if row.who is None:
                continue
            assert await send(program, name, headers=without[row.scope]) == "scope_refused", name
            code = await send(program, name, headers=alone[row.scope])
            assert (code == "scope_refused") == (row.scope == "session"), name


async def test_what_is_anothers(server: Server) -> None:
    checked = {name for name, row in rows().items() if row.whose == "checked"}
    assert checked == set(OTHERS), "tests/test_authorisation.py, OTHERS: say what happens to another person's"
    for name, row in rows().items():
        assert row.whose in ("own", "site", "checked"), name
        assert row.whose != "own" or "{" not in name[1], f"{name}: a path that names something is not `own`"


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("role", list(Role))
async def test_nobody_touches_what_is_anothers(server: Server, name: Name, role: Role) -> None:
    other, caller = await add_person(server), await add_person(server, role)
    others = OTHERS[name]
    async with browser(server, caller) as opened:
        path = await others.path(server, other)
        response = await opened.call(name[0], path, json=others.body)
        assert (response.status, await code_of(response)) == others.answers[role]


async def test_an_expired_session_is_nobody(server: Server) -> None:
    agent = await add_person(server, Role.ADMIN, created_at=now() - timedelta(days=30))
    async with browser(server, agent) as opened:
        await server.grija.people.accounts.end_sessions(agent.id, by="test")
        assert await send(opened, ("GET", "/agents")) == "not_signed_in"


# -- Documentation ----------------------------------------------------------------------------------------


async def test_the_description_and_the_page_have_every_route(server: Server) -> None:
    async with browser(server) as opened:
        document = await opened.json("GET", "/openapi.json")
    described = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert described == set(rows())
    operations = [item for methods in document["paths"].values() for item in methods.values()]
    assert len({item["operationId"] for item in operations}) == len(operations)
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    written = [line for line in table(page) if re.fullmatch("GET|POST|PUT|DELETE", line[0])]
    real = [list(map(str, line)) for line in expected_page(routes(server))]
    missing = [" | ".join(line) for line in real if line not in written]
    surplus = [" | ".join(line) for line in written if line not in real]
    assert not missing, "docs/api.md lacks:\n" + "\n".join(f"| {line} |" for line in missing)
    assert not surplus, "docs/api.md says what is not so:\n" + "\n".join(surplus)


def expected_page(real: dict[Name, Route]) -> list[list[str]]:
    """The rows of docs/api.md."""
    found = []
    for (method, path), route in real.items():
        order = [role.value for role in Role if route.roles is None or role in route.roles]
        who = "everybody" if route.roles is None else "all" if len(order) == len(Role) else ", ".join(order)
        scope = "" if route.scope == Scope.SESSION else f"`{Scope(route.scope).value}`"
        found.append([method, f"`{path}`", who, scope, route.summary])
    return found


def references(value: Any) -> set[str]:
    """All schemas that a description refers to."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(item) for item in value.values()))
    return set().union(*(references(item) for item in value)) if isinstance(value, list) else set()


async def test_the_description_is_whole(server: Server) -> None:
    async with browser(server) as opened:
        document = await opened.json("GET", "/openapi.json")
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= schemas
    body = document["paths"]["/api/v1/session"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/SignInBody"}
    assert document["paths"]["/api/v1/agents"]["get"]["security"] == [
        {"session": []},
        {"token": ["people:read"]},
    ]
    assert document["paths"]["/api/v1/me"]["put"]["security"] == [{"session": []}]
    assert document["paths"]["/api/v1/me"]["put"]["x-roles"] == ["admin", "agent", "supervisor", "trainer"]
