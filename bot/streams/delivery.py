"""The stream of signals: from the store to each sink, in order, at least once, never dropped silently."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

from bot import faults
from bot.errors import SinkFailed
from bot.lanes import Lanes
from bot.metrics import Metrics
from bot.models import now
from bot.settings import Settings
from bot.store import Store, signal_events
from bot.store.signal_events import Event
from bot.streams.places import Place
from bot.streams.sink import Sink, make_sink

log = structlog.get_logger(__name__)

_BATCH = 200
_LONGEST_REST = 60.0
_PUBLISH_SECONDS = 30.0
_SENT_DAYS = 14.0
_PURGE_SECONDS = 3600.0
_CLOSE_SECONDS = 5.0


class Streams:
    """One lane for each sink: a slow or dead one holds neither turns nor the others."""

    def __init__(self, store: Store, *, settings: Settings, metrics: Metrics) -> None:
        self._store = store
        self._settings = settings
        self._metrics = metrics
        self._places: dict[str, Place] = {place.name: place for place in settings.sink_places}
        self._open: dict[str, Sink] = {}
        self._purged_at = -_PURGE_SECONDS
        self.lanes = Lanes(self.deliver, limit=max(1, len(self._places)))

    async def sweep(self) -> None:
        """Wake every sink for which something waits, count, and forget now and then what is long done."""
        found = await self._store.read(signal_events.waiting)
        for sink in self._places:
            backlog = found.get(sink)
            age = (now() - backlog.since).total_seconds() if backlog else 0.0
            self._metrics.signals_waiting.labels(sink).set(backlog.waiting if backlog else 0)
            self._metrics.signals_oldest.labels(sink).set(max(0.0, age))
            if backlog:
                self.lanes.wake(sink)
        if time.monotonic() - self._purged_at > _PURGE_SECONDS:
            await self._tidy(found)
            self._purged_at = time.monotonic()

    async def deliver(self, sink: str) -> float | None:
        """Send what waits for a sink, in order; the seconds to rest, or None when nothing waits."""
        while (batch := await self._store.read(signal_events.next_for, sink, limit=_BATCH)) is not None:
            if batch.rest > 0:
                return batch.rest
            faults.reach("stream.before_publish")
            error = await self._try(sink, batch.events)
            faults.reach("stream.after_publish")
            if error is None:
                await self._store.write(signal_events.sent, batch.events)
                self._metrics.signals_sent.labels(sink, "sent").inc(len(batch.events))
            else:
                await self._postpone(sink, batch.tries, error)
            faults.reach("stream.after_commit")
        return None

    async def close(self) -> None:
        """End what is being sent, and the connections."""
        await self.lanes.close(grace=_CLOSE_SECONDS)
        for sink in list(self._open):
            await self._let_go(sink)

    async def _postpone(self, sink: str, tries: int, error: str) -> None:
        rest = min(2.0 ** min(tries, 10), _LONGEST_REST)
        days = self._settings.signal_days
        dead = await self._store.write(signal_events.postpone, sink, seconds=rest, error=error, days=days)
        self._metrics.signals_sent.labels(sink, "failed").inc()
        log.warning("stream.failed", sink=sink, error=error, rest=rest)
        self._tell_dead(sink, dead)

    async def _tidy(self, found: dict[str, signal_events.Backlog]) -> None:
        await self._store.write(signal_events.purge, days=_SENT_DAYS)
        for sink in set(found) - set(self._places):
            days = self._settings.signal_days
            dead = await self._store.write(
                signal_events.give_up, sink, days=days, error="this sink is no longer in use"
            )
            self._tell_dead(sink, dead)

    def _tell_dead(self, sink: str, dead: int) -> None:
        if dead:
            self._metrics.signals_sent.labels(sink, "dead").inc(dead)
            log.error("stream.dead", sink=sink, events=dead)

    async def _try(self, sink: str, events: Sequence[Event]) -> str | None:
        """None if the sink has taken all events, else what went wrong; then the next try begins with a new sink."""
        try:
            if sink not in self._open:
                self._open[sink] = make_sink(self._places[sink], data=self._settings.data)
                await _within(self._open[sink].open())
            await _within(self._open[sink].publish(events))
            return None
        except SinkFailed as error:
            await self._let_go(sink)
            return str(error)

    async def _let_go(self, sink: str) -> None:
        try:
            await _within(self._open.pop(sink).close())
        except SinkFailed as error:
            log.warning("stream.not_closed", sink=sink, error=str(error))


async def _within(work: Coroutine[Any, Any, None]) -> None:
    """Do what a driver does, in time; SinkFailed whatever else happens to it."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task], timeout=_PUBLISH_SECONDS)
    finally:
        task.cancel()
    if not task.done():
        raise SinkFailed(f"no answer within {_PUBLISH_SECONDS:g} s")
    # Drivers cancel what waits on a connection that breaks; that must not look as if somebody had cancelled us.
    if task.cancelled():
        raise SinkFailed("the connection has broken")
    error = task.exception()
    if isinstance(error, SinkFailed):
        raise error
    if error is not None:
        raise SinkFailed(type(error).__name__) from error
