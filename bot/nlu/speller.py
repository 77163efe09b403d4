"""What one word, typed without diacritics or in Latin letters, may have been: known words, or a guess by letters."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from bot.nlu.letters import Letters, Options, guesses
from bot.nlu.lexicon import UNKNOWN, Lexicon, careless, fold, lexicon
from bot.nlu.ownwords import OwnWords
from bot.nlu.slips import EASY, SHORTEST, corrections
from bot.nlu.sounds import Sounds, sounds
from bot.nlu.words import NEUTRAL

NEW = 1_000
"""Gain of a known form when the word as typed is in no list."""
SLIP = 2_000
"""Gain of a known word over one in no list that differs by one letter."""
_GUESS = 90
_BOLD_GUESS = 40
"""Gain of a form that is only guessed: for Greek, where an accent is missing for sure, and for the others."""

_MEMORY = 20_000
_LONGEST = 30
_FOREIGN = 250
"""How much less likely an English word is than a native one of the same frequency, in ranks."""
_NEIGHBOURS = 1.0
_SHORTEST_GUESS = 4
_MOST = 8
_LEARNED = 40_000
_CLEAR = 1.0
_FREQUENT = 620
_COMMON = 500
_SURE = 500
_GAIN = 250
_AHEAD = 30
"""Of slips, in ranks: what may have been meant, what is never one, nor by the shop's lines; how far a word of the
shop must be before one that exists, and the likeliest before the next."""
_SMOOTHER, _OWN_SMOOTHER = 2.0, -1.0
"""A slip makes a word that the letters of the language make unlikely, by this power of ten."""
_WHOLE = 60_000
"""Words of a list that nearly every right word is in."""
_VOWEL = re.compile("[aeiouyαεηιουωаеиоуъюя]")
_DIGITS = {"el": "3489", "bg": "46"}
MARKED = {"en": "", "pl": "ąćęłńóśźż", "ro": "ăâîșț", "el": "άέήίόύώϊϋΐΰ", "bg": "ѝ"}
"""Letters with diacritics."""
_LATIN = re.compile("[a-z0-9]+")
_DIGIT = re.compile(r"\d")
_PRONOUNCED = re.compile("[a-z].*[aeiou]|[aeiou].*[a-z]")
_NUMBER = re.compile(r"\d\d")


@dataclass(frozen=True)
class Choice:
    """A form and how likely it is: 100 times a logarithm (base 10)."""

    form: str
    score: float


@dataclass(frozen=True)
class Chosen:
    """The form for a word, and what it gains over the word as typed: 0 for the same, NEW over an unknown word."""

    form: str
    gain: float


@dataclass(frozen=True)
class Speller:
    """Finds the words of one language; safe for threads once made."""

    general: Lexicon
    own: Lexicon
    pairs: Mapping[str, int]
    sounds: Sounds | None
    _memory: dict[tuple[str, bool], tuple[Choice, ...]] = field(default_factory=dict, repr=False)
    _models: list[Letters] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def of(cls, language: str, own: OwnWords) -> Speller:
        """Make the speller of one of LANGUAGES; raises KeyError for another."""
        general = lexicon(language)
        known = sounds(language) if general.heard else None
        return cls(general, own.lexicon(language), own.pairs.get(language, {}), known)

    @property
    def latin(self) -> bool:
        """Tell whether the language has another script than Latin."""
        return self.sounds is not None

    def choices(self, word: str, latin: bool) -> tuple[Choice, ...]:
        """Return one choice or more for a lower-case word, the most likely first."""
        key = (word, latin)
        found = self._memory.get(key)
        if found is None:
            found = self._heard(word) if latin else self._marked(word)
            if len(self._memory) >= _MEMORY:
                self._memory.clear()
            self._memory[key] = found
        return found

    def alone(self, word: str) -> Chosen:
        """Return what a word, not in Latin letters for another script, most likely is by itself."""
        return _gained(word, self.choices(word, latin=False))

    def beside(self, words: Sequence[str], latin: bool) -> list[Chosen]:
        """Return what each word of a message most likely is, told also by the words beside it."""
        choices = [self.choices(word, latin) for word in words]
        forms = [found[0].form for found in choices]
        chosen: list[Chosen] = []
        for place, (word, found) in enumerate(zip(words, choices, strict=True)):
            if len(found) > 1 and self.pairs:
                right = forms[place + 1] if place + 1 < len(words) else ""
                found = self._fitting(found, fold(forms[place - 1]) if place else "", fold(right))
                forms[place] = found[0].form
            chosen.append(_gained(word, found))
        return chosen

    def rank(self, word: str) -> int:
        """Return the rank of a native word, UNKNOWN for none."""
        return self.own.ranks.get(word) or self.general.ranks.get(word, UNKNOWN)

    def _fitting(self, choices: tuple[Choice, ...], left: str, right: str) -> tuple[Choice, ...]:
        get = self.pairs.get
        seen = [get(f"{left}<{choice.form}", 0) + get(f"{choice.form}>{right}", 0) for choice in choices]
        if not any(seen):
            return choices
        weights = [10 ** ((choice.score - choices[0].score) / 100) for choice in choices]
        shares = [weight / sum(weights) for weight in weights]
        fitted = [
            Choice(choice.form, 100 * math.log10((count + _NEIGHBOURS * share) / (sum(seen) + _NEIGHBOURS)))
            for choice, count, share in zip(choices, seen, shares, strict=True)
        ]
        return tuple(sorted(fitted, key=lambda choice: -choice.score))

    def _marked(self, word: str) -> tuple[Choice, ...]:
        if not word.isalpha() or len(word) > _LONGEST:
            return (Choice(word, 0.0),)
        bare = fold(word)
        slipped = self._slipped(word)
        if slipped:
            return slipped
        if bare != word.replace("ς", "σ"):
            return (Choice(word, 0.0),)
        forms = self._together(self.own.marked, self.general.marked, bare)
        choices = [Choice(form, -self.rank(form)) for form in forms]
        if self.rank(word) < UNKNOWN and word not in forms:
            choices.append(Choice(word, -self.rank(word)))
        return _sorted(choices) or self._guessed_marks(word)

    def _slipped(self, word: str) -> tuple[Choice, ...]:
        """Return the one known word that is clearly the likeliest to become this one by a slip, or nothing."""
        bare = fold(word)
        typed = self._rank_as_typed(word, bare)
        if len(word) < SHORTEST or self._common(word, bare) or self._surely_own(word, bare):
            return ()
        if (self.latin and word.isascii()) or not _VOWEL.search(bare):
            return ()
        near = sorted(self._near(bare, typed))
        if not near or any(
            cost - near[0][0] < _AHEAD for cost, form in near[1:] if fold(form) != fold(near[0][1])
        ):
            return ()
        best = near[0][1]
        least = _OWN_SMOOTHER if best in self.own.ranks else _SMOOTHER
        clear = typed < UNKNOWN or self._smoother(best, word) >= least
        return (Choice(best, SLIP), Choice(word, 0.0)) if clear else ()

    def _near(self, bare: str, typed: int) -> Iterator[tuple[int, str]]:
        """Return what may have been meant, with its rank and the cost of the slip.

        Instead of a word that exists, only one of the shop's that is far more frequent.
        """
        own, general = self.own, self.general
        possible = corrections(bare, general.language)
        known = (own.ranks, own.marked, general.ranks, general.marked)[: 2 if typed < UNKNOWN else 4]
        for corrected in {form for words in known for form in possible.keys() & words.keys()}:
            cost = possible[corrected]
            for form in {corrected, *self._together(own.marked, general.marked, corrected)}:
                rank = self.rank(form) + cost
                likely = typed - rank >= _GAIN and form in own.ranks if typed < UNKNOWN else rank <= _FREQUENT
                if likely and self._meant(form, cost):
                    yield rank, form

    def _meant(self, form: str, cost: int) -> bool:
        """Tell whether a known word may be what was meant; in a short list, right words are missing too often."""
        whole = len(self.general.ranks) >= _WHOLE or self.general.language == "en"
        return form in self.own.ranks or (form in self.general.ranks and (whole or cost <= EASY))

    def _rank_as_typed(self, word: str, bare: str) -> int:
        """Return the rank of a word as if nothing in it was a slip; diacritics may be missing."""
        forms = (word, *self.general.marked.get(bare, "").split())
        foreign = self.general.foreign.get(word, UNKNOWN) + _FOREIGN
        return min(foreign, *(self.rank(form) for form in forms), UNKNOWN)

    def _common(self, word: str, bare: str) -> bool:
        """Tell whether this word is so frequent in the language at large that it is never a slip."""
        forms = (word, *self.general.marked.get(bare, "").split())
        return any(self.general.ranks.get(form, UNKNOWN) < _COMMON for form in forms)

    def _surely_own(self, word: str, bare: str) -> bool:
        """Tell whether the shop's lines have this word more often than a slip in them would be."""
        forms = (word, *self.own.marked.get(bare, "").split())
        return any(self.own.ranks.get(form, UNKNOWN) < _SURE for form in forms)

    def _smoother(self, form: str, word: str) -> float:
        """Return by which power of ten the letters of the language make `form` more likely than `word`."""
        letters = self._letters()
        return letters.added(letters.start, form)[1] - letters.added(letters.start, word)[1]

    def _guessed_marks(self, word: str) -> tuple[Choice, ...]:
        same = Choice(word, 0.0)
        accents = self.general.language == "el"
        if (
            len(word) < _SHORTEST_GUESS
            or (accents and not careless(word))
            or self.general.language in ("en", "bg")
        ):
            return (same,)
        typed = word.replace("ς", "σ") if accents else word
        found = guesses(self._letters(), typed, marks(self.general.language), accents)
        clear = accents or found[0][1] >= dict(found).get(word, -math.inf) + _CLEAR
        return (Choice(found[0][0], _GUESS if accents else _BOLD_GUESS), same) if clear else (same,)

    def _heard(self, word: str) -> tuple[Choice, ...]:
        if not self._typed_words(word) or self.sounds is None:
            return (Choice(word, 0.0),)
        keys = self.sounds.latin_keys(word, self._begins)
        forms = [form for key in keys for form in self._together(self.own.heard, self.general.heard, key)]
        scored = [(form, self.sounds.likelihood(form, word)) for form in forms]
        choices = [Choice(form, 100 * share - self.rank(form)) for form, share in scored if share > -math.inf]
        if word in self.own.foreign:
            choices.append(Choice(word, -self.own.foreign[word]))
        elif word in self.general.foreign:
            choices.append(Choice(word, -self.general.foreign[word] - _FOREIGN))
        return _sorted(choices)[:_MOST] or self._guessed_letters(word)

    def _guessed_letters(self, word: str) -> tuple[Choice, ...]:
        if _DIGIT.search(word) and not _PRONOUNCED.search(word):
            return (Choice(word, 0.0),)
        options = self.sounds.options if self.sounds else {}
        accent = self.general.language == "el"
        return (Choice(guesses(self._letters(), word, options, accent)[0][0], 0.0),)

    def _typed_words(self, word: str) -> bool:
        """Tell whether a piece of Latin text can be a native word and not a number, a code or another script."""
        digits = set(_DIGIT.findall(word))
        return (
            len(word) <= _LONGEST
            and _LATIN.fullmatch(word) is not None
            and not word.isdigit()
            and not _NUMBER.search(word)
            and (word not in NEUTRAL or len(word) == 1)
            and digits <= set(_DIGITS[self.general.language])
        )

    def _begins(self, key: str) -> bool:
        return self.general.begins(key) or self.own.begins(key)

    def _together(self, first: Mapping[str, str], second: Mapping[str, str], key: str) -> list[str]:
        both = f"{first.get(key, '')} {second.get(key, '')}".split()
        return list(dict.fromkeys(both))

    def _letters(self) -> Letters:
        with self._lock:
            if not self._models:
                frequent = sorted(self.general.ranks, key=self.general.ranks.__getitem__)[:_LEARNED]
                self._models.append(Letters.of(dict.fromkeys((*frequent, *self.own.ranks))))
            return self._models[0]


@cache
def marks(language: str) -> Options:
    """Return the letters that each letter without diacritics may stand for."""
    found: dict[str, tuple[tuple[str, float], ...]] = {}
    for letter in MARKED[language]:
        bare = fold(letter)
        found[bare] = (*found.get(bare, ((bare, 0.0),)), (letter, 0.0))
    return found


def _gained(word: str, choices: tuple[Choice, ...]) -> Chosen:
    best = choices[0]
    if best.form == word:
        return Chosen(word, 0.0)
    typed = [choice.score for choice in choices if choice.form == word]
    return Chosen(best.form, best.score - typed[0] if typed else NEW)


def _sorted(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(choices, key=lambda choice: -choice.score))
