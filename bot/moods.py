"""What a customer's message shows beside those before it, and what the turn is to do about it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.models import Message
from bot.signals import Alarm, Arc, Ours, Reading, Rules, Step, alarm, arc, tone
from bot.signals.course import LOW, Point


@dataclass(frozen=True)
class Said:
    """A message of ours. `offers`: a button below it asks for a person."""

    ours: Ours
    text: str
    offers: bool


@dataclass(frozen=True)
class Passage:
    """That the conversation went to people after the customer's message number `seq`; open as long as not ended."""

    seq: int
    ended_at: datetime | None


@dataclass(frozen=True)
class Past:
    """What is known of a conversation's mood when a turn begins, and the site's rules."""

    readings: tuple[Reading, ...] = ()
    said: tuple[Said, ...] = ()
    passages: tuple[Passage, ...] = ()
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True)
class Mood:
    """The mood after a message, and what is due.

    `shown` is the message that the alarm rests on: that of the fall, or the first one of a customer who came unhappy.
    `anger` (0..1) is the greatest since then, `since` what we have said since then. `acts`: the message was read well
    enough to do something about it. `calls`: people are due, and have not had this fall yet. `sorry`: it is to be said
    now. `careful`: the customer is unhappy, so that the bot speaks shorter, and offers a person.
    """

    reading: Reading | None
    course: Arc
    alarm: Alarm | None
    shown: Point | None
    since: tuple[Said, ...] = ()
    anger: float = 0.0
    careful: bool = False
    acts: bool = False
    calls: bool = False
    sorry: bool = False

    @property
    def urgency(self) -> int:
        """What the alarm adds to the priority of a handoff."""
        return self.alarm.urgency if self.alarm is not None else 0

    @property
    def depth(self) -> float:
        """How deep it went, 0 to 1."""
        fall = self.course.open_fall
        return round(fall.depth if fall is not None else max(0.0, -self.course.lowest), 2)

    @property
    def suggests(self) -> bool:
        """Whether a person is to be offered in words, and people who supervise are to be told."""
        return self.acts and self.alarm is not None and self.alarm.step in (Step.SUGGEST, Step.HANDOFF)

    def rests_on(self) -> dict[str, Any]:
        """What the alarm rests on, for those who read it later: how deep, which emotion, after what of ours.

        `messages` are the last one and that with which it showed.
        """
        fall, shown, last = self.course.open_fall, self.shown, self.reading
        after = fall.after if fall is not None else None
        rested = [point.message_id for point in (last, shown) if point is not None]
        return {
            "fall": self.depth,
            "emotion": shown.emotion if shown is not None else None,
            "after": after.message_id if after is not None else None,
            "messages": list(dict.fromkeys(rested)),
        }


def mood(past: Past, message: Message, parse: Mapping[str, Any]) -> Mood:
    """The mood after this message. Something is done only about a message that was itself read, and counts.

    A fall is for people once: who was given back to the bot, or wants nobody any more, is not passed on for the
    same fall again.
    """
    reading = reading_of(message, parse)
    before = tuple(one for one in past.readings if one.message_id != message.id)
    course = arc((*before, reading) if reading else before, [said.ours for said in past.said])
    raised, shown, speaks = alarm(course, past.rules), _shown(course), tone(course)
    acts = reading is not None and not reading.weak and shown is not None
    angry = acts and reading is not None and reading.valence <= LOW
    hands_off = raised is not None and raised.step is Step.HANDOFF
    return Mood(
        reading=reading,
        course=course,
        alarm=raised,
        shown=shown,
        since=tuple(said for said in past.said if shown is not None and said.ours.seq > shown.seq),
        anger=_anger(past, reading, shown),
        careful=speaks.careful,
        acts=acts,
        calls=angry and hands_off and shown is not None and not _had(past, shown),
        sorry=angry and speaks.says_sorry,
    )


def reading_of(message: Message, parse: Mapping[str, Any]) -> Reading | None:
    """The reading in what was understood of a message; None if there is none, or none that can be one."""
    read = parse.get("sentiment")
    if not isinstance(read, Mapping):
        return None
    try:
        valence = float(read["valence"])
        if not math.isfinite(valence):
            return None
        return Reading(
            message_id=message.id,
            seq=message.seq,
            at=message.sent_at,
            valence=max(-1.0, min(1.0, valence)),
            emotions={name: max(0.0, min(1.0, float(share))) for name, share in read["emotions"].items()},
            weak=bool(read.get("weak")),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _shown(course: Arc) -> Point | None:
    """The message with which the present unhappiness showed."""
    fall = course.open_fall
    counted = [point for point in course.points if point.counts]
    if fall is None:
        return counted[0] if course.begins_low and course.first_repair is None else None
    return next(point for point in counted if point.message_id == fall.message_id)


def _anger(past: Past, reading: Reading | None, shown: Point | None) -> float:
    """The greatest anger since the mood fell, else that of this message; weak readings tell none."""
    read = [one for one in past.readings if shown is not None and one.seq >= shown.seq]
    read += [reading] if reading is not None else []
    return max((one.emotions.get("anger", 0.0) for one in read if not one.weak), default=0.0)


def _had(past: Past, shown: Point) -> bool:
    """Whether people have had this fall: it was passed to them, or it came while they had the conversation."""
    return any(
        passage.seq >= shown.seq or passage.ended_at is None or passage.ended_at > shown.at
        for passage in past.passages
    )
