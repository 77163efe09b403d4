"""How much each half of the classifier counts: learned from lines that neither half has seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.linear import Floats, softmax

Numbers = npt.NDArray[np.int64]

LEAST_TRIED = 50
OTHERS = 0.8
"""What is left of the n-grams' weight: other people use other words than those who wrote the training lines."""
_HOLD = 0.01
_MOST = 30.0


@dataclass(frozen=True)
class Weighing:
    """What the logarithms of the dense half's shares and the margins of the n-gram half are multiplied by."""

    vectors: float = 1.0
    ngrams: float = 3.0

    def shares(self, logarithms: Floats, margins: Floats) -> Floats:
        """Return joined probabilities along the last axis."""
        return softmax(np.float32(self.vectors) * logarithms + np.float32(self.ngrams) * margins)


def fit_weighing(logarithms: Floats, margins: Floats, answers: Numbers) -> Weighing:
    """Return the weights with the smallest log loss on unseen rows; few rows tell little and change nothing.

    Few examples make the sentence vectors count for more, many the n-grams.
    """
    from scipy.optimize import minimize

    usual = Weighing()
    if len(answers) < LEAST_TRIED:
        return usual
    parts = np.stack([logarithms, margins]).astype(np.float64)
    chosen = parts[:, np.arange(len(answers)), answers]
    held = np.asarray([usual.vectors, usual.ngrams])

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        shares = np.asarray(softmax(np.tensordot(weights, parts, 1)), dtype=np.float64)
        right = np.maximum(shares[np.arange(len(answers)), answers], 1e-30)
        slope = (parts * shares).sum(axis=2).mean(axis=1) - chosen.mean(axis=1)
        away = weights / held - 1.0
        return float(-np.log(right).mean() + _HOLD * away @ away), slope + 2 * _HOLD * away / held

    found = minimize(loss, held, jac=True, method="L-BFGS-B", bounds=[(0.0, _MOST)] * 2)
    return Weighing(float(found.x[0]), OTHERS * float(found.x[1]))
