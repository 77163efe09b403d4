"""Vectors on disk, so that training again does not encode again. Used by training only."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np

from bot.nlu.encoder import Encoder, Vectors, prepared

STEP = 600
"""Texts encoded between two progress reports, and between two commits."""
_SHARE = 100
"""Texts that a thread takes at once."""
_BUSY_SECONDS = 30.0
_QUESTION_SIZE = 500
_SCHEMA = "CREATE TABLE IF NOT EXISTS vector (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"

Progress = Callable[[int, int], None]


def encode_cached(encoder: Encoder, texts: Sequence[str], file: Path, progress: Progress) -> Vectors:
    """Return the vectors of `texts`, encoding only those that `file` does not hold yet.

    `file` is made with its folder when missing; several processes may use it at once; a file that is not a
    database is replaced. `progress(done, total)` is called after every STEP new texts and at the end.
    """
    keys = [_key(encoder.name, text) for text in texts]
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(_open(file)) as connection, ThreadPoolExecutor(os.cpu_count()) as pool:
        known = _read(connection, keys, encoder.dimension)
        missing = dict.fromkeys(key for key in keys if key not in known)
        first = dict(zip(reversed(keys), reversed(texts), strict=True))
        # Texts of like length side by side: an encoder may take several at once.
        work = sorted(((key, first[key]) for key in missing), key=lambda item: len(item[1]))
        for start in range(0, len(work), STEP):
            part = work[start : start + STEP]
            # The encoder leaves Python's lock while it computes, so threads use all cores.
            shares = [part[begin : begin + _SHARE] for begin in range(0, len(part), _SHARE)]
            encoded = pool.map(encoder.encode, ([text for _, text in share] for share in shares))
            fresh = {
                key: vector
                for share, vectors in zip(shares, encoded, strict=True)
                for (key, _), vector in zip(share, vectors, strict=True)
            }
            _write(connection, fresh)
            known.update(fresh)
            progress(min(start + STEP, len(work)), len(work))
    result = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
    for row, key in enumerate(keys):
        result[row] = known[key]
    return result


def _key(name: str, text: str) -> str:
    return hashlib.sha256(f"{name}\n{prepared(text)}".encode()).hexdigest()


def _open(file: Path) -> sqlite3.Connection:
    try:
        return _connect(file)
    except sqlite3.OperationalError:
        raise  # locked or unwritable: a new file would not help
    except sqlite3.DatabaseError:
        file.unlink(missing_ok=True)  # a cache that cannot be read holds nothing worth keeping
        return _connect(file)


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _read(connection: sqlite3.Connection, keys: Sequence[str], dimension: int) -> dict[str, Vectors]:
    known: dict[str, Vectors] = {}
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), _QUESTION_SIZE):
        part = wanted[start : start + _QUESTION_SIZE]
        marks = ",".join("?" * len(part))
        for key, value in connection.execute(f"SELECT key, value FROM vector WHERE key IN ({marks})", part):
            if len(value) == 4 * dimension:
                known[key] = np.frombuffer(value, dtype="<f4").astype(np.float32)
    return known


def _write(connection: sqlite3.Connection, fresh: dict[str, Vectors]) -> None:
    rows = [(key, vector.astype("<f4").tobytes()) for key, vector in fresh.items()]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?)", rows)
    connection.execute("COMMIT")
