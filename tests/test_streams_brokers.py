"""A real RabbitMQ, librdkafka's mock of Kafka, a file and webhooks: every signal arrives, at least once, in order.

Server, RabbitMQ, its consumers and the receiver of webhooks are killed again and again, and Kafka stands still. The
server dies at its crash points and by SIGKILL at any moment; `--stream-seed` tells which. Each history runs on SQLite
and on PostgreSQL at the same time.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from aio_pika import DeliveryMode, ExchangeType, connect
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

from bot import faults
from bot.errors import SinkFailed
from bot.metrics import Metrics
from bot.models import Signal
from bot.settings import Settings
from bot.store import Store, signal_events, webhooks
from bot.store.tables import signal, signal_event, webhook_delivery
from bot.streams.delivery import Streams
from bot.streams.places import read_places
from bot.streams.sink import make_sink
from bot.vault import Vault
from tests import rabbitmq
from tests.conftest import new_postgres_database, until
from tests.crash_bench import free_port
from tests.rabbitmq import Broker
from tests.stream_takers import consume, end, everything_of, firsts, fork, mock_cluster, noted, receive
from tests.streaming import KEY, Life, in_order, lines_of, read, serve, with_messages

CUSTOMERS, EACH = 3, 40
WANTED = CUSTOMERS * EACH
BROKER_KILLS = 2
POINTS = tuple(point for point in faults.POINTS if point.startswith("stream."))
PATIENCE = 120.0


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    seed = request.config.getoption("--stream-seed")
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    print(f"--stream-seed {seed}")  # pytest shows it if the test fails
    return random.Random(seed)


@pytest.fixture(scope="module")
def rabbit() -> Iterator[Broker]:
    """A real RabbitMQ, for all tests of this file."""
    if rabbitmq.installed() is None:
        pytest.skip("there is no RabbitMQ here; apt-get install rabbitmq-server")
    with TemporaryDirectory(prefix="grija-rabbitmq-") as folder, ThreadPoolExecutor(1) as thread:
        # In a thread: these fixtures may be set up while a loop runs in this one.
        broker = Broker(Path(folder))
        try:
            thread.submit(asyncio.run, broker.start()).result()
            yield broker
        finally:
            thread.submit(asyncio.run, broker.close()).result()


@pytest.fixture
def both(tmp_path: Path, postgres_server: str) -> list[Settings]:
    """Settings over SQLite and over PostgreSQL."""
    urls = {"sqlite": "", "postgres": new_postgres_database(postgres_server)}
    common = Settings(webhook_hosts=("127.0.0.1",), log_level="error", sweep_seconds=0.1)
    for name in urls:
        (tmp_path / name).mkdir()
    return [replace(common, data=tmp_path / name, database_url=url) for name, url in urls.items()]


# -- What brokers get -------------------------------------------------------------------------------------


async def test_rabbitmq_gets_persistent_messages_with_the_signals_id(
    sqlite_settings: Settings, rabbit: Broker
) -> None:
    settings = replace(sqlite_settings, signal_sinks=(rabbit.url("shown") + "?key=signal.shop",))
    async with bound_queue(rabbit, "shown", key="signal.shop") as queue:
        made = await sent(settings, "rabbitmq")
        for one, message in zip(made, await messages_of(queue, len(made)), strict=True):
            body = json.loads(message.body)
            assert (message.message_id, body["id"], body["valence"]) == (one.id, one.id, -0.5)
            assert (message.routing_key, message.content_type) == ("signal.shop", "application/json")
            assert message.delivery_mode is DeliveryMode.PERSISTENT


async def test_what_no_queue_of_rabbitmq_takes_waits_here(sqlite_settings: Settings, rabbit: Broker) -> None:
    settings = replace(sqlite_settings, signal_sinks=(rabbit.url("unbound"),))
    store = await with_messages(settings, each=3)
    made = await store.write(read, settings.sink_names, limit=3)
    streams = Streams(store, settings=settings, metrics=Metrics())
    assert await streams.deliver("rabbitmq")
    (depth,) = await store.read(signal_events.depths)
    assert (depth.waiting, depth.error) == (3, "no queue of the broker takes it: bind one to the exchange")
    async with bound_queue(rabbit, "unbound", key="#") as queue:
        await asyncio.sleep(1)
        assert await streams.deliver("rabbitmq") is None
        got = await messages_of(queue, len(made))
    assert [message.message_id for message in got] == [one.id for one in made]
    await streams.close()
    await store.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("guest:guest", "guest:hunter2"), "ACCESS_REFUSED"),
        (("/changed", "/taken"), "PRECONDITION_FAILED"),
        (("/changed", "/changed?vhost=other"), "NOT_ALLOWED"),
    ],
)
async def test_what_rabbitmq_refuses_is_told(rabbit: Broker, change: tuple[str, str], why: str) -> None:
    async with connected(rabbit) as channel:
        await channel.declare_exchange("taken", ExchangeType.FANOUT, durable=True)
    (place,) = read_places((rabbit.url("changed").replace(*change),))
    sink = make_sink(place, data=Path())
    with pytest.raises(SinkFailed, match=why) as raised:
        await sink.open()
    assert "hunter2" not in str(raised.value)
    await sink.close()


async def test_kafka_gets_a_customers_signals_in_order_in_one_partition(sqlite_settings: Settings) -> None:
    async with kafka() as (broker, _):
        settings = replace(sqlite_settings, signal_sinks=(f"kafka://{broker}/shown",))
        made = await sent(settings, "kafka")
        found = await asyncio.to_thread(everything_of, broker, "shown", expected=len(made), seconds=PATIENCE)
    assert found == {made[0].customer_id: [one.id for one in made]}


async def test_kafka_that_stands_still_is_left_and_tried_again(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kafka() as (broker, process):
        settings = replace(sqlite_settings, signal_sinks=(f"kafka://{broker}/still",))
        store = await with_messages(settings, each=4)
        streams = Streams(store, settings=settings, metrics=Metrics())
        made = await store.write(read, settings.sink_names)
        assert await streams.deliver("kafka") is None
        assert process.pid is not None
        os.kill(process.pid, SIGSTOP)
        monkeypatch.setattr("bot.streams.kafka._PUBLISH_SECONDS", 0.5)
        made += await store.write(read, settings.sink_names, limit=3)
        assert await streams.deliver("kafka")
        (depth,) = await store.read(signal_events.depths)
        assert (depth.sent, depth.waiting) == (1, 3)
        os.kill(process.pid, SIGCONT)
        monkeypatch.undo()
        await asyncio.sleep(1)
        assert await streams.deliver("kafka") is None
        await streams.close()
        await store.close()
        found = await asyncio.to_thread(everything_of, broker, "still", expected=len(made), seconds=PATIENCE)
    assert firsts(found[made[0].customer_id]) == [one.id for one in made]


async def sent(settings: Settings, sink: str) -> list[Signal]:
    """Signals of one customer, after they were sent."""
    store = await with_messages(settings, each=5)
    made = await store.write(read, settings.sink_names, limit=5)
    streams = Streams(store, settings=settings, metrics=Metrics())
    assert await streams.deliver(sink) is None
    await streams.close()
    await store.close()
    return made


async def messages_of(queue: AbstractQueue, count: int) -> list[AbstractIncomingMessage]:
    return [message for _ in range(count) if (message := await queue.get(timeout=5, no_ack=True)) is not None]


@asynccontextmanager
async def connected(rabbit: Broker) -> AsyncIterator[AbstractChannel]:
    async with await connect(rabbit.url("")) as connection:
        yield await connection.channel()


@asynccontextmanager
async def bound_queue(rabbit: Broker, exchange: str, *, key: str) -> AsyncIterator[AbstractQueue]:
    """A queue of the block's own, bound to an exchange."""
    async with connected(rabbit) as channel:
        made = await channel.declare_exchange(exchange, ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(made, key)
        yield queue


# -- Killed again and again -------------------------------------------------------------------------------


async def test_whoever_is_killed_every_signal_arrives(both: list[Settings], chance: random.Random) -> None:
    async with kafka() as (broker, process):
        pausing = asyncio.create_task(pause_again_and_again(process, chance))
        await asyncio.gather(*(one_history(settings, chance, broker) for settings in both))
        await stop(pausing)


async def one_history(settings: Settings, chance: random.Random, broker: str) -> None:
    """A stream to a file, to Kafka and to a webhook, while server and receiver are killed again and again."""
    topic = settings.data.name
    settings = replace(settings, signal_sinks=("file:signals.ndjson", f"kafka://{broker}/{topic}"))
    port, received = free_port(), settings.data / "received"
    store = await with_messages(settings, customers=CUSTOMERS, each=EACH)
    await listen(store, f"http://127.0.0.1:{port}/hook")
    receiver = asyncio.create_task(
        killed_again_and_again(lambda: fork(receive, port, received), chance, away=0.5)
    )
    await lives(settings, chance)
    async with living(lambda: fork(serve, Life(settings, pause=0.001))):
        await until_all_is_sent(store)
    await stop(receiver)
    told, by_customer = await store.read(all_told), await store.read(in_order)
    assert len(told) == WANTED
    in_file = [line.split('"')[3] for line in lines_of(settings.data / "signals.ndjson")]
    assert firsts(in_file) == told
    assert firsts(noted(received)) == told
    taken = await asyncio.to_thread(everything_of, broker, topic, expected=WANTED, seconds=PATIENCE)
    assert {customer: firsts(ids) for customer, ids in taken.items()} == by_customer
    await store.close()


# A broker takes four seconds to boot on an idle machine, and minutes on a crowded one.
@pytest.mark.timeout(900)
async def test_rabbitmq_and_its_consumers_are_killed(
    both: list[Settings], chance: random.Random, rabbit: Broker
) -> None:
    killed = asyncio.Event()
    histories = asyncio.gather(*(one_rabbit_history(settings, chance, rabbit, killed) for settings in both))
    for _ in range(BROKER_KILLS):
        await asyncio.sleep(chance.uniform(0.5, 1.5))
        await rabbit.kill()
        await asyncio.sleep(chance.uniform(0, 0.5))
        await rabbit.start()
    killed.set()
    await histories


async def one_rabbit_history(
    settings: Settings, chance: random.Random, rabbit: Broker, killed: asyncio.Event
) -> None:
    """A stream to an exchange and to a file, while server, consumer and broker are killed again and again."""
    url, consumed = rabbit.url(settings.data.name), settings.data / "consumed"
    settings = replace(settings, signal_sinks=(url, "file:signals.ndjson"))
    store = await with_messages(settings, customers=CUSTOMERS, each=EACH)
    consumer = asyncio.create_task(
        killed_again_and_again(lambda: fork(consume, url, consumed), chance, away=2)
    )
    await lives(settings, chance)
    slow = Life(settings, pause=0.08)  # still busy when the broker is killed for the last time
    servers = asyncio.create_task(killed_again_and_again(lambda: fork(serve, slow), chance))
    await killed.wait()
    await stop(servers)
    async with living(lambda: fork(serve, Life(settings, pause=0.001))):
        await until_all_is_sent(store)
    await stop(consumer)
    told = await store.read(all_told)
    assert len(told) == WANTED

    async def arrived() -> bool:
        return set(told) <= set(noted(consumed))

    async with living(lambda: fork(consume, url, consumed)):
        await until(arrived, seconds=PATIENCE)
    assert firsts(noted(consumed)) == told
    await store.close()


# -- Who kills whom ---------------------------------------------------------------------------------------


async def lives(settings: Settings, chance: random.Random) -> None:
    """Servers one after the other: each dies at a crash point, the others at any moment."""
    for point in POINTS:
        server = fork(serve, Life(settings, crash=f"{point}:{chance.randint(1, 3)}"))
        assert await end(server, after=PATIENCE), f"{point} was not reached"
        await end_at_any_moment(fork(serve, Life(settings)), chance)


async def killed_again_and_again(
    born: Callable[[], ForkServerProcess], chance: random.Random, *, away: float = 0.0
) -> None:
    """Processes one after the other, each killed at any moment, with up to `away` seconds between, until cancelled."""
    while True:
        async with living(born):
            await asyncio.sleep(chance.uniform(0.1, 1.5))
        await asyncio.sleep(chance.uniform(0, away))


async def end_at_any_moment(process: ForkServerProcess, chance: random.Random) -> None:
    await end(process, after=chance.uniform(0.1, 1.2))


async def pause_again_and_again(process: ForkServerProcess, chance: random.Random) -> None:
    """Let a process stand still now and then, until cancelled: it answers nobody, and loses nothing."""
    assert process.pid is not None
    try:
        while True:
            await asyncio.sleep(chance.uniform(0.2, 1.0))
            os.kill(process.pid, SIGSTOP)
            await asyncio.sleep(chance.uniform(0.1, 0.8))
            os.kill(process.pid, SIGCONT)
    finally:
        os.kill(process.pid, SIGCONT)


@asynccontextmanager
async def living(born: Callable[[], ForkServerProcess]) -> AsyncIterator[ForkServerProcess]:
    """A process that is killed when the block ends."""
    process = born()
    try:
        yield process
    finally:
        await end(process)


@asynccontextmanager
async def kafka() -> AsyncIterator[tuple[str, ForkServerProcess]]:
    """The address of a mock cluster of Kafka, and its process."""
    heard, told = get_context("forkserver").Pipe(duplex=False)
    async with living(lambda: fork(mock_cluster, told)) as process:
        yield await asyncio.to_thread(heard.recv), process
    heard.close()
    told.close()


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


# -- What must have arrived -------------------------------------------------------------------------------


async def listen(store: Store, url: str) -> None:
    """Let a receiver want to know of signals."""
    sealed = Vault(KEY, purpose="webhook").seal("whsec_x")
    await store.write(webhooks.add, url=url, secret=sealed, kinds=["signal.created"])


async def until_all_is_sent(store: Store) -> None:
    """Until all messages are read and nothing waits; nothing may have been given up."""

    async def sent() -> bool:
        return await store.read(how_many, signal) == WANTED and not await store.read(how_many_wait)

    try:
        await until(sent, seconds=PATIENCE)
    except AssertionError:
        raise AssertionError(f"not sent: {await store.read(signal_events.depths)}") from None
    assert not any(depth.dead for depth in await store.read(signal_events.depths))


def how_many(tx: Any, table: sa.Table) -> int:
    return int(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar())


def how_many_wait(tx: Any) -> int:
    tables = (signal_event, webhook_delivery)
    queries = [sa.select(sa.func.count()).where(table.c.status == "waiting") for table in tables]
    return sum(int(tx.execute(query).scalar()) for query in queries)


def all_told(tx: Any) -> list[str]:
    """The ids of all signals in the order in which they were told."""
    query = (
        sa.select(signal_event.c.signal_id).where(signal_event.c.sink == "file").order_by(signal_event.c.id)
    )
    return list(tx.execute(query).scalars())
