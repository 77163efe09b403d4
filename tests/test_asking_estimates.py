"""Figures of answers: against published numbers, against simulations, and against cells counted by hand."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.asking.estimates import Cell, Gap, figures, gap, levels, mean, part, share
from bot.asking.loyalty import BackCell, Habit, Visit, came_back, leaving, likely, returns
from bot.asking.rules import RESULTS

NOW = datetime(2026, 10, 31, 12, tzinfo=timezone.utc)
ANSWERS = st.dictionaries(
    st.tuples(st.integers(1, 5), st.sampled_from([0.05, 0.5, 1.0])), st.integers(1, 50), min_size=1
)


def close(*expected: float) -> Any:
    return pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_shares_have_wilsons_interval(k: int, n: int, low: float, high: float) -> None:
    found = part(k, n)
    assert (found.k, found.n, found.share) == (k, n, k / n)
    assert found.low is not None
    assert found.high is not None
    assert (found.low, found.high) == close(low, high)


def test_without_answers_nothing_is_said() -> None:
    assert part(0, 0) == share({}, bool)
    assert [getattr(part(0, 0), name) for name in ("share", "low", "high")] == [None] * 3
    assert (mean({}).n, mean({}).mean, mean({}).low) == (0, None, None)
    one = mean({(5, 1.0): 1})
    assert (one.mean, one.low, one.high) == (5, None, None)
    assert (levels({}).n, levels({}).p50) == (0, None)
    assert gap({0.5: 3}, {0.1: 1}) == Gap(None, None, None)
    nothing = figures([])
    assert (nothing.talks, nothing.meant, nothing.response.share) == (0, None, None)


@examples(deadline=None)
@given(ANSWERS)
def test_intervals_hold_their_estimate_and_stay_on_the_scale(answers: dict[tuple[int, float], int]) -> None:
    middle, good = mean(answers), share(answers, lambda value: value >= 4)
    assert middle.mean is not None
    assert good.share is not None
    assert good.low is not None
    assert good.high is not None
    assert 0 <= good.low <= good.share <= good.high <= 1
    if middle.low is not None:
        assert middle.high is not None
        assert 1 <= middle.low <= middle.mean + 1e-9
        assert middle.mean - 1e-9 <= middle.high <= 5


SPREADS = [(1, 1, 1, 1, 1), (2, 1, 1, 3, 13), (10, 0, 0, 0, 10), (1, 0, 0, 0, 19)]


def test_intervals_hold_the_truth_in_about_19_of_20_cases() -> None:
    """On the average; where all give the same answer but a few, and with four answers, in 17 of 20."""
    draw = random.Random(4)
    cases = [(size, weights) for size in (4, 10, 40) for weights in SPREADS]
    held = [_held(draw, size, weights, 500) for size, weights in cases]
    for kind in (0, 1):
        assert sum(both[kind] for both in held) / len(cases) >= 0.93
        assert min(both[kind] for both in held) >= 0.84


def _held(draw: random.Random, size: int, weights: tuple[int, ...], times: int) -> tuple[float, float]:
    """How often the intervals of the mean and of the share held what is true."""
    true_mean = sum(value * weight for value, weight in enumerate(weights, 1)) / sum(weights)
    true_share = sum(weights[3:]) / sum(weights)
    means = shares = 0
    for _ in range(times):
        answers = Counter((value, 1.0) for value in draw.choices(range(1, 6), weights, k=size))
        middle, good = mean(answers), share(answers, lambda value: value >= 4)
        means += (middle.low or 9) <= true_mean <= (middle.high or 0)
        shares += (good.low if good.low is not None else 9) <= true_share <= (good.high or 0)
    return means / times, shares / times


def test_unequal_chances_are_undone() -> None:
    """Happy talks asked in every case, the others in one of ten: the raw mean of the answers is far off."""
    draw = random.Random(8)
    answers: Counter[tuple[int, float]] = Counter()
    for _ in range(20_000):
        value = draw.choice([5, 1])
        chance = 1.0 if value == 5 else 0.1
        if draw.random() < chance:
            answers[value, chance] += 1
    raw = sum(value * count for (value, _), count in answers.items()) / sum(answers.values())
    found, good = mean(answers), share(answers, lambda value: value >= 4)
    assert raw > 4.5
    assert found.mean == pytest.approx(3.0, abs=0.1)
    assert (found.low or 9) < 3 < (found.high or 0)
    assert (good.low or 9) < 0.5 < (good.high or 0)


def test_equal_chances_change_nothing() -> None:
    rare, every = {(5, 0.06): 7, (2, 0.06): 3}, {(5, 1.0): 7, (2, 1.0): 3}
    assert mean(rare).mean == pytest.approx(mean(every).mean)
    assert mean(rare).low == pytest.approx(mean(every).low)
    assert share(rare, bool).low == pytest.approx(share(every, bool).low)


def test_cells_counted_by_hand() -> None:
    found = figures([
        Cell("asked", 0.5, 0.4, 5, reached=True, count=2),
        Cell("asked", 0.5, -0.5, 1, reached=True),
        Cell("asked", 0.5, -0.5, None, reached=True, count=2),
        Cell("asked", 0.5, None, None),
        Cell("not_drawn", 0.5, 0.0, count=4),
        Cell("too_soon", 0.5, None, count=3),
        Cell("off", 0.0, 0.2),
        Cell("outcome", 0.5, 0.2, count=7),
        Cell("blocked", 0.5, count=2),
    ])  # fmt: skip
    assert found.talks == 14, "without 7 closed as spam and 2 of blocked customers"
    assert found.results == {
        "asked": 6, "not_drawn": 4, "too_soon": 3, "outcome": 7, "blocked": 2, "off": 1,
        "unreachable": 0, "too_late": 0, "no_words": 0,
    }  # fmt: skip
    shares = {
        name: (getattr(found, name).k, getattr(found, name).n)
        for name in ("judged", "asked", "answered", "drawn", "reached", "response", "satisfied")
    }
    assert shares == {
        "judged": (10, 14), "asked": (6, 14), "answered": (3, 14), "drawn": (6, 10), "reached": (5, 6),
        "response": (3, 6), "satisfied": (2, 3),
    }  # fmt: skip
    assert found.meant == 0.5
    assert found.rating.mean == pytest.approx(11 / 3)
    assert found.values == {"1": 1, "2": 0, "3": 0, "4": 0, "5": 2}
    spoke, silent = found.mood_of_answered, found.mood_of_silent
    assert (spoke.n, spoke.p10, spoke.p50, spoke.p90) == (3, -0.5, 0.4, 0.4)
    assert (silent.n, silent.p50) == (2, -0.5)
    assert found.mood_gap.difference == pytest.approx(0.1 + 0.5)
    assert set(found.results) == set(RESULTS)


def test_the_gap_of_moods_has_welchs_interval() -> None:
    # Two samples of 4: means 0.1 and -0.3; variances 0.02 and 0.08, so 4.41 degrees of freedom and t = 2.6757.
    found = gap({-0.05: 1, 0.05: 1, 0.1: 1, 0.3: 1}, {-0.6: 1, -0.4: 1, -0.2: 1, 0.0: 1})
    first, second = 0.065 / 3, 0.2 / 3
    error = (first / 4 + second / 4) ** 0.5
    assert found.difference == pytest.approx(0.4)
    assert found.low is not None
    assert found.high is not None
    assert (found.high - found.low) / 2 / error == pytest.approx(2.60, abs=0.1)
    assert gap({0.5: 3}, {0.0: 2}) == Gap(0.5, 0.5, 0.5)


# Loyalty


def visit(day: float, wish: str | None = "track_order") -> Visit:
    at = NOW + timedelta(days=day)
    return Visit(at, at + timedelta(hours=1), wish)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([], None),
        ([visit(5)], "same"),
        ([visit(14)], "same"),
        ([visit(14.1)], "new"),
        ([visit(3, "get_refund")], "new"),
        ([visit(3, None)], "unclear"),
        ([visit(3, None), visit(9)], "same"),
        ([visit(3, "get_refund"), visit(9)], "same"),
        ([visit(3, None), visit(60, "get_refund")], "new"),
        ([visit(90)], "new"),
        ([visit(90.1)], None),
    ],
)
def test_with_what_a_customer_comes_back(later: list[Visit], expected: str | None) -> None:
    assert came_back(visit(0), later) == expected


def test_nothing_is_said_of_those_whose_90_days_are_not_over() -> None:
    found = returns([
        BackCell("new", True, 4), BackCell("same", True), BackCell("unclear", True), BackCell(None, True, 2),
        BackCell("new", False, 5), BackCell(None, False, 20),
    ])  # fmt: skip
    shares = [(one.k, one.n) for one in (found.new, found.same, found.unclear, found.never)]
    assert shares == [(4, 8), (1, 8), (1, 8), (2, 8)]
    assert (found.not_yet, found.back_already) == (25, 5)


def test_answers_about_loyalty() -> None:
    found = likely(20, {(5, 0.05): 4, (3, 0.05): 1, (1, 0.05): 3})
    assert (found.asked, found.answers, found.response.k, found.response.n) == (20, 8, 8, 20)
    assert (found.promoters.k, found.detractors.k) == (4, 3)
    assert found.mean.mean == pytest.approx(3.25)


def habit(days_away: float, **given: Any) -> Habit:
    days = {"pauses": 40, "longest": 25} | {
        key: given.pop(key) for key in ("pauses", "longest") if key in given
    }
    return Habit(
        ended_at=NOW - timedelta(days=days_away),
        pauses=timedelta(days=days["pauses"]),
        longest=timedelta(days=days["longest"]),
        **{"visits": 5, "rating": 5, "mood": None, **given},
    )


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        # Usually 10 days, once 25: three times the usual are 30.
        (habit(31), "stayed_away"),
        (habit(29), None),
        (habit(31, longest=35), None),
        (habit(31, rating=3), None),
        (habit(31, rating=None, mood=0.25), "stayed_away"),
        (habit(31, rating=None, mood=0.2), None),
        (habit(31, rating=1, mood=0.5), "stayed_away"),
        (habit(31, visits=2, pauses=1, longest=1), None),
        (habit(13, visits=3, pauses=2, longest=1), None),
        (habit(15, visits=3, pauses=2, longest=1), "stayed_away"),
        (habit(1, value=2), "answered_low"),
        (habit(1, value=3), None),
        (habit(1, value=1, rating=2), None),
        (habit(31, value=4), "stayed_away"),
    ],
)
def test_satisfied_but_leaving(known: Habit, expected: str | None) -> None:
    assert leaving(known, NOW) == expected
