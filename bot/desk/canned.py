"""Canned answers at the desk: checked when written, filled in for one conversation, in the customer's language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from bot.desk.facts import Facts
from bot.desk.lines import Heard
from bot.errors import CannedInvalid, Unknown
from bot.settings import Settings
from bot.store import Store, canned
from bot.store.canned import Canned
from bot.text import MAXIMUM_LENGTH, clean
from bot.yaml_files import read_yaml

FOLDER = Path(__file__).resolve().parents[2] / "data" / "canned"
VARIABLES = ("customer", "agent", "order", "refund", "case", "contact", "site")
"""What may stand in braces in a canned answer."""
LONGEST_TITLE = 120

_SHORTCUT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PLACE = re.compile(r"\{(\w*)\}")
# A customer without a name is greeted without one.
_NAMELESS = re.compile(r"[ \t]*\{customer\}")


class Filled(msgspec.Struct, frozen=True):
    """A canned answer for one conversation. `missing` are variables that nobody knows: they still stand in the text.

    `own` is the same answer in the agent's language, to read; empty if there is none or it is the same language.
    """

    shortcut: str
    language: str
    title: str
    text: str
    missing: tuple[str, ...] = ()
    own: str = ""


class CannedAnswers:
    """The site's canned answers."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    async def ship(self) -> int:
        """Put in the shipped set, each text once in the life of the site; how many were put in."""
        return await self._store.write(canned.ship, shipped(self._settings.languages))

    async def all_of(self, language: str | None = None) -> list[Canned]:
        """All canned answers as they were written, or those of one language."""
        return await self._store.read(canned.all_of, language)

    async def put(self, shortcut: str, language: str, title: str, text: str, *, by: str) -> Canned:
        """Write a canned answer over the one with this shortcut and language. CannedInvalid says what is wrong."""
        answer = checked(shortcut, language, title, text, self._settings.languages)
        await self._store.write(canned.put, answer, by=by)
        return answer

    async def remove(self, shortcut: str, language: str) -> None:
        """Remove a canned answer. Unknown if there is none."""
        if not await self._store.write(canned.remove, shortcut, language):
            raise Unknown("there is no such canned answer")

    async def filled(self, language: str, locale: str, values: Mapping[str, str]) -> list[Filled]:
        """All canned answers in the customer's language, filled in; with titles in the agent's where there are any."""
        every = await self._store.read(canned.all_of)
        own = {answer.shortcut: answer for answer in every if answer.language == locale}
        mine = [answer for answer in every if answer.language == language]
        return [_filled(answer, own.get(answer.shortcut), values) for answer in mine]

    def values(self, facts: Facts, wishes: Sequence[Heard], agent: str) -> dict[str, str]:
        """What is known for the variables in a conversation. `agent` is who writes."""
        things: dict[str, str] = {}
        for one in reversed(wishes):
            things |= one.about
        known = {
            "customer": facts.name,
            "agent": agent,
            "order": things.get("order_number", ""),
            "refund": things.get("refund") or things.get("refund_number", ""),
            "case": things.get("case", ""),
            "contact": self._settings.support_contact,
            "site": self._settings.site,
        }
        return {name: value for name, value in known.items() if value}


def checked(shortcut: str, language: str, title: str, text: str, languages: Iterable[str]) -> Canned:
    """A canned answer fit to be kept. CannedInvalid says what is wrong."""
    title, text = clean(title).strip(), clean(text).strip()
    if not _SHORTCUT.fullmatch(shortcut) or len(shortcut) > 32:
        raise CannedInvalid("a shortcut is 1 to 32 small letters, digits and single hyphens")
    if language not in tuple(languages):
        raise CannedInvalid(f"{language!r} is not a language of this site")
    if not 0 < len(title) <= LONGEST_TITLE:
        raise CannedInvalid(f"a title has 1 to {LONGEST_TITLE} characters")
    if not 0 < len(text) <= MAXIMUM_LENGTH:
        raise CannedInvalid(f"a text has 1 to {MAXIMUM_LENGTH} characters")
    wrong = [name for name in _PLACE.findall(text) if name not in VARIABLES]
    if wrong:
        raise CannedInvalid(f"{{{wrong[0]}}} is not one of {', '.join(VARIABLES)}")
    return Canned(shortcut, language, title, text)


def fill(text: str, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """A text with what is known filled in, and the variables that still stand in it. A value is never read as one."""
    if not values.get("customer"):
        text = _NAMELESS.sub("", text)
    missing: list[str] = []

    def value(found: re.Match[str]) -> str:
        known = values.get(found[1])
        if known is None:
            missing.append(found[1])
        return found[0] if known is None else known

    return _PLACE.sub(value, text), tuple(dict.fromkeys(missing))


def _filled(answer: Canned, own: Canned | None, values: Mapping[str, str]) -> Filled:
    text, missing = fill(answer.text, values)
    mine = fill(own.text, values)[0] if own is not None and own.language != answer.language else ""
    title = own.title if own is not None else answer.title
    return Filled(answer.shortcut, answer.language, title, text, missing, mine)


def shipped(languages: Iterable[str]) -> list[Canned]:
    """The set that comes with the server, in these languages."""
    return [
        Canned(shortcut, language, item["title"], item["text"])
        for language in languages
        for shortcut, item in _shipped(language).items()
    ]


def fitting(intent: str) -> tuple[str, ...]:
    """The shortcuts of the shipped set that fit a wish, the best first."""
    return tuple(_fitting().get(intent, ()))


@cache
def _shipped(language: str) -> Mapping[str, Mapping[str, str]]:
    path = FOLDER / f"{language}.yml"
    read: Mapping[str, Mapping[str, str]] = read_yaml(path) if path.is_file() else {}
    return read


@cache
def _fitting() -> Mapping[str, Sequence[str]]:
    read: Mapping[str, Sequence[str]] = read_yaml(FOLDER / "wishes.yml")
    return read
