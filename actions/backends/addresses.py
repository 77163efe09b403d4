"""Addresses of delivery: where parcels go, and whether an address can be right. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

import stdnum.at.postleitzahl
import stdnum.es.postal_code
import stdnum.nl.postcode
import stdnum.se.postnummer
from stdnum.exceptions import ValidationError

from actions.backends.faults import AddressInvalid
from actions.backends.things import Address

COUNTRIES = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IT", "LT", "LU",
    "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
"""The countries that parcels go to: the European Union and the United Kingdom."""

MAX_PART = 120

# A digit is 9; a blank or hyphen may be missing or be the other one. Where there are several forms
# (GB, IE, MT), or where python-stdnum knows more than the form (AT, ES, NL, SE), see below.
_FORMS = {
    **dict.fromkeys(["BE", "BG", "CY", "DK", "HU", "LU", "SI"], "9999"),
    **dict.fromkeys(["DE", "EE", "FI", "FR", "HR", "IT", "LT"], "99999"),
    **dict.fromkeys(["CZ", "GR", "SK"], "999 99"),
    "LV": "LV-9999",
    "PL": "99-999",
    "PT": "9999-999",
    "RO": "999999",
}
_PATTERNS = {
    "GB": r"(GIR ?0AA|[A-PR-UWYZ](\d[A-HJKPSTUW\d]?|[A-HK-Y]\d[ABEHMNPRV-Y\d]?) ?\d[ABD-HJLNP-UW-Z]{2})",
    "IE": r"([AC-FHKNPRTV-Y]\d{2}|D6W) ?[\dAC-FHKNPRTV-Y]{4}",
    "MT": r"[A-Z]{3} ?\d{4}",
}
_LIBRARY: dict[str, Callable[[str], str]] = {
    "AT": stdnum.at.postleitzahl.validate,
    "ES": stdnum.es.postal_code.validate,
    "NL": stdnum.nl.postcode.validate,
    "SE": stdnum.se.postnummer.validate,
}


def check_address(address: Address) -> None:
    """Return if parcels can go there. Raises AddressInvalid with the first field that cannot be right.

    The country comes first, for the form of the postcode hangs on it. Whether the street exists is not known here.
    """
    if address.country not in COUNTRIES:
        raise AddressInvalid("country")
    if not is_postcode(address.postcode, address.country):
        raise AddressInvalid("postcode")
    for field in ("name", "street", "city"):
        if not _is_words(getattr(address, field)):
            raise AddressInvalid(field)


def is_postcode(text: str, country: str) -> bool:
    """Tell whether the text has the form of a postcode of the country (one of COUNTRIES)."""
    text = " ".join(text.upper().split())
    if not text.isascii():
        return False
    if country in _LIBRARY:
        try:
            _LIBRARY[country](text)
        except ValidationError:
            return False
        return True
    pattern = _PATTERNS.get(country) or _pattern(_FORMS[country])
    # People also write the country before it: PL-00-950, GR 104 31, D-10115. LV is part of the postcode.
    prefix = "" if country in ("GB", "IE", "LV", "MT") else rf"(({country}|{country[0]})[- ])?"
    return re.fullmatch(prefix + pattern, text) is not None


def _pattern(form: str) -> str:
    pattern = re.sub("[ -]", "[ -]?", form.replace("9", "\\d"))
    return pattern.replace("LV[ -]?", "(LV[ -]?)?")


def _is_words(text: str) -> bool:
    return (
        2 <= len(text.strip()) <= MAX_PART and any(letter.isalpha() for letter in text) and text.isprintable()
    )
