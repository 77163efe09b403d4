"""What only one process may do at a time: over both databases, also when the one before it was killed."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from bot.errors import StoreUnavailable
from bot.settings import Settings
from bot.store import Store, open_store
from tests.trained import PROJECT

HOLDER = """
import asyncio, sys
from bot.store import open_store

async def main():
    store = await open_store(sys.argv[1])
    async with store.alone(sys.argv[2]):
        print("inside", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store._LOCK_PAUSE", 0.01)


async def test_two_of_one_name_come_one_after_the_other(store: Store, settings: Settings) -> None:
    other = await open_store(settings.database)
    steps: list[str] = []
    first_is_in = asyncio.Event()

    async def second() -> None:
        await first_is_in.wait()
        async with other.alone("poll/1"):
            steps.append("second in")

    waiting = asyncio.create_task(second())
    async with store.alone("poll/1") as check:
        first_is_in.set()
        async with other.alone("poll/2"):
            steps.append("another name")
        await asyncio.sleep(0.1)
        await check()
        steps.append("first out")
    await waiting
    assert steps == ["another name", "first out", "second in"]
    await other.close()


async def test_a_killed_process_holds_nothing(store: Store, settings: Settings) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, settings.database, "poll/1", cwd=PROJECT, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"inside\n"
    waiting = asyncio.create_task(_enter(store))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    holder.send_signal(signal.SIGKILL)
    await holder.wait()
    assert await asyncio.wait_for(waiting, 10) == "inside"


async def _enter(store: Store) -> str:
    async with store.alone("poll/1"):
        return "inside"


async def test_who_lost_the_database_is_told(postgres_server: str) -> None:
    from tests.conftest import new_postgres_database

    url = Settings(database_url=new_postgres_database(postgres_server)).database
    store, other = await open_store(url), await open_store(url)

    async def lose() -> None:
        async with store.alone("poll/1") as check:
            await other.write(_end_other_sessions)
            await check()

    with pytest.raises(StoreUnavailable):
        await lose()
    assert await _enter(other) == "inside"
    await store.close()
    await other.close()


def _end_other_sessions(tx: object) -> None:
    import sqlalchemy as sa

    tx.execute(  # type: ignore[attr-defined]
        sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )
