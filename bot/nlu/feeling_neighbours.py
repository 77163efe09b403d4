"""The training lines that are most like a message: what they show is a sign of what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.familiar import unit
from bot.nlu.linear import Floats, softmax
from bot.nlu.whitening import leading

NEAREST, SHARPNESS = 40, 15.0
"""Chosen by cross-validation over writers: lines looked at, and how much more a nearer one of them counts."""
_DIRECTIONS, _CANDIDATES = 128, 600
"""All lines are compared in the directions that differ most, the best of them fully: in half of the time, and of the
nearest lines 4 in 100 are missed."""
_PARTS = 127.0
"""Unit rows are kept in whole steps of one byte: nothing is lost that a reading shows."""


@dataclass(frozen=True)
class Neighbours:
    """Whitened training lines as unit rows, with the number of the emotion and the valence of each.

    `outlines` are the lines in `directions`.
    """

    lines: Floats
    directions: Floats
    outlines: Floats
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
        lines = np.ascontiguousarray(unit(steps.astype(np.float32)))
        directions = leading(lines, _DIRECTIONS)
        return cls(lines, directions, np.ascontiguousarray(lines @ directions), emotions, valences, kinds)

    def around(self, vectors: Floats) -> Floats:
        """The shares of the emotions among the nearest lines, and their valence last, for each whitened row."""
        return np.asarray([self._around(vector) for vector in unit(vectors)], dtype=np.float32)

    def _around(self, vector: Floats) -> Floats:
        likely = _most(self.outlines @ (vector @ self.directions), _CANDIDATES)
        cosines = self.lines[likely] @ vector
        best = _most(cosines, NEAREST)
        counts = softmax(np.float32(SHARPNESS) * cosines[best])
        nearest = likely[best]
        shares = np.bincount(self.emotions[nearest], weights=counts, minlength=self.kinds)
        return np.asarray([*shares, counts @ self.valences[nearest]], dtype=np.float32)


def packed(rows: Floats) -> npt.NDArray[np.int8]:
    """Rows in steps of one byte; only their directions stay."""
    largest = np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-9)
    return np.asarray(np.round(rows / largest * _PARTS), dtype=np.int8)


def _most(numbers: Floats, count: int) -> npt.NDArray[np.int64]:
    """The places of the largest."""
    if len(numbers) <= count:
        return np.arange(len(numbers))
    return np.argpartition(numbers, -count)[-count:]
