"""Held-out messages: tab-separated files with the columns lang, variant, intent and text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("lang", "variant", "intent", "text")
FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
OUTSIDE = frozenset({OUT_OF_SCOPE, FALLBACK})
"""Names of the wish that no intent covers, both in the truth and in answers."""


class FileUnreadable(ValueError):
    """A file has not the columns it needs; `file` and `line` (from 1) tell where."""

    def __init__(self, file: Path, line: int, problem: str) -> None:
        self.file = file
        self.line = line
        super().__init__(f"{file}, line {line}: {problem}")


@dataclass(frozen=True)
class Held:
    """One held-out message and what it is."""

    language: str
    variant: str
    intent: str
    text: str

    @property
    def outside(self) -> bool:
        """Whether no intent of the shop covers it."""
        return self.intent in OUTSIDE


def read_heldout(file: Path) -> list[Held]:
    """Read a file with a header that names COLUMNS in any order; other columns are passed over.

    FileUnreadable for a wrong header, a line with too few or too many cells, or an empty cell; OSError if it is
    not there.
    """
    return [Held(*cells) for _, cells in read_columns(file, COLUMNS)]


def read_columns(file: Path, columns: Sequence[str]) -> list[tuple[int, tuple[str, ...]]]:
    """Return line number and the cells of `columns`, for each line below the header that is not empty.

    UTF-8, no quoting: a quotation mark is a character like others. No cell may be empty.
    """
    lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    header = _cells(file, 1, lines[0])
    missing = [name for name in columns if name not in header]
    if missing:
        wanted = ", ".join(columns)
        raise FileUnreadable(
            file, 1, f"no column {', '.join(missing)}; the first line names the columns: {wanted}"
        )
    places = [header.index(name) for name in columns]
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = _cells(file, number, line)
        if len(cells) != len(header):
            raise FileUnreadable(
                file, number, f"{len(cells)} columns instead of {len(header)}, split by tabs"
            )
        chosen = tuple(cells[place] for place in places)
        if "" in chosen:
            raise FileUnreadable(file, number, f"the column {columns[chosen.index('')]} is empty")
        rows.append((number, chosen))
    return rows


def _cells(file: Path, number: int, line: bytes) -> list[str]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise FileUnreadable(file, number, "not valid UTF-8") from None
    return [cell.strip(" \r") for cell in text.split("\t")]
