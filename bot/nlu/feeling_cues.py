"""Signs of feeling that sentence vectors do not see well: capitals, stretched letters, emoji, strong words, irony."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu.spelling import canonical
from bot.yaml_files import read_yaml

FILE = Path(__file__).resolve().parent.parent.parent / "data" / "feelings" / "cues.yml"
LISTS = ("swearing", "irony", "again", "thanks")

_WORD = re.compile(r"[^\W_]+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_MOST = 4.0
"""More of one sign tell nothing more."""


@dataclass(frozen=True)
class Cues:
    """Word lists of all languages together, since people mix them, and the signs; safe for threads."""

    signs: Mapping[str, frozenset[str]]
    smileys: Mapping[str, frozenset[str]]
    words: Mapping[str, re.Pattern[str]]

    @property
    def names(self) -> tuple[str, ...]:
        """What each column of `of` stands for."""
        return (*_SHAPE, *(f"sign {name}" for name in self.signs), *LISTS, *_JOINED)

    def of(self, text: str) -> npt.NDArray[np.float32]:
        """The cues of a message as it was typed: one number of 0 to 4 for each of `names`."""
        words = _WORD.findall(text)
        folded = canonical(text)
        signs = [self._signs(name, text, folded) for name in self.signs]
        found = {name: float(len(self.words[name].findall(folded))) for name in LISTS}
        shape = _shape(text, words)
        joined = (
            min(found["irony"], 1.0) * min(found["again"], 1.0),
            min(found["thanks"], 1.0) * float(len(words) <= 8),
            min(found["swearing"], 1.0) * min(found["thanks"], 1.0),
        )
        numbers = np.asarray([*shape, *signs, *found.values(), *joined], dtype=np.float32)
        return np.minimum(numbers, _MOST)

    def _signs(self, name: str, text: str, folded: str) -> float:
        smileys = self.smileys.get(name, frozenset())
        drawn = sum(letter in self.signs[name] for letter in text)
        return float(drawn + sum(piece in smileys for piece in folded.split()))


_SHAPE = (
    "capital words", "share of capitals", "exclamations", "questions", "both", "dots", "stretched", "length",
    "one word", "ends without a mark", "digits",
)  # fmt: skip
_JOINED = ("irony of waiting", "short thanks", "glad swearing")


def _shape(text: str, words: Sequence[str]) -> tuple[float, ...]:
    letters = [letter for letter in text if letter.isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    shouted = sum(word.isupper() and len(word) > 2 for word in words)
    return (
        float(np.log1p(shouted)),
        capitals / len(letters) if len(letters) > 5 else 0.0,
        float(np.log1p(text.count("!"))),
        float(np.log1p(text.count("?") + text.count(";"))),
        float("?!" in text or "!?" in text),
        float(np.log1p(text.count("...") + text.count("…"))),
        float(len(_STRETCHED.findall(text))),
        float(np.log1p(len(words))) / 2,
        float(len(words) <= 1),
        float(bool(text) and text.rstrip()[-1:].isalnum()),
        float(any(letter.isdigit() for letter in text)),
    )


@cache
def load_cues(path: Path = FILE) -> Cues:
    """The cues that `path` lists, read once. Raises what reading and parsing raise."""
    listed: dict[str, Any] = read_yaml(path)
    return Cues(
        signs={name: frozenset(signs) for name, signs in listed["signs"].items()},
        smileys={name: frozenset(faces) for name, faces in listed["smileys"].items()},
        words={name: _beginnings(listed[name]) for name in LISTS},
    )


def _beginnings(by_language: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    entries = {str(entry) for entries in by_language.values() for entry in entries}
    # A very short one is a whole word, else it would be found in half of all words.
    ways = [re.escape(entry) + (r"\b" if len(entry) <= 3 else "") for entry in entries]
    return re.compile(rf"\b(?:{'|'.join(sorted(ways, key=len, reverse=True))})")
