"""When a site's people answer: several blocks a day, in the site's time zone, with holidays. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# As far as we look for the next opening: a yearly holiday may be followed by a longer rest, but not by a year.
_AHEAD_DAYS = 366
_MOMENT = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of one day, as "HH:MM" on the wall there; `end` may be "24:00" and is not part of it."""

    begin: str
    end: str


class Holiday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day with other hours than its weekday, closed without `blocks`. `day` is YYYY-MM-DD, or MM-DD each year."""

    day: str
    name: str = ""
    blocks: tuple[Block, ...] = ()


class Week(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The blocks of each weekday, in any order; a day without one is closed."""

    monday: tuple[Block, ...] = ()
    tuesday: tuple[Block, ...] = ()
    wednesday: tuple[Block, ...] = ()
    thursday: tuple[Block, ...] = ()
    friday: tuple[Block, ...] = ()
    saturday: tuple[Block, ...] = ()
    sunday: tuple[Block, ...] = ()


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Site setting "hours". With `always` the week and the holidays do not count: the site never closes."""

    always: bool = True
    time_zone: str = "UTC"
    week: Week = Week()
    holidays: tuple[Holiday, ...] = ()

    def problems(self) -> list[str]:
        """What is wrong with these hours, one clear sentence each; empty if they can be used."""
        found = (
            []
            if _zone_exists(self.time_zone)
            else [f"{self.time_zone!r} is not a time zone such as Europe/Warsaw"]
        )
        for name in DAYS:
            found += _of_blocks(name, getattr(self.week, name))
        for holiday in self.holidays:
            found += _of_holiday(holiday)
        days = [holiday.day for holiday in self.holidays]
        found += [f"{day} is there twice" for day in sorted(set(days)) if days.count(day) > 1]
        if not self.always and not any(getattr(self.week, name) for name in DAYS):
            found.append("no day of the week has a block: the site would never open")
        return found


def is_open(hours: Hours, moment: datetime) -> bool:
    """Whether people answer at this moment (with its time zone)."""
    return hours.always or any(begin <= moment < end for begin, end in _stretches(hours, moment, days=1))


def next_opening(hours: Hours, moment: datetime) -> datetime | None:
    """When a closed site opens next, in the site's time zone; `moment` itself while it is open.

    None if it does not open within a year.
    """
    zone = ZoneInfo(hours.time_zone)
    if is_open(hours, moment):
        return moment.astimezone(zone)
    later = (begin for begin, _ in _stretches(hours, moment, days=_AHEAD_DAYS) if begin > moment)
    opening = next(later, None)
    return None if opening is None else opening.astimezone(zone)


def _stretches(hours: Hours, moment: datetime, *, days: int) -> Iterator[tuple[datetime, datetime]]:
    """Open stretches from the day of the moment on, in order, as moments of UTC."""
    zone = ZoneInfo(hours.time_zone)
    today = moment.astimezone(zone).date()
    for number in range(days + 1):
        day = today + timedelta(days=number)
        for block in sorted(_blocks(hours, day), key=lambda item: item.begin):
            begin, end = _begin(day, block.begin, zone), _end(day, block.end, zone)
            if begin < end:
                yield begin, end


def _blocks(hours: Hours, day: date) -> tuple[Block, ...]:
    by_day = {holiday.day: holiday.blocks for holiday in hours.holidays}
    for name in (day.isoformat(), day.strftime("%m-%d")):
        if name in by_day:
            return by_day[name]
    blocks: tuple[Block, ...] = getattr(hours.week, DAYS[day.weekday()])
    return blocks


def _begin(day: date, written: str, zone: ZoneInfo) -> datetime:
    # Where the clock shows an hour twice, people come at the first; where it leaves one out, after the gap.
    return _on_wall(day, written, zone).astimezone(timezone.utc)


def _end(day: date, written: str, zone: ZoneInfo) -> datetime:
    wall = _on_wall(day, written, zone)
    return max(moment.astimezone(timezone.utc) for moment in (wall, wall.replace(fold=1)))


def _on_wall(day: date, written: str, zone: ZoneInfo) -> datetime:
    if written == "24:00":
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, time.fromisoformat(written), zone)


def _of_blocks(name: str, blocks: tuple[Block, ...]) -> list[str]:
    found = []
    for block in blocks:
        if not (_MOMENT.fullmatch(block.begin) and _MOMENT.fullmatch(block.end)):
            found.append(f"{name}: write {block.begin!r} to {block.end!r} as 09:00 to 17:30")
        elif block.begin >= block.end:
            found.append(f"{name}: {block.begin} to {block.end} ends before it begins; split it at 24:00")
    in_order = sorted(blocks, key=lambda item: item.begin)
    for former, later in pairwise(in_order):
        if later.begin < former.end:
            found.append(f"{name}: {former.begin} to {former.end} and {later.begin} to {later.end} overlap")
    return found


def _of_holiday(holiday: Holiday) -> list[str]:
    # A leap year, so that 02-29 is a day of each year.
    written = f"2024-{holiday.day}" if re.fullmatch(r"\d\d-\d\d", holiday.day) else holiday.day
    try:
        date.fromisoformat(written)
    except ValueError:
        return [f"holiday {holiday.day!r} is not a day such as 2027-05-03, or 05-03 for each year"]
    return _of_blocks(holiday.day, holiday.blocks)


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        # ZoneInfoNotFoundError is a LookupError; names with ".." or of folders give the others.
        return False
    return True
