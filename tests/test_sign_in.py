"""Signing in: what an attacker tries at the door."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from bot import people as people_module
from bot.errors import PasswordRefused, SecretLost
from bot.models import Role, now
from bot.people import totp
from bot.people.limits import Limits, network_of
from bot.people.passwords import Passwords, check_password
from bot.people.totp import step_of
from bot.store import audit, people, sessions
from bot.store.sessions import digest_of
from bot.store.tables import agent_session
from bot.vault import Vault
from tests.conftest import Server, StartServer
from tests.signing import CHEAP, PASSWORD, Browser, add_person, browser

EMAIL = "ann@desk.example"
WRONG = "another horse battery"
MOMENT = 1_800_000_000


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Cheap passwords, and how often argon2 was asked."""
    asked: Counter[str] = Counter()
    real = PasswordHasher.verify

    def verify(self: PasswordHasher, kept: Any, password: Any) -> Any:
        asked["verify"] += 1
        asked[str(kept).rpartition("$")[0].rpartition("$")[0]] += 1
        return real(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    monkeypatch.setattr(people_module, "Passwords", lambda: Passwords(CHEAP))
    # Codes are of one moment, so that no test runs into the next one's.
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: float(MOMENT)))
    return asked


def allow(server: Server, **limits: Any) -> None:
    """Other limits than the usual ones."""
    proof = server.grija.people.sign_in._proof
    proof._limits = replace(Limits(), **limits)


async def audited(server: Server) -> list[tuple[str, str]]:
    entries = await server.grija.store.read(audit.latest)
    return [(entry.action, entry.subject) for entry in reversed(entries)]


async def second_factor(opened: Browser) -> pyotp.TOTP:
    """Turn the second factor on; its codes."""
    offered = await opened.json("POST", "/session/totp")
    codes = pyotp.TOTP(offered["secret"])
    given = await opened.json("PUT", "/session/totp", json={"code": codes.at(MOMENT)})
    opened.csrf = given["csrf"]
    return codes


async def test_in_and_out(start_server: StartServer, work: Counter[str]) -> None:
    async with start_server() as server, browser(server) as ann:
        agent = await add_person(server, email=EMAIL, name="Ann", languages=("pl",))
        assert await ann.refused("GET", "/session") == (401, "not_signed_in")
        given = await ann.enter(email="Ann@Desk.example ")
        assert given == await ann.json("GET", "/session")
        assert given["agent"] == {
            "id": agent.id, "name": "Ann", "email": EMAIL, "role": "agent", "languages": ["pl"], "teams": [],
            "capacity": 4, "presence": "offline", "locale": "en",
        }  # fmt: skip
        assert given["second_factor"] is False
        assert given["site"] == {"languages": ["en", "pl", "el", "bg", "ro"], "name": "demo"}
        kept = ann.cookie
        await ann.json("DELETE", "/session", status=204)
        assert ann.cookie is None
        ann.bring(kept)
        assert await ann.refused("GET", "/session") == (401, "not_signed_in")
        assert await audited(server) == [("signed_in", agent.id), ("signed_out", agent.id)]


async def test_the_cookie_is_out_of_reach(start_sqlite_server: StartServer, work: Counter[str]) -> None:
    async with start_sqlite_server() as server, browser(server) as ann:
        await add_person(server, email=EMAIL)
        body = {"email": EMAIL, "password": PASSWORD}
        local = (await ann.call("POST", "/session", json=body)).headers["Set-Cookie"]
        assert local.startswith("grija=")
        assert {"HttpOnly", "Path=/", "SameSite=Strict"} == set(local.split("; ")[1:])
        away = await ann.call("POST", "/session", json=body, headers={"Host": "desk.shop.example"})
        assert away.headers["Set-Cookie"].startswith("__Host-grija=")
        assert {"HttpOnly", "Path=/", "SameSite=Strict", "Secure"} == set(
            away.headers["Set-Cookie"].split("; ")[1:]
        )


