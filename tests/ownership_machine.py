"""A world of customers, agents, workers, crashes and retries, stepped one act at a time over the real hub and desk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from bot import faults
from bot.broker.memory import MemoryBroker
from bot.desk import Desk
from bot.errors import GrijaError
from bot.hub import Hub
from bot.metrics import Metrics
from bot.models import Conversation, Inbound, InboxItem, Outcome, new_id, now
from bot.settings import Settings
from bot.store import Connection, Store, addresses, conversations, handoffs
from bot.store.engine import PostgresEngine, SqliteEngine
from bot.store.inbox import waits
from bot.store.tables import agent, handoff, held_reply, inbox, metadata, site_setting
from tests.doubles import EchoDialogue, PlatformChannel

T = TypeVar("T")

CUSTOMERS = ("anna", "boris")
AGENTS = {"ada": "agent", "bea": "agent", "sue": "supervisor"}


class Crash(BaseException):
    """The process has died here; nobody handles it."""


class SteppedEcho(EchoDialogue):
    """The echo, but each answer waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.thinking: list[asyncio.Event] = []
        self.begun = asyncio.Event()

    async def respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        go = asyncio.Event()
        self.thinking.append(go)
        self.begun.set()
        try:
            await go.wait()
        finally:
            self.thinking.remove(go)
        return await super().respond(conversation, item)


