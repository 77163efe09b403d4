"""How well the trained model understands held-out messages: a table for people, JSON for machines."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
BINS = 10

Parse = Callable[[str], Awaitable[Mapping[str, Any]]]


class HeldoutUnreadable(ValueError):
    """A held-out file has not the columns language, style, intent, text; `file` and `line` tell where."""

    def __init__(self, file: Path, line: int) -> None:
        self.file = file
        self.line = line
        super().__init__(f"{file}, line {line}: four columns are needed: language, style, intent, text")


@dataclass(frozen=True)
class Held:
    """One held-out message and what it is."""

    language: str
    style: str
    intent: str
    text: str


@dataclass(frozen=True)
class Judged:
    """What the model made of a held-out message: `top` is its best intent, `kept` tells that it dared to say so."""

    held: Held
    top: str
    confidence: float
    kept: bool
    language: str


@dataclass(frozen=True)
class Score:
    """Figures of one group; shares are 0..1, and 0 where nothing was counted.

    `accuracy` and `macro_f1` judge the best intent of in-scope messages as if there were no fallback;
    `answered_right` counts a fallback as wrong. `kept` is the share of in-scope messages without fallback, `caught`
    the share of out-of-scope messages with it. `calibration_error` compares confidence with accuracy in ten bins.
    """

    messages: int
    accuracy: float
    macro_f1: float
    answered_right: float
    kept: float
    out_of_scope: int
    caught: float
    calibration_error: float
    language_right: float


@dataclass(frozen=True)
class Report:
    """Scores by group: "all", each language ("pl"), each style ("latin"), and both ("el latin")."""

    scores: Mapping[str, Score]
    mistakes: tuple[Judged, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        mistakes = [
            {**asdict(item.held), "top": item.top, "confidence": item.confidence} for item in self.mistakes
        ]
        return {"scores": {name: asdict(score) for name, score in self.scores.items()}, "mistakes": mistakes}

    def as_table(self) -> str:
        """Return a text table, one line a group."""
        head = ("group", "n", "acc", "F1", "answered", "kept", "oos", "caught", "ECE", "lang")
        rows = [head, *(_cells(name, score) for name, score in self.scores.items())]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if not column else cell.rjust(width) for column, (cell, width) in parts
            )
            for parts in (list(enumerate(zip(row, widths, strict=True))) for row in rows)
        )


async def evaluate(parse: Parse, files: Sequence[Path]) -> Report:
    """Judge `parse` on held-out files; HeldoutUnreadable for a wrong file, OSError for a missing one.

    `parse` takes a text and returns what the server makes of it: "intent", "intent_ranking", "language".
    """
    judged = [judge(held, await parse(held.text)) for file in files for held in read_heldout(file)]
    groups: dict[str, list[Judged]] = defaultdict(list)
    for item in judged:
        language, style = item.held.language, item.held.style
        for name in ("all", language, style, f"{language} {style}"):
            groups[name].append(item)
    names = sorted(groups, key=lambda name: (name != "all", " " in name, name))
    wrong = [item for item in judged if item.held.intent not in (item.top, OUT_OF_SCOPE)]
    return Report({name: score(groups[name]) for name in names}, tuple(wrong))


def read_heldout(file: Path) -> list[Held]:
    """Read a tab-separated file with the header language, style, intent, text."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or rows[0] != ["language", "style", "intent", "text"]:
        raise HeldoutUnreadable(file, 1)
    for number, row in enumerate(rows, start=1):
        if len(row) != 4:
            raise HeldoutUnreadable(file, number)
    return [Held(*row) for row in rows[1:]]


def judge(held: Held, parsed: Mapping[str, Any]) -> Judged:
    """Compare one parse with the truth."""
    ranking = [item for item in parsed.get("intent_ranking", ()) if item["name"] != FALLBACK]
    best = ranking[0] if ranking else parsed["intent"]
    kept = parsed["intent"]["name"] != FALLBACK
    return Judged(held, str(best["name"]), float(best["confidence"]), kept, str(parsed.get("language", "")))


def score(judged: Sequence[Judged]) -> Score:
    """Return the figures of one group."""
    inside = [item for item in judged if item.held.intent != OUT_OF_SCOPE]
    outside = [item for item in judged if item.held.intent == OUT_OF_SCOPE]
    right = [item.top == item.held.intent for item in inside]
    return Score(
        len(inside),
        _share(right),
        _macro_f1(inside),
        _share(item.kept and item.top == item.held.intent for item in inside),
        _share(item.kept for item in inside),
        len(outside),
        _share(not item.kept for item in outside),
        _calibration_error(inside),
        _share(item.language == item.held.language for item in judged),
    )


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return round(sum(found) / len(found), 4) if found else 0.0


def _macro_f1(judged: Sequence[Judged]) -> float:
    intents = {item.held.intent for item in judged}
    values = []
    for intent in intents:
        hits = sum(item.top == intent == item.held.intent for item in judged)
        named = sum((item.top == intent) + (item.held.intent == intent) for item in judged)
        values.append(2 * hits / named)
    return round(sum(values) / len(values), 4) if values else 0.0


def _calibration_error(judged: Sequence[Judged]) -> float:
    bins: dict[int, list[Judged]] = defaultdict(list)
    for item in judged:
        bins[min(BINS - 1, int(item.confidence * BINS))].append(item)
    gaps = [
        abs(sum(item.confidence - (item.top == item.held.intent) for item in group))
        for group in bins.values()
    ]
    return round(sum(gaps) / len(judged), 4) if judged else 0.0


def _cells(name: str, score: Score) -> tuple[str, ...]:
    def part(value: float) -> str:
        return f"{value:.3f}"

    return (
        name,
        str(score.messages),
        part(score.accuracy),
        part(score.macro_f1),
        part(score.answered_right),
        part(score.kept),
        str(score.out_of_scope),
        part(score.caught) if score.out_of_scope else "-",
        part(score.calibration_error),
        part(score.language_right),
    )