async def test_a_plain_cookie_opens_nothing_away_from_home(start_sqlite_server: StartServer) -> None:
    """A neighbour's page can set `grija` for the whole domain, but nobody can set `__Host-grija`."""
    async with start_sqlite_server() as server:
        agent = await add_person(server)
        async with browser(server, agent) as ann:
            assert (await ann.call("GET", "/session")).status == 200
            away = {"Host": "desk.shop.example"}
            assert await ann.refused("GET", "/session", headers=away) == (401, "not_signed_in")


async def test_no_session_is_kept_that_the_browser_brought(
    start_server: StartServer, work: Counter[str]
) -> None:
    """Session fixation: a cookie from before the sign-in, an attacker's or made up, does not become the session."""
    async with start_server() as server, browser(server) as victim:
        await add_person(server, email=EMAIL)
        mallory = await add_person(server)
        async with browser(server, mallory) as attacker:
            assert attacker.cookie is not None
            victim.bring(attacker.cookie)
            await victim.enter(email=EMAIL)
            assert victim.cookie != attacker.cookie
            # What the attacker put there is gone altogether.
            assert await attacker.refused("GET", "/session") == (401, "not_signed_in")
        before = victim.cookie
        await victim.enter(email=EMAIL)
        assert victim.cookie != before
        victim.bring(before)
        assert await victim.refused("GET", "/session") == (401, "not_signed_in")


async def test_accounts_cannot_be_told_apart(start_sqlite_server: StartServer, work: Counter[str]) -> None:
    """Same answer, same count and cost of argon2 work, same limit: no account, no password yet, disabled, wrong."""
    async with start_sqlite_server() as server, browser(server) as mallory:
        allow(server, of_network=1000)
        await add_person(server, email="there@desk.example")
        await add_person(server, email="invited@desk.example", password_hash=None)
        await add_person(server, email="disabled@desk.example", disabled_at=now())
        seen = set()
        for name in ("nobody", "there", "invited", "disabled"):
            work.clear()
            body = {"email": f"{name}@desk.example", "password": WRONG}
            answers = [await mallory.call("POST", "/session", json=body) for _ in range(12)]
            texts = [await answer.text() for answer in answers]
            refused = [answer.status for answer in answers]
            assert refused == [401] * 10 + [429] * 2, name
            seen.add((texts[0], texts[9], answers[0].headers["Content-Length"], *sorted(work.items())))
        assert len(seen) == 1
        assert work["verify"] == 10


async def test_a_disabled_agents_right_password_is_wrong_too(
    start_sqlite_server: StartServer, work: Counter[str]
) -> None:
    async with start_sqlite_server() as server, browser(server) as ann:
        await add_person(server, email=EMAIL, disabled_at=now())
        body = {"email": EMAIL, "password": PASSWORD}
        assert await ann.refused("POST", "/session", json=body) == (401, "sign_in_failed")


async def test_attempts_at_once_do_not_pass_together(start_server: StartServer, work: Counter[str]) -> None:
    async with start_server() as server, browser(server) as mallory:
        await add_person(server, email=EMAIL)
        body = {"email": EMAIL, "password": WRONG}
        answers = await asyncio.gather(*(mallory.call("POST", "/session", json=body) for _ in range(25)))
        assert Counter(answer.status for answer in answers) == {401: 10, 429: 15}
        assert work["verify"] == 10
        limited = next(answer for answer in answers if answer.status == 429)
        assert 0 < int(limited.headers["Retry-After"]) <= 15 * 60


async def test_the_right_password_does_not_pass_a_limit(
    start_sqlite_server: StartServer, work: Counter[str]
) -> None:
    async with start_sqlite_server() as server, browser(server) as ann:
        allow(server, of_account=2)
        await add_person(server, email=EMAIL)
        for _ in range(2):
            await ann.refused("POST", "/session", json={"email": EMAIL, "password": WRONG})
        body = {"email": EMAIL, "password": PASSWORD}
        assert await ann.refused("POST", "/session", json=body) == (429, "rate_limited")
        assert await ann.refused("POST", "/session", json=body | {"email": EMAIL.upper()}) == (
            429,
            "rate_limited",
        )
        allow(server, of_account=2, seconds=0.0)
        await ann.enter(email=EMAIL)


