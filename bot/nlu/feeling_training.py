"""Trains the reader of feelings: see `bot.nlu.feelings` for its two steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.nlu.classifier import Example, IntentModel, Numbers, Strengths, fit_intents, seen
from bot.nlu.encoder import Vectors
from bot.nlu.feeling_cues import Cues
from bot.nlu.feelings import EMOTIONS, FeelingModel, Second, features, in_order
from bot.nlu.linear import Floats, Linear

FOLDS = 5
FIRST = Strengths(vectors=0.003, ngrams=0.3, longest=4)
"""Feelings need a softer first step than wishes: chosen by cross-validation on the training lines."""

_FIRST_RIDGE, _SECOND_RIDGE, _SECOND_STRENGTH = 1000.0, 10.0, 0.1
_SEED = 20_261
_ROUNDS = 500


@dataclass(frozen=True)
class Labelled:
    """A training message: as it was typed, as it is read, and what it shows."""

    text: str
    as_read: str
    emotion: str
    valence: float


@dataclass(frozen=True)
class Lines:
    """Messages with the vectors of what is read, row by row."""

    labelled: Sequence[Labelled]
    vectors: Vectors

    def rows(self, chosen: Numbers) -> Lines:
        """Some of them."""
        return Lines([self.labelled[row] for row in chosen], self.vectors[chosen])


def fit_feelings(lines: Lines, cues: Cues) -> FeelingModel:
    """Train on messages of customers. ValueError without any."""
    second = fit_second(unseen_features(lines, cues), lines.labelled)
    first, first_valence = _fit_first(lines)
    return FeelingModel(first, first_valence, second, cues)


def fit_second(rows: Floats, labelled: Sequence[Labelled]) -> Second:
    """Train the second step on what the first has told of lines that it had not seen."""
    shift, spread = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(spread > 0, 1 / np.maximum(spread, 1e-6), 0.0)
    scaled = ((rows - shift) * scale).astype(np.float32)
    valences = np.asarray([line.valence for line in labelled])
    return Second(
        shift=shift.astype(np.float32),
        scale=scale.astype(np.float32),
        emotions=_fit_shares(scaled, [EMOTIONS.index(line.emotion) for line in labelled]),
        valence=_fit_ridge(scaled, valences, _SECOND_RIDGE),
    )


def unseen_features(lines: Lines, cues: Cues) -> Floats:
    """What the second step sees of each line, from first steps that were trained without it and its twins."""
    found: Floats | None = None
    for chosen, left in folds(lines):
        first, valence = _fit_first(lines.rows(chosen))
        for row in left:
            line, vector = lines.labelled[row], lines.vectors[row]
            shares = in_order(first, first.shares(line.as_read, vector))
            one = features(shares, valence.dense(first.standard(vector)), cues.of(line.text))
            if found is None:
                found = np.zeros((len(lines.labelled), len(one)), dtype=np.float32)
            found[row] = one
    if found is None:
        raise ValueError("no training messages")
    return found


def folds(lines: Lines) -> list[tuple[Numbers, Numbers]]:
    """FOLDS pairs of rows to learn from and rows to look at; messages that read alike stay together."""
    alike = [seen(line.as_read) for line in lines.labelled]
    places = {text: place for place, text in enumerate(sorted(set(alike)))}
    shuffled = np.random.default_rng(_SEED).permutation(len(places)) % FOLDS
    part = np.asarray([shuffled[places[text]] for text in alike])
    return [(np.flatnonzero(part != fold), np.flatnonzero(part == fold)) for fold in range(FOLDS)]


def _fit_first(lines: Lines) -> tuple[IntentModel, Linear]:
    first = fit_intents(
        [Example(line.as_read, line.emotion) for line in lines.labelled], lines.vectors, FIRST
    )
    valences = np.asarray([line.valence for line in lines.labelled])
    return first, _fit_ridge(first.standard(lines.vectors), valences, _FIRST_RIDGE)


def _fit_shares(rows: Floats, labels: Sequence[int]) -> Linear:
    """Logistic regression that keeps the shares of the classes as they are: its probabilities are meant."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=_SECOND_STRENGTH, max_iter=_ROUNDS).fit(rows, labels)
    weights = np.zeros((rows.shape[1], len(EMOTIONS)), dtype=np.float32)
    bias = np.full(len(EMOTIONS), -np.inf, dtype=np.float32)
    weights[:, model.classes_] = model.coef_.T
    bias[model.classes_] = model.intercept_
    return Linear(weights, bias)


def _fit_ridge(rows: Floats, answers: Floats, strength: float) -> Linear:
    """Ridge regression with one answer a row; the bias costs nothing."""
    shift, middle = rows.mean(axis=0), float(answers.mean())
    centred = (rows - shift).astype(np.float64)
    gram = centred.T @ centred + strength * np.eye(rows.shape[1])
    weights = np.linalg.solve(gram, centred.T @ (answers - middle))
    bias = middle - float(shift @ weights)
    return Linear(weights.astype(np.float32)[:, None], np.asarray([bias], dtype=np.float32))
