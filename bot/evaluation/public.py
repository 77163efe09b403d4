"""`python -m bot evaluate --public DIR`: our pipeline trained and judged on public sets."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bot.evaluation.judged import Judged
from bot.evaluation.markdown import number, table
from bot.evaluation.pipeline import as_read, encoded, own_words, read, trained
from bot.evaluation.publicsets import FILES, SHOTS, PublicSet, present, public_sets
from bot.evaluation.reading import Progress
from bot.evaluation.run import save_json
from bot.evaluation.scores import Score, score

CACHE = "public.sqlite"
_MEANS = (("banking77, 10 shots, mean", f"banking77, {SHOTS} shots, draw "),)


class NoPublicSets(ValueError):
    """The folder holds no set that we know; the message names the files."""


@dataclass(frozen=True)
class PublicResult:
    """Figures of one task; `train` counts lines to train on, `fit_seconds` is training without encoding."""

    name: str
    train: int
    twins: int
    fit_seconds: float
    score: Score


def run_public(folder: Path, names: Sequence[str], cache: Path, progress: Progress) -> list[PublicResult]:
    """Train and judge on the sets `names`, or on all that `folder` holds. NoPublicSets, FileUnreadable or OSError.

    Vectors are kept in `cache`, a folder. The test lines are encoded as the server would encode them.
    """
    chosen = list(names) or present(folder)
    if not chosen:
        files = ", ".join(f"{file}.tsv" for parts in FILES.values() for file in parts)
        raise NoPublicSets(f"{folder} holds none of the public sets; it needs for instance {files}")
    return [_result(task, cache / CACHE, progress) for name in chosen for task in public_sets(folder, name)]


def as_markdown(results: Sequence[PublicResult]) -> str:
    """Return the figures as a table, the draws of ten examples also as their mean."""
    head = (
        "", "train", "test", "outside", "twins", "accuracy", "macro-F1", "ECE", "ECE all", "AUROC", "caught at 95 %",
        "training s",
    )  # fmt: skip
    rows = [_row(item) for item in results]
    for name, prefix in _MEANS:
        draws = [item for item in results if item.name.startswith(prefix)]
        if draws:
            rows.append(_mean(name, draws))
    return "# Public sets\n\n" + table(head, rows) + "\n"


def save(results: Sequence[PublicResult], folder: Path) -> str:
    """Write report.md and report.json into `folder`, made if missing; returns the Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    text = as_markdown(results)
    (folder / "report.md").write_text(text, encoding="utf-8")
    content: dict[str, Any] = {"public": [asdict(item) for item in results]}
    save_json(content, folder)
    return text


def _result(task: PublicSet, cache: Path, progress: Progress) -> PublicResult:
    own = own_words(task.train)
    texts, unseen = as_read(task.train, own), as_read(task.test, own)
    vectors = encoded(texts, cache, partial(_encoding, progress, f"{task.name}, train"))
    unseen_vectors = encoded(unseen, cache, partial(_encoding, progress, f"{task.name}, test"))
    progress(f"{task.name}: training on {len(task.train)} lines")
    started = time.perf_counter()
    model = trained([line.intent for line in task.train], texts, vectors)
    seconds = time.perf_counter() - started
    judged: list[Judged] = read(model, task.test, unseen, unseen_vectors)
    found = PublicResult(task.name, len(task.train), task.twins, round(seconds, 1), score(judged))
    progress(f"{task.name}: accuracy {number(found.score.accuracy)}, {seconds:.0f} s of training")
    return found


def _encoding(progress: Progress, name: str, done: int, total: int) -> None:
    progress(f"{name}: {done} of {total} new lines encoded")


def _row(item: PublicResult) -> tuple[str, ...]:
    return (
        item.name,
        str(item.train),
        str(item.score.messages),
        str(item.score.outside),
        str(item.twins),
        *_figures(item.score),
        f"{item.fit_seconds:.0f}",
    )


def _figures(score: Score) -> tuple[str, ...]:
    return (
        number(score.accuracy, 4),
        number(score.macro_f1, 4),
        number(score.calibration_error),
        number(score.calibration_error_all),
        number(score.auroc),
        number(score.caught_at_95),
    )


def _mean(name: str, draws: Sequence[PublicResult]) -> tuple[str, ...]:
    cells = [_figures(item.score) for item in draws]
    means = [
        "–" if "–" in column else number(sum(map(float, column)) / len(column), 4 if place < 2 else 3)
        for place, column in enumerate(zip(*cells, strict=True))
    ]
    seconds = sum(item.fit_seconds for item in draws) / len(draws)
    return (name, *("" for _ in range(4)), *means, f"{seconds:.0f}")
