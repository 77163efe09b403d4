"""Text made safe and comparable: bounded, without what C code chokes on, with or without accents."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

TEXT_LIMIT = 4_000
"""Characters of a message that are looked at; what follows is kept by the store but not understood."""

_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_ADDRESSES = re.compile(r"\S{1,200}@\S{1,200}|https?://\S+|www\.\S+", re.IGNORECASE)
_FOLDS = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "ø": "o", "ı": "i"})
# й and ё are letters of their own in Cyrillic: only what people leave out when they type fast is stripped.
_KEPT = frozenset("йЙ")


def safe(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return the first `limit` characters with NUL and lone surrogates as spaces; offsets stay valid."""
    return _UNSAFE.sub(" ", text[:limit])


def plain(text: str) -> str:
    """Return safe, lower-case text with single spaces, without e-mail and web addresses."""
    return _SPACES.sub(" ", _ADDRESSES.sub(" ", safe(text)).lower()).strip()


def without_diacritics(text: str) -> str:
    """Return the text as typed on a keyboard without accents: "zamówienie" gives "zamowienie"."""
    return "".join(map(_bare, text)).translate(_FOLDS)


@lru_cache(maxsize=4_096)
def _bare(character: str) -> str:
    if character < "\x80" or character in _KEPT:
        return character
    parts = unicodedata.normalize("NFD", character)
    return "".join(part for part in parts if not unicodedata.combining(part))


def scripts(text: str) -> dict[str, int]:
    """Count the letters of each script: keys "latin", "greek", "cyrillic", "other"."""
    counts = {"latin": 0, "greek": 0, "cyrillic": 0, "other": 0}
    for character in text:
        if character.isalpha():
            counts[_script(ord(character))] += 1
    return counts


def _script(code: int) -> str:
    if code < 0x250 or 0x1E00 <= code < 0x1F00:
        return "latin"
    if 0x370 <= code < 0x400 or 0x1F00 <= code < 0x2000:
        return "greek"
    if 0x400 <= code < 0x530:
        return "cyrillic"
    return "other"
