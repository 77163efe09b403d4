"""The audit log: whatever is done to it is found."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot import __main__ as command_line
from bot.errors import AuditBroken, StoreUnavailable
from bot.settings import Settings
from bot.store import Connection, Store, audit, open_store
from bot.store.tables import audit as log
from bot.store.tables import audit_head


async def filled(store: Store, *, rows: int = 5) -> None:
    for number in range(rows):
        await store.write(
            audit.write, actor="ann", action="signed_in", subject=str(number), details={"ü": number}
        )


def tamper(tx: Connection, statements: list[Any]) -> None:
    """Do something to the log as somebody does who may do everything in the database."""
    if tx.dialect.name == "sqlite":
        tx.execute(sa.text("DROP TRIGGER audit_no_update"))
        tx.execute(sa.text("DROP TRIGGER audit_no_delete"))
    else:
        tx.execute(sa.text("DROP TRIGGER audit_append_only ON audit"))
    for statement in statements:
        tx.execute(statement)


def tamper_and_verify(tx: Connection, statements: list[Any]) -> None:
    """The same, looked at in the transaction: when it raises, the log is whole again."""
    tamper(tx, statements)
    audit.verify(tx)


async def test_a_whole_log(store: Store) -> None:
    assert await store.read(audit.verify) == audit.Verified(0, "0" * 64)
    await filled(store)
    verified = await store.read(audit.verify)
    entries = await store.read(audit.latest, limit=3)
    assert verified == audit.Verified(5, entries[0].hash)
    assert [entry.id for entry in entries] == [5, 4, 3]
    assert entries[0].details == {"ü": 4}
    assert [entry.id for entry in await store.read(audit.latest, before=3)] == [2, 1]


async def test_many_at_once_leave_no_gap(store: Store) -> None:
    await asyncio.gather(*(filled(store, rows=3) for _ in range(6)))
    assert (await store.read(audit.verify)).rows == 18


async def test_what_is_rolled_back_leaves_no_gap(store: Store) -> None:
    def fail(tx: Connection) -> None:
        audit.write(tx, actor="ann", action="signed_in")
        raise ValueError("no")

    await filled(store, rows=1)
    with pytest.raises(ValueError, match="no"):
        await store.write(fail)
    await filled(store, rows=1)
    assert (await store.read(audit.verify)).rows == 2


async def test_the_database_itself_refuses_changes(store: Store) -> None:
    await filled(store)
    changes = [sa.update(log).values(actor="bob"), sa.delete(log).where(log.c.id == 5), sa.delete(log)]
    for statement in changes:
        with pytest.raises((sa.exc.IntegrityError, StoreUnavailable)):
            await store.write(_run, statement)
    assert (await store.read(audit.verify)).rows == 5


def _run(tx: Connection, statement: Any) -> None:
    tx.execute(statement)


TAMPERING: dict[str, list[Any]] = {
    "actor": [sa.update(log).where(log.c.id == 3).values(actor="bob")],
    "time": [sa.update(log).where(log.c.id == 3).values(at="2020-01-01T00:00:00+00:00")],
    "subject": [sa.update(log).where(log.c.id == 1).values(subject="9")],
    "details": [sa.update(log).where(log.c.id == 5).values(details="{}")],
    "hash": [sa.update(log).where(log.c.id == 3).values(hash="a" * 64)],
    "missing in the middle": [sa.delete(log).where(log.c.id == 3)],
    "missing at the beginning": [sa.delete(log).where(log.c.id == 1)],
    "missing at the end": [sa.delete(log).where(log.c.id == 5)],
    "all missing": [sa.delete(log)],
    "renumbered": [
        sa.delete(log).where(log.c.id == 3),
        sa.update(log).where(log.c.id == 4).values(id=3),
        sa.update(log).where(log.c.id == 5).values(id=4),
    ],
    "exchanged": [
        sa.update(log).where(log.c.id == 3).values(id=99),
        sa.update(log).where(log.c.id == 4).values(id=3),
        sa.update(log).where(log.c.id == 99).values(id=4),
    ],
    "made up at the end": [
        sa.insert(log).values(id=6, at="x", actor="a", action="b", subject="", details="{}", hash="c" * 64)
    ],
    "a shorter head": [sa.update(audit_head).values(last_id=4)],
    "a longer head": [sa.update(audit_head).values(last_id=6)],
    "another head": [sa.update(audit_head).values(hash="b" * 64)],
    "no head": [sa.delete(audit_head)],
}


async def test_tampering_is_found(store: Store) -> None:
    await filled(store)
    for kind, statements in TAMPERING.items():
        try:
            await store.write(tamper_and_verify, statements)
        except AuditBroken:
            continue
        raise AssertionError(f"not found: {kind}")
    assert (await store.read(audit.verify)).rows == 5


async def test_pages_of_a_long_log(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_PAGE", 2)
    await filled(store)
    assert (await store.read(audit.verify)).rows == 5
    with pytest.raises(AuditBroken, match="row 3 "):
        await store.write(tamper_and_verify, [sa.delete(log).where(log.c.id.in_([3, 4]))])


def test_check_says_so(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(sqlite_settings, data=sqlite_settings.data)
    monkeypatch.setenv("GRIJA_DATA", str(settings.data))

    async def fill() -> None:
        store = await open_store(settings.database)
        await filled(store)
        await store.close()

    async def tamper_row() -> None:
        store = await open_store(settings.database)
        await store.write(tamper, [sa.update(log).where(log.c.id == 2).values(actor="bob")])
        await store.close()

    asyncio.run(fill())
    command_line.main(["check"])
    assert "ok   audit: 5 rows, none missing or changed" in capsys.readouterr().out
    asyncio.run(tamper_row())
    assert command_line.main(["check"]) == 1
    assert "WRONG audit: row 2 of the audit log was changed" in capsys.readouterr().out
