"""The stream of signals: told with the signal, to each sink in order, rested, given up, forgotten, never secret."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from structlog.testing import capture_logs

from bot import check
from bot.check import Finding, shown_settings
from bot.errors import SettingsError, SinkFailed
from bot.metrics import Metrics
from bot.models import Signal, now
from bot.settings import Settings, read_settings
from bot.store import Connection, Store, signal_events, signals, webhooks
from bot.store.signal_events import Event
from bot.store.tables import signal_event, webhook_delivery
from bot.streams import delivery
from bot.streams.delivery import Streams
from bot.streams.file import FileSink
from bot.streams.places import FilePlace, KafkaPlace, RabbitPlace, read_places
from bot.streams.sink import make_sink
from tests import pages
from tests.conftest import StartServer, until
from tests.streaming import EMOTIONS, lines_of, read, said, with_messages


class TestSink:
    """A sink that does what the test says, and keeps what it has taken."""

    __test__ = False
    taken: list[str]
    obstacle: BaseException | None = None

    def __init__(self) -> None:
        self.taken, self.opened, self.closed = [], 0, 0

    async def open(self) -> None:
        self.opened += 1

    async def publish(self, events: Sequence[Event]) -> None:
        if self.obstacle is not None:
            raise self.obstacle
        self.taken += [event.signal_id for event in events]

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture
def taker(monkeypatch: pytest.MonkeyPatch) -> TestSink:
    """Stands where a file would be."""
    made = TestSink()
    monkeypatch.setattr(
        delivery,
        "make_sink",
        lambda place, data: made if place.name == "file" else make_sink(place, data=data),
    )
    return made


@pytest.fixture
def streaming(settings: Settings) -> Settings:
    return replace(settings, signal_sinks=("file:signals.ndjson",))


@asynccontextmanager
async def streams_of(
    store: Store, settings: Settings, metrics: Metrics | None = None
) -> AsyncIterator[Streams]:
    opened = Streams(store, settings=settings, metrics=metrics or Metrics())
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def three_signals(settings: Settings) -> AsyncIterator[tuple[Store, list[Signal]]]:
    store = await with_messages(settings, each=3)
    try:
        yield store, await store.write(read, settings.sink_names, limit=3)
    finally:
        await store.close()


async def statuses(store: Store) -> list[str]:
    query = sa.select(signal_event.c.status).order_by(signal_event.c.id)
    return list(await store.read(lambda tx: tx.execute(query).scalars().all()))


async def older(store: Store, **by: float) -> None:
    """Let all events be older, and every rest over."""
    moment = now() - timedelta(**by)
    values = {"created_at": moment, "next_at": moment}
    await store.write(lambda tx: tx.execute(sa.update(signal_event).values(**values)))


async def looked_at(settings: Settings) -> Finding:
    """What `check` says of the streams."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.check._LOOKS", {"streams": check._LOOKS["streams"]})
        (found,) = [one async for one in check.check(settings)]
    return found


# -- What is told -----------------------------------------------------------------------------------------


async def test_an_event_says_what_was_read_and_nothing_of_what_was_written(streaming: Settings) -> None:
    async with three_signals(streaming) as (store, made), streams_of(store, streaming) as out:
        assert await out.deliver("file") is None
        events = [json.loads(line) for line in lines_of(streaming.data / "signals.ndjson")]
        assert [event["id"] for event in events] == [one.id for one in made]
        assert events[1] == {
            "id": made[1].id,
            "kind": "signal",
            "at": made[1].read_at.isoformat(),
            "said_at": "2026-11-22T09:30:00+00:00",
            "message": made[1].message_id,
            "conversation": made[1].conversation_id,
            "customer": made[1].customer_id,
            "seq": 2,
            "channel": "web",
            "language": "bg",
            "intent": "order_late",
            "model": "feelings-1",
            "valence": -0.5,
            "emotion": "anger",
            "emotions": EMOTIONS,
            "weak": False,
            "rescored": False,
        }
        assert "my words" not in str(events)
        assert await statuses(store) == ["sent"] * 3


