"""`python -m bot.evaluation.feelings public DIR`: the reader and its baselines on other people's messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from bot.evaluation.feelingbaselines import NgramRegression, WordLists
from bot.evaluation.feelingplots import draw
from bot.evaluation.feelingscore import Score, Told, by_language
from bot.evaluation.feelingsets import FILES, USUAL_VALENCE, FeelingSet, feeling_set, present
from bot.evaluation.markdown import number, table
from bot.evaluation.public import NoPublicSets
from bot.evaluation.run import save_json
from bot.nlu.feeling_cues import load_cues
from bot.nlu.feeling_training import Lines, fit_feelings
from bot.nlu.feelings import EMOTIONS, Feeling, FeelingModel

SHIPPED, OWN = "as shipped", "its own lines"
"""Trained on our lines alone, or on the training lines of the set alone."""

Prepare = Callable[[Sequence[Told]], Lines]
"""Makes messages ready: restored and encoded."""


class Way(Protocol):
    """Reads messages; `texts` are the same as they are read."""

    def read(self, told: Sequence[Told], texts: Sequence[str]) -> Sequence[Feeling]:
        """What each shows."""


@dataclass(frozen=True)
class Result:
    """Figures of one way on the messages of one language of one set; no valence error where none is known."""

    name: str
    language: str
    trained: str
    way: str
    lines: int
    messages: int
    twins: int
    emotions: float
    sides: float
    valence_error: float | None
    calibration_error: float


def run_public(
    folder: Path, ours: Sequence[Told], support: FeelingSet, prepare: Prepare, model: FeelingModel
) -> list[Result]:
    """Judge `model`, shipped and trained on `ours`, and its baselines on `support` and the sets that `folder` holds.

    NoPublicSets if there are none; FileUnreadable or OSError for the files.
    """
    names = present(folder)
    if not names:
        files = ", ".join(f"{file}.tsv" for parts in FILES.values() for file in parts)
        raise NoPublicSets(f"{folder} holds none of the public sets; it needs for instance {files}")
    learned = NgramRegression.fit(ours, _texts(prepare(ours)))
    results = []
    for one in (support, *(feeling_set(folder, name) for name in names)):
        test = prepare(one.test)
        ways: dict[tuple[str, str], Way] = {
            (SHIPPED, "word lists"): WordLists(),
            (SHIPPED, "n-grams"): learned,
            (SHIPPED, "ours"): _Ours(model, test),
        }
        if one.train:
            train = prepare(one.train)
            ways[OWN, "n-grams"] = NgramRegression.fit(one.train, _texts(train))
            ways[OWN, "ours"] = _Ours(fit_feelings(train, load_cues()), test)
        for (trained, way), reader in ways.items():
            results += _judged(one, trained, way, reader.read(one.test, _texts(test)))
    return results


def as_in(feeling: Feeling, counts_as: Mapping[str, str]) -> Feeling:
    """A reading in the emotions of a set; those that it does not have leave their share to the others.

    A reading that has none of the others is evenly divided.
    """
    shares = dict.fromkeys(counts_as.values(), 0.0)
    for name, share in feeling.emotions.items():
        if name in counts_as:
            shares[counts_as[name]] += share
    total = sum(shares.values())
    even = {name: share / total if total else 1 / len(shares) for name, share in shares.items()}
    return Feeling(feeling.valence, dict.fromkeys(EMOTIONS, 0.0) | even)


def as_markdown(results: Sequence[Result]) -> str:
    """The figures as a table."""
    head = (
        "set", "language", "trained on", "way", "lines", "messages", "emotions, macro-F1",
        "negative/neutral/positive", "valence, error", "ECE",
    )  # fmt: skip
    rows = [
        (
            item.name, item.language, item.trained, item.way, str(item.lines), str(item.messages),
            number(item.emotions), number(item.sides), number(item.valence_error), number(item.calibration_error),
        )
        for item in results
    ]  # fmt: skip
    return f"# Feelings on public sets\n\n{table(head, rows)}\n\n![figures](figures.png)\n"


def save(results: Sequence[Result], folder: Path) -> str:
    """Write report.md, report.json and figures.png into `folder`, made if missing; returns the Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    text = as_markdown(results)
    (folder / "report.md").write_text(text, encoding="utf-8")
    save_json({"feelings": [asdict(item) for item in results]}, folder)
    marks = [(f"{item.name}, {item.language}", f"{item.way}, {item.trained}", item.sides) for item in results]
    draw(marks, "share of negative/neutral/positive read rightly", folder / "figures.png")
    return text


@dataclass(frozen=True)
class _Ours:
    model: FeelingModel
    test: Lines

    def read(self, told: Sequence[Told], texts: Sequence[str]) -> list[Feeling]:
        return [
            self.model.read(line.text, line.as_read, vector)
            for line, vector in zip(self.test.labelled, np.asarray(self.test.vectors), strict=True)
        ]


def _judged(one: FeelingSet, trained: str, way: str, read: Sequence[Feeling]) -> list[Result]:
    names = {line.language: _names(one, line.language) for line in one.test}
    placed = [as_in(feeling, names[line.language]) for line, feeling in zip(one.test, read, strict=True)]
    sided = [replace(line, valence=USUAL_VALENCE[line.emotion]) for line in one.test]
    sides, whole = by_language(sided, placed), by_language(one.test, placed)
    lines = len(one.train) if trained == OWN else 0
    return [
        _result(one, (language, trained, way, lines), score, whole[language].valence_error)
        for language, score in sides.items()
        if language != "all"
    ]


def _names(one: FeelingSet, language: str) -> dict[str, str]:
    """`counts_as` for a language, which may have fewer emotions than the set."""
    there = {line.emotion for line in (*one.train, *one.test) if line.language == language}
    return {ours: name for ours, name in one.counts_as.items() if name in there}


def _result(one: FeelingSet, about: tuple[str, str, str, int], score: Score, error: float) -> Result:
    language, trained, way, lines = about
    return Result(
        one.name, language, trained, way, lines, score.messages, one.twins, score.emotions, score.sides,
        error if one.valence else None, score.calibration_error,
    )  # fmt: skip


def _texts(lines: Lines) -> list[str]:
    return [line.as_read for line in lines.labelled]
