"""Taking a customer's name out of a text, also where it is inflected. Pure."""

from __future__ import annotations

import re

SHORTEST = 2
_STEM = 4


def without_name(text: str, name: str, mask: str) -> str:
    """The text with each part of the name masked; a part of four letters or more also with another ending."""
    for part in name.split():
        if len(part) >= SHORTEST:
            stem = part[:-1] if len(part) >= _STEM else part
            text = re.sub(rf"(?<!\w){re.escape(stem)}\w{{0,3}}(?!\w)", mask, text, flags=re.IGNORECASE)
    return text
