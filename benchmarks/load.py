"""The load: customers in a process of its own. Reads a plan (JSON) from standard input, writes what it saw.

python -m benchmarks.load < plan.json > seen.json
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp

from benchmarks.customers import open_customer


@dataclass(frozen=True)
class Plan:
    """Conversations for so many customers at once, at the longest for `seconds`."""

    kind: str
    """"widget" for Grija, "rest" for Rasa."""
    url: str
    scripts: list[list[str]]
    customers: int
    seconds: float
    lag_after: float = 0.0
    """Seconds after which the loop lag in /metrics is of this load, not of what was before."""
    patience: float | None = None
    """Stop when, from turn 200 on, the median of the last ten turns is longer."""


@dataclass
class Seen:
    """What the customers saw. Seconds from sending a message to its first answer, in order of answers."""

    latencies: list[float] = field(default_factory=list)
    unanswered: int = 0
    failed: list[str] = field(default_factory=list)
    elapsed: float = 0.0
    loop_lag: float | None = None
    stopped: str | None = None


async def run(plan: Plan) -> Seen:
    """Let the customers talk until all is said or the time is over."""
    seen = Seen()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        watching = asyncio.create_task(_watch_lag(plan, session, seen))
        started = time.perf_counter()
        scripts = iter(enumerate(plan.scripts))
        talks = [_customers(plan, session, scripts, started, seen) for _ in range(plan.customers)]
        await asyncio.gather(*talks)
        seen.elapsed = time.perf_counter() - started
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return seen


async def _customers(
    plan: Plan,
    session: aiohttp.ClientSession,
    scripts: Iterator[tuple[int, list[str]]],
    started: float,
    seen: Seen,
) -> None:
    """One customer after the other, until no script is left."""
    for number, script in scripts:
        if seen.stopped:
            return
        try:
            await _talk(plan, session, script, started, seen)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            seen.failed.append(f"conversation {number}: {error!r}")


async def _talk(
    plan: Plan, session: aiohttp.ClientSession, script: list[str], started: float, seen: Seen
) -> None:
    async with open_customer(plan.kind, plan.url, session) as customer:
        for turn, text in enumerate(script, start=1):
            before = time.perf_counter()
            answered = await customer.ask(text)
            after = time.perf_counter()
            seen.latencies.append(after - before)
            seen.unanswered += not answered
            if after - started > plan.seconds:
                seen.stopped = f"after {plan.seconds:g} s, at turn {turn}"
            elif plan.patience and turn >= 205 and sorted(seen.latencies[-10:])[5] > plan.patience:
                seen.stopped = f"slower than {plan.patience:g} s a turn, at turn {turn}"
            if seen.stopped:
                return


async def _watch_lag(plan: Plan, session: aiohttp.ClientSession, seen: Seen) -> None:
    """Note the worst loop lag; the server's number is of its last ten seconds, so it is read every second."""
    if plan.kind != "widget":
        return
    await asyncio.sleep(plan.lag_after)
    while True:
        seen.loop_lag = max(seen.loop_lag or 0.0, await read_lag(plan.url, session))
        await asyncio.sleep(1)


async def read_lag(url: str, session: aiohttp.ClientSession) -> float:
    """The worst loop lag of the last ten seconds, in seconds."""
    async with session.get(f"{url}/metrics") as response:
        found = re.search(r"^grija_loop_lag_seconds (\S+)", await response.text(), re.MULTILINE)
    assert found, "/metrics has no loop lag"
    return float(found.group(1))


def main() -> None:
    """Plan in, what was seen out."""
    given: dict[str, Any] = json.load(sys.stdin)
    json.dump(asdict(asyncio.run(run(Plan(**given)))), sys.stdout)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
