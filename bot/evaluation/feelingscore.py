"""How well feelings are read: what a message was told to show beside what was read of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.evaluation.markdown import number, table
from bot.nlu.feelings import HAPPY, UNHAPPY, Feeling

LANGUAGES = ("en", "pl", "el", "bg", "ro")
_BINS = 10


@dataclass(frozen=True)
class Told:
    """A message with what it shows, by its writer."""

    language: str
    emotion: str
    valence: float
    text: str
    writer: str = ""

    @property
    def side(self) -> str:
        """negative, neutral or positive."""
        return "negative" if self.valence <= UNHAPPY else "positive" if self.valence >= HAPPY else "neutral"


@dataclass(frozen=True)
class Score:
    """How well some messages were read: shares of 1, and the mean absolute error of the valence."""

    messages: int
    emotions: float
    sides: float
    valence_error: float
    calibration_error: float


def score(told: Sequence[Told], read: Sequence[Feeling]) -> Score:
    """Judge readings; emotions by macro-F1 over those that occur, calibration of the likeliest emotion in ten bins."""
    right = [one.emotion == feeling.emotion for one, feeling in zip(told, read, strict=True)]
    sure = [feeling.emotions[feeling.emotion] for feeling in read]
    return Score(
        messages=len(told),
        emotions=_macro_f1([one.emotion for one in told], [feeling.emotion for feeling in read]),
        sides=float(np.mean([one.side == two.side for one, two in zip(told, read, strict=True)])),
        valence_error=float(
            np.mean([abs(one.valence - two.valence) for one, two in zip(told, read, strict=True)])
        ),
        calibration_error=_calibration_error(sure, right),
    )


def by_language(told: Sequence[Told], read: Sequence[Feeling]) -> dict[str, Score]:
    """The score of each language that occurs, and of all together as "all"."""
    scores = {}
    for language in LANGUAGES:
        rows = [row for row, one in enumerate(told) if one.language == language]
        if rows:
            scores[language] = score([told[row] for row in rows], [read[row] for row in rows])
    return {**scores, "all": score(told, read)}


def as_table(scores: dict[str, Score]) -> str:
    """Scores as a Markdown table."""
    head = ["", "messages", "emotions, macro-F1", "negative/neutral/positive", "valence, error", "ECE"]
    rows = [
        [
            name,
            str(one.messages),
            number(one.emotions),
            number(one.sides),
            number(one.valence_error),
            number(one.calibration_error),
        ]
        for name, one in scores.items()
    ]
    return table(head, rows)


def _macro_f1(truth: Sequence[str], read: Sequence[str]) -> float:
    found = []
    for name in sorted(set(truth)):
        hits = sum(one == two == name for one, two in zip(truth, read, strict=True))
        found.append(2 * hits / (truth.count(name) + read.count(name)))
    return sum(found) / len(found)


def _calibration_error(sure: Sequence[float], right: Sequence[bool]) -> float:
    places = np.minimum((np.asarray(sure) * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(np.mean(np.asarray(sure)[places == place]) - np.mean(np.asarray(right)[places == place]))
        * np.mean(places == place)
        for place in sorted(set(places.tolist()))
    ]
    return float(sum(gaps))
