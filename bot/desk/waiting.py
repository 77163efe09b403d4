"""How long a customer will wait: a place and a range of time from what the desk does now. Pure.

The queue is dealt out ahead of time: in its order, each customer to the agent who has a place first, when places come
free at the pace at which conversations end now. Those more urgent who are still to come take a part of the pace
away. How many conversations must end first, and how well their length is known, give the width of the range.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.desk.routing import Routing, Seat, Waiting, able, in_order, urgency

ARRIVALS_SECONDS = 1800
"""From so long a time the rate of those who come is taken."""

# The setting's handling time counts like so many conversations measured.
_PRIOR = 4
# What no figure of the desk shows: agents who come and go, talks unlike the former ones.
_UNKNOWN = 0.15
# How much of the pace of arrivals goes on: what comes in a burst does not come for ever.
_GOES_ON = 0.7
# How far the range goes to each side, in standard deviations.
_DEVIATIONS = 1.5
_MINUTE = 60


@dataclass(frozen=True)
class Live:
    """What the desk does now. `ended` and `running`: seconds that conversations took, and have taken until now.

    `arrived`: the points (`urgency`) with which handoffs came in the last `arrivals_seconds`.
    """

    ended: tuple[float, ...] = ()
    running: tuple[float, ...] = ()
    arrived: tuple[float, ...] = ()
    arrivals_seconds: float = ARRIVALS_SECONDS


@dataclass(frozen=True)
class Place:
    """The customer's place in the queue, from 1, and the seconds still to wait; None while nobody is there."""

    position: int
    low: int | None
    high: int | None


def places(
    queue: Iterable[Waiting], seats: Sequence[Seat], live: Live, moment: datetime, rules: Routing
) -> dict[str, Place]:
    """The place of each who waits, by handoff. A range is whole minutes, and at least one minute wide."""
    pace = _Pace.of(live, seats, rules)
    dealing = {
        seat.agent_id: _Dealing.of(seat, pace, rules, (number + 1) / len(seats))
        for number, seat in enumerate(seats)
    }
    found = {}
    for position, item in enumerate(in_order(queue, moment, rules), start=1):
        mine = [dealing[seat.agent_id] for seat in able(item, seats, moment, rules)]
        low, high = None, None
        if mine:
            first = min(mine, key=lambda one: one.next)
            low, high = _range(first.deal(), mine, _overtaking(item, live, moment, rules), pace, rules)
        found[item.handoff_id] = Place(position, low, high)
    return found


@dataclass(frozen=True)
class _Pace:
    """The mean seconds of a conversation, from how many it is known, and how many run at once on the whole desk."""

    seconds: float
    known: float
    places: int

    @classmethod
    def of(cls, live: Live, seats: Sequence[Seat], rules: Routing) -> _Pace:
        # Running ones have no end yet: their time counts, they do not. Otherwise a long talk would be left out
        # until it is over, and a desk full of long talks would promise short ones.
        known = _PRIOR + len(live.ended)
        total = _PRIOR * rules.handling_minutes * 60 + sum(live.ended) + sum(live.running)
        return cls(total / known, known, sum(max(1, seat.capacity) for seat in seats))


@dataclass
class _Dealing:
    """When an agent has a place for one more: at once while some are free, then at the pace of their ends."""

    free: int
    capacity: int
    next: float
    asking: float
    ends: float

    @classmethod
    def of(cls, seat: Seat, pace: _Pace, rules: Routing, part: float) -> _Dealing:
        # Talks end here and there, not with all agents at once: each begins at another part of the pace.
        capacity = max(1, seat.capacity)
        asking, ends = rules.accept_seconds / 2, pace.seconds / capacity
        free = max(0, seat.capacity - seat.busy)
        return cls(
            free, capacity, asking * (1 + seat.offered) if free else asking + part * ends, asking, ends
        )

    def deal(self) -> float:
        """Give the next place away; the seconds until it is there."""
        given = self.next
        self.free -= 1
        self.next += self.asking if self.free > 0 else self.ends
        return given


def _overtaking(item: Waiting, live: Live, moment: datetime, rules: Routing) -> list[tuple[float, float]]:
    """More urgent newcomers: (how many a second, until how many seconds from now they would still pass)."""
    mine = urgency(item, moment, rules)
    per_second = rules.points_per_minute / 60
    counted = Counter(round(points) for points in live.arrived if points > mine)
    rate = _GOES_ON / live.arrivals_seconds
    return sorted((count * rate, (points - mine) / per_second) for points, count in counted.items())


def _range(
    alone: float, mine: Sequence[_Dealing], newcomers: list[tuple[float, float]], pace: _Pace, rules: Routing
) -> tuple[int, int]:
    """The range around a wait of `alone` seconds, were nobody more urgent to come."""
    seconds = _with(newcomers, alone, pace)
    ends = max(1.0, alone * sum(one.capacity for one in mine) / pace.seconds)
    spread = 1 / ends + 1 / pace.known + _UNKNOWN**2 + ((seconds - alone) / seconds) ** 2 / 4
    low, high = _quantile(seconds, spread, -_DEVIATIONS), _quantile(seconds, spread, _DEVIATIONS)
    return _down(low), max(_down(low) + _MINUTE, _up(high + rules.accept_seconds))


def _with(newcomers: list[tuple[float, float]], alone: float, pace: _Pace) -> float:
    """How long it takes when newcomers take their part of the pace, each group until it would not pass any more."""
    now, left = 0.0, alone
    for until in sorted({until for _, until in newcomers}):
        taken = sum(rate for rate, end in newcomers if end >= until) * pace.seconds / pace.places
        speed = max(0.0, 1 - taken)
        if left <= speed * (until - now):
            return now + left / speed
        left -= speed * (until - now)
        now = until
    return now + left


def _quantile(mean: float, spread: float, z: float) -> float:
    """Of a gamma distribution with this mean and relative variance (Wilson and Hilferty's approximation)."""
    shape = 1 / spread
    root = 1 - 1 / (9 * shape) + z / math.sqrt(9 * shape)
    return mean * max(0.0, root) ** 3


def _down(seconds: float) -> int:
    return int(seconds // _MINUTE) * _MINUTE


def _up(seconds: float) -> int:
    return max(1, math.ceil(seconds / _MINUTE)) * _MINUTE
