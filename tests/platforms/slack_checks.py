"""What Slack refuses and how it shows a text: the rules of its reference pages, as strict as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

LONGEST_TEXT = 4_000
"""Slack cuts at 40,000 characters and asks for at most 4,000: the double refuses what is longer."""

_CONTROL = re.compile(r"<([^<>]*)>")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


class Refused(Exception):
    """Slack's answer {"ok": false, "error": …}."""

    def __init__(self, error: str, detail: str = "") -> None:
        super().__init__(f"{error}: {detail}")
        self.error = error
        self.detail = detail


def shown(text: str) -> str:
    """A text as people see it: links by their address, mentions as @…, entities as characters.

    Refused for what Slack would swallow or guess at: a bare < or >, or a & that begins no entity.
    """
    plain = _CONTROL.sub("", text)
    if "<" in plain or ">" in plain or re.search(r"&(?!(lt|gt|amp);)", text):
        raise Refused("invalid_arguments", "a text with & < > that are not escaped")
    return _unescaped(_CONTROL.sub(lambda found: _control(found[1]), text))


def pings(text: str) -> list[str]:
    """Whom a text calls: people, channels, everybody."""
    return [found for found in _CONTROL.findall(text) if found[:1] in "@!#" and found[:5] != "!date"]


def _control(inside: str) -> str:
    target, _, label = inside.partition("|")
    if target[:1] in ("@", "#", "!"):
        return "@" + (label or target[1:])
    if not re.match(r"(https?|mailto):", target):
        raise Refused("invalid_arguments", f"<{inside}> is no link")
    return label or target


def _unescaped(text: str) -> str:
    return re.sub("&(lt|gt|amp);", lambda found: _ENTITIES[found[0]], text)


def check_text(text: object) -> None:
    if not isinstance(text, str) or not text.strip():
        raise Refused("no_text")
    if len(text) > LONGEST_TEXT:
        raise Refused("msg_too_long", f"{len(text)} characters")
    shown(text)


def check_metadata(metadata: object) -> None:
    if metadata is None:
        return
    right = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and re.fullmatch(r"[a-z0-9_.:-]+", metadata["event_type"])
        and isinstance(metadata.get("event_payload"), dict)
    )
    if not right:
        raise Refused("invalid_metadata_format")


def check_blocks(blocks: object, *, most: int) -> None:
    """Return if Slack takes these blocks in a message (`most` 50) or a view (100)."""
    if blocks is None:
        return
    if not isinstance(blocks, list) or len(blocks) > most:
        raise Refused("invalid_blocks", f"not a list of at most {most}")
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    _unique(ids, "block_id", 255)
    for block in blocks:
        check = _BLOCKS.get(str(block.get("type"))) if isinstance(block, dict) else None
        if check is None:
            raise Refused("invalid_blocks", f"no such block: {block!r}")
        check(block)
    actions = [
        element["action_id"]
        for block in blocks
        for element in block.get("elements", ())
        if "action_id" in element
    ]
    _unique(actions, "action_id", 255)


def _section(block: dict[str, Any]) -> None:
    _only(block, {"type", "block_id", "text"})
    _text_object(block.get("text"), 3000)


def _header(block: dict[str, Any]) -> None:
    _only(block, {"type", "block_id", "text"})
    _text_object(block.get("text"), 150, kinds=("plain_text",))


def _divider(block: dict[str, Any]) -> None:
    _only(block, {"type", "block_id"})


def _context(block: dict[str, Any]) -> None:
    _only(block, {"type", "block_id", "elements"})
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        raise Refused("invalid_blocks", "a context has 1 to 10 elements")
    for element in elements:
        _text_object(element, 3000)


def _actions(block: dict[str, Any]) -> None:
    _only(block, {"type", "block_id", "elements"})
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        raise Refused("invalid_blocks", "actions hold 1 to 25 elements")
    for element in elements:
        if not isinstance(element, dict) or element.get("type") != "button":
            raise Refused("invalid_blocks", f"no button: {element!r}")
        _only(element, {"type", "text", "action_id", "value", "style"})
        _text_object(element.get("text"), 75, kinds=("plain_text",))
        value = element.get("value", "")
        if not isinstance(value, str) or len(value) > 2000:
            raise Refused("invalid_blocks", "a value has at most 2000 characters")


_BLOCKS = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
}


def _text_object(text: object, longest: int, *, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> None:
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        raise Refused("invalid_blocks", f"no text object: {text!r}")
    _only(text, {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"})
    if not 1 <= len(text["text"]) <= longest:
        raise Refused("invalid_blocks", f"a text of {len(text['text'])} characters, 1 to {longest} are right")
    if text["type"] == "mrkdwn":
        shown(text["text"])


def _only(given: dict[str, Any], known: set[str]) -> None:
    if set(given) - known:
        raise Refused("invalid_blocks", f"unknown fields {sorted(set(given) - known)}")


def _unique(ids: Iterable[object], what: str, longest: int) -> None:
    found = list(ids)
    if len(found) != len(set(map(str, found))):
        raise Refused("invalid_blocks", f"a {what} stands there twice")
    if any(not isinstance(item, str) or not 1 <= len(item) <= longest for item in found):
        raise Refused("invalid_blocks", f"a {what} has 1 to {longest} characters")
