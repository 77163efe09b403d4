"""What the customer wants: one model for all languages, on sentence vectors and character n-grams."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bot.nlu.certainty import BARE, Certainty, Sign, fit_certainty, raised
from bot.nlu.encoder import Vectors
from bot.nlu.familiar import Familiar
from bot.nlu.linear import Floats, Linear, fit_linear, fit_machine, softmax
from bot.nlu.ngrams import Ngrams
from bot.nlu.spelling import canonical
from bot.nlu.text import plain
from bot.nlu.weighing import Weighing, fit_weighing

logger = logging.getLogger(__name__)

Numbers = npt.NDArray[np.int64]

_PARTS = 5
_USUAL_LINES, _FEWEST_LINES = 10_000, 500
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
    """Inverse regularisation (scikit-learn's C) of the two halves, and the longest n-gram.

    `vectors` is meant for 10,000 lines; it is larger for fewer lines, by the square root.
    """

    vectors: float = 0.03
    ngrams: float = 1.0
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
    weighing: Weighing
    known: Familiar
    certainty: Certainty

    def rank(self, text: str, vector: Floats) -> list[Ranked]:
        """Return all intents, the most likely first. Never raises for any text.

        The first confidence is calibrated: how often such an answer is right. Confidences add up to 1 for a text like
        the training lines and to less for another: the rest is for what no intent covers. A text without any word or
        sign gets equal confidences. `vector` is the encoder's for the same text.
        """
        shares = self._calibrated(text, vector) if plain(text) else self._level()
        order = sorted(range(len(self.intents)), key=lambda column: (-shares[column], self.intents[column]))
        return [Ranked(self.intents[column], float(shares[column])) for column in order]

    def shares(self, text: str, vector: Floats) -> Floats:
        """Return the probabilities in the order of `intents`, as if one of them must be right."""
        return self.weighing.shares(self.logarithms(vector), self.margins(text))

    def glance(self, text: str) -> list[Ranked]:
        """Return what the n-grams alone say, without any vector: quick, and not calibrated."""
        shares = self.weighing.shares(np.zeros(len(self.intents), dtype=np.float32), self.margins(text))
        order = np.argsort(-shares, kind="stable")
        return [Ranked(self.intents[column], float(shares[column])) for column in order]

    def logarithms(self, vectors: Floats) -> Floats:
        """Return the logarithms of the dense half's probabilities along the last axis."""
        shares = softmax(self.vectors.dense(self.standard(vectors)))
        return np.asarray(np.log(np.maximum(shares, _SMALLEST)), dtype=np.float32)

    def margins(self, text: str) -> Floats:
        """Return the margin of each intent over all others by the n-grams of a text."""
        return self.characters.sparse(*self.ngrams.row(seen(text)))

    def standard(self, vectors: Floats) -> Floats:
        """Return vectors with the training lines' mean and deviation taken out."""
        return np.asarray((vectors - self.centre) / self.spread, dtype=np.float32)

    def sign(self, shares: Floats, margins: Floats, vector: Floats) -> tuple[int, Sign]:
        """Return the column of the best intent and what speaks for it."""
        best = int(shares.argmax())
        nearness = self.known.nearness(self.standard(vector), best)
        return best, Sign(float(shares[best]), nearness, float(margins[best]))

    def _calibrated(self, text: str, vector: Floats) -> Floats:
        margins = self.margins(text)
        shares = self.weighing.shares(self.logarithms(vector), margins)
        best, sign = self.sign(shares, margins, vector)
        return shares if self.certainty == BARE else raised(shares, best, self.certainty.of(sign))

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

    Only the first example of each group, the line itself, is learned by its vector: the copies beside it are for the
    n-grams, and their rows of `vectors` are not looked at. A first model that does not see one part of the lines
    tells from that part how much each half counts and how sure is sure.
    """
    if not examples:
        raise ValueError("no training examples with an intent")
    strengths = strengths or Strengths()
    inside, outside = divided(examples)
    trial = fit_part(examples, vectors, inside, strengths)
    logger.info("classifier: first model trained on %d spellings of lines", len(inside))
    lines = leaders(examples, outside)
    weighing, certainty = _tried(trial, [examples[row] for row in lines], vectors[lines])
    model = fit_part(examples, vectors, np.arange(len(examples)), strengths, trial)
    logger.info("classifier: trained; n-grams count %.1f, vectors %.1f", weighing.ngrams, weighing.vectors)
    return replace(model, weighing=weighing, certainty=certainty)


def divided(examples: Sequence[Example], parts: int = _PARTS) -> tuple[Numbers, Numbers]:
    """Return the rows to learn from and those, about one in `parts`, to try on; a group is never divided."""
    groups = sorted({example.group for example in examples})
    shuffled = np.random.default_rng(20_240).permutation(len(groups))
    tried = {
        group for group, place in zip(groups, shuffled, strict=True) if place % parts == 0 and len(groups) > 1
    }
    outside = np.asarray([example.group in tried for example in examples])
    return np.flatnonzero(~outside), np.flatnonzero(outside)


def leaders(examples: Sequence[Example], rows: Numbers) -> Numbers:
    """Return those of the rows that come first in their group: the lines without their copies."""
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        first.setdefault((examples[row].group, examples[row].intent), int(row))
    return np.asarray(list(first.values()), dtype=np.int64)


def fit_part(
    examples: Sequence[Example],
    vectors: Vectors,
    rows: Numbers,
    strengths: Strengths,
    start: IntentModel | None = None,
) -> IntentModel:
    """Train on these rows only, for all intents; the halves weigh as usual, and nothing is calibrated.

    `start`, a model of much the same lines, saves time.
    """
    intents = tuple(sorted({example.intent for example in examples}))
    number = {intent: place for place, intent in enumerate(intents)}
    lines = leaders(examples, rows)
    labels = [number[examples[row].intent] for row in lines]
    part = vectors[lines]
    centre, spread = part.mean(axis=0), part.std(axis=0) + np.float32(1e-6)
    part = (part - centre) / spread
    strength = strengths.vectors * math.sqrt(_USUAL_LINES / max(len(lines), _FEWEST_LINES))
    dense = fit_linear(part, labels, len(intents), strength, start.vectors if start else None)
    spellings = dict.fromkeys((seen(examples[row].text), number[examples[row].intent]) for row in rows)
    texts = [text for text, _ in spellings]
    ngrams = Ngrams.fit(texts, strengths.longest)
    answers = [label for _, label in spellings]
    characters = fit_machine(ngrams.matrix(texts), answers, len(intents), strengths.ngrams)
    known = Familiar.of(part, labels, len(intents))
    return IntentModel(intents, centre, spread, dense, ngrams, characters, Weighing(), known, BARE)


def _tried(trial: IntentModel, lines: Sequence[Example], vectors: Vectors) -> tuple[Weighing, Certainty]:
    """Learn from unseen lines; the same lines with their own intent taken away show what a stranger looks like."""
    if not lines:
        return Weighing(), BARE
    answers = np.asarray([trial.intents.index(line.intent) for line in lines], dtype=np.int64)
    logarithms = trial.logarithms(vectors)
    margins = np.stack([trial.margins(line.text) for line in lines])
    weighing = fit_weighing(logarithms, margins, answers)
    shares = weighing.shares(logarithms, margins)
    signs = [trial.sign(*row) for row in zip(shares, margins, vectors, strict=True)]
    right = [best == answer for (best, _), answer in zip(signs, answers, strict=True)]
    shares[np.arange(len(lines)), answers] = 0.0
    others = shares / np.maximum(shares.sum(axis=1, keepdims=True), _SMALLEST)
    strange = [trial.sign(*row)[1] for row in zip(others, margins, vectors, strict=True)]
    return weighing, fit_certainty([sign for _, sign in signs], right, strange)


def best_temperature(shares: Floats, answers: Numbers) -> float:
    """Return the temperature with the smallest log loss on confidences of unseen examples."""
    rows = np.arange(len(answers))

    def loss(temperature: float) -> float:
        right = tempered(shares, temperature)[rows, answers]
        return float(-np.log(np.maximum(right, _SMALLEST)).mean())

    return float(min(_TEMPERATURES, key=loss))
