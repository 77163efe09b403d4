"""Addresses as people write them: the postcode among the words, or everything in one line. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions import wording
from actions.backends.model import COUNTRIES

LEAST_DIGITS = 4
"""Digits of a postcode beside a street, where smaller numbers are floors, flats and districts."""
_EIRCODE = re.compile(r"(?i)\b[ac-fhknprtv-y]\d[\dw][ -]?(?=[a-z]*\d)[\dac-fhknprtv-y]{4}\b")
_BRITISH = re.compile(r"(?i)\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b")
_POSTCODE = re.compile(r"(?i)\b(?:[a-z]{1,2}[ -]?)?\d[\da-z]*(?:[ -]?\d[\da-z]*)?\b")


@dataclass(frozen=True)
class Parts:
    """What one line says: `place` is postcode and city, `country` one of COUNTRIES, None where it is not said."""

    street: str
    place: tuple[str, str] | None = None
    country: str | None = None


def split_place(text: str) -> tuple[str, str]:
    """Return postcode and city of "00-950 Warszawa" or "Athens 105 57"; "" for what is not there."""
    text = " ".join(text.split()).strip(" .")
    special = _EIRCODE.search(text) or _BRITISH.search(text)
    found = special or max(_POSTCODE.finditer(text), key=lambda match: len(match.group()), default=None)
    if found is None:
        return "", text
    city = " ".join(f"{text[: found.start()]} {text[found.end() :]}".split()).strip(" ,.-")
    return found.group().upper(), city if any(map(str.isalpha, city)) else ""


def divided(text: str) -> Parts:
    """Return the parts of an address that are divided by commas or lines. A single part is a street."""
    pieces = [piece.strip() for piece in re.split(r"[,;\n]+", text) if piece.strip()]
    country = _country(pieces[-1]) if len(pieces) > 1 else None
    if country is not None:
        pieces.pop()
    for at in range(len(pieces) - 1, 0, -1):
        postcode, city = split_place(pieces[at])
        if not _is_postcode(postcode):
            continue
        if city:
            return Parts(", ".join(pieces[:at] + pieces[at + 1 :]), (postcode, city), country)
        # "London, SW1A 1AA" or "1000, София": the city is its neighbour.
        beside = at + 1 if at + 1 < len(pieces) else at - 1
        numbered = any(map(str.isdigit, pieces[beside])) and not _EIRCODE.fullmatch(postcode)
        if beside > 0 and not numbered:
            rest = [piece for place, piece in enumerate(pieces) if place not in (at, beside)]
            return Parts(", ".join(rest), (postcode, pieces[beside]), country)
    return Parts(", ".join(pieces), None, country)


def _is_postcode(text: str) -> bool:
    special = _EIRCODE.fullmatch(text) or _BRITISH.fullmatch(text)
    return special is not None or sum(map(str.isdigit, text)) >= LEAST_DIGITS


def _country(text: str) -> str | None:
    found = wording.country_codes(text, COUNTRIES)
    return found.pop() if len(found) == 1 else None
