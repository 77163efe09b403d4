"""Entities: the many ways of writing them, what only looks like one, and any text at all."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.entities import Entity, EntityFinder, EntitySettings
from bot.nlu.ordernumbers import OrderSettings
from bot.nlu.text import TEXT_LIMIT
from bot.nlu.tokens import cut

# spaCy imports a packaging library that calls pyparsing by old names.
pytestmark = pytest.mark.filterwarnings("ignore:.* deprecated - use:DeprecationWarning")

TODAY = date(2024, 5, 10)


@cache
def finder() -> EntityFinder:
    return EntityFinder()


def found(text: str, today: date | None = TODAY) -> list[tuple[str, str]]:
    return [(entity.entity, entity.value) for entity in finder().find(text, today)]


@pytest.mark.parametrize(
    "text",
    [
        "10024",
        "#10024",
        "# 10024",
        "nr 10024",
        "nr. 10024",
        "GR-10024",
        "GR10024",
        "gr 10024",
        "GR - 10024",
        "10 024",
        "order no. 10024",
        "No10024",
        "№10024",
        "№ 10024",
        "order:10024",
        "(10024)",
        "no, 10024",
        "10024?",
        "Order number is 10024",
        "zamówienie nr 10024",
        "ZAMÓWIENIE NR. GR-10024",
        "numer zamówienia: 10 024",
        "αριθμός παραγγελίας 10024",
        "ΑΡΙΘΜΟΣ: 10024",
        "h paraggelia mou 10024",
        "поръчка 10024",
        "поръчка номер 10024",
        "pory4ka nomer 10024",
        "comanda 10024",
        "numărul comenzii este 10024",
        "order 10024 12 Main Street",
        "１００２４",
    ],
)
def test_order_number_is_found(text: str) -> None:
    assert found(text) == [("order_number", "10024")]


@pytest.mark.parametrize(
    "text",
    [
        "12345678",
        "in the year 2024",
        "order from 2024",
        "order 100 pieces",
        "00-950 Warszawa",
        "ul. Długa 5, 10024 Warszawa",
        "Strada Lungă 5, cod poștal 10024",
        "ΤΚ 11528 Αθήνα",
        "пощенски код 10024",
        "12 Main Street, 10024",
        "1.2.3.4",
        "at 12:30",
        "10024-5",
    ],
)
def test_what_only_looks_like_an_order_number_is_left(text: str) -> None:
    assert [kind for kind, _ in found(text) if kind != "city"] == []


def test_an_unusual_number_after_a_word_for_an_order_is_taken() -> None:
    assert found("where is order 999?") == [("order_number", "999")]
    assert found("zamówienie nr 123456") == [("order_number", "123456")]


@pytest.mark.parametrize("text", ["10024, 10025", "10024 10025", "10024/10025", "#10024 and #10025"])
def test_two_order_numbers_are_both_found(text: str) -> None:
    assert found(text) == [("order_number", "10024"), ("order_number", "10025")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("49,99 zł", "49.99 PLN"),
        ("49.99 PLN", "49.99 PLN"),
        ("10024 zł", "10024 PLN"),
        ("10 024 złotych", "10024 PLN"),
        ("€10024", "10024 EUR"),
        ("12 ευρώ", "12 EUR"),
        ("12,50 евро", "12.50 EUR"),
        ("20 лв.", "20 BGN"),
        ("20 leva", "20 BGN"),
        ("1 234,50 lei", "1234.50 RON"),
        ("1.234,50 €", "1234.50 EUR"),
        ("$1,234.50", "1234.50 USD"),
        ("£5", "5 GBP"),
        ("100lei", "100 RON"),
    ],
)
def test_money_is_found(text: str, value: str) -> None:
    assert found(text) == [("money", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12/10/2024", "2024-10-12"),
        ("12.10.24", "2024-10-12"),
        ("03/25/2024", "2024-03-25"),
        ("2024-10-12", "2024-10-12"),
        ("12.10", "2024-10-12"),
        ("3 maja 2024", "2024-05-03"),
        ("May 3rd, 2024", "2024-05-03"),
        ("3rd of May", "2024-05-03"),
        ("3 Μαΐου 2024", "2024-05-03"),
        ("3 май", "2024-05-03"),
        ("28 decembrie", "2023-12-28"),
        ("today", "2024-05-10"),
        ("wczoraj", "2024-05-09"),
        ("χθες", "2024-05-09"),
        ("x8es", "2024-05-09"),
        ("v4era", "2024-05-09"),
        ("утре", "2024-05-11"),
        ("mâine", "2024-05-11"),
        ("day before yesterday", "2024-05-08"),
    ],
)
def test_date_is_found(text: str, value: str) -> None:
    assert found(text) == [("date", value)]


def test_dates_without_a_reference_day_stay_open() -> None:
    assert found("yesterday", None) == [("date", "yesterday")]
    assert found("3 maja", None) == [("date", "--05-03")]
    assert found("3 maja 2024", None) == [("date", "2024-05-03")]


@pytest.mark.parametrize("text", ["31.02.2024", "45/45/2024", "99.99"])
def test_impossible_dates_are_left(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("+48 600 100 200", "+48600100200"),
        ("0888 123 456", "0888123456"),
        ("600-100-200", "600100200"),
        ("(021) 123 4567", "0211234567"),
        ("07911 12345", "0791112345"),
        ("1-800-555-10024", "180055510024"),
    ],
)
def test_phone_is_found(text: str, value: str) -> None:
    assert found(text) == [("phone", value)]


def test_email_is_found_without_the_full_stop_after_it() -> None:
    assert found("Write to John.Doe+x@mail.example.co.uk.") == [("email", "john.doe+x@mail.example.co.uk")]


def test_all_kinds_in_one_message_with_offsets_into_the_original() -> None:
    text = "😀 zamówienie GR-10024 z 3 maja, 49,99 zł: ania@example.com, +48 600 100 200"
    entities = finder().find(text, TODAY)
    assert [(entity.entity, text[entity.start : entity.end]) for entity in entities] == [
        ("order_number", "GR-10024"),
        ("date", "3 maja"),
        ("money", "49,99 zł"),
        ("email", "ania@example.com"),
        ("phone", "+48 600 100 200"),
    ]
    assert entities[0].as_dict() == {"entity": "order_number", "value": "10024", "start": 13, "end": 21}


def test_a_shop_with_other_numbers_and_own_patterns() -> None:
    patterns: list[dict[str, Any]] = [{"label": "voucher", "pattern": [{"ORTH": "save"}, {"IS_DIGIT": True}]}]
    other = EntityFinder(EntitySettings(OrderSettings((8, 8), ("ZAM",)), patterns))
    assert [entity.value for entity in other.find("ZAM-12345678 10024")] == ["12345678"]
    assert other.find("SAVE 20 now") == [Entity("voucher", "SAVE 20", 0, 7)]


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="digits"):
        OrderSettings((6, 5))


@given(st.text(st.characters(), max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_ordered_entities_inside_the_text(text: str) -> None:
    end = 0
    for entity in finder().find(text, TODAY):
        assert end <= entity.start < entity.end <= len(text)
        assert entity.value
        end = entity.end


PIECES = ["10024", "order", " ", "#", "-", ".", "zł", "+48", "12", "мая", "3", "@", "a", "\x00"]


@given(st.lists(st.sampled_from(PIECES)))
@settings(max_examples=300, deadline=None)
def test_mixed_pieces_never_raise(pieces: list[str]) -> None:
    finder().find("".join(pieces), TODAY)


@pytest.mark.parametrize(
    "unit", ["1", "1 ", "(", "a@", "order ", "nr.", "+1-", "\x00\ud800", "10024 ", "1.1.", "€1"]
)
def test_long_hostile_text_is_cut_to_a_bounded_number_of_tokens(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    assert len(cut(text)) <= TEXT_LIMIT
    assert all(entity.end <= TEXT_LIMIT for entity in finder().find(text, TODAY))


def test_spacy_does_not_remember_what_customers_write() -> None:
    before = len(finder()._language.vocab.strings)
    for number in range(200):
        finder().find(f"neverseenword{'abcdefghij'[number % 10]}{'klmnopqrst'[number // 10 % 10]}x {number}")
    assert len(finder()._language.vocab.strings) == before
