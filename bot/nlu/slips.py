"""Slips of the finger: what a word in no list was, if one letter is put right."""

from __future__ import annotations

from collections.abc import Iterator

SHORTEST = 4
"""Shorter words have too many neighbours to tell which one was meant."""

_ALPHABETS = {
    "en": "abcdefghijklmnopqrstuvwxyz", "pl": "abcdefghijklmnoprstuwyzxvq", "ro": "abcdefghijklmnopqrstuvwxyz",
    "el": "αβγδεζηθικλμνξοπρστυφχψω", "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
}  # fmt: skip
# How unlikely each slip is, in hundredths of a power of ten.
_SWAPPED = _DOUBLED = EASY = 20
_LOST = _ADDED = 60
_OTHER = 90


def corrections(word: str, language: str) -> dict[str, int]:
    """Return what a word without diacritics becomes by putting one letter right: how unlikely that slip is.

    The first letter stays, and so does the ending: a known word with another ending is mostly another form that is
    merely missing in the list.
    """
    found: dict[str, int] = {}
    for corrected, cost in _corrected(word, _ALPHABETS[language]):
        found[corrected] = min(cost, found.get(corrected, cost))
    found.pop(word, None)
    return found


def _corrected(word: str, alphabet: str) -> Iterator[tuple[str, int]]:
    for place in range(1, len(word)):
        before, letter, after = word[:place], word[place], word[place + 1 :]
        doubled = letter == before[-1]
        if doubled or after:
            yield before + after, _DOUBLED if doubled else _ADDED
        if after:
            yield before + after[0] + letter + after[1:], _SWAPPED
        if not after:
            continue
        for other in alphabet:
            yield before + other + letter + after, _LOST
            yield before + other + after, _OTHER
