"""What a customer in the queue is told, and when: the truth about place, time and opening, without nagging. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from actions.wording import day
from bot.desk.hours import is_open, next_opening
from bot.desk.situation import InQueue, Situation
from bot.desk.waiting import Place

RANGE, NOBODY, CLOSED = "range", "nobody", "closed"
"""What there is to tell: a place and a range; that nobody is at the desk; that the site is closed."""

# Between two tellings at least; who reloads a console must not make us say so.
_PAUSE = timedelta(seconds=60)
# From this range on we speak of hours.
_HOURS_FROM = 5400

Sentence = Callable[[str, Mapping[str, object]], str]
"""A response of domain.yml with its values, in the customer's language."""


@dataclass(frozen=True)
class Telling:
    """What to say to one customer. `place` holds the range that it promises, if its kind is RANGE."""

    kind: str
    place: Place
    late: bool = False
    opening: datetime | None = field(default=None)


def due(item: InQueue, place: Place, situation: Situation) -> Telling | None:
    """What there is to tell a customer now, None if nothing.

    Nothing while an agent is being asked, nor to those who will be written to later; the same kind again only when
    the time that we told is over.
    """
    waiting, moment = item.waiting, situation.moment
    late = waiting.told_until is not None and moment > waiting.told_until
    if waiting.later or (waiting.offered_to is not None and not late):
        return None
    if item.told_at is not None and moment - item.told_at < _PAUSE:
        return None
    telling = _of_now(place, situation)
    if telling.kind != item.told_kind:
        return telling
    return Telling(RANGE, place, late=True) if late and telling.kind == RANGE else None


def text(telling: Telling, language: str, sentence: Sentence, *, today: datetime) -> str:
    """The words of a telling, with `today` in the site's time zone to name the day of the opening."""
    if telling.kind == NOBODY:
        return sentence("utter_queue_nobody", {})
    if telling.kind == CLOSED:
        return _closed(telling.opening, language, sentence, today)
    said = _range(telling.place, sentence)
    return f"{sentence('utter_queue_longer', {})} {said}" if telling.late else said


def _of_now(place: Place, situation: Situation) -> Telling:
    if place.low is not None:
        # Whoever is there answers, also outside the hours.
        return Telling(RANGE, place)
    if is_open(situation.hours, situation.moment):
        return Telling(NOBODY, place)
    return Telling(CLOSED, place, opening=next_opening(situation.hours, situation.moment))


def _range(place: Place, sentence: Sentence) -> str:
    low, high = place.low or 0, place.high or 0
    if high > _HOURS_FROM:
        hours = {"low": max(1, low // 3600), "high": max(2, math.ceil(high / 3600))}
        return sentence("utter_queue_hours", {"place": place.position, **hours})
    minutes = {"low": low // 60, "high": max(2, high // 60)}
    if minutes["low"] == 0:
        return sentence("utter_queue_within", {"place": place.position, "high": minutes["high"]})
    return sentence("utter_queue_between", {"place": place.position, **minutes})


def _closed(opening: datetime | None, language: str, sentence: Sentence, today: datetime) -> str:
    if opening is None:
        return sentence("utter_queue_nobody", {})
    # The zone is named: the customer may sit in another.
    at = f"{opening:%H:%M} ({opening.tzname()})"
    if opening.date() == today.date():
        return sentence("utter_closed_today", {"time": at})
    return sentence(
        "utter_closed_hours", {"day": day(opening.date(), language, today=today.date()), "time": at}
    )
