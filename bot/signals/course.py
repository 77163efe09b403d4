"""The course of a customer's mood in one conversation: where it fell, and whether and by whom it was repaired. Pure.

The level is that of a local level model, followed by a Kalman filter (Kalman 1960; Durbin and Koopman, Time Series
Analysis by State Space Methods, 2012, chapter 2). Each reading moves it by a share (the gain) of what it differs by.
The surer the reader, the greater the share: two thirds for a sure reading, a tenth or so where the reader guesses.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.models import AuthorKind
from bot.signals.readings import Ours, Reading

LOW = -0.3
"""At this level or below (valence, -1..1) a customer is unhappy."""
CALM = -0.15
"""At this level or above an unhappy customer is so no more: what fell is repaired."""
DROP = 0.25
"""A fall is at least so deep."""
OPENING = timedelta(minutes=3)
"""What customers write in so short a time, before we have said anything, is one beginning in several messages."""

_DRIFT = 0.06
"""Variance by which a mood moves from one message to the next (valence squared)."""
_NOISE = 0.035
"""Variance of a reading of which the reader is sure."""
_START = 0.25
"""Variance of moods before the first message; their mean is 0."""
_GUESS = 0.02
"""Readings of less certainty than this count as of this."""


@dataclass(frozen=True)
class Point:
    """A customer's message on the course. `level` is the mood after it; a reading that does not count keeps it."""

    message_id: str
    seq: int
    at: datetime
    valence: float
    emotion: str
    level: float
    counts: bool


@dataclass(frozen=True)
class Repair:
    """That the level is calm again. `by` wrote our last message before; None if we wrote nothing since the fall.

    `seconds` is the time from the fall, or from the first message of a customer who began low.
    """

    message_id: str
    at: datetime
    seconds: float
    by: AuthorKind | None
    agent_id: str | None
    ours_id: str | None


@dataclass(frozen=True)
class Fall:
    """That a customer became unhappy. `message_id` is the message with which it showed, `emotion` its leading one.

    `from_level` is the highest level since the start or the last repair, `lowest` the lowest until the repair,
    `after` our last message before it; None if we had said nothing yet, so that it fell in silence.
    """

    message_id: str
    seq: int
    at: datetime
    emotion: str
    from_level: float
    lowest: float
    after: Ours | None
    repair: Repair | None

    @property
    def depth(self) -> float:
        """How far it went down, 0.25 to 1, counted from 0 where it came from above: lost joy is no harm."""
        return min(self.from_level, 0.0) - self.lowest


@dataclass(frozen=True)
class Arc:
    """The course of a conversation. Every level is from -1 to 1, and 0 if no reading counts.

    `peak`, `lowest` and `end` are the highest, lowest and last level: a thank-you moves the last and never the
    lowest. `unhappy_share` is the share of messages after which the level was low, 0 to 1. `begins_low`: the
    customer came unhappy, which is no fall; `first_repair` tells how that was mended. `sorry_said`: we said sorry
    since the last fall, or at any time if there was none.
    """

    points: tuple[Point, ...]
    falls: tuple[Fall, ...]
    peak: float
    lowest: float
    end: float
    unhappy_share: float
    begins_low: bool
    first_repair: Repair | None
    sorry_said: bool

    @property
    def open_fall(self) -> Fall | None:
        """The fall that is not repaired yet, None if there is none."""
        return self.falls[-1] if self.falls and self.falls[-1].repair is None else None

    @property
    def unhappy(self) -> bool:
        """Whether the customer is unhappy now: fell, or began low, and that is not repaired."""
        return self.open_fall is not None or (self.begins_low and self.first_repair is None)


