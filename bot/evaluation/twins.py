"""Held-out lines that also stand in the training data, letters and digits only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.nlu.text import without_diacritics

_WORDS = re.compile(r"\w+")


def normal(text: str) -> str:
    """Return what makes two lines the same line: words in lower case without diacritics and signs."""
    return " ".join(_WORDS.findall(without_diacritics(text).casefold()))


def normals(texts: Iterable[str]) -> frozenset[str]:
    """Return the normal forms of texts."""
    return frozenset(map(normal, texts))


def training_texts(folder: Path) -> list[str]:
    """Return the example lines of Rasa's training files below `folder`; none if there are none."""
    import yaml

    texts = []
    for file in sorted(folder.rglob("*.yml")):
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        for block in content.get("nlu", ()):
            lines = str(block.get("examples", "")).splitlines()
            texts += [line.strip()[1:].strip() for line in lines if line.strip().startswith("-")]
    return texts
