"""Whether more customers fall than is usual, and what those who fell have in common. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LEAST = 5
"""Fewer falls than this are no spike, however rare they are."""
RARE = 0.001
"""So improbable (or less) must the number of falls be; one false alarm in a thousand windows."""
STANDS_OUT = 0.01
"""So improbable must it be that any value is so frequent among those who fell by chance."""
CAUSES = 3
"""So many causes are told at most."""

_USUAL_FALLS, _USUAL_CONVERSATIONS = 0.5, 10.0
"""What is assumed before there is any history: one conversation in twenty falls, known as badly as from ten."""
_ENOUGH_WINDOWS = 4
"""Windows from which on their own spread is believed."""
_PRIOR = 2.0
"""Conversations that the usual mix weighs in log-odds."""

Value = tuple[str, str]
"""A trait with its value, such as ("channel", "telegram")."""


@dataclass(frozen=True)
class Tally:
    """Conversations, and how many of them fell."""

    falls: int
    conversations: int

    def __post_init__(self) -> None:
        if not 0 <= self.falls <= self.conversations:
            raise ValueError("falls must be from 0 to the number of conversations")


@dataclass(frozen=True)
class Counts:
    """One window of time: all conversations with a message in it, and those with each value of each trait."""

    all: Tally
    values: Mapping[Value, Tally]


@dataclass(frozen=True)
class Cause:
    """A value that is more frequent among those who fell than elsewhere.

    `share` of those who fell have it, `usual` of the others (0 to 1). `log_odds` compares the two (natural
    logarithm, above 0), `probability` is that of so many by chance, times the number of values looked at.
    """

    trait: str
    value: str
    falls: int
    share: float
    usual: float
    log_odds: float
    probability: float


@dataclass(frozen=True)
class Spike:
    """Falls of a window beside what is usual. `probability` is that of so many falls or more, 0 to 1.

    `causes`: what stands out among those who fell, the strongest first; none if nothing does, or if there is
    no spike.
    """

    falls: int
    conversations: int
    expected: float
    probability: float
    is_spike: bool
    causes: tuple[Cause, ...]


def count(conversations: Iterable[tuple[bool, Mapping[str, str]]]) -> Counts:
    """The counts of conversations, each told as (whether it fell, its traits): intent, channel, language and so on."""
    falls: Counter[Value] = Counter()
    seen: Counter[Value] = Counter()
    fell_in_all = in_all = 0
    for fell, traits in conversations:
        seen.update(traits.items())
        falls.update(traits.items() if fell else ())
        in_all += 1
        fell_in_all += fell
    values = {value: Tally(falls[value], number) for value, number in seen.items()}
    return Counts(Tally(fell_in_all, in_all), values)


def spike(counts: Counts, history: Sequence[Counts]) -> Spike:
    """The falls of the last window against `history`: windows of the same length at this hour of former days.

    The rate of falls a conversation is learnt from the history, so that a busy hour alone is no spike. The
    probability is the tail of a negative binomial: Poisson with a rate that is itself uncertain (Gelman and others,
    Bayesian Data Analysis, 2013, section 2.6), and that varies from day to day as it did in the history.
    """
    now = counts.all
    expected, shape = _usual(now.conversations, [window.all for window in history])
    probability = _tail(now.falls, expected, shape) if now.conversations else 1.0
    is_spike = now.falls >= LEAST and probability <= RARE
    causes = _causes(counts, history) if is_spike else ()
    return Spike(now.falls, now.conversations, expected, probability, is_spike, causes)


def _usual(conversations: int, history: Sequence[Tally]) -> tuple[float, float]:
    """Expected falls among so many conversations, and the shape of their distribution (small is uncertain)."""
    falls = _USUAL_FALLS + sum(window.falls for window in history)
    rate = falls / (_USUAL_CONVERSATIONS + sum(window.conversations for window in history))
    return rate * conversations, min(falls, _spread(rate, history))


def _spread(rate: float, history: Sequence[Tally]) -> float:
    """The shape that the spread of the windows shows beyond chance, by the method of moments; infinite if none."""
    if len(history) < _ENOUGH_WINDOWS:
        return math.inf
    means = [rate * window.conversations for window in history]
    beyond = sum((window.falls - mean) ** 2 - mean for window, mean in zip(history, means, strict=True))
    return sum(mean**2 for mean in means) / beyond if beyond > 0 else math.inf


def _tail(least: int, mean: float, shape: float) -> float:
    """The probability of `least` or more in a negative binomial."""
    log_other, log_one = math.log(shape / (shape + mean)), math.log(mean / (shape + mean))
    below = math.fsum(
        math.exp(
            math.lgamma(shape + number)
            - math.lgamma(shape)
            - math.lgamma(number + 1)
            + shape * log_other
            + number * log_one
        )
        for number in range(least)
    )
    return min(1.0, max(0.0, 1 - below))


def _causes(counts: Counts, history: Sequence[Counts]) -> tuple[Cause, ...]:
    """The values that stand out among those who fell, against all others in the window and the history.

    The history is among the others so that a value which everybody has since today, as a model's version, shows.
    """
    others = Counter({value: tally.conversations - tally.falls for value, tally in counts.values.items()})
    for window in history:
        others.update({value: tally.conversations for value, tally in window.values.items()})
    rest = counts.all.conversations - counts.all.falls + sum(window.all.conversations for window in history)
    fallen = {value: tally.falls for value, tally in counts.values.items() if tally.falls}
    causes = [
        _cause(value, falls, counts.all.falls, others[value], rest, len(fallen))
        for value, falls in fallen.items()
    ]
    outstanding = [
        cause
        for cause in causes
        if cause.probability <= STANDS_OUT and cause.log_odds > 0 and cause.falls > 1
    ]
    ordered = sorted(
        outstanding, key=lambda cause: (cause.probability, -cause.log_odds, cause.trait, cause.value)
    )
    return tuple(ordered[:CAUSES])


def _cause(value: Value, falls: int, all_falls: int, others: int, rest: int, looked_at: int) -> Cause:
    """How a value of `falls` of those who fell compares with `others` of the `rest`.

    Log-odds with a prior of the usual mix, as Monroe, Colaresi and Quinn (Fightin' Words, 2008), and the exact
    binomial tail, multiplied by the number of values looked at (Bonferroni).
    """
    usual = (others + 0.5) / (rest + 1)
    prior = _PRIOR * usual
    log_odds = _log_odds(falls + prior, all_falls + _PRIOR) - _log_odds(others + prior, rest + _PRIOR)
    tail = math.fsum(_binomial(number, all_falls, usual) for number in range(falls, all_falls + 1))
    share = falls / all_falls
    return Cause(*value, falls, share, usual, log_odds, min(1.0, tail * looked_at))


def _log_odds(part: float, whole: float) -> float:
    return math.log(part / (whole - part))


def _binomial(number: int, trials: int, share: float) -> float:
    ways = math.lgamma(trials + 1) - math.lgamma(number + 1) - math.lgamma(trials - number + 1)
    return math.exp(ways + number * math.log(share) + (trials - number) * math.log1p(-share))
