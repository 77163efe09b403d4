"""How often an answer is right: probability, nearness to known lines and margin made one calibrated confidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.linear import Floats

LEAST_TRIED = 100
"""Lines held apart without which nothing is learned."""
_MOST_ODDS = 12.0
_STRENGTH = 1.0


@dataclass(frozen=True)
class Sign:
    """What speaks for the best intent of one message.

    `share` is its probability as if one intent must be right, `nearness` the cosine with its nearest lines, `margin`
    the score of its n-grams against all others.
    """

    share: float
    nearness: float
    margin: float

    def row(self) -> tuple[float, float, float]:
        """Return numbers that add up: the share as a logarithm of odds, bounded."""
        share = min(max(self.share, 1e-9), 1.0 - 1e-9)
        odds = math.log(share / (1.0 - share))
        return (min(max(odds, -_MOST_ODDS), _MOST_ODDS), self.nearness, self.margin)


@dataclass(frozen=True)
class Certainty:
    """Weights of the row of a `Sign`, and what is added."""

    weights: tuple[float, float, float]
    bias: float

    def of(self, sign: Sign) -> float:
        """Return how likely the best intent is right, 0..1."""
        score = self.bias + sum(weight * part for weight, part in zip(self.weights, sign.row(), strict=True))
        return 1.0 / (1.0 + math.exp(-min(max(score, -50.0), 50.0)))


BARE = Certainty((1.0, 0.0, 0.0), 0.0)
"""Nothing learned: the probability itself."""


def fit_certainty(tried: Sequence[Sign], right: Sequence[bool], strange: Sequence[Sign]) -> Certainty:
    """Learn from lines held apart, whether their best intent was right, and from signs of unknown wishes.

    The unknown wishes say what to look at; how sure to be is then learned from the lines alone, for a conversation
    has far fewer strangers. With few lines, or all of one kind, the probability stays as it is.
    """
    if len(tried) < LEAST_TRIED or len(set(right)) < 2:
        return BARE
    rows = np.asarray([sign.row() for sign in (*tried, *strange)], dtype=np.float64)
    known = np.asarray([*right, *(False for _ in strange)])
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    weights, _ = _logistic((rows - centre) / spread, known)
    weights = weights / spread
    scores = rows[: len(tried)] @ weights
    slope, bias = _logistic(scores[:, None], np.asarray(right))
    if slope[0] <= 0.0:
        return BARE
    found = tuple(float(weight) for weight in weights * slope[0])
    return Certainty((found[0], found[1], found[2]), float(bias))


def raised(shares: Floats, best: int, confidence: float) -> Floats:
    """Return probabilities of which the best is `confidence`; the order stays, and the sum is at most 1."""
    top = float(shares[best])
    rest = 1.0 - top
    scale = min(confidence / top, (1.0 - confidence) / rest) if rest > 0.0 else 0.0
    result = np.asarray(shares * np.float32(scale), dtype=np.float32)
    result[best] = confidence
    return result


def _logistic(
    rows: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=_STRENGTH, max_iter=500).fit(rows, right)
    return model.coef_[0], float(model.intercept_[0])
