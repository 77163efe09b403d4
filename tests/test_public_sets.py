"""`python -m bot evaluate --public`: our pipeline on small sets of the public form, with the hashing encoder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.__main__ import PUBLIC_SETS, main
from bot.evaluation import pipeline
from bot.evaluation.public import PublicResult, as_markdown
from bot.evaluation.publicsets import DRAWS, FILES, SHOTS, present, public_sets
from bot.evaluation.scores import score
from bot.nlu.encoder import Hashing

WORDS = {
    "card_arrival": (
        "where is my card",
        "the card has not come",
        "card still on its way",
        "my new card is late",
    ),
    "top_up": ("top up my money", "adding money fails", "put money on it", "topping up takes long"),
}
ENDS = ("", " please", " now", " today", " again", " thanks")


@pytest.fixture(autouse=True)
def _fast_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MultilingualE5", Hashing)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [(f"{text}{end}", intent) for intent, texts in WORDS.items() for text in texts for end in ENDS]
    train, test = lines[::2] + lines[1::4], lines[3::4]
    outside = [("who won the cup", "oos"), ("sing a song", "oos")]
    write(tmp_path, "banking77_train", train)
    write(tmp_path, "banking77_test", [*test, (train[0][0].upper() + "?", train[0][1])])
    write(tmp_path, "clinc150_train", train)
    write(tmp_path, "clinc150_test", test)
    write(tmp_path, "clinc150_oos_train", [("what is the weather", "oos"), ("tell a joke", "oos")])
    write(tmp_path, "clinc150_oos_test", outside)
    return tmp_path


def write(folder: Path, name: str, lines: list[tuple[str, str]]) -> None:
    rows = "".join(f"{text}\t{intent}\n" for text, intent in lines)
    (folder / f"{name}.tsv").write_text("text\tintent\n" + rows, encoding="utf-8")


def test_the_command_line_names_the_sets_that_exist() -> None:
    assert tuple(FILES) == PUBLIC_SETS


def test_only_whole_sets_are_present(folder: Path) -> None:
    assert present(folder) == ["banking77", "clinc150"]


def test_twins_of_training_lines_are_not_judged(folder: Path) -> None:
    whole = public_sets(folder, "banking77")[0]
    assert (len(whole.train), len(whole.test), whole.twins) == (36, 12, 1)


def test_draws_have_as_many_lines_of_each_intent_and_differ(folder: Path) -> None:
    draws = public_sets(folder, "banking77")[1:]
    assert len(draws) == DRAWS
    for draw in draws:
        assert [sum(line.intent == intent for line in draw.train) for intent in WORDS] == [SHOTS, SHOTS]
        assert len({line.text for line in draw.train}) == 2 * SHOTS
    assert len({frozenset(draw.train) for draw in draws}) == DRAWS
    assert draws == public_sets(folder, "banking77")[1:]


def test_out_of_scope_lines_are_trained_only_in_the_second_task(folder: Path) -> None:
    without, trained = public_sets(folder, "clinc150")
    assert {line.intent for line in without.train} == set(WORDS)
    assert {line.intent for line in trained.train} == {*WORDS, "out_of_scope"}
    assert without.test == trained.test
    assert sum(line.intent == "out_of_scope" for line in without.test) == 2


def test_the_command_trains_judges_and_keeps_vectors(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["evaluate", "--public", str(folder), "--output", str(folder / "out")]
    assert main(options) == 0
    printed, progress = capsys.readouterr()
    assert "| banking77, 10 shots, mean" in printed
    assert "new lines encoded" in progress
    stored = json.loads((folder / "out" / "report.json").read_text())["public"]
    names = [item["name"] for item in stored]
    assert names[0] == "banking77"
    assert names[-1] == "clinc150, out_of_scope trained"
    assert stored[0]["score"]["accuracy"] > 0.8
    assert stored[-1]["score"]["auroc"] > 0.5
    assert main([*options, "--sets", "clinc150"]) == 0
    printed, progress = capsys.readouterr()
    assert "banking77" not in printed
    assert "new lines encoded" not in progress


def test_a_folder_without_sets_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--public", str(tmp_path)]) == 1
    assert (
        "holds none of the public sets; it needs for instance banking77_train.tsv" in capsys.readouterr().err
    )


def test_a_set_that_is_missing_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--public", str(folder), "--sets", "hwu64"]) == 1
    assert "hwu64_train.tsv" in capsys.readouterr().err


def test_the_mean_of_draws_without_an_area_has_none() -> None:
    draws = [PublicResult(f"banking77, 10 shots, draw {draw}", 20, 0, 1.0, score([])) for draw in (1, 2)]
    last = as_markdown(draws).splitlines()[-1]
    assert last.split("|")[1].strip() == "banking77, 10 shots, mean"
    assert last.count("–") == 6
