"""What the customer wants: one model for all languages, on sentence vectors and character n-grams."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

from bot.nlu.certainty import BARE, Certainty, Sign, fit_certainty, settled, sign
from bot.nlu.encoder import Vectors
from bot.nlu.familiar import Familiar
from bot.nlu.linear import Floats, Linear, fit_dense, fit_machine, softmax
from bot.nlu.meanwhile import Meanwhile
from bot.nlu.ngrams import Ngrams
from bot.nlu.spelling import canonical
from bot.nlu.text import plain
from bot.nlu.weighing import Weighing, fit_weighing
from bot.nlu.whitening import Whitening, fit_whitening, leading

logger = logging.getLogger(__name__)

Numbers = npt.NDArray[np.int64]

OUTSIDE = "out_of_scope"
"""The intent of what no shop serves."""

_PARTS = 10
_USUAL_LINES, _FEWEST_LINES = 10_000, 500
_TEMPERATURES = np.geomspace(0.2, 8.0, 75)
_SMALLEST = 1e-9
_WORTH_A_PROCESS = 5_000
"""Lines from which on a second process saves more than the second or two in which it starts."""
_MOST_NGRAMS = 40_000
SHORTEST_NGRAM = 2
_DIRECTIONS, _BESIDE = 64, 0.04
"""Of the vectors, what stands beside the n-grams, and how large: they keep each other from guessing.

