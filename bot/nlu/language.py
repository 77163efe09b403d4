"""The language of a message: script first, then words, then what was spoken before."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bot.nlu.latin import LatinEvidence
from bot.nlu.text import plain, scripts
from bot.nlu.words import NEUTRAL

DEFAULT_LANGUAGES = ("en", "pl", "el", "bg", "ro")
LOOKED_AT = 500
"""Characters that are enough to tell a language."""

_SCRIPTS: Mapping[str, str] = {
    "el": "greek", "bg": "cyrillic", "ru": "cyrillic", "uk": "cyrillic", "mk": "cyrillic", "sr": "cyrillic",
}  # fmt: skip
_MARKS: Mapping[str, frozenset[str]] = {"pl": frozenset("ąćęłńśźż"), "ro": frozenset("ăâîșşțţ")}
_WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ORDER_LIKE = re.compile(r"\b[^\W\d_]{1,3}[-.#]?\d{3,}\w*|[#№]\s?\w+")
_SCRIPT_SHARE = 0.12
_MARK_WEIGHT = 3.0
_FULL_LETTERS = 10
_LIKELY = 0.5
_STAY = 0.6
_LOCALE = 0.35


@dataclass(frozen=True)
class Reading:
    """What was found.

    `certain` tells that the text itself decided, not the conversation before it. `written` is what the text looks
    like by itself, sure or not, and empty when it says nothing or could be anything.
    """

    language: str
    confidence: float
    certain: bool
    written: str = ""


@dataclass(frozen=True)
class Settings:
    """Languages in order of preference, and how sure the text alone must be to be called certain."""

    languages: tuple[str, ...] = DEFAULT_LANGUAGES
    certain_at: float = 0.75

    def __post_init__(self) -> None:
        if not self.languages:
            raise ValueError("at least one language is needed")


@dataclass(frozen=True)
class LanguageDetector:
    """Reads the language of a message; safe for threads once made."""

    settings: Settings = field(default_factory=Settings)
    evidence: LatinEvidence | None = None

    def detect(self, text: str, conversation: str | None = None, locale: str | None = None) -> Reading:
        """Return the language of `text`, one of the configured ones.

        `conversation` is the language spoken so far: it is kept when the text is too short to tell. `locale` is
        the platform's, such as "pl-PL": it counts less, and decides when neither text nor conversation does.
        Never raises, whatever the text.
        """
        prior = self._prior(conversation, locale)
        seen = self._seen(plain(text[: 2 * LOOKED_AT])[:LOOKED_AT])
        joined = _normal({code: prior[code] * seen[code] for code in prior}) if seen else prior
        best = max(prior, key=lambda code: joined[code])
        certain = bool(seen) and seen[best] >= self.settings.certain_at
        told = self._told(conversation, locale)
        if not certain and told:
            best = told
        likely = max(seen, key=lambda code: seen[code], default="")
        written = likely if likely and seen[likely] >= _LIKELY else ""
        return Reading(best, round(joined[best], 4), certain, written)

    def known(self, language: str | None) -> bool:
        """Tell whether this is a configured language."""
        return language in self.settings.languages

    def _told(self, conversation: str | None, locale: str | None) -> str | None:
        region = re.split(r"[-_]", locale or "")[0].lower()
        return conversation if self.known(conversation) else region if self.known(region) else None

    def _prior(self, conversation: str | None, locale: str | None) -> dict[str, float]:
        codes = self.settings.languages
        told = self._told(conversation, locale)
        weight = _STAY if self.known(conversation) else _LOCALE
        first = told or ("en" if "en" in codes else codes[0])
        if len(codes) == 1:
            return {first: 1.0}
        share = max(weight if told else 0.0, 1.1 / len(codes))
        return {code: share if code == first else (1.0 - share) / (len(codes) - 1) for code in codes}

    def _seen(self, text: str) -> dict[str, float]:
        """Return probabilities from the text alone, empty when it says nothing."""
        text = _ORDER_LIKE.sub(" ", text)
        words = [word for word in _WORDS.findall(text) if word not in NEUTRAL]
        text = " ".join(words)
        letters = scripts(text)
        total = sum(letters.values())
        if total == 0:
            return {}
        for script in ("greek", "cyrillic"):
            if letters[script] >= max(2, _SCRIPT_SHARE * total):
                return self._by_script(text, script)
        if letters["latin"] * 2 < total or total < 2:
            return {}
        return self._by_words(text, letters["latin"])

    def _by_script(self, text: str, script: str) -> dict[str, float]:
        found = [code for code in self.settings.languages if _SCRIPTS.get(code) == script]
        if not found:
            return {}
        shares = {found[0]: 1.0} if len(found) == 1 else _lingua(text, found)
        return {code: shares.get(code, 0.0) * 0.998 + 0.0004 for code in self.settings.languages}

    def _by_words(self, text: str, letters: int) -> dict[str, float]:
        native = [code for code in self.settings.languages if code not in _SCRIPTS]
        scores = {code: math.log(1e-4) for code in self.settings.languages}
        if native:
            scores.update({code: math.log(share + 1e-3) for code, share in _lingua(text, native).items()})
        if self.evidence is not None:
            scores = self._with_evidence(text, scores, native)
        for code, marks in _MARKS.items():
            if code in scores:
                scores[code] += _MARK_WEIGHT * min(2, sum(character in marks for character in text))
        trust = min(1.0, (letters + 2) / _FULL_LETTERS)
        highest = max(scores.values())
        return _normal({code: math.exp(trust * (score - highest)) for code, score in scores.items()})

    def _with_evidence(self, text: str, scores: dict[str, float], native: Sequence[str]) -> dict[str, float]:
        assert self.evidence is not None
        shares = self.evidence.shares(text)
        inside = sum(shares.get(code, 0.0) for code in native) or 1.0
        joined = dict(scores)
        for code in scores:
            share = math.log(shares.get(code, 0.0) + 1e-4)
            if code in native:
                # lingua cannot know Greek in Latin letters: it divides what the n-grams leave to the others
                joined[code] = math.log(inside + 1e-4) + 0.5 * scores[code] + 0.5 * (share - math.log(inside))
            else:
                joined[code] = share
        return joined


_detectors: dict[tuple[str, ...], Any] = {}


def _lingua(text: str, codes: Sequence[str]) -> Mapping[str, float]:
    return {codes[0]: 1.0} if len(codes) == 1 else _compared(text, tuple(sorted(codes)))


# A message is read twice: when it is encoded ahead, and in the pipeline.
@lru_cache(maxsize=1_024)
def _compared(text: str, key: tuple[str, ...]) -> Mapping[str, float]:
    if key not in _detectors:
        from lingua import IsoCode639_1, LanguageDetectorBuilder

        names = [getattr(IsoCode639_1, code.upper()) for code in key]
        _detectors[key] = LanguageDetectorBuilder.from_iso_codes_639_1(*names).build()
    values = _detectors[key].compute_language_confidence_values(text)
    return _normal({value.language.iso_code_639_1.name.lower(): value.value for value in values})


def _normal(values: Mapping[str, float]) -> dict[str, float]:
    total = sum(values.values())
    if total <= 0.0:
        return {code: 1.0 / len(values) for code in values}
    return {code: value / total for code, value in values.items()}
