"""What customers tell the server itself: a language, and to stop."""

from __future__ import annotations

import pytest

from bot import commands, texts
from bot.models import Address, Author, AuthorKind, Conversation, InboxItem, Message, Outcome, Status, now

LANGUAGES = ("en", "pl", "el", "bg", "ro")
STATE = {"version": 1, "events": ["a task is half done"]}


def answer(payload: str | None, *, language: str | None = None, locale: str | None = None) -> Outcome | None:
    said = Message("m", "c", 1, Author(AuthorKind.CUSTOMER), "as written", now(), payload=payload)
    item = InboxItem(1, said, Address("a", "k", "telegram", "1", "42"), now(), 1, 0, locale)
    conversation = Conversation("c", "k", Status.BOT, None, 0, language, STATE, 1)
    return commands.answer(conversation, item, languages=LANGUAGES)


def test_what_is_the_dialogues_is_left_to_it() -> None:
    assert answer(None) is None
    assert answer("/greet") is None
    assert answer('/track_order{"order_number": "10024"}') is None


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_chosen_language_holds_and_nothing_is_forgotten(code: str) -> None:
    outcome = answer(f'/choose_language{{"language": "{code}"}}', language="ro")
    assert outcome is not None
    assert (outcome.language, outcome.dialogue) == (code, STATE)
    assert [reply.text for reply in outcome.replies] == [texts.language_chosen(code)]


@pytest.mark.parametrize("words", ["", "xx", "klingon"])
def test_another_language_is_asked_for_with_buttons_that_choose(words: str) -> None:
    outcome = answer(f'/choose_language{{"language": "{words}"}}', locale="bg-BG")
    assert outcome is not None
    (asked,) = outcome.replies
    assert asked.text == texts.which_language("bg")
    assert [title for title, _ in asked.buttons] == ["English", "Polski", "Ελληνικά", "Български", "Română"]
    for code, (_, payload) in zip(LANGUAGES, asked.buttons, strict=True):
        chosen = answer(payload)
        assert chosen is not None
        assert chosen.language == code


def test_stop_forgets_what_was_begun() -> None:
    outcome = answer("/stop_bot", language="el")
    assert outcome is not None
    assert (outcome.dialogue, outcome.language) == (None, "el")
    assert [reply.text for reply in outcome.replies] == [texts.stopped("el")]


def test_every_sentence_is_there_in_every_language() -> None:
    for sentences in (texts._WHICH_LANGUAGE, texts._LANGUAGE_CHOSEN, texts._STOPPED, texts.LANGUAGE_NAMES):
        assert set(sentences) == set(LANGUAGES)
        assert len(set(sentences.values())) == len(LANGUAGES)
    assert texts.stopped("xx") == texts.stopped("en")
