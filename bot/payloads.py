"""Payloads of buttons: `/intent{"entity": "value"}`, written by our own responses, never by customers."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.errors import DialogueError

_PAYLOAD = re.compile(r"^/(?P<intent>[\w+-]+)(?P<entities>\{.*\})?$", re.DOTALL)


def parse_payload(payload: str, title: str) -> dict[str, Any]:
    """The parse of a pressed button, certain of its intent. DialogueError if the payload is malformed."""
    match = _PAYLOAD.match(payload.strip())
    if match is None:
        raise DialogueError(f"the payload of a button must be /intent or /intent{{json}}, not {payload!r}")
    try:
        values = json.loads(match["entities"] or "{}")
    except (ValueError, RecursionError) as error:
        raise DialogueError(f"the payload {payload!r} holds broken JSON: {error}") from None
    intent = {"name": match["intent"], "confidence": 1.0}
    return {
        "text": title,
        "intent": intent,
        "intent_ranking": [intent],
        "pressed": True,
        "entities": [
            {"entity": name, "value": value, "start": 0, "end": len(title), "extractor": "button"}
            for name, value in values.items()
        ],
    }