Meant for _USUAL_LINES or fewer; the more lines there are, the more n-grams tell by themselves."""


@dataclass(frozen=True)
class Example:
    """A training line as it is read: brought back to its own script and diacritics."""

    text: str
    intent: str


@dataclass(frozen=True)
class Ranked:
    """An intent and how likely it is, 0..1."""

    name: str
    confidence: float


@dataclass(frozen=True)
class Strengths:
    """Inverse regularisation (scikit-learn's C) of the two halves, and the longest n-gram.

    `vectors` is meant for 10,000 lines; it is larger for fewer lines, by the square root.
    """

    vectors: float = 0.01
    ngrams: float = 1.0
    longest: int = 4


@dataclass(frozen=True)
class IntentModel:
    """A trained model; reading is pure numpy and safe for threads."""

    intents: tuple[str, ...]
    whitening: Whitening
    vectors: Linear
    ngrams: Ngrams
    characters: Linear
    beside: Floats
    weighing: Weighing
    known: Familiar
    certainty: Certainty

    def rank(self, text: str, vector: Floats) -> list[Ranked]:
        """Return all intents, the most likely first. Never raises for any text.

        The first confidence is calibrated: how often such an answer is right. Confidences add up to 1 for a text like
        the training lines and to less for another: the rest is for what no intent covers. A text without any word or
        sign gets equal confidences. `text` is brought back to its own script and diacritics (`bot.nlu.restore`), as
        the training lines were; `vector` is the encoder's for the same text.
        """
        shares = self._calibrated(text, vector) if plain(text) else self._level()
        order = sorted(range(len(self.intents)), key=lambda column: (-shares[column], self.intents[column]))
        return [Ranked(self.intents[column], float(shares[column])) for column in order]

    def shares(self, text: str, vector: Floats) -> Floats:
        """Return the probabilities in the order of `intents`, as if one of them must be right."""
        return self.weighing.shares(self.logarithms(vector), self.margins(text, vector))

    def logarithms(self, vectors: Floats) -> Floats:
        """Return the logarithms of the dense half's probabilities along the last axis."""
        shares = softmax(self.vectors.dense(self.standard(vectors)))
        return np.asarray(np.log(np.maximum(shares, _SMALLEST)), dtype=np.float32)

    def margins(self, text: str, vector: Floats) -> Floats:
        """Return the margin of each intent over all others by the n-grams of a text, and a little by its vector."""
        letters = self.characters.sparse(*self.ngrams.row(seen(text)))
        return np.asarray(letters + self.standard(vector) @ self.beside, dtype=np.float32)

    def standard(self, vectors: Floats) -> Floats:
        """Return vectors in the coordinates of the dense half."""
        return self.whitening.of(vectors)

    def served(self, shares: Floats) -> Floats:
        """Return probabilities without those of "out of scope"."""
        column = self._outside()
        if column is None:
            return shares
        return np.asarray(np.where(np.arange(len(self.intents)) == column, 0.0, shares), dtype=np.float32)

    def sign(self, shares: Floats, margins: Floats, nearness: float) -> Sign:
        """Return what speaks for the best intent that the shop serves."""
        column = self._outside()
        best = int(self.served(shares).argmax())
        outside = 1.0 if column is None else float(shares[column])
        return sign(float(shares[best]), nearness, float(margins[best]), outside)

    def _calibrated(self, text: str, vector: Floats) -> Floats:
        margins = self.margins(text, vector)
        shares = self.weighing.shares(self.logarithms(vector), margins)
        if self.certainty == BARE:
            return shares
        found = self.sign(shares, margins, self.known.nearness(self.standard(vector)))
        return settled(shares, self.certainty.of(found), self._outside())

    def _outside(self) -> int | None:
        return self.intents.index(OUTSIDE) if OUTSIDE in self.intents and len(self.intents) > 1 else None

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

    A first model that does not see one part of the lines tells from that part how much each half counts and how sure
    is sure.
    """
    if not examples:
        raise ValueError("no training examples with an intent")
    strengths = strengths or Strengths()
    material = Material.of(examples, vectors, strengths.longest)
    logger.info("classifier: %d lines, %d n-grams", len(examples), len(material.ngrams.terms))
    inside, outside = divided(examples, _PARTS)
    every = np.arange(len(examples))
    # Not in two threads: machines that are fitted at once share their random numbers, and differ each time.
    whole = Meanwhile(_Half.fit, material, every, strengths) if len(every) >= _WORTH_A_PROCESS else None
    trial = _fit_part(material, _Half.fit(material, inside, strengths), strengths, None)
    weighing, certainty = _tried(trial, material, outside)
    logger.info("classifier: n-grams count %.1f, vectors %.1f", weighing.ngrams, weighing.vectors)
    half = whole.result() if whole else _Half.fit(material, every, strengths)
    model = _fit_part(material, half, strengths, trial)
    return replace(model, weighing=weighing, certainty=certainty)


@dataclass(frozen=True)
class Material:
    """Examples made ready for training: their n-grams are found once, for the first model and for the last."""

    intents: tuple[str, ...]
    labels: Numbers
    vectors: Vectors
    ngrams: Ngrams
    rows: Any

    @classmethod
    def of(cls, examples: Sequence[Example], vectors: Vectors, longest: int) -> Material:
        """Look at all examples."""
        intents = tuple(sorted({example.intent for example in examples}))
        number = {intent: place for place, intent in enumerate(intents)}
        labels = np.asarray([number[example.intent] for example in examples], dtype=np.int64)
        texts = [seen(example.text) for example in examples]
        ngrams = Ngrams.fit(texts, longest, most=_MOST_NGRAMS, shortest=SHORTEST_NGRAM)
        return cls(intents, labels, vectors, ngrams, ngrams.matrix(texts))

    def beside(self, rows: Numbers, whitening: Whitening, directions: Floats) -> Any:
        """Return n-grams and, right of them, the vectors of the lines in these directions, as a sparse matrix."""
        vectors = whitening.of(self.vectors[rows]) @ directions
        return hstack([self.rows[rows], csr_matrix(vectors)]).tocsr()


def divided(examples: Sequence[Example], parts: int) -> tuple[Numbers, Numbers]:
    """Return the rows to learn from and those, about one in `parts`, to try on; equal texts are never divided."""
    texts = [seen(example.text) for example in examples]
    groups = sorted(set(texts))
    shuffled = np.random.default_rng(20_240).permutation(len(groups))
    tried = {
        group for group, place in zip(groups, shuffled, strict=True) if place % parts == 0 and len(groups) > 1
    }
    outside = np.asarray([text in tried for text in texts])
    return np.flatnonzero(~outside), np.flatnonzero(outside)


@dataclass(frozen=True)
class _Half:
    """The character half, trained on some rows, with the whitened vectors of these."""

    labels: list[int]
    whitening: Whitening
    vectors: Floats
    characters: Linear
    beside: Floats

    @classmethod
    def fit(cls, material: Material, rows: Numbers, strengths: Strengths) -> _Half:
        labels = material.labels[rows].tolist()
        whitening = fit_whitening(material.vectors[rows], labels)
        vectors = whitening.of(material.vectors[rows])
        share = _BESIDE * min(1.0, math.sqrt(_USUAL_LINES / len(rows)))
        directions = leading(vectors, _DIRECTIONS) * np.float32(share)
        features = material.beside(rows, whitening, directions)
        machine = fit_machine(features, labels, len(material.intents), strengths.ngrams)
        terms = len(material.ngrams.terms)
        characters = Linear(machine.weights[:terms], machine.bias)
        return cls(labels, whitening, vectors, characters, directions @ machine.weights[terms:])


def _fit_part(
    material: Material, half: _Half, strengths: Strengths, start: IntentModel | None
) -> IntentModel:
    """Add the dense half, for all intents; the halves weigh as usual, and nothing is calibrated.

    `start`, a model of much the same lines, saves time.
    """
    strength = strengths.vectors * math.sqrt(_USUAL_LINES / max(len(half.labels), _FEWEST_LINES))
    before = start.vectors if start else None
    dense = fit_dense(half.vectors, half.labels, len(material.intents), strength, before)
    # Lines outside the shop's scope would make strangers familiar.
    known = Familiar.of(half.vectors[[material.intents[label] != OUTSIDE for label in half.labels]])
    return IntentModel(
        material.intents, half.whitening, dense, material.ngrams, half.characters, half.beside, Weighing(), known,
        BARE,
    )  # fmt: skip


def _tried(trial: IntentModel, material: Material, lines: Numbers) -> tuple[Weighing, Certainty]:
    """Learn from unseen lines."""
    if not len(lines):
        return Weighing(), BARE
    vectors, answers = material.vectors[lines], material.labels[lines]
    logarithms = trial.logarithms(vectors)
    margins = np.asarray(material.rows[lines] @ trial.characters.weights + trial.characters.bias)
    margins += trial.standard(vectors) @ trial.beside
    weighing = fit_weighing(logarithms, margins, answers)
    shares = weighing.shares(logarithms, margins)
    near = trial.known.of_all(trial.standard(vectors))
    signs = [
        trial.sign(row, scores, float(one)) for row, scores, one in zip(shares, margins, near, strict=True)
    ]
    best = [int(trial.served(row).argmax()) for row in shares]
    right = [found == answer for found, answer in zip(best, answers, strict=True)]
    return weighing, fit_certainty(signs, right, [trial.intents[answer] == OUTSIDE for answer in answers])


def best_temperature(shares: Floats, answers: Numbers) -> float:
    """Return the temperature with the smallest log loss on confidences of unseen examples."""
    rows = np.arange(len(answers))

    def loss(temperature: float) -> float:
        right = tempered(shares, temperature)[rows, answers]
        return float(-np.log(np.maximum(right, _SMALLEST)).mean())

    return float(min(_TEMPERATURES, key=loss))
