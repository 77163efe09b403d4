"""What the customer wants: one model for all languages, on sentence vectors and character n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bot.nlu.encoder import Vectors
from bot.nlu.familiar import Familiarity, fit_familiarity, thinned, unit
from bot.nlu.linear import Floats, Linear, fit_linear, softmax
from bot.nlu.ngrams import Ngrams
from bot.nlu.spelling import canonical
from bot.nlu.text import plain

Numbers = npt.NDArray[np.int64]

_PARTS = 3
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
    known: Familiarity

    def rank(self, text: str, vector: Floats) -> list[Ranked]:
        """Return all intents, the most likely first. Never raises for any text.

        Confidences add up to 1 for a text like the training lines and to less for another: the rest is for what no
        intent covers. A text without any word or sign gets equal confidences. A fallback catches both by threshold.
        `vector` is the encoder's for the same text.
        """
        shares = self._level()
        if plain(text):
            shares = self.shares(text, vector) * np.float32(self.known.share(self.standard(vector)))
        order = sorted(range(len(self.intents)), key=lambda column: (-shares[column], self.intents[column]))
        return [Ranked(self.intents[column], float(shares[column])) for column in order]

    def shares(self, text: str, vector: Floats) -> Floats:
        """Return the probabilities in the order of `intents`, as if one of them must be right."""
        columns, weights = self.ngrams.row(seen(text))
        first = softmax(self.vectors.dense(self.standard(vector)))
        second = softmax(self.characters.sparse(columns, weights))
        # The mean of the logarithms, not of the shares: measured better (docs/decisions/0002).
        return tempered(np.sqrt(first * second), self.temperature)

    def standard(self, vectors: Floats) -> Floats:
        """Return vectors with the training lines' mean and deviation taken out."""
        return np.asarray((vectors - self.centre) / self.spread, dtype=np.float32)

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
    """Train on examples and the vectors of their texts, row by row. Raises ValueError without any example.

    A first model that does not see one part of the lines tells from that part how sure and how familiar is enough.
    """
    if not examples:
        raise ValueError("no training examples with an intent")
    strengths = strengths or Strengths()
    inside, outside = divided(examples)
    trial = fit_part(examples, vectors, inside, strengths)
    shares = np.asarray([trial.shares(examples[row].text, vectors[row]) for row in outside], dtype=np.float32)
    answers = np.asarray([trial.intents.index(examples[row].intent) for row in outside], dtype=np.int64)
    tried = fit_familiarity(
        trial.standard(vectors[_originals(examples, inside)]),
        trial.standard(vectors[_originals(examples, outside)]),
    )
    model = fit_part(examples, vectors, np.arange(len(examples)), strengths)
    lines = thinned(unit(model.standard(vectors[_originals(examples, np.arange(len(examples)))])))
    known = replace(tried, lines=lines)
    return replace(model, temperature=best_temperature(shares, answers), known=known)


def divided(examples: Sequence[Example], parts: int = _PARTS) -> tuple[Numbers, Numbers]:
    """Return the rows to learn from and those, about one in `parts`, to try on; a group is never divided."""
    groups = sorted({example.group for example in examples})
    shuffled = np.random.default_rng(20_240).permutation(len(groups))
    tried = {
        group for group, place in zip(groups, shuffled, strict=True) if place % parts == 0 and len(groups) > 1
    }
    outside = np.asarray([example.group in tried for example in examples])
    return np.flatnonzero(~outside), np.flatnonzero(outside)


def fit_part(
    examples: Sequence[Example], vectors: Vectors, rows: Numbers, strengths: Strengths
) -> IntentModel:
    """Train on these rows only, for all intents; temperature 1, and everything counts as familiar."""
    intents = tuple(sorted({example.intent for example in examples}))
    labels = [intents.index(examples[row].intent) for row in rows]
    texts = [seen(examples[row].text) for row in rows]
    part = vectors[rows]
    centre, spread = part.mean(axis=0), part.std(axis=0) + np.float32(1e-6)
    dense = fit_linear((part - centre) / spread, labels, len(intents), strengths.vectors)
    ngrams = Ngrams.fit(texts, strengths.longest)
    characters = fit_linear(ngrams.matrix(texts), labels, len(intents), strengths.ngrams)
    known = Familiarity(np.zeros((0, vectors.shape[1]), dtype=np.float32), 0.0, 0.0)
    return IntentModel(intents, centre, spread, dense, ngrams, characters, 1.0, known)


def _originals(examples: Sequence[Example], rows: Numbers) -> Numbers:
    return np.asarray([row for row in rows if examples[row].text == examples[row].group], dtype=np.int64)


def best_temperature(shares: Floats, answers: Numbers) -> float:
    """Return the temperature with the smallest log loss on confidences of unseen examples."""
    rows = np.arange(len(answers))

    def loss(temperature: float) -> float:
        right = tempered(shares, temperature)[rows, answers]
        return float(-np.log(np.maximum(right, _SMALLEST)).mean())

    return float(min(_TEMPERATURES, key=loss))
