"""The scripted conversations of tests/arcs: what was said, how a person read it, where it falls and who repaired it.

A file a language, a list of conversations. `said` holds lines: `[customer, emotion, valence, text]`, with a fifth
element if the reader is to be less or more sure of the emotion than SURE; `[bot|agent|system, text]`; and
`[wait, minutes]`.
`falls` maps the number of the customer's message, from 1, to who repaired it: bot, agent, self or nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from bot.models import AuthorKind
from bot.signals import EMOTIONS, Ours, Reading, arc

LANGUAGES = ("en", "pl", "el", "bg", "ro")
SURE = 0.85
"""The probability of the leading emotion, if the line names no other."""
START = datetime(2024, 3, 4, 9, 0, tzinfo=timezone.utc)
KINDS = {"bot": AuthorKind.BOT, "agent": AuthorKind.AGENT, "system": AuthorKind.SYSTEM}


@dataclass(frozen=True)
class Script:
    """One conversation. `texts` are the customer's, beside their `readings` by hand; `falls` as in the file."""

    language: str
    name: str
    kind: str
    texts: tuple[str, ...]
    readings: tuple[Reading, ...]
    ours: tuple[Ours, ...]
    falls: Mapping[int, str]
    begins_low: bool


def scripts() -> list[Script]:
    """All conversations, in the order of LANGUAGES and of their files."""
    folder = Path(__file__).parent / "arcs"
    return [
        _script(language, item)
        for language in LANGUAGES
        for item in yaml.safe_load((folder / f"{language}.yml").read_text("utf-8"))
    ]


def falls_found(script: Script, readings: Sequence[Reading]) -> dict[int, str]:
    """The falls as the scripts tell them: number of the customer's message -> who repaired it."""
    numbers = {reading.message_id: number for number, reading in enumerate(readings, start=1)}
    found = {}
    for fall in arc(readings, script.ours).falls:
        by = fall.repair.by if fall.repair else None
        found[numbers[fall.message_id]] = by.value if by else "self" if fall.repair else "nobody"
    return found


def scores(pairs: Sequence[tuple[Script, dict[int, str]]]) -> tuple[float, float, int]:
    """Precision and recall of falls, right if within one message; and of how many the repairer is right too."""
    right = repaired = found = wanted = 0
    for script, falls in pairs:
        left = dict(script.falls)
        found, wanted = found + len(falls), wanted + len(left)
        for number, by in falls.items():
            near = min(left, key=lambda other: abs(other - number), default=None)
            if near is not None and abs(near - number) <= 1:
                right += 1
                repaired += left.pop(near) == by
    return right / max(found, 1), right / max(wanted, 1), repaired


def spread(emotion: str, sure: float = SURE) -> dict[str, float]:
    """Probabilities with this leading one; half of the rest is neutral's, or joy's if neutral leads."""
    next_one = "neutral" if emotion != "neutral" else "gratitude_joy"
    others = [name for name in EMOTIONS if name not in (emotion, next_one)]
    rest = 1 - sure
    return {emotion: sure, next_one: rest / 2} | {name: rest / 2 / len(others) for name in others}


def _script(language: str, item: Mapping[str, Any]) -> Script:
    moment = START
    texts, readings, ours = [], [], []
    for seq, (who, *line) in enumerate(item["said"], start=1):
        moment += timedelta(minutes=line[0] if who == "wait" else 1)
        if who == "customer":
            emotion, valence, text, *sure = line
            readings.append(Reading(f"c{seq}", seq, moment, float(valence), spread(emotion, *sure)))
            texts.append(text)
        elif who != "wait":
            ours.append(Ours(f"o{seq}", seq, moment, KINDS[who]))
    return Script(
        language=language,
        name=item["name"],
        kind=item["kind"],
        texts=tuple(texts),
        readings=tuple(readings),
        ours=tuple(ours),
        falls=item["falls"],
        begins_low=item.get("begins_low", False),
    )
