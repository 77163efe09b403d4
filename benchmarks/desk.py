"""`python -m benchmarks.desk`: what agents feel of a busy desk, at sockets and on the screen of a real Chromium.

A real server over SQLite, eight consoles (one is the real page), customers at the widget, all on one machine. How
long a customer's wish takes to the screens; to the first paint of a long conversation; how the page feels while five
hundred wait and the queue changes five times a second.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import sqlalchemy as sa

from benchmarks.desk_page import Felt, Screen, open_screen
from benchmarks.machine import describe
from benchmarks.servers import PROJECT, Server, grija
from bot.models import Agent, Presence, Status, now
from bot.settings import Settings
from bot.store import Connection, Store, open_store
from bot.store.tables import agent
from tests.desk_client import PROTOCOL, ConsoleClient, ConsoleSocket
from tests.desk_seeds import add_agents, an_agent, talk
from tests.signing import PASSWORD, PASSWORD_HASH
from tests.widget_client import open_widget

README = PROJECT / "benchmarks" / "README.md"
BEGIN, END = "<!-- begin of the desk -->", "<!-- end of the desk -->"

AGENTS = 8
EACH = 15
WITH_BOT = 80
WAITING = 500
MESSAGES = 2000
OPENINGS = 20
TIMES = 50
FEEL_SECONDS = 30
CHANGES_PER_SECOND = 5
LANGUAGES = ("en", "pl", "el", "bg", "ro")
WISHES = (
    "I want to talk to a real person please",
    "Chcę rozmawiać z człowiekiem",
    "Θέλω να μιλήσω με άνθρωπο",
    "Искам да говоря с човек",
    "Vreau să vorbesc cu un om",
)

_START_SECONDS = 120.0
_CALM_SECONDS = 240.0
_PATIENCE_SECONDS = 20.0
_LAST_LINE = "Is this line the newest?"


@dataclass
class Table:
    """What was measured, line by line, printed as it comes."""

    lines: list[str] = field(default_factory=list)

    def times(self, what: str, seconds: Sequence[float]) -> None:
        """Note the spread of some times."""
        ordered = sorted(seconds)
        tail = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        spread = [f"{one * 1000:.0f}" for one in (statistics.median(ordered), tail, ordered[-1])]
        self._add(what, *spread, f"{len(ordered)} times")

    def value(self, what: str, value: str) -> None:
        """Note a single value."""
        self._add(what, value, "", "", "")

    def _add(self, *cells: str) -> None:
        self.lines.append(f"| {' | '.join(cells)} | {os.getloadavg()[0]:.1f} |")
        print(self.lines[-1], flush=True)

    def text(self, models: Path) -> str:
        """The table in Markdown, with what it was measured on."""
        about = [f"* {name}: {value}" for name, value in describe(models).items() if name != "load before"]
        head = ["| line | p50 ms | p95 ms | worst ms | | load |", "|---|---:|---:|---:|---|---:|"]
        return "\n".join([*about, "", *head, *self.lines])


@dataclass
class Console:
    """One agent's console without a screen: it is shown the lists, or reads them when the socket says so."""

    client: ConsoleClient
    socket: ConsoleSocket
    listed: dict[str, float] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        """Note when each conversation is first listed, until cancelled."""
        await self.socket.send(type="lists", on=True)
        while True:
            frame = await self.socket.receive()
            if frame["type"] == "lists":
                await self._note(frame["queue"])
            elif frame["type"] == "queue":
                await self._note(await self.client.get("/queue"))

    async def when_listed(self, key: str) -> float:
        """When a conversation was first listed, waiting for it."""
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(lambda: key in self.listed), _PATIENCE_SECONDS)
        return self.listed[key]

    async def _note(self, queue: Any) -> None:
        seen = time.time()
        async with self.changed:
            for item in queue["waiting"]:
                self.listed.setdefault(item["conversation"], seen)
            self.changed.notify_all()


