"""Shares and means with intervals from answers, and how far they can be believed. Pure.

Answers are counted in cells, so that a million talks are as quick as ten. An answer counts as many talks as it stands
for: one over the probability with which it was drawn (Horvitz and Thompson 1952; Hájek's mean 1971), so that a change
of the setting in between bends nothing. The size that intervals are made with is Kish's (1965): equal weights leave it
the number of answers, unequal ones make it smaller.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import msgspec
from scipy import stats

from bot.asking.rules import COULD_BE_ASKED, NOT_COUNTED, RESULTS, Result

CONFIDENCE = 0.95
GOOD = 4
"""From this answer on (of 5) a customer is satisfied, or likely to do it."""
POOR = 2
"""Up to this answer a customer is dissatisfied, or unlikely to do it."""
LEAST, MOST = 1, 5

_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


class PartOf(msgspec.Struct, frozen=True):
    """`k` of `n`. `share` with its 95 % interval (Wilson 1927), 0 to 1; null if n is 0."""

    n: int
    k: int
    share: float | None
    low: float | None
    high: float | None


class Average(msgspec.Struct, frozen=True):
    """A mean of `n` values with its 95 % interval; null if n is 0, the interval also if it is 1."""

    n: int
    mean: float | None
    low: float | None
    high: float | None


class MoodLevels(msgspec.Struct, frozen=True):
    """Nearest-rank percentiles of `n` moods at the end of talks, -1 to 1; null if n is 0."""

    n: int
    p10: float | None
    p50: float | None
    p90: float | None


class Gap(msgspec.Struct, frozen=True):
    """The difference of two means with its 95 % interval; null if either side has fewer than two."""

    difference: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Cell:
    """So many talks (`count`) that are alike in all of this. `mood` is None where nothing was judged.

    `value` is the answer, None without one; `reached`: the question was sent to a platform, or seen on the page.
    """

    result: Result
    chance: float
    mood: float | None = None
    value: int | None = None
    reached: bool = False
    count: int = 1


class AskedFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How much was asked, what was answered, and who answers. Definitions are in docs/asking.md."""

    talks: int
    results: dict[str, int]
    judged: PartOf
    asked: PartOf
    answered: PartOf
    drawn: PartOf
    meant: float | None
    reached: PartOf
    response: PartOf
    rating: Average
    satisfied: PartOf
    values: dict[str, int]
    mood_of_answered: MoodLevels
    mood_of_silent: MoodLevels
    mood_gap: Gap


def figures(cells: Iterable[Cell]) -> AskedFigures:
    """The figures of these talks."""
    listed = list(cells)
    results = dict.fromkeys(map(str, RESULTS), 0)
    for cell in listed:
        results[cell.result] += cell.count
    counted = [cell for cell in listed if cell.result not in NOT_COUNTED]
    could = [cell for cell in counted if cell.result in COULD_BE_ASKED]
    asked = [cell for cell in counted if cell.result == "asked"]
    answered = [cell for cell in asked if cell.value is not None]
    talks, askable, questions = _count(counted), _count(could), _count(asked)
    answers = Counter[tuple[int, float]]()
    for cell in asked:
        if cell.value is not None:
            answers[cell.value, cell.chance] += cell.count
    spoke, silent = _moods(answered), _moods(cell for cell in asked if cell.value is None)
    return AskedFigures(
        talks=talks,
        results=results,
        judged=part(_count(counted, lambda cell: cell.mood is not None), talks),
        asked=part(questions, talks),
        answered=part(_count(answered), talks),
        drawn=part(questions, askable),
        meant=math.fsum(cell.chance * cell.count for cell in could) / askable if askable else None,
        reached=part(_count(asked, lambda cell: cell.reached), questions),
        response=part(_count(answered), questions),
        rating=mean(answers),
        satisfied=share(answers, lambda value: value >= GOOD),
        values=spread(answers),
        mood_of_answered=levels(spoke),
        mood_of_silent=levels(silent),
        mood_gap=gap(spoke, silent),
    )


def part(k: int, n: int) -> PartOf:
    """`k` of `n` with Wilson's interval, without correction."""
    return PartOf(n, k, *_wilson(k / n, n)) if n else PartOf(0, 0, None, None, None)


def share(answers: Mapping[tuple[int, float], int], wanted: Callable[[int], bool]) -> PartOf:
    """The share of talks (or customers) with such an answer, by answers counted by (value, probability)."""
    n = sum(answers.values())
    if not n:
        return PartOf(0, 0, None, None, None)
    weights, size = _weights(answers)
    wished = math.fsum(weight for (value, _), weight in weights.items() if wanted(value))
    found = wished / math.fsum(weights.values())
    k = sum(count for (value, _), count in answers.items() if wanted(value))
    return PartOf(n, k, *_wilson(found, size))


