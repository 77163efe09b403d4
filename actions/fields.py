"""Questions that tasks ask, and how answers to them are read. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from actions.memory import Given
from actions.turn import Turn
from bot.nlu.numerals import ALL_NUMERALS
from bot.nlu.vocabulary import folded

SURE = 0.7
"""How certain a written yes must be before something is done. A doubtful one is asked again; a no needs less."""
LONGEST_TEXT = 2_000
_LEAVE_IT = """
cancel|stop|quit|exit|never mind|nevermind|forget it|leave it|forget about it
|anuluj|przestań|nieważne|zapomnij|daj spokój|nic|rezygnuję|zostaw to
|άκυρο|ακύρωση|άσε|άσε το|άστο|ξέχνα το|ξέχασέ το|σταμάτα|δεν πειράζει|akyro|ase|asto|ksexna to|stamata
|отказ|откажи|откажи се|забрави|остави|спри|няма значение|стоп|otkaz|otkazhi|zabravi|ostavi|spri|nqma znachenie
|anulează|renunț|lasă|las-o|lăsați|nu contează|oprește|uită|uitați"""
_GIVING_UP = frozenset(folded(words.strip()) for words in _LEAVE_IT.split("|"))


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
    """Return a field whose answer is one of its buttons: pressed, or written with words that only it has."""

    def read(turn: Turn) -> str | None:
        for choice in choices:
            wanted = choice.gives[name]
            if wanted in turn.given.get(name, ()) or _same(choice.title, turn.text):
                return wanted
        named = [] if turn.pressed else _named(turn.text, {item.gives[name]: item.title for item in choices})
        return named[0] if len(named) == 1 else None

    def find(given: Given) -> str | None:
        allowed = {choice.gives[name] for choice in choices}
        return next((value for value in given.get(name, ()) if value in allowed), None)

    return Field(name, question, read, find, values=values, choices=choices)


def text_field(
    name: str, question: str, *, prose: bool = False, least: int = 2, group: str = "", letters: bool = False
) -> Field:
    """Return a field that takes what the customer writes.

    Shorter than `least` characters is Unfit, and with `letters` a text without any.
    """

    def read(turn: Turn) -> str | None:
        text = " ".join(turn.text.split())[:LONGEST_TEXT]
        if turn.pressed:
            return None
        if len(text) < least or (letters and not any(map(str.isalpha, text))):
            raise Unfit("utter_text_too_short")
        return text

    return Field(name, question, read, prose=prose, open_=not prose, group=group)


def number_field(name: str, question: str, low: int, high: int) -> Field:
    """Return a field for a whole number from `low` to `high`."""

    def read(turn: Turn) -> int | None:
        values = [int(value) for value in turn.given.get(name, ()) if value.isdecimal()]
        values = values or ([] if turn.pressed else _numbers(turn.text, high))
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


def gives_up(text: str) -> bool:
    """Tell whether the whole message says to leave it: "cancel", "never mind"; also where any text is an answer."""
    return folded(text).strip(" .!") in _GIVING_UP


def _numbers(text: str, high: int) -> list[int]:
    """The numbers of an answer in digits, words or stars; of "4/5" the first, where 5 is the most."""
    stars = text.count("★") + text.count("⭐")
    if stars:
        return [stars]
    digits = [int(part) for part in re.findall(r"(?<!\d)[-−]?\d+", text.replace("−", "-")) if len(part) < 10]
    if len(digits) == 2 and digits[1] == high:
        return digits[:1]
    words = (
        [ALL_NUMERALS.get(folded(word)) for word in re.findall(r"[^\W\d]+", text)]
        if len(text.split()) <= 3
        else []
    )
    return digits or [value for value in words if value is not None]


def _named(text: str, titles: Mapping[str, str]) -> list[str]:
    """The choices of which a word stands in the text, its ending left out; words of several titles do not count."""
    words = re.findall(r"\w+", folded(text))
    stems = {
        key: {word[: max(4, len(word) - 2)] for word in re.findall(r"\w{4,}", folded(title))}
        for key, title in titles.items()
    }
    found = []
    for key, own in stems.items():
        others = set().union(*(stem for other, stem in stems.items() if other != key))
        if any(word.startswith(stem) for stem in own - others for word in words):
            found.append(key)
    return found


def _same(title: str, text: str) -> bool:
    return bool(text.strip()) and title.casefold().strip() == text.casefold().strip(" .!?\n\t")
