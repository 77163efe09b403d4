"""`python -m bot signals export`: signals as a table in a file, CSV or Parquet, without what was said."""

from __future__ import annotations

import asyncio
import csv
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from bot.errors import SettingsError
from bot.models import Signal
from bot.signals.readings import EMOTIONS
from bot.store import Store, signals
from bot.store.signals import Wanted

PAGE = 10_000
"""Signals that are held in memory at a time."""
COLUMNS = (
    "id", "message", "conversation", "customer", "seq", "channel", "language", "intent", "model", "valence", "emotion",
    *EMOTIONS, "weak", "said_at", "read_at", "superseded_at",
)  # fmt: skip

Row = tuple[Any, ...]


async def export(store: Store, path: Path, wanted: Wanted) -> int:
    """Write the wanted signals to `path`, which must be new, in the order in which the messages were said; how many.

    The ending of the name tells the form: SettingsError unless it is .csv or .parquet. OSError, StoreUnavailable;
    then no file is left.
    """
    open_table = _FORMS.get(path.suffix.lower())
    if open_table is None:
        raise SettingsError(f"--output must end in {' or '.join(_FORMS)}, not {path.name}")
    # Nobody else on the machine may read it, and nothing is written over.
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    try:
        with file:
            return await _pages(store, open_table(file), wanted)
    except BaseException:
        os.unlink(path)
        raise


class Table(ABC):
    """A file that rows of COLUMNS are added to."""

    @abstractmethod
    def add(self, rows: Sequence[Row]) -> None:
        """Write some rows."""

    @abstractmethod
    def close(self) -> None:
        """Write what ends the file."""


class CsvTable(Table):
    """Comma-separated UTF-8 with a line of names; times in ISO 8601, nothing for what is not known."""

    def __init__(self, file: BinaryIO) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self._writer = csv.writer(self._text)
        self._writer.writerow(COLUMNS)

    def add(self, rows: Sequence[Row]) -> None:
        self._writer.writerows([_plain(value) for value in row] for row in rows)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class ParquetTable(Table):
    """Parquet, compressed with Zstandard, a group of rows for each page."""

    def __init__(self, file: BinaryIO) -> None:
        # Its library takes a tenth of a second to import and a hundred megabytes: only who wants the file pays.
        import pyarrow
        import pyarrow.parquet

        self._arrow = pyarrow
        text, number = pyarrow.string(), pyarrow.float64()
        time, few = pyarrow.timestamp("us", tz="UTC"), pyarrow.dictionary(pyarrow.int32(), text)
        kinds = {
            "seq": pyarrow.int32(), "valence": number, "weak": pyarrow.bool_(),
            "said_at": time, "read_at": time, "superseded_at": time,
            **dict.fromkeys(("channel", "language", "intent", "model", "emotion"), few),
            **dict.fromkeys(EMOTIONS, number),
        }  # fmt: skip
        self._schema = pyarrow.schema([(name, kinds.get(name, text)) for name in COLUMNS])
        self._writer = pyarrow.parquet.ParquetWriter(file, self._schema, compression="zstd")

    def add(self, rows: Sequence[Row]) -> None:
        columns = [
            self._arrow.array(values, field.type)
            for values, field in zip(zip(*rows, strict=True), self._schema, strict=True)
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


_FORMS: dict[str, Callable[[BinaryIO], Table]] = {".csv": CsvTable, ".parquet": ParquetTable}


async def _pages(store: Store, table: Table, wanted: Wanted) -> int:
    count, after = 0, None
    while page := await store.read(signals.page, wanted, after=after, limit=PAGE):
        await asyncio.to_thread(table.add, [_row(*entry) for entry in page])
        count += len(page)
        after = (page[-1][0].said_at, page[-1][0].id)
    await asyncio.to_thread(table.close)
    return count


def _row(read: Signal, superseded_at: datetime | None) -> Row:
    return (
        read.id,
        read.message_id,
        read.conversation_id,
        read.customer_id,
        read.seq,
        read.channel,
        read.language,
        read.intent,
        read.model,
        read.valence,
        read.emotion,
        *(read.emotions.get(name) for name in EMOTIONS),
        read.weak,
        read.said_at,
        read.read_at,
        superseded_at,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime) else value
