"""Multinomial logistic regression: fitted with scikit-learn, used with numpy alone."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

# Enough: more rounds take minutes and change no figure of docs/decisions/0002 by more than 0.002.
_ROUNDS = 100
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Linear:
    """`weights` has shape (columns, classes), `bias` (classes,)."""

    weights: Floats
    bias: Floats

    def dense(self, vectors: Floats) -> Floats:
        """Return the scores of rows of dense features, shape (rows, classes)."""
        return np.asarray(vectors @ self.weights + self.bias, dtype=np.float32)

    def sparse(self, columns: npt.NDArray[np.int64], values: Floats) -> Floats:
        """Return the scores of one row given by its non-zero columns, shape (classes,)."""
        return np.asarray(values @ self.weights[columns] + self.bias, dtype=np.float32)


def fit_linear(features: Any, labels: Sequence[int], classes: int, strength: float) -> Linear:
    """Fit balanced logistic regression; `strength` is scikit-learn's C, `labels` are 0..classes-1.

    With fewer than two labels present there is nothing to separate: all weights are zero.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    present = sorted(set(labels))
    weights = np.zeros((features.shape[1], classes), dtype=np.float32)
    bias = np.zeros(classes, dtype=np.float32)
    if len(present) >= 2:
        model = LogisticRegression(C=strength, max_iter=_ROUNDS, tol=_TOLERANCE, class_weight="balanced")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features, labels)
        binary = len(present) == 2
        weights[:, present] = (np.vstack([-model.coef_, model.coef_]) if binary else model.coef_).T
        bias[present] = np.concatenate([-model.intercept_, model.intercept_]) if binary else model.intercept_
    return Linear(weights, bias)


def softmax(scores: Floats) -> Floats:
    """Return probabilities along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)
