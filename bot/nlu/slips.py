"""Slips of the finger: what a word in no list was, if one letter is put right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

SHORTEST = 4
"""Shorter words have too many neighbours to tell which one was meant."""

_ALPHABETS = {
    "en": "abcdefghijklmnopqrstuvwxyz", "pl": "abcdefghijklmnoprstuwyzxvq", "ro": "abcdefghijklmnopqrstuvwxyz",
    "el": "αβγδεζηθικλμνξοπρστυφχψω", "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
}  # fmt: skip
_ROWS = {
    "el": ("ςερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),
    "bg": ("явертъуиопшщ", "асдфгхйкл", "зьцжбнм"),
}  # fmt: skip
_LATIN_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# How unlikely each slip is, in hundredths of a power of ten.
_SWAPPED = _DOUBLED = EASY = 20
_LOST = _ADDED = _BESIDE = 60
_LOST_AT_END = 80
_OTHER = 90


def corrections(word: str, language: str) -> dict[str, int]:
    """Return what a word without diacritics becomes by putting one letter right: how unlikely that slip is.

    The first letter stays. The last one is only replaced by its neighbour on the keyboard: a known word with another
    ending is mostly another form that is merely missing in the list.
    """
    found: dict[str, int] = {}
    beside = _neighbours(language)
    for corrected, cost in _corrected(word, _ALPHABETS[language], beside):
        if cost < found.get(corrected, _OTHER + 1):
            found[corrected] = cost
    found.pop(word, None)
    return found


@cache
def _neighbours(language: str) -> frozenset[str]:
    rows = _ROWS.get(language, _LATIN_ROWS)
    return frozenset(
        pair
        for row in rows
        for at in range(len(row) - 1)
        for pair in (row[at : at + 2], row[at + 1] + row[at])
    )


def _corrected(word: str, alphabet: str, beside: frozenset[str]) -> Iterator[tuple[str, int]]:
    for place in range(1, len(word)):
        before, letter, after = word[:place], word[place], word[place + 1 :]
        doubled = letter == before[-1]
        if doubled or after:
            yield before + after, _DOUBLED if doubled else _ADDED
        if after:
            yield before + after[0] + letter + after[1:], _SWAPPED
        for other in alphabet:
            near = letter + other in beside
            if after or near:
                yield before + other + after, _BESIDE if near else _OTHER
            yield before + other + letter + after, _LOST
    for other in alphabet:
        yield word + other, _LOST_AT_END
