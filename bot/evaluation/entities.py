"""Entities found against entities marked: precision, recall and F1."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.evaluation.heldout import FileUnreadable, read_columns

_MONEY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ([A-Z]{3})")


@dataclass(frozen=True)
class Marked:
    """One message and its entities, each with `entity`, `value`, `start`, `end`."""

    language: str
    text: str
    entities: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Count:
    """Entities found that are right, found that are wrong, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float | None:
        """Return the share of what was found that is right; None if nothing was found."""
        found = self.right + self.wrong
        return self.right / found if found else None

    @property
    def recall(self) -> float | None:
        """Return the share of what is there that was found; None if nothing is there."""
        there = self.right + self.missed
        return self.right / there if there else None

    @property
    def f1(self) -> float | None:
        """Return F1; None if nothing is there and nothing was found."""
        whole = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / whole if whole else None


@dataclass(frozen=True)
class EntityScores:
    """Counts by language and by (language, entity); both also under "all"; and how many lines are wholly right."""

    lines: int
    lines_right: int
    languages: Mapping[str, Count]
    entities: Mapping[tuple[str, str], Count]


def read_marked(file: Path) -> list[Marked]:
    """Read a file with the columns language, text and entities (a JSON list); FileUnreadable or OSError."""
    return [
        Marked(language, text, _entities(file, number, cell))
        for number, (language, text, cell) in read_columns(file, ("language", "text", "entities"))
    ]


def entity_scores(pairs: Sequence[tuple[Marked, Sequence[Mapping[str, Any]]]]) -> EntityScores:
    """Compare what is marked with what was found.

    An entity is right when its kind and its value are and the places overlap; money is compared as a number.
    """
    languages: Counter[tuple[str, str]] = Counter()
    entities: Counter[tuple[str, str, str]] = Counter()
    whole = 0
    for marked, found in pairs:
        outcomes = _outcomes(marked.entities, found)
        whole += all(outcome == "right" for _, outcome in outcomes)
        for group in (marked.language, "all"):
            languages.update((group, outcome) for _, outcome in outcomes)
            entities.update((group, kind, outcome) for kind, outcome in outcomes)
    spoken = sorted({marked.language for marked, _ in pairs})
    kinds = sorted({(group, kind) for group, kind, _ in entities})
    return EntityScores(
        len(pairs),
        whole,
        {group: _count(languages, group) for group in ("all", *spoken)},
        {pair: _count(entities, *pair) for pair in kinds},
    )


def _outcomes(
    marked: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    left = list(found)
    outcomes = []
    for wanted in marked:
        same = next((item for item in left if _same(wanted, item)), None)
        if same is not None:
            left.remove(same)
        outcomes.append((str(wanted["entity"]), "missed" if same is None else "right"))
    return outcomes + [(str(item["entity"]), "wrong") for item in left]


def _same(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    return (
        wanted["entity"] == found["entity"]
        and _comparable(wanted["value"]) == _comparable(found["value"])
        and found["start"] < wanted["end"]
        and wanted["start"] < found["end"]
    )


def _comparable(value: object) -> object:
    money = _MONEY.fullmatch(str(value))
    return (float(money[1]), money[2]) if money else str(value)


def _count(counts: Mapping[Any, int], *key: str) -> Count:
    return Count(*(counts.get((*key, outcome), 0) for outcome in ("right", "wrong", "missed")))


def _entities(file: Path, number: int, cell: str) -> tuple[Mapping[str, Any], ...]:
    try:
        found = json.loads(cell)
        return tuple({key: item[key] for key in ("entity", "value", "start", "end")} for item in found)
    except (ValueError, KeyError, TypeError):
        problem = "entities must be a JSON list of objects with entity, value, start and end"
        raise FileUnreadable(file, number, problem) from None