async def test_a_newer_reading_is_an_event_of_its_own(streaming: Settings) -> None:
    async with three_signals(streaming) as (store, made), streams_of(store, streaming) as out:
        again = replace(made[0], id="f" * 32, model="feelings-2", valence=0.1)

        def note(tx: Connection) -> None:
            signals.note(tx, again)
            signal_events.tell(tx, again, streaming.sink_names)

        await store.write(note)
        await out.deliver("file")
        events = [json.loads(line) for line in lines_of(streaming.data / "signals.ndjson")]
        assert [event["rescored"] for event in events] == [False, False, False, True]
        assert (events[3]["id"], events[3]["message"]) == (again.id, made[0].message_id)


async def test_a_signal_that_is_rolled_back_is_not_told(sqlite_settings: Settings) -> None:
    streaming = replace(sqlite_settings, signal_sinks=("file:s.ndjson",))
    store = await with_messages(streaming)

    def fail(tx: Connection) -> None:
        read(tx, streaming.sink_names)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.write(fail)
    assert await statuses(store) == []
    await store.close()


async def test_a_webhook_is_told_under_the_id_of_the_signal(settings: Settings) -> None:
    store = await with_messages(settings)
    await store.write(webhooks.add, url="https://shop.example/", secret="s", kinds=["signal.created"])
    (one,) = await store.write(read, settings.sink_names)
    row = await store.read(lambda tx: tx.execute(sa.select(webhook_delivery)).one())
    body = json.loads(row.body)
    assert (row.event_id, body["id"], body["kind"]) == (one.id, one.id, "signal.created")
    assert (body["data"]["signal"], body["data"]["valence"]) == (one.id, -0.5)
    assert "my words" not in row.body
    assert await statuses(store) == [], "no other sink is in use"
    await store.close()


# -- How it is sent ---------------------------------------------------------------------------------------


async def test_a_failed_sink_is_tried_again_in_order_with_growing_pauses(
    streaming: Settings, taker: TestSink
) -> None:
    metrics = Metrics()
    async with three_signals(streaming) as (store, made), streams_of(store, streaming, metrics) as out:
        taker.obstacle = SinkFailed("gone")
        rests = []
        for _ in range(8):
            rests.append(await out.deliver("file"))
            assert await out.deliver("file"), "it rests until its time has come"
            await older(store, seconds=1)
        assert [round(rest or 0) for rest in rests] == [1, 2, 4, 8, 16, 32, 60, 60]
        assert (taker.opened, taker.closed) == (8, 8), "each try begins anew"
        (depth,) = await store.read(signal_events.depths)
        assert (depth.waiting, depth.error) == (3, "gone")
        taker.obstacle = None
        assert await out.deliver("file") is None
        assert taker.taken == [one.id for one in made]
    page = metrics.page().decode()
    assert 'grija_signal_events_total{result="failed",sink="file"} 8.0' in page
    assert 'grija_signal_events_total{result="sent",sink="file"} 3.0' in page


@pytest.mark.parametrize("obstacle", [RuntimeError("password"), asyncio.CancelledError()])
async def test_whatever_a_driver_does_the_lane_lives_on(
    streaming: Settings, taker: TestSink, obstacle: BaseException
) -> None:
    async with three_signals(streaming) as (store, made), streams_of(store, streaming) as out:
        taker.obstacle = obstacle
        assert await out.deliver("file")
        (depth,) = await store.read(signal_events.depths)
        assert depth.error
        assert "password" not in depth.error
        await older(store, seconds=1)
        taker.obstacle = None
        assert await out.deliver("file") is None
        assert taker.taken == [one.id for one in made]


