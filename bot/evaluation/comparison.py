"""Ways of classifying compared on the same training lines; cross-validation never divides a line's spellings."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.evaluation.judged import Judged
from bot.evaluation.pipeline import Line, as_judged
from bot.evaluation.reading import Progress
from bot.evaluation.scores import Score, score
from bot.evaluation.twins import normal
from bot.nlu.classifier import Ranked
from bot.nlu.spelling import variants

PARTS = 5


class Reader(Protocol):
    """Something trained."""

    def read(self, lines: Sequence[Line]) -> list[list[Ranked]]:
        """Return all intents for each line, the most likely first; it may look at text and language only."""


class Candidate(Protocol):
    """A way of classifying."""

    @property
    def name(self) -> str:
        """What stands in the table."""

    def fit(self, lines: Sequence[Line]) -> Reader:
        """Train."""


@dataclass(frozen=True)
class Compared:
    """What one candidate reached: over all judged lines, by language, by variant; training in seconds a fold."""

    name: str
    score: Score
    languages: dict[str, Score]
    variants: dict[str, Score]
    fit_seconds: float


@dataclass(frozen=True)
class Fold:
    """Lines to train on, and lines to judge by with their variants."""

    train: tuple[Line, ...]
    test: tuple[tuple[str, Line], ...]


def folds(lines: Sequence[Line], parts: int = PARTS, *, unseen_spellings: bool = False) -> Iterator[Fold]:
    """Divide lines into `parts`, each once to judge by. Lines of equal letters stay together, in any language.

    With `unseen_spellings` each judged line comes also without diacritics, in Latin letters and with a slip.
    """
    groups = sorted({normal(line.group) for line in lines})
    random.Random(parts).shuffle(groups)
    part_of = {group: place % parts for place, group in enumerate(groups)}
    for part in range(parts):
        train = [line for line in lines if part_of[normal(line.group)] != part]
        test = [line for line in lines if part_of[normal(line.group)] == part]
        judged = [pair for line in test for pair in _spelled(line, unseen_spellings)]
        yield Fold(tuple(train), tuple(judged))


def compare(candidate: Candidate, chosen: Sequence[Fold], progress: Progress) -> tuple[Compared, Reader]:
    """Train and judge a candidate on each of these folds; also returns what the last training made.

    ValueError without a fold.
    """
    judged: list[Judged] = []
    seconds, reader = 0.0, None
    for number, fold in enumerate(chosen, start=1):
        progress(f"{candidate.name}: fold {number} of {len(chosen)}, {len(fold.train)} lines")
        started = time.perf_counter()
        reader = candidate.fit(fold.train)
        seconds += time.perf_counter() - started
        rankings = reader.read([line for _, line in fold.test])
        judged += [
            as_judged(line, ranking, variant)
            for (variant, line), ranking in zip(fold.test, rankings, strict=True)
        ]
    if reader is None:
        raise ValueError("no fold to compare on")
    return _compared(candidate.name, judged, seconds / len(chosen)), reader


def _compared(name: str, judged: Sequence[Judged], seconds: float) -> Compared:
    plain = [item for item in judged if item.held.variant == "plain"]
    return Compared(
        name,
        score(plain),
        {
            language: score([item for item in plain if item.held.language == language])
            for language in sorted({item.held.language for item in judged})
        },
        {
            variant: score([item for item in judged if item.held.variant == variant])
            for variant in dict.fromkeys(item.held.variant for item in judged)
        },
        seconds,
    )


def _spelled(line: Line, unseen_spellings: bool) -> list[tuple[str, Line]]:
    if not unseen_spellings:
        return [("plain", line)]
    copies = variants(line.text)
    spelled = [(copy.style, Line(copy.text, line.intent, line.language, line.group)) for copy in copies]
    return [("plain", line), *spelled]
