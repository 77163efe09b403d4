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

from bot.nlu.certainty import BARE, LEAST_TRIED, Certainty, Sign, fit_certainty, settled, sign
from bot.nlu.classifier import (
    OUTSIDE,
    Example,
    IntentModel,
    best_temperature,
    divided,
    fit_intents,
    seen,
    tempered,
)
from bot.nlu.encoder import Hashing, Vectors
from bot.nlu.familiar import MOST_LINES, Familiar
from bot.nlu.linear import fit_dense, fit_linear, fit_machine, softmax
from bot.nlu.ngrams import Ngrams
from bot.nlu.restore import restored
from bot.nlu.storage import load_intents, save_intents
from bot.nlu.weighing import Weighing, fit_weighing
from bot.nlu.whitening import fit_whitening

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


LANGUAGES = ("en", "en", "en", "pl", "pl", "el", "el", "bg", "bg", "ro")
"""Of the lines of each intent."""


def examples() -> list[Example]:
    return [
        Example(restored(text, language), intent)
        for intent, texts in LINES.items()
        for text, language in zip(texts, LANGUAGES, strict=True)
    ]


def vectors(texts: list[str]) -> Vectors:
    return Hashing().encode(texts)


@cache
def model() -> IntentModel:
    found = examples()
    return fit_intents(found, vectors([example.text for example in found]))


@pytest.mark.parametrize(
    ("text", "language", "intent"),
    [
        ("WHERE IS MY ORDER???", "en", "track_order"),
        ("gdzie zamowienie", "pl", "track_order"),
        ("pou einai h paraggelia", "el", "track_order"),
        ("kude mi e poruchkata", "bg", "track_order"),
        ("cancel order", "en", "cancel_order"),
        ("anulez comanda", "ro", "cancel_order"),
        ("akyrwste thn", "el", "cancel_order"),
        ("kalimera", "el", "greet"),
        ("buna ziua", "ro", "greet"),
    ],
)
def test_unseen_spellings_are_understood(text: str, language: str, intent: str) -> None:
    as_read = restored(text, language)
    assert model().rank(as_read, vectors([as_read])[0])[0].name == intent


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
    only = [Example("hello", "greet"), Example("hi", "greet")]
    alone = fit_intents(only, vectors(["hello", "hi"]))
    assert [ranked.name for ranked in alone.rank("cancel", vectors(["cancel"])[0])] == ["greet"]


def test_equal_texts_never_stand_on_both_sides() -> None:
    found = [*examples(), *(Example(f"  {example.text.upper()} ", example.intent) for example in examples())]
    inside, outside = divided(found, 5)
    assert sorted([*inside, *outside]) == list(range(len(found)))
    assert 0.15 < len(outside) / len(found) < 0.5
    assert not {seen(found[row].text) for row in inside} & {seen(found[row].text) for row in outside}


def test_nearness_is_that_of_the_nearest_lines() -> None:
    known = Familiar.of(np.asarray([[1, 0], [0, 2], [0, 1], [0, 3]], dtype=np.float32))
    assert known.nearness(np.asarray([0, 5], dtype=np.float32)) == pytest.approx(1.0)
    assert known.nearness(np.asarray([1, 0], dtype=np.float32)) == pytest.approx(1 / 3)
    assert Familiar.of(np.zeros((0, 2), dtype=np.float32)).nearness(np.ones(2, dtype=np.float32)) == 0.0


def test_a_bounded_number_of_lines_is_compared() -> None:
    assert len(Familiar.of(np.eye(MOST_LINES + 500, 4, dtype=np.float32)).lines) == MOST_LINES


