"""Numbers in the addresses of requests."""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import ClientError


def number(query: Mapping[str, str], name: str) -> int | None:
    """A whole number below a billion; None if it is not given. ClientError if it is something else."""
    text = query.get(name)
    if text is None or text == "":
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ClientError(f"{name} must be a whole number")
    return int(text)
