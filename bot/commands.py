"""What customers tell the server itself, not the dialogue: which language to speak, and to stop. Pure.

These are payloads of commands and buttons, so they are written by us; a customer's text is never one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from bot import texts
from bot.models import Conversation, Draft, InboxItem, Outcome
from bot.payloads import parse_payload

LANGUAGE = "choose_language"
"""Its entity `language` is a code; any other asks which."""
STOP = "stop_bot"
"""What was begun is forgotten, also who the customer has proved to be."""


def answer(conversation: Conversation, item: InboxItem, *, languages: Collection[str]) -> Outcome | None:
    """How a turn ends that is the server's own; None if it is the dialogue's."""
    payload = item.message.payload
    if payload is None:
        return None
    parse = parse_payload(payload, item.message.text)
    intent = parse["intent"]["name"]
    language = conversation.language or spoken(item.locale, languages)
    if intent == STOP:
        return Outcome((Draft(texts.stopped(language)),), None, language, parse)
    if intent != LANGUAGE:
        return None
    return _language(conversation, parse, language, languages)


def spoken(locale: str | None, languages: Collection[str]) -> str | None:
    """The language of a platform's locale such as "pl-PL", if it is one of these."""
    code = re.split("[-_]", locale or "")[0].lower()
    return code if code in languages else None


def _language(
    conversation: Conversation, parse: dict[str, Any], language: str | None, languages: Collection[str]
) -> Outcome:
    wanted = next((item["value"] for item in parse["entities"] if item["entity"] == "language"), "")
    if wanted in languages:
        said = Draft(texts.language_chosen(wanted))
        return Outcome((said,), conversation.dialogue, wanted, parse)
    buttons = tuple((texts.LANGUAGE_NAMES.get(code, code), _payload(code)) for code in languages)
    asked = Draft(texts.which_language(language), buttons)
    return Outcome((asked,), conversation.dialogue, language, parse)


def _payload(code: str) -> str:
    return f"/{LANGUAGE}{json.dumps({'language': code})}"
