"""Texts as the tokens of multilingual-e5-small: the likeliest pieces of its words (SentencePiece's unigram model)."""

from __future__ import annotations

import re

from bot.nlu.e5_file import Vocabulary

MOST = 512
"""Tokens that the model reads; what follows is left out."""

_SPACE = "▁"
_WORD = re.compile(f"{_SPACE}[^{_SPACE}]*")
_SPACES = re.compile("  +")
_NEVER = -1e30
_UNKNOWN_COSTS = 10.0
"""Below the worst score, as SentencePiece has it."""


class Tokens:
    """Cuts texts into the numbers of pieces. Safe for threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._known = vocabulary
        self._unknown_score = min(vocabulary.scores) - _UNKNOWN_COSTS
        self._longest = max(map(len, vocabulary.pieces))

    def of(self, text: str) -> list[int]:
        """The tokens of a text, with those that stand for its beginning and its end; MOST at most."""
        plain = _SPACES.sub(" ", "".join(self._known.characters.get(ord(letter), letter) for letter in text))
        marked = (plain if plain.startswith(" ") else " " + plain).replace(" ", _SPACE)
        tokens = [self._known.begin]
        # No piece reaches over the beginning of a word, so that each word can be cut alone.
        for word in _WORD.findall(marked):
            tokens += self._pieces(word)
        return [*tokens[: MOST - 1], self._known.end]

    def _pieces(self, word: str) -> list[int]:
        """The pieces with the highest sum of scores (Viterbi); what no piece covers is unknown."""
        count = len(word)
        best, piece, begins = [0.0] + [_NEVER] * count, [self._known.unknown] * (count + 1), [0] * (count + 1)
        for start in range(count):
            for end, number in self._from(word, start):
                score = best[start] + self._known.scores[number]
                if score > best[end]:
                    best[end], piece[end], begins[end] = score, number, start
            if best[start] + self._unknown_score > best[start + 1]:
                best[start + 1], begins[start + 1] = best[start] + self._unknown_score, start
                piece[start + 1] = self._known.unknown
        found: list[int] = []
        while count:
            found.append(piece[count])
            count = begins[count]
        return found[::-1]

    def _from(self, word: str, start: int) -> list[tuple[int, int]]:
        """All pieces that begin at `start`: where each ends, and its number."""
        found: list[tuple[int, int]] = []
        letters = b""
        for end in range(start + 1, len(word) + 1):
            letters += word[end - 1].encode()
            if len(letters) > self._longest:
                break
            number = self._known.pieces.get(letters)
            if number is not None and number != self._known.unknown:
                found.append((end, number))
        return found
