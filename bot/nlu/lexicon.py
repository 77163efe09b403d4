"""Known words of a language and how frequent they are: what a carelessly typed word may have been."""

from __future__ import annotations

import re
import threading
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wordfreq import available_languages, read_cBpack

from bot.nlu.sounds import sounds
from bot.nlu.text import without_diacritics

LANGUAGES = ("en", "pl", "ro", "el", "bg")
UNKNOWN = 900
"""Rank of a word that is in no list."""

_RAREST = 650
"""Words with a higher rank stay out: they cost memory and many are slips themselves."""
_ENGLISH_RAREST = 560
_LETTERS = {"en": "a-z", "pl": "a-zà-ſ", "ro": "a-zà-ț", "el": "Ͱ-Ͽ", "bg": "а-яѝ"}
_LATIN = re.compile("[a-z]+(?:['-][a-z]+)*")
_VOWELS = re.compile("[αεηιουω]+")
_SCRIPTS = (range(0xC0, 0x250), range(0x370, 0x400), range(0x1F00, 0x2000))


def _folds() -> dict[int, str]:
    characters = [chr(code) for block in _SCRIPTS for code in block]
    bare = {ord(character): without_diacritics(character) for character in characters}
    return {code: text for code, text in bare.items() if text != chr(code)} | {ord("ς"): "σ"}


_FOLDS = _folds()


@dataclass(frozen=True)
class Lexicon:
    """Words of one language. A rank is -100 times the logarithm (base 10) of a frequency: small is frequent."""

    language: str
    ranks: Mapping[str, int] = field(repr=False)
    """Word as it should be written: rank."""
    foreign: Mapping[str, int] = field(repr=False)
    """English word, or one in Latin letters that a language in another script says too: rank."""
    marked: Mapping[str, str] = field(repr=False)
    """Word without diacritics: its forms with them, parted by spaces."""
    heard: Mapping[str, str] = field(repr=False)
    """Key of sounds: words, parted by spaces. Empty for languages in Latin letters."""
    keys: Sequence[str] = field(repr=False)

    @classmethod
    def of(cls, language: str, ranks: Mapping[str, int], foreign: Mapping[str, int]) -> Lexicon:
        """Index words by what they look and sound like."""
        heard = _heard(language, ranks)
        return cls(language, ranks, foreign, _marked(ranks), heard, sorted(heard))

    def begins(self, key: str) -> bool:
        """Tell whether some word's key of sounds begins so."""
        place = bisect_left(self.keys, key)
        return place < len(self.keys) and self.keys[place].startswith(key)


def fold(text: str) -> str:
    """Return lower-case text without diacritics and with one kind of sigma."""
    return text.translate(_FOLDS)


def careless(word: str) -> bool:
    """Tell whether a Greek word of several syllables carries no accent, which is never right."""
    return word.replace("ς", "σ") == fold(word) and len(_VOWELS.findall(word)) > 1


_lexicons: dict[str, Lexicon] = {}
_reading = threading.Lock()


def lexicon(language: str) -> Lexicon:
    """Return the general words of one of LANGUAGES, read once; raises KeyError for another language."""
    with _reading:
        if language not in _lexicons:
            _lexicons[language] = _read(language)
        return _lexicons[language]


def _read(language: str) -> Lexicon:
    native = re.compile(f"[{_LETTERS[language]}]+")
    own_script = language in ("el", "bg")
    ranks: dict[str, int] = {}
    foreign: dict[str, int] = {}
    if language != "en":
        foreign = {word: rank for word, rank in _ranked("en", _ENGLISH_RAREST) if _LATIN.fullmatch(word)}
    for word, rank in _ranked(language, _RAREST):
        if native.fullmatch(word):
            ranks[word] = rank
        elif own_script and _LATIN.fullmatch(word):
            foreign[word] = min(rank, foreign.get(word, UNKNOWN))
    if language == "el":
        ranks = {_last_sigma(word): rank for word, rank in ranks.items() if not careless(word)}
    return Lexicon.of(language, ranks, foreign)


def _ranked(language: str, rarest: int) -> Iterator[tuple[str, int]]:
    # Not through wordfreq's own functions: they keep every list in memory as well.
    lists = "small" if language == "en" else "best"
    for rank, words in enumerate(read_cBpack(available_languages(lists)[language])[: rarest + 1]):
        for word in words:
            yield unicodedata.normalize("NFC", word), rank


def _last_sigma(word: str) -> str:
    return word[:-1] + "ς" if word.endswith("σ") and len(word) > 1 else word


def _marked(ranks: Mapping[str, int]) -> dict[str, str]:
    words = sorted(ranks, key=ranks.__getitem__)
    found: dict[str, str] = {}
    # Folding all words as one text is many times faster than one by one.
    for word, bare in zip(words, fold("\n".join(words)).splitlines(), strict=True):
        if word != bare:
            found[bare] = f"{found[bare]} {word}" if bare in found else word
    return found


def _heard(language: str, ranks: Mapping[str, int]) -> dict[str, str]:
    if language not in ("el", "bg"):
        return {}
    words = sorted(ranks, key=ranks.__getitem__)
    found: dict[str, str] = {}
    for word, key in zip(words, sounds(language).key("\n".join(words)).splitlines(), strict=True):
        found[key] = f"{found[key]} {word}" if key in found else word
    return found
