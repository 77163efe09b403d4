"""Masks personal data for logs and exports: e-mail and phone, IBAN and card. Numbers of orders and invoices stay.

What it finds is what is written like one; names, streets and birthdays stay. docs/redaction.md has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.nlu.banknumbers import cards, ibans
from bot.nlu.contacts import emails, phones, spelled_emails

KINDS = ("email", "iban", "card", "phone")
"""What is masked, as [email] and so on; where two readings overlap, the earlier kind wins."""

# Of our own making, never a customer's words.
_LEFT_ALONE = frozenset(["timestamp", "level", "logger", "exc_info"])
_PLACEHOLDER = re.compile(r"\[(email|iban|card|phone)\]")
# What a placeholder stands for, so that two with only a blank between come apart.
_SHAPES = dict.fromkeys(("phone", "card"), r"([+(]*\d[\d\s()./+-]*\d)")
_DIGIT_OR_AT = re.compile(
    r"[\d@＠]|\bat\b|małp|malpa|παπάκι|papaki|маймунск|кльомба|klyomba|arond", re.IGNORECASE
)


@dataclass(frozen=True)
class Mark:
    """Personal data of one kind at [start, end) of a text."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Redactor:
    """Masks texts. `order_digits`: shortest and longest order number; rows of such numbers are no phone."""

    order_digits: tuple[int, int] = (5, 5)

    def redact(self, text: str) -> str:
        """Return the text with each find replaced by its kind in brackets. Any text; linear time."""
        parts: list[str] = []
        at = 0
        for mark in self.find(text):
            parts += [text[at : mark.start], f"[{mark.kind}]"]
            at = mark.end
        return "".join([*parts, text[at:]])

    def find(self, text: str) -> list[Mark]:
        """Return what would be masked, in order, without overlaps."""
        if not _DIGIT_OR_AT.search(text):
            return []
        marks: list[Mark] = []
        left = text
        for kind in KINDS:
            found = _without_overlaps(self._of_kind(kind, left))
            marks += found
            left = _without(left, found)
        return sorted(marks, key=lambda mark: mark.start)

    def _of_kind(self, kind: str, text: str) -> list[Mark]:
        if kind == "email":
            places = [(item.start, item.end) for item in (*emails(text), *spelled_emails(text))]
        elif kind == "phone":
            places = [(item.start, item.end) for item in phones(text, self.order_digits)]
        else:
            places = list((ibans if kind == "iban" else cards)(text))
        return [Mark(kind, *place) for place in places]


def _without_overlaps(marks: list[Mark]) -> list[Mark]:
    chosen: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if not chosen or mark.start >= chosen[-1].end:
            chosen.append(mark)
    return chosen


def _without(text: str, marks: list[Mark]) -> str:
    """Return the text, as long as before, with line ends for what is masked: nothing reads across them."""
    parts: list[str] = []
    at = 0
    for mark in marks:
        parts += [text[at : mark.start], "\n" * (mark.end - mark.start)]
        at = mark.end
    return "".join([*parts, text[at:]])


_REDACTOR = Redactor()


def redact(text: str) -> str:
    """Mask a text for a shop with order numbers of five digits; see Redactor."""
    return _REDACTOR.redact(text)


def redact_event(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A structlog processor that masks every text of an event, also inside lists and mappings, and other objects' repr.

    Numbers stay, as do the time, the level and the logger's name. It comes last before the renderer.
    """
    for key, value in event.items():
        if key not in _LEFT_ALONE and not key.startswith("_"):
            event[key] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {_masked(key): _masked(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_masked(item) for item in value]
    return redact(repr(value))


@dataclass(frozen=True)
class Count:
    """Of one kind: masked rightly, left readable (wholly or in part), and masked though it is none."""

    masked: int = 0
    leaked: int = 0
    wrong: int = 0


@dataclass(frozen=True)
class Recall:
    """What `measure` counted, by kind; `lines_right` lines came out exactly as expected."""

    lines: int
    lines_right: int
    kinds: Mapping[str, Count]

    @property
    def recall(self) -> float:
        """Return the share of all personal data that was masked; 1.0 if there was none."""
        masked = sum(count.masked for count in self.kinds.values())
        whole = masked + sum(count.leaked for count in self.kinds.values())
        return masked / whole if whole else 1.0

    @property
    def false_positives(self) -> int:
        """Return how much was masked that is not personal data."""
        return sum(count.wrong for count in self.kinds.values())


def measure(path: Path, redactor: Redactor = _REDACTOR) -> Recall:
    """Judge a file with the columns lang, text, expected (the text as it should be masked).

    Raises OSError, and ValueError with the line's number when a line has another form.
    """
    counts = {kind: [0, 0, 0] for kind in KINDS}
    lines = right = 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if number == 1:
            continue
        cells = line.split("\t")
        if len(cells) != 3:
            raise ValueError(f"{path}, line {number}: three columns expected: lang, text, expected")
        wanted = _wanted(cells[1], cells[2])
        if wanted is None:
            raise ValueError(f"{path}, line {number}: expected is not the text with some parts masked")
        lines += 1
        right += redactor.redact(cells[1]) == cells[2]
        _count(counts, wanted, redactor.find(cells[1]))
    return Recall(lines, right, {kind: Count(*numbers) for kind, numbers in counts.items()})


def _wanted(text: str, expected: str) -> list[Mark] | None:
    """Return the places that `expected` masks."""
    parts = _PLACEHOLDER.split(expected)
    pattern = "".join(
        re.escape(part) if at % 2 == 0 else _SHAPES.get(part, "(.+?)") for at, part in enumerate(parts)
    )
    match = re.fullmatch(pattern, text)
    if match is None:
        return None
    return [Mark(kind, *match.span(group)) for group, kind in enumerate(parts[1::2], start=1)]


def _count(counts: dict[str, list[int]], wanted: list[Mark], found: list[Mark]) -> None:
    for mark in wanted:
        covered = any(
            item.kind == mark.kind and item.start <= mark.start and mark.end <= item.end for item in found
        )
        counts[mark.kind][0 if covered else 1] += 1
    for item in found:
        counts[item.kind][2] += not any(
            mark.kind == item.kind and mark.start < item.end and item.start < mark.end for mark in wanted
        )
