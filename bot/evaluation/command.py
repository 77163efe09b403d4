"""The command `evaluate`: files in, a report on standard output and in a folder, progress on standard error."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bot.errors import SettingsError
from bot.evaluation import public
from bot.evaluation import run as held_out
from bot.evaluation.heldout import FileUnreadable
from bot.evaluation.report import Report
from bot.settings import Settings
from bot.training import PROJECT


@dataclass(frozen=True)
class Options:
    """What the command line says; `public` names a folder of public sets, or None to judge the model in service."""

    file: Path
    entities: Path
    language_known: bool
    public: Path | None
    sets: tuple[str, ...]
    output: Path


def run(settings: Settings, options: Options) -> int:
    """Measure, print and save. 0, or 2 when the file names intents that the model does not have.

    SettingsError for a file of the wrong form, with its line; OSError for a missing one; ModelError.
    """
    try:
        if options.public is not None:
            return _public(settings, options.public, options)
        return _held_out(settings, options)
    except (FileUnreadable, public.NoPublicSets) as error:
        raise SettingsError(str(error)) from None


def _held_out(settings: Settings, options: Options) -> int:
    task = held_out.Task(options.file, options.entities, PROJECT / "data" / "nlu", options.language_known)
    report = asyncio.run(held_out.evaluate(settings.models, task, _progress))
    print(held_out.save(report, options.output))
    _progress(f"the report with its pictures is in {options.output}")
    if report.unknown:
        print(f"grija: {_advice(report, options.file)}", file=sys.stderr)
        return 2
    return 0


def _public(settings: Settings, folder: Path, options: Options) -> int:
    results = public.run_public(folder, options.sets, settings.data / "cache", _progress)
    print(public.save(results, options.output))
    _progress(f"the report is in {options.output}")
    return 0


def _advice(report: Report, file: Path) -> str:
    return (
        f"{file} names intents that {report.about.model} does not have: {', '.join(report.unknown)}. "
        "Correct their names in the file, or write training examples for them and run `make train`."
    )


def _progress(line: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)
