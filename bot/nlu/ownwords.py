"""What the training lines teach about a shop's words: which there are, and beside which they stand."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.nlu.lexicon import LANGUAGES, UNKNOWN, Lexicon, careless, fold, lexicon

WORD = re.compile(r"[^\W_]+")
_WEIGHT = 0.5
"""How much the own lines count beside the language at large."""
_DOUBT = 0.8
"""A word that nobody else uses and that was seen once may be a slip itself: so much of a sighting is taken off."""
_CLOSE = 250
"""Forms whose ranks differ by less are told apart by their neighbours."""
_GREEK = re.compile("[Ͱ-Ͽ]")
_CYRILLIC = re.compile("[Ѐ-ӿ]")
_SIGMA = re.compile(r"(?<=[Ͱ-Ͽ])σ\b(?!')")
_CEDILLAS = str.maketrans("şţŞŢ", "șțȘȚ")


@dataclass(frozen=True, eq=False)
class OwnWords:
    """Counts of words, and of words with a neighbour, for each language."""

    words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Language: word: count."""
    pairs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Language: "neighbour<word" or "word>neighbour": count; the neighbour without diacritics."""

    @classmethod
    def learned(cls, lines: Iterable[tuple[str, str]]) -> OwnWords:
        """Learn from (text, language) lines. Lines without any diacritics say nothing, they may be careless."""
        words: dict[str, Counter[str]] = {code: Counter() for code in LANGUAGES}
        pairs: dict[str, Counter[str]] = {code: Counter() for code in LANGUAGES}
        for text, language in lines:
            if language in words:
                found = WORD.findall(uniform(text.lower(), language))
                if _careful(found, language):
                    _count(found, language, words[language], pairs[language])
        return cls(words, {code: _useful(found, words[code], code) for code, found in pairs.items()})

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> OwnWords:
        """Rebuild from `stored()`; raises KeyError when it is something else."""
        return cls(stored["words"], stored["pairs"])

    def stored(self) -> dict[str, Any]:
        """Return plain dicts for JSON."""
        return {"words": dict(self.words), "pairs": dict(self.pairs)}

    def lexicon(self, language: str) -> Lexicon:
        """Return the own words of a language, ranked together with the language at large."""
        general, counts = lexicon(language), self.words.get(language, {})
        total = max(1, sum(counts.values()))
        ranks: dict[str, int] = {}
        foreign: dict[str, int] = {}
        for word, count in counts.items():
            latin = bool(general.heard) and word.isascii()
            known = general.foreign if latin else general.ranks
            sightings = count if word in known else count - _DOUBT
            share = 10 ** (-known.get(word, UNKNOWN) / 100) + _WEIGHT * sightings / total
            (foreign if latin else ranks)[word] = round(-100 * math.log10(share))
        return Lexicon.of(language, ranks, foreign)


def uniform(text: str, language: str) -> str:
    """Return the text with the letters of today: Romanian commas for cedillas, the Greek sigma that ends words."""
    if language == "ro":
        return text.translate(_CEDILLAS)
    return _SIGMA.sub("ς", text) if language == "el" else text


def _careful(words: list[str], language: str) -> bool:
    if language == "el":
        greek = [word for word in words if _GREEK.search(word)]
        return bool(greek) and sum(map(careless, greek)) * 5 <= len(greek)
    if language == "bg":
        return any(_CYRILLIC.search(word) for word in words)
    return language == "en" or any(fold(word) != word for word in words)


def _count(found: list[str], language: str, words: Counter[str], pairs: Counter[str]) -> None:
    around = ["", *map(fold, found), ""]
    for place, word in enumerate(found):
        if word.isalpha() and not (language == "el" and careless(word)):
            words[word] += 1
            pairs[f"{around[place]}<{word}"] += 1
            pairs[f"{word}>{around[place + 2]}"] += 1


def _useful(pairs: Mapping[str, int], words: Mapping[str, int], language: str) -> dict[str, int]:
    """Return the pairs of words that could also be others."""
    general = lexicon(language)
    doubtful: set[str] = set()
    for index in (general.marked, general.heard):
        for bare, together in index.items():
            forms = [*together.split(" "), bare]
            ranks = sorted(general.ranks.get(form, UNKNOWN) for form in forms)
            if len(ranks) > 1 and ranks[1] - ranks[0] < _CLOSE:
                doubtful.update(forms)
    return {
        pair: count for pair, count in pairs.items() if doubtful & {pair.split("<")[-1], pair.split(">")[0]}
    }
