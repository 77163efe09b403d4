"""How people really type: without accents, in capitals, Greek and Bulgarian in Latin letters.

The rules make spellings to judge by and to learn languages from, and one canonical Latin form in which a Greek word,
its Greeklish and its spelling without accents look nearly the same.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from bot.nlu.text import scripts, without_diacritics

Rules = Mapping[str, tuple[str, ...]]

GREEK: Rules = {
    "αι": ("ai", "ai", "e"), "ει": ("ei", "ei", "i"), "οι": ("oi", "oi", "i"), "ου": ("ou", "ou", "u"),
    "αυ": ("au", "av", "af"), "ευ": ("eu", "ev", "ef"), "μπ": ("mp", "b"), "ντ": ("nt", "d"),
    "γκ": ("gk", "g"), "γγ": ("gg", "ng"), "τσ": ("ts",), "τζ": ("tz",),
    "α": ("a",), "β": ("v", "b"), "γ": ("g",), "δ": ("d",), "ε": ("e",), "ζ": ("z",), "η": ("i", "h"),
    "θ": ("th", "th", "8"), "ι": ("i",), "κ": ("k",), "λ": ("l",), "μ": ("m",), "ν": ("n",),
    "ξ": ("ks", "x", "3"), "ο": ("o",), "π": ("p",), "ρ": ("r",), "σ": ("s",), "τ": ("t",),
    "υ": ("y", "u", "i"), "φ": ("f", "f", "ph"), "χ": ("x", "h", "ch"), "ψ": ("ps",), "ω": ("o", "w"),
}  # fmt: skip
CYRILLIC: Rules = {
    "а": ("a",), "б": ("b",), "в": ("v", "v", "w"), "г": ("g",), "д": ("d",), "е": ("e",), "ж": ("j", "zh"),
    "з": ("z",), "и": ("i",), "й": ("i", "y", "j"), "к": ("k",), "л": ("l",), "м": ("m",), "н": ("n",),
    "о": ("o",), "п": ("p",), "р": ("r",), "с": ("s",), "т": ("t",), "у": ("u", "u", "y"), "ф": ("f",),
    "х": ("h", "h", "x"), "ц": ("c", "ts"), "ч": ("4", "ch"), "ш": ("6", "sh"), "щ": ("6t", "sht"),
    "ъ": ("a", "u", "y"), "ь": ("i", "y"), "ю": ("iu", "yu", "ju"), "я": ("q", "ia", "ya"),
}  # fmt: skip
CANONICAL: Mapping[str, str] = {
    **{letters: choices[0] for letters, choices in GREEK.items()},
    "ει": "i", "οι": "i", "ου": "ou", "υ": "i", "χ": "h", "αυ": "av", "ευ": "ev", "μπ": "b", "ντ": "d",
    **{letters: choices[-1] for letters, choices in CYRILLIC.items()},
    "в": "v", "й": "i", "у": "u", "х": "h", "ж": "j", "ц": "c", "ъ": "a", "ь": "i", "ю": "iu", "я": "ia",
}  # fmt: skip

_GREEK_UNITS = re.compile("|".join(GREEK))
_CYRILLIC_UNITS = re.compile("|".join(CYRILLIC))
_CANONICAL_UNITS = re.compile("|".join(CANONICAL))
_IRREGULAR = str.maketrans({"ς": "σ", "ы": "и", "э": "е", "ё": "е", "і": "и", "ѝ": "и"})


@dataclass(frozen=True)
class Variant:
    """One spelling of a line; style is "plain", "no_diacritics", "latin" or "typos"."""

    style: str
    text: str


def canonical(text: str) -> str:
    """Return lower-case text in Latin letters without accents, one fixed spelling for each sound."""
    bare = without_diacritics(text.lower()).translate(_IRREGULAR)
    return _CANONICAL_UNITS.sub(lambda match: CANONICAL[match.group()], bare)


def in_latin(text: str, seed: int = 0) -> str:
    """Return Greek as Greeklish and Bulgarian as shlyokavitsa; each seed is another person's convention.

    One person writes one letter always the same way: a convention is chosen for each text, not each letter.
    Text in other scripts comes back in lower case without accents.
    """
    bare = without_diacritics(text.lower()).translate(_IRREGULAR)
    if bare.isascii():
        return bare
    convention = _Convention(text, seed)
    bare = _GREEK_UNITS.sub(lambda match: convention[match.group()], bare)
    return _CYRILLIC_UNITS.sub(lambda match: convention[match.group()], bare)


class _Convention(dict[str, str]):
    """How one person writes each letter, chosen when the letter is first met."""

    def __init__(self, text: str, seed: int) -> None:
        super().__init__()
        self._person = blake2b(f"{seed} {text}".encode("utf-8", "replace")).digest()

    def __missing__(self, letters: str) -> str:
        choices = GREEK.get(letters) or CYRILLIC[letters]
        if len(choices) > 1:
            thrown = blake2b(letters.encode(), key=self._person, digest_size=1).digest()[0]
            choices = choices[thrown % len(choices) :]
        self[letters] = choices[0]
        return choices[0]


def with_typo(text: str, seed: int = 0) -> str:
    """Return the text with one letter of a longer word dropped, doubled or swapped with the next."""
    chooser = random.Random(zlib.crc32(text.encode("utf-8", "replace")) * 37 + seed)
    words = [match for match in re.finditer(r"\w{4,}", text)]
    if not words:
        return text
    word = chooser.choice(words)
    at = chooser.randrange(word.start() + 1, word.end() - 1)
    kind = chooser.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def variants(text: str) -> list[Variant]:
    """Return the other spellings of a line, to judge by, without the line itself and without twins."""
    found = [Variant("no_diacritics", without_diacritics(text.lower()))]
    letters = scripts(text)
    if letters["greek"] + letters["cyrillic"]:
        found.append(Variant("latin", in_latin(text)))
    found.append(Variant("typos", with_typo(text)))
    texts = [text.lower(), *(item.text.lower() for item in found)]
    return [item for place, item in enumerate(found, start=1) if item.text.lower() not in texts[:place]]
