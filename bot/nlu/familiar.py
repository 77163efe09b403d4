"""How near a message is to the training lines of an intent: what tells "out of scope" from "in scope"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.linear import Floats

MOST_LINES = 1_500
"""Lines of one intent that are compared with: more cost time with each message and tell no more."""
_NEAREST = 3
_TINY = 1e-9


@dataclass(frozen=True)
class Familiar:
    """Training lines as unit rows, those of one intent together: intent i has the rows starts[i] to starts[i + 1]."""

    lines: Floats
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, vectors: Floats, labels: Sequence[int], intents: int) -> Familiar:
        """Keep the vectors of lines, whose intents are `labels`, 0..intents-1."""
        found = np.asarray(labels, dtype=np.int64)
        rows = [_thinned(np.flatnonzero(found == intent)) for intent in range(intents)]
        starts = np.cumsum([0, *map(len, rows)])
        order = np.concatenate([np.zeros(0, dtype=np.int64), *rows])
        return cls(np.ascontiguousarray(unit(vectors[order])), starts)

    def nearness(self, vector: Floats, intent: int) -> float:
        """Return the mean cosine of a message with the nearest lines of the intent, -1..1; 0 if it has none."""
        lines = self.lines[self.starts[intent] : self.starts[intent + 1]]
        count = min(_NEAREST, len(lines))
        if not count:
            return 0.0
        return float(np.partition(lines @ unit(vector), -count)[-count:].mean())


def _thinned(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if len(rows) <= MOST_LINES:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, MOST_LINES).astype(int)], dtype=np.int64)


def unit(vectors: Floats) -> Floats:
    """Return rows of length 1 along the last axis; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, _TINY), dtype=np.float32)
