"""Frames of the widget protocol, version 1: pure parse of what comes in, pure render of what goes out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import ClientError, FrameInvalid, RateLimited
from bot.models import Author, Message
from bot.store.places import Shown
from bot.text import MAXIMUM_LENGTH, clean

PROTOCOL = "grija.widget.v1"
MAXIMUM_FRAME = 32 * 1024
"""Longest frame in bytes; a longer one closes the socket with 1009."""

_CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
_LARGEST_SEQ = 2**31 - 1
_LONGEST_TOKEN = 2048  # a user id of 200 characters, each of four bytes, in base64, and the signature
_LONGEST_TEXT = MAXIMUM_FRAME  # the length of a message is judged later, with an error of its own


@dataclass(frozen=True)
class Identity:
    user_id: str
    expires: int
    hmac: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class Hello:
    token: str | None
    last_seq: int
    locale: str | None
    identity: Identity | None


@dataclass(frozen=True)
class Say:
    client_msg_id: str
    text: str


@dataclass(frozen=True)
class Press:
    client_msg_id: str
    button_id: str


@dataclass(frozen=True)
class Typing:
    on: bool


@dataclass(frozen=True)
class Seen:
    seq: int


@dataclass(frozen=True)
class Rate:
    value: int
    comment: str


@dataclass(frozen=True)
class Ping:
    pass


Frame = Hello | Say | Press | Typing | Seen | Rate | Ping


def parse_frame(data: str) -> Frame:
    """The frame in a text message of the socket; FrameInvalid says what is wrong with it."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise FrameInvalid("a frame must be one JSON object") from None
    if not isinstance(body, dict):
        raise FrameInvalid("a frame must be one JSON object")
    kind = body.get("type")
    parse = _PARSERS.get(kind) if isinstance(kind, str) else None
    if parse is None:
        raise FrameInvalid(f"unknown type; known are {', '.join(sorted(_PARSERS))}")
    return parse(body)


def welcome(*, token: str, seq: int, status: str, language: str) -> dict[str, Any]:
    return {"type": "welcome", "token": token, "seq": seq, "status": status, "language": language}


def ack(*, client_msg_id: str, message_id: str, seq: int) -> dict[str, Any]:
    return {"type": "ack", "client_msg_id": client_msg_id, "id": message_id, "seq": seq}


def message(said: Message) -> dict[str, Any]:
    """What the customer sees of a message: never the payload of a button."""
    return {
        "type": "message",
        "id": said.id,
        "seq": said.seq,
        "author": {"kind": said.author.kind.value, "name": said.author.name},
        "text": said.text,
        "buttons": [{"id": button.id, "title": button.title} for button in said.buttons],
        "attachments": [
            {"kind": file.kind, "name": file.name, "size": file.size} for file in said.attachments
        ],
        "sent_at": said.sent_at.isoformat(timespec="milliseconds"),
    }


def status(value: str, queue: Shown | None = None) -> dict[str, Any]:
    """Who answers; of somebody who waits, their place and the seconds still to wait, if these can be told."""
    frame: dict[str, Any] = {"type": "status", "status": value}
    return frame if queue is None else {**frame, "queue": queue}


def typing(author: Author, *, on: bool) -> dict[str, Any]:
    return {"type": "typing", "author": {"kind": author.kind.value, "name": author.name}, "on": on}


def error(problem: ClientError, *, client_msg_id: str | None = None) -> dict[str, Any]:
    """An error as a frame; the text explains, the code is what programs look at.

    `client_msg_id` names the message that was refused, `retry_after` (seconds) says when it may be sent again.
    """
    frame: dict[str, Any] = {"type": "error", "code": problem.code, "message": str(problem)}
    if client_msg_id is not None:
        frame["client_msg_id"] = client_msg_id
    if isinstance(problem, RateLimited):
        frame["retry_after"] = math.ceil(problem.retry_after)
    return frame


def pong() -> dict[str, Any]:
    return {"type": "pong"}


def _hello(body: Mapping[str, Any]) -> Hello:
    return Hello(
        token=_text(body, "token", limit=_LONGEST_TOKEN, optional=True) or None,
        last_seq=_whole(body, "last_seq", low=0, high=_LARGEST_SEQ),
        locale=locale_of(_text(body, "locale", limit=35, optional=True)),
        identity=identity(body.get("identity")),
    )


def locale_of(text: str) -> str | None:
    """The locale that a page tells, or None if that is none."""
    return text if len(text) <= 35 and _LOCALE.fullmatch(text) else None


def identity(body: object) -> Identity | None:
    """The signed identity in a frame or a header; FrameInvalid if it is none. It is not checked here."""
    if body is None:
        return None
    if not isinstance(body, dict):
        raise FrameInvalid("identity must be an object")
    user_id = _text(body, "user_id", limit=200)
    if not user_id or clean(user_id) != user_id:
        # Without a name of their own, all visitors of a careless site would share one conversation.
        raise FrameInvalid("user_id must be a text without control characters, and not empty")
    return Identity(
        user_id=user_id,
        expires=_whole(body, "exp", low=0, high=2**53),
        hmac=_text(body, "hmac", limit=128),
        name=clean(_text(body, "name", limit=200, optional=True)),
        email=clean(_text(body, "email", limit=320, optional=True)),
    )


def _say(body: Mapping[str, Any]) -> Say:
    return Say(client_id(body), _text(body, "text", limit=_LONGEST_TEXT))


def _press(body: Mapping[str, Any]) -> Press:
    return Press(client_id(body), _text(body, "button_id", limit=64))


def _typing(body: Mapping[str, Any]) -> Typing:
    if not isinstance(body.get("on"), bool):
        raise FrameInvalid("on must be true or false")
    return Typing(body["on"])


def _seen(body: Mapping[str, Any]) -> Seen:
    return Seen(_whole(body, "seq", low=0, high=_LARGEST_SEQ))


def _rate(body: Mapping[str, Any]) -> Rate:
    comment = clean(_text(body, "comment", limit=_LONGEST_TEXT, optional=True))
    return Rate(_whole(body, "value", low=1, high=5), comment[:MAXIMUM_LENGTH])


def _ping(body: Mapping[str, Any]) -> Ping:
    return Ping()


_PARSERS: dict[str, Callable[[Mapping[str, Any]], Frame]] = {
    "hello": _hello,
    "message": _say,
    "button": _press,
    "typing": _typing,
    "seen": _seen,
    "rating": _rate,
    "ping": _ping,
}


def client_id(body: Mapping[str, Any]) -> str:
    """The client's own id of a message; FrameInvalid if it is none."""
    value = _text(body, "client_msg_id", limit=64)
    if not _CLIENT_ID.fullmatch(value):
        raise FrameInvalid("client_msg_id must be 1 to 64 letters, digits or any of _ . : -")
    return value


def _text(body: Mapping[str, Any], key: str, *, limit: int, optional: bool = False) -> str:
    value = body.get(key)
    if value is None and optional:
        return ""
    if not isinstance(value, str):
        raise FrameInvalid(f"{key} must be a text")
    if len(value) > limit:
        raise FrameInvalid(f"{key} must have at most {limit} characters")
    return value


def _whole(body: Mapping[str, Any], key: str, *, low: int, high: int) -> int:
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise FrameInvalid(f"{key} must be a whole number from {low} to {high}")
    return value
