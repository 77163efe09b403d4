"""The question about loyalty: one of two, five buttons, one tap. Pure. That about a talk is in bot/ratings.py."""

from __future__ import annotations

import json
from collections.abc import Callable

from bot.models import Draft
from bot.payloads import parse_payload

TELL = "rate_loyalty"
"""The payload's intent of such a button. Pressed, it is noted: it opens no conversation and is no turn."""
QUESTIONS = ("return", "recommend")
"""Would you come back? Would you recommend us?"""
VALUES = (5, 4, 3, 2, 1)
"""From "certainly" to "certainly not"."""
SENTENCES = {"return": "utter_ask_return", "recommend": "utter_ask_recommend"}
"""Which response asks which of them."""


def question(kind: str, sentence: Callable[[str], str], answer_id: str) -> Draft:
    """The question with its buttons, the likeliest first; `sentence` gives a response as text."""
    buttons = tuple((sentence(f"utter_title_likely_{value}"), _payload(value, answer_id)) for value in VALUES)
    return Draft(sentence(SENTENCES[kind]), buttons)


def pressed(payload: str | None) -> tuple[str, int] | None:
    """The answer's id and the value of a button of such a question, None for any other payload."""
    if payload is None or not payload.startswith(f"/{TELL}"):
        return None
    given = {item["entity"]: item["value"] for item in parse_payload(payload, "")["entities"]}
    return str(given["answer"]), int(given["value"])


def _payload(value: int, answer_id: str) -> str:
    return f"/{TELL}" + json.dumps({"value": str(value), "answer": answer_id})
