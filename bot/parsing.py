"""`python -m bot parse`: one text a line in, one JSON object a line out, in the same order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from bot.dialogue_protocol import Dialogue
from bot.errors import ClientError, GrijaError, TextEmpty, TextTooLong
from bot.text import MAXIMUM_LENGTH, clean


async def parse_lines(
    dialogue: Dialogue, lines: Iterable[bytes], *, language: str | None
) -> AsyncIterator[str]:
    """Each line parsed, as JSON; one that cannot be parsed gives {"text", "error"} and the next one follows."""
    remaining = iter(lines)
    while (line := await asyncio.to_thread(next, remaining, None)) is not None:
        yield json.dumps(await _parsed(dialogue, line.rstrip(b"\r\n"), language), ensure_ascii=False)


async def _parsed(dialogue: Dialogue, line: bytes, language: str | None) -> dict[str, Any]:
    text = line.decode("utf-8", errors="replace")
    try:
        _check(line, text)
        return shape(text, await dialogue.parse(text, language=language))
    except GrijaError as error:
        return {"text": text, "error": str(error)}
    except Exception as error:  # whatever the model cannot stand, the next line is parsed
        return {"text": text, "error": f"the text cannot be parsed: {error!r}"}


def shape(text: str, parse: dict[str, Any]) -> dict[str, Any]:
    """A parse in the form that the documentation promises; `sentiment` is null if the pipeline reads none."""
    return {
        "text": text,
        "language": parse.get("language"),
        "intent": _named(parse["intent"]),
        "intent_ranking": [_named(intent) for intent in parse.get("intent_ranking", [])],
        "entities": [
            {key: entity[key] for key in ("entity", "value", "start", "end")} for entity in parse["entities"]
        ],
        "sentiment": parse.get("sentiment"),
    }


def _named(intent: dict[str, Any]) -> dict[str, Any]:
    return {"name": intent["name"], "confidence": round(float(intent["confidence"]), 6)}


def _check(line: bytes, text: str) -> None:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        raise ClientError("the line is not valid UTF-8") from None
    if not clean(text).strip():
        raise TextEmpty("the line is empty")
    if len(text) > MAXIMUM_LENGTH:
        raise TextTooLong(f"the line is longer than {MAXIMUM_LENGTH} characters")
