"""`python -m benchmarks.desk`: how long a customer's wish for a person takes to the screens of the desk.

A real server with the trained model over SQLite, eight consoles at real sockets, customers at the widget, all on one
machine. What comes after the answer of the server, a browser's drawing, is not in these numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import sqlalchemy as sa

from benchmarks.servers import PROJECT, Server, grija
from bot.models import Agent, Presence, Status, now
from bot.settings import Settings
from bot.store import Connection, Store, open_store
from bot.store.tables import agent
from tests.desk_client import PROTOCOL, ConsoleClient, ConsoleSocket
from tests.desk_seeds import add_agents, an_agent, talk
from tests.signing import PASSWORD, PASSWORD_HASH
from tests.widget_client import open_widget

AGENTS = 8
EACH = 15
CAPACITY = 20
"""Each agent has EACH conversations and takes offers until there are CAPACITY."""
WITH_BOT = 80
WAITING = 500
MESSAGES = 2000
TIMES = 50
LANGUAGES = ("en", "pl", "el", "bg", "ro")
WISHES = (
    "I want to talk to a real person please",
    "Chcę rozmawiać z człowiekiem",
    "Θέλω να μιλήσω με άνθρωπο",
    "Искам да говоря с човек",
    "Vreau să vorbesc cu un om",
)

_START_SECONDS = 120.0
_PATIENCE_SECONDS = 20.0


@dataclass
class Console:
    """One agent's page: reads the lists again whenever the socket says so, and takes what it is offered."""

    client: ConsoleClient
    socket: ConsoleSocket
    listed: dict[str, float] = field(default_factory=dict)
    offered: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Note when each conversation is first seen, until cancelled."""
        while True:
            frame = await self.socket.receive()
            seen = time.perf_counter()
            if frame["type"] == "offer":
                self.offered.setdefault(frame["item"]["conversation"], seen)
                await self.client.ask("POST", f"/offers/{frame['item']['handoff']}/accept")
            elif frame["type"] == "queue":
                found = await self.client.get("/queue")
                seen = time.perf_counter()
                for item in found["waiting"]:
                    self.listed.setdefault(item["conversation"], seen)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk", description=__doc__)
    parser.add_argument("--models", type=Path, default=PROJECT / "models", help="the folder of the model")
    parser.add_argument("--wishes", type=int, default=60, help="customers who wait in the queue (60)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="grija-desk-") as name:
        asyncio.run(_measure(Path(name), arguments.models, arguments.wishes))
    return 0


async def _measure(folder: Path, models: Path, wishes: int) -> None:
    store = await open_store(Settings(data=folder / "data").database)
    try:
        people = [
            an_agent(f"Agent {number}", presence=Presence.ONLINE, languages=LANGUAGES)
            for number in range(AGENTS)
        ]
        await add_agents(store, people)
        long = await store.write(_seed, people)
        with grija(folder, models=models) as server:
            await _until_ready(server)
            await _at_the_desk(server, store, people, wishes, long)
    finally:
        await store.close()


async def _at_the_desk(server: Server, store: Store, people: Sequence[Agent], wishes: int, long: str) -> None:
    async with AsyncExitStack() as stack:
        consoles = [await _open(stack, server.url, one) for one in people]
        running = [asyncio.create_task(console.run()) for console in consoles]
        # The first message of each language finds a cold encoder, which is not the desk's.
        await _times(server.url, consoles, len(WISHES), _offered)
        offers = AGENTS * (CAPACITY - EACH) - len(WISHES)
        _print("wish to the offer at an agent", await _times(server.url, consoles, offers, _offered))
        before = server.cpu_seconds()
        _print("wish to the lists of all agents", await _times(server.url, consoles, wishes, _listed))
        print(f"CPU of the server for one wish: {(server.cpu_seconds() - before) / wishes * 1000:.0f} ms")
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        one = consoles[0].client

        async def open_long() -> None:
            await one.get(f"/conversations/{long}")
            await one.get(f"/conversations/{long}/timeline?limit=50")

        _print(f"open a conversation of {MESSAGES} messages", [await _timed(open_long) for _ in range(TIMES)])
        missing = WAITING - (await one.get("/queue"))["counts"]["waiting"]
        await store.write(_more, missing)
        _print(
            f"lists with {WAITING} waiting", [await _timed(lambda: one.get("/queue")) for _ in range(TIMES)]
        )


async def _times(
    url: str,
    consoles: Sequence[Console],
    count: int,
    seen: Callable[[Sequence[Console], set[str]], float | None],
) -> list[float]:
    """Seconds from sending a wish until it is seen, for so many customers, one after the other."""
    found = []
    for number in range(count):
        known = {key for console in consoles for key in (*console.listed, *console.offered)}
        async with open_widget(url) as widget:
            await widget.hello(locale=LANGUAGES[number % len(LANGUAGES)])
            began = time.perf_counter()
            await widget.say(WISHES[number % len(WISHES)], uuid4().hex)
            while (moment := seen(consoles, known)) is None:
                if time.perf_counter() - began > _PATIENCE_SECONDS:
                    raise RuntimeError(
                        f"wish {number} was not seen; does the model know utter_handoff_asked?"
                    )
                await asyncio.sleep(0.002)
        found.append(moment - began)
        # The next one does not come in the same moment.
        await asyncio.sleep(0.2)
    return found


def _offered(consoles: Sequence[Console], known: set[str]) -> float | None:
    """When a new conversation was offered to somebody."""
    moments = [moment for console in consoles for key, moment in console.offered.items() if key not in known]
    return min(moments, default=None)


def _listed(consoles: Sequence[Console], known: set[str]) -> float | None:
    """When a new conversation stood in the lists of all."""
    moments = [[moment for key, moment in console.listed.items() if key not in known] for console in consoles]
    return max(min(of_one) for of_one in moments) if all(moments) else None


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def _open(stack: AsyncExitStack, url: str, who: Agent) -> Console:
    session = await stack.enter_async_context(
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    )
    body = {"email": who.email, "password": PASSWORD}
    async with session.post(f"{url}/api/v1/session", json=body, headers={"Origin": url}) as answer:
        answer.raise_for_status()
        client = ConsoleClient(session, url, who, (await answer.json())["csrf"])
    opened = session.ws_connect(f"{url}/console/ws", protocols=(PROTOCOL,), headers={"Origin": url})
    return Console(client, ConsoleSocket(await stack.enter_async_context(opened)))


def _seed(tx: Connection, people: Sequence[Agent]) -> str:
    """The desk before the first wish; the id of the long conversation, which is one of the first agent's."""
    tx.execute(sa.update(agent).values(password_hash=PASSWORD_HASH, capacity=CAPACITY))
    words = [("customer", "It does not work. " * 3), ("agent", "Let me look at that for you. " * 4)] * 10
    for who in people:
        for _ in range(EACH - (who is people[0])):
            talk(tx, status=Status.HUMAN, owner=who.id, words=words)
    for _ in range(WITH_BOT):
        talk(tx, status=Status.BOT, words=words[:4])
    lines = [("customer" if number % 2 else "bot", f"Line {number}. " * 8) for number in range(MESSAGES)]
    return talk(tx, status=Status.HUMAN, owner=people[0].id, words=[*lines, ("agent", "Yes?")])


def _more(tx: Connection, count: int) -> None:
    words = [("customer", "It does not work. " * 3), ("bot", "I have passed this on. " * 4)] * 5
    for number in range(count):
        talk(tx, words=words, priority=number % 80, queued_at=now() - timedelta(seconds=number))


async def _until_ready(server: Server) -> None:
    async with aiohttp.ClientSession() as session:
        while time.perf_counter() - server.started < _START_SECONDS:
            server.check()
            try:
                async with session.get(f"{server.url}/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.2)
    raise RuntimeError(f"the server is not ready: {server.log.read_text(errors='replace')[-2000:]}")


def _print(what: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    tail = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    middle, worst = statistics.median(ordered), ordered[-1]
    print(
        f"{what}: p50 {middle * 1000:.0f} ms, p95 {tail * 1000:.0f} ms, worst {worst * 1000:.0f} ms "
        f"({len(ordered)} times; load of the machine {os.getloadavg()[0]:.1f})",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
