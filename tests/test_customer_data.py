"""Export and erase of a customer: everything and nothing else, files too, written down in the audit log."""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.__main__ import main
from bot.customer_data import FORGOTTEN_AFTER, erase, export, files_folder
from bot.errors import Unknown
from bot.files import Files
from bot.models import Edited, Inbound, IncomingFile, Reason, new_id, now
from bot.settings import Settings
from bot.store import Connection, alerts, audit, customer_data, open_store, search
from bot.store.tables import (
    address,
    alert,
    alert_delivery,
    attachment,
    customer,
    ended_talk,
    loyalty_answer,
    message,
    metadata,
    platform_update,
    signal,
    signal_event,
)
from tests.briefing import Scene, scene
from tests.scripted import Line, felt
from tests.shopping import Counter

SECRET = "zanzibarqux"
OTHER = "quokkapalms"
NOT_OF_CUSTOMERS = {
    "poller", "installation", "install_state", "agent", "team", "agent_team", "agent_session", "invitation",
    "login_failure", "api_token", "audit", "audit_head", "site_setting", "canned", "webhook",
    "fall_hour",
}  # fmt: skip


NO_FILES = {
    "agent_session.digest", "api_token.digest", "audit.action", "audit.hash", "audit_head.hash", "held_reply.client_id",
    "install_state.digest", "invitation.digest", "signal.intent", "signal.model", "site_setting.name",
    "solved_case.encoder", "solved_case.intent", "turn.intent", "webhook_delivery.kind", "ended_talk.intent",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _shop(counter: Counter) -> None:
    """A demo shop of this test's own."""


async def lived(play: Scene, sender: str, word: str, files: Sequence[str]) -> str:
    """A whole life of a customer, with a word in each text; the customer's id."""
    await play.bench.say(f"my lid is broken {word}", sender=sender, event=f"{sender}-first")
    await play.bench.hub.accept(
        Inbound(
            "platform", "x", new_id(), sender, text=f"look {word}",
            attachments=tuple(IncomingFile("photo", name, name=f"{word}.txt") for name in files),
        )
    )  # fmt: skip
    await play.bench.settle()
    await play.bench.hub.take_in(Edited("platform", "x", new_id(), f"{sender}-first", f"changed lid {word}"))
    await play.call(Reason.COMPLAINT, sender=sender, words=[word])
    await play.take(sender=sender)
    seen = await play.current(sender)
    await play.desk.note(play.maria, seen.id, f"note {word}", [play.maria])
    await play.reply(f"A new lid comes tomorrow, {word}, no cost.", sender=sender)
    await play.close(note=f"sent {word}", sender=sender)
    await play.briefs.sweep()
    await play.say(f"again {word}", sender=sender)
    await play.bench.store.write(_quarantine, sender, word)
    customer_id = (await play.bench.address(sender)).customer_id
    await play.bench.store.write(_stream, customer_id)
    await play.bench.store.write(_loyalty, customer_id)
    await play.bench.store.write(_alert, (await play.current(sender)).id, word)
    return customer_id


def _alert(tx: Connection, conversation_id: str, word: str) -> None:
    """Let supervisors be told of a fall of the customer, by mail too."""
    alerts.tell_fall(tx, conversation_id, "m1", {"fall": 0.5, "emotion": word})
    told = sa.select(alert.c.id).where(alert.c.conversation_id == conversation_id)
    tx.execute(
        sa.insert(alert_delivery).values(
            alert_id=tx.execute(told).scalar_one(), way="mail", receiver="mia@shop.example", status="waiting",
            next_at=now(), created_at=now(),
        )
    )  # fmt: skip


def _stream(tx: Connection, customer_id: str) -> None:
    """Let the customer's signals be on their way to another program."""
    for row in tx.execute(sa.select(signal).where(signal.c.customer_id == customer_id)).all():
        tx.execute(
            sa.insert(signal_event).values(
                sink="test", signal_id=row.id, body=f'{{"customer": "{customer_id}"}}', status="waiting",
                next_at=now(), created_at=now(),
            )
        )  # fmt: skip


def _quarantine(tx: Connection, sender: str, word: str) -> None:
    tx.execute(
        sa.insert(platform_update).values(
            channel="platform", account="x", event_id=new_id(), raw=f'{{"from": "{sender}", "text": "{word}"}}',
            status="quarantined", received_at=now(),
        )
    )  # fmt: skip


def _loyalty(tx: Connection, customer_id: str) -> None:
    last = tx.execute(sa.select(ended_talk).where(ended_talk.c.customer_id == customer_id)).first()
    tx.execute(
        sa.insert(loyalty_answer).values(
            id=new_id(), customer_id=customer_id, talk_id=last.id, conversation_id=last.conversation_id,
            month="2026-10", question="return", chance=0.05, channel="platform", message_id=last.message_id,
            asked_at=last.ended_at,
        )
    )  # fmt: skip


def there(folder: Path, digest: str) -> bool:
    return Files(folder).path(digest).exists()


def with_files(play: Scene) -> None:
    play.bench.platform.files = {name: name.encode() for name in ("own", "shared", "other")}


def dump(tx: Connection) -> str:
    """The whole database as text."""
    return "\n".join(
        str(tuple(row)) for table in metadata.sorted_tables for row in tx.execute(sa.select(table))
    )


def test_every_table_is_either_about_customers_or_known_not_to_be() -> None:
    ids = customer_data._Ids("c", [], [], [], [])

    class Nothing:
        dialect = sa.create_engine("sqlite://").dialect

        def execute(self, *more: object) -> Any:
            return self

        def all(self) -> list[Any]:
            return []

    handled = {table.name for table, _ in customer_data._conditions(Nothing(), ids)}
    assert handled | NOT_OF_CUSTOMERS == set(metadata.tables)
    assert not handled & NOT_OF_CUSTOMERS


def test_every_column_that_names_a_file_is_looked_at_before_a_file_goes() -> None:
    """Columns as wide as a SHA-256: each names a file or is known not to."""
    wide = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.String) and column.type.length == 64
    }
    assert wide - NO_FILES == {f"{column.table.name}.{column.name}" for column in customer_data.FILES}


