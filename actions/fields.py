"""Questions that tasks ask, and how answers to them are read. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from actions.memory import Given
from actions.turn import Turn

SURE = 0.7
"""How certain a written yes must be before something is done. A doubtful one is asked again; a no needs less."""
LONGEST_TEXT = 2_000


class Unfit(Exception):
    """An answer was understood but cannot be taken; `response` with `values` says why."""

    def __init__(self, response: str, **values: object) -> None:
        super().__init__(response)
        self.response = response
        self.values = values


@dataclass(frozen=True)
class Choice:
    """A button: its title and the entities that it gives."""

    title: str
    gives: Mapping[str, str]


@dataclass(frozen=True)
class Field:
    """One question. `name` is its place among a task's answers, `question` the response that asks it.

    `read` takes the answer from a message, `find` from what the customer said before being asked; both return None if
    it is not there, or raise Unfit. `again` asks after an answer that was not understood (else `question` does).
    `prose` takes any text for an answer; `open_` takes any text that is not clearly another wish. Fields of one `group`
    are asked again together when the customer says that something is wrong. `consent` names what a yes is for, in a
    question for yes or no.
    """

    name: str
    question: str
    read: Callable[[Turn], Any]
    find: Callable[[Given], Any] = lambda given: None
    again: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    choices: Sequence[Choice] = ()
    prose: bool = False
    open_: bool = False
    consent: str = ""
    group: str = ""

    def asking(self, question: str | None = None, **values: object) -> Field:
        """Return the same question in other words or with other values."""
        return replace(self, question=question or self.question, values={**self.values, **values})

    def with_choices(self, choices: Sequence[Choice]) -> Field:
        """Return the same question with these buttons."""
        return replace(self, choices=choices)


def entity_field(name: str, question: str, *, entity: str | None = None, again: str | None = None) -> Field:
    """Return a field that takes the value of an entity, if a message has just one of it."""
    kind = entity or name

    def find(given: Given) -> str | None:
        found = given.get(kind, ())
        return found[0] if len(found) == 1 else None

    return Field(name, question, lambda turn: find(turn.given), find, again)


def choice_field(name: str, question: str, choices: Sequence[Choice], **values: object) -> Field:
    """Return a field whose answer is one of its buttons, pressed, or written as on the button."""

    def read(turn: Turn) -> str | None:
        for choice in choices:
            wanted = choice.gives[name]
            if wanted in turn.given.get(name, ()) or _same(choice.title, turn.text):
                return wanted
        return None

    def find(given: Given) -> str | None:
        allowed = {choice.gives[name] for choice in choices}
        return next((value for value in given.get(name, ()) if value in allowed), None)

    return Field(name, question, read, find, values=values, choices=choices)


def text_field(name: str, question: str, *, prose: bool = False, least: int = 2, group: str = "") -> Field:
    """Return a field that takes what the customer writes. Shorter than `least` characters is Unfit."""

    def read(turn: Turn) -> str | None:
        text = " ".join(turn.text.split())[:LONGEST_TEXT]
        if turn.pressed:
            return None
        if len(text) < least:
            raise Unfit("utter_text_too_short")
        return text

    return Field(name, question, read, prose=prose, open_=not prose, group=group)


def number_field(name: str, question: str, low: int, high: int) -> Field:
    """Return a field for a whole number from `low` to `high`."""

    def read(turn: Turn) -> int | None:
        found = [int(part) for part in re.findall(r"\d{1,6}", turn.text)]
        given = [int(value) for value in turn.given.get(name, ()) if value.isdecimal()]
        values = given or found
        if len(values) != 1:
            return None
        if not low <= values[0] <= high:
            raise Unfit("utter_number_out_of_range", low=low, high=high)
        return values[0]

    def find(given: Given) -> int | None:
        values = [int(value) for value in given.get(name, ()) if value.isdecimal()]
        return values[0] if len(values) == 1 and low <= values[0] <= high else None

    return Field(name, question, read, find)


def yes_or_no(name: str, question: str, consent: str, **values: object) -> Field:
    """Return a field for a yes or a no. Only a certain yes is a yes; a button with another `consent` is none."""

    def read(turn: Turn) -> bool | None:
        if turn.pressed and turn.given.get("confirms", [consent])[0] != consent:
            return None
        if turn.wish.intent == "deny":
            return False
        return True if turn.wish.intent == "affirm" and turn.wish.certainty >= SURE else None

    return Field(name, question, read, again="utter_yes_or_no", values=values, consent=consent)


def _same(title: str, text: str) -> bool:
    return bool(text.strip()) and title.casefold().strip() == text.casefold().strip(" .!?\n\t")
