"""`python -m benchmarks.pipelines`: which way of classifying understands our training lines best, and what it costs."""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import os
import pickle
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

from benchmarks.__main__ import say
from benchmarks.candidates import Calibrated, Ours, Stored, candidates, encode_now
from benchmarks.diet import Diet
from benchmarks.servers import PROJECT
from bot.evaluation.comparison import PARTS, Compared, Fold, compare, folds
from bot.evaluation.markdown import number, table
from bot.evaluation.pipeline import Line
from bot.evaluation.trainingdata import training_lines
from bot.nlu.encoder import cache_folder

_MESSAGES = 200
_MIB = 2**20


@dataclass(frozen=True)
class Cost:
    """What one way costs: milliseconds of a message from text to ranking, encoder included; memory in MiB.

    `serving` is the peak of a fresh process that reads messages, `training` that of one that trains; both hold Python
    and all libraries they need. `stored` is the trained model as a file.
    """

    median: float
    late: float
    serving: float
    training: float
    stored: float


def main() -> int:
    """Compare, print, and write `pipelines.md` and `pipelines.json` into GRIJA_DATA/benchmark."""
    arguments = _arguments()
    lines = training_lines(arguments.data)[:: arguments.every]
    chosen = list(islice(folds(lines, unseen_spellings=arguments.variants), arguments.folds))
    with tempfile.TemporaryDirectory() as folder:
        found: list[tuple[Compared, Cost]] = []
        for name in arguments.only or _names():
            found.append(_in_own_process(name, chosen, Path(folder)))
            _write(_as_markdown(lines, len(chosen), found), found)  # the next one may take hours
    print(_as_markdown(lines, len(chosen), found))
    return 0


def _write(text: str, found: Sequence[tuple[Compared, Cost]]) -> None:
    folder = cache_folder().parent / "benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pipelines.md").write_text(text + "\n", encoding="utf-8")
    content = [{**asdict(compared), "cost": asdict(cost)} for compared, cost in found]
    (folder / "pipelines.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    say(f"written: {folder / 'pipelines.md'} and {folder / 'pipelines.json'}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipelines", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=PROJECT / "data" / "nlu", help="training files (data/nlu)"
    )
    parser.add_argument("--folds", type=int, default=PARTS, help=f"how many of the {PARTS} folds to judge on")
    parser.add_argument("--every", type=int, default=1, help="take one line in so many: DIET is slow")
    parser.add_argument("--variants", action="store_true", help="judge also spellings made by rules")
    parser.add_argument("--only", nargs="+", choices=_names(), help="only these; DIET takes the longest")
    return parser.parse_args()


def _names() -> list[str]:
    return [item.name for item in _all(Path())]


def _all(folder: Path) -> list[Calibrated | Ours | Diet]:
    return [*candidates(Stored(cache_folder() / "vectors.sqlite", _encoding)), Diet(folder)]


def _in_own_process(name: str, chosen: Sequence[Fold], folder: Path) -> tuple[Compared, Cost]:
    """Train and judge in one process, read in another: memory is measured by process."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        compared, stored, training = pool.apply(_judged, (name, chosen, folder))
    texts = [line for _, line in chosen[-1].test[:: max(1, len(chosen[-1].test) // _MESSAGES)]]
    with context.Pool(1) as pool:
        times, serving = pool.apply(_timed, (stored, texts))
    late = sorted(times)[int(0.95 * len(times))]
    return compared, Cost(statistics.median(times), late, serving, training, _size(stored))


def _judged(name: str, chosen: Sequence[Fold], folder: Path) -> tuple[Compared, bytes, float]:
    logging.disable(logging.INFO)
    candidate = next(item for item in _all(folder) if item.name == name)
    compared, reader = compare(candidate, chosen, say)
    if not isinstance(candidate, Diet):
        reader = replace(reader, encode=encode_now)  # type: ignore[type-var]
    return compared, pickle.dumps(reader), _peak()


def _timed(stored: bytes, lines: Sequence[Line]) -> tuple[list[float], float]:
    logging.disable(logging.INFO)
    reader = pickle.loads(stored)
    reader.read(lines[:3])  # what is loaded at the first message is no matter of each message
    times = []
    for line in lines[3:]:
        started = time.perf_counter()
        reader.read([line])
        times.append((time.perf_counter() - started) * 1000)
    return times, _peak()


def _size(stored: bytes) -> float:
    reader = pickle.loads(stored)
    archive = getattr(reader, "archive", None)
    return (os.path.getsize(archive) if archive else len(stored)) / _MIB


def _peak() -> float:
    # Not getrusage: its peak begins with that of the parent process.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _as_markdown(lines: Sequence[Line], count: int, found: Sequence[tuple[Compared, Cost]]) -> str:
    about = (
        f"{len(lines)} lines of `data/nlu`, grouped {PARTS}-fold cross-validation, {count} folds judged; "
        f"{found[0][0].score.messages} messages in scope, {found[0][0].score.outside} outside."
    )
    parts = [about, _accuracies(found), _costs(found)]
    if len(found[0][0].variants) > 1:
        parts.append(_spellings(found))
    return "\n\n".join(parts)


def _accuracies(found: Sequence[tuple[Compared, Cost]]) -> str:
    languages = list(found[0][0].languages)
    head = ("", "accuracy", *languages, "macro-F1", "AUROC", "caught at 95 %", "ECE", "ECE all")
    rows = [
        (
            item.name,
            number(item.score.accuracy),
            *(number(item.languages[language].accuracy) for language in languages),
            number(item.score.macro_f1),
            number(item.score.auroc),
            number(item.score.caught_at_95),
            number(item.score.calibration_error),
            number(item.score.calibration_error_all),
        )
        for item, _ in found
    ]
    return table(head, rows)


def _costs(found: Sequence[tuple[Compared, Cost]]) -> str:
    head = ("", "training s a fold", "ms a message", "ms, 95 %", "MiB serving", "MiB training", "MiB stored")
    rows = [
        (
            item.name,
            number(item.fit_seconds, 0),
            *(number(value, 1) for value in (cost.median, cost.late)),
            *(number(value, 0) for value in (cost.serving, cost.training)),
            number(cost.stored, 1),
        )
        for item, cost in found
    ]
    return table(head, rows)


def _spellings(found: Sequence[tuple[Compared, Cost]]) -> str:
    names = list(found[0][0].variants)
    rows = [(item.name, *(number(item.variants[name].accuracy) for name in names)) for item, _ in found]
    return table(("accuracy", *names), rows)


def _encoding(done: int, total: int) -> None:
    if done == total or done % 2000 == 0:
        say(f"{done} of {total} new lines encoded")


if __name__ == "__main__":
    raise SystemExit(main())
