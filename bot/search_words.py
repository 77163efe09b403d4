"""The words by which what was said is found: without case and accents, and in Latin letters too. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.nlu.spelling import canonical
from bot.nlu.text import safe, without_diacritics

LONGEST = 64
"""Letters of a word that count."""
MOST_ASKED = 12
"""Words of a search that are looked for; further ones are left out."""

_WORDS = re.compile(r"[^\W_]+")
_SIGMA = str.maketrans({"ς": "σ"})


def words(text: str) -> str:
    """The distinct words of a text with blanks between, each as it is looked for; empty if there are none."""
    return " ".join(dict.fromkeys(form for word in _split(text) for form in _forms(word)))


def asked(text: str) -> list[tuple[str, ...]]:
    """What a search asks for: of each word the forms of which one must begin a word that was said."""
    found = dict.fromkeys(_forms(word) for word in _split(text))
    return list(found)[:MOST_ASKED]


def _split(text: str) -> Iterator[str]:
    bare = without_diacritics(safe(text).lower()).translate(_SIGMA)
    return (found.group()[:LONGEST] for found in _WORDS.finditer(bare))


def _forms(word: str) -> tuple[str, ...]:
    """The word itself; for one in Greek or Cyrillic also how it is written in Latin letters."""
    if word.isascii():
        return (word,)
    # Letters without a Latin form may become several pieces: only the first counts.
    latin = next(iter(_WORDS.findall(canonical(word))), word)[:LONGEST]
    return (word,) if latin == word else (word, latin)
