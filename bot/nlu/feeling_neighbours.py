"""The training lines that are most like a message: what they show is a sign of what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.familiar import unit
from bot.nlu.linear import Floats, softmax

NEAREST, SHARPNESS = 40, 15.0
"""Chosen by cross-validation over writers: lines looked at, and how much more a nearer one of them counts."""
_AT_ONCE = 500
_PARTS = 127.0
"""Unit rows are kept in whole steps of one byte: nothing is lost that a reading shows."""


@dataclass(frozen=True)
class Neighbours:
    """Whitened training lines as unit rows, with the number of the emotion and the valence of each."""

    lines: Floats
    emotions: npt.NDArray[np.int64]
    valences: Floats
    kinds: int

    @classmethod
    def of(
        cls, vectors: Floats, emotions: Sequence[int], valences: Sequence[float], kinds: int
    ) -> Neighbours:
        """Keep training lines; `vectors` are whitened."""
        return cls.unpacked(
            packed(vectors),
            np.asarray(emotions, dtype=np.int64),
            np.asarray(valences, dtype=np.float32),
            kinds,
        )

    @classmethod
    def unpacked(
        cls, steps: npt.NDArray[np.int8], emotions: npt.NDArray[np.int64], valences: Floats, kinds: int
    ) -> Neighbours:
        """Take rows as `packed` made them."""
        return cls(np.ascontiguousarray(unit(steps.astype(np.float32))), emotions, valences, kinds)

    def around(self, vectors: Floats) -> Floats:
        """The shares of the emotions among the nearest lines, and their valence last, for each whitened row."""
        parts = [
            self._around(vectors[start : start + _AT_ONCE]) for start in range(0, len(vectors), _AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.kinds + 1), dtype=np.float32)

    def _around(self, vectors: Floats) -> Floats:
        cosines = unit(vectors) @ self.lines.T
        count = min(NEAREST, len(self.lines))
        nearest = np.argpartition(cosines, -count, axis=1)[:, -count:]
        counts = softmax(np.float32(SHARPNESS) * np.take_along_axis(cosines, nearest, axis=1))
        kinds = self.emotions[nearest][:, :, None] == np.arange(self.kinds)
        shares = (counts[:, :, None] * kinds).sum(axis=1)
        valences = (counts * self.valences[nearest]).sum(axis=1, keepdims=True)
        return np.asarray(np.hstack([shares, valences]), dtype=np.float32)


def packed(rows: Floats) -> npt.NDArray[np.int8]:
    """Rows in steps of one byte; only their directions stay."""
    largest = np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-9)
    return np.asarray(np.round(rows / largest * _PARTS), dtype=np.int8)
