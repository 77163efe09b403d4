"""Signals as files: what is in them, read back by other programs' readers, in bounded memory, without any words."""

from __future__ import annotations

import csv
import os
import tracemalloc
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import signal_files
from bot.__main__ import main
from bot.errors import SettingsError
from bot.models import Signal
from bot.signal_files import COLUMNS, export
from bot.signals.readings import EMOTIONS
from bot.store import Connection, Store, signals
from bot.store.signals import Wanted
from bot.store.tables import conversation, customer, message

BEGIN = datetime(2026, 3, 1, tzinfo=timezone.utc)
LANGUAGES, CHANNELS = ("en", "pl", "el", None), ("web", "telegram", "slack")
SECRET = "zanzibarqux"


def read(number: int, *, model: str = "feelings-1") -> Signal:
    """The signal of message `number`; several are said in the same moment."""
    emotions = {name: round((number + place) % 97 / 97, 4) for place, name in enumerate(EMOTIONS)}
    return Signal(
        id=f"{model}-{(number * 7919) % 100_003:06}",
        message_id=f"m{number}",
        conversation_id="c",
        customer_id="p",
        seq=number + 1,
        channel=CHANNELS[number % 3],
        language=LANGUAGES[number % 4],
        intent="track_order" if number % 2 else None,
        model=model,
        valence=round(number % 21 / 10 - 1, 4),
        emotion=EMOTIONS[number % 7],
        emotions=emotions,
        weak=number % 5 == 0,
        said_at=BEGIN + timedelta(minutes=number // 3),
        read_at=BEGIN + timedelta(minutes=number // 3, seconds=1, microseconds=7),
    )


def stored(tx: Connection, reads: Sequence[Signal]) -> None:
    tx.execute(sa.insert(customer).values(id="p", created_at=BEGIN))
    tx.execute(
        sa.insert(conversation).values(
            id="c", customer_id="p", status="closed", opened_at=BEGIN, updated_at=BEGIN
        )
    )
    tx.execute(
        sa.insert(message),
        [
            {"id": one.message_id, "conversation_id": "c", "seq": one.seq, "author_kind": "customer",
             "text": SECRET, "sent_at": one.said_at}
            for one in reads
        ],
    )  # fmt: skip
    for one in reads:
        signals.note(tx, one)


def expected(one: Signal, superseded_at: datetime | None = None) -> dict[str, Any]:
    return {
        "id": one.id, "message": one.message_id, "conversation": "c", "customer": "p", "seq": one.seq,
        "channel": one.channel, "language": one.language, "intent": one.intent, "model": one.model,
        "valence": one.valence, "emotion": one.emotion, **one.emotions, "weak": one.weak,
        "said_at": one.said_at, "read_at": one.read_at, "superseded_at": superseded_at,
    }  # fmt: skip


def in_order(reads: Sequence[Signal]) -> list[Signal]:
    return sorted(reads, key=lambda one: (one.said_at, one.id))


def from_csv(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [_typed(row) for row in csv.DictReader(file)]


def _typed(row: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: value or None for name, value in row.items()}
    for name in ("said_at", "read_at", "superseded_at"):
        values[name] = values[name] and datetime.fromisoformat(values[name])
    for name in ("valence", *EMOTIONS):
        values[name] = float(values[name])
    return values | {"seq": int(row["seq"]), "weak": {"true": True, "false": False}[row["weak"]]}


def from_parquet(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet

    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


READERS = {".csv": from_csv, ".parquet": from_parquet}


@pytest.mark.parametrize("form", list(READERS))
async def test_what_is_written_is_what_is_stored_page_by_page(
    store: Store, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = [read(number) for number in range(50)]
    await store.write(stored, reads)
    again = read(3, model="feelings-2")
    await store.write(signals.note, again)
    newest = [one for one in reads if one.message_id != "m3"] + [again]
    # Pages end in the middle of what was said in one moment, and between moments.
    for size in (7, 51, 1000):
        monkeypatch.setattr(signal_files, "PAGE", size)
        path = tmp_path / f"{size}{form}"
        assert await export(store, path, Wanted()) == 50
        found = READERS[form](path)
        assert [tuple(row) for row in found] == [COLUMNS] * 50
        assert found == [expected(one) for one in in_order(newest)]
        assert path.stat().st_mode & 0o077 == 0
    everything = tmp_path / f"older{form}"
    assert await export(store, everything, Wanted(older=True)) == 51
    (replaced,) = [row for row in READERS[form](everything) if row["superseded_at"]]
    assert replaced == expected(reads[3], again.read_at)


async def test_a_part_of_them(store: Store, tmp_path: Path) -> None:
    reads = [read(number) for number in range(60)]
    await store.write(stored, reads)
    since, until = BEGIN + timedelta(minutes=5), BEGIN + timedelta(minutes=12)
    wanted = Wanted(since=since, until=until, languages=["pl", "el"], channels=["web"])
    path = tmp_path / "part.csv"
    await export(store, path, wanted)
    chosen = [
        one
        for one in reads
        if since <= one.said_at < until and one.language in ("pl", "el") and one.channel == "web"
    ]
    assert chosen
    assert from_csv(path) == [expected(one) for one in in_order(chosen)]


@pytest.mark.parametrize("form", list(READERS))
async def test_no_signals_make_a_file_without_rows(store: Store, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"none{form}"
    assert await export(store, path, Wanted()) == 0
    assert READERS[form](path) == []


async def test_no_words_of_customers_are_in_it(store: Store, tmp_path: Path) -> None:
    await store.write(stored, [read(number) for number in range(5)])
    for form in READERS:
        path = tmp_path / f"x{form}"
        await export(store, path, Wanted())
        assert SECRET.encode() not in path.read_bytes()
    assert not {"text", "name", "email", "external_id"} & set(COLUMNS)


async def test_memory_does_not_grow_with_the_number_of_signals(
    store: Store, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(signal_files, "PAGE", 200)
    await store.write(stored, [read(number) for number in range(4000)])
    peaks: list[int] = []
    for until in (BEGIN + timedelta(minutes=400 // 3), None):
        tracemalloc.start()
        await export(store, tmp_path / f"{len(peaks)}.csv", Wanted(until=until))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


async def test_nothing_is_written_over_and_nothing_half_written_is_left(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")
    with pytest.raises(FileExistsError):
        await export(store, there, Wanted())
    assert there.read_text() == "mine"
    with pytest.raises(SettingsError, match=r"\.csv or \.parquet, not x\.xlsx"):
        await export(store, tmp_path / "x.xlsx", Wanted())
    await store.write(stored, [read(1)])

    def breaks(*arguments: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(signal_files.CsvTable, "add", breaks)
    with pytest.raises(OSError, match="full"):
        await export(store, tmp_path / "half.csv", Wanted())
    assert [name for name in os.listdir(tmp_path) if "." in name] == ["there.csv"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.csv"
    arguments = [
        "signals",
        "export",
        "--output",
        str(path),
        "--since",
        "2026-03-01",
        "--language",
        "en",
        "pl",
    ]
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"{path}: 0 signals.\n"
    assert path.read_bytes() == ",".join(COLUMNS).encode() + b"\r\n"
    assert main(arguments) == 1
    assert "File exists" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*arguments, "--until", "yesterday"])
    assert "yesterday is no day such as 2026-01-31" in capsys.readouterr().err
