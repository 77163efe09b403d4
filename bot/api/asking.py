"""Routes of asking and of loyalty: what customers answered, and how far that can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from bot.api import SUPERVISING, Call, Route, Scope
from bot.asking.page import AskingPage, LoyaltyPage, Period, asking_page, loyalty_page
from bot.asking.rules import PAUSE
from bot.errors import BodyInvalid
from bot.models import now
from bot.store import Connection, asking, talks

if TYPE_CHECKING:
    from bot.app import Grija

DAYS = 28
"""So many days are looked at where no others are named."""
MOST_DAYS = 366

_DAY = timedelta(days=1)
_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)


class AskingRoutes:
    """The handlers, over running parts."""

    def __init__(self, grija: Grija) -> None:
        self._grija = grija

    def routes(self) -> list[Route]:
        """All routes of this module."""
        return [
            Route("GET", "/insight/asking", self.asking, roles=SUPERVISING, scope=Scope.READ_INSIGHT,
                  summary="How much is asked, and what was answered (?from=&to=&by=).", gives=AskingPage),
            Route("GET", "/insight/loyalty", self.loyalty, roles=SUPERVISING, scope=Scope.READ_INSIGHT,
                  summary="Who comes back, who would, and who leaves though satisfied (?from=&to=&by=).",
                  gives=LoyaltyPage),
        ]  # fmt: skip

    async def asking(self, call: Call) -> AskingPage:
        first, last = days_of(call.query, now())
        by = _dimension(call.query)
        return await self._grija.store.read(_asking, first, last, by)

    async def loyalty(self, call: Call) -> LoyaltyPage:
        moment = now()
        first, last = days_of(call.query, moment)
        by = _dimension(call.query)
        return await self._grija.store.read(_loyalty, first, last, by, moment)


def days_of(query: Mapping[str, str], moment: datetime) -> tuple[date, date]:
    """The days of UTC that are asked for, both included; BodyInvalid if they are none, or too many."""
    last = _day(query, "to") or moment.date()
    first = _day(query, "from") or last - (DAYS - 1) * _DAY
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BodyInvalid(f"to must be from, or at most {MOST_DAYS - 1} days later")
    return first, last


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BodyInvalid(f"{name} must be a day such as 2026-10-31") from None
    if not _FIRST <= day <= _LAST:
        raise BodyInvalid(f"{name} must be from {_FIRST} to {_LAST}")
    return day


def _dimension(query: Mapping[str, str]) -> str:
    by = query.get("by") or "channel"
    if by not in asking.DIMENSIONS:
        raise BodyInvalid(f"by must be one of {', '.join(asking.DIMENSIONS)}")
    return by


def _asking(tx: Connection, first: date, last: date, by: str) -> AskingPage:
    begin, end = _moments(first, last)
    return asking_page(_period(tx, first, last, by), asking.talks_by(tx, by, begin, end))


def _loyalty(tx: Connection, first: date, last: date, by: str, moment: datetime) -> LoyaltyPage:
    begin, end = _moments(first, last)
    return loyalty_page(
        _period(tx, first, last, by),
        asking.returns_by(tx, by, begin, end, moment),
        asking.answers_by(tx, by, begin, end),
        asking.leavers(tx, begin, end, moment),
        moment=moment,
        due=len(talks.quiet(tx, since=moment - PAUSE)),
    )


def _period(tx: Connection, first: date, last: date, by: str) -> Period:
    return Period(first.isoformat(), last.isoformat(), by, asking.agent_names(tx) if by == "agent" else {})


def _moments(first: date, last: date) -> tuple[datetime, datetime]:
    return _midnight(first), _midnight(last) + _DAY


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.utc)
