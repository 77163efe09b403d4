"""The seam between the stream and those who take it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

from bot.store.signal_events import Event
from bot.streams.places import Place


class Sink(Protocol):
    """Somebody who takes events. Each object is opened once; after a failure it is closed, and a new one is made."""

    async def open(self) -> None:
        """Connect, without writing anything; SinkFailed if that cannot be."""

    async def publish(self, events: Sequence[Event]) -> None:
        """Return when all events are taken for good.

        SinkFailed if it is not sure that they are. An event may have been taken then, but none without those before it.
        """

    async def close(self) -> None:
        """Let go of everything, whatever state it is in; nothing is taken afterwards."""


def make_sink(place: Place, *, data: Path) -> Sink:
    """The sink at a place, not yet opened. Its driver is imported only now."""
    module, _, attribute = _SINKS[place.name].partition(":")
    sink: Sink = getattr(import_module(module), attribute)(place, data=data)
    return sink


_SINKS = {
    "file": "bot.streams.file:FileSink",
    "rabbitmq": "bot.streams.rabbitmq:RabbitSink",
    "kafka": "bot.streams.kafka:KafkaSink",
}
