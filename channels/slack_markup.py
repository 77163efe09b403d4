"""Slack's markup, both ways: what customers wrote as plain text, and plain text so that Slack shows just that."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"<([^<>\n]+)>")
_ENTITY = re.compile("&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}
_ADDRESS = re.compile(r"https?://[^\s<>|]+")
# What ends a sentence around an address does not belong to it.
_TAIL = ".,;:!?)]}'\"»”…"


def plain(text: str, bot_user: str) -> str:
    """What a customer sees of a text that Slack delivers, without the mention of ourselves."""
    return _characters(_CONTROL.sub(lambda found: _words(found[1], bot_user), text)).strip()


def mentions(text: str) -> set[str]:
    """The ids of the people whom a text calls."""
    return {inside[1:].partition("|")[0] for inside in _CONTROL.findall(text) if inside.startswith("@")}


def escaped(text: str) -> str:
    """Plain text as Slack's mrkdwn: nothing in it calls anybody, and only http(s) addresses are links."""
    parts: list[str] = []
    at = 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(_TAIL)
        parts += [_entities(text[at : found.start()]), f"<{_entities(address)}>"]
        at = found.start() + len(address)
    return "".join([*parts, _entities(text[at:])])


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _characters(text: str) -> str:
    return _ENTITY.sub(lambda found: _CHARACTERS[found[1]], text)


def _words(inside: str, bot_user: str) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return "" if bot_user and target == f"@{bot_user}" else f"@{label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    address = target.removeprefix("mailto:").removeprefix("tel:")
    return address if not label or label in address else f"{label} ({address})"
