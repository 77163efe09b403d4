"""How near a message is to anything the model was trained on: what tells "out of scope" from "in scope"."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bot.nlu.linear import Floats

_NEAREST = 3
_LEAST_LINES = 50
MOST_LINES = 3_500
_HALF_AT, _SURE_AT = 0.04, 0.25
_SURE_ODDS = 19.0
_TINY = 1e-9


@dataclass(frozen=True)
class Familiarity:
    """Training lines as unit rows, and the nearness at which a message is as likely known as not."""

    lines: Floats
    half: float
    width: float

    def share(self, vector: Floats) -> float:
        """Return 0..1: near 1 for a message like the training lines, near 0 for one about something else.

        `vector` is standardised as the lines were. Without enough lines to judge by it is always 1.
        """
        if self.width <= 0.0:
            return 1.0
        distance = (self.half - self.nearness(vector)) / self.width
        return 1.0 / (1.0 + math.exp(min(distance, 50.0)))

    def nearness(self, vector: Floats) -> float:
        """Return the mean cosine of the message with its nearest lines, -1..1."""
        cosines = self.lines @ unit(vector)
        count = min(_NEAREST, len(cosines))
        return float(np.partition(cosines, -count)[-count:].mean())


def fit_familiarity(lines: Floats, unseen: Floats) -> Familiarity:
    """Learn from standardised training rows, and from rows of the same kind that are not among them.

    Of such unseen lines 4 % are taken to be as likely known as not, and 75 % to be known with odds of 19 or more.
    """
    rows = thinned(unit(lines))
    if len(unseen) < _LEAST_LINES or len(lines) < _LEAST_LINES:
        return Familiarity(rows, 0.0, 0.0)
    bare = Familiarity(rows, 0.0, 0.0)
    half, sure = np.quantile([bare.nearness(row) for row in unseen], [_HALF_AT, _SURE_AT])
    return Familiarity(rows, float(half), max(float(sure - half), _TINY) / math.log(_SURE_ODDS))


def thinned(rows: Floats) -> Floats:
    """Return at most MOST_LINES of the rows, evenly spread: more cost a millisecond each message and tell no more."""
    if len(rows) <= MOST_LINES:
        return rows
    return np.ascontiguousarray(rows[np.linspace(0, len(rows) - 1, MOST_LINES).astype(int)])


def unit(vectors: Floats) -> Floats:
    """Return rows of length 1 along the last axis; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, _TINY), dtype=np.float32)
