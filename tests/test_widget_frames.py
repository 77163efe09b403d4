"""Frames of the widget protocol: any bytes a client sends are a frame or refused, never anything else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.errors import ClientError, FrameInvalid, RateLimited, all_errors
from bot.models import Author, AuthorKind, Button, Message, now
from channels import widget_frames as frames
from channels.widget_frames import Hello, Identity, Ping, Press, Rate, Say, Seen, Typing, parse_frame

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=40)
    | st.sampled_from(["x" * 5000, 10**400, -1, 2**31, "\x00", "\ud800"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
KINDS = ["hello", "message", "button", "typing", "seen", "rating", "ping"]
KEYS = [
    "token",
    "last_seq",
    "locale",
    "identity",
    "client_msg_id",
    "text",
    "button_id",
    "on",
    "seq",
    "value",
    "comment",
]
# Frames that are nearly right: known types, known keys, any values.
NEARLY = st.builds(
    lambda kind, body: {"type": kind, **body},
    st.sampled_from(KINDS) | JSON,
    st.dictionaries(st.sampled_from(KEYS), JSON | st.sampled_from(["abc", 0, 1, True]), max_size=11),
)


def parsed(data: str) -> frames.Frame | FrameInvalid:
    try:
        return parse_frame(data)
    except FrameInvalid as problem:
        return problem


@examples(deadline=None, max_examples=300)
@given(st.text(st.characters(), max_size=200) | JSON.map(json.dumps) | NEARLY.map(json.dumps))
def test_any_text_is_a_frame_or_refused(data: str) -> None:
    frame = parsed(data)
    if isinstance(frame, FrameInvalid):
        answer = json.dumps(frames.error(frame))
        assert len(answer) < 300
        assert answer.isascii(), "what a client sends wrong is not repeated to it"
    elif isinstance(frame, (Say, Press)):
        assert re.fullmatch(r"[\w.:-]{1,64}", frame.client_msg_id, re.ASCII)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "\x00",
        "null",
        "[]",
        '"ping"',
        "1",
        "NaN",
        "{}",
        '{"type":null}',
        '{"type":["ping"]}',
        '{"type":{"a":1}}',
        '{"type":"Ping"}',
        '{"type":"ping"',
        '{"type":"ping"} x',
        "{'type':'ping'}",
        "[" * 30_000,
        '{"type":' * 4_000,
        '{"type":"seen","seq":' + "9" * 30_000 + "}",
        '{"type":"seen","seq":NaN}',
        '{"type":"seen","seq":Infinity}',
        '{"type":"seen","seq":1e400}',
        '{"type":"seen","seq":1.0}',
        '{"type":"seen","seq":true}',
        '{"type":"seen","seq":"1"}',
        '{"type":"seen","seq":-1}',
        '{"type":"seen","seq":2147483648}',
        '{"type":"typing"}',
        '{"type":"typing","on":1}',
        '{"type":"rating","value":0}',
        '{"type":"rating","value":6}',
        '{"type":"rating","value":5,"comment":[]}',
        '{"type":"message"}',
        '{"type":"message","client_msg_id":"","text":"x"}',
        '{"type":"message","client_msg_id":"a b","text":"x"}',
        '{"type":"message","client_msg_id":"a\\n","text":"x"}',
        '{"type":"message","client_msg_id":"ą","text":"x"}',
        '{"type":"message","client_msg_id":"' + "a" * 65 + '","text":"x"}',
        '{"type":"message","client_msg_id":7,"text":"x"}',
        '{"type":"message","client_msg_id":"a","text":null}',
        '{"type":"message","client_msg_id":"a","text":{"a":1}}',
        '{"type":"button","client_msg_id":"a","button_id":"' + "a" * 65 + '"}',
        '{"type":"button","client_msg_id":"a"}',
        '{"type":"hello"}',
        '{"type":"hello","token":7,"last_seq":0}',
        '{"type":"hello","token":"' + "a" * 2049 + '","last_seq":0}',
        '{"type":"hello","token":null,"last_seq":0,"identity":"me"}',
        '{"type":"hello","token":null,"last_seq":0,"identity":{}}',
        '{"type":"hello","token":null,"last_seq":0,"identity":{"user_id":"","exp":9,"hmac":"x"}}',
        '{"type":"hello","token":null,"last_seq":0,"identity":{"user_id":"a\\u0000","exp":9,"hmac":"x"}}',
        '{"type":"hello","token":null,"last_seq":0,"identity":{"user_id":"\\ud800","exp":9,"hmac":"x"}}',
        '{"type":"hello","token":null,"last_seq":0,"identity":{"user_id":"a","exp":"9","hmac":"x"}}',
    ],
)
def test_bad_frames_are_refused(data: str) -> None:
    with pytest.raises(FrameInvalid):
        parse_frame(data)


IDENTITY = {"user_id": "a", "exp": 9, "hmac": "x", "name": "A\x00na", "email": "a@shop.example"}


@pytest.mark.parametrize(
    ("body", "frame"),
    [
        ({"type": "ping", "more": 1}, Ping()),
        ({"type": "typing", "on": False}, Typing(False)),
        ({"type": "seen", "seq": 0}, Seen(0)),
        ({"type": "rating", "value": 5, "comment": "good\x00"}, Rate(5, "good")),
        ({"type": "rating", "value": 1, "comment": "x" * 5000}, Rate(1, "x" * 4000)),
        ({"type": "message", "client_msg_id": "a-1", "text": "/restart"}, Say("a-1", "/restart")),
        ({"type": "button", "client_msg_id": "a.1", "button_id": "b"}, Press("a.1", "b")),
        ({"type": "hello", "token": None, "last_seq": 3}, Hello(None, 3, None, None)),
        ({"type": "hello", "token": "", "last_seq": 0, "locale": "bg-BG"}, Hello(None, 0, "bg-BG", None)),
        ({"type": "hello", "token": "t", "last_seq": 0, "locale": "../x"}, Hello("t", 0, None, None)),
        ({"type": "hello", "token": "t", "last_seq": 0, "locale": "pl\n"}, Hello("t", 0, None, None)),
        (
            {"type": "hello", "last_seq": 0, "identity": IDENTITY},
            Hello(None, 0, None, Identity("a", 9, "x", "Ana", "a@shop.example")),
        ),
    ],
)
def test_good_frames_are_read(body: dict[str, Any], frame: frames.Frame) -> None:
    assert parse_frame(json.dumps(body)) == frame


def test_of_a_doubled_key_the_last_counts() -> None:
    assert parse_frame('{"type":"seen","seq":1,"seq":2}') == Seen(2)


def test_a_token_of_the_longest_user_id_can_be_said() -> None:
    from bot.tokens import VisitorTokens

    token = VisitorTokens("k" * 32, site="s" * 64).issue("user:" + "😀" * 200)
    assert parse_frame(json.dumps({"type": "hello", "token": token, "last_seq": 0})) == Hello(
        token, 0, None, None
    )


def test_a_payload_is_never_in_a_frame() -> None:
    buttons = (Button("opaque", "Yes", '/affirm{"order_number":"10024"}'),)
    said = Message("m", "c", 2, Author(AuthorKind.BOT, "Grija"), "Sure?", now(), buttons, payload="/hidden")
    frame = frames.message(said)
    assert frame["buttons"] == [{"id": "opaque", "title": "Yes"}]
    assert "affirm" not in json.dumps(frame)
    assert "hidden" not in json.dumps(frame)
    assert frame["sent_at"].endswith("+00:00")


@pytest.mark.parametrize("kind", [kind for kind in all_errors(ClientError) if kind is not RateLimited])
def test_every_error_has_a_code(kind: type[ClientError]) -> None:
    frame = frames.error(kind("what is wrong"), client_msg_id="c")
    assert frame == {"type": "error", "code": kind.code, "message": "what is wrong", "client_msg_id": "c"}


def test_too_many_says_when_to_come_again() -> None:
    frame = frames.error(RateLimited("too many", retry_after=1.2))
    assert frame["retry_after"] == 2, "never too early"
    assert "client_msg_id" not in frame
