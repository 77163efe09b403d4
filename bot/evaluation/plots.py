"""Pictures of a report. Drawn without a screen and without matplotlib's global state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bot.evaluation.calibration import BINS, calibration_error
from bot.evaluation.confusion import Matrix
from bot.evaluation.report import Detail, Report

_DOTS_PER_INCH = 110


def draw(report: Report, folder: Path) -> list[str]:
    """Write the pictures of a report into `folder`, which exists; returns their names."""
    names = ["reliability.png", "coverage.png"]
    save_png(_reliability(report.details), folder / names[0])
    save_png(_coverage(report.details), folder / names[1])
    for language, detail in report.details.items():
        if detail.matrix.names:
            names.append(f"confusion_{language}.png")
            save_png(_confusion(language, detail.matrix), folder / names[-1])
    return names


def _reliability(details: Mapping[str, Detail]) -> Any:
    columns = min(3, len(details))
    rows = -(-len(details) // columns)
    figure = new_figure(4 * columns, 4 * rows)
    for place, (language, detail) in enumerate(details.items(), start=1):
        axes = figure.add_subplot(rows, columns, place)
        axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
        for item in detail.reliability:
            axes.bar(item.low, item.accuracy, 1 / BINS, align="edge", color="#4878a8", edgecolor="white")
            axes.plot(item.confidence, item.accuracy, "o", color="#c44e52", markersize=3)
            middle = (item.low + item.high) / 2
            axes.text(middle, 0.02, str(item.count), ha="center", va="bottom", fontsize=6, rotation=90)
        error = calibration_error(detail.reliability)
        axes.set_title(language if error is None else f"{language}: ECE {error:.3f}")
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share right")
    return figure


def _coverage(details: Mapping[str, Detail]) -> Any:
    figure = new_figure(12, 5)
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    for language, detail in details.items():
        points = detail.curve
        shares = [point.share for point in points]
        left.plot(shares, [point.accuracy for point in points], label=language)
        if points and points[0].let_through is not None:
            right.plot(shares, [point.let_through for point in points], label=language)
    left.set(xlabel="share of messages in scope that is answered", ylabel="share of answers that is right")
    right.set(xlabel="share of messages in scope that is answered", ylabel="share of outside let through")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        if axes.get_lines():
            axes.legend()
    return figure


def _confusion(language: str, matrix: Matrix) -> Any:
    size = max(4.0, 0.32 * len(matrix.names) + 2)
    figure = new_figure(size, size)
    axes = figure.add_subplot(1, 1, 1)
    totals = matrix.counts.sum(axis=1, keepdims=True)
    axes.imshow(matrix.counts / np.maximum(totals, 1), cmap="Blues", vmin=0, vmax=1)
    places = range(len(matrix.names))
    axes.set_xticks(places)
    axes.set_xticklabels(matrix.names, rotation=90, fontsize=7)
    axes.set_yticks(places)
    axes.set_yticklabels(matrix.names, fontsize=7)
    for row, column in zip(*np.nonzero(matrix.counts), strict=True):
        dark = matrix.counts[row, column] > totals[row, 0] / 2
        color = "white" if dark else "black"
        text = str(matrix.counts[row, column])
        axes.text(column, row, text, ha="center", va="center", fontsize=6, color=color)
    axes.set(title=language, xlabel="read as", ylabel="is")
    return figure


def new_figure(width: float, height: float) -> Any:
    """An empty figure, in inches."""
    from matplotlib.figure import Figure  # type: ignore[import-untyped]

    return Figure(figsize=(width, height), tight_layout=True)


def save_png(figure: Any, file: Path) -> None:
    """Write a figure; the same figure gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # type: ignore[import-untyped]

    FigureCanvasAgg(figure).print_png(str(file), metadata={"Software": None})
