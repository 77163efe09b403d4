"""What the dialogue and people tell each other through slots: who is wanted and why, and what people have done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import SlotSet

from actions.memory import PEOPLE, PERSON, Memory
from actions.pick import ORDER

_ORDER_NUMBER = re.compile(r"(?<!\d)\d{5}(?!\d)")


def person_event(
    wanted: tuple[str, Mapping[str, Any]] | None, *, misses: int, failures: int
) -> list[dict[str, Any]]:
    """The event that tells the server about people, none if there is nothing to tell.

    `misses` and `failures` are those in a row that this message has added to, else 0.
    """
    if wanted is None and not misses and not failures:
        return []
    reason, because = wanted or (None, {})
    told = {"reason": reason, "because": dict(because), "misses": misses, "failures": failures}
    return [dict(SlotSet(PERSON, told))]


def take_back(memory: Memory, left: object) -> list[dict[str, Any]]:
    """Begin anew after people: what was open is theirs and done, so nothing of it is asked again.

    An order that their note names alone is what "it" means from now on.
    """
    if not isinstance(left, Mapping):
        return []
    memory.tasks, memory.misses, memory.failures, memory.last = [], 0, 0, None
    numbers = set(_ORDER_NUMBER.findall(str(left.get("note") or "")))
    if len(numbers) == 1:
        memory.at_hand = {**memory.at_hand, ORDER: numbers.pop()}
    return [dict(SlotSet(PEOPLE, None))]
