"""Sentence vectors in coordinates in which lines of one intent differ alike in all directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.nlu.linear import Floats

_SHRUNK, _MOST_SHRUNK, _SHRINKING = 0.5, 0.9, 600.0
"""How far the measured spread is drawn towards an even one: few lines tell little about 384 directions."""
_TINY = 1e-6


@dataclass(frozen=True)
class Whitening:
    """`centre` is taken away, then the rest is multiplied by the square matrix `turn`."""

    centre: Floats
    turn: Floats

    def of(self, vectors: Floats) -> Floats:
        """Return vectors of the same shape, about 1 large in each direction."""
        return np.asarray((vectors - self.centre) @ self.turn, dtype=np.float32)


def fit_whitening(vectors: Floats, labels: Sequence[int]) -> Whitening:
    """Learn from rows with labels: what tells lines of one intent apart, such as the language, is made small."""
    rows = vectors.astype(np.float64)
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + _TINY
    rows = (rows - centre) / spread
    found = np.asarray(labels, dtype=np.int64)
    means = np.zeros((int(found.max()) + 1, rows.shape[1]))
    np.add.at(means, found, rows)
    means /= np.maximum(np.bincount(found), 1)[:, None]
    rest = rows - means[found]
    within = rest.T @ rest / len(rows)
    size = rows.shape[1]
    shrunk = min(max(_SHRINKING / len(rows), _SHRUNK), _MOST_SHRUNK)
    within = (1 - shrunk) * within + (shrunk * np.trace(within) / size + _TINY) * np.eye(size)
    values, directions = np.linalg.eigh(within)
    # Turned back, so that the coordinates of two sets of much the same lines are much the same.
    turn = directions / np.sqrt(values) @ directions.T
    turn /= max(float(np.sqrt(((rows @ turn) ** 2).mean())), _TINY)
    return Whitening(centre.astype(np.float32), (turn / spread[:, None]).astype(np.float32))


def leading(rows: Floats, count: int) -> Floats:
    """Return the `count` directions in which whitened rows differ most, as columns: those that tell intents apart."""
    _, directions = np.linalg.eigh(np.cov(rows.T.astype(np.float64), bias=True))
    return np.ascontiguousarray(directions[:, ::-1][:, :count], dtype=np.float32)
