"""A message cut into words, numbers and signs for spaCy, with offsets into the original text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.nlu.text import TEXT_LIMIT, safe
from bot.nlu.vocabulary import folded

# A single 3, 4, 6 or 8 inside a word is a letter of Greeklish or Latin Bulgarian: "v4era", "x8es".
_PIECES = re.compile(r"[^\W\d_]+(?:[3468][^\W\d_]+)*|\d+|\s+|.", re.DOTALL)
_LONGEST_PIECE = 40
"""A longer run is cut: no word or number we look for is longer, and spaCy keeps every new word in memory."""


@dataclass(frozen=True)
class Piece:
    """One token: `word` is folded, digits are ASCII; `start` and `end` count characters of the original."""

    word: str
    start: int
    end: int
    spaced: bool


def cut(text: str) -> tuple[Piece, ...]:
    """Return the tokens of the first TEXT_LIMIT characters in linear time; white space sets `spaced`."""
    pieces: list[Piece] = []
    for match in _PIECES.finditer(safe(text, TEXT_LIMIT)):
        found, start = match.group(), match.start()
        if found.isspace():
            if pieces:
                last = pieces[-1]
                pieces[-1] = Piece(last.word, last.start, last.end, True)
            continue
        for at in range(0, len(found), _LONGEST_PIECE):
            part = found[at : at + _LONGEST_PIECE]
            word = _digits(part) if part.isdecimal() else folded(part)
            pieces.append(Piece(word or part, start + at, start + at + len(part), False))
    return tuple(pieces)


def _digits(text: str) -> str:
    return "".join(str(int(character)) for character in text)


def document_maker(vocabulary: Any) -> Callable[[tuple[Piece, ...], list[str]], Any]:
    """Return a function that makes a spaCy Doc whose token i is piece i with tag i."""
    from spacy.tokens import Doc

    def make(pieces: tuple[Piece, ...], tags: list[str]) -> Any:
        words, spaces = [piece.word for piece in pieces], [piece.spaced for piece in pieces]
        return Doc(vocabulary, words=words, spaces=spaces, tags=tags)

    return make
