"""Invitations, changes of rights, live sockets, teams, tokens, site settings: who loses what, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from bot import people as people_module
from bot.asking.rules import Asking
from bot.errors import NotSignedIn
from bot.models import Agent, Role, now
from bot.people.live import LiveSockets
from bot.people.passwords import Passwords
from bot.people.totp import new_secret
from bot.site_settings import KINDS
from bot.store import Connection, audit, rules, sessions
from bot.store.sessions import digest_of
from bot.store.tables import api_token, invitation
from tests.conftest import Server, StartServer
from tests.signing import CHEAP, PASSWORD, Browser, add_person, browser

NEW = {"email": "new@desk.example", "name": "New", "role": "agent", "languages": ["pl", "en"]}
ACCEPT = {"name": "Nina", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_module, "Passwords", lambda: Passwords(CHEAP))


@asynccontextmanager
async def admin_of(server: Server) -> AsyncIterator[Browser]:
    async with browser(server, await add_person(server, Role.ADMIN, name="Admin")) as opened:
        yield opened


def secret_of(link: str) -> str:
    return link.partition("#/invitation/")[2]


async def invited(admin: Browser) -> tuple[str, str]:
    """A new agent's id and the secret of the invitation."""
    given = await admin.json("POST", "/agents", json=NEW)
    return given["agent"]["id"], secret_of(given["link"])


# -- Invitations ------------------------------------------------------------------------------------------


async def test_an_invitation_is_good_once(start_server: StartServer) -> None:
    async with start_server() as server, admin_of(server) as admin, browser(server) as new:
        agent_id, secret = await invited(admin)
        shown = await new.json("GET", f"/invitations/{secret}")
        assert shown == {"email": "new@desk.example", "name": "New", "role": "agent"}
        answers = await asyncio.gather(
            *(new.call("POST", f"/invitations/{secret}", json=ACCEPT) for _ in range(5))
        )
        assert sorted(answer.status for answer in answers) == [200, 404, 404, 404, 404]
        entered = await next(answer for answer in answers if answer.status == 200).json()
        assert entered["agent"]["name"] == "Nina"
        assert entered["agent"]["id"] == agent_id
        for method, given in (("GET", None), ("POST", ACCEPT)):
            refused = await new.refused(method, f"/invitations/{secret}", json=given)
            assert refused == (404, "invitation_invalid")
        await new.enter(email="new@desk.example")


