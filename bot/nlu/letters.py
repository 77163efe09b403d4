"""Which letters follow each other in a language: how a word that is in no list is most likely written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]

_LONGEST = 5
_BITS = 8
_MASK = (1 << _BITS * (_LONGEST - 1)) - 1
_BELIEF = 4.0
"""How many sightings of a context weigh as much as what the shorter context says."""
_BREADTH = 16
_MEMORY = 200_000
_END = 1
_SHORT = 3

Options = Mapping[str, Sequence[tuple[str, float]]]
"""Typed letters: what they may stand for, each with the logarithm (base 10) of its chance."""


@dataclass(frozen=True)
class Letters:
    """Counts of letter sequences of length 1 to 5 in a list of words; safe for threads."""

    codes: Mapping[str, int] = field(repr=False)
    counts: Sequence[Mapping[int, int]] = field(repr=False)
    total: int
    _memory: dict[int, float] = field(default_factory=dict, repr=False, compare=False)

    start = _END
    """Context before a word."""

    @classmethod
    def of(cls, words: Iterable[str]) -> Letters:
        """Count the letters of words."""
        text = "\n" + "\n".join(words) + "\n"
        alphabet = ["\n", *sorted(set(text) - {"\n"})][: (1 << _BITS) - 1]
        codes = {letter: code for code, letter in enumerate(alphabet, start=_END)}
        line = np.asarray([codes.get(letter, 0) for letter in text], dtype=np.int64)
        counts = [_counted(line, size) for size in range(1, _LONGEST + 1)]
        return cls(codes, counts, len(text))

    def likely(self, context: int, code: int) -> float:
        """Return the logarithm of the chance of a letter after the letters packed in `context`."""
        whole = context << _BITS | code
        known = self._memory.get(whole)
        if known is None:
            known = self._computed(context, code)
            if len(self._memory) >= _MEMORY:
                self._memory.clear()
            self._memory[whole] = known
        return known

    def _computed(self, context: int, code: int) -> float:
        share = self.counts[0].get(code, 0.5) / self.total
        for size in range(1, _LONGEST):
            part = context & ((1 << _BITS * size) - 1)
            seen = self.counts[size - 1].get(part, 0)
            if not seen or part >> _BITS * (size - 1) == 0:
                break
            share = (self.counts[size].get(part << _BITS | code, 0) + _BELIEF * share) / (seen + _BELIEF)
        return math.log10(share)

    def added(self, context: int, letters: str) -> tuple[int, float]:
        """Return the context after some letters, and the logarithm of their chance."""
        score = 0.0
        for letter in letters:
            code = self.codes.get(letter, 0)
            score += self.likely(context, code)
            context = (context << _BITS | code) & _MASK
        return context, score


def guesses(letters: Letters, word: str, options: Options, accent: bool) -> list[tuple[str, float]]:
    """Return what a typed word may stand for, the most likely first, each with the logarithm of its chance.

    With `accent`, words of several vowels carry exactly one accent, as in Greek. A letter without options stays.
    """
    start = _State("", _END, False, 0.0)
    reached: list[dict[tuple[int, bool, str], _State]] = [{} for _ in range(len(word) + 1)]
    reached[0][start.key] = start
    for place in range(len(word)):
        best = sorted(reached[place].values(), key=lambda state: -state.score)[:_BREADTH]
        for typed, native, share in _units(word, place, options):
            end = place + len(typed)
            for state in best:
                following = state.after(letters, native, share, accent, end == len(word))
                if following.score > reached[end].get(following.key, _IMPOSSIBLE).score:
                    reached[end][following.key] = following
    final = sorted(reached[-1].values(), key=lambda state: (not state.accented, -state.score))
    return [(state.text, state.score) for state in final]


@dataclass(frozen=True)
class _State:
    text: str
    context: int
    accented: bool
    score: float

    @property
    def key(self) -> tuple[int, bool, str]:
        return self.context, self.accented, self.text[:-4]

    def after(self, letters: Letters, native: str, share: float, accent: bool, last: bool) -> _State:
        accented = accent and any(letter in _ACCENTED for letter in native)
        if self.accented and accented:
            return _IMPOSSIBLE
        native = native[:-1] + "ς" if last and native.endswith("σ") else native
        context, score = letters.added(self.context, native + "\n" if last else native)
        return _State(self.text + native, context, self.accented or accented, self.score + score + share)


_ACCENTED = frozenset("άέήίόύώΐΰ")
_IMPOSSIBLE = _State("", 0, False, -math.inf)


def _units(word: str, place: int, options: Options) -> Iterator[tuple[str, str, float]]:
    for length in (1, 2, 3):
        typed = word[place : place + length]
        if len(typed) == length:
            for native, share in options.get(typed, ((typed, 0.0),) if length == 1 else ()):
                yield typed, native, share


def _counted(line: Codes, size: int) -> dict[int, int]:
    """Count the sequences of one length inside words; longer ones count from two sightings."""
    length = len(line) - size + 1
    packed = np.zeros(length, dtype=np.int64)
    inside = np.ones(length, dtype=bool)
    for offset in range(size):
        column = line[offset : length + offset]
        packed = packed << _BITS | column
        inside &= (column != _END) | (offset in (0, size - 1))
    keys, counts = np.unique(packed[inside], return_counts=True)
    kept = counts > (1 if size > _SHORT else 0)
    return dict(zip(keys[kept].tolist(), counts[kept].tolist(), strict=True))
