"""What a turn of the dialogue did, read from the events that it left. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bot.models import STEP_ENDS, Step

_MEMORY = "memory"
"""The slot in which the actions keep what they did: see actions/memory.py."""
_LISTEN = "action_listen"


def latest(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The events since the customer's last message."""
    for place in range(len(events) - 1, -1, -1):
        if events[place].get("event") == "user":
            return list(events[place + 1 :])
    return []


def actions_of(turn: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The names of the actions that ran in a turn, in order."""
    names = [str(event.get("name")) for event in turn if event.get("event") == "action"]
    return tuple(name for name in names if name != _LISTEN)


def memory_of(turn: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What the actions have remembered in this turn; empty if nothing was."""
    for event in reversed(turn):
        if event.get("event") == "slot" and event.get("name") == _MEMORY:
            value = event.get("value")
            return value if isinstance(value, Mapping) else {}
    return {}


def steps_of(memory: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps that the actions have noted. What has another form is left out: nobody is told what did not happen."""
    found = memory.get("steps")
    return tuple(step for item in found if (step := step_of(item))) if isinstance(found, list) else ()


def step_of(item: Any) -> Step | None:
    """One step from plain JSON, None if it is none."""
    try:
        step = msgspec.convert(item, Step)
    except msgspec.ValidationError:
        return None
    return step if step.end in STEP_ENDS else None


def owner_of(memory: Mapping[str, Any]) -> str | None:
    """The shop's id of the customer, once that is proved."""
    owner = memory.get("owner")
    return owner if isinstance(owner, str) else None
