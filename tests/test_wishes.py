"""Two wishes in one message: how a message is cut, and when it is divided."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.classifier import Ranked
from bot.nlu.pieces import JOINTS, pieces
from bot.nlu.wishes import CERTAIN, MOST_PIECES, TALK, Wish, wishes

WORDS = {
    "cancel": "cancel_order", "where": "track_order", "invoice": "get_invoice", "money back": "get_refund",
    "address": "change_shipping_address", "broken": "complaint", "hello": "greet", "thanks": "thank",
    "human": "contact_human_agent", "see the bill": "check_invoice",
}  # fmt: skip


def read(text: str) -> Sequence[Ranked]:
    """Rank by the first key word, small talk last; a doubtful text by none."""
    places = {word: text.lower().find(word) for word in WORDS if word in text.lower()}
    if not places:
        return [Ranked("help", 0.4), Ranked("cancel_order", 0.2)]
    first = min(places, key=lambda word: (WORDS[word] in TALK, places[word]))
    return [Ranked(WORDS[first], 0.9), Ranked("help", 0.05)]


WHOLE = [Ranked("cancel_order", 0.5), Ranked("track_order", 0.3), Ranked("change_shipping_address", 0.1)]


def divided(text: str, language: str = "en") -> list[tuple[str, str]]:
    return [(wish.intent, wish.text) for wish in wishes(text, language, WHOLE, read)]


@pytest.mark.parametrize(
    ("text", "language", "parts"),
    [
        ("cancel 10024 and tell me where 10025 is", "en", ["cancel 10024", "tell me where 10025 is"]),
        ("Where is 10024? I need an invoice.", "en", ["Where is 10024?", "I need an invoice."]),
        ("anuluj 10024 oraz przyślij fakturę", "pl", ["anuluj 10024", "przyślij fakturę"]),
        ("anuluj 10024 i jeszcze jedno pytanie", "pl", ["anuluj 10024", "jedno pytanie"]),
        (
            "ακυρώστε την 10024 και επίσης πού είναι η άλλη;",
            "el",
            ["ακυρώστε την 10024", "πού είναι η άλλη;"],
        ),
        ("akyrwste thn 10024 kai pou einai i allh", "el", ["akyrwste thn 10024", "pou einai i allh"]),
        ("откажи 10024, също така къде е другата", "bg", ["откажи 10024", "къде е другата"]),
        ("otkaji 10024 i su6to kude e drugata", "bg", ["otkaji 10024", "kude e drugata"]),
        ("anulează 10024 și unde este 10025", "ro", ["anulează 10024", "unde este 10025"]),
        ("anuleaza 10024 si unde este 10025", "ro", ["anuleaza 10024", "unde este 10025"]),
        ("it broke and I want it gone", "en", ["it broke", "I want it gone"]),
        ("name and address", "en", ["name and address"]),
        ("version 2.0 of it", "en", ["version 2.0 of it"]),
        ("one thing and another thing", "xx", ["one thing and another thing"]),
        ("", "en", []),
    ],
)
def test_pieces_lie_between_sentence_ends_and_joints(text: str, language: str, parts: list[str]) -> None:
    assert [piece.of(text) for piece in pieces(text, language)] == parts


@given(st.text(max_size=200), st.sampled_from([*JOINTS, ""]))
def test_pieces_of_any_text_are_in_order_and_inside_it(text: str, language: str) -> None:
    end = 0
    for piece in pieces(text, language):
        assert end <= piece.start < piece.end <= len(text)
        assert piece.of(text).strip()
        end = piece.end


def test_two_wishes_are_found_with_their_places() -> None:
    text = "Cancel 10024 and tell me where 10025 is"
    assert wishes(text, "en", WHOLE, read) == [
        Wish("cancel_order", 0.9, 0, 12, "Cancel 10024"),
        Wish("track_order", 0.9, 17, 39, "tell me where 10025 is"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "cancel my order",
        "hello my friend. cancel the order",
        "cancel the order. thanks a lot",
        "cancel this one and cancel that one",
        "it came broken and I want my money back",
        "where is it now. I want my money back",
        "where is it now. let me speak to a human",
        "cancel this and then give my money back",
        "send me the invoice and let me see the bill",
        "cancel this one and something else",
    ],
)
def test_one_wish_stays_one(text: str) -> None:
    assert divided(text) == []


def test_small_talk_and_doubtful_parts_go_with_their_neighbour() -> None:
    text = "hello my friend. cancel 10024. it is too big and where is 10025? thanks a lot"
    assert (
        divided(text)
        == [
            ("cancel_order", "hello my friend. cancel 10024. it is too big"),
            ("track_order", "where is 10025? thanks a lot"),
        ]
        or divided(text) == []
    )


def test_three_wishes_are_three() -> None:
    found = divided("cancel 10024 and where is 10025 and change the address")
    assert [intent for intent, _ in found] == ["cancel_order", "track_order", "change_shipping_address"]


def test_a_message_of_many_pieces_is_a_story() -> None:
    assert divided(" and ".join(["cancel it", "where is it"] * MOST_PIECES)) == []


def test_what_is_not_certain_is_no_wish() -> None:
    def unsure(text: str) -> Sequence[Ranked]:
        return [Ranked(item.name, min(item.confidence, CERTAIN - 0.01)) for item in read(text)]

    assert wishes("cancel my order and where is my parcel", "en", WHOLE, unsure) == []
    assert wishes("cancel 10024 and where is 10024", "en", WHOLE, unsure) == []
    assert len(wishes("cancel 10024 and where is 10025", "en", WHOLE, unsure)) == 2


def test_what_the_whole_message_does_not_suggest_is_no_wish() -> None:
    for second in (Ranked("greet", 0.3), Ranked("track_order", 0.001)):
        whole = [Ranked("cancel_order", 0.6), second]
        assert wishes("cancel 10024 and where is 10025", "en", whole, read) == []


def test_a_piece_that_may_be_a_third_wish_is_a_doubt() -> None:
    assert divided("cancel 10024 and where is 10025 and send an invoice") == []


def test_only_a_message_of_pieces_is_encoded() -> None:
    def never(text: str) -> Sequence[Ranked]:
        raise AssertionError(text)

    assert wishes("cancel my order", "en", WHOLE, never) == []
