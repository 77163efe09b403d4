"""How near a message is to anything the model was trained on: what tells "out of scope" from "in scope"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.nlu.linear import Floats

MOST_LINES = 4_000
"""Lines that are compared with: more cost a millisecond each message and tell little more."""
_NEAREST = 3
_TINY = 1e-9


@dataclass(frozen=True)
class Familiar:
    """Training lines as unit rows."""

    lines: Floats

    @classmethod
    def of(cls, vectors: Floats) -> Familiar:
        """Keep the vectors of lines, evenly thinned to MOST_LINES."""
        rows = np.arange(len(vectors))
        if len(rows) > MOST_LINES:
            rows = np.linspace(0, len(rows) - 1, MOST_LINES).astype(np.int64)
        return cls(np.ascontiguousarray(unit(vectors[rows])))

    def nearness(self, vector: Floats) -> float:
        """Return the mean cosine of a message with its nearest lines, -1..1; 0 without any line."""
        return float(self.of_all(vector[None, :])[0])

    def of_all(self, vectors: Floats) -> Floats:
        """Return the nearness of each row."""
        count = min(_NEAREST, len(self.lines))
        if not count:
            return np.zeros(len(vectors), dtype=np.float32)
        cosines = unit(vectors) @ self.lines.T
        return np.asarray(np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1), dtype=np.float32)


def unit(vectors: Floats) -> Floats:
    """Return rows of length 1 along the last axis; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, _TINY), dtype=np.float32)
