"""A message cut at sentence ends and at the words for "and": pieces that may be wishes of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bot.nlu.text import safe, without_diacritics

JOINTS: Mapping[str, tuple[str, ...]] = {
    "en": ("and also", "and then", "and can you", "and could you", "and", "plus", "&"),
    "pl": (
        "oraz", "i jeszcze", "i tez", "i przy okazji", "a przy okazji", "przy okazji", "a takze", "a poza tym",
        "poza tym", "i",
    ),
    "el": (
        "και επισης", "και ακομα", "και ακομη", "επισης", "και", "κι",
        "kai episis", "kai epishs", "kai akoma", "episis", "epishs", "kai", "ke", "ki",
    ),
    "bg": (
        "и също така", "и също", "а също", "и освен това", "освен това", "също така", "както и", "и",
        "i sushto", "i su6to", "i syshto", "i sashto", "osven tova", "sushto taka", "kakto i", "i",
    ),
    "ro": ("si de asemenea", "si inca", "de asemenea", "precum si", "in plus", "si", "iar"),
}  # fmt: skip
"""Words that join two wishes, by language: lower case, without diacritics, also as typed in Latin letters."""

_LEAST_WORDS = 2
_ENDS = r"[.!?;…]+(?=\s|$)|[\r\n]+"
_WORDS = re.compile(r"\w+")
_EDGES = " \t\r\n,-–—"


@dataclass(frozen=True)
class Piece:
    """A part of a text, from `start` to before `end`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return this part of the text."""
        return text[self.start : self.end]

    def words(self, text: str) -> int:
        """Count the words in this part of the text."""
        return len(_WORDS.findall(self.of(text)))


def pieces(text: str, language: str) -> list[Piece]:
    """Return the parts between sentence ends and joints of the language, with the signs of the end, without spaces.

    A single word is no piece: it belongs to the piece before it, or to the one after. What stands behind
    `bot.nlu.text.TEXT_LIMIT` is not looked at. In an unknown language only sentences are parts.
    """
    bounded = safe(text)
    bare = "".join((without_diacritics(character.lower()) or character)[0] for character in bounded)
    found, start = [], 0
    for joint in _pattern(language).finditer(bare):
        found.append(_trimmed(text, start, joint.end() if joint.group("end") else joint.start()))
        start = joint.end()
    found.append(_trimmed(text, start, len(bounded)))
    return _joined(text, [piece for piece in found if piece.of(text).strip()])


@cache
def _pattern(language: str) -> re.Pattern[str]:
    joints = "|".join(map(re.escape, sorted(JOINTS.get(language, ()), key=len, reverse=True)))
    between = rf"|(?<!\w)(?:{joints})(?!\w)" if joints else ""
    return re.compile(rf"(?P<end>{_ENDS}){between}")


def _trimmed(text: str, start: int, end: int) -> Piece:
    part = text[start:end]
    left = start + len(part) - len(part.lstrip(_EDGES))
    return Piece(left, max(left, start + len(part.rstrip(_EDGES))))


def _joined(text: str, found: Sequence[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in found:
        if joined and min(piece.words(text), joined[-1].words(text)) < _LEAST_WORDS:
            joined[-1] = Piece(joined[-1].start, piece.end)
        else:
            joined.append(piece)
    return joined
