"""The training lines of `data/nlu/<language>/<topic>.yml`, read without Rasa."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.evaluation.pipeline import Line, plain_line
from bot.yaml_files import read_yaml


def training_lines(folder: Path) -> list[Line]:
    """Return the examples of all intents below `folder`, file by file; none if there are none.

    A line's language is what its block states under `metadata`, or else the name of the file's folder.
    """
    return [line for file in sorted(folder.rglob("*.yml")) for line in _file(file)]


def _file(file: Path) -> list[Line]:

    content: Any = read_yaml(file) or {}
    return [
        plain_line(text, block["intent"], (block.get("metadata") or {}).get("language", file.parent.name))
        for block in content.get("nlu", ())
        if "intent" in block
        for text in _texts(block)
    ]


def _texts(block: dict[str, Any]) -> list[str]:
    lines = (line.strip() for line in str(block.get("examples", "")).splitlines())
    return [line[1:].strip() for line in lines if line.startswith("-")]