def arc(readings: Iterable[Reading], ours: Iterable[Ours]) -> Arc:
    """The course through the readings of one conversation, one a message, in any order; `seq` orders them.

    A weak reading moves nothing. One mild dip is no fall, one sure and strong reading is. Of what of ours came
    between only the order and the authors count, never the words.
    """
    points = _points(sorted(readings, key=lambda reading: (reading.seq, reading.at, reading.message_id)))
    said = sorted(ours, key=lambda message: (message.seq, message.at, message.message_id))
    counted = [point for point in points if point.counts]
    levels = [point.level for point in counted] or [0.0]
    opening = _opening(counted, said)
    begins_low = bool(counted) and counted[opening - 1].level <= LOW
    falls = _falls(counted, opening, said)
    since = falls[-1].seq if falls else 0
    return Arc(
        points=tuple(points),
        falls=tuple(falls),
        peak=max(levels),
        lowest=min(levels),
        end=levels[-1],
        unhappy_share=sum(level <= LOW for level in levels) / len(levels),
        begins_low=begins_low,
        first_repair=_repair(counted[0], counted[opening:], said) if begins_low else None,
        sorry_said=any(message.sorry and message.seq > since for message in said),
    )


def _points(readings: Sequence[Reading]) -> list[Point]:
    level, variance = 0.0, _START
    points = []
    for reading in readings:
        if not reading.weak:
            gain = variance / (variance + _NOISE / max(_GUESS, reading.certainty))
            level += gain * (reading.valence - level)
            variance = (1 - gain) * variance + _DRIFT
        # Rounding may carry a level past the end of the scale by a trillionth.
        level = max(-1.0, min(1.0, level))
        points.append(
            Point(
                message_id=reading.message_id,
                seq=reading.seq,
                at=reading.at,
                valence=reading.valence,
                emotion=reading.leading,
                level=level,
                counts=not reading.weak,
            )
        )
    return points


def _opening(counted: Sequence[Point], ours: Sequence[Ours]) -> int:
    """How many of the points are the customer's beginning: at least one, if there are any."""
    first = ours[0].seq if ours else None
    later = (
        index
        for index, point in enumerate(counted)
        if index and ((first is not None and point.seq > first) or point.at - counted[0].at > OPENING)
    )
    return next(later, len(counted))


def _falls(counted: Sequence[Point], opening: int, ours: Sequence[Ours]) -> list[Fall]:
    falls = []
    high = counted[opening - 1].level if counted else 0.0
    index = opening
    while index < len(counted):
        level = counted[index].level
        if level > LOW or level > high - DROP:
            high = max(high, level)
            index += 1
            continue
        fall, index = _fall(high, counted, index, ours)
        falls.append(fall)
        high = counted[index - 1].level
    return falls


def _fall(high: float, counted: Sequence[Point], start: int, ours: Sequence[Ours]) -> tuple[Fall, int]:
    """The fall that begins at `start`, and where the course goes on after it."""
    point, later = counted[start], counted[start + 1 :]
    back = next((index for index, one in enumerate(later) if one.level >= CALM), len(later))
    fall = Fall(
        message_id=point.message_id,
        seq=point.seq,
        at=point.at,
        emotion=point.emotion,
        from_level=high,
        lowest=min(one.level for one in (point, *later[:back])),
        after=_last(ours, before=point.seq),
        repair=_repair(point, later, ours),
    )
    return fall, min(start + back + 2, len(counted))


def _repair(fallen: Point, later: Sequence[Point], ours: Sequence[Ours]) -> Repair | None:
    point = next((point for point in later if point.level >= CALM), None)
    if point is None:
        return None
    between = [message for message in ours if fallen.seq < message.seq < point.seq]
    # "Please rate us" after an agent's help has repaired nothing.
    people = [message for message in between if message.kind is not AuthorKind.SYSTEM]
    last = next(iter((people or between)[::-1]), None)
    return Repair(
        message_id=point.message_id,
        at=point.at,
        seconds=max(0.0, (point.at - fallen.at).total_seconds()),
        by=last.kind if last else None,
        agent_id=last.agent_id if last else None,
        ours_id=last.message_id if last else None,
    )


def _last(ours: Sequence[Ours], *, before: int) -> Ours | None:
    index = bisect_left(ours, before, key=lambda message: message.seq)
    return ours[index - 1] if index else None
