"""Values as a customer reads them: dates, money, lists of things. Sentences live in domain.yml."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache

from babel import Locale  # type: ignore[import-untyped]
from babel.dates import format_date  # type: ignore[import-untyped]
from babel.numbers import format_currency  # type: ignore[import-untyped]

from actions.backends.model import Item
from bot.nlu.places import countries
from bot.nlu.vocabulary import folded

LANGUAGES = ("en", "pl", "el", "bg", "ro")

# English customers of a European shop write the day first.
LOCALES = {"en": "en_GB", "pl": "pl", "el": "el", "bg": "bg", "ro": "ro"}

NEAR_DAYS = 180


def day(value: date, language: str, *, today: date | None = None) -> str:
    """Return the day in words, such as "czwartek, 26 listopada"; far from `today` with its year."""
    near = abs((value - (today or date.today())).days) <= NEAR_DAYS
    pattern = "EEEE, d MMMM" if near else "long"
    # A Bulgarian year ends with "г.", whose full stop would meet that of the sentence.
    return str(format_date(value, pattern, locale=_locale(language))).removesuffix(" г.")


def money(amount: Decimal | int, currency: str, language: str) -> str:
    """Return the amount as money of that language, such as "70,00 €"."""
    return str(format_currency(amount, currency, locale=_locale(language)))


def items(lines: Iterable[Item]) -> str:
    """Return what is in an order, such as "2 × Mug, 1 × Teapot"."""
    return ", ".join(f"{line.quantity} × {line.name}" for line in lines)


def short(text: str, length: int = 40) -> str:
    """Return the text, cut at a word if it is longer than a button is wide."""
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0].rstrip(",") + " …"


def lines(parts: Iterable[str]) -> str:
    """Return the parts as a list of lines."""
    return "\n".join(f"• {part}" for part in parts)


def country(code: str, language: str) -> str:
    """Return the name of a country (ISO 3166 alpha-2)."""
    return str(Locale.parse(_locale(language)).territories.get(code, code))


def country_codes(name: str, codes: Iterable[str]) -> set[str]:
    """Return those of `codes` that are called `name` in any of our languages, or are written as the code."""
    wanted = folded(name.strip().strip("."))
    named = _country_names().get(wanted, set())
    return {code for code in codes if wanted == code.casefold() or code in named}


@cache
def _country_names() -> dict[str, set[str]]:
    """The codes of each name, folded, also of everyday ones: "uk"."""
    names: dict[str, set[str]] = {}
    for item in countries():
        names.setdefault(folded(item.name), set()).add(item.value)
    return names


def _locale(language: str) -> str:
    return LOCALES.get(language, LOCALES["en"])
