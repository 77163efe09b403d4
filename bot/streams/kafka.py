"""Kafka: an idempotent producer that waits for all replicas; a customer's signals keep their order in one partition."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from bot.errors import SinkFailed
from bot.store.signal_events import Event
from bot.streams.places import KafkaPlace

_CONNECT_SECONDS = 10.0
_PUBLISH_SECONDS = 20.0
_POLL_SECONDS = 0.05

# What the library would print itself. What matters comes back as an error.
_quiet = logging.getLogger("bot.streams.librdkafka")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class KafkaSink:
    """One thread that produces and waits for reports, over a producer that the library connects again by itself."""

    def __init__(self, place: KafkaPlace, *, data: Path) -> None:
        self._place = place
        self._producer: Producer | None = None
        self._closing = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="stream-kafka")

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def publish(self, events: Sequence[Event]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._publish, events)

    async def close(self) -> None:
        self._closing.set()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    def _open(self) -> None:
        try:
            self._producer = Producer(_configuration(self._place), logger=_quiet)
            found = self._producer.list_topics(self._place.topic, timeout=_CONNECT_SECONDS)
        except KafkaException as error:
            raise _failed(error.args[0]) from None
        missing = found.topics[self._place.topic].error
        if missing is not None:
            raise _failed(missing)

    def _publish(self, events: Sequence[Event]) -> None:
        assert self._producer is not None, "opened before"
        reports: list[KafkaError | None] = []

        def report(error: KafkaError | None, _: Message) -> None:
            reports.append(error)

        try:
            for event in events:
                self._producer.produce(
                    self._place.topic,
                    value=event.body.encode(),
                    key=event.customer_id.encode(),
                    headers=[("id", event.signal_id.encode())],
                    on_delivery=report,
                )
        except (BufferError, KafkaException) as error:
            raise SinkFailed(str(error)[:300]) from None
        self._wait(reports, len(events))

    def _wait(self, reports: list[KafkaError | None], expected: int) -> None:
        assert self._producer is not None, "opened before"
        deadline = time.monotonic() + _PUBLISH_SECONDS
        while len(reports) < expected:
            self._producer.poll(_POLL_SECONDS)
            if self._closing.is_set() or time.monotonic() > deadline:
                raise SinkFailed("the broker has not said yes in time")
        for error in reports:
            if error is not None:
                raise _failed(error)

    def _close(self) -> None:
        if self._producer is not None:
            # Else the library would go on sending what we send again.
            self._producer.purge()
            self._producer.poll(0)
            self._producer = None


def _configuration(place: KafkaPlace) -> dict[str, str | int | bool]:
    chosen: dict[str, str | int | bool] = {
        "bootstrap.servers": ",".join(place.brokers),
        "client.id": "grija",
        "enable.idempotence": True,
        "acks": "all",
        # Never by the library: were one message given up, those behind it would overtake it.
        "message.timeout.ms": 0,
        # As Java's clients do it, so that others' topics are partitioned alike.
        "partitioner": "murmur2_random",
        "security.protocol": ("sasl_" if place.user else "") + ("ssl" if place.tls else "plaintext"),
    }
    if place.user:
        chosen |= {
            "sasl.mechanism": place.mechanism,
            "sasl.username": place.user,
            "sasl.password": place.password,
        }
    return chosen


def _failed(error: KafkaError) -> SinkFailed:
    return SinkFailed(f"{error.name()}: {error.str()}"[:300])
