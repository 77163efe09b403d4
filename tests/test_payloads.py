"""Payloads of buttons: an intent with entities, or a DialogueError."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.errors import DialogueError
from bot.payloads import parse_payload


def test_a_payload_is_certain_of_its_intent() -> None:
    parse = parse_payload('/cancel_order{"order_number": "10024"}', "Cancel it")
    assert parse["text"] == "Cancel it"
    assert parse["intent"] == {"name": "cancel_order", "confidence": 1.0}
    (entity,) = parse["entities"]
    assert (entity["entity"], entity["value"]) == ("order_number", "10024")
    assert "Cancel it"[entity["start"] : entity["end"]] == "Cancel it"


def test_a_payload_may_have_no_entities() -> None:
    assert parse_payload(" /affirm\n", "Yes")["entities"] == []


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "affirm",
        "/",
        "/two words",
        "//x",
        "/a[1]",
        "/a{",
        "/a{]}",
        "/a{'b': 1}",
        "/a{}{}",
        '/a{"b"}',
        '/a{"b":' + "[" * 50_000 + "]" * 50_000 + "}",
        '/a{"b":' + "9" * 10_000 + "",
    ],
)
def test_a_malformed_payload_is_refused(payload: str) -> None:
    with pytest.raises(DialogueError, match="payload"):
        parse_payload(payload, "title")


@examples(deadline=None)
@given(st.text(max_size=40).map(lambda text: "/" + text) | st.text(st.characters(), max_size=60))
def test_any_payload_is_parsed_or_refused(payload: str) -> None:
    try:
        parse = parse_payload(payload, "title")
    except DialogueError:
        return
    assert payload.strip().startswith("/" + parse["intent"]["name"])


@examples(deadline=None)
@given(
    st.from_regex(r"[a-z][a-z_]{0,20}", fullmatch=True),
    st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=20), max_size=4),
)
def test_what_is_written_is_read(intent: str, values: dict[str, str]) -> None:
    parse = parse_payload(f"/{intent}{json.dumps(values)}", "title")
    assert parse["intent"]["name"] == intent
    assert {entity["entity"]: entity["value"] for entity in parse["entities"]} == values
