"""`python -m benchmarks.pipelines`: the folds, the judging, and each candidate but DIET on a few lines."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from benchmarks.candidates import Calibrated, Ours, candidates
from benchmarks.pipelines import Cost, _as_markdown
from bot.evaluation.comparison import compare, folds
from bot.evaluation.pipeline import Line, plain_line
from bot.evaluation.twins import normal
from bot.nlu.classifier import Ranked
from bot.nlu.encoder import Hashing, Vectors

THINGS = ("order", "parcel", "package", "stuff", "delivery", "purchase", "shoes", "book", "lamp", "phone")
LINES = [
    *(plain_line(f"where is my {thing}", "track_order", "en") for thing in THINGS),
    *(plain_line(f"cancel the {thing} please", "cancel_order", "en") for thing in THINGS),
    *(plain_line(f"къде ми е {thing}", "track_order", "bg") for thing in THINGS),
    *(plain_line(f"tell a joke about a {thing}", "out_of_scope", "en") for thing in THINGS),
]


def encode(texts: Sequence[str]) -> Vectors:
    return Hashing().encode(texts)


@dataclass(frozen=True)
class Guess:
    """Reads everything as the intent that most of the training lines have."""

    intent: str = ""
    name: str = "guess"

    def fit(self, lines: Sequence[Line]) -> Guess:
        intents = [line.intent for line in lines]
        return Guess(max(sorted(set(intents)), key=intents.count))

    def read(self, lines: Sequence[Line]) -> list[list[Ranked]]:
        return [[Ranked(self.intent, 0.6), Ranked("cancel_order", 0.4)] for _ in lines]


def test_each_line_is_judged_once_and_never_trained_beside_its_twin() -> None:
    lines = [*LINES, plain_line("Where is my ORDER?", "track_order", "en")]
    found = list(folds(lines))
    assert sorted(line.text for fold in found for _, line in fold.test) == sorted(line.text for line in lines)
    for fold in found:
        trained = {normal(line.text) for line in fold.train}
        assert not trained & {normal(line.text) for _, line in fold.test}


def test_unseen_spellings_are_judged_apart() -> None:
    fold = next(folds(LINES, unseen_spellings=True))
    by_variant = {variant: line for variant, line in fold.test if line.language == "bg"}
    assert set(by_variant) == {"plain", "latin", "typos"}
    assert by_variant["latin"].text.isascii()
    assert by_variant["latin"].group == by_variant["plain"].text or by_variant["latin"].group in {
        line.text for _, line in fold.test
    }


def test_a_candidate_is_judged_over_all_folds() -> None:
    told: list[str] = []
    compared, reader = compare(Guess(), list(folds(LINES)), told.append)
    assert reader.read(LINES[:1])[0][0].name == "track_order"
    assert (compared.score.messages, compared.score.outside) == (30, 10)
    assert compared.score.accuracy == pytest.approx(20 / 30)
    assert (compared.languages["bg"].accuracy, compared.languages["en"].accuracy) == (1.0, 0.5)
    assert [line.split(", ")[0] for line in told] == [f"guess: fold {number} of 5" for number in range(1, 6)]


def test_without_a_fold_there_is_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="no fold"):
        compare(Guess(), [], print)


@pytest.mark.parametrize("candidate", candidates(encode), ids=lambda candidate: str(candidate.name))
def test_candidates_learn_and_can_be_stored(candidate: Calibrated | Ours) -> None:
    compared, reader = compare(candidate, list(folds(LINES))[:2], lambda line: None)
    assert compared.score.accuracy is not None
    assert compared.score.accuracy > 0.8
    again = pickle.loads(pickle.dumps(reader))
    ranking = again.read([plain_line("where is my sofa", "track_order", "en")])[0]
    assert ranking == reader.read([plain_line("where is my sofa", "track_order", "en")])[0]
    assert {item.name for item in ranking} == {"track_order", "cancel_order", "out_of_scope"}
    assert ranking[0].name == "track_order"
    assert 0.0 < sum(item.confidence for item in ranking) <= 1.0001
    assert ranking == sorted(ranking, key=lambda item: -item.confidence)


def test_the_table_has_a_row_for_each_candidate() -> None:
    compared, _ = compare(Guess(), list(folds(LINES, unseen_spellings=True)), lambda line: None)
    text = _as_markdown(LINES, 5, [(compared, Cost(1.5, 2.5, 100.0, 200.0, 0.5))])
    assert text.startswith(
        "40 lines of `data/nlu`, grouped 5-fold cross-validation, 5 folds judged; 30 messages"
    )
    assert [row.split()[3] for row in text.splitlines() if row.startswith("| guess")] == [
        "0.667",
        "0",
        "0.667",
    ]