LINES = {
    f"my lid is broken {word}": Line("complaint", proved="C1001", sentiment=felt(-0.5, "disappointment"))
    for word in (SECRET, OTHER)
}


async def test_everything_of_a_customer_goes_and_nothing_of_others(settings: Settings) -> None:
    async with scene(settings, LINES) as play:
        with_files(play)
        anna = await lived(play, "anna-12345", SECRET, ["own", "shared"])
        boris = await lived(play, "boris-54321", OTHER, ["other", "shared"])
        store = play.bench.store
        before = await store.read(dump)
        assert SECRET in before
        kept = await store.read(customer_data.rows, boris)
        erased = await erase(settings, anna)
        after = await store.read(dump)
        assert SECRET not in after
        assert "anna-12345" not in after
        assert [line for line in after.splitlines() if anna in line] == [
            line for line in after.splitlines() if "customer_erased" in line
        ]
        assert await store.read(customer_data.rows, boris) == kept
        assert await store.read(search.find, SECRET) == []
        assert await store.read(search.find, OTHER) != []
        empty = {name for name, count in erased.rows.items() if not count}
        assert empty <= {"webhook_delivery"}
        with pytest.raises(Unknown):
            await erase(settings, anna)
        entry = (await store.read(audit.latest, limit=1))[0]
        assert (entry.actor, entry.action, entry.subject) == ("command line", "customer_erased", anna)
        await store.read(audit.verify)


async def test_a_customer_who_writes_again_is_a_new_one(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, LINES) as play:
        with_files(play)
        anna = await lived(play, "anna-12345", SECRET, ["own"])
        await erase(sqlite_settings, anna)
        await play.say("hello once more", sender="anna-12345")
        fresh = await play.bench.address("anna-12345")
        assert fresh.customer_id != anna
        assert (await play.messages("anna-12345"))[0].text == "hello once more"


async def test_not_a_byte_of_it_is_left_in_the_sqlite_file(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, LINES) as play:
        with_files(play)
        anna = await lived(play, "anna-12345", SECRET, ["own"])
        await lived(play, "boris-54321", OTHER, ["other"])
    await erase(sqlite_settings, anna)
    left = b"".join(path.read_bytes() for path in sqlite_settings.data.glob("grija.sqlite*"))
    assert OTHER.encode() in left
    assert SECRET.encode() not in left


async def test_files_go_unless_another_customer_has_sent_them_too(sqlite_settings: Settings) -> None:
    folder = files_folder(sqlite_settings)
    async with scene(sqlite_settings, LINES) as play:
        with_files(play)
        anna = await lived(play, "anna-12345", SECRET, ["own", "shared"])
        boris = await lived(play, "boris-54321", OTHER, ["other", "shared"])
        store = play.bench.store
        face, other_face = [await Files(folder).write(text) for text in (b"anna's face", b"boris's face")]
        own, shared, other = [await Files(folder).write(text) for text in (b"own", b"shared", b"other")]
        stale, young = [await Files(folder).write(text) for text in (b"left behind", b"just arriving")]
        past = time.time() - FORGOTTEN_AFTER - 60
        for digest in (stale, shared, other, other_face):
            os.utime(Files(folder).path(digest), (past, past))

        def name_them(tx: Connection) -> None:
            for place, digest in (("own", own), ("shared", shared), ("other", other)):
                mine = attachment.c.remote_id == place
                tx.execute(sa.update(attachment).where(mine).values(sha256=digest, state="stored"))
            for customer_id, digest in ((anna, face), (boris, other_face)):
                mine = address.c.customer_id == customer_id
                tx.execute(sa.update(address).where(mine).values(avatar=digest))

        await store.write(name_them)
        erased = await erase(sqlite_settings, anna)
        assert set(erased.files) == {own, face}
        left = {
            digest for digest in (own, shared, other, stale, young, face, other_face) if there(folder, digest)
        }
        assert left == {shared, other, young, other_face}


