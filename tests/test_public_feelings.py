"""Public sets of feelings: labels brought to ours, twins taken out, baselines, and the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.evaluation.feelingbaselines import NgramRegression, WordLists
from bot.evaluation.feelings import main
from bot.evaluation.feelingscore import LANGUAGES, Told
from bot.evaluation.feelingsets import FILES, FeelingSet, feeling_set, present
from bot.evaluation.public import NoPublicSets
from bot.evaluation.publicfeelings import OWN, SHIPPED, Result, as_in, run_public, save
from bot.evaluation.twins import normal
from bot.nlu.encoder import Hashing
from bot.nlu.feeling_cues import load_cues
from bot.nlu.feeling_training import Labelled, Lines, fit_feelings
from bot.nlu.feelings import EMOTIONS, Feeling

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SAID = {
    "anger": ("you are thieves", "shame on you liars", "idiots all of you", "worst crooks ever"),
    "fear": ("i am so afraid", "this scares me", "what if it breaks", "i fear the worst"),
    "sadness": ("what a pity", "i feel so sad", "all is lost now", "i miss it so much"),
    "joy": ("thank you so much", "this is lovely", "i am so happy", "great work everybody"),
    "neutral": ("where is the invoice", "it opens at nine", "send it to my address", "the blue one please"),
}
ENDS = ("", " today", " again", " really")


def write(folder: Path, name: str, head: str, rows: list[str]) -> None:
    (folder / f"{name}.tsv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [f"{text}{end}\t{label}" for label, texts in SAID.items() for text in texts for end in ENDS]
    write(
        tmp_path,
        "brighter_en_train",
        "text\tlabels",
        [*lines[::2], "oh\tsurprise", "no\tanger fear surprise"],
    )
    twin = lines[0].upper().split("\t")[0] + "!\tanger"
    write(tmp_path, "brighter_en_test", "text\tlabels", [*lines[1::2], twin, "grr [NAME]\tanger disgust"])
    rows = [
        f"{language}\t{text} .\t{label}\t{place}"
        for place, line in enumerate(lines)
        for text, label in [line.split("\t")]
        for language in LANGUAGES
    ]
    write(tmp_path, "xed_all", "lang\ttext\tlabels\tgroup", rows)
    comments = ["лош филм\tnegative\t0.5", "става\tneutral\t3.0", "чудесен филм\tpositive\t5.0"]
    write(tmp_path, "cinexio_bg_train", "text\tsentiment\tstars", comments)
    write(tmp_path, "cinexio_bg_dev", "text\tsentiment\tstars", ["скука\tnegative\t1.0"])
    return tmp_path


def test_only_whole_sets_are_present(folder: Path) -> None:
    assert present(folder) == ["brighter en", "cinexio", "xed"]


def test_labels_become_our_emotions(folder: Path) -> None:
    found = feeling_set(folder, "brighter en")
    assert {line.emotion for line in found.train} == {
        "anger",
        "worry",
        "disappointment",
        "gratitude_joy",
        "neutral",
    }
    assert found.counts_as["frustration"] == "anger"
    assert "confusion" not in found.counts_as
    assert found.test[-1] == Told("en", "anger", -0.6, "grr")
    assert {"oh", "no"} & {line.text for line in found.train} == set()
    assert found.twins == 1


def test_film_comments_have_sides_and_stars(folder: Path) -> None:
    found = feeling_set(folder, "cinexio")
    assert [(line.emotion, line.valence) for line in found.train] == [
        ("disappointment", -1.0),
        ("neutral", 0.0),
        ("gratitude_joy", 1.0),
    ]
    assert found.counts_as["anger"] == "disappointment"
    assert found.valence


def test_translations_are_never_divided_and_formatting_is_gone(folder: Path) -> None:
    found = feeling_set(folder, "xed")
    train, test = ({line.text for line in lines} for lines in (found.train, found.test))
    assert train & test == set()
    assert len(found.test) == len(test) * len(LANGUAGES)
    assert all(text == normal(text) for text in train | test)


def test_the_share_of_emotions_that_a_set_does_not_have_goes_to_the_others() -> None:
    read = Feeling(-0.4, dict.fromkeys(EMOTIONS, 0.0) | {"frustration": 0.3, "confusion": 0.5, "worry": 0.2})
    placed = as_in(read, {"anger": "anger", "frustration": "anger", "worry": "worry"})
    assert placed.emotions == pytest.approx(dict.fromkeys(EMOTIONS, 0.0) | {"anger": 0.6, "worry": 0.4})
    assert placed.valence == -0.4
    assert as_in(read, {"neutral": "neutral", "anger": "anger"}).emotions["neutral"] == 0.5


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("ok then", "neutral"),
        ("kurwa co za oszusci!!", "anger"),
        ("super, znowu trzeci tydzien", "frustration"),
        ("thank you so much", "gratitude_joy"),
        ("hm :(", "disappointment"),
    ],
)
def test_word_lists_read_signs(text: str, emotion: str) -> None:
    (read,) = WordLists().read([Told("en", "neutral", 0.0, text)], [text])
    assert read.emotion == emotion
    assert sum(read.emotions.values()) == pytest.approx(1)
    assert -1 <= read.valence <= 1


def test_ngrams_learn(folder: Path) -> None:
    train = feeling_set(folder, "brighter en").train
    model = NgramRegression.fit(train, [line.text for line in train])
    read = model.read(train, [line.text for line in train])
    assert np.mean([one.emotion == line.emotion for one, line in zip(read, train, strict=True)]) > 0.9
    assert all(one.emotions["confusion"] == 0 for one in read)


def prepare(told: Sequence[Told]) -> Lines:
    labelled = [Labelled(one.text, one.text, one.emotion, one.valence) for one in told]
    return Lines(labelled, Hashing().encode([one.text for one in told]))


def test_the_report_tells_all_ways_on_all_sets(folder: Path, tmp_path: Path) -> None:
    ours = feeling_set(folder, "brighter en").train
    support = FeelingSet("support", (), ours[:9], 0, {name: name for name in EMOTIONS}, valence=True)
    results = run_public(folder, ours, support, prepare, fit_feelings(prepare(ours), load_cues()))
    assert {(item.trained, item.way) for item in results if item.name == "xed"} == {
        (SHIPPED, "word lists"), (SHIPPED, "n-grams"), (SHIPPED, "ours"), (OWN, "n-grams"), (OWN, "ours"),
    }  # fmt: skip
    assert {item.language for item in results if item.name == "xed"} == set(LANGUAGES)
    assert {item.trained for item in results if item.name == "support"} == {SHIPPED}
    assert [item.valence_error is None for item in results if item.name == "brighter en"] == [True] * 5
    best = next(item for item in results if (item.name, item.trained, item.way) == ("xed", OWN, "ours"))
    assert best.emotions > 0.5
    text = save(results, tmp_path / "report")
    assert text.count("\n| xed") == 25
    stored = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert Result(**stored["feelings"][0]) == results[0]
    assert (tmp_path / "report" / "figures.png").read_bytes().startswith(b"\x89PNG")


def test_what_a_language_does_not_have_is_no_answer_there(folder: Path) -> None:
    ours = feeling_set(folder, "brighter en").train
    afraid = tuple(line for line in ours if line.emotion == "worry")
    same = {name: name for name in EMOTIONS}
    support = FeelingSet("support", (), (*ours, *(replace(line, language="pl") for line in afraid)), 0, same)
    results = run_public(folder, ours, support, prepare, fit_feelings(prepare(ours), load_cues()))
    lists = {item.language: item for item in results if (item.name, item.way) == ("support", "word lists")}
    assert lists["pl"].messages == len(afraid)
    # There is no word for worry, so it is read as neutral where neutral is an answer.
    assert lists["pl"].sides == 1 > lists["en"].sides


def test_a_folder_without_sets_is_told(folder: Path) -> None:
    ours = feeling_set(folder, "brighter en").train
    support = FeelingSet("support", (), ours, 0, {}, valence=True)
    with pytest.raises(NoPublicSets, match="goemotions_en_train"):
        run_public(folder / "nothing", ours, support, prepare, fit_feelings(prepare(ours[:20]), load_cues()))


@pytest.mark.parametrize("arguments", [["public"], ["judge", "sets"]])
def test_a_folder_belongs_to_public(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["feelings", *arguments])
    with pytest.raises(SystemExit):
        main()


def test_the_command_says_that_a_folder_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["feelings", "public", str(tmp_path)])
    assert main() == 2
    assert "none of the public sets" in capsys.readouterr().err


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public sets are not in the repository")
@pytest.mark.parametrize("name", FILES)
def test_public_sets_are_read_without_twins(name: str) -> None:
    found = feeling_set(SHARED, name)
    train = {normal(line.text) for line in found.train}
    assert len(found.train) >= 300
    assert len(found.test) >= 300
    assert all(normal(line.text) not in train for line in found.test)
    assert {line.emotion for line in (*found.train, *found.test)} <= set(found.counts_as.values())
