"""Amounts of money as customers write them: "1 234,50 zł" is "1234.50 PLN"."""

from __future__ import annotations

import re
from decimal import Decimal

_AMOUNT = re.compile(
    r"(?P<whole>\d{1,9}|\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,2}|\d{1,3}(?:\.\d{3}){1,2}|\d{1,3}(?:,\d{3}){1,2}"
    r"|\d{1,3}(?:'\d{3}){1,2})"
    r"(?:[.,](?P<part>\d{1,2}))?"
)
_GROUPS = re.compile(r"[\s.,']")


def read_amount(text: str) -> Decimal | None:
    """Return the amount that `text` is as a whole, None if it is not one."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return None
    return Decimal(f"{_GROUPS.sub('', match['whole'])}.{match['part'] or 0}")


def written(amount: Decimal, currency: str) -> str:
    """Return the normal form: two decimals and the ISO code."""
    return f"{amount:.2f} {currency}"