async def test_one_network_tries_many_accounts(start_sqlite_server: StartServer, work: Counter[str]) -> None:
    async with start_sqlite_server(trusted_proxies=1) as server, browser(server) as mallory:
        allow(server, of_network=3)
        await add_person(server, email=EMAIL)
        statuses = []
        for number in range(5):
            body = {"email": f"{number}@desk.example", "password": WRONG}
            # One customer of a provider has the whole /64.
            headers = {"X-Forwarded-For": f"2001:db8:1:2::{number}"}
            statuses.append((await mallory.call("POST", "/session", json=body, headers=headers)).status)
        assert statuses == [401, 401, 401, 429, 429]
        body = {"email": EMAIL, "password": PASSWORD}
        other = {"X-Forwarded-For": "2001:db8:1:3::1"}
        assert (await mallory.call("POST", "/session", json=body, headers=other)).status == 200


def test_networks() -> None:
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert network_of("2001:db8::1") == network_of("2001:db8::2") != network_of("2001:db8:0:1::1")
    assert network_of("what") == "unknown"


async def test_signing_in_forgets_failures_of_the_account_only(
    start_sqlite_server: StartServer, work: Counter[str]
) -> None:
    """Who has an account of their own cannot wash the failures of their network away with it."""
    async with start_sqlite_server() as server, browser(server) as mallory:
        allow(server, of_network=4)
        await add_person(server, email=EMAIL)
        wrong = {"email": "other@desk.example", "password": WRONG}
        for _ in range(3):
            await mallory.refused("POST", "/session", json=wrong)
        await mallory.enter(email=EMAIL)
        assert await mallory.refused("POST", "/session", json=wrong) == (401, "sign_in_failed")
        assert await mallory.refused("POST", "/session", json=wrong) == (429, "rate_limited")


@pytest.mark.parametrize(
    "body",
    [
        {"email": "no address", "password": "x"},
        {"email": EMAIL, "password": "x" * 2000},
        {"email": EMAIL},
        {"email": EMAIL, "password": None},
        {"email": EMAIL, "password": "x", "role": "admin"},
        {"email": "a\0@desk.example", "password": "x"},
        {"email": EMAIL, "password": "\0" * 20},
    ],
)
async def test_bad_bodies(start_sqlite_server: StartServer, work: Counter[str], body: dict[str, Any]) -> None:
    async with start_sqlite_server() as server, browser(server) as mallory:
        assert await mallory.refused("POST", "/session", json=body) == (400, "body_invalid")
        assert not work


# -- Sessions ---------------------------------------------------------------------------------------------


async def age(server: Server, **columns: Any) -> None:
    await server.grija.store.write(lambda tx: tx.execute(sa.update(agent_session).values(**columns)))


async def test_a_session_ends_when_idle_and_in_any_case(start_server: StartServer) -> None:
    async with start_server(session_hours=1.0) as server:
        agent = await add_person(server)
        async with browser(server, agent) as ann:
            await age(server, seen_at=now() - timedelta(minutes=59))
            assert (await ann.call("GET", "/session")).status == 200
            # That was a use: the hour begins anew.
            await age(server, expires_at=now() + timedelta(minutes=1))
            assert (await ann.call("GET", "/session")).status == 200
            await age(server, expires_at=now())
            assert await ann.refused("GET", "/session") == (401, "not_signed_in")
        async with browser(server, agent) as ann:
            await age(server, seen_at=now() - timedelta(minutes=61))
            assert await ann.refused("GET", "/session") == (401, "not_signed_in")


