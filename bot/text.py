"""Customer text at the edge: plain text in, storable plain text out."""

from __future__ import annotations

import re

from bot.errors import TextEmpty, TextTooLong

MAXIMUM_LENGTH = 4000
"""Longest message text we take, in characters."""

# Control characters but tab and newline: PostgreSQL refuses NUL, terminals obey the others.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The same text, storable everywhere: newlines as \\n, no control characters, no lone surrogates.

    Everything else stays: right-to-left marks, joined emoji, any script. The result is always valid UTF-8.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))


def checked(text: str) -> str:
    """`clean` text of a customer's message, stripped at its ends; TextEmpty or TextTooLong if unfit."""
    if len(text) > MAXIMUM_LENGTH:
        raise TextTooLong(f"a message has at most {MAXIMUM_LENGTH} characters, this one has {len(text)}")
    cleaned = clean(text).strip()
    if not cleaned:
        raise TextEmpty("the message has no text")
    return cleaned


def fitted(text: str) -> str:
    """`clean` text of a platform that allows longer messages than we take, cut to our length; may be empty."""
    return clean(text[: 2 * MAXIMUM_LENGTH]).strip()[:MAXIMUM_LENGTH]
