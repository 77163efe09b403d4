"""Values as a customer reads them: dates, money, lists of things. Sentences live in domain.yml."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from babel.dates import format_date  # type: ignore[import-untyped]
from babel.numbers import format_currency  # type: ignore[import-untyped]

from actions.backends.model import Item

LANGUAGES = ("en", "pl", "el", "bg", "ro")

# English customers of a European shop write the day first.
LOCALES = {"en": "en_GB", "pl": "pl", "el": "el", "bg": "bg", "ro": "ro"}

NEAR_DAYS = 180


def day(value: date, language: str, *, today: date | None = None) -> str:
    """Return the day in words, such as "czwartek, 26 listopada"; far from `today` with its year."""
    near = abs((value - (today or date.today())).days) <= NEAR_DAYS
    pattern = "EEEE, d MMMM" if near else "long"
    return str(format_date(value, pattern, locale=_locale(language)))


def money(amount: Decimal, currency: str, language: str) -> str:
    """Return the amount as money of that language, such as "70,00 €"."""
    return str(format_currency(amount, currency, locale=_locale(language)))


def items(lines: Iterable[Item]) -> str:
    """Return what is in an order, such as "2 × Mug, 1 × Teapot"."""
    return ", ".join(f"{line.quantity} × {line.name}" for line in lines)


def _locale(language: str) -> str:
    return LOCALES.get(language, LOCALES["en"])
