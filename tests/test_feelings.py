"""What customers feel: the lines to learn from, the cues, the two steps, the files, and the judged model."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.evaluation.feelings import HELDOUT, LINES, judge, main, read_told
from bot.evaluation.feelingscore import LANGUAGES, Score, Told, as_table, by_language, score
from bot.evaluation.heldout import FileUnreadable
from bot.nlu.familiar import unit
from bot.nlu.feeling_cues import LISTS, load_cues
from bot.nlu.feeling_files import Stored, load_feelings, save_feelings
from bot.nlu.feeling_neighbours import NEAREST, SHARPNESS, Neighbours
from bot.nlu.feeling_training import Labelled, Lines, fit_feelings, folds
from bot.nlu.feelings import EMOTIONS, Feeling, Second
from bot.nlu.linear import Linear
from bot.nlu.text import plain

LEAST = 150
"""Lines of an emotion in a language."""
SAID = {
    "anger": "you are thieves, shame on you",
    "frustration": "still nothing, third time i write",
    "disappointment": "a pity, i expected more of you",
    "worry": "i am afraid it will not come in time",
    "confusion": "i do not understand what this means",
    "gratitude_joy": "thank you so much, lovely",
    "neutral": "where can i see my invoice",
}


def feeling(emotion: str, valence: float = 0.0, sure: float = 0.94) -> Feeling:
    rest = (1 - sure) / (len(EMOTIONS) - 1)
    return Feeling(valence, {name: sure if name == emotion else rest for name in EMOTIONS})


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_lines_of_each_emotion_and_none_is_held_out(language: str) -> None:
    lines = read_told(LINES / f"{language}.tsv", language)
    counts = Counter(line.emotion for line in lines)
    assert min(counts[name] for name in EMOTIONS) >= LEAST
    held_out = {plain(line.text) for line in read_told(HELDOUT)}
    assert [line.text for line in lines if plain(line.text) in held_out] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_valences_fit_their_emotions(language: str) -> None:
    for line in read_told(LINES / f"{language}.tsv", language):
        assert -1 <= line.valence <= 1
        assert line.valence > 0 or line.emotion != "gratitude_joy", line
        assert line.valence <= 0 or line.emotion in ("gratitude_joy", "neutral"), line


@pytest.mark.parametrize(
    ("name", "more", "less"),
    [
        ("capital words", "WHERE IS MY ORDER", "where is my order"),
        ("exclamations", "now!!!", "now"),
        ("stretched", "pleeeease", "please"),
        ("sign angry", "ok 😡", "ok 😊"),
        ("sign glad", "ok :)", "ok :("),
        ("sign sad", "ok :(", "ok"),
        ("swearing", "kurwa, ile można", "ile można"),
        ("swearing", "γαμώτο πια", "έλα πια"),
        ("swearing", "gamoto pia", "ela pia"),
        ("again", "за трети път питам", "питам"),
        ("thanks", "mulțumesc frumos", "bună ziua"),
        ("irony of waiting", "super, znowu trzeci tydzień", "super"),
        ("one word", "ok", "ok then"),
    ],
)
def test_cues(name: str, more: str, less: str) -> None:
    cues = load_cues()
    column = cues.names.index(name)
    assert cues.of(more)[column] > cues.of(less)[column]


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "!" * 5000, "😡" * 5000, "a" * 100_000, "?;…"])
def test_cues_of_any_text_are_small_numbers(text: str) -> None:
    found = load_cues().of(text)
    assert found.shape == (len(load_cues().names),)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 4


def test_each_list_has_words_of_each_language() -> None:
    import yaml

    from bot.nlu.feeling_cues import FILE

    listed = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert all(set(listed[name]) == set(LANGUAGES) for name in LISTS)


@pytest.fixture(scope="module")
def small() -> Lines:
    """A few lines with made-up vectors: those of one emotion lie near each other."""
    rng = np.random.default_rng(1)
    labelled = [
        Labelled(f"{text} {place}", f"{text} {place}", emotion, -0.5 if emotion != "gratitude_joy" else 0.8)
        for emotion, text in SAID.items()
        for place in "abcdefghij"
    ]
    centres = {emotion: rng.normal(size=16) for emotion in SAID}
    vectors = np.stack([centres[line.emotion] + rng.normal(scale=0.1, size=16) for line in labelled])
    return Lines(labelled, vectors.astype(np.float32))


def test_a_trained_model_reads_and_comes_back_from_its_files(small: Lines, tmp_path: Path) -> None:
    model = fit_feelings(small, load_cues())
    save_feelings(Stored(model, "feelings-1", {"en": 0.9}), tmp_path / "model")
    loaded = load_feelings(tmp_path / "model")
    assert (loaded.version, loaded.accuracy) == ("feelings-1", {"en": 0.9})
    for line, vector in list(zip(small.labelled, small.vectors, strict=True))[::7]:
        read = model.read(line.text, line.as_read, vector)
        again = loaded.model.read(line.text, line.as_read, vector)
        assert read.emotion == line.emotion == again.emotion
        assert sum(read.emotions.values()) == pytest.approx(1, abs=1e-4)
        assert again.valence == pytest.approx(read.valence, abs=0.05)


def test_lines_that_read_alike_are_never_divided(small: Lines) -> None:
    twins = Lines([*small.labelled, *small.labelled], np.concatenate([small.vectors, small.vectors]))
    for chosen, left in folds(twins):
        assert {row % 70 for row in chosen} & {row % 70 for row in left} == set()


def test_a_writer_is_never_on_both_sides(small: Lines) -> None:
    written = [replace(line, writer="ab"[row % 3 == 0]) for row, line in enumerate(small.labelled)]
    parts = [
        [{written[row].writer for row in rows} for rows in pair]
        for pair in folds(Lines(written, small.vectors))
    ]
    assert parts == [[{"b"}, {"a"}], [{"a"}, {"b"}]]


def test_what_near_lines_show_is_weighed_by_nearness() -> None:
    rows = np.eye(4, dtype=np.float32)[[0, 0, 0, 1, 2]]
    near = Neighbours.of(rows, [0, 0, 0, 1, 2], [-0.8, -0.8, -0.8, 0.9, 0.0], 3)
    middle = np.asarray([[1.0, 1.0, 0.0, 0.0]], dtype=np.float32)
    shares, valence = near.around(middle)[0, :-1], near.around(middle)[0, -1]
    far = np.exp(-SHARPNESS / np.sqrt(2))
    assert shares == pytest.approx(np.asarray([3, 1, far]) / (4 + far), abs=1e-4)
    assert valence == pytest.approx((3 * -0.8 + 0.9) / (4 + far), abs=1e-4)


def test_many_lines_hide_none_that_is_near() -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(3 * NEAREST, 8)).astype(np.float32)
    near = Neighbours.of(rows, [row % 2 for row in range(len(rows))], [0.0] * len(rows), 2)
    asked = rng.normal(size=(7, 8)).astype(np.float32)
    cosines = unit(asked) @ near.lines.T
    for row, cosine in zip(near.around(asked), cosines, strict=True):
        best = np.argsort(cosine)[-NEAREST:]
        counts = np.exp(SHARPNESS * cosine[best])
        assert row[1] == pytest.approx(counts[best % 2 == 1].sum() / counts.sum(), abs=1e-4)


@pytest.mark.parametrize(
    ("shares", "valence"),
    [
        ({"anger": 0.1, "worry": 0.45, "neutral": 0.45}, -0.2),
        ({"anger": 0.5, "neutral": 0.5 - 1e-3}, -0.4),
        ({"neutral": 0.6, "gratitude_joy": 0.4}, 0.24),
    ],
)
def test_the_valence_lies_on_the_likeliest_side(shares: dict[str, float], valence: float) -> None:
    logarithms = np.log([max(shares.get(name, 0.0), 1e-9) for name in EMOTIONS]).astype(np.float32)
    ones = np.ones(len(EMOTIONS), dtype=np.float32)
    usual = np.asarray([-0.8, -0.5, -0.5, -0.1, -0.3, 0.9, 0.0], dtype=np.float32)
    second = Second(0 * ones, ones, Linear(np.diag(ones), 0 * ones), usual)
    feeling = second.read(logarithms)
    assert feeling.valence == pytest.approx(valence, abs=0.01)
    assert Told("en", feeling.emotion, feeling.valence, "x").side == feeling.side


def test_a_set_without_some_emotions_can_be_learned(small: Lines) -> None:
    rows = np.asarray(
        [row for row, line in enumerate(small.labelled) if line.emotion in ("anger", "neutral")]
    )
    part = small.rows(rows)
    model = fit_feelings(part, load_cues())
    read = model.read(part.labelled[0].text, part.labelled[0].as_read, part.vectors[0])
    assert read.emotion == "anger"
    assert read.emotions["worry"] == 0


def test_without_any_line_nothing_is_trained() -> None:
    with pytest.raises(ValueError, match="no training"):
        fit_feelings(Lines([], np.zeros((0, 16), dtype=np.float32)), load_cues())


def test_a_model_for_other_cues_is_refused(small: Lines, tmp_path: Path) -> None:
    save_feelings(Stored(fit_feelings(small, load_cues()), "feelings-1", {}), tmp_path)
    names = tmp_path / "names.json"
    names.write_text(names.read_text(encoding="utf-8").replace('"swearing"', '"cursing"'), encoding="utf-8")
    with pytest.raises(ValueError, match="make sentiment-model"):
        load_feelings(tmp_path)


def test_scores_counted_by_hand() -> None:
    told = [
        Told("en", "anger", -0.8, "a"),
        Told("en", "neutral", 0.0, "b"),
        Told("pl", "neutral", 0.1, "c"),
        Told("pl", "gratitude_joy", 0.5, "d"),
    ]
    read = [
        feeling("anger", -0.6),
        feeling("anger", -0.4),
        feeling("neutral", 0.1),
        feeling("gratitude_joy", 0.9),
    ]
    found = score(told, read)
    # anger: one of one found, two said: 2/3; neutral: one of two found, one said: 2/3; joy: 1.
    assert found.emotions == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert found.sides == 0.75
    assert found.valence_error == pytest.approx((0.2 + 0.4 + 0.0 + 0.4) / 4)
    assert found.calibration_error == pytest.approx(0.94 - 0.75)
    scores = by_language(told, read)
    assert list(scores) == ["en", "pl", "all"]
    assert scores["pl"].sides == 1.0
    assert "| pl  |        2 |" in as_table(scores)


def test_several_unhappy_emotions_together_are_negative() -> None:
    torn = Feeling(-0.3, {**dict.fromkeys(EMOTIONS, 0.0), "anger": 0.3, "worry": 0.3, "neutral": 0.4})
    assert torn.emotion == "neutral"
    assert torn.side == "negative"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("emotion\tvalence\twriter\ttext\nrage\t-1\ta\tx\n", "none of anger"),
        ("emotion\tvalence\twriter\ttext\nanger\tvery\ta\tx\n", "no number"),
        ("emotion\twriter\ttext\nanger\ta\tx\n", "no column valence"),
        ("emotion\tvalence\ttext\nanger\t-1\tx\n", "no column writer"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "lines.tsv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(FileUnreadable, match=problem):
        read_told(file, "en")


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["feelings", "judge", "--file", str(tmp_path / "nothing.tsv")])
        assert main() == 2
    assert "nothing.tsv" in capsys.readouterr().err


def test_the_model_that_is_shipped_reads_held_out_messages() -> None:
    scores = judge(HELDOUT, lambda line: None)
    assert {name: found.messages for name, found in scores.items()} == {
        **dict.fromkeys(LANGUAGES, 220),
        "all": 1100,
    }
    for name, found in scores.items():
        assert isinstance(found, Score)
        assert found.emotions >= 0.74, name
        assert found.sides >= 0.84, name
    assert found.valence_error <= 0.18, name
    assert scores["all"].calibration_error <= 0.05
