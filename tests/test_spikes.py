"""Falls across customers: when there are more than usual, and what those who fell have in common."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signals import Counts, Tally, count, spike
from bot.signals.spikes import CAUSES, LEAST

TRAITS = {
    "channel": ("web", "telegram", "slack"),
    "language": ("en", "pl", "el", "bg", "ro"),
    "intent": ("track_order", "get_refund", "complaint", "cancel_order"),
    "model": ("m1",),
}


def _window(chance: random.Random, size: int, rate: float, *, worse: dict[str, str] | None = None) -> Counts:
    """So many conversations of which a share falls; those with the traits in `worse` fall with 80 %."""
    talks = []
    for _ in range(size):
        traits = {name: chance.choice(values) for name, values in TRAITS.items()}
        hit = bool(worse) and all(traits[name] == value for name, value in (worse or {}).items())
        talks.append((chance.random() < (0.8 if hit else rate), traits))
    return count(talks)


def _history(chance: random.Random, windows: int = 14, size: int = 60) -> list[Counts]:
    return [_window(chance, size, 0.05) for _ in range(windows)]


def test_counts_are_counted() -> None:
    counts = count([(True, {"channel": "web"}), (False, {"channel": "web", "language": "pl"}), (False, {})])
    assert counts == Counts(Tally(1, 3), {("channel", "web"): Tally(1, 2), ("language", "pl"): Tally(0, 1)})
    with pytest.raises(ValueError, match="falls must be"):
        Tally(2, 1)


def test_many_falls_are_a_spike_and_the_cause_is_named() -> None:
    chance = random.Random(1)
    found = spike(_window(chance, 60, 0.05, worse={"channel": "telegram"}), _history(chance))
    assert found.is_spike
    assert found.expected == pytest.approx(3, abs=1)
    cause = found.causes[0]
    assert (cause.trait, cause.value) == ("channel", "telegram")
    assert cause.share > 2 * cause.usual
    assert cause.log_odds > 1
    assert cause.probability <= 0.01


def test_a_new_model_that_everybody_has_is_a_cause() -> None:
    chance = random.Random(2)
    now = count(
        [
            (chance.random() < 0.5, {"model": "m2", "channel": chance.choice(TRAITS["channel"])})
            for _ in range(60)
        ]
    )
    found = spike(now, _history(chance))
    assert found.is_spike
    assert [(cause.trait, cause.value) for cause in found.causes] == [("model", "m2")]


def test_no_cause_is_named_if_nothing_stands_out() -> None:
    named = 0
    for seed in range(40):
        chance = random.Random(seed)
        found = spike(_window(chance, 60, 0.4), _history(chance))
        assert found.is_spike
        named += bool(found.causes)
    assert named <= 2


def test_the_more_values_are_looked_at_the_less_each_stands_out() -> None:
    def probability(**other: str) -> float:
        fallen = [(True, {"channel": "slack"} | other)] * 12
        fine = [(False, {"channel": "web"} | other)] * 30
        found = spike(count([*fallen, *fine]), [count([(False, {"channel": "web"} | other)] * 60)] * 10)
        return next(cause.probability for cause in found.causes if cause.value == "slack")

    assert probability(language="pl", intent="greet") == pytest.approx(3 * probability(), rel=1e-6, abs=0)


def test_a_busy_hour_alone_is_no_spike() -> None:
    chance = random.Random(3)
    found = spike(_window(chance, 600, 0.05), _history(chance))
    assert found.falls >= 20
    assert not found.is_spike


def test_few_falls_are_no_spike_however_rare() -> None:
    history = [Counts(Tally(0, 500), {})] * 30
    assert not spike(Counts(Tally(LEAST - 1, 10), {}), history).is_spike
    assert spike(Counts(Tally(LEAST, 10), {}), history).is_spike


def test_without_history_it_takes_more() -> None:
    assert not spike(Counts(Tally(5, 20), {}), []).is_spike
    assert spike(Counts(Tally(5, 20), {}), [Counts(Tally(2, 100), {})] * 10).is_spike
    assert not spike(Counts(Tally(0, 0), {}), []).is_spike


def test_days_that_differ_make_it_careful() -> None:
    now = Counts(Tally(14, 60), {})
    even = [Counts(Tally(3, 60), {})] * 14
    uneven = [Counts(Tally(falls, 60), {}) for falls in (0, 0, 12, 0, 1, 9, 0, 0, 13, 1, 0, 6, 0, 0)]
    assert spike(now, even).is_spike
    assert not spike(now, uneven).is_spike


def test_false_alarms_are_rare() -> None:
    chance = random.Random(4)
    alarms = sum(spike(_window(chance, 60, 0.05), _history(chance)).is_spike for _ in range(400))
    assert alarms <= 3


tallies = st.integers(0, 3000).flatmap(lambda size: st.builds(Tally, st.integers(0, size), st.just(size)))


def _counts(whole: Tally) -> st.SearchStrategy[Counts]:
    part = st.integers(0, whole.falls).flatmap(
        lambda falls: st.builds(
            Tally, st.just(falls), st.integers(falls, falls + whole.conversations - whole.falls)
        )
    )
    values = st.sampled_from([("channel", "web"), ("channel", "slack"), ("intent", "greet")])
    return st.builds(Counts, st.just(whole), st.dictionaries(values, part))


counted = tallies.flatmap(_counts)


@given(counted, st.lists(counted, max_size=8))
def test_everything_stays_in_its_bounds(now: Counts, history: list[Counts]) -> None:
    found = spike(now, history)
    assert 0 <= found.probability <= 1
    assert found.expected >= 0
    assert len(found.causes) <= CAUSES
    assert not found.causes or found.is_spike
    for cause in found.causes:
        assert 0 < cause.share <= 1
        assert 0 < cause.usual < 1
        assert cause.log_odds > 0


@given(st.integers(1, 400), st.data())
def test_more_falls_are_never_less_of_a_spike(size: int, data: st.DataObject) -> None:
    history = [Counts(Tally(4, 80), {})] * 6
    less = data.draw(st.integers(0, size))
    more = data.draw(st.integers(less, size))
    one, other = (spike(Counts(Tally(falls, size), {}), history).probability for falls in (less, more))
    assert other <= one + 1e-9