def mean(answers: Mapping[tuple[int, float], int]) -> Average:
    """The mean answer by answers counted by (value, probability), with Student's t.

    For the variance alone, one answer at each end of the scale is added: a few that are all the same would else claim
    to be sure (after Agresti and Coull 1998, who add to both sides of a share).
    """
    n = sum(answers.values())
    if not n:
        return Average(0, None, None, None)
    weights, size = _weights(answers)
    whole = math.fsum(weights.values())
    middle = math.fsum(weight * value for (value, _), weight in weights.items()) / whole
    if size <= 1:
        return Average(n, middle, None, None)
    squares = (
        math.fsum(weight * (value - middle) ** 2 for (value, _), weight in weights.items()) / whole * size
    )
    ends = (LEAST - middle) ** 2 + (MOST - middle) ** 2
    error = math.sqrt((squares + ends) / (size + 1) / size)
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, size - 1)) * error
    return Average(n, middle, max(LEAST, middle - reach), min(MOST, middle + reach))


def spread(answers: Mapping[tuple[int, float], int]) -> dict[str, int]:
    """How many gave each answer, 1 to 5."""
    return {
        str(value): sum(count for (given, _), count in answers.items() if given == value)
        for value in range(LEAST, MOST + 1)
    }


def levels(moods: Mapping[float, int]) -> MoodLevels:
    """Percentiles of moods by their counts."""
    n = sum(moods.values())
    if not n:
        return MoodLevels(0, None, None, None)
    return MoodLevels(n, *(_nearest_rank(moods, n, share) for share in (0.1, 0.5, 0.9)))


def gap(first: Mapping[float, int], second: Mapping[float, int]) -> Gap:
    """Mean of the first moods minus mean of the second, with Welch's interval (1947)."""
    sides = [_moments(first), _moments(second)]
    if any(n < 2 for n, _, _ in sides):
        return Gap(None, None, None)
    (n, one, spread_of_one), (m, two, spread_of_two) = sides
    errors = (spread_of_one / n, spread_of_two / m)
    difference, whole = one - two, sum(errors)
    if whole == 0:
        return Gap(difference, difference, difference)
    freedom = whole**2 / (errors[0] ** 2 / (n - 1) + errors[1] ** 2 / (m - 1))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * math.sqrt(whole)
    return Gap(difference, difference - reach, difference + reach)


def _wilson(found: float, size: float) -> tuple[float, float, float]:
    middle = (found + _Z**2 / (2 * size)) / (1 + _Z**2 / size)
    reach = _Z / (1 + _Z**2 / size) * math.sqrt(found * (1 - found) / size + (_Z / (2 * size)) ** 2)
    # Rounding must not put the share outside of its own interval.
    return found, min(found, max(0.0, middle - reach)), max(found, min(1.0, middle + reach))


def _weights(answers: Mapping[tuple[int, float], int]) -> tuple[dict[tuple[int, float], float], float]:
    """The weight of all answers of each kind, and Kish's effective size."""
    weights = {key: count / key[1] for key, count in answers.items()}
    squares = math.fsum(count / key[1] ** 2 for key, count in answers.items())
    return weights, math.fsum(weights.values()) ** 2 / squares


def _count(cells: Sequence[Cell], wanted: Callable[[Cell], bool] = lambda cell: True) -> int:
    return sum(cell.count for cell in cells if wanted(cell))


def _moods(cells: Iterable[Cell]) -> dict[float, int]:
    found: dict[float, int] = {}
    for cell in cells:
        if cell.mood is not None:
            found[cell.mood] = found.get(cell.mood, 0) + cell.count
    return found


def _moments(moods: Mapping[float, int]) -> tuple[int, float, float]:
    n = sum(moods.values())
    if n < 2:
        return n, 0.0, 0.0
    # The exact sum: the order of the cells, which is the database's, must not be seen.
    middle = math.fsum(mood * count for mood, count in moods.items()) / n
    return n, middle, math.fsum((mood - middle) ** 2 * count for mood, count in moods.items()) / (n - 1)


def _nearest_rank(moods: Mapping[float, int], n: int, share: float) -> float:
    wanted, seen = math.ceil(share * n), 0
    for mood in sorted(moods):
        seen += moods[mood]
        if seen >= wanted:
            return mood
    raise AssertionError("the ranks of all values are seen by the last one")
