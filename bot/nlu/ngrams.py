"""TF-IDF of character n-grams inside words, with nothing but numpy and scipy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

LONGEST_WORD = 40
"""Letters of one word that count; a longer "word" is noise and makes as many n-grams as it has letters."""


@dataclass(frozen=True)
class Ngrams:
    """A fitted vocabulary: `terms[i]`, of `shortest` to `longest` signs, weighs `idf[i]` and is column i."""

    longest: int
    terms: tuple[str, ...]
    idf: npt.NDArray[np.float32]
    columns: dict[str, int]
    shortest: int = 1

    @classmethod
    def fit(
        cls, texts: Sequence[str], longest: int, least: int = 2, most: int = 60_000, shortest: int = 1
    ) -> Ngrams:
        """Learn the n-grams of length `shortest` to `longest` found in `least` texts or more, at most `most`."""
        found: Counter[str] = Counter()
        known: dict[str, frozenset[str]] = {}
        for text in texts:
            words = set(text.split())
            for word in words:
                if word not in known:
                    known[word] = frozenset(_parts(word, shortest, longest))
            found.update(frozenset().union(*(known[word] for word in words)))
        terms = [term for term, count in found.items() if count >= least]
        terms = sorted(sorted(terms, key=lambda term: (-found[term], term))[:most])
        idf = [math.log((1 + len(texts)) / (1 + found[term])) + 1 for term in terms]
        return cls.of(longest, terms, np.asarray(idf, dtype=np.float32), shortest)

    @classmethod
    def of(
        cls, longest: int, terms: Sequence[str], idf: npt.NDArray[np.float32], shortest: int = 1
    ) -> Ngrams:
        """Rebuild a vocabulary from its stored parts."""
        return cls(longest, tuple(terms), idf, {term: column for column, term in enumerate(terms)}, shortest)

    def row(self, text: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the columns of one text and their weights, length 1 as a vector; empty for nothing known."""
        return self._row(text, {})

    def _row(
        self, text: str, known: dict[str, list[int]]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Make a row; `known` remembers the columns of words from row to row."""
        counts: Counter[int] = Counter()
        for word in text.split():
            if word not in known:
                terms = _parts(word, self.shortest, self.longest)
                known[word] = [self.columns[term] for term in terms if term in self.columns]
            counts.update(known[word])
        columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        weights = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        weights = (1.0 + np.log(weights)) * self.idf[columns] if len(counts) else weights
        length = float(np.linalg.norm(weights))
        return columns, weights / length if length else weights

    def matrix(self, texts: Sequence[str]) -> Any:
        """Return the rows of all texts as a scipy CSR matrix of shape (len(texts), len(terms))."""
        known: dict[str, list[int]] = {}
        rows = [self._row(text, known) for text in texts]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([np.zeros(0, np.int64), *(columns for columns, _ in rows)])
        weights = np.concatenate([np.zeros(0, np.float32), *(weights for _, weights in rows)])
        return csr_matrix((weights, columns, starts), shape=(len(texts), len(self.terms)))


def _parts(word: str, shortest: int, longest: int) -> list[str]:
    padded = f" {word[:LONGEST_WORD]} "
    sizes = range(shortest, min(longest, len(padded)) + 1)
    return [padded[start : start + size] for size in sizes for start in range(len(padded) - size + 1)]
