"""Loyalty, apart from satisfaction: who came back and with what, who would, and who leaves though satisfied. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from bot.asking.estimates import GOOD, POOR, Average, PartOf, mean, part, share, spread
from bot.asking.rules import BACK_WITHIN, SAME_WITHIN

Return = Literal["same", "new", "unclear"]
GOOD_MOOD = 0.25
"""From this level on a talk ended in a good mood."""
HABIT = 3
"""From so many talks on a customer has a habit."""
USUAL_TIMES = 3
"""Who is away for longer than so many of their usual pauses, and than any pause before, stays away."""
AWAY = timedelta(days=14)
"""... but nobody who was here so lately."""


@dataclass(frozen=True)
class Visit:
    """One talk as loyalty sees it. `wish` is None if none was understood."""

    began_at: datetime
    ended_at: datetime
    wish: str | None


@dataclass(frozen=True)
class BackCell:
    """So many customers (`count`) whose first talk of the period was followed by this; `due`: 90 days have passed."""

    came_back: Return | None
    due: bool
    count: int = 1


class CameBack(msgspec.Struct, frozen=True, kw_only=True):
    """What customers did within 90 days: shares of those whose 90 days are over.

    `not_yet` are the others, of whom nothing is said, `back_already` those among them who are back.
    """

    new: PartOf
    same: PartOf
    unclear: PartOf
    never: PartOf
    not_yet: int
    back_already: int


class Likely(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to one of the questions, 1 (certainly not) to 5 (certainly)."""

    asked: int
    response: PartOf
    answers: int
    mean: Average
    promoters: PartOf
    detractors: PartOf
    values: dict[str, int]


@dataclass(frozen=True)
class Habit:
    """A customer's last talk, and the pauses between their talks until then. `value` is their latest loyalty answer."""

    ended_at: datetime
    visits: int
    pauses: timedelta
    longest: timedelta
    rating: int | None
    mood: float | None
    value: int | None = None

    @property
    def usual(self) -> timedelta | None:
        """The mean pause; None without a habit."""
        return self.pauses / (self.visits - 1) if self.visits >= HABIT else None


def came_back(visit: Visit, later: Iterable[Visit]) -> Return | None:
    """With what a customer came back after a talk; None if not within 90 days.

    `same`: with the same wish within 14 days. `new`: with any wish. `unclear`: with none that was understood.
    """
    in_time = [item for item in later if item.began_at - visit.ended_at < BACK_WITHIN]
    if visit.wish is not None and any(
        item.wish == visit.wish and item.began_at - visit.ended_at < SAME_WITHIN for item in in_time
    ):
        return "same"
    if any(item.wish is not None for item in in_time):
        return "new"
    return "unclear" if in_time else None


def returns(cells: Iterable[BackCell]) -> CameBack:
    """The figures of these customers."""
    listed = list(cells)
    due = [cell for cell in listed if cell.due]
    n = sum(cell.count for cell in due)

    def of(kind: Return | None) -> PartOf:
        return part(sum(cell.count for cell in due if cell.came_back == kind), n)

    return CameBack(
        new=of("new"),
        same=of("same"),
        unclear=of("unclear"),
        never=of(None),
        not_yet=sum(cell.count for cell in listed if not cell.due),
        back_already=sum(cell.count for cell in listed if not cell.due and cell.came_back),
    )


def likely(asked: int, answers: Mapping[tuple[int, float], int]) -> Likely:
    """The figures of one question, by its answers counted by (value, probability)."""
    n = sum(answers.values())
    return Likely(
        asked=asked,
        response=part(n, asked),
        answers=n,
        mean=mean(answers),
        promoters=share(answers, lambda value: value >= GOOD),
        detractors=share(answers, lambda value: value <= POOR),
        values=spread(answers),
    )


def satisfied(habit: Habit) -> bool:
    """Whether the last talk went well, as far as was said or read."""
    return (habit.rating or 0) >= GOOD or (habit.mood is not None and habit.mood >= GOOD_MOOD)


def leaving(habit: Habit, moment: datetime) -> Literal["answered_low", "stayed_away"] | None:
    """Why a satisfied customer seems to leave all the same; None if they do not, or were not satisfied."""
    if not satisfied(habit):
        return None
    if habit.value is not None and habit.value <= POOR:
        return "answered_low"
    away = moment - habit.ended_at
    if habit.usual is None or away <= max(USUAL_TIMES * habit.usual, habit.longest, AWAY):
        return None
    return "stayed_away"
