"""Frames of the console's socket: pure parse of what comes in, pure render of what goes out."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.errors import ClientError, FrameInvalid
from bot.models import Author
from bot.store.shown import Item, Viewer

PROTOCOL = "grija.console.v1"
MAXIMUM_FRAME = 4 * 1024
"""Longest frame in bytes; a longer one closes the socket with 1009."""


class Watch(msgspec.Struct, frozen=True, tag="watch"):
    """The agent has this conversation open now, and no other; None: none."""

    conversation: str | None


class Types(msgspec.Struct, frozen=True, tag="typing"):
    """The agent types in a conversation, or has stopped."""

    conversation: str
    on: bool


class WantsLists(msgspec.Struct, frozen=True, tag="lists"):
    """The page shows the lists as they come in frames, or reads them by itself again."""

    on: bool


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    pass


Frame = Watch | Types | WantsLists | Ping

_decoder = msgspec.json.Decoder(Frame)


def parse_frame(data: str) -> Frame:
    """The frame in a text message of the socket; FrameInvalid says what is wrong with it."""
    try:
        frame: Frame = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise FrameInvalid(str(error)) from None
    if isinstance(frame, Watch | Types) and "\0" in (frame.conversation or ""):
        raise FrameInvalid("there is no conversation with such an id")
    return frame


def hello() -> dict[str, Any]:
    return {"type": "hello"}


def pong() -> dict[str, Any]:
    return {"type": "pong"}


def queue() -> dict[str, Any]:
    return {"type": "queue"}


def presence() -> dict[str, Any]:
    return {"type": "presence"}


def alerts() -> dict[str, Any]:
    return {"type": "alerts"}


def conversation(conversation_id: str) -> dict[str, Any]:
    return {"type": "conversation", "id": conversation_id}


def offer(item: Item) -> dict[str, Any]:
    return {"type": "offer", "item": item, "until": item.offered_until}


def offer_ended(handoff_id: str) -> dict[str, Any]:
    return {"type": "offer_ended", "handoff": handoff_id}


def typing(conversation_id: str, author: Author, on: bool) -> dict[str, Any]:
    who = {"kind": author.kind.value, "name": author.name}
    return {"type": "typing", "conversation": conversation_id, "author": who, "on": on}


def viewers(conversation_id: str, agents: list[Viewer]) -> dict[str, Any]:
    return {"type": "viewers", "conversation": conversation_id, "agents": agents}


def mention(conversation_id: str, by: str) -> dict[str, Any]:
    return {"type": "mention", "conversation": conversation_id, "by": by}


def refused(reply_id: str) -> dict[str, Any]:
    return {"type": "refused", "reply": reply_id}


def signed_out(reason: str) -> dict[str, Any]:
    return {"type": "signed_out", "reason": reason}


def error(problem: ClientError) -> dict[str, Any]:
    return {"type": "error", "code": problem.code, "message": str(problem)}