def test_whitening_makes_small_what_tells_lines_of_one_intent_apart() -> None:
    random = np.random.default_rng(2)
    labels = [0, 1] * 200
    numbers = random.normal(size=(400, 3))
    numbers[:, 0] += 4 * np.asarray(labels)
    numbers[:, 1] *= 9
    rows = np.asarray(numbers, dtype=np.float32)
    whitening = fit_whitening(rows, labels)
    white = whitening.of(rows)
    assert float((white**2).mean()) == pytest.approx(1.0, abs=0.01)
    within = [white[np.asarray(labels) == label].std(axis=0).mean(axis=0) for label in (0, 1)]
    between = white[np.asarray(labels) == 0].mean(axis=0) - white[np.asarray(labels) == 1].mean(axis=0)
    assert abs(between[0]) > 2 * max(within)
    assert np.allclose(whitening.of(rows[3]), white[3], atol=1e-5)
    assert np.isfinite(fit_whitening(np.ones((1, 3), dtype=np.float32), [0]).turn).all()


def signs(count: int, near: float, seed: int) -> list[Sign]:
    random = np.random.default_rng(seed)
    shares = random.uniform(0.3, 0.99, count)
    return [sign(float(share), float(random.normal(near, 0.05)), 0.0, 0.1) for share in shares]


def test_confidence_says_how_often_an_answer_is_right_and_falls_with_distance() -> None:
    random = np.random.default_rng(3)
    inside, outside = signs(2_000, 0.6, 1), signs(200, 0.3, 2)
    right = [bool(random.uniform() < 0.5 + item.odds / 10) for item in inside] + [False] * 200
    certainty = fit_certainty([*inside, *outside], right, [False] * 2_000 + [True] * 200)
    found = [certainty.of(item) for item in (*inside, *outside)]
    assert np.mean(found) == pytest.approx(np.mean(right), abs=0.02)
    assert certainty.of(sign(0.9, 0.6, 0.0, 0.1)) > 0.5 > 0.3 > certainty.of(sign(0.9, 0.3, 0.0, 0.1))


def test_without_lines_outside_nearness_still_counts() -> None:
    inside = signs(500, 0.6, 1)
    certainty = fit_certainty(inside, [item.odds > 1 for item in inside], [False] * 500)
    assert certainty.of(sign(0.9, 0.6, 0.0, 1.0)) > certainty.of(sign(0.9, 0.3, 0.0, 1.0))


def test_few_lines_cannot_tell_how_sure_is_sure() -> None:
    few = signs(LEAST_TRIED - 1, 0.6, 1)
    assert fit_certainty(few, [place % 2 == 0 for place in range(len(few))], [False] * len(few)) == BARE
    many = signs(LEAST_TRIED, 0.6, 1)
    assert fit_certainty(many, [True] * len(many), [False] * len(many)) == BARE


@given(
    st.lists(st.floats(0.001, 1.0), min_size=2, max_size=9), st.floats(0.0, 1.0), st.sampled_from([None, 0])
)
def test_a_settled_confidence_keeps_the_order(
    parts: list[float], confidence: float, outside: int | None
) -> None:
    shares = np.asarray(parts, dtype=np.float32) / np.float32(sum(parts))
    after = settled(shares, confidence, outside)
    first = 0 if outside is None else 1
    best = first + int(shares[first:].argmax())
    assert after[best] == pytest.approx(confidence)
    assert after[first:].max() <= after[best] + 1e-6
    assert after.sum() <= 1.0 + 1e-4
    assert after.min() >= 0.0
    if outside is not None:
        assert (after[0] <= after[best]) or shares[0] > shares[best]


def test_a_stranger_is_answered_with_less_confidence() -> None:
    strict = replace(model(), certainty=Certainty((1.0, 50.0, 0.0, 0.0), -60.0))
    text = "where is my order"
    weak, strong = (found.rank(text, vectors([text])[0])[0] for found in (strict, model()))
    assert weak.name == strong.name
    assert weak.confidence < 0.1 < strong.confidence


def test_what_is_out_of_scope_is_learned_and_makes_strangers_less_likely() -> None:
    strange = ["tell me a joke", "what is the weather", "who won the match", "sing me a song", "powiedz żart"]
    found = [*examples(), *(Example(text, OUTSIDE) for text in strange)]
    trained = fit_intents(found, vectors([example.text for example in found]))
    assert trained.rank("tell a joke", vectors(["tell a joke"])[0])[0].name == OUTSIDE
    assert trained.rank("track my order", vectors(["track my order"])[0])[0].name == "track_order"
    assert len(trained.known.lines) == sum(map(len, LINES.values()))