async def test_an_invitation_expires(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin, browser(server) as new:
        _, secret = await invited(admin)
        past = now() - timedelta(seconds=1)
        await server.grija.store.write(lambda tx: tx.execute(sa.update(invitation).values(expires_at=past)))
        for method, given in (("GET", None), ("POST", ACCEPT)):
            refused = await new.refused(method, f"/invitations/{secret}", json=given)
            assert refused == (404, "invitation_invalid")


async def test_made_up_replaced_and_disabled_invitations(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin, browser(server) as new:
        agent_id, first = await invited(admin)
        second = secret_of((await admin.json("POST", f"/agents/{agent_id}/invite"))["link"])
        for secret in ("made-up", first, digest_of(second)):
            refused = await new.refused("POST", f"/invitations/{secret}", json=ACCEPT)
            assert refused == (404, "invitation_invalid")
        await admin.json("PUT", f"/agents/{agent_id}", json={"disabled": True})
        refused = await new.refused("POST", f"/invitations/{second}", json=ACCEPT)
        assert refused == (404, "invitation_invalid")


async def test_a_bad_password_does_not_use_the_invitation_up(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin, browser(server) as new:
        _, secret = await invited(admin)
        bad = {"name": "Nina", "password": "too short"}
        assert await new.refused("POST", f"/invitations/{secret}", json=bad) == (400, "password_refused")
        nameless = {"name": " \u0007 ", "password": PASSWORD}
        assert await new.refused("POST", f"/invitations/{secret}", json=nameless) == (400, "body_invalid")
        await new.json("POST", f"/invitations/{secret}", json=ACCEPT)


async def test_a_link_does_not_replace_the_second_factor(start_sqlite_server: StartServer) -> None:
    """Whoever reads somebody's mail gets a new password at most."""
    async with start_sqlite_server() as server, admin_of(server) as admin, browser(server) as thief:
        vault = server.grija.people.sign_in._proof.vault
        ann = await add_person(server, totp_secret=vault.seal(new_secret()))
        secret = secret_of((await admin.json("POST", f"/agents/{ann.id}/invite"))["link"])
        refused = await thief.refused("POST", f"/invitations/{secret}", json=ACCEPT)
        assert refused == (401, "second_factor_needed")
        refused = await thief.refused("POST", f"/invitations/{secret}", json=ACCEPT | {"code": "000000"})
        assert refused == (401, "sign_in_failed")
        await admin.json("PUT", f"/agents/{ann.id}", json={"remove_second_factor": True})
        # With the second factor the old link has gone, too.
        assert (await thief.refused("POST", f"/invitations/{secret}", json=ACCEPT))[0] == 404


async def test_a_new_link_ends_old_sessions_once_it_is_used(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin, browser(server) as new:
        ann = await add_person(server)
        async with browser(server, ann) as old:
            secret = secret_of((await admin.json("POST", f"/agents/{ann.id}/invite"))["link"])
            await old.json("GET", "/session")
            await new.json("POST", f"/invitations/{secret}", json=ACCEPT)
            assert await old.refused("GET", "/session") == (401, "not_signed_in")
            assert (await new.call("GET", "/session")).status == 200


# -- Rights and live sockets ------------------------------------------------------------------------------


class Socket:
    """An open socket as the console's page would have it."""

    def __init__(self) -> None:
        self.reason: str | None = None

    async def end(self, reason: str) -> None:
        self.reason = reason


@asynccontextmanager
async def socket_of(server: Server, agent: Agent, opened: Browser) -> AsyncIterator[Socket]:
    socket = Socket()
    digest = digest_of(opened.cookie or "")
    async with server.grija.people.live.opened(agent.id, digest, socket.end):
        yield socket


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"role": "supervisor"}, "rights_changed"),
        ({"disabled": True}, "rights_changed"),
        ({"remove_second_factor": True}, "rights_changed"),
        ({"name": "Other"}, None),
        ({"role": "agent", "capacity": 9, "disabled": False}, None),
    ],
)
async def test_a_change_of_rights_closes_sessions_and_sockets(
    start_sqlite_server: StartServer, change: dict[str, Any], reason: str | None
) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin:
        ann, other = await add_person(server), await add_person(server)
        async with browser(server, ann) as opened, browser(server, other) as others:
            async with socket_of(server, ann, opened) as socket, socket_of(server, other, others) as away:
                await admin.json("PUT", f"/agents/{ann.id}", json=change)
                assert socket.reason == reason
                assert away.reason is None
            assert (await opened.call("GET", "/session")).status == (401 if reason else 200)
            assert (await others.call("GET", "/session")).status == 200


async def test_revocation_and_sign_out_close_sockets(start_server: StartServer) -> None:
    async with start_server() as server, admin_of(server) as admin:
        ann = await add_person(server)
        async with browser(server, ann) as first, browser(server, ann) as second:
            async with socket_of(server, ann, first) as one, socket_of(server, ann, second) as two:
                await first.json("DELETE", "/session", status=204)
                assert (one.reason, two.reason) == ("signed_out", None)
                await admin.json("DELETE", f"/agents/{ann.id}/sessions", status=204)
                assert two.reason == "revoked"
            assert await second.refused("GET", "/session") == (401, "not_signed_in")


async def test_a_socket_of_a_session_that_has_just_ended_does_not_open(
    start_sqlite_server: StartServer,
) -> None:
    async with start_sqlite_server() as server:
        ann = await add_person(server)
        async with browser(server, ann) as opened:
            # Between the request's check and the socket's registration.
            await server.grija.store.write(sessions.end_all, ann.id)
            with pytest.raises(NotSignedIn):
                async with socket_of(server, ann, opened):
                    raise AssertionError("the socket opened")
        assert server.grija.people.live.count == 0


