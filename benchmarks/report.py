"""What was measured, as numbers and as tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.parts import Parts
from benchmarks.rounds import CUSTOMERS, Round

TURNS = (10, 100, 200, 400)

_MIB = 2**20


@dataclass(frozen=True)
class Row:
    """One line of the table. None: not measured, or not reached."""

    what: str
    unit: str
    ours: float | None
    rasas: float | None

    @property
    def ratio(self) -> float | None:
        """Ours through Rasa's."""
        return self.ours / self.rasas if self.ours is not None and self.rasas else None


def rows(ours: Sequence[Round], rasas: Sequence[Round]) -> list[Row]:
    """The table: medians over the rounds."""
    table: list[Row] = []

    def add(what: str, unit: str, value: Callable[[Round], float | None]) -> None:
        table.append(Row(what, unit, _median(ours, value), _median(rasas, value)))

    for what, seen in (("1 conversation", "alone"), (f"{CUSTOMERS} conversations", "crowd")):
        add(f"{what}: first answer, p50", "ms", lambda item, seen=seen: percentile(item, seen, 0.50))  # type: ignore[misc]
        add(f"{what}: first answer, p95", "ms", lambda item, seen=seen: percentile(item, seen, 0.95))  # type: ignore[misc]
    add(f"{CUSTOMERS} conversations: messages a second", "1/s", _throughput)
    add("CPU a message", "ms", lambda item: item.crowd_cpu_seconds * 1000 / len(item.crowd.latencies))
    add("peak memory (RSS)", "MiB", lambda item: item.peak_rss / _MIB)
    add("start to first answer", "s", lambda item: item.start_seconds)
    for turn in TURNS:
        add(f"turn {turn} of a conversation", "ms", lambda item, turn=turn: around(item, turn))  # type: ignore[misc]
    for turn in TURNS[1:]:
        add(f"turn {turn} : turn 10", "×", lambda item, turn=turn: growth(item, turn))  # type: ignore[misc]
    return table


def percentile(item: Round, seen: str, share: float) -> float:
    """Milliseconds within which this share of the messages was answered."""
    values = sorted(getattr(item, seen).latencies)
    return float(values[min(len(values) - 1, int(share * len(values)))] * 1000)


def around(item: Round, turn: int) -> float | None:
    """The median of the ten turns around this one, in milliseconds: each of the ten kinds of message once."""
    if item.long is None or len(item.long.latencies) < turn + 5:
        return None
    return statistics.median(item.long.latencies[turn - 5 : turn + 5]) * 1000


def growth(item: Round, turn: int) -> float | None:
    """How much longer this turn takes than turn 10 of the same conversation."""
    late, early = around(item, turn), around(item, 10)
    return late / early if late is not None and early is not None else None


def table(table_rows: Sequence[Row]) -> str:
    """Rows as a table in Markdown."""
    lines = ["| | unit | Grija | plain Rasa | ratio |", "|---|---|---:|---:|---:|"]
    for row in table_rows:
        ratio = "" if row.unit == "×" else _number(row.ratio, "x")
        lines.append(f"| {row.what} | {row.unit} | {_number(row.ours)} | {_number(row.rasas)} | {ratio} |")
    return "\n".join(lines)


def more_of_ours(ours: Sequence[Round]) -> dict[str, str]:
    """What only Grija is asked for, and what went wrong on either side would be in `trouble`."""
    lags = [item.crowd.loop_lag for item in ours if item.crowd.loop_lag is not None]
    starts = [item.start_lag for item in ours if item.start_lag is not None]
    return {
        "worst loop lag under load": f"{max(lags) * 1000:.0f} ms" if lags else "not measured",
        "worst loop lag while starting": f"{max(starts) * 1000:.0f} ms" if starts else "not measured",
    }


def trouble(name: str, items: Sequence[Round]) -> str:
    """Messages of one side, and how many had no answer or failed, over all rounds."""
    seen = [one for item in items for one in (item.alone, item.crowd, item.long) if one is not None]
    said = sum(len(one.latencies) for one in seen)
    without, failed = sum(one.unanswered for one in seen), sum(len(one.failed) for one in seen)
    stops = [one.stopped for one in seen if one.stopped]
    stopped = f"; stopped early: {', '.join(stops)}" if stops else ""
    return f"{name}: {said} messages, {without} without an answer, {failed} conversations failed{stopped}"


def parts_table(parts: Parts) -> str:
    """Where the time goes, in Markdown."""
    lines = ["| part of a turn, one conversation | ms | share |", "|---|---:|---:|"]
    for name, value in parts.parts.items():
        lines.append(f"| {name} | {value:.1f} | {value / parts.mean_latency:.0%} |")
    lines += [f"| **from sending to first answer, mean** | **{parts.mean_latency:.1f}** | |", ""]
    inside = ", ".join(f"{name} {value:.1f}" for name, value in parts.pipeline.items())
    lines += [f"Inside the pipeline (ms): {inside}.", ""]
    lines += [f"| thread, {CUSTOMERS} conversations | CPU ms a message | busy |", "|---|---:|---:|"]
    for name, value in sorted(parts.threads.items(), key=lambda item: -item[1]):
        if value >= 0.05:
            lines.append(f"| {name} | {value:.1f} | {parts.busy[name]:.0%} |")
    return "\n".join(lines)


def _median(items: Sequence[Round], value: Callable[[Round], float | None]) -> float | None:
    values = [found for found in map(value, items) if found is not None]
    return statistics.median(values) if values else None


def _throughput(item: Round) -> float:
    return len(item.crowd.latencies) / item.crowd.elapsed


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if unit or value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
