"""Passages: the parts of articles that can answer a question, and how well their words fit it. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.nlu.articles import Article
from bot.nlu.markdown import BULLET
from bot.nlu.text import plain, without_diacritics

SAID = 400
"""Characters of a passage that are said in a chat, at most."""
ENCODED = 160
"""Characters of the text of a section without questions that are encoded: the cost grows with them."""
GRAM = 4

_SENTENCE = re.compile(r"(?<=[.!?;…])\s+|\n+")
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Passage:
    """A section of an article that answers a question. `text` is short and plain, `score` from 0 to 1."""

    id: str
    language: str
    title: str
    heading: str
    text: str
    score: float = 0.0


@dataclass(frozen=True)
class Unit:
    """A passage with what is compared: texts for the encoder, words for the n-grams."""

    passage: Passage
    encoded: tuple[str, ...]
    grams: frozenset[str]


def units(article: Article) -> tuple[Unit, ...]:
    """Return the passages of an article, one for each section."""
    found = []
    for section in article.sections:
        heading = section.heading or article.title
        named = heading if heading == article.title else f"{article.title}: {heading}"
        passage = Passage(article.id, article.language, article.title, section.heading, short(section.text))
        # The text itself is the weakest of these: it is compared only where nobody has written down questions.
        more = section.asked or (f"{named}. {section.text[:ENCODED]}",)
        encoded = tuple(dict.fromkeys((heading, named, *more)))
        words = " ".join((named, section.text, *section.asked))
        found.append(Unit(passage, encoded, grams(words)))
    return tuple(found)


def short(text: str, length: int = SAID) -> str:
    """Return the first whole sentences, `length` characters at most; a longer first one is cut at a word."""
    if len(text) <= length:
        return text
    end = 0
    for found in _SENTENCE.finditer(text):
        if found.start() > length:
            break
        end = found.start()
    if end:
        return text[:end].rstrip().removesuffix(BULLET.strip()).rstrip()
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(",;: ") + "…"


def grams(text: str) -> frozenset[str]:
    """Return the letters of each word in fours, without accents, short words whole: endings count little."""
    found: set[str] = set()
    for word in _WORDS.findall(without_diacritics(plain(text))):
        padded = f" {word} "
        found.update(padded[start : start + GRAM] for start in range(max(1, len(padded) - GRAM + 1)))
    return frozenset(found)


@dataclass(frozen=True)
class Weights:
    """How much each n-gram tells: the rarer among the passages, the more. One that none has tells the most."""

    known: Mapping[str, float]
    rarest: float

    @classmethod
    def of(cls, documents: Sequence[Iterable[str]]) -> Weights:
        """Count the n-grams of the passages."""
        counts: dict[str, int] = {}
        for document in documents:
            for gram in set(document):
                counts[gram] = counts.get(gram, 0) + 1
        known = {gram: math.log((len(documents) + 1) / (count + 0.5)) for gram, count in counts.items()}
        return cls(known, max(known.values(), default=1.0))

    def weighed(self, asked: Iterable[str]) -> dict[str, float]:
        """Return the n-grams of a question, each with its share (0..1) of what the question tells."""
        told = {gram: self.known.get(gram, self.rarest) for gram in asked}
        total = sum(told.values())
        return {gram: weight / total for gram, weight in told.items()} if total > 0 else {}


def overlap(asked: Mapping[str, float], document: frozenset[str]) -> float:
    """Return the share (0..1) of a question, as `Weights.weighed` gives it, that the document has."""
    return sum(share for gram, share in asked.items() if gram in document)
