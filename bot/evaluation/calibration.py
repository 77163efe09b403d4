"""Whether a confidence of 0.8 is right eight times in ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BINS = 15


@dataclass(frozen=True)
class Bin:
    """Answers whose confidence lies from `low` up to `high`: how many, their mean confidence, the share right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> tuple[Bin, ...]:
    """Return the bins of equal width that hold an answer, lowest first. Confidences are 0..1."""
    sure, hits = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=bool)
    places: npt.NDArray[np.int64] = np.minimum(bins - 1, (sure * bins).astype(np.int64))
    found = []
    for place in np.unique(places):
        chosen = places == place
        found.append(
            Bin(
                float(place / bins),
                float((place + 1) / bins),
                int(chosen.sum()),
                float(sure[chosen].mean()),
                float(hits[chosen].mean()),
            )
        )
    return tuple(found)


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Return the expected calibration error, 0..1: the mean gap of the bins, weighed by count; None for no bins."""
    total = sum(item.count for item in bins)
    if not total:
        return None
    return sum(item.count * abs(item.confidence - item.accuracy) for item in bins) / total