async def test_an_export_has_everything_and_nothing_of_others(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "out.zip"
    async with scene(settings, LINES) as play:
        with_files(play)
        anna = await lived(play, "anna-12345", SECRET, ["own"])
        await lived(play, "boris-54321", OTHER, ["other"])
        store = play.bench.store
        digest = await Files(files_folder(settings)).write(SECRET.encode() * 9)

        def name_it(tx: Connection) -> None:
            mine = attachment.c.remote_id == "own"
            tx.execute(sa.update(attachment).where(mine).values(sha256=digest, state="stored"))

        await store.write(name_it)
        assert await export(settings, anna, path) == 1
        entry = (await store.read(audit.latest, limit=1))[0]
        assert (entry.action, entry.subject) == ("customer_exported", anna)
        own_messages = [item.text for item in await play.messages("anna-12345")]
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        document = json.loads(archive.read("customer.json"))
        (file,) = [name for name in names if name.startswith("files/")]
        assert archive.read(file) == SECRET.encode() * 9
    assert path.stat().st_mode & 0o077 == 0
    text = json.dumps(document)
    assert OTHER not in text
    assert document["customer"] == anna
    assert sorted(row["text"] for row in document["tables"]["message"]) == sorted(own_messages)
    for name in (
        "address",
        "conversation",
        "handoff",
        "happening",
        "turn",
        "attachment",
        "inbox",
        "signal",
        "signal_event",
        "alert",
        "alert_delivery",
    ):
        assert document["tables"][name], name
    assert not {"search_entry", "solved_case"} & set(document["tables"])


async def test_an_export_writes_over_nothing_and_an_unknown_customer_leaves_no_file(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "out.zip"
    with pytest.raises(Unknown):
        await export(sqlite_settings, "no such customer", path)
    assert not path.exists()
    async with scene(sqlite_settings, LINES) as play:
        await play.say("hello")
        anna = (await play.bench.address()).customer_id
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        await export(sqlite_settings, anna, path)
    assert path.read_text() == "mine"


async def test_a_raw_update_of_somebody_with_a_short_id_is_not_guessed_at(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, LINES) as play:
        await play.say("hello", sender="7")
        await play.bench.store.write(_quarantine, "1777", "of somebody else")
        await erase(sqlite_settings, (await play.bench.address("7")).customer_id)
        count = sa.select(sa.func.count()).select_from(platform_update)
        assert await play.bench.store.read(lambda tx: tx.execute(count).scalar()) == 1


def test_the_commands_ask_first_and_say_what_is_wrong(
    sqlite_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import asyncio

    async def prepare() -> str:
        async with scene(sqlite_settings, LINES) as play:
            await play.say("hello")
            return (await play.bench.address()).customer_id

    anna = asyncio.run(prepare())
    monkeypatch.setenv("GRIJA_DATA", str(sqlite_settings.data))
    monkeypatch.chdir(tmp_path)
    assert main(["export", "--customer", anna]) == 0
    assert (tmp_path / f"customer-{anna}.zip").is_file()
    assert main(["export", "--customer", "nobody"]) == 1
    monkeypatch.setattr("builtins.input", lambda question: "no")
    assert main(["erase", "--customer", anna]) == 1
    assert asyncio.run(_count(sqlite_settings, customer)) == 1
    monkeypatch.setattr("builtins.input", lambda question: "yes")
    assert main(["erase", "--customer", anna]) == 0
    assert asyncio.run(_count(sqlite_settings, customer)) == 0
    assert asyncio.run(_count(sqlite_settings, address)) == 0
    assert asyncio.run(_count(sqlite_settings, message)) == 0
    assert main(["erase", "--customer", anna, "--yes"]) == 1
    told = capsys.readouterr()
    assert "there is no customer nobody" in told.err
    assert "Nothing was removed" in told.out


async def _count(settings: Settings, table: sa.Table) -> int:
    store = await open_store(settings.database)
    try:
        query = sa.select(sa.func.count()).select_from(table)
        return int(await store.read(lambda tx: tx.execute(query).scalar()))
    finally:
        await store.close()
