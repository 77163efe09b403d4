"""What the customer wants: one model for all languages, on sentence vectors and character n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bot.nlu.encoder import Vectors
from bot.nlu.linear import Floats, Linear, fit_linear, softmax
from bot.nlu.ngrams import Ngrams
from bot.nlu.spelling import canonical
from bot.nlu.text import plain

Numbers = npt.NDArray[np.int64]

_FOLDS = 3
_TEMPERATURES = np.geomspace(0.2, 8.0, 75)
_SMALLEST = 1e-9


@dataclass(frozen=True)
class Example:
    """A training line; lines of one `group` are spellings of one line, kept together in validation."""

    text: str
    intent: str
    group: str


@dataclass(frozen=True)
class Ranked:
    """An intent and how likely it is, 0..1."""

    name: str
    confidence: float


@dataclass(frozen=True)
class Strengths:
    """Inverse regularisation (scikit-learn's C) of the two halves, and the longest n-gram."""

    vectors: float = 0.01
    ngrams: float = 40.0
    longest: int = 5


@dataclass(frozen=True)
class IntentModel:
    """A trained model; reading is pure numpy and safe for threads."""

    intents: tuple[str, ...]
    centre: Floats
    spread: Floats
    vectors: Linear
    ngrams: Ngrams
    characters: Linear
    temperature: float

    def rank(self, text: str, vector: Floats) -> list[Ranked]:
        """Return all intents, the most likely first; confidences add up to 1. Never raises for any text.

        `vector` is the encoder's for the same text. A text without any word or sign gets equal
        confidences, which a fallback catches.
        """
        shares = self.shares(text, vector) if plain(text) else self._level()
        order = sorted(range(len(self.intents)), key=lambda column: (-shares[column], self.intents[column]))
        return [Ranked(self.intents[column], float(shares[column])) for column in order]

    def shares(self, text: str, vector: Floats) -> Floats:
        """Return the confidences in the order of `intents`."""
        columns, weights = self.ngrams.row(seen(text))
        first = softmax(self.vectors.dense((vector - self.centre) / self.spread))
        second = softmax(self.characters.sparse(columns, weights))
        # The mean of the logarithms, not of the shares: measured better (docs/decisions/0002).
        return tempered(np.sqrt(first * second), self.temperature)

    def _level(self) -> Floats:
        return np.full(len(self.intents), 1 / max(1, len(self.intents)), dtype=np.float32)


def seen(text: str) -> str:
    """Return what the character half sees of a text."""
    return canonical(plain(text))


def tempered(shares: Floats, temperature: float) -> Floats:
    """Sharpen (below 1) or flatten (above 1) probabilities along the last axis."""
    return softmax(np.log(np.maximum(shares, _SMALLEST)) / temperature)


def fit_intents(
    examples: Sequence[Example], vectors: Vectors, strengths: Strengths | None = None
) -> IntentModel:
    """Train on examples and the vectors of their texts, row by row. Raises ValueError without any example."""
    if not examples:
        raise ValueError("no training examples with an intent")
    strengths = strengths or Strengths()
    shares, answers = cross_validated(examples, vectors, strengths)
    model = _fit(examples, vectors, _intents(examples), strengths)
    return replace(model, temperature=best_temperature(shares, answers))


def cross_validated(
    examples: Sequence[Example], vectors: Vectors, strengths: Strengths, folds: int = _FOLDS
) -> tuple[Floats, Numbers]:
    """Return untempered confidences of each example by models that saw none of its group, and the answers."""
    intents = _intents(examples)
    answers = np.asarray([intents.index(example.intent) for example in examples], dtype=np.int64)
    shares = np.full((len(examples), len(intents)), 1 / len(intents), dtype=np.float32)
    fold = _folds(examples, folds)
    for number in range(folds):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if len(inside) and len(outside):
            model = _fit([examples[row] for row in inside], vectors[inside], intents, strengths)
            shares[outside] = [model.shares(examples[row].text, vectors[row]) for row in outside]
    return shares, answers


def best_temperature(shares: Floats, answers: Numbers) -> float:
    """Return the temperature with the smallest log loss on confidences of unseen examples."""
    rows = np.arange(len(answers))

    def loss(temperature: float) -> float:
        right = tempered(shares, temperature)[rows, answers]
        return float(-np.log(np.maximum(right, _SMALLEST)).mean())

    return float(min(_TEMPERATURES, key=loss))


def _fit(
    examples: Sequence[Example], vectors: Vectors, intents: tuple[str, ...], strengths: Strengths
) -> IntentModel:
    labels = [intents.index(example.intent) for example in examples]
    texts = [seen(example.text) for example in examples]
    centre, spread = vectors.mean(axis=0), vectors.std(axis=0) + np.float32(1e-6)
    dense = fit_linear((vectors - centre) / spread, labels, len(intents), strengths.vectors)
    ngrams = Ngrams.fit(texts, strengths.longest)
    characters = fit_linear(ngrams.matrix(texts), labels, len(intents), strengths.ngrams)
    return IntentModel(intents, centre, spread, dense, ngrams, characters, 1.0)


def _intents(examples: Sequence[Example]) -> tuple[str, ...]:
    return tuple(sorted({example.intent for example in examples}))


def _folds(examples: Sequence[Example], folds: int) -> Numbers:
    groups = sorted({example.group for example in examples})
    shuffled = np.random.default_rng(20_240).permutation(len(groups))
    place = {group: int(shuffled[number]) % folds for number, group in enumerate(groups)}
    return np.asarray([place[example.group] for example in examples], dtype=np.int64)
