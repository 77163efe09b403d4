"""Order numbers in the many ways customers write them, and what only looks like one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.nlu.tokens import Piece
from bot.nlu.vocabulary import ADDRESS_WORDS, BETWEEN, NUMBER_SIGNS, NUMBER_WORDS, ORDER_WORDS, folded

Pattern = dict[str, Any]

_LOOSE = (3, 10)
_ADDRESS_REACH = 8
_CHAIN = "-./"
_MARKERS = NUMBER_WORDS | NUMBER_SIGNS


@dataclass(frozen=True)
class OrderSettings:
    """How this shop numbers its orders: shortest and longest number of digits, prefixes such as "GR"."""

    digits: tuple[int, int] = (5, 5)
    prefixes: tuple[str, ...] = ("GR",)

    def __post_init__(self) -> None:
        if not 1 <= self.digits[0] <= self.digits[1] <= 20:
            raise ValueError(f"digits must be two numbers from 1 to 20, the smaller first, not {self.digits}")


class OrderNumbers:
    """Token patterns for candidates and the judgement of each; the value is digits: "GR-10024" is "10024"."""

    def __init__(self, settings: OrderSettings) -> None:
        self._settings = settings
        self._prefixes = frozenset(folded(prefix) for prefix in settings.prefixes)

    def patterns(self) -> Mapping[str, list[list[Pattern]]]:
        """Return spaCy Matcher patterns; each candidate ends with its number."""
        low, high = self._settings.digits
        exact: Pattern = {"TEXT": {"REGEX": rf"^\d{{{low},{high}}}$"}}
        loose: Pattern = {"TEXT": {"REGEX": rf"^\d{{{_LOOSE[0]},{max(high, _LOOSE[1])}}}$"}}
        parts: list[Pattern] = [
            {"TEXT": {"REGEX": r"^\d{1,3}$"}, "SPACY": True},
            {"TEXT": {"REGEX": r"^\d{3}$"}},
        ]
        mark: Pattern = {"ORTH": {"IN": ["-", "#"]}, "OP": "?"}
        prefix: list[Pattern] = [{"ORTH": {"IN": sorted(self._prefixes)}}, mark]
        cue = {"ORTH": {"IN": sorted(ORDER_WORDS | _MARKERS)}}
        between = {"ORTH": {"IN": sorted(BETWEEN | _MARKERS | self._prefixes)}, "OP": "{0,5}"}
        return {
            "order": [[cue, between, loose], [*prefix, exact], [*prefix, *parts]],
            "bare_order": [[exact], parts],
        }

    def read(self, kind: str, pieces: Sequence[Piece], start: int, end: int) -> tuple[str, int, int] | None:
        """Return (number, start, end) in the text, or None when the candidate is something else."""
        first = end - 1
        parted = first > start and pieces[first - 1].word.isdecimal()
        first -= parted
        value = "".join(piece.word for piece in pieces[first:end])
        exact = self._settings.digits[0] <= len(value) <= self._settings.digits[1]
        if parted and not exact:
            return None
        if kind == "bare_order":
            good = not self._chained(pieces, first, end) and not _in_address(pieces, first, end)
        else:
            good = exact or self._loosely(pieces, start, first, end)
        return (value, self._from(pieces, first), pieces[end - 1].end) if good else None

    def _from(self, pieces: Sequence[Piece], first: int) -> int:
        """Return where the number starts, with a prefix that belongs to it."""
        if first > 0 and pieces[first - 1].word in self._prefixes:
            return pieces[first - 1].start
        if first > 1 and pieces[first - 1].word == "-" and pieces[first - 2].word in self._prefixes:
            return pieces[first - 2].start
        return pieces[first].start

    def _loosely(self, pieces: Sequence[Piece], start: int, first: int, end: int) -> bool:
        """Judge a number of unusual length after an order word: "order no. 999", not "order 100 pieces"."""
        word = pieces[first].word
        marked = any(piece.word in _MARKERS or piece.word == "no" for piece in pieces[start:first])
        ordered = any(piece.word in ORDER_WORDS for piece in pieces[start:first])
        if self._chained(pieces, first, end) or _followed_by_digits(pieces, end):
            return False
        if _is_year(word) and not (marked and ordered):
            return False
        last = end == len(pieces) or not pieces[end].word[:1].isalnum()
        return (marked and (ordered or len(word) > 3)) or len(word) > 3 or last

    def _chained(self, pieces: Sequence[Piece], first: int, end: int) -> bool:
        """Tell whether the number is one part of a longer one: a phone, a date, a postal code."""
        low, high = self._settings.digits
        for step, sign, beyond in ((-1, first - 1, first - 2), (1, end, end + 1)):
            if not 0 <= beyond < len(pieces) or not _touching(pieces, min(sign, beyond) - (step > 0), 2):
                continue
            word = pieces[beyond].word
            if pieces[sign].word in _CHAIN and word.isdecimal() and not low <= len(word) <= high:
                return True
        if first == 0 or not pieces[first - 1].spaced:
            return False
        before = pieces[first - 1].word
        return before.isdecimal() and not low <= len(before) <= high


def _touching(pieces: Sequence[Piece], start: int, count: int) -> bool:
    return all(not pieces[at].spaced for at in range(max(0, start), min(len(pieces), start + count)))


def _followed_by_digits(pieces: Sequence[Piece], end: int) -> bool:
    return end < len(pieces) and pieces[end].word.isdecimal()


def _is_year(word: str) -> bool:
    return len(word) == 4 and word[:2] in ("19", "20")


def _in_address(pieces: Sequence[Piece], first: int, end: int) -> bool:
    """Tell whether a street or a postal word stands near, with no word for an order between."""
    for at in range(first - 1, max(-1, first - 1 - _ADDRESS_REACH), -1):
        if pieces[at].word in ORDER_WORDS | _MARKERS:
            return False
        if pieces[at].word in ADDRESS_WORDS:
            return True
    return any(piece.word in ADDRESS_WORDS for piece in pieces[end : end + 2])
