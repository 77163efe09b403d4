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
    part = f".{match['part']}" if match["part"] else ""
    return Decimal(_GROUPS.sub("", match["whole"]) + part)


def written(amount: Decimal, currency: str) -> str:
    """Return the normal form: the digits as written, a point, and the ISO code: "20 BGN", "49.90 PLN"."""
    return f"{amount} {currency}"
