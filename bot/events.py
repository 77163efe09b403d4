"""Events of platforms at the edge: what a channel has decoded, in a form that every database takes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

import msgspec

from bot.models import FILE_KINDS, Event, IncomingFile
from bot.text import clean

T = TypeVar("T")

# Ids stand in indexes, which take no longer ones; no platform has any.
_IDS = ("event_id", "of_event_id", "account", "sender")
_LONGEST_ID = 400
_LARGEST_SIZE = 2**53


def checked_event(event: Event) -> Event:
    """The same event with clean texts. ValueError if a field has no value of its type, or an id is too long."""
    msgspec.convert(msgspec.to_builtins(event), type(event))
    for name in _IDS:
        value = getattr(event, name, "id")
        if not 0 < len(value) <= _LONGEST_ID:
            raise ValueError(f"{name} must have 1 to {_LONGEST_ID} characters, not {len(value)}")
    for file in getattr(event, "attachments", ()):
        if file.kind not in FILE_KINDS or not 0 <= (file.size or 0) <= _LARGEST_SIZE:
            raise ValueError(f"no file can be {file.kind} of {file.size} bytes")
    return _cleaned(event)


def _cleaned(value: T) -> T:
    changes: dict[str, Any] = {}
    for item in fields(value):  # type: ignore[arg-type]
        found = getattr(value, item.name)
        if isinstance(found, str):
            changes[item.name] = clean(found)
        elif isinstance(found, tuple):
            changes[item.name] = tuple(
                _cleaned(one) if isinstance(one, IncomingFile) else one for one in found
            )
    return replace(value, **changes)  # type: ignore[type-var]
