"""Held-out lines that also stand in the training data, letters and digits only."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.nlu.text import without_diacritics

_WORDS = re.compile(r"\w+")


def normal(text: str) -> str:
    """Return what makes two lines the same line: words in lower case without diacritics and signs."""
    return " ".join(_WORDS.findall(without_diacritics(text).casefold()))


def normals(texts: Iterable[str]) -> frozenset[str]:
    """Return the normal forms of texts."""
    return frozenset(map(normal, texts))
