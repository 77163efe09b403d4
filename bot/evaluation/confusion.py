"""Which intents are taken for which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.evaluation.heldout import OUT_OF_SCOPE, OUTSIDE
from bot.evaluation.judged import Judged


@dataclass(frozen=True)
class IntentScore:
    """Figures of one intent, 0..1, over messages in scope; `taken_for` is what it is mostly mistaken for, or empty."""

    intent: str
    messages: int
    precision: float
    recall: float
    f1: float
    taken_for: str


@dataclass(frozen=True)
class Confusion:
    """So many messages that are `true` were read as `read`."""

    true: str
    read: str
    count: int


@dataclass(frozen=True)
class Matrix:
    """Counts: row i is what is `names[i]`, column j what was read as `names[j]`."""

    names: tuple[str, ...]
    counts: npt.NDArray[np.int64]


def intent_scores(judged: Sequence[Judged]) -> tuple[IntentScore, ...]:
    """Return the figures of each intent that the truth names, the worst F1 first. Outside is no intent."""
    inside = [item for item in judged if not item.held.outside]
    pairs = Counter((item.held.intent, item.best) for item in inside)
    true, read = Counter(item.held.intent for item in inside), Counter(item.best for item in inside)
    scores = []
    for intent, count in true.items():
        hits = pairs[intent, intent]
        wrong = [(number, best) for (held, best), number in pairs.items() if held == intent != best]
        scores.append(
            IntentScore(
                intent,
                count,
                hits / read[intent] if read[intent] else 0.0,
                hits / count,
                2 * hits / (count + read[intent]),
                max(wrong)[1] if wrong else "",
            )
        )
    return tuple(sorted(scores, key=lambda score: (score.f1, score.intent)))


def macro_f1(scores: Sequence[IntentScore]) -> float | None:
    """Return the mean F1; None without any intent."""
    return sum(score.f1 for score in scores) / len(scores) if scores else None


def confusions(judged: Sequence[Judged], most: int = 10) -> tuple[Confusion, ...]:
    """Return the most frequent mistakes of the best intent, outside included."""
    wrong = Counter((_name(item.held.intent), _name(item.best)) for item in judged if not item.right)
    ranked = sorted(wrong.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Confusion(true, read, count) for (true, read), count in ranked[:most])


def matrix(judged: Sequence[Judged]) -> Matrix:
    """Return all counts, `out_of_scope` last."""
    pairs = Counter((_name(item.held.intent), _name(item.best)) for item in judged)
    names = tuple(sorted({name for pair in pairs for name in pair}, key=lambda name: (name in OUTSIDE, name)))
    places = {name: place for place, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for (true, read), count in pairs.items():
        counts[places[true], places[read]] = count
    return Matrix(names, counts)


def _name(intent: str) -> str:
    return OUT_OF_SCOPE if intent in OUTSIDE else intent
