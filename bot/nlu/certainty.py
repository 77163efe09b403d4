"""How often an answer is right: all that speaks for the best intent, made one calibrated confidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.linear import Floats

LEAST_TRIED = 100
LEAST_OUTSIDE = 20
"""Lines held apart, and those among them that are outside all intents, without which nothing is learned."""
_MOST_ODDS = 12.0
_DIRECTION_STRENGTH = 0.003
_STRENGTH = 1.0


@dataclass(frozen=True)
class Sign:
    """What speaks for the best intent that the shop serves: larger numbers, more so.

    `odds` is the logarithm of the odds of its share, `nearness` the cosine with the nearest lines of any intent,
    `margin` the score of its n-grams, `inside` the negative logarithm of the share of "out of scope".
    """

    odds: float
    nearness: float
    margin: float
    inside: float


def sign(share: float, nearness: float, margin: float, outside: float) -> Sign:
    """Make a sign of probabilities, however near to 0 or 1."""
    bounded = min(max(share, 1e-9), 1.0 - 1e-9)
    odds = min(max(math.log(bounded / (1.0 - bounded)), -_MOST_ODDS), _MOST_ODDS)
    return Sign(odds, nearness, margin, min(-math.log(max(outside, 1e-9)), _MOST_ODDS))


@dataclass(frozen=True)
class Certainty:
    """Weights of the parts of a `Sign`, and what is added."""

    weights: tuple[float, float, float, float]
    bias: float

    def of(self, sign: Sign) -> float:
        """Return how likely the best intent is right, 0..1."""
        score = self.bias + sum(
            weight * part for weight, part in zip(self.weights, astuple(sign), strict=True)
        )
        return 1.0 / (1.0 + math.exp(-min(max(score, -50.0), 50.0)))


BARE = Certainty((1.0, 0.0, 0.0, 0.0), 0.0)
"""Nothing learned: the probability itself."""
_USUAL = np.asarray([1.0, 8.0, 0.0, 0.0])
"""What to look at where no line is outside; measured where such lines were (docs/decisions/0011)."""


def fit_certainty(tried: Sequence[Sign], right: Sequence[bool], outside: Sequence[bool]) -> Certainty:
    """Learn from lines held apart, whether their best intent was right, and whether they are outside all intents.

    The lines outside say what to look at; how sure to be is learned from all. With few lines, or all of one kind,
    the probability stays as it is.
    """
    if len(tried) < LEAST_TRIED or len(set(right)) < 2:
        return BARE
    rows = np.asarray([astuple(item) for item in tried], dtype=np.float64)
    weights = _USUAL
    if LEAST_OUTSIDE <= sum(outside) < len(outside):
        spread = rows.std(axis=0) + 1e-6
        known = ~np.asarray(outside, dtype=np.bool_)
        weights = (
            _logistic((rows - rows.mean(axis=0)) / spread, known, _DIRECTION_STRENGTH, "balanced")[0] / spread
        )
    slope, bias = _logistic((rows @ weights)[:, None], np.asarray(right), _STRENGTH, None)
    if slope[0] <= 0.0:
        return BARE
    first, second, third, fourth = (float(weight) for weight in weights * slope[0])
    return Certainty((first, second, third, fourth), bias)


def settled(shares: Floats, confidence: float, outside: int | None) -> Floats:
    """Return probabilities in which the best intent of the shop has `confidence`; their sum is at most 1.

    The order of the shop's intents stays. `outside` is the column of "out of scope", if there is one: it takes what
    is left where it was the best, and stays below the best intent where it was not.
    """
    served = shares.copy()
    if outside is not None:
        served[outside] = 0.0
    best = int(served.argmax())
    top, rest = float(served[best]), float(served.sum() - served[best])
    scale = min(confidence / max(top, 1e-9), (1.0 - confidence) / rest if rest > 0.0 else math.inf)
    result = np.asarray(np.minimum(served * scale, confidence), dtype=np.float32)
    result[best] = confidence
    if outside is not None:
        left, own = max(0.0, 1.0 - float(result.sum())), float(shares[outside])
        result[outside] = left if own > top else min(left, own, 0.99 * confidence)
    return result


def _logistic(
    rows: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], strength: float, balance: str | None
) -> tuple[npt.NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=500, class_weight=balance).fit(rows, right)
    return model.coef_[0], float(model.intercept_[0])
