"""RabbitMQ: persistent messages to a durable exchange, each confirmed by the broker.

`mandatory`: what no queue takes comes back and waits here, instead of being dropped there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from ssl import SSLError

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import AMQPError, DeliveryError
from pamqp.exceptions import PAMQPException

from bot.errors import SinkFailed
from bot.store.signal_events import Event
from bot.streams.places import RabbitPlace

_CONNECT_SECONDS = 10.0
_CLOSE_SECONDS = 2.0
_FAILURES = (AMQPError, PAMQPException, OSError, RuntimeError, SSLError, asyncio.TimeoutError)


class RabbitSink:
    """One connection with one channel: the broker keeps the order of a channel."""

    def __init__(self, place: RabbitPlace, *, data: Path) -> None:
        self._place = place
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None

    async def open(self) -> None:
        place = self._place
        try:
            self._connection = await aio_pika.connect(
                host=place.host,
                port=place.port,
                login=place.user,
                password=place.password,
                virtualhost=place.vhost,
                ssl=place.tls,
                timeout=_CONNECT_SECONDS,
            )
            channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
            self._exchange = await channel.declare_exchange(
                place.exchange, aio_pika.ExchangeType.TOPIC, durable=True, timeout=_CONNECT_SECONDS
            )
        except _FAILURES as error:
            raise _failed(error) from error

    async def publish(self, events: Sequence[Event]) -> None:
        first, others = events[0], events[1:]
        try:
            # Alone: where no queue is bound, all would come back but those that follow a queue's arrival.
            await self._send(first)
            await asyncio.gather(*(self._send(event) for event in others))
        except _FAILURES as error:
            raise _failed(error) from error

    async def close(self) -> None:
        if self._connection is not None:
            with suppress(*_FAILURES):
                await asyncio.wait_for(self._connection.close(), _CLOSE_SECONDS)

    async def _send(self, event: Event) -> None:
        assert self._exchange is not None, "opened before"
        message = aio_pika.Message(
            event.body.encode(),
            message_id=event.signal_id,
            type="signal",
            app_id="grija",
            content_type="application/json",
            content_encoding="utf-8",
            timestamp=event.created_at,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await self._exchange.publish(message, self._place.key, mandatory=True)


def _failed(error: BaseException) -> SinkFailed:
    if isinstance(error, DeliveryError):
        return SinkFailed("no queue of the broker takes it: bind one to the exchange")
    # What the broker itself says can be in a frame that ended the connection.
    told = [frame.reply_text for frame in error.args if hasattr(frame, "reply_text")]
    return SinkFailed(f"{type(error).__name__}: {told[0] if told else error}"[:300])
