"""`python -m bot evaluate`: the model in service judged on held-out files; a report printed and saved."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.evaluation.entities import EntityScores, Marked, entity_scores, read_marked
from bot.evaluation.heldout import OUTSIDE, Held, read_heldout
from bot.evaluation.judged import judge
from bot.evaluation.markdown import as_markdown
from bot.evaluation.plots import draw
from bot.evaluation.reading import Asked, Parse, Progress, model_in_service, read_all
from bot.evaluation.report import About, Report, build_report
from bot.evaluation.trainingdata import training_lines
from bot.evaluation.twins import normals


@dataclass(frozen=True)
class Task:
    """What to judge by: a held-out file, a file of entities (None: none), the folder of training files."""

    file: Path
    entities: Path | None
    training: Path
    language_known: bool


async def evaluate(models: Path, task: Task, progress: Progress) -> Report:
    """Judge the model that `models/current` names. FileUnreadable or OSError for the files, ModelError for it."""
    held = read_heldout(task.file)
    marked = read_marked(task.entities) if task.entities else None
    async with model_in_service(models) as (name, parse):
        about = About(name, task.file.name, time.strftime("%Y-%m-%d %H:%M"), task.language_known)
        return await judge_all(about, parse, held, marked, task.training, progress)


async def judge_all(
    about: About,
    parse: Parse,
    held: Sequence[Held],
    marked: Sequence[Marked] | None,
    training: Path,
    progress: Progress,
) -> Report:
    """Read all messages with `parse` and count; see `build_report`."""
    asked = [Asked(item.text, item.language if about.context else None) for item in held]
    parses = await read_all(parse, asked, progress)
    judged = [judge(item, parsed) for item, parsed in zip(held, parses, strict=True)]
    found = None if marked is None else await _entities(about, parse, marked, progress)
    texts = normals(line.text for line in training_lines(training))
    return build_report(about, judged, _known(parses), texts, found)


def save(report: Report, folder: Path) -> str:
    """Write report.json, report.md and the pictures into `folder`, made if missing; returns the Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    text = as_markdown(report)
    pictures = "".join(f"\n![{name}]({name})\n" for name in draw(report, folder))
    (folder / "report.md").write_text(f"{text}\n## Pictures\n{pictures}", encoding="utf-8")
    save_json(report.as_dict(), folder)
    return text


def save_json(content: Mapping[str, Any], folder: Path) -> None:
    """Write report.json into `folder`, which exists."""
    (folder / "report.json").write_text(
        json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


async def _entities(about: About, parse: Parse, marked: Sequence[Marked], progress: Progress) -> EntityScores:
    progress(f"entities: {len(marked)} messages")
    asked = [Asked(item.text, item.language if about.context else None) for item in marked]
    parses = await read_all(parse, asked, progress)
    return entity_scores(
        [(item, parsed.get("entities", ())) for item, parsed in zip(marked, parses, strict=True)]
    )


def _known(parses: Iterable[Mapping[str, Any]]) -> set[str]:
    return {str(item["name"]) for parsed in parses for item in parsed.get("intent_ranking", ())} - OUTSIDE
