"""What is done once an hour."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.models import Role
from bot.people import tidying
from bot.store import Connection, Store, audit, people, sessions
from bot.store.tables import agent_session, invitation


async def test_what_has_ended_is_forgotten_and_the_head_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(tx: Connection) -> None:
        ann = people.add(tx, email="ann@desk.example", name="Ann", role=Role.AGENT)
        sessions.start(tx, ann, digest="old", days=-1, ip="", browser="")
        sessions.start(tx, ann, digest="new", days=1, ip="", browser="")
        sessions.invite(tx, ann.id, digest="old", hours=-1)
        audit.write(tx, actor="server", action="agent_added")

    await store.write(begin)
    logged: list[tuple[str, int, str]] = []

    class Log:
        def info(self, event: str, *, rows: int, hash: str) -> None:
            logged.append((event, rows, hash))

    monkeypatch.setattr(tidying, "log", Log())
    await tidying.tidy(store)
    kept = await store.read(lambda tx: tx.execute(sa.select(agent_session.c.digest)).scalars().all())
    assert kept == ["new"]
    assert await store.read(lambda tx: tx.execute(sa.select(invitation)).all()) == []
    head = (await store.read(audit.latest))[0]
    assert logged == [("audit.head", 1, head.hash)]
