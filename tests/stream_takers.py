"""Those who take a stream, each in a process of its own that is killed: they note each id before they say yes."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aio_pika
from aio_pika.exceptions import AMQPError
from aiohttp import web
from confluent_kafka import Consumer, Producer, TopicPartition

PRELOADED = (
    "tests.stream_takers",
    "tests.streaming",
    "bot.streams.file",
    "bot.streams.rabbitmq",
    "bot.streams.kafka",
)
PARTITIONS = 4
"""Of a topic of the mock cluster."""

_GONE = (AMQPError, OSError, RuntimeError, asyncio.TimeoutError)


def fork(work: Callable[..., None], *arguments: Any) -> ForkServerProcess:
    """A process that does some work, forked from one that has imported everything."""
    context = get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    process = context.Process(target=work, args=arguments, daemon=True)
    process.start()
    return process


async def end(process: ForkServerProcess, *, after: float = 0.0) -> bool:
    """Kill a process unless it ends by itself before; whether it did."""
    await asyncio.to_thread(process.join, after)
    by_itself = process.exitcode is not None
    process.kill()
    await asyncio.to_thread(process.join)
    process.close()
    return by_itself


def noted(path: Path) -> list[str]:
    """The ids that a taker has written down, each as often as it came, in the order in which they came."""
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def firsts(ids: Sequence[str]) -> list[str]:
    """Each id once, where it came first: what a receiver works that remembers what it has worked."""
    return list(dict.fromkeys(ids))


def _note(path: Path, event_id: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{event_id}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# -- RabbitMQ ---------------------------------------------------------------------------------------------


def consume(url: str, path: Path) -> None:
    """Consume everything of an exchange from a durable queue, through outages of the broker, until killed."""
    asyncio.run(_consume_forever(url, path))


async def _consume_forever(url: str, path: Path) -> None:
    while True:
        with suppress(*_GONE):
            await _consume(url, path)
        await asyncio.sleep(0.05)


async def _consume(url: str, path: Path) -> None:
    parts = urlsplit(url)
    name = parts.path.removeprefix("/")
    connection = await aio_pika.connect(url.replace(parts.path, "/"), timeout=5)
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=10)
        exchange = await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(name, durable=True)
        await queue.bind(exchange, "#")
        async with queue.iterator() as messages:
            async for message in messages:
                event_id = json.loads(message.body)["id"]
                assert message.message_id == event_id
                _note(path, event_id)
                await message.ack()


# -- Webhooks ---------------------------------------------------------------------------------------------


def receive(port: int, path: Path) -> None:
    """Take webhooks until killed."""

    async def take(request: web.Request) -> web.Response:
        _note(path, (await request.json())["id"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None, handle_signals=False)


# -- Kafka ------------------------------------------------------------------------------------------------


def mock_cluster(told: Connection) -> None:
    """Be librdkafka's mock cluster with one broker, and tell its address. It keeps what it takes in memory."""
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = cluster.list_topics(timeout=10).brokers.values()
    told.send(f"{broker.host}:{broker.port}")
    while True:
        time.sleep(60)


def everything_of(broker: str, topic: str, *, expected: int, seconds: float) -> dict[str, list[str]]:
    """The ids of a topic by key, in order, once `expected` different ones are there."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "all", "log_level": 0})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    found: dict[str, list[str]] = {}
    deadline = time.monotonic() + seconds
    while sum(len(set(ids)) for ids in found.values()) < expected and time.monotonic() < deadline:
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            body = json.loads(message.value() or b"")
            assert message.headers() == [("id", body["id"].encode())]
            assert message.key() == body["customer"].encode()
            found.setdefault(body["customer"], []).append(body["id"])
    consumer.close()
    return found
