"""The pages of asking and of loyalty, as docs/asking.md describes them: groups, labels and their order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from bot.asking.estimates import AskedFigures, Cell, figures
from bot.asking.loyalty import BackCell, CameBack, Likely, leaving, likely, returns
from bot.store.asking import Answers, Leaver
from bot.store.talks import BOT

_MOST_LEAVING = 50
_DAY = timedelta(days=1)
_NOBODY_ASKED: tuple[int, Answers] = (0, {})


class AskedGroup(AskedFigures, frozen=True, kw_only=True):
    """The figures of talks that have one value of the dimension; `label` is an agent's name, else the value."""

    value: str
    label: str


class AskingPage(msgspec.Struct, frozen=True, kw_only=True):
    """How much is asked, what was answered, and who answers. `from` and `to` are days in UTC, both included."""

    from_: str = msgspec.field(name="from")
    to: str
    by: str
    all: AskedGroup
    groups: list[AskedGroup]


class LoyaltyGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Customers by their first talk of the period, and answers by the last talk before the question."""

    value: str
    label: str
    customers: int
    came_back: CameBack
    recommends: Likely
    returns: Likely


class LeavingCustomer(msgspec.Struct, frozen=True):
    id: str
    name: str


G = TypeVar("G", AskedGroup, LoyaltyGroup)


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """A customer whose last talk went well and who seems to leave; `recommends` is the low answer, of 1 to 5."""

    customer: LeavingCustomer
    conversation: str
    at: datetime
    channel: str
    language: str
    rating: int | None
    mood_end: float | None
    recommends: int | None
    why: str
    days_away: int
    usual_days: float | None


class LoyaltyPage(msgspec.Struct, frozen=True, kw_only=True):
    """Loyalty, apart from satisfaction. `due`: conversations with the bot whose talk is over and not counted yet."""

    from_: str = msgspec.field(name="from")
    to: str
    counted_at: datetime
    due: int
    by: str
    all: LoyaltyGroup
    groups: list[LoyaltyGroup]
    leaving: list[Leaving]


@dataclass(frozen=True)
class Period:
    """What a page is about: days as they are shown, and the dimension."""

    first: str
    last: str
    by: str
    names: Mapping[str, str]
    """Agents' names by id."""

    def label(self, value: str) -> str:
        """What a value of the dimension is called."""
        return self.names.get(value, value) if self.by == "agent" else value


def asking_page(period: Period, cells: Mapping[str, Sequence[Cell]]) -> AskingPage:
    """The page of asking."""
    everything = figures(cell for listed in cells.values() for cell in listed)
    groups = [_asked(period, value, figures(listed)) for value, listed in cells.items()]
    return AskingPage(
        from_=period.first,
        to=period.last,
        by=period.by,
        all=_asked(period, "", everything),
        groups=in_order(period, [group for group in groups if group.talks], lambda group: group.talks),
    )


def loyalty_page(
    period: Period,
    cells: Mapping[str, Sequence[BackCell]],
    answers: Mapping[tuple[str, str], tuple[int, Answers]],
    leavers: Iterable[Leaver],
    *,
    moment: datetime,
    due: int,
) -> LoyaltyPage:
    """The page of loyalty."""
    values = dict.fromkeys([*cells, *(value for value, _ in answers)])
    groups = [_loyal(period, value, cells.get(value, ()), answers) for value in values]
    everything = [cell for listed in cells.values() for cell in listed]
    whole = {("", kind): _joined(answers, kind) for kind in ("return", "recommend")}
    rows = [row for leaver in leavers if (row := _leaving(leaver, moment)) is not None]
    return LoyaltyPage(
        from_=period.first,
        to=period.last,
        counted_at=moment,
        due=due,
        by=period.by,
        all=_loyal(period, "", everything, whole),
        groups=in_order(period, groups, lambda group: group.customers),
        leaving=rows[:_MOST_LEAVING],
    )


def in_order(period: Period, groups: Iterable[G], size: Callable[[G], int]) -> list[G]:
    """Hours from 00 to 23; agents by name, the bot first and nobody last; all others the greatest first."""

    def place(group: G) -> tuple[int, int, str]:
        if period.by == "hour":
            return 0, 0, group.value
        if period.by == "agent":
            return {BOT: 0, "": 2}.get(group.value, 1), 0, group.label.casefold()
        return 0, -size(group), group.value

    return sorted(groups, key=place)


def _asked(period: Period, value: str, found: AskedFigures) -> AskedGroup:
    return AskedGroup(value=value, label=period.label(value), **msgspec.structs.asdict(found))


def _loyal(
    period: Period,
    value: str,
    cells: Sequence[BackCell],
    answers: Mapping[tuple[str, str], tuple[int, Answers]],
) -> LoyaltyGroup:
    return LoyaltyGroup(
        value=value,
        label=period.label(value),
        customers=sum(cell.count for cell in cells),
        came_back=returns(cells),
        recommends=likely(*answers.get((value, "recommend"), _NOBODY_ASKED)),
        returns=likely(*answers.get((value, "return"), _NOBODY_ASKED)),
    )


def _joined(answers: Mapping[tuple[str, str], tuple[int, Answers]], kind: str) -> tuple[int, Answers]:
    asked, joined = 0, Counter[tuple[int, float]]()
    for (_, question), (count, given) in answers.items():
        if question == kind:
            asked += count
            joined.update(given)
    return asked, dict(joined)


def _leaving(leaver: Leaver, moment: datetime) -> Leaving | None:
    habit = leaver.habit
    why = leaving(habit, moment)
    if why is None:
        return None
    return Leaving(
        customer=LeavingCustomer(leaver.customer_id, leaver.name),
        conversation=leaver.conversation_id,
        at=habit.ended_at,
        channel=leaver.channel,
        language=leaver.language,
        rating=habit.rating,
        mood_end=habit.mood,
        recommends=habit.value,
        why=why,
        days_away=(moment - habit.ended_at).days,
        usual_days=None if habit.usual is None else round(habit.usual / _DAY, 1),
    )
