"""Bank accounts (IBAN) and card numbers in a text, told from other numbers by their check digits. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ \u00a0-]?\d{2}(?:[ \u00a0.-]{0,2}[A-Za-z0-9]){11,30}")
_POLISH = re.compile(r"(?<![\w-])\d{2}(?:[ \u00a0.-]?\d{4}){6}(?![\w-])")
_SHORTEST_IBAN = 15
_CARD = re.compile(r"(?<![^\W_])\d(?:[ \u00a0.-]{0,2}\d){12,}")
_GROUPS = re.compile(r"\d+")
_CARD_LENGTHS = range(13, 20)
# Cards begin with these digits: travel, Visa, Mastercard and national schemes.
_CARD_STARTS = "23456"
_LEAST_TWO = 16
"""Digits of a card that begins with 2: a shorter number is a day with its time."""
_LEAST_GROUP = 3
"""Digits that stand together in a card number, but for its last ones: a date has two."""


def ibans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of IBANs, written together or in groups, and of Polish ones without their PL."""
    for match in _IBAN.finditer(text):
        end = _iban_end(text, match.start(), match.end())
        if end is not None:
            yield match.start(), end
    for match in _POLISH.finditer(text):
        digits = _ascii("".join(_GROUPS.findall(match.group())))
        if _valid_iban(f"PL{digits}"):
            yield match.span()


def cards(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of numbers of 13 to 19 digits that pass the Luhn check, also beside other groups of digits."""
    for match in _CARD.finditer(text):
        groups = [group.span() for group in _GROUPS.finditer(text, *match.span())]
        first = 0
        while first < len(groups):
            last = _card_end(text, groups, first)
            if last is not None:
                yield groups[first][0], groups[last][1]
            first = first + 1 if last is None else last + 1


def _iban_end(text: str, start: int, end: int) -> int | None:
    """Return where the IBAN that starts here ends: the length whose remainder is right, whatever words follow."""
    compact = ""
    value = 0
    for at in range(start, end):
        character = text[at]
        if not (character.isascii() and character.isalnum()):
            continue
        compact += character.upper()
        if len(compact) <= 4:
            continue
        number = int(compact[-1], 36)
        value = (value * (100 if number > 9 else 10) + number) % 97
        head = "".join(str(int(part, 36)) for part in compact[:4])
        right = len(compact) >= _SHORTEST_IBAN and (value * 10 ** len(head) + int(head)) % 97 == 1
        if right and not text[at + 1 : at + 2].isalnum() and _valid_iban(compact):
            return at + 1
    return None


def _valid_iban(compact: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(compact))


def _card_end(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """Return the last of the groups, beginning with `first`, that make a card; the longest that is right."""
    start = groups[first][0]
    single = _single(groups, first)
    if _ascii(text[start]) not in _CARD_STARTS:
        return None
    digits, found = "", None
    for last in range(first, len(groups)):
        if last > first and groups[last - 1][1] - groups[last - 1][0] < _LEAST_GROUP and not single:
            break
        digits += _ascii(text[slice(*groups[last])])
        if len(digits) > _CARD_LENGTHS[-1]:
            break
        if len(digits) in _CARD_LENGTHS and _luhn(digits) and (digits[0] != "2" or len(digits) >= _LEAST_TWO):
            found = last
    return found


def _single(groups: list[tuple[int, int]], first: int) -> bool:
    """Tell whether somebody wrote the number digit by digit."""
    alone = all(end - start == 1 for start, end in groups[first : first + _CARD_LENGTHS[0]])
    return alone and len(groups) <= _CARD_LENGTHS[-1]


def _luhn(digits: str) -> bool:
    from stdnum import luhn

    return bool(luhn.is_valid(digits))


def _ascii(digits: str) -> str:
    return "".join(str(int(digit)) for digit in digits)
