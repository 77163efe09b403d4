"""People from the command line, and the link that lets the first admin in."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path

import pytest

from bot import __main__ as command_line
from bot.models import Role
from bot.people.commands import first_link
from bot.settings import Settings
from bot.store import Store, open_store, people, sessions
from tests.conftest import StartServer
from tests.signing import PASSWORD, add_person, browser

EMAIL = "ann@shop.example"


async def opened(tmp_path: Path) -> Store:
    return await open_store(Settings(data=tmp_path / "var").database)


def run(*arguments: str) -> int:
    return command_line.main(["agent", *arguments])


def test_add_list_and_passwd(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("add", EMAIL, "--name", "Ann Nowak", "--role", "supervisor", "--languages", "en, pl") == 0
    link = capsys.readouterr().out.strip()
    assert link.startswith("http://localhost:8080/console#/invitation/")
    assert run("list") == 0
    assert capsys.readouterr().out == f"{EMAIL}  supervisor  Ann Nowak  [en,pl]  invited\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert run("passwd", "ANN@shop.example") == 0
    capsys.readouterr()
    run("list")
    assert "invited" not in capsys.readouterr().out

    async def look() -> None:
        store = await opened(tmp_path)
        secret = link.rpartition("/")[2]
        with pytest.raises(Exception, match="has been used"):
            await store.read(sessions.invited_by, sessions.digest_of(secret))
        found = await store.read(people.by_email, EMAIL)
        assert found is not None
        assert (found[1].password_hash or "").startswith("$argon2id$")
        await store.close()

    asyncio.run(look())


def test_what_is_wrong_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("add", EMAIL) == 0
    capsys.readouterr()
    for arguments, typed in (
        (("add", EMAIL), ""),
        (("add", "no address"), ""),
        (("add", "b@shop.example", "--languages", "xx"), ""),
        (("add", "b@shop.example", "--capacity", "0"), ""),
        (("passwd", EMAIL), "short\n"),
        (("passwd", "nobody@shop.example"), f"{PASSWORD}\n"),
    ):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert run(*arguments) == 1, arguments
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith("grija: ")
        assert told.err.count("\n") == 1
    run("list")
    assert capsys.readouterr().out.count("\n") == 1


def test_a_lost_phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("add", EMAIL) == 0

    async def with_code(store: Store) -> bool:
        found = await store.read(people.by_email, EMAIL)
        assert found is not None
        await store.write(
            lambda tx: people.change(tx, found[0].id, totp_secret=found[1].totp_secret or "sealed")
        )
        return found[1].totp_secret is not None

    async def look() -> bool:
        store = await opened(tmp_path)
        try:
            return await with_code(store)
        finally:
            await store.close()

    assert asyncio.run(look()) is False
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert run("passwd", EMAIL) == 0
    assert asyncio.run(look()) is True
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert run("passwd", EMAIL, "--remove-second-factor") == 0
    assert asyncio.run(look()) is False


async def test_the_first_admin_comes_in_once(start_server: StartServer) -> None:
    async with start_server() as server, browser(server) as first:
        settings, store = server.grija.settings, server.grija.store
        link = await first_link(settings, store)
        assert link is not None
        assert link[0] == "admin@localhost"
        again = await first_link(settings, store)
        assert again is not None
        assert again[0] == link[0]
        accept = {"name": "Boss", "password": PASSWORD}
        # The link of the start before is worth nothing.
        old, new = (found[1].rpartition("/")[2] for found in (link, again))
        assert await first.refused("POST", f"/invitations/{old}", json=accept) == (404, "invitation_invalid")
        entered = await first.json("POST", f"/invitations/{new}", json=accept)
        assert entered["agent"]["role"] == "admin"
        assert await first_link(settings, store) is None


async def test_nobody_becomes_admin_by_a_restart(start_sqlite_server: StartServer) -> None:
    """The address of the first admin in the hands of somebody who is none, or none any more."""
    async with start_sqlite_server() as server:
        settings, store = server.grija.settings, server.grija.store
        await add_person(server, Role.AGENT, email="admin@localhost")
        assert await first_link(settings, store) is None
