"""Grija's server with a stop-watch in each part of a turn, for the second table of the benchmark.

    python -m benchmarks.timed_server serve      # as `python -m bot serve`; SIGUSR1 sets all watches to zero

On SIGUSR2 it writes what it has measured to the file that BENCHMARK_TIMES names.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from bot import dialogue_state, served_dialogue
from bot.__main__ import main
from bot.components.classifier import IntentClassifier
from bot.components.encoder import SentenceEncoder
from bot.components.entities import EntityExtractor
from bot.components.feelings import FeelingReader
from bot.components.language import LanguageDetector
from bot.dialogue import Engine
from bot.hub import Hub
from bot.rasa_actions import InProcessActions
from bot.rasa_environment import importing
from bot.served_dialogue import ServedDialogue
from bot.store import Store

with importing():
    from rasa.core.agent import Agent
    from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier

_COMPONENTS = (
    LanguageDetector, SentenceEncoder, FeelingReader, IntentClassifier, FallbackClassifier, EntityExtractor,
)  # fmt: skip


_PARTS: tuple[tuple[Any, str, str], ...] = (
    (served_dialogue, "encode_ahead", "encoder"),
    (dialogue_state, "compact", "compact"),
    (Engine, "_parse", "parse"),
    (Engine, "_tracker", "tracker"),
    *((component, "process", component.__name__) for component in _COMPONENTS),
    (Engine, "turn", "turn"),
    (Agent, "handle_message", "handle"),
    (InProcessActions, "request", "actions"),
    (ServedDialogue, "respond", "respond"),
    (Hub, "_turn", "hub turn"),
)


class Watches:
    """Seconds by name of what was measured, CPU seconds by thread."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._threads_before: dict[int, float] = {}

    def note(self, name: str, seconds: float) -> None:
        """Add a measurement."""
        self.seconds[name] += seconds
        self.calls[name] += 1

    def reset(self) -> None:
        """Begin again from zero."""
        self.seconds.clear()
        self.calls.clear()
        self._threads_before = _cpu_of_threads()

    def report(self) -> dict[str, Any]:
        """All measurements since `reset`, as JSON."""
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        used: defaultdict[str, float] = defaultdict(float)
        for number, seconds in _cpu_of_threads().items():
            name = names.get(number, "native")
            kind = "dialogue" if name.startswith("dialogue") else name.rstrip("0123456789").rstrip("_-")
            used[kind] += seconds - self._threads_before.get(number, 0.0)
        return {"seconds": dict(self.seconds), "calls": dict(self.calls), "threads": dict(used)}


def install(watches: Watches) -> None:
    """Put a stop-watch around each part."""
    for owner, name, label in _PARTS:
        work = getattr(owner, name)
        wrap = _timed_async if inspect.iscoroutinefunction(work) else _timed
        setattr(owner, name, wrap(watches, label, work))
    for name in ("write", "read"):
        setattr(Store, name, _timed_store(watches, getattr(Store, name)))


def _timed(watches: Watches, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(work)
    def timed(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return work(*arguments, **named)
        finally:
            watches.note(name, time.perf_counter() - started)

    return timed


def _timed_async(watches: Watches, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(work)
    async def timed(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return await work(*arguments, **named)
        finally:
            watches.note(name, time.perf_counter() - started)

    return timed


def _timed_store(watches: Watches, work: Callable[..., Any]) -> Callable[..., Any]:
    async def timed(store: Store, query: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return await work(store, query, *arguments, **named)
        finally:
            watches.note(f"store {query.__name__.lstrip('_')}", time.perf_counter() - started)

    return timed


def _cpu_of_threads() -> dict[int, float]:
    return {thread.id: thread.user_time + thread.system_time for thread in psutil.Process().threads()}


def _serve() -> int:
    watches = Watches()
    install(watches)
    signal.signal(signal.SIGUSR1, lambda *_: watches.reset())
    signal.signal(signal.SIGUSR2, lambda *_: _write(watches))
    return main()


def _write(watches: Watches) -> None:
    file = Path(os.environ["BENCHMARK_TIMES"])
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(watches.report()))
    unfinished.rename(file)


if __name__ == "__main__":
    raise SystemExit(_serve())
