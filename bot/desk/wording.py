"""What the brief says, in the languages that agents read: data/brief/<language>.yml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel import Locale  # type: ignore[import-untyped]
from babel.dates import format_date  # type: ignore[import-untyped]

from bot.yaml_files import read_yaml

FOLDER = Path(__file__).resolve().parents[2] / "data" / "brief"
FIRST = "en"
QUOTED = 140
"""Characters of a message that a line quotes, at most."""

_PLACE = re.compile(r"\{(\w+)\}")
_SPACES = re.compile(r"\s+")
# English customers of a European shop write the day first; so do their agents.
_LOCALES = {"en": "en_GB"}


@dataclass(frozen=True)
class Wording:
    """The words of one language. What is filled in is text: nothing in it is read as a placeholder."""

    language: str
    texts: Mapping[str, Mapping[str, str]]
    quotes: str

    def line(self, key: str, /, **values: object) -> str:
        """A line of the brief."""
        return capital(filled(self.texts["lines"][key], values))

    def next(self, key: str, /, **values: object) -> str:
        """What to do next."""
        return filled(self.texts["next"][key], values)

    def wish(self, intent: str) -> str:
        """A wish by its intent; the intent's own name, readable, if it is one that these words do not know."""
        return self.texts["wishes"].get(intent, intent.replace("_", " "))

    def of(self, kind: str, name: str) -> str:
        """A word of `ends`, `statuses`, `reasons` or `outcomes`; the name itself if it is unknown."""
        return self.texts[kind].get(name, name.replace("_", " "))

    def about(self, things: Mapping[str, str]) -> str:
        """Things of the shop in words: "order 10024, refund R5"; empty if there are none that have words."""
        known = self.texts["about"]
        return ", ".join(
            filled(known[name], {"value": value}) for name, value in things.items() if name in known
        )

    def quote(self, text: str) -> str:
        """A customer's words between quotation marks, on one line and not too long."""
        line = _SPACES.sub(" ", text).strip()
        short = line if len(line) <= QUOTED else line[: QUOTED - 1].rsplit(" ", 1)[0] + "…"
        return filled(self.quotes, {"text": short})

    def day(self, moment: datetime | date) -> str:
        """A day with its year, such as "3 May 2026"."""
        locale = _LOCALES.get(self.language, self.language)
        return str(format_date(moment, "long", locale=locale)).removesuffix(" г.")

    def languages(self, codes: Iterable[str]) -> str:
        """Languages by their names: "Polish, English"."""
        names = Locale.parse(_LOCALES.get(self.language, self.language)).languages
        return ", ".join(str(names.get(code, code)) for code in codes)


def wording(language: str) -> Wording:
    """The words of a language; English for one that we do not have."""
    return _read(language if (FOLDER / f"{language}.yml").is_file() and language.isalpha() else FIRST)


def filled(template: str, values: Mapping[str, object]) -> str:
    """A text of ours with its placeholders filled in; one without a value stays."""
    return _PLACE.sub(lambda found: str(values.get(found[1], found[0])), template)


def capital(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


@cache
def _read(language: str) -> Wording:
    read = read_yaml(FOLDER / f"{language}.yml")
    return Wording(language, {name: read[name] for name in read if name != "quote"}, read["quote"])
