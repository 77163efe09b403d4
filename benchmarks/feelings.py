"""What it costs to read how a customer feels, beyond the sentence vector that is there already.

    python -m benchmarks.feelings [--messages 500] [--rounds 5]

Held-out messages of all languages go through the pipeline's component, one at a time in one thread. The time of the
encoder for the same messages stands beside it, and the processor time, which others on the machine change little. Exit
code 1 if the 95th percentile is above the target.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from bot.evaluation.feelings import HELDOUT, read_told
from bot.evaluation.feelingscore import Told
from bot.nlu.encoder import MultilingualE5
from bot.rasa_environment import importing

with importing():
    from rasa.shared.nlu.training_data.message import Message

    from bot.components.encoder import AS_READ, VECTOR
    from bot.components.feelings import FeelingReader
    from bot.components.language import LANGUAGE
    from bot.nlu.feeling_files import load_feelings

TARGET = 0.002
"""Seconds that a reading may cost."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.feelings", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--messages", type=int, default=500, help="how many messages (default: 500)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is read (default: 5)")
    options = parser.parse_args()
    told = spread(read_told(HELDOUT), options.messages)
    encoder = MultilingualE5()
    encoder.encode(["hello"])
    vectors: list[Any] = []
    encoding = timed(lambda one: vectors.append(encoder.encode([one.text])[0]), told)
    messages = [
        Message({"text": one.text, LANGUAGE: one.language, AS_READ: one.text, VECTOR: vector})
        for one, vector in zip(told, vectors, strict=True)
    ]
    reader = FeelingReader(FeelingReader.get_default_config(), load_feelings())
    reader.process(messages[:10])
    again = messages * options.rounds
    reading = timed(lambda one: reader.process([one]), again)
    alone = timed(lambda one: reader.process([one]), again, clock=time.thread_time)
    print(line("encoder", encoding))
    print(line("reading", reading))
    print(line("reading, processor time", alone))
    return int(float(np.percentile(reading, 95)) > TARGET)


def spread(told: list[Told], count: int) -> list[Told]:
    """So many messages, from everywhere in the file: it is sorted by language."""
    return [told[place] for place in np.linspace(0, len(told) - 1, min(count, len(told))).astype(int)]


def timed(
    work: Callable[[Any], object], items: Iterable[Any], *, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """The seconds that each takes, by a clock."""
    seconds = []
    for item in items:
        started = clock()
        work(item)
        seconds.append(clock() - started)
    return seconds


def line(name: str, seconds: list[float]) -> str:
    """p50, p95 and the longest, in milliseconds."""
    p50, p95, longest = (float(value) * 1000 for value in np.percentile(seconds, [50, 95, 100]))
    return f"{name}: p50 {p50:.2f} ms, p95 {p95:.2f} ms, longest {longest:.2f} ms, of {len(seconds)}"


if __name__ == "__main__":
    sys.exit(main())
