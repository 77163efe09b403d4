"""How customers are asked how it was: five buttons, one tap. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from bot.models import Draft
from bot.payloads import parse_payload

RATE = "rate_service"
"""The payload's intent of a rating button. Pressed, it is noted: it opens no conversation and is no turn."""
SENTENCE = "utter_ask_rating"
"""The response that asks."""
VALUES = (5, 4, 3, 2, 1)


class RatingRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The site's setting "rating"; how often and how many are asked is in the setting "asking"."""

    enabled: bool = True


class Pressed(NamedTuple):
    """What a rating button says. `talk` is empty for buttons of before there were draws."""

    conversation: str
    value: int
    talk: str


def question(sentence: Callable[[str], str], conversation_id: str, talk_id: str) -> Draft:
    """The question with its five buttons, the best first; `sentence` gives a response as text."""
    buttons = tuple(
        (sentence(f"utter_title_rate_{value}"), _payload(value, conversation_id, talk_id)) for value in VALUES
    )
    return Draft(sentence(SENTENCE), buttons)


def pressed(payload: str | None) -> Pressed | None:
    """What a rating button says, None for any other payload."""
    if payload is None or not payload.startswith(f"/{RATE}"):
        return None
    given = {item["entity"]: item["value"] for item in parse_payload(payload, "")["entities"]}
    return Pressed(str(given["conversation"]), int(given["value"]), str(given.get("talk", "")))


def _payload(value: int, conversation_id: str, talk_id: str) -> str:
    return f"/{RATE}" + json.dumps({"value": str(value), "conversation": conversation_id, "talk": talk_id})
