"""Messages brought back to their language's own script and diacritics, for the sentence encoder."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import lru_cache

from bot.nlu.lexicon import LANGUAGES, fold
from bot.nlu.ownwords import OwnWords, uniform
from bot.nlu.speller import SLIP, Chosen, Speller
from bot.nlu.text import TEXT_LIMIT, scripts

NOTHING_OWN = OwnWords()
"""No words beyond those of the language at large."""

_KEPT = r"\S{1,200}@\S{1,200}|https?://\S+|www\.\S+"
_PIECES = re.compile(rf"(?P<kept>{_KEPT})|[^\W_]+")
_ENGLISH_PIECES = re.compile(rf"(?P<kept>{_KEPT})|[^\W_]+(?:['’][^\W_]+)*")
# Gains in hundredths of a power of ten: 100 is a form ten times as frequent as the word as typed.
_HINT = 25
_LIKELY = 50
_SURE = 100
_CERTAIN = 130

_making = threading.Lock()


# A message is read twice: when it is encoded ahead, and in the pipeline.
@lru_cache(maxsize=1_024)
def restored(text: str, language: str, own: OwnWords = NOTHING_OWN) -> str:
    """Return lower-case text as a careful writer would have typed it, or `text` itself if nothing changes.

    Greek and Bulgarian in Latin letters go back to their own script, missing diacritics of Polish, Romanian and
    Greek come back, a slip of one letter is put right where it is clear. Numbers, codes, addresses, foreign words
    and what is right already stay. Pure, safe for threads, never raises. A language without a word list comes back
    unchanged, and so does what follows TEXT_LIMIT. `own` are the words of the shop's lines; the last few of them, and
    of the texts, are kept in memory.
    """
    if language not in LANGUAGES:
        return text
    head, tail = text[:TEXT_LIMIT].lower(), text[TEXT_LIMIT:]
    given = uniform(head, language)
    speller = _speller(language, own)
    pieces = _ENGLISH_PIECES if language == "en" else _PIECES
    words = [match for match in pieces.finditer(given) if not match.group("kept")]
    typed = [match.group() for match in words]
    letters = scripts(given)
    if speller.latin and letters["latin"] > letters["greek"] + letters["cyrillic"]:
        forms = [choice.form for choice in speller.beside(typed, latin=True)]
    else:
        forms = _with_diacritics(typed, speller)
    done = _joined(given, words, forms)
    return text if done == head else done + tail


@lru_cache(maxsize=2 * len(LANGUAGES))
def _made(language: str, own: OwnWords) -> Speller:
    return Speller.of(language, own)


def _speller(language: str, own: OwnWords) -> Speller:
    with _making:
        return _made(language, own)


def _with_diacritics(words: Sequence[str], speller: Speller) -> list[str]:
    """Return the words with their diacritics: all likely ones for a writer who leaves them out, else the clear ones."""
    chosen = speller.beside(words, latin=False)
    gains = [choice.gain for choice in chosen if _HINT <= choice.gain < SLIP]
    signs = sum(fold(word) != word.replace("ς", "σ") for word in words)
    missing = sum(gain >= _SURE for gain in gains)
    if signs and signs >= missing:
        # A careful writer chose between words that both exist: neither neighbours nor the shop's lines know better.
        general = _speller(speller.general.language, NOTHING_OWN)
        chosen = [
            own
            if own.gain >= SLIP
            else Chosen(word, 0.0)
            if word in speller.own.ranks
            else general.alone(word)
            for word, own in zip(words, chosen, strict=True)
        ]
        least = _CERTAIN
    else:
        least = 1 if sum(min(gain, _SURE) for gain in gains) >= _SURE else _LIKELY
    return [choice.form if choice.gain >= least else word for word, choice in zip(words, chosen, strict=True)]


def _joined(text: str, words: Sequence[re.Match[str]], forms: Sequence[str]) -> str:
    parts: list[str] = []
    end = 0
    for match, form in zip(words, forms, strict=True):
        parts += (text[end : match.start()], form)
        end = match.end()
    return "".join([*parts, text[end:]])
