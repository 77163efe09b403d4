"""The form of the held-out language test data: `tests/nlu/heldout.tsv` and `tests/nlu/entities.tsv`."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "nlu"

LANGUAGES = ("en", "pl", "el", "bg", "ro")
CONVERSATION = (
    "greet",
    "goodbye",
    "thank",
    "affirm",
    "deny",
    "help",
    "bot_challenge",
    "correction",
    "repeat",
)
OUT_OF_SCOPE = "out_of_scope"
VARIANTS = {
    "en": {"plain", "typos", "angry"},
    "pl": {"plain", "no_diacritics", "typos", "angry"},
    "el": {"plain", "no_diacritics", "latin", "typos", "angry"},
    "bg": {"plain", "latin", "typos", "angry"},
    "ro": {"plain", "no_diacritics", "typos", "angry"},
}
LEAST = {"plain": 10, "no_diacritics": 7, "latin": 12, "typos": 12, "angry": 2}
"""Lines of each variant for each wish; lines that also stand in the training data were left out."""
LEAST_CONVERSATION, LEAST_OUT_OF_SCOPE = 1, 50
VALUE_FORMS = {
    "order_number": re.compile(r"[0-9]+"),
    "email": re.compile(r"[a-z0-9._+-]+@[a-z0-9.-]+\.[a-z]+"),
    "phone": re.compile(r"\+?[0-9]{9,15}"),
    "money": re.compile(r"[0-9]+(\.[0-9]{1,2})? [A-Z]{3}"),
    "date": re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]"),
    "invoice_number": re.compile(r"INV-[0-9]+"),
    "refund_number": re.compile(r"R-[0-9]+"),
    "product": re.compile(r"[a-z]+"),
    "quantity": re.compile(r"[0-9]{1,3}"),
    "account_type": re.compile(r"free|pro|business"),
    "country": re.compile(r"[A-Z]{2}"),
    "city": re.compile(r"\w[\w -]+"),
}
IN_WORDS = {"product", "account_type", "country", "city"}
ENTITY_LINES_PER_LANGUAGE = 45


def read_table(name: str) -> tuple[list[str], list[dict[str, str]]]:
    """The header and the rows of a tab-separated file in which no character quotes another."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
        rows = list(reader)
    return list(reader.fieldnames or ()), rows


def without_marks(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def normalised(text: str) -> str:
    """Letters and digits only, without accents and case: what makes two lines the same line."""
    words = re.findall(r"\w+", without_marks(text).casefold().replace("ł", "l"))
    return " ".join(words)


def entities_of(row: dict[str, str]) -> list[dict[str, Any]]:
    entities: list[dict[str, Any]] = json.loads(row["entities"])
    return entities


def test_heldout_header_and_cells() -> None:
    header, rows = read_table("heldout.tsv")
    assert header == ["lang", "variant", "intent", "text"]
    for row in rows:
        assert all(cell and cell == cell.strip() for cell in row.values()), row
        assert row["text"] == unicodedata.normalize("NFC", row["text"]), row


@cache
def intents() -> set[str]:
    """The intents of the domain that a message can have."""
    domain = yaml.safe_load((FOLDER.parent.parent / "domain.yml").read_text(encoding="utf-8"))
    return {name for intent in domain["intents"] for name in intent} - {"nlu_fallback"}


def test_heldout_allowed_values() -> None:
    _, rows = read_table("heldout.tsv")
    for row in rows:
        assert row["variant"] in VARIANTS[row["lang"]], row
        assert row["intent"] in intents(), row


def test_heldout_has_enough_of_everything() -> None:
    _, rows = read_table("heldout.tsv")
    found = Counter((row["lang"], row["intent"], row["variant"]) for row in rows)
    for language in LANGUAGES:
        assert found[language, OUT_OF_SCOPE, "plain"] >= LEAST_OUT_OF_SCOPE
        for intent in CONVERSATION:
            assert found[language, intent, "plain"] >= LEAST_CONVERSATION, (language, intent)
        for intent in intents() - {*CONVERSATION, OUT_OF_SCOPE}:
            for variant in VARIANTS[language]:
                assert found[language, intent, variant] >= LEAST[variant], (language, intent, variant)


def test_heldout_has_no_line_twice_in_a_language() -> None:
    _, rows = read_table("heldout.tsv")
    found = Counter((row["lang"], row["text"].casefold()) for row in rows)
    assert [key for key, count in found.items() if count > 1] == []


def test_heldout_variants_are_what_they_say() -> None:
    _, rows = read_table("heldout.tsv")
    for row in rows:
        text = row["text"]
        if row["variant"] == "latin":
            assert text.isascii(), row
        if row["variant"] == "no_diacritics":
            assert text == without_marks(text), row
            assert "ł" not in text.lower(), row
            assert row["lang"] not in ("en", "bg"), row


def test_heldout_plain_text_is_in_the_script_of_its_language() -> None:
    _, rows = read_table("heldout.tsv")
    scripts = {"el": "GREEK", "bg": "CYRILLIC"}
    for row in rows:
        if row["variant"] != "latin" and row["lang"] in scripts:
            names = [unicodedata.name(char, "") for char in row["text"]]
            assert any(name.startswith(scripts[row["lang"]]) for name in names), row


def test_entities_header_and_counts() -> None:
    header, rows = read_table("entities.tsv")
    assert header == ["language", "text", "entities"]
    found = Counter(row["language"] for row in rows)
    assert set(found) == set(LANGUAGES)
    assert min(found.values()) >= ENTITY_LINES_PER_LANGUAGE
    lines = Counter((row["language"], row["text"]) for row in rows)
    assert max(lines.values()) == 1


def test_entities_have_their_keys_and_normalised_values() -> None:
    _, rows = read_table("entities.tsv")
    for row in rows:
        for entity in entities_of(row):
            assert set(entity) == {"entity", "value", "start", "end"}, row
            assert VALUE_FORMS[entity["entity"]].fullmatch(entity["value"]), row


def test_entity_offsets_cut_clean_pieces_in_order() -> None:
    _, rows = read_table("entities.tsv")
    for row in rows:
        before = 0
        for entity in entities_of(row):
            assert before <= entity["start"] < entity["end"] <= len(row["text"]), row
            piece = row["text"][entity["start"] : entity["end"]]
            assert piece, row
            assert piece == piece.strip(" \t.,;:!?()"), row
            before = entity["end"]


def test_entity_pieces_hold_what_their_values_say() -> None:
    _, rows = read_table("entities.tsv")
    for row in rows:
        for entity in entities_of(row):
            piece = row["text"][entity["start"] : entity["end"]]
            if entity["entity"] == "email":
                assert piece.lower() == entity["value"], row
            elif entity["entity"] == "date":
                assert entity["value"][:4] in piece, row
            elif entity["entity"] not in IN_WORDS and digits(piece):
                assert digits(piece) == digits(entity["value"]), row


def digits(text: str) -> str:
    return "".join(re.findall("[0-9]", text))


def test_entities_have_traps_in_every_language() -> None:
    _, rows = read_table("entities.tsv")
    for language in LANGUAGES:
        traps = [row for row in rows if row["language"] == language and entities_of(row) == []]
        assert sum(bool(digits(row["text"])) for row in traps) >= 2
        assert len(traps) >= 3
        kinds = {
            entity["entity"] for row in rows if row["language"] == language for entity in entities_of(row)
        }
        assert kinds == set(VALUE_FORMS)