async def test_using_a_session_is_noted(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, browser(server, await add_person(server)) as ann:
        await age(server, seen_at=now() - timedelta(minutes=2))
        await ann.json("GET", "/session")
        digest = digest_of(ann.cookie or "")
        found = await server.grija.store.read(sessions.find, digest, idle_hours=0.01)
        assert found is not None


async def test_only_digests_are_kept(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, browser(server, await add_person(server)) as ann:
        rows = await server.grija.store.read(lambda tx: tx.execute(sa.select(agent_session)).all())
        assert ann.cookie
        assert ann.cookie not in str(rows)


async def test_an_old_generation_is_worth_nothing(start_sqlite_server: StartServer) -> None:
    """A session that was being opened while all were ended does not survive."""
    async with start_sqlite_server() as server:
        agent = await add_person(server)
        async with browser(server, agent) as ann:
            await server.grija.store.write(people.raise_generation, agent.id)
            assert await ann.refused("GET", "/session") == (401, "not_signed_in")


async def test_another_password_ends_all_other_sessions(
    start_sqlite_server: StartServer, work: Counter[str]
) -> None:
    async with start_sqlite_server() as server, browser(server) as ann, browser(server) as thief:
        await add_person(server, email=EMAIL)
        await ann.enter(email=EMAIL)
        await thief.enter(email=EMAIL)
        new = "a new long password"
        body = {"password": new, "old_password": WRONG}
        assert await thief.refused("PUT", "/me", json=body) == (401, "sign_in_failed")
        assert await thief.refused("PUT", "/me", json={"password": new}) == (400, "body_invalid")
        before = ann.cookie
        given = await ann.json("PUT", "/me", json={"password": new, "old_password": PASSWORD})
        assert ann.cookie != before
        ann.csrf = given["csrf"]
        await ann.json("PUT", "/me", json={"locale": "pl"})
        assert await thief.refused("GET", "/session") == (401, "not_signed_in")
        await ann.enter(email=EMAIL, password=new)
        body = {"email": EMAIL, "password": PASSWORD}
        assert await ann.refused("POST", "/session", json=body) == (401, "sign_in_failed")


async def test_a_thief_at_the_browser_cannot_guess_the_password(
    start_sqlite_server: StartServer, work: Counter[str]
) -> None:
    async with start_sqlite_server() as server:
        agent = await add_person(server, email=EMAIL)
        async with browser(server, agent) as thief:
            body = {"password": "a new long password", "old_password": WRONG}
            answers = [await thief.refused("PUT", "/me", json=body) for _ in range(11)]
            assert answers == [(401, "sign_in_failed")] * 10 + [(429, "rate_limited")]


# -- The second factor ------------------------------------------------------------------------------------


async def test_a_code_is_needed_and_good_once(start_server: StartServer, work: Counter[str]) -> None:
    async with start_server() as server, browser(server) as ann, browser(server) as thief:
        await add_person(server, email=EMAIL)
        await ann.enter(email=EMAIL)
        before = ann.cookie
        codes = await second_factor(ann)
        assert ann.cookie != before
        used = codes.at(MOMENT)
        body = {"email": EMAIL, "password": PASSWORD}
        assert await thief.refused("POST", "/session", json=body) == (401, "second_factor_needed")
        # The code that turned it on is used up, by whomever it was seen.
        replayed = await thief.refused("POST", "/session", json=body | {"code": used})
        assert replayed == (401, "sign_in_failed")
        following = codes.at(MOMENT + 30)
        answers = await asyncio.gather(
            *(thief.call("POST", "/session", json=body | {"code": following}) for _ in range(5))
        )
        assert sorted(answer.status for answer in answers) == [200, 401, 401, 401, 401]


async def test_the_wrong_password_says_nothing_of_the_second_factor(
    start_sqlite_server: StartServer, work: Counter[str]
) -> None:
    async with start_sqlite_server() as server, browser(server) as ann, browser(server) as mallory:
        await add_person(server, email=EMAIL)
        await ann.enter(email=EMAIL)
        codes = await second_factor(ann)
        for code in (None, codes.at(MOMENT + 30)):
            body = {"email": EMAIL, "password": WRONG, "code": code}
            assert await mallory.refused("POST", "/session", json=body) == (401, "sign_in_failed")


async def test_codes_cannot_be_guessed(start_sqlite_server: StartServer, work: Counter[str]) -> None:
    async with start_sqlite_server() as server, browser(server) as ann, browser(server) as thief:
        await add_person(server, email=EMAIL)
        await ann.enter(email=EMAIL)
        await second_factor(ann)
        body = {"email": EMAIL, "password": PASSWORD}
        tried = []
        for number in range(11):
            # Asking without a code does not begin the count anew.
            tried.append((await thief.call("POST", "/session", json=body | {"code": f"{number:06}"})).status)
            await thief.call("POST", "/session", json=body)
        assert tried == [401] * 10 + [429]
        answers = [await ann.refused("DELETE", "/session/totp", json={"code": "000000"})]
        assert answers == [(429, "rate_limited")]


async def test_the_second_factor_goes_with_a_code_only(
    start_sqlite_server: StartServer, work: Counter[str]
) -> None:
    async with start_sqlite_server() as server, browser(server) as ann:
        await add_person(server, email=EMAIL)
        await ann.enter(email=EMAIL)
        assert await ann.refused("PUT", "/session/totp", json={"code": "1"}) == (404, "unknown")
        codes = await second_factor(ann)
        assert await ann.refused("POST", "/session/totp") == (409, "taken")
        wrong = await ann.refused("DELETE", "/session/totp", json={"code": codes.at(MOMENT)})
        assert wrong == (401, "sign_in_failed")
        following = codes.at(MOMENT + 30)
        given = await ann.json("DELETE", "/session/totp", json={"code": following})
        assert given["second_factor"] is False
        await ann.enter(email=EMAIL)


async def test_the_picture_is_one(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, browser(server, await add_person(server, email=EMAIL)) as ann:
        offered = await ann.json("POST", "/session/totp")
        assert offered["uri"].startswith("otpauth://totp/Grija:ann%40desk.example?secret=")
        assert offered["svg"].startswith("<svg")
        assert "script" not in offered["svg"]


def test_steps_of_codes() -> None:
    secret, moment = pyotp.random_base32(), 1_800_000_000.0
    codes = {offset: pyotp.TOTP(secret).at(int(moment) + 30 * offset) for offset in range(-2, 3)}
    present = int(moment) // 30
    found = {offset: step_of(secret, code, after=0, moment=moment) for offset, code in codes.items()}
    assert found == {-2: None, -1: present - 1, 0: present, 1: present + 1, 2: None}
    assert step_of(secret, codes[0], after=present, moment=moment) is None
    assert step_of(secret, f" {codes[0][:3]} {codes[0][3:]}", after=0, moment=moment) == present
    assert step_of(secret, "", after=0, moment=moment) is None


def test_a_sealed_secret_opens_with_its_own_key_and_purpose_only() -> None:
    sealed = Vault("k" * 32, purpose="totp").seal("JBSWY3DP")
    assert "JBSWY3DP" not in sealed
    assert Vault("k" * 32, purpose="totp").open(sealed) == "JBSWY3DP"
    for other in (Vault("l" * 32, purpose="totp"), Vault("k" * 32, purpose="webhook")):
        with pytest.raises(SecretLost):
            other.open(sealed)


# -- Passwords --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password", ["short one", "a" * 300, "abababababababab", "ann@desk.example", "Ann Nowak Ann Nowak 12"]
)
def test_bad_passwords(password: str) -> None:
    with pytest.raises(PasswordRefused):
        check_password(password, email=EMAIL, name="Ann Nowak")


def test_good_passwords() -> None:
    for password in (PASSWORD, "żółta łódź podwodna", "annually it rains here"):
        check_password(password, email=EMAIL, name="Ann Nowak")


async def test_passwords_are_argon2id_with_64_mib() -> None:
    kept = await Passwords().hash("é" * 12)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await Passwords().verify(kept, "e\u0301" * 12)
    assert not await Passwords().verify(kept, "e" * 12)
    assert not await Passwords().verify(None, "x")
    assert not await Passwords().verify("no hash at all", "x")


async def test_the_role_is_shown(start_sqlite_server: StartServer) -> None:
    async with (
        start_sqlite_server() as server,
        browser(server, await add_person(server, Role.TRAINER)) as trainer,
    ):
        assert (await trainer.json("GET", "/session"))["agent"]["role"] == "trainer"
