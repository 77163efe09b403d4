"""Trains the reader of feelings: see `bot.nlu.feelings` for its two steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.nlu.classifier import Example, Numbers, Strengths, fit_intents, seen
from bot.nlu.encoder import Vectors
from bot.nlu.feeling_cues import Cues
from bot.nlu.feeling_neighbours import Neighbours
from bot.nlu.feelings import EMOTIONS, FeelingModel, First, Second
from bot.nlu.linear import Floats, Linear

FOLDS = 5
"""Parts of messages whose writers are not told apart."""
FIRST = Strengths(vectors=0.003, ngrams=0.3, longest=4)
"""Feelings need a softer first step than wishes: chosen by cross-validation on the training lines."""

_VALENCE_RIDGE, _SECOND_STRENGTH = 1000.0, 0.1
_SEED = 20_261
_ROUNDS = 500


@dataclass(frozen=True)
class Labelled:
    """A training message: as it was typed, as it is read, what it shows, and who wrote it."""

    text: str
    as_read: str
    emotion: str
    valence: float
    writer: str = ""


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
    return FeelingModel(fit_first(lines), second, cues)


def fit_second(rows: Floats, labelled: Sequence[Labelled]) -> Second:
    """Train the second step on what the first has told of lines that it had not seen."""
    shift, spread = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(spread > 0, 1 / np.maximum(spread, 1e-6), 0.0)
    scaled = ((rows - shift) * scale).astype(np.float32)
    emotions = np.asarray([EMOTIONS.index(line.emotion) for line in labelled])
    valences = np.asarray([line.valence for line in labelled])
    usual = [valences[emotions == kind].mean() if kind in emotions else 0.0 for kind in range(len(EMOTIONS))]
    return Second(
        shift=shift.astype(np.float32),
        scale=scale.astype(np.float32),
        emotions=_fit_shares(scaled, emotions.tolist()),
        usual=np.asarray(usual, dtype=np.float32),
    )


def unseen_features(lines: Lines, cues: Cues) -> Floats:
    """What the second step sees of each line, from first steps that were trained without its writer and its twins."""
    found: Floats | None = None
    for chosen, left in folds(lines):
        told = told_by(fit_first(lines.rows(chosen)), lines.rows(left), cues)
        if found is None:
            found = np.zeros((len(lines.labelled), told.shape[1]), dtype=np.float32)
        found[left] = told
    if found is None:
        raise ValueError("no training messages")
    return found


def told_by(first: First, lines: Lines, cues: Cues) -> Floats:
    """What the second step sees of lines, row by row."""
    model = first.model
    letters = model.ngrams.matrix([seen(line.as_read) for line in lines.labelled])
    margins = np.asarray(letters @ model.characters.weights + model.characters.bias)
    margins += model.standard(lines.vectors) @ model.beside
    signs = np.stack([cues.of(line.text) for line in lines.labelled])
    told = first.told(margins.astype(np.float32), lines.vectors)
    return np.asarray(np.hstack([told, signs]), dtype=np.float32)


def folds(lines: Lines) -> list[tuple[Numbers, Numbers]]:
    """Pairs of rows to learn from and rows to look at; messages that read alike stay together.

    One part a writer, so that a model is judged by messages of people whom it does not know; FOLDS parts by lot where
    the lines have only one writer.
    """
    alike = [seen(line.as_read) for line in lines.labelled]
    writer = {text: line.writer for text, line in zip(reversed(alike), reversed(lines.labelled), strict=True)}
    writers = sorted(set(writer.values()))
    if len(writers) > 1:
        part = np.asarray([writers.index(writer[text]) for text in alike])
    else:
        places = {text: place for place, text in enumerate(sorted(set(alike)))}
        shuffled = np.random.default_rng(_SEED).permutation(len(places)) % FOLDS
        part = np.asarray([shuffled[places[text]] for text in alike])
    return [(np.flatnonzero(part != one), np.flatnonzero(part == one)) for one in sorted(set(part.tolist()))]


def fit_first(lines: Lines) -> First:
    """Train the first step on all lines. ValueError without any."""
    examples = [Example(line.as_read, line.emotion) for line in lines.labelled]
    model = fit_intents(examples, lines.vectors, FIRST)
    white = model.standard(lines.vectors)
    valences = np.asarray([line.valence for line in lines.labelled])
    kinds = [EMOTIONS.index(line.emotion) for line in lines.labelled]
    neighbours = Neighbours.of(white, kinds, valences.tolist(), len(EMOTIONS))
    return First(model, _fit_ridge(white, valences, _VALENCE_RIDGE), neighbours)


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
