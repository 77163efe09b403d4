"""Protected topics: what a bot must not answer, found by word lists in `data/protected/<language>.yml`.

A message is looked at in all languages: without accents, and for Greek and Bulgarian also as typed in Latin letters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.handoff import Topic
from bot.nlu.spelling import CYRILLIC, GREEK
from bot.nlu.text import safe, without_diacritics
from bot.yaml_files import read_yaml

FOLDER = Path(__file__).resolve().parent.parent / "data" / "protected"
TOPICS = ("self_harm", "safety", "legal", "data_protection")
"""The most urgent first: a message about several is about the first."""

_NO_WORD = re.compile(r"[\W_]+")
_IRREGULAR = str.maketrans({"ς": "σ", "ы": "и", "э": "е", "ё": "е", "ѝ": "и"})
_UNITS = re.compile("|".join((*GREEK, *CYRILLIC)))
_ANY_ENDING, _GAP = r"\w*", r"(?:\w+ ){0,3}"


def topic_of(text: str) -> Topic | None:
    """The protected topic of a message with the words that tell so, None if it has none."""
    folded = _folded(text)
    for topic in TOPICS:
        words = tuple(dict.fromkeys(match.group() for match in _pattern(topic).finditer(folded)))
        if words:
            return Topic(topic, words)
    return None


@cache
def _pattern(topic: str) -> re.Pattern[str]:
    entries = [entry for path in sorted(FOLDER.glob("*.yml")) for entry in _lists(path).get(topic, ())]
    ways = {_way(entry) for entry in entries}
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(ways, key=len, reverse=True))})(?!\w)")


@cache
def _lists(path: Path) -> Mapping[str, list[str]]:
    loaded: dict[str, list[str]] = read_yaml(path)
    return loaded


def _way(entry: str) -> str:
    """A pattern for one entry in its own letters and in Latin ones."""
    parts: list[str] = []
    for word in entry.split():
        if word == "…":
            parts.append(_GAP)
            continue
        beginning, star, _ = word.partition("*")
        letters = _folded(beginning)
        parts.append(_UNITS.sub(_spellings, letters) + (_ANY_ENDING if star else "") + " ")
    return "".join(parts).strip()


def _spellings(unit: re.Match[str]) -> str:
    found = unit.group()
    ways = (*GREEK.get(found, ()), *CYRILLIC.get(found, ()))
    alone = "".join(_one(letter) for letter in found) if len(found) > 1 else found
    return f"(?:{'|'.join(dict.fromkeys((alone, *ways)))})"


def _one(letter: str) -> str:
    return f"(?:{'|'.join((letter, *GREEK.get(letter, ()), *CYRILLIC.get(letter, ())))})"


def _folded(text: str) -> str:
    bare = without_diacritics(safe(text).lower()).translate(_IRREGULAR)
    return _NO_WORD.sub(" ", bare).strip()
