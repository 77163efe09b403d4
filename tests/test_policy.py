"""What the tasks say from the help articles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from actions.backends.model import Asker, Shop
from actions.knowledge import (
    current_knowledge,
    forget_knowledge,
    help_link,
    passage_for,
    tell_policy,
    use_knowledge,
)
from actions.memory import WORDS, Memory
from actions.talk import Talk
from actions.turn import Turn, Wish
from actions.words import Words
from bot.nlu.knowledge import open_knowledge
from bot.nlu.passages import SAID, Passage
from tests.customer import domain

ROOT = Path(__file__).parent.parent
FEES = {
    "en": "Is there a cancellation fee?",
    "pl": "Czy jest opłata za anulowanie?",
    "el": "Υπάρχει χρέωση για ακύρωση;",
    "bg": "Има ли такса за отказ от поръчка?",
    "ro": "Există o taxă de anulare?",
}


@pytest.fixture(autouse=True)
def _our_articles() -> Iterator[None]:
    """The project's articles, with vectors that are kept between runs."""
    use_knowledge(open_knowledge(ROOT / "data" / "knowledge", ROOT / "var" / "cache"))
    yield
    use_knowledge(None)


def talk(
    text: str, language: str, *, words: str | None = None, pressed: bool = False, task: str = "x"
) -> Talk:
    given = {WORDS: [words]} if words is not None else {}
    wish = Wish(task, 1.0, text, {})
    turn = Turn(
        text=text, wishes=(wish,), given={}, pressed=pressed, nearest=(), message_id="m1",
        asker=Asker("web", "c1", False, language), user_id=None,
    )  # fmt: skip
    memory = Memory()
    shop = cast(Shop, None)  # never asked
    responses = Words(domain()["responses"], language)
    return Talk(turn, memory, memory.push(task, given), responses, shop, heard=None)


async def said(
    asked: Talk, otherwise: str | None = None, **values: object
) -> tuple[bool, list[dict[str, Any]]]:
    told = await tell_policy(asked, otherwise, **values)
    return told, asked.said


@pytest.mark.parametrize("language", FEES)
async def test_a_policy_is_told_with_its_link(language: str) -> None:
    told, (saying,) = await said(talk(FEES[language], language), "utter_cancellation_fee_rule")
    assert told
    assert saying["response"] == "utter_article"
    assert "5 %" in saying["answer"]
    assert len(saying["answer"]) <= SAID
    assert saying["link"] == f"http://localhost:8080/help/{language}/cancelling"
    assert saying["title"] == current_knowledge().library.shelf().articles[language, "cancelling"].title


async def test_the_words_of_the_wish_count_not_the_whole_message() -> None:
    asked = talk("What does delivery cost? And where is 10024?", "en", words="What does delivery cost?")
    assert (await said(asked))[1][0]["link"].endswith("/help/en/delivery")


async def test_a_pressed_button_counts_by_its_title() -> None:
    asked = talk("/check_refund_policy", "en", pressed=True, task="check_refund_policy")
    told, (saying,) = await said(asked, "utter_refund_rule")
    assert told
    assert saying["link"].endswith("/help/en/refunds")


async def test_an_article_in_another_language_is_told_as_such() -> None:
    told, (saying,) = await said(talk("Jak zbierać punkty lojalnościowe? loyalty points", "pl"))
    assert told
    assert saying["response"] == "utter_article_other_language"
    assert saying["link"].endswith("/help/en/loyalty")
    assert saying["language"] == "angielski"


@pytest.mark.parametrize("text", ["Tell me a joke", "hello", "", "/x", "Who is the president of France?"])
async def test_nothing_is_guessed(text: str) -> None:
    assert await said(talk(text, "en")) == (False, [])
    told, (saying,) = await said(talk(text, "en"), "utter_refund_rule", days=30)
    assert not told
    assert (saying["response"], saying["days"]) == ("utter_refund_rule", "30")


async def test_the_address_of_the_pages_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIJA_PUBLIC_URL", "https://shop.example/bot/")
    passage = await passage_for(FEES["ro"], "ro")
    assert passage is not None
    assert help_link(passage) == "https://shop.example/bot/help/ro/cancelling"


def test_closed_knowledge_is_forgotten_and_another_one_stays(tmp_path: Path) -> None:
    closed, other = open_knowledge(tmp_path), open_knowledge(tmp_path)
    use_knowledge(other)
    forget_knowledge(closed)
    assert current_knowledge() is other
    forget_knowledge(other)
    assert current_knowledge() is not other


def test_the_folder_is_a_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_knowledge(None)
    monkeypatch.setenv("GRIJA_KNOWLEDGE", str(tmp_path))
    assert current_knowledge().library.folder == tmp_path
    assert current_knowledge() is current_knowledge()
    assert current_knowledge().find("What does delivery cost?", "en") is None


@pytest.mark.parametrize("response", ["utter_article", "utter_article_other_language"])
def test_the_sentences_hold_text_title_and_link(response: str) -> None:
    for variation in domain()["responses"][response]:
        assert all(part in variation["text"] for part in ("{answer}", "{title}", "{link}"))


def test_a_passage_knows_where_it_stands() -> None:
    assert help_link(Passage("refunds", "bg", "", "", "")) == "http://localhost:8080/help/bg/refunds"
