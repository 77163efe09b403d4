"""The public intent sets on disk: tab-separated files with the columns text and intent."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.evaluation.heldout import OUT_OF_SCOPE, read_columns
from bot.evaluation.pipeline import Line, plain_line
from bot.evaluation.twins import normal


@dataclass(frozen=True)
class PublicSet:
    """One task: lines to train on, lines to judge by, and how many twins were taken out of the latter."""

    name: str
    train: tuple[Line, ...]
    test: tuple[Line, ...]
    twins: int


FILES = {
    "banking77": ("banking77_train", "banking77_test"),
    "clinc150": ("clinc150_train", "clinc150_test", "clinc150_oos_train", "clinc150_oos_test"),
    "hwu64": ("hwu64_train", "hwu64_test"),
}
DRAWS = 3
SHOTS = 10


def present(folder: Path) -> list[str]:
    """Return the names of the sets whose files all lie in `folder`."""
    return [
        name for name, files in FILES.items() if all((folder / f"{file}.tsv").is_file() for file in files)
    ]


def public_sets(folder: Path, name: str) -> list[PublicSet]:
    """Return the tasks made of one set: "banking77" also with ten examples of each intent, drawn three times.

    "clinc150" comes with no message outside in training, and with some under the name `out_of_scope`.
    """
    train, test = (_lines(folder, file) for file in FILES[name][:2])
    if name != "clinc150":
        whole = _without_twins(name, train, test)
        shots = range(DRAWS) if name == "banking77" else ()
        return [whole, *(_few(whole, draw) for draw in shots)]
    outside_train, outside_test = (_outside(_lines(folder, file)) for file in FILES[name][2:])
    test += outside_test
    return [
        _without_twins("clinc150", train, test),
        _without_twins("clinc150, out_of_scope trained", train + outside_train, test),
    ]


def _few(whole: PublicSet, draw: int) -> PublicSet:
    by_intent: dict[str, list[Line]] = defaultdict(list)
    for line in whole.train:
        by_intent[line.intent].append(line)
    chooser = random.Random(draw)
    chosen = [line for intent in sorted(by_intent) for line in chooser.sample(by_intent[intent], SHOTS)]
    return replace(whole, name=f"{whole.name}, {SHOTS} shots, draw {draw + 1}", train=tuple(chosen))


def _without_twins(name: str, train: Sequence[Line], test: Sequence[Line]) -> PublicSet:
    known = {normal(line.text) for line in train}
    kept = tuple(line for line in test if normal(line.text) not in known)
    return PublicSet(name, tuple(train), kept, len(test) - len(kept))


def _lines(folder: Path, file: str) -> list[Line]:
    rows = read_columns(folder / f"{file}.tsv", ("text", "intent"))
    return [plain_line(text, intent, "en") for _, (text, intent) in rows]


def _outside(lines: Sequence[Line]) -> list[Line]:
    return [replace(line, intent=OUT_OF_SCOPE) for line in lines]
