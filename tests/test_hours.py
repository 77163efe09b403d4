"""Opening hours: several blocks a day, time zones with their two odd nights a year, holidays, the next opening."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bot.desk.hours import Block, Holiday, Hours, Week, is_open, next_opening

WARSAW = ZoneInfo("Europe/Warsaw")
OFFICE = (Block("09:00", "13:00"), Block("14:00", "18:00"))
SHOP = Hours(
    always=False,
    time_zone="Europe/Warsaw",
    week=Week(
        monday=OFFICE, tuesday=OFFICE, wednesday=OFFICE, thursday=OFFICE, friday=(Block("09:00", "24:00"),)
    ),
    holidays=(
        Holiday("12-25", "Christmas"),
        Holiday("2026-05-01"),
        Holiday("2026-12-24", blocks=(Block("09:00", "12:00"),)),
    ),
)


def at(text: str, zone: ZoneInfo = WARSAW) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-02T08:59", False),
        ("2026-03-02T09:00", True),
        ("2026-03-02T12:59", True),
        ("2026-03-02T13:00", False),
        ("2026-03-02T14:30", True),
        ("2026-03-06T23:59", True),
        ("2026-03-07T00:00", False),
        ("2026-05-01T10:00", False),
        ("2027-12-25T10:00", False),
        ("2026-12-24T10:00", True),
        ("2026-12-24T12:00", False),
    ],
)
def test_blocks_and_holidays(moment: str, expected: bool) -> None:
    assert is_open(SHOP, at(moment)) is expected
    assert is_open(SHOP, at(moment).astimezone(timezone.utc)) is expected


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-03-02T06:00", "2026-03-02T09:00"),
        ("2026-03-02T13:10", "2026-03-02T14:00"),
        ("2026-03-02T18:00", "2026-03-03T09:00"),
        ("2026-03-06T23:59", "2026-03-06T23:59"),
        ("2026-03-07T00:00", "2026-03-09T09:00"),
        # Thursday evening before a holiday on Friday, then the weekend.
        ("2026-04-30T19:00", "2026-05-04T09:00"),
        ("2026-12-24T12:00", "2026-12-28T09:00"),
    ],
)
def test_the_next_opening(moment: str, opening: str) -> None:
    assert next_opening(SHOP, at(moment)) == at(opening)


def test_the_walls_clock_counts_on_both_sides_of_a_change_of_time() -> None:
    # 29 March 2026: the night has no 02:30; Monday's opening is 07:00 UTC instead of 08:00.
    assert next_opening(SHOP, at("2026-03-28T12:00")) == datetime(2026, 3, 30, 7, tzinfo=timezone.utc)
    night = Hours(always=False, time_zone="Europe/Warsaw", week=Week(sunday=(Block("02:30", "04:00"),)))
    assert next_opening(night, at("2026-03-28T12:00")) == datetime(2026, 3, 29, 1, 30, tzinfo=timezone.utc)
    # 25 October 2026: 02:30 comes twice; open from the first to the end.
    twice = next_opening(night, at("2026-10-24T12:00"))
    assert twice is not None
    assert twice.astimezone(timezone.utc) == datetime(2026, 10, 25, 0, 30, tzinfo=timezone.utc)
    late = Hours(always=False, time_zone="Europe/Warsaw", week=Week(sunday=(Block("01:00", "02:30"),)))
    second = datetime(2026, 10, 25, 1, 15, tzinfo=timezone.utc)
    assert is_open(late, second)
    assert not is_open(late, second + timedelta(minutes=15))


def test_without_hours_it_is_always_open_and_a_closed_year_has_no_opening() -> None:
    assert is_open(Hours(), at("2026-12-25T03:00"))
    assert Hours().problems() == []
    never = Hours(always=False)
    assert next_opening(never, at("2026-03-02T10:00")) is None
    assert never.problems() == ["no day of the week has a block: the site would never open"]


def test_hours_come_from_json_and_say_what_is_wrong() -> None:
    assert msgspec.json.decode(msgspec.json.encode(SHOP), type=Hours) == SHOP
    assert SHOP.problems() == []
    wrong = Hours(
        always=False,
        time_zone="Mars/Olympus",
        week=Week(
            monday=(Block("9:00", "17:00"),),
            tuesday=(Block("22:00", "02:00"),),
            wednesday=(Block("09:00", "12:00"), Block("11:00", "15:00")),
        ),
        holidays=(Holiday("02-30"), Holiday("yesterday"), Holiday("05-03"), Holiday("05-03")),
    )
    found = "\n".join(wrong.problems())
    for part in (
        "Mars/Olympus",
        "'9:00'",
        "22:00 to 02:00",
        "overlap",
        "'02-30'",
        "'yesterday'",
        "05-03 is there twice",
    ):
        assert part in found
    assert Hours(time_zone="../etc/passwd").problems() != []
    assert Holiday("02-29").blocks == ()
    assert Hours(holidays=(Holiday("02-29"),)).problems() == []
