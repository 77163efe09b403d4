"""What confidences are worth: telling messages outside the shop's scope, and choosing how much to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.evaluation.judged import Judged

KEPT = 0.95
SHARES = (1.0, 0.99, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)


@dataclass(frozen=True)
class Coverage:
    """With this `threshold` the `share` of messages in scope is answered.

    `accuracy` is the share of those answers that are right; `let_through` the share of messages outside that
    would be answered as well, None where there are none.
    """

    share: float
    threshold: float
    accuracy: float
    let_through: float | None


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float | None:
    """Return how likely a score from inside is above one from outside (a tie is half); None if one is empty."""
    if not inside or not outside:
        return None
    low = np.sort(np.asarray(outside, dtype=np.float64))
    scores = np.asarray(inside, dtype=np.float64)
    below, upto = np.searchsorted(low, scores, "left"), np.searchsorted(low, scores, "right")
    return float((below + upto).sum() / 2 / len(scores) / len(low))


def caught(inside: Sequence[float], outside: Sequence[float], kept: float = KEPT) -> float | None:
    """Return the share of `outside` below the threshold that keeps so much of `inside`; None if one is empty."""
    if not inside or not outside:
        return None
    threshold = _threshold(np.sort(np.asarray(inside))[::-1], kept)
    return float((np.asarray(outside) < threshold).mean())


def coverages(judged: Sequence[Judged], shares: Sequence[float] = SHARES) -> tuple[Coverage, ...]:
    """Return the points of the curve for these shares of the messages in scope; none without such messages."""
    inside = sorted((item for item in judged if not item.held.outside), key=lambda item: -item.inside)
    outside = np.asarray([item.inside for item in judged if item.held.outside])
    if not inside:
        return ()
    scores = np.asarray([item.inside for item in inside])
    right = np.cumsum([item.right for item in inside])
    points = []
    for share in shares:
        threshold = _threshold(scores, share)
        count = int((scores >= threshold).sum())
        passed = float((outside >= threshold).mean()) if len(outside) else None
        points.append(Coverage(count / len(inside), threshold, float(right[count - 1] / count), passed))
    return tuple(points)


def _threshold(falling: npt.NDArray[np.float64], share: float) -> float:
    count = min(len(falling), max(1, int(np.ceil(share * len(falling)))))
    return float(falling[count - 1])
