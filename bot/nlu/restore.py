"""Greek and Bulgarian typed in Latin letters, put back into their own script for the sentence encoder."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.nlu.text import scripts

GREEK: Mapping[str, str] = {
    "th": "θ", "8": "θ", "ks": "ξ", "3": "ξ", "ps": "ψ", "ch": "χ", "ph": "φ", "ou": "ου", "ai": "αι",
    "ei": "ει", "oi": "οι", "mp": "μπ", "nt": "ντ", "gk": "γκ", "gg": "γγ", "eu": "ευ", "ev": "ευ",
    "ef": "ευ", "au": "αυ", "av": "αυ", "a": "α", "b": "μπ", "v": "β", "g": "γ", "d": "δ", "e": "ε",
    "z": "ζ", "h": "η", "i": "ι", "k": "κ", "l": "λ", "m": "μ", "n": "ν", "o": "ο", "p": "π", "r": "ρ",
    "s": "σ", "t": "τ", "y": "υ", "u": "υ", "f": "φ", "x": "χ", "w": "ω", "c": "κ", "j": "ξ", "q": "θ",
}  # fmt: skip
BULGARIAN: Mapping[str, str] = {
    "6t": "щ", "sht": "щ", "6": "ш", "sh": "ш", "4": "ч", "ch": "ч", "zh": "ж", "j": "ж", "ts": "ц",
    "yu": "ю", "iu": "ю", "ju": "ю", "ya": "я", "ia": "я", "q": "я", "a": "а", "b": "б", "v": "в",
    "w": "в", "g": "г", "d": "д", "e": "е", "z": "з", "i": "и", "k": "к", "l": "л", "m": "м", "n": "н",
    "o": "о", "p": "п", "r": "р", "s": "с", "t": "т", "u": "у", "f": "ф", "h": "х", "x": "х", "c": "ц",
    "y": "ъ",
}  # fmt: skip
RULES: Mapping[str, Mapping[str, str]] = {"el": GREEK, "bg": BULGARIAN}

_UNITS = {code: re.compile("|".join(map(re.escape, rules))) for code, rules in RULES.items()}
# In "thn", "ths", "sth" the h is the letter eta, not the second half of theta.
_ETA = re.compile(r"th(?![aeiouywhrl8])")
_WORDS = re.compile(r"[^\W_]*[^\W\d_][^\W_]*")
_CODES = re.compile(r"[a-z]{0,3}\d{3,}")
_LAST_SIGMA = re.compile(r"σ\b")


def restored(text: str, language: str) -> str:
    """Return lower-case text in the script of its language, if that is not Latin and the text mostly is.

    The spelling is a guess (Greek has six ways to write "i", and accents stay away), good enough for a sentence
    encoder. Numbers and codes such as "gr10024" stay. Other text comes back unchanged.
    """
    letters = scripts(text)
    if language not in RULES or letters["latin"] <= letters["greek"] + letters["cyrillic"]:
        return text
    done = _WORDS.sub(lambda word: _word(word.group(), language), text.lower())
    return _LAST_SIGMA.sub("ς", done)


def _word(word: str, language: str) -> str:
    if _CODES.fullmatch(word):
        return word
    known = _ETA.sub("τη", word) if language == "el" else word
    return _UNITS[language].sub(lambda unit: RULES[language][unit.group()], known)
