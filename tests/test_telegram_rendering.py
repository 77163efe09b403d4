"""What we say, as Telegram takes it: never too long, never cut through a character, entities in their places."""

from __future__ import annotations

import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Author, AuthorKind, Button, Message, now
from channels.telegram_rendering import Part, keyboard_of, render, split, utf16
from tests.platforms import telegram_rules as rules

FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇷🇴"
THUMB = "👍🏽"


def said(text: str, *, kind: AuthorKind = AuthorKind.BOT, name: str = "Grija", **more: object) -> Message:
    return Message("m", "c", 1, Author(kind, name), text, now(), **more)  # type: ignore[arg-type]


def parts(text: str, *, longest: int) -> list[str]:
    return [text[start:end] for start, end in split(text, longest=longest)]


def test_a_short_text_goes_as_it_is() -> None:
    assert render(said("Поръчка 10024: <b>път</b> & *още* _тук_")) == (
        Part("Поръчка 10024: <b>път</b> & *още* _тук_"),
    )


def test_a_text_of_nothing_is_no_message() -> None:
    assert render(said("")) == ()
    assert render(said(" \n\x00 ")) == ()


def test_an_agent_is_named_in_bold_above_the_text() -> None:
    (part,) = render(said("I look into it", kind=AuthorKind.AGENT, name="Мария 🌷"))
    assert part.text == "Мария 🌷\nI look into it"
    ((kind, offset, length),) = [(item.type, item.offset, item.length) for item in part.entities]
    assert (kind, offset, length) == ("bold", 0, 8)
    rules.check_entities(part.text, [item.to_dict() for item in part.entities])


def test_the_name_stands_only_above_the_first_part() -> None:
    first, second = render(said("x" * 4096, kind=AuthorKind.AGENT, name="Maria"))
    assert first.text.startswith("Maria\nx")
    assert (len(first.entities), second.entities) == (1, ())


def test_a_text_is_divided_where_it_hurts_least() -> None:
    assert parts("aaaa bbb.\n\ncc", longest=11) == ["aaaa bbb.", "cc"]
    assert parts("one two\nthree four", longest=12) == ["one two", "three four"]
    assert parts("So it is. And more of it", longest=15) == ["So it is.", "And more of it"]
    assert parts("several words here", longest=13) == ["several words", "here"]
    assert parts("abcdefgh", longest=3) == ["abc", "def", "gh"]
    assert parts("abc   ", longest=3) == ["abc"]


def test_no_emoji_is_cut_through() -> None:
    assert parts(FAMILY * 3, longest=12) == [FAMILY] * 3
    assert parts(FLAG * 3, longest=7) == [FLAG] * 3
    assert parts(THUMB + "e\u0301" * 3, longest=5) == [THUMB, "e\u0301e\u0301", "e\u0301"]


def test_four_thousand_emoji_fit_into_messages() -> None:
    rendered = render(said("😀" * 4000))
    assert [utf16(part.text) for part in rendered] == [4096, 3904]
    for part in rendered:
        rules.check_text(part.text)


# Zalgo text: a letter under ten thousand accents is cut, or it could not be sent at all.
def test_a_character_longer_than_a_message_is_cut() -> None:
    assert [len(part.text) for part in render(said("e" + "\u0301" * 9999))] == [4096, 4096, 1808]


@given(
    st.lists(
        st.sampled_from(["a", "б", "😀", FAMILY, FLAG, "e\u0301", " ", "\n", ".", "\n\n"]), max_size=60
    ).map("".join),
    st.integers(16, 40),
)
def test_whatever_is_divided_is_complete_short_enough_and_whole_characters(text: str, longest: int) -> None:
    divided = parts(text, longest=longest)
    assert "".join("".join(divided).split()) == "".join(text.split())
    characters = regex.findall(r"\X", text)
    for part in divided:
        assert utf16(part) <= longest
        assert part == part.strip() != ""
        assert set(regex.findall(r"\X", part)) <= set(characters)


def test_buttons_stand_under_the_last_part_with_ids_that_fit() -> None:
    buttons = (Button("a" * 32, "Yes", "/affirm"), Button("b" * 32, "No", "/deny"))
    first, last = render(said("x" * 5000, buttons=buttons))
    assert first.keyboard is None
    assert last.keyboard is not None
    markup = last.keyboard.to_dict()
    rules.check_keyboard(markup)
    assert markup["inline_keyboard"] == [
        [{"text": "Yes", "callback_data": "a" * 32}, {"text": "No", "callback_data": "b" * 32}]
    ]


def test_long_buttons_stand_below_each_other() -> None:
    titles = ["Cancel the whole order", "Keep it", "Change the address", "1", "2", "3", "4", "5", " "]
    keyboard = keyboard_of([Button(f"{number}", title, "/x") for number, title in enumerate(titles)])
    assert keyboard is not None
    assert [[button.text for button in row] for row in keyboard.inline_keyboard] == [
        ["Cancel the whole order"],
        ["Keep it"],
        ["Change the address", "1", "2", "3"],
        ["4", "5", "…"],
    ]
    rules.check_keyboard(keyboard.to_dict())
    many = keyboard_of([Button(f"{number}", "a", "/x") for number in range(300)])
    assert many is not None
    rules.check_keyboard(many.to_dict())
