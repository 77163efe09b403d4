"""How a customer feels about us over several conversations. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.signals.course import Arc

HALF_LIFE = timedelta(days=60)
"""After this time a conversation counts half as much."""


@dataclass(frozen=True)
class Remembered:
    """What of one conversation stays: `value` from -1 to 1, `weight` from 0 (long ago) to 1 (now)."""

    ended_at: datetime
    value: float
    weight: float


@dataclass(frozen=True)
class Relationship:
    """The course over conversations, oldest first.

    `level` is the weighted mean of what is remembered, -1 to 1, and 0 if nothing is. `lowest` is the lowest level
    of all, however old. `falls` and `unrepaired` are numbers of falls, each counted with its conversation's weight.
    """

    course: tuple[Remembered, ...]
    level: float
    lowest: float
    falls: float
    unrepaired: float


def relationship(arcs: Iterable[Arc], moment: datetime) -> Relationship:
    """The relationship as of `moment`, from the conversations' arcs in any order; later ones count in full.

    Conversations in which no reading counts are left out.
    """
    known = sorted(
        (item for item in arcs if any(point.counts for point in item.points)),
        key=lambda item: (_ended(item), item.points[-1].seq),
    )
    course = tuple(
        Remembered(_ended(item), remembered(item), _weight(_ended(item), moment)) for item in known
    )
    whole = sum(one.weight for one in course)
    return Relationship(
        course=course,
        level=sum(one.weight * one.value for one in course) / whole if whole else 0.0,
        lowest=min((item.lowest for item in known), default=0.0),
        falls=sum(one.weight * len(item.falls) for one, item in zip(course, known, strict=True)),
        unrepaired=sum(
            one.weight for one, item in zip(course, known, strict=True) if item.open_fall is not None
        ),
    )


def remembered(item: Arc) -> float:
    """What stays of a conversation: the mean of its strongest moment and its end, -1 to 1.

    The peak-end rule (Kahneman, Fredrickson, Schreiber and Redelmeier 1993): how long a thing was unpleasant is
    forgotten, how bad it got and how it ended is not. Of two moments that are as strong the bad one stays.
    """
    strongest = item.peak if item.peak > -item.lowest else item.lowest
    return (strongest + item.end) / 2


def _ended(item: Arc) -> datetime:
    return item.points[-1].at


def _weight(ended_at: datetime, moment: datetime) -> float:
    return float(0.5 ** (max(timedelta(0), moment - ended_at) / HALF_LIFE))
