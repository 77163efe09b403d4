"""The picture of how well feelings are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.evaluation.plots import new_figure, save_png

_MARKS = "so^Dv"


def draw(marks: Sequence[tuple[str, str, float]], label: str, file: Path) -> None:
    """Write a PNG: one line for each first name, one mark for each second one, at a share of 1."""
    names = list(dict.fromkeys(name for name, _, _ in marks))
    ways = list(dict.fromkeys(way for _, way, _ in marks))
    figure = new_figure(9, 1.5 + 0.35 * len(names))
    axes = figure.add_subplot(1, 1, 1)
    for place, way in enumerate(ways):
        points = [(share, names.index(name)) for name, one, share in marks if one == way]
        axes.plot(*zip(*points, strict=True), _MARKS[place % len(_MARKS)], label=way, alpha=0.8)
    axes.set_yticks(range(len(names)))
    axes.set_yticklabels(names)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel=label)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -1.1 / (1.5 + 0.35 * len(names))), ncol=3)
    save_png(figure, file)
