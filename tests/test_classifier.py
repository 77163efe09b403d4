"""The intent model: what it learns, how sure it says it is, how it is kept, and any text at all."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.classifier import Example, IntentModel, best_temperature, divided, fit_intents, tempered
from bot.nlu.encoder import Hashing, Vectors
from bot.nlu.familiar import MOST_LINES, Familiarity, fit_familiarity, thinned
from bot.nlu.linear import fit_linear, softmax
from bot.nlu.ngrams import Ngrams
from bot.nlu.spelling import variants
from bot.nlu.storage import load_intents, save_intents

LINES = {
    "track_order": [
        "where is my order", "track my order please", "where is my parcel now", "gdzie jest moje zamówienie",
        "kiedy przyjdzie moje zamówienie", "που είναι η παραγγελία μου", "πότε έρχεται η παραγγελία",
        "къде ми е поръчката", "кога идва поръчката", "unde este comanda mea",
    ],
    "cancel_order": [
        "cancel my order", "I want to cancel it", "please cancel the parcel", "chcę anulować zamówienie",
        "anuluj moje zamówienie", "ακυρώστε την παραγγελία", "θέλω να ακυρώσω", "откажете поръчката",
        "искам да откажа", "vreau să anulez comanda",
    ],
    "greet": [
        "hello", "hello there", "good morning", "dzień dobry", "cześć", "γεια σας", "καλημέρα", "здравейте",
        "добър ден", "bună ziua",
    ],
}  # fmt: skip


def examples() -> list[Example]:
    lines = [(text, intent) for intent, texts in LINES.items() for text in texts]
    copies = [(copy.text, intent, text) for text, intent in lines for copy in variants(text)]
    return [Example(*part) for part in (*((text, intent, text) for text, intent in lines), *copies)]


def vectors(texts: list[str]) -> Vectors:
    return Hashing().encode(texts)


@cache
def model() -> IntentModel:
    found = examples()
    return fit_intents(found, vectors([example.text for example in found]))


def best(text: str) -> str:
    return model().rank(text, vectors([text])[0])[0].name


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("WHERE IS MY ORDER???", "track_order"),
        ("gdzie zamowienie", "track_order"),
        ("pou einai h paraggelia", "track_order"),
        ("kude mi e poruchkata", "track_order"),
        ("cancel order", "cancel_order"),
        ("anulez comanda", "cancel_order"),
        ("akyrwste thn", "cancel_order"),
        ("kalimera", "greet"),
        ("buna ziua", "greet"),
    ],
)
def test_unseen_spellings_are_understood(text: str, intent: str) -> None:
    assert best(text) == intent


def test_ranking_is_whole_ordered_and_sums_to_one() -> None:
    ranking = model().rank("where is my order", vectors(["where is my order"])[0])
    assert {ranked.name for ranked in ranking} == set(LINES)
    confidences = [ranked.confidence for ranked in ranking]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("text", ["", "  ", "\x00", "a@b.com"])
def test_a_text_that_says_nothing_gives_equal_confidences(text: str) -> None:
    ranking = model().rank(text, vectors([text])[0])
    assert {round(ranked.confidence, 5) for ranked in ranking} == {round(1 / 3, 5)}


def test_training_without_examples_is_refused() -> None:
    with pytest.raises(ValueError, match="no training examples"):
        fit_intents([], vectors([]))


def test_one_intent_alone_is_always_that_intent() -> None:
    only = [Example("hello", "greet", "a"), Example("hi", "greet", "b")]
    alone = fit_intents(only, vectors(["hello", "hi"]))
    assert [ranked.name for ranked in alone.rank("cancel", vectors(["cancel"])[0])] == ["greet"]


def test_spellings_of_one_line_never_stand_on_both_sides() -> None:
    found = examples()
    inside, outside = divided(found)
    assert sorted([*inside, *outside]) == list(range(len(found)))
    assert 0.15 < len(outside) / len(found) < 0.5
    assert not {found[row].group for row in inside} & {found[row].group for row in outside}


def test_what_is_far_from_every_line_is_not_familiar() -> None:
    random = np.random.default_rng(1)
    topic = random.normal(size=32) * 3
    lines = (random.normal(size=(200, 32)) + topic).astype(np.float32)
    known = fit_familiarity(lines, (random.normal(size=(100, 32)) + topic).astype(np.float32))
    near = [known.share((random.normal(size=32) + topic).astype(np.float32)) for _ in range(50)]
    far = [known.share((random.normal(size=32) - topic).astype(np.float32)) for _ in range(50)]
    assert np.median(near) > 0.95
    assert max(far) < 0.01
    assert known.share(np.zeros(32, dtype=np.float32)) < 0.01


def test_few_lines_cannot_tell_what_is_familiar() -> None:
    few = np.eye(8, dtype=np.float32)
    assert fit_familiarity(few, few).share(-few[0]) == 1.0


def test_a_bounded_number_of_lines_is_compared() -> None:
    many = np.eye(MOST_LINES + 500, 4, dtype=np.float32)
    assert len(thinned(many)) == MOST_LINES
    assert len(thinned(many[:10])) == 10


def test_confidence_falls_with_familiarity() -> None:
    lines = vectors([example.text for example in examples()])
    strict = replace(model(), known=Familiarity(lines, half=2.0, width=0.1))
    text = "where is my order"
    weak, strong = (found.rank(text, vectors([text])[0])[0] for found in (strict, model()))
    assert weak.name == strong.name
    assert weak.confidence < 0.1 < strong.confidence


def test_temperature_follows_how_often_sure_answers_are_right() -> None:
    sure = np.tile(np.asarray([[0.9, 0.1]], dtype=np.float32), (100, 1))
    often = np.asarray([0] * 60 + [1] * 40)
    always = np.zeros(100, dtype=np.int64)
    assert best_temperature(sure, often) > 1.5
    assert best_temperature(sure, always) < 0.5
    assert tempered(sure, best_temperature(sure, often))[0, 0] == pytest.approx(0.6, abs=0.06)


def test_model_survives_storage_without_pickle(tmp_path: Path) -> None:
    save_intents(model(), tmp_path)
    again = load_intents(tmp_path)
    text = "pou einai h paraggelia"
    assert again.rank(text, vectors([text])[0]) == model().rank(text, vectors([text])[0])
    with zipfile.ZipFile(tmp_path / "arrays.npz") as archive:
        assert all(archive.read(name)[:6] == b"\x93NUMPY" for name in archive.namelist())
        assert not any(b"'O'" in archive.read(name)[:128] for name in archive.namelist())


def test_training_twice_gives_the_same_model() -> None:
    found = examples()
    again = fit_intents(found, vectors([example.text for example in found]))
    assert np.array_equal(again.characters.weights, model().characters.weights)
    assert again.temperature == model().temperature


def test_ngrams_are_those_of_words_with_their_ends() -> None:
    ngrams = Ngrams.fit(["ab", "ab c"], longest=2, least=1)
    assert set(ngrams.terms) == {" ", "a", "b", "c", " a", "ab", "b ", " c", "c "}
    columns, weights = ngrams.row("ab zz")
    assert {ngrams.terms[column] for column in columns} == {" ", "a", "b", " a", "ab", "b "}
    assert float(np.linalg.norm(weights)) == pytest.approx(1.0)
    assert ngrams.matrix(["ab", "", "c"]).shape == (3, 9)


def test_a_very_long_word_makes_no_more_ngrams_than_a_long_one() -> None:
    ngrams = Ngrams.fit(["abcdefghij" * 100], longest=3, least=1)
    assert len(ngrams.terms) < 130


def test_linear_separates_and_absent_classes_stay_unlikely() -> None:
    features = np.asarray([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]], dtype=np.float32)
    linear = fit_linear(features, [0, 0, 1, 1], 2, 10.0)
    assert softmax(linear.dense(features)).argmax(axis=1).tolist() == [0, 0, 1, 1]


@given(st.text(st.characters(), max_size=120))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_probabilities(text: str) -> None:
    ranking = model().rank(text, vectors([text])[0])
    assert sum(ranked.confidence for ranked in ranking) == pytest.approx(1.0, abs=1e-4)
    assert all(0.0 <= ranked.confidence <= 1.0 for ranked in ranking)
