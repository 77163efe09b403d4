"""Text at the edge: whatever arrives becomes storable plain text or is refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.errors import TextEmpty, TextTooLong
from bot.text import MAXIMUM_LENGTH, checked, clean

# Also lone surrogates, which JSON can spell.
ANY_TEXT = st.text(st.characters(), max_size=200) | st.text(
    st.characters(whitelist_categories=("Cc", "Cs", "Cf", "Zs")), max_size=50
)

PLAIN = [
    "<script>alert(1)</script>",
    "/restart",
    '/cancel_order{"order_id":"1"}',
    "EXTERNAL: x",
    "{{7*7}} %s %n {0.__class__}",
    "'; DROP TABLE message; --",
    "\u202eright to left\u202c",
    "\u200fשלום\u200e",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "e\u0301" * 100,
    "Γειά σας, пакет, żółć, ştiință",
    "two\nlines\tand a tab",
]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert checked(text) == text


@examples(deadline=None)
@given(ANY_TEXT)
def test_clean_text_is_storable_and_clean_again(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert clean(cleaned) == cleaned
    controls = {char for char in cleaned if unicodedata.category(char) in ("Cc", "Cs")}
    assert controls <= {"\n", "\t"}


@examples(deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=100))
def test_clean_takes_nothing_else_away(text: str) -> None:
    assert clean(text) == text


@examples(deadline=None)
@given(ANY_TEXT)
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        taken = checked(text)
    except TextEmpty:
        assert not clean(text).strip()
    else:
        assert taken
        assert taken == taken.strip()


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("a\x00b", "ab"),
        ("a\ud83db", "a\ufffdb"),
        ("\x1b[31mred\x9b", "[31mred"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("  padded \n", "padded"),
    ],
)
def test_what_cannot_be_kept_is_taken_out(dirty: str, expected: str) -> None:
    assert checked(dirty) == expected


@pytest.mark.parametrize("text", ["", " ", "\n\t\r", "\x00", "\x00 \x7f", "\u00a0\u3000"])
def test_nothing_is_refused(text: str) -> None:
    with pytest.raises(TextEmpty):
        checked(text)


def test_the_longest_text_is_taken_and_one_more_refused() -> None:
    assert len(checked("я" * MAXIMUM_LENGTH)) == 4000
    for length in (MAXIMUM_LENGTH + 1, 100_000):
        with pytest.raises(TextTooLong, match=str(length)):
            checked("я" * length)
