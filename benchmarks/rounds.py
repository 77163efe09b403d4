"""One side measured once: start it, let customers talk to it, note what it took."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

from benchmarks.customers import open_customer
from benchmarks.load import Plan, Seen, read_lag
from benchmarks.scripts import Writer
from benchmarks.servers import PROJECT, Server

OpenServer = Callable[[Path], AbstractContextManager[Server]]

CUSTOMERS = 16
_START_SECONDS = 120.0
_LAG_WINDOW = 10.5


@dataclass(frozen=True)
class Size:
    """How much is said in one round."""

    warm: int
    alone: int
    crowd: int
    long: int
    seconds: float
    """The longest that one phase may take."""


@dataclass(frozen=True)
class Round:
    """What one side has shown in one round; seconds and bytes."""

    start_seconds: float
    start_lag: float | None
    alone: Seen
    crowd: Seen
    long: Seen | None
    crowd_cpu_seconds: float
    peak_rss: int


def measure(open_server: OpenServer, size: Size, *, seed: int, long: bool) -> Round:
    """Measure a fresh server with the messages of this seed. RuntimeError if it does not stand up."""
    with tempfile.TemporaryDirectory(prefix="grija-bench-") as name, open_server(Path(name)) as server:
        start_lag = asyncio.run(first_answer(server))
        begun = time.perf_counter()
        writer = Writer(PROJECT / "data" / "nlu", seed)
        talk(server, writer.conversations(size.warm), customers=1, seconds=size.seconds)
        alone = talk(server, writer.conversations(size.alone), customers=1, seconds=size.seconds)
        spoken = None
        if long:
            script = writer.long_conversation(size.long)
            spoken = talk(server, [script], customers=1, seconds=size.seconds, patience=1.0)
        lag_after = max(0.0, _LAG_WINDOW - (time.perf_counter() - begun))
        before = server.cpu_seconds()
        scripts = writer.conversations(size.crowd)
        crowd = talk(server, scripts, customers=CUSTOMERS, seconds=size.seconds, lag_after=lag_after)
        cpu = server.cpu_seconds() - before
        server.check()
        return Round(begun - server.started, start_lag, alone, crowd, spoken, cpu, server.peak_rss)


def talk(
    server: Server,
    scripts: list[list[str]],
    *,
    customers: int,
    seconds: float,
    lag_after: float = 0.0,
    patience: float | None = None,
) -> Seen:
    """Let a process of its own be the customers. RuntimeError if it fails."""
    plan = Plan(server.kind, server.url, scripts, customers, seconds, lag_after, patience)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asdict(plan)),
        stdout=subprocess.PIPE,
        cwd=PROJECT,
        timeout=seconds + 60,
        text=True,
        check=False,
    )
    server.check()
    if done.returncode:
        raise RuntimeError(f"the customers of {server.name} have failed")
    seen = Seen(**json.loads(done.stdout))
    if seen.failed:
        print(f"  {server.name}: {len(seen.failed)} conversations failed: {seen.failed[0]}", file=sys.stderr)
    return seen


async def first_answer(server: Server) -> float | None:
    """Ask until a question that needs an action is answered; the loop lag until then, for Grija."""
    deadline = time.perf_counter() + _START_SECONDS
    async with aiohttp.ClientSession() as session:
        while time.perf_counter() < deadline:
            server.check()
            try:
                async with open_customer(server.kind, server.url, session) as customer:
                    if await customer.ask("where is my order 10012"):
                        return await read_lag(server.url, session) if server.kind == "widget" else None
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
                pass
            await asyncio.sleep(0.05)
    raise RuntimeError(f"{server.name} has not answered within {_START_SECONDS:g} s; its log: {server.log}")
