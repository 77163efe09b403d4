"""The dialogue state that a conversation carries: Rasa events as JSON, bounded to the last turns.

Rasa's cost of a turn grows with the events it is given. So the state is cut at a turn's beginning: what
the dropped events had built up (slots, active form) is written as a few events in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from actions.memory import PEOPLE

Event = Mapping[str, Any]

VERSION = 1

_LISTEN: Event = {"event": "action", "name": "action_listen"}

# What was said is in our message table; policies of rules and forms do not look at it.
_FORGOTTEN = frozenset({"bot"})
# Parts of a parse that later turns never read, and that make most of its size.
_FORGOTTEN_PARSE = ("intent_ranking", "response_selector", "text_tokens", "sentiment")


def compact(events: Iterable[Event], *, turns: int) -> list[Event]:
    """The same dialogue in fewer events: slots, active loop, and the last `turns` customer turns whole.

    The result compacts to itself, and Rasa predicts from it what it would predict from the whole, as long
    as no rule or story looks back over more turns.
    """
    kept = [_lean(event) for event in events if event.get("event") not in _FORGOTTEN]
    cut = _start_of_turn(kept, turns)
    if not cut:
        return kept
    # A turn begins with the bot listening; rules ask for that.
    listening = [] if _listens(kept[cut]) else [_LISTEN]
    return [*_summary(_applied(kept[:cut])), *listening, *kept[cut:]]


def with_note(dialogue: Mapping[str, Any] | None, note: str) -> dict[str, Any]:
    """The state of a dialogue that people give back, with their note in the slot that the actions read it from."""
    events = list((dialogue or {}).get("events", ()))
    told: Event = {"event": "slot", "name": PEOPLE, "value": {"note": note}}
    return {"version": VERSION, **(dialogue or {}), "events": [*(events or [_LISTEN]), told]}


def last_heard(events: Iterable[Event]) -> float | None:
    """When the customer's last message in the state was said (seconds since 1970), None if never."""
    times = [
        event["timestamp"] for event in events if event.get("event") == "user" and event.get("timestamp")
    ]
    return float(times[-1]) if times else None


def _start_of_turn(events: Sequence[Event], turns: int) -> int:
    said = [place for place, event in enumerate(events) if event.get("event") == "user"]
    if len(said) <= turns:
        return 0
    former, first = said[-turns - 1], said[-turns]
    return next((place for place in range(first, former, -1) if _listens(events[place])), first)


def _applied(events: Sequence[Event]) -> list[Event]:
    """The events that count: without those before a new start and those that Rasa has taken back."""
    applied: list[Event] = []
    for event in events:
        kind = event.get("event")
        if kind in ("restart", "session_started"):
            applied = []
        elif kind == "undo":
            _take_back(applied, "action")
        elif kind == "rewind":
            # The fallback action does this: the message that nobody understood, and the listening before it.
            _take_back(applied, "user")
            _take_back(applied, "action")
        else:
            applied.append(event)
    return applied


def _take_back(applied: list[Event], kind: str) -> None:
    while applied and applied.pop().get("event") != kind:
        pass


def _summary(events: Sequence[Event]) -> list[Event]:
    slots: dict[str, Event] = {}
    loop: Event | None = None
    for event in events:
        kind = event.get("event")
        if kind == "slot":
            slots[event["name"]] = event
        elif kind == "reset_slots":
            slots.clear()
        elif kind == "active_loop":
            loop = event
    return [*slots.values(), *([loop] if loop and loop.get("name") else [])]


def _listens(event: Event) -> bool:
    return event.get("event") == "action" and event.get("name") == "action_listen"


def _lean(event: Event) -> Event:
    if event.get("event") != "user":
        return event
    parse = {
        key: value for key, value in (event.get("parse_data") or {}).items() if key not in _FORGOTTEN_PARSE
    }
    return {**event, "parse_data": parse}
