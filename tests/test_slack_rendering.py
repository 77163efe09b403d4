"""What we post: text as text, within Slack's limits, with buttons that come back."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.models import Author, AuthorKind, Button, Message
from channels.slack_markup import escaped, mentions, plain
from channels.slack_rendering import LONGEST_TEXT, home, part_of, posts, split
from channels.slack_texts import texts_in
from tests.platforms.slack_checks import check_blocks, check_metadata, check_text, pings, shown


def message(
    text: str, buttons: tuple[Button, ...] = (), kind: AuthorKind = AuthorKind.BOT, name: str = "Grija"
) -> Message:
    return Message(
        "m1", "c1", 1, Author(kind, name), text, datetime(2026, 5, 1, tzinfo=timezone.utc), buttons
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<@UBOT> hello", "hello"),
        ("<@U2|boris> hello", "@boris hello"),
        ("in <#C1|general>", "in #general"),
        ("<!here> and <!subteam^S1|@team>", "@here and @team"),
        ("see <https://x.example/a?b=1&amp;c=2>", "see https://x.example/a?b=1&c=2"),
        ("see <https://x.example|the page>", "see the page (https://x.example)"),
        ("see <https://x.example|x.example>", "see https://x.example"),
        ("mail <mailto:a@x.example|a@x.example>", "mail a@x.example"),
    ],
)
def test_slacks_markup_is_read_as_people_see_it(written: str, read: str) -> None:
    assert plain(written, "UBOT") == read


def test_mentions_are_found() -> None:
    assert mentions("<@UBOT> <@U2|boris> &lt;@U3&gt;") == {"UBOT", "U2"}


@examples(deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=200))
def test_any_text_is_shown_as_it_is_and_calls_nobody(text: str) -> None:
    assert shown(escaped(text)) == text
    assert pings(escaped(text)) == []


def test_addresses_are_links_without_the_full_stop() -> None:
    assert escaped("See https://shop.example/a?b=1&c=2.") == "See <https://shop.example/a?b=1&amp;c=2>."


@pytest.mark.parametrize("text", ["<!channel>", "<@U1>", "*bold* & <script>", "<https://evil.example|bank>"])
def test_markup_of_customers_is_text(text: str) -> None:
    assert shown(escaped(text)) == text
    assert pings(escaped(text)) == []


@pytest.mark.parametrize(
    ("name", "written"),
    [("Eva", "*Eva*\nHello"), ("*E*\n<!here>", "*E &lt;!here&gt;*\nHello"), ("", "Hello")],
)
def test_a_person_who_answers_is_named_above_the_text(name: str, written: str) -> None:
    (post,) = posts(message("Hello", kind=AuthorKind.AGENT, name=name), "T1")
    assert post.text == written
    assert pings(post.text) == []


def test_a_short_message_is_one_post_without_blocks() -> None:
    (post,) = posts(message("Hello"), "T1")
    assert (post.text, post.blocks, post.part) == ("Hello", (), 0)
    check_metadata(dict(post.metadata))


@pytest.mark.parametrize(
    "piece", ["word ", "&", "<", "ж" * 50 + "\n", "line\n\n", "https://shop.example/a&b "]
)
def test_a_long_message_is_split_and_nothing_is_lost(piece: str) -> None:
    text = (piece * 12_000)[:12_000]
    found = posts(message(text), "T1")
    assert [post.part for post in found] == list(range(len(found)))
    assert len(found) > 1
    for post in found:
        check_text(post.text)
        assert len(post.text) <= LONGEST_TEXT
    assert "".join(re.sub(r"\s", "", shown(post.text)) for post in found) == re.sub(r"\s", "", text)


def test_a_message_is_cut_between_paragraphs() -> None:
    first, second = "a" * 2000, "b" * 2000
    assert split(f"{first}\n\n{second}") == [first, second]


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_message_is_still_a_text_for_slack(text: str) -> None:
    (post,) = posts(message(text), "T1")
    check_text(post.text)


@pytest.mark.parametrize("count", [1, 5, 26, 60])
def test_buttons_stand_below_the_last_post_and_carry_their_ids(count: int) -> None:
    buttons = tuple(
        Button(f"b{number}", f"Title {number} <&> " + "x" * 100, "/affirm") for number in range(count)
    )
    *others, last = posts(message("word " * 1000, buttons), "T1")
    assert all(post.blocks == () for post in others)
    check_blocks(list(last.blocks), most=50)
    elements = [element for block in last.blocks[1:] for element in block["elements"]]
    assert [element["value"] for element in elements] == [button.id for button in buttons]
    assert "/affirm" not in str(last), "an intent never goes out"
    assert last.blocks[1]["block_id"] == "grija:T1:m1"


def test_our_posts_are_known_again() -> None:
    (post,) = posts(message("Hello"), "T1")
    assert part_of({"metadata": post.metadata}, "m1") == 0
    assert part_of({"metadata": post.metadata}, "m2") is None
    assert part_of({"text": "Hello"}, "m1") is None


@pytest.mark.parametrize("language", ["en", "pl", "el", "bg", "ro", "xx"])
def test_the_app_home_shows_the_conversation(language: str) -> None:
    said = [message(f"{number} <b>" + "long " * 200, kind=AuthorKind.CUSTOMER) for number in range(60)]
    view = home(said, texts_in(language))
    check_blocks(view["blocks"], most=100)
    assert "59 &lt;b&gt;" in str(view)
    empty = home([], texts_in(language))
    check_blocks(empty["blocks"], most=100)
    assert texts_in(language)["empty"] in str(empty)
