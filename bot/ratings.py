"""How customers are asked how it was: five buttons, one tap. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from bot.models import Draft
from bot.payloads import parse_payload

RATE = "rate_service"
"""The payload's intent of a rating button. Pressed, it is noted: it opens no conversation and is no turn."""
VALUES = (5, 4, 3, 2, 1)
ASKED_AFTER = frozenset({None, "solved", "unsolved"})
"""Outcomes after which the customer is asked."""


class RatingRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The site's setting "rating"."""

    enabled: bool = True
    days: int = 30
    """No customer is asked more often than once in so many days."""

    def __post_init__(self) -> None:
        if not 0 <= self.days <= 3650:
            raise ValueError("days must be from 0 to 3650")


def due(rules: RatingRules, outcome: str | None, asked_at: datetime | None, moment: datetime) -> bool:
    """Whether a customer is asked now, who was asked last at `asked_at`."""
    if not rules.enabled or outcome not in ASKED_AFTER:
        return False
    return asked_at is None or moment - asked_at >= timedelta(days=rules.days)


def question(sentence: Callable[[str], str], conversation_id: str) -> Draft:
    """The question with its five buttons, the best first; `sentence` gives a response as text."""
    buttons = tuple(
        (sentence(f"utter_title_rate_{value}"), _payload(value, conversation_id)) for value in VALUES
    )
    return Draft(sentence("utter_ask_rating"), buttons)


def pressed(payload: str | None) -> tuple[str, int] | None:
    """The conversation and the value of a rating button, None for any other payload."""
    if payload is None or not payload.startswith(f"/{RATE}"):
        return None
    given = {item["entity"]: item["value"] for item in parse_payload(payload, "")["entities"]}
    return str(given["conversation"]), int(given["value"])


def _payload(value: int, conversation_id: str) -> str:
    return f"/{RATE}" + json.dumps({"value": str(value), "conversation": conversation_id})
