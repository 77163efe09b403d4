"""Where the time of a turn goes: a separate run of Grija with stop-watches."""

from __future__ import annotations

import asyncio
import json
import signal
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import Seen
from benchmarks.rounds import CUSTOMERS, Size, first_answer, talk
from benchmarks.scripts import Writer
from benchmarks.servers import PROJECT, Server, grija


@dataclass(frozen=True)
class Parts:
    """Milliseconds of a turn by part, alone; and CPU milliseconds of a turn by thread, in the crowd."""

    mean_latency: float
    parts: dict[str, float]
    pipeline: dict[str, float]
    threads: dict[str, float]
    busy: dict[str, float]
    """Share of the crowd's time that a thread has computed."""


def measure_parts(size: Size, *, seed: int) -> Parts:
    """Measure one customer alone, then sixteen, with other messages."""
    with tempfile.TemporaryDirectory(prefix="grija-bench-") as name:
        times = Path(name) / "times.json"
        more = {"BENCHMARK_TIMES": str(times)}
        with grija(Path(name), module="benchmarks.timed_server", more=more) as server:
            asyncio.run(first_answer(server))
            writer = Writer(PROJECT / "data" / "nlu", seed)
            talk(server, writer.conversations(size.warm), customers=1, seconds=size.seconds)
            alone, watched = _watched(server, times, writer.conversations(size.alone), 1, size.seconds)
            crowd, threads = _watched(
                server, times, writer.conversations(size.crowd), CUSTOMERS, size.seconds
            )
    used = threads["threads"]
    return Parts(
        mean_latency=statistics.mean(alone.latencies) * 1000,
        parts=split(watched, len(alone.latencies), statistics.mean(alone.latencies) * 1000),
        pipeline=pipeline(watched, len(alone.latencies)),
        threads={name: seconds * 1000 / len(crowd.latencies) for name, seconds in used.items()},
        busy={name: seconds / crowd.elapsed for name, seconds in used.items()},
    )


def split(watched: dict[str, Any], turns: int, latency: float) -> dict[str, float]:
    """Milliseconds of a turn by part, so that the parts make the whole; nested watches are taken apart."""
    each: dict[str, float] = defaultdict(float)
    each.update({name: seconds * 1000 / turns for name, seconds in watched["seconds"].items()})
    # A lane claims twice a turn: once before it, once after it to find nothing; only the first is waited for.
    stored = each["store accept"] + each["store claim"] / 2 + each["store end_turn"]
    parts = {
        "encoder": each["encoder"],
        "rest of the pipeline": each["parse"],
        "Rasa's policies, forms, responses": each["handle"] - each["actions"],
        "our actions with the demo shop": each["actions"],
        "dialogue state in and out": each["turn"] - each["parse"] - each["handle"],
        "hand-over between threads": each["respond"] - each["encoder"] - each["turn"],
        "store: accept, claim, commit": stored,
    }
    parts["sockets, lanes, reading the answer back"] = latency - stored - each["respond"]
    return parts


def pipeline(watched: dict[str, Any], turns: int) -> dict[str, float]:
    """Milliseconds of a turn in each component of the pipeline (the encoder finds its vector ready)."""
    names = (name for name in watched["seconds"] if name[0].isupper())
    return {name: watched["seconds"][name] * 1000 / turns for name in names}


def _watched(
    server: Server, times: Path, scripts: list[list[str]], customers: int, seconds: float
) -> tuple[Seen, dict[str, Any]]:
    (process,) = server.processes
    process.send_signal(signal.SIGUSR1)
    seen = talk(server, scripts, customers=customers, seconds=seconds)
    process.send_signal(signal.SIGUSR2)
    deadline = time.perf_counter() + 10
    while not times.exists():
        if time.perf_counter() > deadline:
            raise RuntimeError("the timed server does not tell its times")
        time.sleep(0.02)
    watched: dict[str, Any] = json.loads(times.read_text())
    times.unlink()
    return seen, watched
