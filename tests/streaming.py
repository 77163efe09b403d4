"""What tests of the stream are made of: messages, signals of them, and a server that does nothing but stream."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot import faults, lanes, logs
from bot import webhooks as sending
from bot.metrics import Metrics
from bot.models import Inbound, Signal, new_id, now
from bot.settings import Settings
from bot.store import Connection, Store, inbox, open_store, signal_events, signals
from bot.store.tables import conversation, message, signal, signal_event
from bot.streams import delivery
from bot.streams.delivery import Streams

KEY = "k" * 32
EMOTIONS = {"anger": 0.7, "frustration": 0.2, "neutral": 0.1}


def said(tx: Connection, *, customers: int, each: int) -> None:
    """Let customers say something, each in turn."""
    for number in range(each):
        for who in range(customers):
            event = f"{who}-{number}"
            inbox.accept(tx, Inbound("web", "demo", event, sender=f"v{who}", text=f"my words {event}"))


def reading(row: Any, *, model: str = "feelings-1", valence: float = -0.5) -> Signal:
    """A signal of a message."""
    return Signal(
        id=new_id(),
        message_id=row.id,
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        seq=row.seq,
        channel="web",
        language="bg",
        intent="order_late",
        model=model,
        valence=valence,
        emotion="anger",
        emotions=EMOTIONS,
        weak=False,
        said_at=datetime(2026, 11, 22, 9, 30, tzinfo=timezone.utc),
        read_at=now(),
    )


def unread(tx: Connection, *, limit: int) -> list[Any]:
    """Messages without a signal, the oldest first."""
    told = sa.select(signal.c.message_id)
    query = (
        sa.select(message, conversation.c.customer_id)
        .select_from(message.join(conversation, conversation.c.id == message.c.conversation_id))
        .where(message.c.id.not_in(told))
        .order_by(message.c.seq, message.c.id)
        .limit(limit)
    )
    return list(tx.execute(query).all())


def read(tx: Connection, sinks: Sequence[str], *, limit: int = 1, model: str = "feelings-1") -> list[Signal]:
    """Note signals of messages that have none, and let the sinks be told, as the hub does at the end of a turn."""
    made = [reading(row, model=model) for row in unread(tx, limit=limit)]
    for one in made:
        assert signals.note(tx, one)
        signal_events.tell(tx, one, sinks)
    return made


def in_order(tx: Connection) -> dict[str, list[str]]:
    """The signals of each customer in the order in which they were told."""
    query = (
        sa.select(signal.c.customer_id, signal.c.id)
        .select_from(signal.join(signal_event, signal_event.c.signal_id == signal.c.id))
        .group_by(signal.c.customer_id, signal.c.id)
        .order_by(sa.func.min(signal_event.c.id))
    )
    found: dict[str, list[str]] = {}
    for customer, signal_id in tx.execute(query):
        found.setdefault(customer, []).append(signal_id)
    return found


async def with_messages(settings: Settings, *, customers: int = 1, each: int = 1) -> Store:
    """An open store in which customers have written."""
    store = await open_store(settings.database)
    await store.write(said, customers=customers, each=each)
    return store


# -- A server that is killed ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Life:
    """How one server lives: until it is killed, or until its crash point."""

    settings: Settings
    crash: str | None = None
    pause: float = 0.02


def serve(life: Life) -> None:
    """Live in a process of its own."""
    logs.set_up(life.settings)
    # Rests in the hundredths of what they are: many deaths fit into some seconds.
    for owner, name, value in ((delivery, "_LONGEST_REST", 0.1), (lanes, "_LONGEST_REST", 0.1),
                               (delivery, "_BATCH", 20), (sending, "_LONGEST_REST", 0.1)):  # fmt: skip
        assert hasattr(owner, name)
        setattr(owner, name, value)
    if life.crash:
        faults.arm(life.crash)
    asyncio.run(_live(life))


async def _live(life: Life) -> None:
    store = await open_store(life.settings.database)
    metrics = Metrics()
    streams = Streams(store, settings=life.settings, metrics=metrics)
    told = sending.Webhooks(store, settings=life.settings, secret=KEY, metrics=metrics)
    streams.lanes.open()
    told.lanes.open()
    await asyncio.gather(
        _read_all(store, life),
        lanes.sweep_forever(streams.sweep, seconds=0.02),
        lanes.sweep_forever(told.sweep, seconds=0.02),
    )


async def _read_all(store: Store, life: Life) -> None:
    sinks = life.settings.sink_names
    # The pause is what makes this a stream, and leaves time to be killed in.
    while await store.write(read, sinks):  # noqa: ASYNC110
        await asyncio.sleep(life.pause)


def lines_of(path: Path) -> list[str]:
    """The whole lines of a file, with those of files set aside before it."""
    files = [*sorted(path.parent.glob(f"{path.name}.*")), path]
    return [line for file in files for line in file.read_text(encoding="utf-8").split("\n")[:-1]]
