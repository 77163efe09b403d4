"""Which language is written here in Latin letters: also Greek and Bulgarian, which lingua cannot see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.nlu.linear import Linear, fit_linear, softmax
from bot.nlu.ngrams import Ngrams
from bot.nlu.spelling import in_latin
from bot.nlu.text import plain, without_diacritics
from bot.nlu.words import FREQUENT

_LONGEST = 4
_STRENGTH = 20.0
_CONVENTIONS = 2
MOST_LINES = 800
"""Training lines of one language that are learned from."""


@dataclass(frozen=True)
class LatinEvidence:
    """Character n-grams against languages, all in Latin letters without accents."""

    languages: tuple[str, ...]
    ngrams: Ngrams
    linear: Linear

    @classmethod
    def fit(cls, lines: Sequence[tuple[str, str]], languages: Sequence[str]) -> LatinEvidence:
        """Learn from (text, language) lines in any script and from the table of frequent words."""
        texts: list[str] = []
        labels: list[int] = []
        for text, code in (*_thinned(lines, languages), *_tables(languages)):
            spellings = {in_latin(plain(text), seed) for seed in range(_CONVENTIONS)}
            texts += spellings
            labels += [list(languages).index(code)] * len(spellings)
        unique = sorted(set(zip(texts, labels, strict=True)))
        ngrams = Ngrams.fit([text for text, _ in unique], _LONGEST, least=2, most=20_000)
        rows = ngrams.matrix([text for text, _ in unique])
        linear = fit_linear(rows, [label for _, label in unique], len(languages), _STRENGTH)
        return cls(tuple(languages), ngrams, linear)

    def shares(self, text: str) -> dict[str, float]:
        """Return a probability for each language; `text` is lower case."""
        columns, weights = self.ngrams.row(without_diacritics(text))
        shares = softmax(self.linear.sparse(columns, weights))
        return {code: float(share) for code, share in zip(self.languages, shares, strict=True)}


def _thinned(lines: Sequence[tuple[str, str]], languages: Sequence[str]) -> list[tuple[str, str]]:
    """At most MOST_LINES of each language, evenly spread: more take longer to learn from and tell no more."""
    kept: list[tuple[str, str]] = []
    for language in languages:
        own = [line for line in lines if line[1] == language]
        step = max(1.0, len(own) / MOST_LINES)
        kept += [own[int(place * step)] for place in range(int(len(own) / step))]
    return kept


def _tables(languages: Sequence[str]) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for code in languages:
        words = FREQUENT.get(code, "").split()
        lines += [(word, code) for word in words]
        lines += [(" ".join(words[start : start + 4]), code) for start in range(0, len(words), 4)]
    return lines