class AtOnce(SqliteEngine):
    """SQLite without its threads and without waiting for the disk: thousands of steps in a test's time."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        sa.event.listen(self._writer, "connect", lambda connection, record: _hurry(connection))
        self.writes = 0

    async def write(self, work: Callable[[Connection], T]) -> T:
        with self._writer.begin() as connection:
            result = work(connection)
        self.writes += 1
        return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        with self._reader.begin() as connection:
            return work(connection)


class Counted(PostgresEngine):
    """PostgreSQL, and how many transactions have written."""

    writes = 0

    async def write(self, work: Callable[[Connection], T]) -> T:
        result = await super().write(work)
        self.writes += 1
        return result


def _hurry(connection: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@dataclass
class World:
    """A hub and a desk whose lanes never run by themselves."""

    engine: AtOnce | Counted
    loop: asyncio.AbstractEventLoop
    settings: Settings
    events: dict[str, str] = field(default_factory=dict)
    working: list[asyncio.Task[Any]] = field(default_factory=list)
    crash_at: str = ""
    wrong: list[BaseException] = field(default_factory=list)
    writes: int = 0

    def __post_init__(self) -> None:
        self.store = Store(self.engine)
        self._reach, faults.reach = faults.reach, self._pass
        self.restart()
        for who in CUSTOMERS:
            self.customer_says(who, "hello")

    def restart(self) -> None:
        """A process begins: nothing is left of a former one but what is in the store."""
        broker = MemoryBroker()
        self.dialogue = SteppedEcho()
        self.hub = Hub(
            store=self.store,
            broker=broker,
            dialogue=self.dialogue,
            channels={"platform": PlatformChannel()},
            settings=self.settings,
            metrics=Metrics(),
        )
        self.desk = Desk(store=self.store, broker=broker, dialogue=self.dialogue, hub=self.hub)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def tried(self, *acts: Awaitable[Any]) -> list[Any]:
        """What acts at the same time came to: a result, or the refusal that an agent would see."""

        async def together() -> list[Any]:
            return await asyncio.gather(*acts, return_exceptions=True)

        results = self.run(together())
        self.wrong += [item for item in results if _unexpected(item)]
        return results

    # Customers

    def customer_says(self, who: str, text: str, *, again: bool = False, button: str | None = None) -> None:
        event = self.events[who] if again and who in self.events else new_id()
        self.events[who] = event
        said = Inbound("platform", "x", event, who, "" if button else text, button_id=button)
        self.tried(self.hub.accept(said))

    def customer_presses(self, who: str, place: int) -> None:
        found = self.conversation(who)
        buttons = [] if found is None else self.read(conversations.latest_buttons, found.customer_id)
        if buttons:
            self.customer_says(who, "", button=buttons[place % len(buttons)].id)

    # Workers

    def begin_turn(self, who: str) -> None:
        """A worker looks into the lane: it works until the dialogue thinks, or to the end."""
        found = self.conversation(who)
        if found is not None:
            self.write(lambda tx: tx.execute(sa.update(inbox).values(next_at=now())))
            self.run(self._step(self.loop.create_task(self.hub.work(found.id))))

    def go_on(self, which: int, *, crash: str = "") -> None:
        """A thinking dialogue answers, and the worker goes on; it may die at a point."""
        if not self.dialogue.thinking:
            return
        self.crash_at = crash
        self.dialogue.thinking[which % len(self.dialogue.thinking)].set()
        self.run(self._step(None))
        if crash:
            self.die()
        self.crash_at = ""

    def work_off(self, who: str) -> None:
        """Workers look into the lane, and dialogues answer, until nothing waits in it, failures too."""
        found = self.conversation(who)
        while found is not None and self.read(waits, found.id):
            self.begin_turn(who)
            while self.dialogue.thinking:
                self.go_on(0)

    def die(self) -> None:
        """The process dies, with all that it was doing, and the next one begins."""
        for task in self.working:
            task.cancel()
        self.run(self._ended())
        self.restart()

    async def _step(self, task: asyncio.Task[Any] | None) -> None:
        """Let workers go on until each is at its end or waits for its dialogue."""
        if task is not None:
            self.working.append(task)
        while running := [item for item in self.working if not item.done()]:
            if len(self.dialogue.thinking) == len(running) and not any(
                event.is_set() for event in self.dialogue.thinking
            ):
                return
            self.dialogue.begun.clear()
            begun = self.loop.create_task(self.dialogue.begun.wait())
            await asyncio.wait([*running, begun], return_when=asyncio.FIRST_COMPLETED)
            begun.cancel()
        await self._ended()

    async def _ended(self) -> None:
        results = await asyncio.gather(*self.working, return_exceptions=True)
        self.wrong += [item for item in results if _unexpected(item)]
        self.working.clear()

    def _pass(self, point: str) -> None:
        if point == self.crash_at:
            raise Crash(point)

    # Agents

    def on(self, who: str, act: Callable[[Conversation], Awaitable[Any]]) -> None:
        """An agent does something to a customer's latest conversation, if there is one."""
        found = self.conversation(who)
        if found is not None:
            self.tried(act(found))

    def race(self, who: str, *agents: str) -> int:
        """Agents take at the same moment; how many of them now have it."""
        found = self.conversation(who)
        if found is None:
            return 0
        results = self.tried(*(self.desk.take(name, found.id, epoch=found.epoch) for name in agents))
        return sum(isinstance(item, Conversation) for item in results)

    def offer(self, who: str, name: str) -> None:
        """The queue is offered to an agent, who accepts; another one tries too."""
        found = self.conversation(who)
        queued = None if found is None else self.read(handoffs.current, found.id)
        if queued is None:
            return
        until = now() + timedelta(minutes=1)
        offered = sa.update(handoff).where(handoff.c.id == queued.id)
        self.write(lambda tx: tx.execute(offered.values(offered_to=name, offered_until=until)))
        self.tried(*(self.desk.accept_offer(other, queued.id) for other in AGENTS))

    def time_passes(self) -> None:
        """Held replies become due and go out."""
        self.write(lambda tx: tx.execute(sa.update(held_reply).values(due_at=now() - timedelta(seconds=1))))
        self.run(self.desk.replies.sweep())
        held = self.read(lambda tx: tx.execute(sa.select(held_reply.c.conversation_id).distinct()).all())
        self.tried(*(self.desk.replies.drain(row[0]) for row in held))

    def held(self, who: str) -> list[str]:
        """The ids of replies in a customer's latest conversation, whatever became of them."""
        found = self.conversation(who)
        if found is None:
            return []
        query = sa.select(held_reply.c.id).where(held_reply.c.conversation_id == found.id)
        return self.read(lambda tx: [row[0] for row in tx.execute(query.order_by(held_reply.c.due_at))])

    # Looking

    def conversation(self, who: str) -> Conversation | None:
        return self.read(_latest, who)

    def changed(self) -> bool:
        """Whether anything was written since this was asked last."""
        before, self.writes = self.writes, self.engine.writes
        return before != self.writes

    def read(self, work: Callable[..., T], *arguments: Any) -> T:
        return self.run(self.store.read(work, *arguments))

    def write(self, work: Callable[..., T]) -> T:
        return self.run(self.store.write(work))

    def close(self) -> None:
        """Everything ends, and the next world begins with an empty store."""
        self.die()
        faults.reach = self._reach
        self.write(empty)


def begin(tx: Connection) -> None:
    """Let there be agents, and a site that asks how it was each time."""
    asks = {"name": "asking", "value": '{"days": 0}', "version": 1, "changed_by": "sue", "changed_at": now()}
    tx.execute(sa.insert(site_setting).values(asks))
    tx.execute(
        sa.insert(agent),
        [
            {"id": name, "email": name, "name": name.title(), "role": role, "created_at": now()}
            for name, role in AGENTS.items()
        ],
    )


def empty(tx: Connection) -> None:
    """Forget everything but the agents, the site's settings, and the audit log, from which nothing can be taken."""
    for table in reversed(metadata.sorted_tables):
        if table.name not in ("agent", "site_setting", "audit"):
            tx.execute(sa.delete(table))


def _latest(tx: Connection, who: str) -> Conversation | None:
    address = addresses.find(tx, "platform", "x", who)
    return None if address is None else conversations.latest(tx, address.customer_id)


def _unexpected(result: Any) -> bool:
    """Refusals are answers, and crashes and cancellations are meant; anything else is a fault of ours."""
    return isinstance(result, BaseException) and not isinstance(
        result, GrijaError | Crash | asyncio.CancelledError
    )
