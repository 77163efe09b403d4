"""Taps: pressed buttons of our own questions, noted at once. They open no conversation and make no turn."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from bot.asking import questions
from bot.models import now
from bot.ratings import Pressed
from bot.ratings import pressed as pressed_rating
from bot.store import conversations, loyalty, ratings, talks


@dataclass(frozen=True)
class Loyal:
    """What a button of a question about loyalty says."""

    answer_id: str
    value: int


Tap = Pressed | Loyal


def read(payload: str | None) -> Tap | None:
    """The tap that a pressed button is, None if it is none of our questions'."""
    said = questions.pressed(payload)
    return Loyal(*said) if said is not None else pressed_rating(payload)


def note(tx: Connection, tap: Tap) -> str:
    """Keep what a tap says, instead of an earlier one; the response that thanks for it."""
    if isinstance(tap, Loyal):
        loyalty.note_value(tx, tap.answer_id, tap.value, now())
        return "utter_loyalty_thanks"
    ratings.note(tx, conversations.find(tx, tap.conversation), tap.value)
    if tap.talk:
        talks.note_rating(tx, tap.talk, tap.value, now())
    return "utter_rating_thanks"