def test_the_half_that_is_right_weighs_more() -> None:
    random = np.random.default_rng(5)
    answers = random.integers(0, 4, 500)
    true = np.eye(4, dtype=np.float32)[answers]
    noise = random.normal(size=(500, 4)).astype(np.float32)
    assert fit_weighing(noise, true + noise / 3, answers).ngrams > Weighing().ngrams
    assert fit_weighing(true + noise / 3, noise, answers).ngrams < Weighing().ngrams / 2
    assert fit_weighing(noise[:9], noise[:9], answers[:9]) == Weighing()


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
    assert (again.weighing, again.certainty) == (model().weighing, model().certainty)


def test_ngrams_are_those_of_words_with_their_ends() -> None:
    ngrams = Ngrams.fit(["ab", "ab c"], longest=2, least=1)
    assert set(ngrams.terms) == {" ", "a", "b", "c", " a", "ab", "b ", " c", "c "}
    columns, weights = ngrams.row("ab zz")
    assert {ngrams.terms[column] for column in columns} == {" ", "a", "b", " a", "ab", "b "}
    assert float(np.linalg.norm(weights)) == pytest.approx(1.0)
    assert ngrams.matrix(["ab", "", "c"]).shape == (3, 9)


def test_a_very_long_word_makes_no_more_ngrams_than_a_long_one() -> None:
    assert not set(Ngrams.fit(["ab", "ab c"], longest=2, least=1, shortest=2).terms) & set("abc ")
    ngrams = Ngrams.fit(["abcdefghij" * 100], longest=3, least=1)
    assert len(ngrams.terms) < 130


def test_linear_separates_and_absent_classes_stay_unlikely() -> None:
    features = np.asarray([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]], dtype=np.float32)
    linear = fit_linear(features, [0, 0, 1, 1], 2, 10.0)
    assert softmax(linear.dense(features)).argmax(axis=1).tolist() == [0, 0, 1, 1]
    assert not fit_linear(features, [1, 1, 1, 1], 2, 10.0).weights.any()


def test_fast_regression_finds_the_optimum_of_the_slow_one() -> None:
    random = np.random.default_rng(4)
    labels = [0, 1, 1, 3] * 50
    rows = (random.normal(size=(200, 5)) + np.asarray(labels)[:, None]).astype(np.float32)
    slow, fast = fit_linear(rows, labels, 4, 0.1), fit_dense(rows, labels, 4, 0.1)
    present = [0, 1, 3]
    found, wanted = (softmax(item.dense(rows)[:, present]) for item in (fast, slow))
    assert np.allclose(found, wanted, atol=0.02)
    assert softmax(fast.dense(rows))[:, 2].max() < 0.25
    warm = fit_dense(rows, labels, 4, 0.1, start=fast)
    assert np.allclose(warm.weights, fast.weights, atol=0.01)


def test_a_machine_separates_two_or_more_classes_and_doubts_absent_ones() -> None:
    features = np.asarray([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]], dtype=np.float32)
    assert fit_machine(features, [0, 0, 1, 1], 3, 10.0).dense(features).argmax(axis=1).tolist() == [
        0,
        0,
        1,
        1,
    ]
    more = np.vstack([features, -features[:2]])
    found = fit_machine(more, [0, 0, 1, 1, 3, 3], 4, 10.0).dense(more)
    assert found.argmax(axis=1).tolist() == [0, 0, 1, 1, 3, 3]
    assert (found[:, 2] == -1.0).all()
    assert not fit_machine(features, [0, 0, 0, 0], 2, 10.0).weights.any()


@given(st.text(st.characters(), max_size=120))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_probabilities(text: str) -> None:
    ranking = model().rank(text, vectors([text])[0])
    assert sum(ranked.confidence for ranked in ranking) == pytest.approx(1.0, abs=1e-4)
    assert all(0.0 <= ranked.confidence <= 1.0 for ranked in ranking)