async def test_sockets_of_sessions_that_ended_elsewhere_are_found(start_sqlite_server: StartServer) -> None:
    """By age, by the command line, by another process."""
    async with start_sqlite_server() as server:
        ann, other = await add_person(server), await add_person(server)
        live = server.grija.people.live
        async with (
            browser(server, ann) as opened,
            browser(server, other) as others,
            socket_of(server, ann, opened) as socket,
            socket_of(server, other, others) as away,
        ):
            await server.grija.store.write(sessions.end_all, ann.id)
            await live.look()
            assert (socket.reason, away.reason) == ("expired", None)
            assert live.agents() == {other.id}


async def test_a_dead_socket_does_not_hold_the_others() -> None:
    ended: list[str] = []

    async def good(session: str) -> bool:
        return True

    async def broken(reason: str) -> None:
        raise ConnectionResetError

    async def fine(reason: str) -> None:
        ended.append(reason)

    live = LiveSockets(good)
    async with live.opened("ann", "s", broken), live.opened("ann", "s", fine):
        await live.end_agent("ann", "revoked")
        assert ended == ["revoked"]
        assert live.count == 0


async def test_somebody_is_left_who_can_manage(start_server: StartServer) -> None:
    async with start_server() as server, admin_of(server) as admin:
        own = (await admin.json("GET", "/session"))["agent"]["id"]
        for change in ({"role": "agent"}, {"disabled": True}):
            assert await admin.refused("PUT", f"/agents/{own}", json=change) == (409, "last_admin")
        # Somebody who has not used the invitation cannot manage anything yet.
        await admin.json("POST", "/agents", json=NEW | {"role": "admin"})
        assert (await admin.refused("PUT", f"/agents/{own}", json={"role": "agent"}))[0] == 409
        await add_person(server, Role.ADMIN)
        await admin.json("PUT", f"/agents/{own}", json={"role": "agent"})


async def test_a_disabled_agent_comes_back(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin, browser(server) as opened:
        ann = await add_person(server, email="ann@desk.example")
        given = await admin.json("PUT", f"/agents/{ann.id}", json={"disabled": True})
        assert given["disabled"] is True
        body = {"email": "ann@desk.example", "password": PASSWORD}
        assert (await opened.refused("POST", "/session", json=body))[0] == 401
        await admin.json("PUT", f"/agents/{ann.id}", json={"disabled": False})
        await opened.enter(email="ann@desk.example")


# -- People and teams -------------------------------------------------------------------------------------


async def test_people_are_listed_with_their_state(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin:
        team = await admin.json("POST", "/teams", json={"name": "Refunds", "intents": ["refund"]})
        await admin.json("POST", "/agents", json=NEW | {"teams": [team["id"]]})
        listed = {item["email"]: item for item in await admin.json("GET", "/agents")}
        new = listed["new@desk.example"]
        assert new["invited"] is True
        assert new["languages"] == ["pl", "en"]
        assert new["teams"] == [{"id": team["id"], "name": "Refunds"}]
        assert (new["sessions"], new["second_factor"], new["disabled"]) == (0, False, False)
        assert "password" not in str(listed).lower()
        assert sum(item["sessions"] for item in listed.values()) == 1


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"email": "nothing"}, (400, "body_invalid")),
        ({"name": ""}, (400, "body_invalid")),
        ({"role": "owner"}, (400, "body_invalid")),
        ({"languages": ["xx"]}, (400, "body_invalid")),
        ({"capacity": 0}, (400, "body_invalid")),
        ({"capacity": 51}, (400, "body_invalid")),
        ({"teams": ["none"]}, (404, "unknown")),
        ({"admin": True}, (400, "body_invalid")),
    ],
)
async def test_bad_people(
    start_sqlite_server: StartServer, change: dict[str, Any], answer: tuple[int, str]
) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin:
        assert await admin.refused("POST", "/agents", json=NEW | change) == answer
        ann = await add_person(server)
        assert await admin.refused("PUT", f"/agents/{ann.id}", json=change) == answer
        assert len(await admin.json("GET", "/agents")) == 2


async def test_an_address_is_used_once(start_server: StartServer) -> None:
    async with start_server() as server, admin_of(server) as admin:
        await admin.json("POST", "/agents", json=NEW)
        upper = NEW | {"email": "NEW@desk.example"}
        assert await admin.refused("POST", "/agents", json=upper) == (409, "taken")
        ann = await add_person(server)
        change = {"email": "New@desk.example"}
        assert await admin.refused("PUT", f"/agents/{ann.id}", json=change) == (409, "taken")


