"""Every sentence of the bot exists in every language, with the same placeholders and buttons, and is used."""

from __future__ import annotations

import re
from typing import Any

from actions.backends.model import OrderStatus, Refusal
from actions.wording import LANGUAGES
from tests.talking import DOMAIN, ROOT, variations


def test_every_response_has_every_language() -> None:
    for name in DOMAIN["responses"]:
        shapes = {language: _shape(name, language) for language in LANGUAGES}
        assert len(set(shapes.values())) == 1, (name, shapes)


def _shape(name: str, language: str) -> tuple[Any, ...]:
    found = variations(name, language)
    assert found, (name, language)
    shapes = {
        (
            frozenset(re.findall(r"\{(\w+)\}", variation["text"])),
            tuple(button["payload"] for button in variation.get("buttons", ())),
        )
        for variation in found
    }
    (shape,) = shapes
    return (len(found), shape)


def test_no_response_is_in_two_languages_the_same() -> None:
    for name in DOMAIN["responses"]:
        texts = [variation["text"] for language in LANGUAGES for variation in variations(name, language)]
        assert len(set(texts)) == len(texts), name


def test_every_response_of_the_code_exists() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "actions").rglob("*.py"))
    rules = (ROOT / "data" / "rules.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"\butter_[a-z_]+[a-z]\b", code + rules)) - {"utter_message"}
    used |= {f"utter_track_{status.value}" for status in OrderStatus}
    used |= {f"utter_cancel_refused_{refusal.value}" for refusal in Refusal}
    assert used == set(DOMAIN["responses"])
