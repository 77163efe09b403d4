"""Help articles: what is one, what is said of it, and that changes of the folder are noticed."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.articles import CHECK_SECONDS, LARGEST, ArticleBroken, Library, parse_article, read_shelf
from bot.nlu.passages import SAID, short, units

ROOT = Path(__file__).parent.parent
PROJECT = read_shelf(ROOT / "data" / "knowledge")
LANGUAGES = ("en", "pl", "el", "bg", "ro")


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def write(folder: Path, name: str, text: str | bytes) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)


def parse(text: str) -> list[tuple[str, str]]:
    return [
        (section.heading, section.text) for section in parse_article(text, id="a", language="en").sections
    ]


def test_an_article_is_its_title_and_its_sections() -> None:
    article = parse_article(
        "# Title *here*\n\nBefore.\n\n## One\n\nText.\n\n## Two\n\nMore.\n", id="a", language="pl"
    )
    assert (article.id, article.language, article.title) == ("a", "pl", "Title here")
    assert [(part.heading, part.text) for part in article.sections] == [
        ("", "Before."), ("One", "Text."), ("Two", "More."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        (
            "It **costs** `5 %`, see [the list](delivery) <b>now</b>.",
            "It costs 5 %, see the list <b>now</b>.",
        ),
        ("One\ntwo.\n\nThree.", "One two.\nThree."),
        ("- a\n- b *c*\n\n1. d", "• a\n• b c\n• d"),
        ("### Small\n\nText.", "Small\nText."),
        ("| a | b |\n|---|---|\n| c | d |\n\nEnd.", "a, b\nc, d\nEnd."),
        ("```\n## no heading\n```", "## no heading"),
        ("Shown. <!-- hidden -->", "Shown."),
    ],
)
def test_the_text_of_a_section_is_plain(markdown: str, text: str) -> None:
    assert parse(f"# T\n\n## S\n\n{markdown}\n") == [("S", text)]


def test_questions_are_read_and_not_shown() -> None:
    article = parse_article(
        "# T\n\nText.\n\n<!-- asked: Is it free? | What\ndoes it cost? | -->\n\n<!-- a note -->\n",
        id="a",
        language="en",
    )
    assert article.sections[0].asked == ("Is it free?", "What\ndoes it cost?")
    assert article.sections[0].text == "Text."
    assert {"Is it free?", "What\ndoes it cost?"} <= set(units(article)[0].encoded)


@pytest.mark.parametrize(
    "text", ["", "Text.", "\n# Title\n\nText.", "# \n\nText.", "## Section\n\nText.", "# Title\n"]
)
def test_what_has_no_title_or_no_text_is_no_article(text: str) -> None:
    with pytest.raises(ArticleBroken):
        parse(text)


@given(st.text())
def test_any_text_is_an_article_or_broken(text: str) -> None:
    for candidate in (text, f"# {text}", f"# T\n\n{text}\n\n## {text}\n\n{text}"):
        try:
            article = parse_article(candidate, id="a", language="en")
        except ArticleBroken:
            continue
        assert article.title
        assert all(len(unit.passage.text) <= SAID and unit.passage.text for unit in units(article))


def test_a_broken_file_is_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "en/good.md", "\ufeff# Good\r\n\r\nText.\r\n")
    write(tmp_path, "en/no-title.md", "Text.")
    write(tmp_path, "en/latin.md", "# Café\n\nText.".encode("latin-1"))
    write(tmp_path, "en/Bad Name.md", "# Title\n\nText.")
    write(tmp_path, "en/large.md", b"# T\n\n" + b"x" * LARGEST)
    write(tmp_path, "en/notes.txt", "no article")
    write(tmp_path, "README.md", "no article")
    write(tmp_path, "drafts/a.md", "no article")
    library = Library(tmp_path)
    with caplog.at_level(logging.WARNING):
        shelf = library.shelf()
    assert list(shelf.articles) == [("en", "good")]
    assert [fault.partition(":")[0] for fault in shelf.faults] == [
        "en/Bad Name.md", "en/large.md", "en/latin.md", "en/no-title.md",
    ]  # fmt: skip
    assert "it is not UTF-8" in shelf.faults[2]
    assert len(caplog.records) == 4
    assert all("\n" not in record.getMessage() for record in caplog.records)


def test_a_missing_folder_is_an_empty_shelf(tmp_path: Path) -> None:
    assert not Library(tmp_path / "none").shelf().articles


def test_changes_are_noticed_but_not_looked_for_at_every_turn(tmp_path: Path) -> None:
    write(tmp_path, "en/a.md", "# A\n\nText.")
    clock = Clock()
    library = Library(tmp_path, clock=clock)
    first = library.shelf()
    write(tmp_path, "en/b.md", "# B\n\nText.")
    clock.now += CHECK_SECONDS / 2
    assert library.shelf() is first
    clock.now += CHECK_SECONDS / 2
    assert set(library.shelf().articles) == {("en", "a"), ("en", "b")}
    write(tmp_path, "en/a.md", "# Another title\n\nText.")
    (tmp_path / "en" / "b.md").unlink()
    clock.now += CHECK_SECONDS
    third = library.shelf()
    assert [article.title for article in third.articles.values()] == ["Another title"]
    clock.now += CHECK_SECONDS
    assert library.shelf() is third, "nothing has changed"


def test_a_fault_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "en/a.md", "no title")
    clock = Clock()
    library = Library(tmp_path, clock=clock)
    with caplog.at_level(logging.WARNING):
        for name in ("b", "c"):
            library.shelf()
            write(tmp_path, f"en/{name}.md", f"# {name}\n\nText.")
            clock.now += CHECK_SECONDS
        assert len(library.shelf().articles) == 2
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("One. Two.", "One. Two."),
        ("A sentence of some words. Another sentence that is too long for it.", "A sentence of some words."),
        ("First line\nsecond line that is too long for thirty", "First line"),
        ("A single sentence without any end that is too long", "A single sentence without…"),
    ],
)
def test_what_is_said_is_whole_sentences(text: str, said: str) -> None:
    assert short(text, 30) == said


# -- The project's own articles -------------------------------------------------------------------------


def test_our_articles_are_whole() -> None:
    assert not PROJECT.faults
    ids = {id for _, id in PROJECT.articles}
    assert 16 <= len(ids) <= 25
    assert {id for language, id in PROJECT.articles if language == "en"} == ids, "English is the fall-back"
    missing = {(language, id) for language in LANGUAGES for id in ids} - set(PROJECT.articles)
    assert 2 <= len(missing) <= 10


@pytest.mark.parametrize("key", sorted(PROJECT.articles), ids="/".join)
def test_our_articles_are_short_and_can_be_said_whole(key: tuple[str, str]) -> None:
    article = PROJECT.articles[key]
    words = " ".join(section.text for section in article.sections).split()
    assert 80 <= len(words) <= 320, f"{len(words)} words"
    cut = [part.heading for part in article.sections if short(part.text) != part.text]
    assert not cut, f"longer than {SAID} characters: {cut}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_articles_say_what_the_shop_does(language: str) -> None:
    from actions.backends.catalogue import DELIVERY
    from actions.backends.demo.reading import FEE_RATE, LEAST_FEE
    from bot.settings import Settings

    def text(id: str) -> str:
        return " ".join(part.text for part in PROJECT.articles[language, id].sections)

    prices = {f"{method.price}" for method in DELIVERY if method.price}
    for price in prices:
        assert price.replace(".", "," if language != "en" else ".") in text("delivery")
    for method in DELIVERY:
        assert re.search(rf"\b{method.days_low}\D{{1,9}}{method.days_high}\b", text("delivery-time"))
    assert f"{FEE_RATE * 100:.0f} %" in text("cancelling")
    assert f"{LEAST_FEE:.0f} €" in text("cancelling") or f"€{LEAST_FEE:.0f}" in text("cancelling")
    assert "30" in text("refunds")
    assert "14" in text("refunds")
    assert Settings().support_contact in text("contact")
