"""How Greek and Bulgarian words sound and are spelled in Latin letters, as weighted units.

A unit is one or two letters of the native script with the ways people type it. Units that can be typed alike
share a sound, so that a key of sounds finds every native word that a Latin spelling may stand for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

Spellings = Mapping[str, tuple[str, str]]

# unit: sound, spellings with weights. Sounds are single characters; "av" and the like are two.
_GREEK: Spellings = {
    "ου": ("u", "ou 6 oy 2 u 3 w 0.1"), "αι": ("e", "ai 6 e 4 ei 0.1"), "ει": ("i", "ei 6 i 4 h 0.2"),
    "οι": ("i", "oi 6 i 4"), "υι": ("i", "yi 4 ui 3 i 2"), "αυ": ("av", "au 4 av 3 af 3 ay 1"),
    "ευ": ("ev", "eu 4 ev 3 ef 3 ey 1"), "ηυ": ("iv", "iu 1 iv 3 if 3 hu 1"), "μπ": ("B", "mp 6 b 5 mb 0.5"),
    "ντ": ("D", "nt 6 d 4 nd 0.5"), "γκ": ("G", "gk 6 g 4"), "γγ": ("G", "gg 6 ng 3 g 1"),
    "γχ": ("nh", "gx 2 gh 3 nx 2 nh 3 gch 1"), "γξ": ("nX", "gx 2 gks 2 nx 2 nks 3"),
    "τζ": ("J", "tz 6 j 3 dz 1"), "τσ": ("ts", "ts 9 c 0.2"),
    "α": ("a", "a 9"), "β": ("v", "v 6 b 4 w 0.1"), "γ": ("g", "g 9 gh 0.3 y 0.2"), "δ": ("d", "d 9 dh 0.3"),
    "ε": ("e", "e 9"), "ζ": ("z", "z 9"), "η": ("i", "i 5 h 5 n 0.02"),
    "θ": ("T", "th 6 8 3 q 0.3 u 0.05 9 0.2 0 0.2"),
    "ι": ("i", "i 9 j 0.1 y 0.2"), "κ": ("k", "k 9 c 0.4"), "λ": ("l", "l 9"), "μ": ("m", "m 9"),
    "ν": ("n", "n 9 v 0.1"), "ξ": ("X", "ks 4 x 3 3 3 j 0.3"), "ο": ("o", "o 9"), "π": ("p", "p 9"),
    "ρ": ("r", "r 9 p 0.02"), "σ": ("s", "s 9 c 0.1"), "τ": ("t", "t 9"), "υ": ("i", "y 4 u 3 i 3 h 0.1"),
    "φ": ("f", "f 7 ph 2"), "χ": ("h", "x 4 h 4 ch 2"), "ψ": ("ps", "ps 9 4 0.1"), "ω": ("o", "o 5 w 5"),
}  # fmt: skip
_BULGARIAN: Spellings = {
    "щ": ("S", "6t 4 sht 4 sh 0.5 st 0.2 6 0.2"), "ьо": ("io", "io 5 yo 4 jo 2 o 0.5"),
    "йо": ("io", "io 4 yo 5 jo 3"), "дж": ("J", "dj 5 dzh 3 j 1 dg 0.5"), "кс": ("ks", "ks 8 x 2"),
    "а": ("a", "a 9"), "б": ("b", "b 9"), "в": ("v", "v 7 w 2"), "г": ("g", "g 9"), "д": ("d", "d 9"),
    "е": ("e", "e 9"), "ж": ("Z", "j 4 zh 4 z 0.3 g 0.2 q 0.1"), "з": ("z", "z 9"), "и": ("i", "i 9 y 0.1"),
    "й": ("i", "i 4 y 4 j 2"), "к": ("k", "k 9 c 0.3 q 0.05"), "л": ("l", "l 9"), "м": ("m", "m 9"),
    "н": ("n", "n 9"), "о": ("o", "o 9"), "п": ("p", "p 9"), "р": ("r", "r 9"), "с": ("s", "s 9"),
    "т": ("t", "t 9"), "у": ("u", "u 8 y 1 ou 0.3 oo 0.1"), "ф": ("f", "f 9"), "х": ("h", "h 7 x 3"),
    "ц": ("C", "c 5 ts 4 tz 0.5"), "ч": ("4", "4 5 ch 5 c 0.2"), "ш": ("6", "6 5 sh 5 s 0.1 w 0.1"),
    "ъ": ("Y", "a 5 u 3 y 3"), "ь": ("i", "i 3 y 3 j 2"), "ю": ("iu", "iu 3 yu 4 ju 3 u 0.3"),
    "я": ("ia", "q 4 ia 3 ya 4 ja 1 a 0.1"),
}  # fmt: skip

_ACCENTS = str.maketrans("άέήίόύώὰὲὴὶὸὺὼς", "αεηιουωαεηιουωσ")
# An accent on the first vowel, or dots on the second, keep two vowels apart: "τσάι", "ταΐζω".
_APART = tuple(
    (first + second, f"{bare}|{second}") for first, bare in ("άα", "έε", "όο", "ήη") for second in "ιυ"
)
_DOTS = (("ϊ", "|ι"), ("ΐ", "|ι"), ("ϋ", "|υ"), ("ΰ", "|υ"))
_DOUBLE = re.compile(r"([a-zA-Z])\1+")
_VOWELS = frozenset("αεηιουω")
_ACCENTED = str.maketrans("αεηιουω", "άέήίόύώ")
_BREADTH = 60
_NEVER = -math.inf
"""Logarithm (base 10) of a chance that is none."""


@dataclass(frozen=True)
class Sounds:
    """The units of one language. All logarithms have base 10."""

    spelled: Mapping[str, Mapping[str, float]]
    """unit: Latin spelling: logarithm of its share."""
    keys: Mapping[str, str]
    """unit: sound."""
    heard: Mapping[str, Mapping[str, float]]
    """Latin spelling: sound: logarithm of the best share."""
    units: re.Pattern[str]
    options: Mapping[str, tuple[tuple[str, float], ...]]
    """Latin spelling: the units it may stand for with their shares, Greek vowels also with an accent."""

    def key(self, words: str) -> str:
        """Return the sounds of lower-case native words; other characters stay."""
        bare = apart(words)
        for unit, sound in self.keys.items():  # two letters come before one
            bare = bare.replace(unit, sound)
        return _DOUBLE.sub(r"\1", bare.replace("|", ""))

    def latin_keys(self, word: str, possible: Callable[[str], bool]) -> list[str]:
        """Return the keys that a Latin spelling may have; `possible` tells whether some key begins so."""
        reached: list[dict[str, float]] = [{"": 0.0}] + [{} for _ in word]
        for start in range(len(word)):
            best = sorted(reached[start].items(), key=lambda item: -item[1])[:_BREADTH]
            for length in (1, 2, 3):
                for sound, cost in self.heard.get(word[start : start + length], {}).items():
                    if start + length <= len(word):
                        _extend(reached[start + length], best, sound, cost, possible)
        return [key for key, _ in sorted(reached[len(word)].items(), key=lambda item: -item[1])]

    def likelihood(self, native: str, latin: str) -> float:
        """Return the logarithm of the chance that this native word is typed so."""
        units = self.units.findall(apart(native))
        reached = {0: 0.0}
        for unit in units:
            following: dict[int, float] = {}
            for place, score in reached.items():
                for spelling, share in self._ways(unit):
                    if latin.startswith(spelling, place):
                        at = place + len(spelling)
                        following[at] = max(following.get(at, _NEVER), score + share)
            reached = following
        return reached.get(len(latin), _NEVER)

    def _ways(self, unit: str) -> list[tuple[str, float]]:
        if len(unit) == 2 and unit[0] == unit[1] and unit not in self.spelled:
            ways = self.spelled.get(unit[0], {})
            return [
                (way * times, share + (0.0, -0.4)[times == 1])
                for way, share in ways.items()
                for times in (1, 2)
            ]
        return list(self.spelled.get(unit, {unit: 0.0}).items()) if unit != "|" else [("", 0.0)]


def apart(words: str) -> str:
    """Return Greek words without accents, with "|" between vowels that are read one by one."""
    for pair, divided in (*_APART, *_DOTS):
        words = words.replace(pair, divided)
    return words.translate(_ACCENTS)


def _extend(
    reached: dict[str, float],
    best: list[tuple[str, float]],
    sound: str,
    cost: float,
    possible: Callable[[str], bool],
) -> None:
    for key, score in best:
        longer = key
        for character in sound:
            longer += character if not longer.endswith(character) or not character.isalpha() else ""
        if reached.get(longer, _NEVER) < score + cost and possible(longer):
            reached[longer] = score + cost


def _options(spelled: Mapping[str, Mapping[str, float]]) -> dict[str, tuple[tuple[str, float], ...]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for unit, spellings in spelled.items():
        for spelling, share in spellings.items():
            found.setdefault(spelling, []).append((unit, share))
            if unit[-1] in _VOWELS:
                found[spelling].append((unit[:-1] + unit[-1].translate(_ACCENTED), share))
            if len(spelling) == 1 and len(unit) == 1 and unit not in _VOWELS:
                found.setdefault(spelling * 2, []).append((unit * 2, share))
    return {spelling: tuple(units) for spelling, units in found.items()}


@cache
def sounds(language: str) -> Sounds:
    """Return the units of "el" or "bg"; raises KeyError for another language."""
    table = {"el": _GREEK, "bg": _BULGARIAN}[language]
    keys = {unit: sound for unit, (sound, _) in table.items()}
    spelled: dict[str, dict[str, float]] = {}
    heard: dict[str, dict[str, float]] = {}
    for unit, (sound, ways) in table.items():
        parts = ways.split()
        weights = dict(zip(parts[::2], map(float, parts[1::2]), strict=True))
        total = sum(weights.values())
        spelled[unit] = {way: math.log10(weight / total) for way, weight in weights.items()}
        for way, share in spelled[unit].items():
            sounds_of = heard.setdefault(way, {})
            sounds_of[sound] = max(sounds_of.get(sound, _NEVER), share)
    doubles = sorted(unit * 2 for unit in table if len(unit) == 1 and unit * 2 not in table)
    longest = sorted((*table, *doubles), key=len, reverse=True)
    units = re.compile("|".join(longest) + r"|.", re.DOTALL)
    return Sounds(spelled, keys, heard, units, _options(spelled))
