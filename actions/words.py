"""Sentences of domain.yml that an action needs as text: titles of buttons, mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Words:
    """The responses of the domain in one language."""

    responses: Mapping[str, Sequence[Mapping[str, Any]]]
    language: str

    def text(self, response: str, **values: object) -> str:
        """Return the response's first text in this language (English if it has none) with its values filled in.

        A response that does not exist gives its own name, so that a missing title is seen and stops nobody.
        """
        variations = self.responses.get(response) or ()
        found = [item for item in variations if _language(item) == self.language]
        plain = [item for item in variations if _language(item) is None]
        text = str((found or plain or [{"text": response}])[0].get("text", response))
        for name, value in values.items():
            text = text.replace("{" + name + "}", str(value))
        return text


def _language(variation: Mapping[str, Any]) -> str | None:
    for condition in variation.get("condition") or ():
        if condition.get("name") == "language":
            return str(condition.get("value"))
    return None
