"""`parse`: one line in, one JSON object out, in order, whatever the line holds."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.errors import TurnTimeout
from bot.parsing import parse_lines
from tests.doubles import EchoDialogue
from tests.scripted import felt


class Understanding(EchoDialogue):
    """Understands the text's length; "break" and "late" go wrong."""

    async def parse(
        self, text: str, *, language: str | None = None, spoken: str | None = None
    ) -> dict[str, Any]:
        if text == "break":
            raise ZeroDivisionError("inside the model")
        if text == "late":
            raise TurnTimeout("the dialogue did not answer within 30 s")
        intent = {"name": "greet", "confidence": 0.123456789, "more": 1}
        entity = {"entity": "text", "value": text, "start": 0, "end": len(text), "extractor": "x"}
        return {
            "text": text,
            "language": language,
            "intent": intent,
            "intent_ranking": [intent],
            "entities": [entity],
        } | ({"sentiment": felt(0.7, "gratitude_joy")} if text == "thanks" else {})


async def parsed(*lines: bytes, language: str | None = None) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in parse_lines(Understanding(), lines, language=language)]


async def test_a_line_is_understood_in_the_documented_form() -> None:
    (answer,) = await parsed("Zażółć 10024\n".encode(), language="pl")
    assert answer == {
        "text": "Zażółć 10024",
        "language": "pl",
        "intent": {"name": "greet", "confidence": 0.123457},
        "intent_ranking": [{"name": "greet", "confidence": 0.123457}],
        "entities": [{"entity": "text", "value": "Zażółć 10024", "start": 0, "end": 12}],
        "sentiment": None,
    }


async def test_what_a_line_feels_like_is_handed_out_as_it_was_read() -> None:
    (answer,) = await parsed(b"thanks\n")
    assert answer["sentiment"] == felt(0.7, "gratitude_joy")


async def test_a_line_that_cannot_be_parsed_gives_an_error_and_the_next_follows() -> None:
    answers = await parsed(
        b"good\n", b"\n", b"\xff\xfe\n", b"x" * 4001, b"\x00\n", b"break\n", b"late\n", b"good\r\n"
    )
    errors = [answer.get("error") for answer in answers]
    assert errors[0] is errors[-1] is None
    assert [answers[0]["text"], answers[-1]["text"]] == ["good", "good"]
    assert errors[1:-1] == [
        "the line is empty",
        "the line is not valid UTF-8",
        "the line is longer than 4000 characters",
        "the line is empty",
        "the text cannot be parsed: ZeroDivisionError('inside the model')",
        "the dialogue did not answer within 30 s",
    ]
    assert all(set(answer) == {"text", "error"} for answer in answers[1:-1])


@examples(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=50) | st.text(max_size=50).map(str.encode), max_size=8))
async def test_every_line_has_its_answer(lines: list[bytes]) -> None:
    answers = await parsed(*lines)
    assert len(answers) == len(lines)
    for line, answer in zip(lines, answers, strict=True):
        assert answer["text"] == line.rstrip(b"\r\n").decode("utf-8", errors="replace")
        assert ("error" in answer) != ("intent" in answer)