def main() -> int:
    """Measure, print, and record if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk", description=__doc__)
    parser.add_argument("--models", type=Path, default=PROJECT / "models", help="the folder of the model")
    parser.add_argument("--wishes", type=int, default=60, help="customers for each line (60)")
    parser.add_argument("--record", action="store_true", help="also write the table into README.md")
    parser.add_argument("--desk-only", action="store_true", help="only the server without a model")
    arguments = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory(prefix="grija-desk-") as name:
        for place in ("at-once", "bot")[: 1 if arguments.desk_only else 2]:
            folder = Path(name) / place
            folder.mkdir()
            asyncio.run(_measure(folder, arguments.models, arguments.wishes, table, bot=place == "bot"))
    if arguments.record:
        before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        text = f"{before}{BEGIN}\n{table.text(arguments.models)}\n{END}{after}"
        README.write_text(text, encoding="utf-8")
    return 0


async def _measure(folder: Path, models: Path, wishes: int, table: Table, *, bot: bool) -> None:
    store = await open_store(Settings(data=folder / "data").database)
    try:
        people = [
            an_agent(f"Agent {number}", presence=Presence.ONLINE, languages=LANGUAGES)
            for number in range(AGENTS)
        ]
        await add_agents(store, people)
        long = await store.write(_seed, people)
        module = "bot" if bot else "benchmarks.handing_server"
        with grija(folder, models=models, module=module) as server:
            await _until_ready(server)
            await _until_calm(server)
            desk = _Desk(server, store, people, table, "with the bot's turn" if bot else "handed off at once")
            await desk.run(wishes, long, all_lines=bot)
    finally:
        await store.close()


class _Desk:
    """The server with everybody at it. The first agent is the one at the real page."""

    def __init__(self, server: Server, store: Store, people: Sequence[Agent], table: Table, how: str) -> None:
        self._server = server
        self._store = store
        self._people = people
        self._table = table
        self._how = how

    async def run(self, wishes: int, long: str, *, all_lines: bool) -> None:
        async with AsyncExitStack() as stack:
            screen = await stack.enter_async_context(open_screen())
            await screen.sign_in(self._server.url, self._people[0].email)
            consoles = [await _open(stack, self._server.url, one) for one in self._people[1:]]
            own = await _client(stack, self._server.url, self._people[0])
            running = [asyncio.create_task(console.run()) for console in consoles]
            # The first message of each language finds a cold encoder, which is not the desk's.
            await self._offers(len(WISHES), screen, own)
            self._table.times(
                f"wish to the offer on the screen, {self._how}", await self._offers(wishes, screen, own)
            )
            await self._rows(wishes, screen, consoles)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            if all_lines:
                await self._openings(long, screen, own)
                await self._crowd(screen, [console.client for console in consoles], own)

    async def _offers(self, count: int, screen: Screen, own: ConsoleClient) -> list[float]:
        """Wishes that are offered to the agent at the page, one after the other, each taken and closed."""
        await self._store.write(_capacity, self._people[0], EACH + 1)
        found = []
        for number in range(count):
            took, _ = await self._wish(number, lambda: screen.of("offer"))
            found.append(took)
            await _take_and_close(own)
        await self._store.write(_capacity, self._people[0], EACH)
        return found

    async def _rows(self, count: int, screen: Screen, consoles: Sequence[Console]) -> None:
        """Wishes that nobody has room for: they stand in everybody's list."""
        painted, listed = [], []
        before = self._server.cpu_seconds()
        for number in range(count):
            took, key = await self._wish(number, lambda: screen.of("row"))
            painted.append(took)
            moments = [await console.when_listed(key) for console in consoles]
            listed.append(took + max(moments) - screen.of("row")[key])
        cpu = (self._server.cpu_seconds() - before) / count * 1000
        self._table.times(f"wish to the row on the screen, {self._how}", painted)
        self._table.times(f"wish to the lists of {len(consoles)} other consoles, {self._how}", listed)
        self._table.value(f"CPU of the server for one wish in the lists, {self._how}", f"{cpu:.0f}")

    async def _wish(self, number: int, seen: Callable[[], Iterable[str]]) -> tuple[float, str]:
        """One customer asks for a person: the seconds until something new is seen, and its name."""
        known = set(seen())
        async with open_widget(self._server.url) as widget:
            await widget.hello(locale=LANGUAGES[number % len(LANGUAGES)])
            began = time.time()
            await widget.say(WISHES[number % len(WISHES)], uuid4().hex)
            while not (new := set(seen()) - known):
                if time.time() - began > _PATIENCE_SECONDS:
                    raise RuntimeError(
                        f"wish {number} was not seen; does the model know utter_handoff_asked?"
                    )
                await asyncio.sleep(0.002)
        key = new.pop()
        moments: Any = seen()
        # The next one does not come in the same moment.
        await asyncio.sleep(0.3)
        return moments[key] - began, key

    async def _openings(self, long: str, screen: Screen, own: ConsoleClient) -> None:
        await screen.show("mine")
        mine = [item["conversation"] for item in (await own.get("/queue"))["mine"]]
        other = next(key for key in mine if key != long)
        painted = []
        for _ in range(OPENINGS):
            await screen.open(other, "Let me look at that")
            await asyncio.sleep(0.3)
            painted.append(await screen.open(long, _LAST_LINE))
            await asyncio.sleep(0.3)
        self._table.times(f"click to the first paint of a conversation of {MESSAGES} messages", painted)

    async def _crowd(self, screen: Screen, clients: Sequence[ConsoleClient], own: ConsoleClient) -> None:
        """Five hundred wait, and the queue changes all the time."""
        missing = WAITING - (await own.get("/queue"))["counts"]["waiting"]
        await self._store.write(_more, missing)
        self._table.times(
            f"`GET /queue` with {WAITING} waiting",
            [await _timed(lambda: own.get("/queue")) for _ in range(TIMES)],
        )
        queue = await own.get("/queue")
        await screen.show("waiting", queue["mine"][0]["conversation"])
        self._felt(await screen.feel(FEEL_SECONDS), f"{WAITING} waiting, no changes")
        changes = asyncio.create_task(_change(clients, queue["waiting"]))
        began, before = time.monotonic(), self._server.cpu_seconds()
        crowd = f"{WAITING} waiting, {CHANGES_PER_SECOND} changes a second"
        felt = await screen.feel(FEEL_SECONDS)
        busy = (self._server.cpu_seconds() - before) / (time.monotonic() - began)
        self._felt(felt, crowd)
        self._table.value(f"CPU of the server, {crowd}, 8 consoles", f"{busy:.0%} of a core")
        await screen.leave()
        self._felt(await screen.feel(FEEL_SECONDS), f"a page without scripts instead, {crowd} for the others")
        changes.cancel()
        (made,) = await asyncio.gather(changes, return_exceptions=True)
        if isinstance(made, Exception):
            raise made
        if not felt.redrawn:
            raise RuntimeError("the list on the screen has not changed")

    def _felt(self, felt: Felt, when: str) -> None:
        self._table.times(f"key to paint, {when}", felt.keys)
        self._table.times(f"frame to frame while scrolling and typing, {when}", felt.frames)
        tasks = f"{len(felt.long)} in {FEEL_SECONDS} s, longest {max(felt.long, default=0) * 1000:.0f} ms"
        self._table.value(f"long tasks (over 50 ms) of the page, {when}", tasks)


