"""`python -m benchmarks`: both servers in turn, some rounds, then the tables."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks import machine, report
from benchmarks.parts import Parts, measure_parts
from benchmarks.rounds import OpenServer, Round, Size, measure
from benchmarks.servers import PROJECT, grija, rasa

README = PROJECT / "benchmarks" / "README.md"
RECORD = PROJECT / "benchmarks" / "results.json"
BEGIN, END = "<!-- begin of results -->", "<!-- end of results -->"

_ENDING = (signal.SIGINT, signal.SIGTERM)

_FULL = Size(warm=10, alone=90, crowd=480, long=405, seconds=75)
_QUICK = Size(warm=5, alone=20, crowd=64, long=25, seconds=30)


def main() -> int:
    """Measure, print, and write the results. 130 if it was interrupted; nothing keeps running then."""
    arguments = _arguments()
    for name in _ENDING:
        signal.signal(name, _interrupted)
    size, rounds = (_QUICK, 1) if arguments.quick else (_FULL, arguments.rounds)
    about = machine.describe(PROJECT / "models")
    started = time.perf_counter()
    try:
        ours, rasas = _rounds(size, rounds)
        say("where the time goes: a run with stop-watches")
        parts = measure_parts(size, seed=1000)
    except KeyboardInterrupt:
        say("interrupted; all servers are stopped")
        return 130
    about["duration"] = f"{(time.perf_counter() - started) / 60:.1f} minutes, {rounds} rounds"
    text = _text(about, ours, rasas, parts)
    print(text)
    _write(_numbers(about, ours, rasas, parts), text, record=arguments.record)
    return 0


def say(line: str) -> None:
    """Tell how far it is."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one tiny round: does it work?")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of both servers in turn (3)")
    parser.add_argument(
        "--record", action="store_true", help="also write benchmarks/results.json and README.md"
    )
    return parser.parse_args()


def _rounds(size: Size, rounds: int) -> tuple[list[Round], list[Round]]:
    sides: list[tuple[str, OpenServer, list[Round]]] = [("Grija", grija, []), ("plain Rasa", rasa, [])]
    for number in range(rounds):
        for name, open_server, found in sides:
            say(f"round {number + 1} of {rounds}: {name}")
            # A long conversation with Rasa takes longer than all the rest: once is enough to see how it grows.
            long = number == 0 or open_server is grija
            found.append(measure(open_server, size, seed=number, long=long))
    return sides[0][2], sides[1][2]


def _text(about: dict[str, str], ours: list[Round], rasas: list[Round], parts: Parts) -> str:
    facts = {**about, **report.more_of_ours(ours)}
    lines = [
        *(f"* {name}: {value}" for name, value in facts.items()),
        f"* {report.trouble('Grija', ours)}",
        f"* {report.trouble('plain Rasa', rasas)}",
        "",
        report.table(report.rows(ours, rasas)),
        "",
        report.parts_table(parts),
    ]
    return "\n".join(lines)


def _numbers(about: dict[str, str], ours: list[Round], rasas: list[Round], parts: Parts) -> dict[str, Any]:
    return {
        "about": about,
        "table": [{**asdict(row), "ratio": row.ratio} for row in report.rows(ours, rasas)],
        "parts": asdict(parts),
        "rounds": {"grija": [asdict(item) for item in ours], "rasa": [asdict(item) for item in rasas]},
    }


def _write(numbers: dict[str, Any], text: str, *, record: bool) -> None:
    folder = Path(os.environ.get("GRIJA_DATA") or PROJECT / "var") / "benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(numbers, indent=1))
    (folder / "results.md").write_text(text + "\n", encoding="utf-8")
    say(f"written: {folder / 'results.md'} and {folder / 'results.json'}")
    if record:
        RECORD.write_text(
            json.dumps({key: numbers[key] for key in ("about", "table", "parts")}, indent=1) + "\n"
        )
        before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _interrupted(number: int, frame: FrameType | None) -> None:
    # The servers are ended on the way out, which a second Ctrl-C must not cut short.
    for name in _ENDING:
        signal.signal(name, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
