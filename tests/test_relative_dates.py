"""Days told from today in five languages."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.entities import EntityFinder
from bot.nlu.relativedates import read_relative

# spaCy imports a packaging library that calls pyparsing by old names.
pytestmark = pytest.mark.filterwarnings("ignore:.* deprecated - use:DeprecationWarning")

WEDNESDAY = date(2026, 5, 20)


@cache
def finder() -> EntityFinder:
    return EntityFinder()


def days(text: str) -> list[str]:
    return [item.value for item in finder().find(text, WEDNESDAY) if item.entity == "date"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3 days ago", "2026-05-17"),
        ("a week ago", "2026-05-13"),
        ("two months ago", "2026-03-20"),
        ("last Friday", "2026-05-15"),
        ("on Friday", "2026-05-15"),
        ("Wednesday", "2026-05-13"),
        ("next Wednesday", "2026-05-27"),
        ("this Wednesday", "2026-05-20"),
        ("this coming Monday", "2026-05-25"),
        ("last week", "2026-05-13"),
        ("next month", "2026-06-20"),
        ("last night", "2026-05-19"),
        ("in 3 days", "2026-05-23"),
        ("w zeszły piątek", "2026-05-15"),
        ("w piatek", "2026-05-15"),
        ("w przyszły wtorek", "2026-05-26"),
        ("5 dni temu", "2026-05-15"),
        ("tydzień temu", "2026-05-13"),
        ("za tydzień", "2026-05-27"),
        ("w zeszłym miesiącu", "2026-04-20"),
        ("w ten piątek", "2026-05-22"),
        ("την περασμένη Δευτέρα", "2026-05-18"),
        ("πριν από 3 μέρες", "2026-05-17"),
        ("δυο μέρες πριν", "2026-05-18"),
        ("την επόμενη εβδομάδα", "2026-05-27"),
        ("prin 3 meres", "2026-05-17"),
        ("tin perasmeni deftera", "2026-05-18"),
        ("преди два дни", "2026-05-18"),
        ("преди седмица", "2026-05-13"),
        ("миналия петък", "2026-05-15"),
        ("след 3 дни", "2026-05-23"),
        ("predi dva dni", "2026-05-18"),
        ("săptămâna trecută", "2026-05-13"),
        ("vinerea trecută", "2026-05-15"),
        ("acum 3 zile", "2026-05-17"),
        ("acum o săptămână", "2026-05-13"),
        ("în urmă cu 2 zile", "2026-05-18"),
        ("3 zile în urmă", "2026-05-17"),
        ("acum 3 luni", "2026-02-20"),
        ("de luni", "2026-05-18"),
        ("12 maiou", "2026-05-12"),
        ("12-go maja", "2026-05-12"),
        ("12. 11. 2026", "2026-11-12"),
        ("12.11.", "2026-11-12"),
    ],
)
def test_a_day_is_counted_from_today(text: str, day: str) -> None:
    assert days(text) == [day]


@pytest.mark.parametrize(
    "text",
    [
        "3 days",
        "this week",
        "next day delivery",
        "τρίτη φορά",
        "3 luni",
        "dni temu",
        "on Fridays",
        "ten dzień",
        "9999 days ago",
        "the last years",
    ],
)
def test_what_is_no_day_is_left(text: str) -> None:
    assert days(text) == []


def test_without_today_the_words_stay() -> None:
    assert [item.value for item in finder().find("Last  Friday")] == ["last friday"]


def test_a_month_back_from_its_last_day_is_a_day_that_there_is() -> None:
    assert read_relative(["last", "month"], "", "", date(2026, 3, 31)) == "2026-02-28"
    assert read_relative(["a", "year", "ago"], "", "", date(2024, 2, 29)) == "2023-02-28"


@given(
    st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.sampled_from(["monday", "piatek", "неделя", "vineri"])
)
def test_a_weekday_is_within_a_week(today: date, word: str) -> None:
    last, plain, this, coming = (
        date.fromisoformat(str(read_relative([*before, word], "", "", today)))
        for before in (["last"], [], ["this"], ["next"])
    )
    assert last == plain
    assert 1 <= (today - plain).days <= 7
    assert 0 <= (this - today).days <= 6
    assert 1 <= (coming - today).days <= 7
    assert last.weekday() == this.weekday() == coming.weekday()