async def _change(clients: Sequence[ConsoleClient], waiting: Sequence[Any]) -> None:
    """Take conversations out of the queue and put them back, so many times a second, until cancelled."""
    number, due = 0, time.monotonic()
    while True:
        client, item = clients[number // 2 % len(clients)], waiting[number // 2 % len(waiting)]
        path = f"/conversations/{item['conversation']}"
        if number % 2:
            await _done(client, f"{path}/transfer", {})
        else:
            # Each of the two changes raises it.
            epoch = item["epoch"] + 2 * (number // 2 // len(waiting))
            await _done(client, f"{path}/take", {"epoch": epoch})
        number, due = number + 1, due + 1 / CHANGES_PER_SECOND
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _take_and_close(own: ConsoleClient) -> None:
    (item,) = [one for one in (await own.get("/queue"))["waiting"] if one["offered_to"] == own.agent.id]
    await _done(own, f"/offers/{item['handoff']}/accept", {})
    await _done(own, f"/conversations/{item['conversation']}/close", {})


async def _done(client: ConsoleClient, path: str, body: Any) -> None:
    status, answer = await client.ask("POST", path, body)
    if status != 200:
        raise RuntimeError(f"{path} was refused: {answer}")


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def _client(stack: AsyncExitStack, url: str, who: Agent) -> ConsoleClient:
    session = await stack.enter_async_context(
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    )
    body = {"email": who.email, "password": PASSWORD}
    async with session.post(f"{url}/api/v1/session", json=body, headers={"Origin": url}) as answer:
        answer.raise_for_status()
        return ConsoleClient(session, url, who, (await answer.json())["csrf"])


async def _open(stack: AsyncExitStack, url: str, who: Agent) -> Console:
    client = await _client(stack, url, who)
    opened = client.session.ws_connect(f"{url}/console/ws", protocols=(PROTOCOL,), headers={"Origin": url})
    return Console(client, ConsoleSocket(await stack.enter_async_context(opened)))


def _seed(tx: Connection, people: Sequence[Agent]) -> str:
    """The desk before the first wish; the id of the long conversation, which is one of the first agent's."""
    tx.execute(sa.update(agent).values(password_hash=PASSWORD_HASH, capacity=EACH))
    words = [("customer", "It does not work. " * 3), ("agent", "Let me look at that for you. " * 4)] * 10
    for who in people:
        for _ in range(EACH - (who is people[0])):
            talk(tx, status=Status.HUMAN, owner=who.id, words=words)
    for _ in range(WITH_BOT):
        talk(tx, status=Status.BOT, words=words[:4])
    lines = [("customer" if number % 2 else "bot", f"Line {number}. " * 8) for number in range(MESSAGES - 1)]
    return talk(tx, status=Status.HUMAN, owner=people[0].id, words=[*lines, ("agent", _LAST_LINE)])


def _capacity(tx: Connection, who: Agent, capacity: int) -> None:
    tx.execute(sa.update(agent).where(agent.c.id == who.id).values(capacity=capacity))


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


async def _until_calm(server: Server) -> None:
    """Wait until what a server prepares after its start, such as the vectors of all help pages, is done."""
    ends, calm = time.monotonic() + _CALM_SECONDS, 0
    while calm < 3:
        if time.monotonic() > ends:
            raise RuntimeError("the server does not come to rest")
        before = server.cpu_seconds()
        await asyncio.sleep(1)
        calm = calm + 1 if server.cpu_seconds() - before < 0.15 else 0


if __name__ == "__main__":
    raise SystemExit(main())
