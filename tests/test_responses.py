"""Every sentence of the bot exists in every language, with the same placeholders, and is used."""

from __future__ import annotations

import re
from typing import Any

from actions.backends.catalogue import DELIVERY, PAYMENT_METHODS
from actions.backends.model import AccountKind, OrderStatus, RefundState, Refusal, SubscriptionState
from actions.wording import LANGUAGES
from bot.asking import questions
from bot.ratings import VALUES
from tests.customer import ROOT, domain

INTENTS = {name for intent in domain()["intents"] for name in intent}
LONGEST_TITLE = 32


def variations(response: str, language: str) -> list[dict[str, Any]]:
    wanted = None if language == "en" else [{"type": "slot", "name": "language", "value": language}]
    return [item for item in domain()["responses"][response] if item.get("condition") == wanted]


def test_every_response_has_every_language_with_the_same_placeholders() -> None:
    for name in domain()["responses"]:
        shapes = {language: _shape(name, language) for language in LANGUAGES}
        assert len({str(shape) for shape in shapes.values()}) == 1, (name, shapes)


def _shape(name: str, language: str) -> tuple[int, list[list[str]]]:
    found = variations(name, language)
    assert found, (name, language)
    sets = {frozenset(re.findall(r"\{(\w+)\}", variation["text"])) for variation in found}
    return len(found), sorted(sorted(item) for item in sets)


def test_no_sentence_is_in_two_languages_the_same() -> None:
    for name in domain()["responses"]:
        if name.startswith(("utter_method_", "utter_kind_", "utter_title_", "utter_delivery_")):
            continue  # names and single words may be
        texts = [variation["text"] for language in LANGUAGES for variation in variations(name, language)]
        assert len(set(texts)) == len(texts), name


def test_titles_fit_on_a_button() -> None:
    for name in domain()["responses"]:
        if name.startswith(("utter_wish_", "utter_title_", "utter_kind_")):
            for language in LANGUAGES:
                for variation in variations(name, language):
                    assert len(variation["text"]) <= LONGEST_TITLE, (name, variation)


def test_every_response_of_the_code_exists_and_every_one_is_used() -> None:
    files = [*(ROOT / "actions").rglob("*.py"), *(ROOT / "bot").rglob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    written = set(re.findall(r"\butter_[a-z_]+[a-z]\b", code)) - {"utter_message"}
    made = {
        "utter_track_": [status.value for status in OrderStatus],
        "utter_refund_is_": [state.value for state in RefundState],
        "utter_kind_": [kind.value for kind in AccountKind],
        "utter_method_": PAYMENT_METHODS,
        "utter_delivery_": [method.name for method in DELIVERY],
        "utter_wish_": INTENTS,
        "utter_subscription_": [state.value for state in SubscriptionState],
        "utter_refused_": [refusal.value for refusal in Refusal],
        "utter_cancel_refused_": [refusal.value for refusal in Refusal],
        "utter_refund_refused_": [refusal.value for refusal in Refusal],
        "utter_address_invalid_": ["name", "street", "city", "postcode", "country"],
        "utter_title_": ["name", "email", "phone"],
        "utter_title_rate_": map(str, VALUES),
        "utter_title_likely_": map(str, questions.VALUES),
    }
    possible = {beginning + end for beginning, ends in made.items() for end in ends}
    beginnings = {beginning.rstrip("_") for beginning in made}
    existing = set(domain()["responses"])
    assert written - existing - beginnings == set()
    assert existing - written - possible == set()


def test_each_wish_and_each_state_has_its_sentence() -> None:
    existing = set(domain()["responses"])
    conversation = {
        "greet",
        "goodbye",
        "thank",
        "affirm",
        "deny",
        "help",
        "bot_challenge",
        "correction",
        "repeat",
    }
    for intent in INTENTS - conversation - {"out_of_scope", "nlu_fallback"}:
        assert f"utter_wish_{intent}" in existing
    for status in OrderStatus:
        assert f"utter_track_{status.value}" in existing
    for state in RefundState:
        assert f"utter_refund_is_{state.value}" in existing
