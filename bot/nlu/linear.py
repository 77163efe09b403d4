"""Linear classifiers: fitted with scikit-learn, used with numpy alone."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

# Enough: more rounds take minutes and change no figure of docs/decisions/0011 by more than 0.002.
_ROUNDS = 100
_TOLERANCE = 1e-3
_MACHINE_ROUNDS = 200
_MACHINE_TOLERANCE = 0.3
_SMALLEST = 1e-9
_ABSENT = -1.0
"""Margin of a class without any example: like that of an example of another class."""


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
    from sklearn.linear_model import LogisticRegression

    present = sorted(set(labels))
    if len(present) < 2:
        return _placed(np.zeros((features.shape[1], 0)), np.zeros(0), [], classes, 0.0)
    model = LogisticRegression(C=strength, max_iter=_ROUNDS, tol=_TOLERANCE, class_weight="balanced")
    _fit_quietly(model, features, labels)
    return _placed(model.coef_.T, model.intercept_, present, classes, 0.0)


def fit_dense(
    rows: Floats, labels: Sequence[int], classes: int, strength: float, start: Linear | None = None
) -> Linear:
    """Fit balanced logistic regression on dense rows in single precision: the same optimum in a third of the time.

    Arguments as those of `fit_linear`. A class without any row stays unlikely.
    """
    from scipy.optimize import minimize

    answers = np.asarray(labels, dtype=np.int64)
    counts = np.bincount(answers, minlength=classes)
    shares = (len(answers) / max(1, np.count_nonzero(counts)) / np.maximum(counts, 1))[answers].astype(
        np.float32
    )
    shape = (rows.shape[1] + 1, classes)
    rows = np.hstack([rows, np.ones((len(rows), 1), dtype=np.float32)])
    places = np.arange(len(answers))

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights = flat.reshape(shape).astype(np.float32)
        found = softmax(rows @ weights)
        missed = -np.log(np.maximum(found[places, answers], np.float32(_SMALLEST)))
        found[places, answers] -= 1.0
        slope = rows.T @ (found * shares[:, None])
        weights[-1] = 0.0  # the bias costs nothing
        total = float((missed * shares).sum(dtype=np.float64)) * strength + float((weights**2).sum()) / 2
        return total / len(rows), ((slope * strength + weights) / len(rows)).astype(np.float64).ravel()

    begin = np.zeros(shape) if start is None else np.vstack([start.weights, start.bias[None, :]])
    options = {"maxiter": _ROUNDS, "gtol": _TOLERANCE * strength}
    found = minimize(loss, begin.astype(np.float64).ravel(), jac=True, method="L-BFGS-B", options=options)
    weights = found.x.reshape(shape).astype(np.float32)
    return Linear(weights[:-1], weights[-1])


def fit_machine(features: Any, labels: Sequence[int], classes: int, strength: float) -> Linear:
    """Fit balanced linear support vector machines, one class against the rest; the scores are margins around -1..1.

    Takes a tenth of the time of logistic regression on sparse features. Arguments as those of `fit_linear`.
    """
    from sklearn.svm import LinearSVC

    present = sorted(set(labels))
    if len(present) < 2:
        return _placed(np.zeros((features.shape[1], 0)), np.zeros(0), [], classes, 0.0)
    # The seed orders the rows; the optimum is one.
    model = LinearSVC(
        C=strength, class_weight="balanced", max_iter=_MACHINE_ROUNDS, tol=_MACHINE_TOLERANCE, random_state=0
    )
    _fit_quietly(model, features, labels)
    return _placed(model.coef_.T, model.intercept_, present, classes, _ABSENT)


def _fit_quietly(model: Any, features: Any, labels: Sequence[int]) -> None:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, labels)


def _placed(coefficients: Any, intercepts: Any, present: list[int], classes: int, absent: float) -> Linear:
    """Give each present class its column; two classes come as one column, for the second of them."""
    if len(present) == 2:
        coefficients = np.hstack([-coefficients, coefficients])
        intercepts = np.concatenate([-intercepts, intercepts])
    weights = np.zeros((coefficients.shape[0], classes), dtype=np.float32)
    bias = np.full(classes, absent, dtype=np.float32)
    weights[:, present] = coefficients
    bias[present] = intercepts
    return Linear(weights, bias)


def softmax(scores: Floats) -> Floats:
    """Return probabilities along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)
