"""Dates as customers write them, as ISO text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bot.nlu.vocabulary import DAY_NAMES, DAYS, MONTHS

_FIRST_YEAR, _LAST_YEAR = 1950, 2100


def relative(days: int, today: date | None) -> str:
    """Return the ISO date that many days from `today`, or the English words when `today` is not known."""
    return DAY_NAMES[days] if today is None else (today + timedelta(days=days)).isoformat()


def read_date(words: Sequence[str], today: date | None) -> str | None:
    """Return the date written in these folded tokens: "2024-05-03", or "--05-03" without any year.

    Day before month, unless only the other order makes a date. None means that this is no date.
    A missing year is taken so that the date lies as near to `today` as possible.
    """
    if words[0] in DAYS:
        return relative(DAYS[words[0]], today)
    if words[0] == "day":
        return relative(-2 if "before" in words else 2, today)
    numbers = [int(word) for word in words if word.isdecimal()]
    months = [MONTHS[word] for word in words if word in MONTHS]
    if months:
        return _iso(numbers[1] if len(numbers) > 1 else None, months[0], numbers[0], today)
    if len(numbers) == 3 and len(words[0]) == 4:
        return _iso(numbers[0], numbers[1], numbers[2], today)
    day, month = numbers[0], numbers[1]
    year = _full(numbers[2], words[-1]) if len(numbers) == 3 else None
    return _iso(year, month, day, today) or (_iso(year, day, month, today) if len(numbers) == 3 else None)


def _full(year: int, written: str) -> int:
    return year if len(written) == 4 else 2000 + year


def _iso(year: int | None, month: int, day: int, today: date | None) -> str | None:
    if year is not None:
        return _valid(year, month, day) if _FIRST_YEAR <= year <= _LAST_YEAR else None
    if today is None:
        leap = _valid(2000, month, day)
        return None if leap is None else f"--{leap[5:]}"
    near = [_valid(today.year + shift, month, day) for shift in (-1, 0, 1)]
    found = [item for item in near if item is not None]
    return min(found, key=lambda item: abs(date.fromisoformat(item) - today), default=None)


def _valid(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