async def test_a_driver_that_hangs_is_left(
    streaming: Settings, taker: TestSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_PUBLISH_SECONDS", 0.05)

    async def hang(events: Sequence[Event]) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(taker, "publish", hang)
    async with three_signals(streaming) as (store, _), streams_of(store, streaming) as out:
        assert await out.deliver("file")
        (depth,) = await store.read(signal_events.depths)
        assert depth.error == "no answer within 0.05 s"
        assert taker.closed == 1


async def test_what_is_too_old_is_given_up_and_shown(streaming: Settings, taker: TestSink) -> None:
    metrics = Metrics()
    async with three_signals(streaming) as (store, _), streams_of(store, streaming, metrics) as out:
        await older(store, days=8)
        # Of the present, told after those.
        extra = (await store.read(lambda tx: tx.execute(sa.select(signal_event)).first()))._mapping
        fresh = {**extra, "id": 1000, "signal_id": "a" * 32, "created_at": now(), "next_at": now()}
        await store.write(lambda tx: tx.execute(sa.insert(signal_event).values(**fresh)))
        taker.obstacle = SinkFailed("gone")
        with capture_logs() as logged:
            assert await out.deliver("file")
        assert await statuses(store) == ["dead"] * 3 + ["waiting"]
        assert {"event": "stream.dead", "sink": "file", "events": 3, "log_level": "error"} in logged
        taker.obstacle = None
        await older(store, seconds=1)
        assert await out.deliver("file") is None
        assert taker.taken == ["a" * 32]
    assert 'grija_signal_events_total{result="dead",sink="file"} 3.0' in metrics.page().decode()
    found = await looked_at(streaming)
    assert found.right
    assert found.text == "file: 0 waiting, 1 sent, 3 given up"


async def test_a_server_that_was_down_for_long_gives_nothing_up_before_it_has_tried(
    streaming: Settings, taker: TestSink
) -> None:
    async with three_signals(streaming) as (store, made), streams_of(store, streaming) as out:
        await older(store, days=30)
        assert await out.deliver("file") is None
        assert taker.taken == [one.id for one in made]


async def test_the_sweep_wakes_counts_and_forgets(streaming: Settings, taker: TestSink) -> None:
    metrics = Metrics()
    async with three_signals(streaming) as (store, made):
        async with streams_of(store, streaming, metrics) as out:
            await older(store, seconds=90)
            out.lanes.open()
            await out.sweep()
            await out.lanes.idle()
            assert taker.taken == [one.id for one in made]
        page = metrics.page().decode()
        assert 'grija_signal_events_waiting{sink="file"} 3.0' in page
        assert 'grija_signal_events_oldest_seconds{sink="file"} 90' in page
        await older(store, days=15)
        ids = sa.select(sa.func.min(signal_event.c.id)).scalar_subquery()
        await store.write(
            lambda tx: tx.execute(
                sa.update(signal_event).where(signal_event.c.id == ids).values(status="dead")
            )
        )
        again = await store.write(lambda tx: _told_again(tx, made[0], streaming))
        async with streams_of(store, streaming) as out:
            await out.sweep()
        left = await store.read(lambda tx: tx.execute(sa.select(signal_event.c.signal_id)).scalars().all())
        assert set(left) == {made[0].id, again}, "those sent long ago, and no others"


def _told_again(tx: Connection, one: Signal, settings: Settings) -> str:
    again = replace(one, id="e" * 32, model="feelings-2")
    signals.note(tx, again)
    signal_events.tell(tx, again, settings.sink_names)
    return again.id


async def test_what_waits_for_a_sink_that_is_no_longer_in_use_is_given_up_in_time(
    streaming: Settings,
) -> None:
    unused = replace(streaming, signal_sinks=())
    async with three_signals(streaming) as (store, _):
        async with streams_of(store, unused) as out:
            await out.sweep()
            assert await statuses(store) == ["waiting"] * 3
        await older(store, days=8)
        async with streams_of(store, unused) as out:
            await out.sweep()
            assert await statuses(store) == ["dead"] * 3
    found = await looked_at(unused)
    assert found.text == "file: 0 waiting, 0 sent, 3 given up; not in use"


async def test_a_server_streams(start_sqlite_server: StartServer, tmp_path: Path) -> None:
    async with start_sqlite_server(signal_sinks=("file:signals.ndjson", "amqp://127.0.0.1:9/x")) as server:
        store = server.grija.store
        sinks = server.grija.settings.sink_names
        await store.write(said, customers=1, each=3)
        made = await store.write(read, sinks, limit=3)
        path = server.grija.settings.data / "signals.ndjson"

        async def there() -> bool:
            return path.exists() and len(lines_of(path)) == 3

        # A sink that cannot be reached does not hold the other.
        await until(there)
        depths = {depth.sink: depth for depth in await store.read(signal_events.depths)}
        assert (depths["rabbitmq"].waiting, depths["rabbitmq"].dead) == (3, 0)
        assert [json.loads(line)["id"] for line in lines_of(path)] == [one.id for one in made]


# -- What the page says -----------------------------------------------------------------------------------


async def test_the_example_works_each_event_once(streaming: Settings) -> None:
    async with three_signals(streaming) as (store, _), streams_of(store, streaming) as out:
        await out.deliver("file")
    names: dict[str, Any] = {}
    exec(example("python", "def work_once"), names)
    database = sqlite3.connect(":memory:")
    lines = lines_of(streaming.data / "signals.ndjson")
    assert [names["work_once"](database, line.encode()) for line in [*lines, *lines]] == [True] * 3 + [
        False
    ] * 3
    moods = database.execute("SELECT valence FROM mood").fetchall()
    database.close()
    assert moods == [(-0.5,)] * 3


async def test_what_was_given_up_can_be_sent_again(streaming: Settings, taker: TestSink) -> None:
    async with three_signals(streaming) as (store, made), streams_of(store, streaming) as out:
        await older(store, days=8)
        taker.obstacle = SinkFailed("gone")
        await out.deliver("file")
        assert await statuses(store) == ["dead"] * 3
        taker.obstacle = None
        again = example("sql", "UPDATE signal_event").replace("rabbitmq", "file")
        await store.write(lambda tx: tx.execute(sa.text(again)))
        assert await out.deliver("file") is None
        assert taker.taken == [one.id for one in made]


def example(language: str, part: str) -> str:
    """The code of docs/streams.md that holds a part."""
    blocks = re.findall(rf"```{language}\n(.*?)```", pages.read("docs/streams.md"), re.DOTALL)
    (found,) = [block for block in blocks if part in block]
    return str(found)


# -- The file ---------------------------------------------------------------------------------------------


def event(number: int) -> Event:
    return Event(number, f"{number:032}", "anna", json.dumps({"id": f"{number:032}"}), now())


async def write(path: Path, *numbers: int, most_bytes: int = 10**6) -> None:
    opened = FileSink(FilePlace(path, most_bytes), data=path.parent)
    await opened.open()
    for number in numbers:
        await opened.publish([event(number)])
    await opened.close()


@pytest.mark.parametrize("torn", [b'{"id": "00', b"x" * 200_000])
async def test_a_torn_line_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "s.ndjson"
    await write(path, 1, 2)
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    await write(path)
    assert path.read_bytes() == whole + torn, "who only looks changes nothing"
    await write(path, 3)
    assert [json.loads(line)["id"][-1] for line in lines_of(path)] == ["1", "2", "3"]
    path.write_bytes(torn)
    await write(path, 4)
    assert [json.loads(line)["id"][-1] for line in lines_of(path)] == ["4"]


async def test_a_large_file_is_set_aside_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "s.ndjson"
    await write(path, 1, 2, 3, most_bytes=60)
    await write(path, 4, 5, most_bytes=60)
    assert (tmp_path / "s.ndjson.000001").exists()
    assert (tmp_path / "s.ndjson.000002").exists()
    assert not (tmp_path / "s.ndjson.000003").exists()
    assert [json.loads(line)["id"][-1] for line in lines_of(path)] == ["1", "2", "3", "4", "5"]
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_somebody_moves_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "s.ndjson"
    opened = FileSink(FilePlace(path, 10**6), data=tmp_path)
    await opened.open()
    await opened.publish([event(1)])
    path.rename(tmp_path / "moved")
    await opened.publish([event(2)])
    path.unlink()
    await opened.publish([event(3)])
    await opened.close()
    assert [json.loads(line)["id"][-1] for line in lines_of(path)] == ["3"]
    assert json.loads((tmp_path / "moved").read_text())["id"][-1] == "1"


async def test_a_disk_without_room_is_a_failure_and_no_gap(tmp_path: Path) -> None:
    opened = FileSink(FilePlace(Path("/dev/full"), 10**6), data=tmp_path)
    await opened.open()
    with pytest.raises(SinkFailed, match="No space left"):
        await opened.publish([event(1)])
    await opened.close()
    blocked = FileSink(FilePlace(Path("/dev/null/s.ndjson"), 10**6), data=tmp_path)
    with pytest.raises(SinkFailed, match="File exists"):
        await blocked.open()
    await blocked.close()


# -- Settings ---------------------------------------------------------------------------------------------


def test_places() -> None:
    assert read_places(()) == ()
    assert read_places(
        (
            "file:/var/log/s.ndjson?megabytes=5",
            "amqps://anna:p%40ss@mq.intern/grija?key=signal.web&vhost=shop",
            "kafkas://anna:p%40ss@a.intern:9093/signals?broker=b.intern:9093&mechanism=scram-sha-512",
        )
    ) == (
        FilePlace(Path("/var/log/s.ndjson"), 5 * 1024 * 1024),
        RabbitPlace("mq.intern", 5671, True, "anna", "p@ss", "shop", "grija", "signal.web"),
        KafkaPlace(("a.intern:9093", "b.intern:9093"), True, "anna", "p@ss", "SCRAM-SHA-512", "signals"),
    )
    plain = read_places(("file:s.ndjson", "amqp://[::1]/x", "kafka://[::1]/t"))
    assert plain[0] == FilePlace(Path("s.ndjson"), 100 * 1024 * 1024)
    assert plain[1] == RabbitPlace("::1", 5672, False, "guest", "guest", "/", "x", "signal")
    assert plain[2] == KafkaPlace(("[::1]:9092",), False, "", "", "PLAIN", "t")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("redis://anna:hunter2@x/y", "must begin with one of"),
        ("hunter2", "must begin with one of"),
        ("file:grija.sqlite", "must look like file:name.ndjson"),
        ("file://host/s.ndjson", "must look like file:name.ndjson"),
        ("file:.ndjson", "must look like file:name.ndjson"),
        ("file:s.ndjson?megabytes=0", "megabytes must be"),
        ("file:s.ndjson?keep=3", "there can only be megabytes"),
        ("amqp://anna:hunter2@mq:x/y", "host or port"),
        ("amqp://anna:hunter2@mq/", "must look like amqp://"),
        ("amqp://anna:hunter2@mq/amq.topic", "must look like amqp://"),
        ("amqp://anna:hunter2@mq/x?key=a b", "key must be"),
        ("amqp://anna:hunter2@mq/x#y", "must not hold a #"),
        ("amqp://anna:hunter2@mq/x?hunter2=1", "there can only be key, vhost"),
        ("kafka://anna:hunter2@", "must look like kafka://"),
        ("kafka://k:9092/a/b", "must look like kafka://"),
        ("kafka://anna@k:9092/t", "a user and a password, or neither"),
        ("kafka://k:9092/t?broker=x", "each broker must look like"),
        ("kafka://anna:hunter2@k/t?mechanism=GSSAPI", "mechanism must be one of"),
        ("file:a.ndjson,file:b.ndjson", "there is a sink of kind file already"),
    ],
)
def test_a_wrong_sink_stops_the_start_with_a_line_without_secrets(url: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as raised:
        read_settings({"GRIJA_SIGNAL_SINKS": url}, dotenv=Path("/nowhere/.env"))
    line = str(raised.value)
    assert line.startswith("GRIJA_SIGNAL_SINKS, entry ")
    assert "hunter2" not in line
    assert "\n" not in line


def test_no_secret_is_shown() -> None:
    urls = "amqp://anna:hunter2@mq/x,kafka://anna:hunter2@k/t"
    settings = read_settings({"GRIJA_SIGNAL_SINKS": urls}, dotenv=Path("/nowhere/.env"))
    assert settings.sink_names == ("rabbitmq", "kafka")
    shown = f"{settings!r} {settings.sink_places!r} {shown_settings(settings)}"
    assert "hunter2" not in shown


@pytest.mark.parametrize("url", ["amqp://anna:hunter2@127.0.0.1:9/x", "kafka://anna:hunter2@127.0.0.1:9/t"])
async def test_a_sink_that_does_not_answer_tells_no_secret(
    sqlite_settings: Settings, url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.streams.kafka._CONNECT_SECONDS", 0.3)
    settings = replace(sqlite_settings, signal_sinks=(url,))
    (name,) = settings.sink_names
    monkeypatch.setattr(
        delivery, "log", structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(0))
    )
    with capture_logs() as logged:
        async with three_signals(settings) as (store, _), streams_of(store, settings) as out:
            assert await out.deliver(name)
    found = await looked_at(settings)
    assert [entry["event"] for entry in logged] == ["stream.failed"]
    assert not found.right
    assert f"{name} cannot be opened" in found.text
    assert f"{name}: 3 waiting, 0 sent, 0 given up" in found.text
    everything = f"{logged} {found.text} {capfd.readouterr()}"
    assert "hunter2" not in everything


def test_drivers_are_imported_only_when_they_are_used() -> None:
    source = "import sys, bot.streams.delivery; print({'aio_pika', 'confluent_kafka'} & set(sys.modules))"
    ended = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=120, check=True
    )
    assert ended.stdout.strip() == "set()"