async def test_teams(start_server: StartServer) -> None:
    async with start_server() as server, admin_of(server) as admin:
        ann = await add_person(server)
        team = await admin.json("POST", "/teams", json={"name": "Refunds"})
        other = await admin.json("POST", "/teams", json={"name": "Orders"})
        assert await admin.refused("POST", "/teams", json={"name": "Orders"}) == (409, "taken")
        renamed = await admin.refused("PUT", f"/teams/{team['id']}", json={"name": "Orders"})
        assert renamed == (409, "taken")
        changed = await admin.json(
            "PUT", f"/teams/{team['id']}", json={"name": "Money", "intents": ["refund"]}
        )
        assert changed == {"id": team["id"], "name": "Money", "intents": ["refund"]}
        in_both = await admin.json("PUT", f"/agents/{ann.id}", json={"teams": [team["id"], other["id"]]})
        assert len(in_both["teams"]) == 2
        await admin.json("DELETE", f"/teams/{team['id']}", status=204)
        assert await admin.refused("DELETE", f"/teams/{team['id']}") == (404, "unknown")
        assert [item["name"] for item in await admin.json("GET", "/teams")] == ["Orders"]


async def test_people_change_themselves(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, browser(server, await add_person(server)) as ann:
        wanted = {
            "name": " Ann\u0000  Ä ".replace("\0", ""),
            "locale": "el",
            "languages": ["el"],
            "presence": "online",
        }
        given = (await ann.json("PUT", "/me", json=wanted))["agent"]
        assert (given["name"], given["locale"], given["languages"], given["presence"]) == (
            "Ann Ä", "el", ["el"], "online",
        )  # fmt: skip
        for bad in ({"locale": "xx"}, {"presence": "there"}, {"role": "admin"}, {"email": "a@b.c"}):
            assert await ann.refused("PUT", "/me", json=bad) == (400, "body_invalid")


# -- Tokens -----------------------------------------------------------------------------------------------


async def test_a_token_stays_in_its_scope_and_in_its_role(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin, browser(server) as program:
        made = await admin.json("POST", "/tokens", json={"name": "report", "scopes": ["people:read"]})
        bearer = {"Authorization": f"Bearer {made['token']}"}
        assert (await program.call("GET", "/agents", headers=bearer)).status == 200
        for method, path, body in (
            ("GET", "/audit", None),
            ("POST", "/agents", NEW),
            ("GET", "/session", None),
            ("POST", "/tokens", {"name": "more", "scopes": ["audit:read"]}),
            ("PUT", "/me", {"password": "a new long password", "old_password": PASSWORD}),
        ):
            refused = await program.refused(method, path, json=body, headers=bearer)
            assert refused == (403, "scope_refused"), path
        owner = made["info"]["agent_id"]
        await add_person(server, Role.ADMIN)
        await admin.json("PUT", f"/agents/{owner}", json={"role": "agent"})
        assert await program.refused("GET", "/agents", headers=bearer) == (403, "role_refused")


def _run(tx: Connection, statement: Any) -> None:
    tx.execute(statement)


async def test_tokens_end(start_server: StartServer) -> None:
    async with start_server() as server, admin_of(server) as admin, browser(server) as program:
        ann = await add_person(server, Role.SUPERVISOR)
        async with browser(server, ann) as owner:
            for end in ("revoked", "expired", "disabled"):
                wanted = {"name": end, "scopes": ["people:read"], "days": 1}
                made = await owner.json("POST", "/tokens", json=wanted)
                bearer = {"Authorization": f"bearer {made['token']}"}
                assert (await program.call("GET", "/agents", headers=bearer)).status == 200
                if end == "revoked":
                    await owner.json("DELETE", f"/tokens/{made['info']['id']}", status=204)
                elif end == "expired":
                    ended = sa.update(api_token).values(expires_at=now())
                    await server.grija.store.write(_run, ended)
                else:
                    await admin.json("PUT", f"/agents/{ann.id}", json={"disabled": True})
                assert await program.refused("GET", "/agents", headers=bearer) == (401, "not_signed_in")


async def test_a_wrong_token_is_not_made_good_by_a_cookie(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin:
        for bearer in ("Bearer", "Bearer grija_made-up", "bearer ü"):
            refused = await admin.refused("GET", "/agents", headers={"Authorization": bearer})
            assert refused == (401, "not_signed_in")
        # A proxy's own sign-in in front is not ours.
        assert (await admin.call("GET", "/agents", headers={"Authorization": "Basic eDp5"})).status == 200


async def test_tokens_are_ones_own(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin:
        ann, bob = await add_person(server), await add_person(server)
        async with browser(server, ann) as anns, browser(server, bob) as bobs:
            made = await anns.json("POST", "/tokens", json={"name": "mine", "scopes": ["desk:read"]})
            assert "token" not in str(await anns.json("GET", "/tokens"))
            assert await bobs.json("GET", "/tokens") == []
            path = f"/tokens/{made['info']['id']}"
            assert await bobs.refused("DELETE", path) == (404, "unknown")
            assert len(await admin.json("GET", "/tokens")) == 1
            await admin.json("DELETE", path, status=204)
            assert await anns.json("GET", "/tokens") == []


@pytest.mark.parametrize(
    "change", [{"scopes": []}, {"scopes": ["session"]}, {"scopes": ["all"]}, {"days": 0}, {"name": ""}]
)
async def test_bad_tokens(start_sqlite_server: StartServer, change: dict[str, Any]) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin:
        body = {"name": "x", "scopes": ["desk:read"]} | change
        assert await admin.refused("POST", "/tokens", json=body) == (400, "body_invalid")


# -- Site settings ----------------------------------------------------------------------------------------


async def test_a_setting_is_not_overwritten_unseen(start_server: StartServer) -> None:
    defaults = msgspec.to_builtins(Asking())
    async with start_server() as server, admin_of(server) as admin:
        shown = await admin.json("GET", "/settings/asking")
        assert shown == {"name": "asking", "version": 0, "value": defaults}
        change = {"version": 0, "value": {"days": 7}}
        answers = await asyncio.gather(
            *(admin.call("PUT", "/settings/asking", json=change) for _ in range(4))
        )
        assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
        shown = await admin.json("GET", "/settings/asking")
        assert shown == {"name": "asking", "version": 1, "value": {**defaults, "days": 7}}
        await admin.json("PUT", "/settings/asking", json={"version": 1, "value": {"rated_share": 0.5}})
        assert await admin.refused("PUT", "/settings/asking", json=change) == (409, "outdated")
        entry = (await server.grija.store.read(audit.latest))[0]
        assert (entry.action, entry.subject) == ("setting_changed", "asking")
        assert entry.details == {"rated_share": [1.0, 0.5], "days": [7, 30]}


async def test_bad_settings(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin:
        for value in ({"days": -1}, {"days": "7"}, {"daily": 7}, {"rated_share": None}, {"from_hour": 20}):
            change = {"version": 0, "value": value}
            assert await admin.refused("PUT", "/settings/asking", json=change) == (400, "body_invalid")
        zone = {
            "version": 0,
            "value": {"time_zone": "Europe/Nowhere", "week": {"monday": [{"begin": "9", "end": "x"}]}},
        }
        assert await admin.refused("PUT", "/settings/hours", json=zone) == (400, "body_invalid")
        assert await admin.refused("GET", "/settings/nothing") == (404, "unknown")
        change = {"version": 0, "value": {}}
        assert await admin.refused("PUT", "/settings/nothing", json=change) == (404, "unknown")


@pytest.mark.parametrize("name", KINDS)
async def test_every_setting_goes_through_unchanged(start_sqlite_server: StartServer, name: str) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin:
        shown = await admin.json("GET", f"/settings/{name}")
        given = await admin.json("PUT", f"/settings/{name}", json={"version": 0, "value": shown["value"]})
        assert given == shown | {"version": 1}
        kept = await server.grija.store.read(rules.read, name, KINDS[name])
        assert kept == KINDS[name]()


async def test_the_console_learns_how_long_replies_are_held(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, admin_of(server) as admin:
        assert (await admin.json("GET", "/session"))["hold_seconds"] == 5
        await admin.json("PUT", "/settings/replies", json={"version": 0, "value": {"hold_seconds": 2.5}})
        assert (await admin.json("GET", "/session"))["hold_seconds"] == 2.5
