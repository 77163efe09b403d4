"""People behind the bot: where a customer reaches them."""

from __future__ import annotations

import os

DEFAULT_CONTACT = "help@grija.example"


def support_contact() -> str:
    """Return where a customer can write to a person: GRIJA_SUPPORT_CONTACT."""
    return os.environ.get("GRIJA_SUPPORT_CONTACT") or DEFAULT_CONTACT
