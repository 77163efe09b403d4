"""`python -m bot evaluate` on held-out files: figures against values worked out by hand, and the command itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import ENTITIES, HELD_OUT, main
from bot.evaluation import run as running
from bot.evaluation.calibration import calibration_error, reliability
from bot.evaluation.confusion import confusions, intent_scores, macro_f1, matrix
from bot.evaluation.entities import Count, Marked, entity_scores, read_marked
from bot.evaluation.heldout import FileUnreadable, Held, read_heldout
from bot.evaluation.judged import Judged, judge
from bot.evaluation.markdown import as_markdown, table
from bot.evaluation.pipeline import plain_line
from bot.evaluation.reading import Asked, Parse, read_all
from bot.evaluation.report import ALL, NEW, About, build_report
from bot.evaluation.scope import auroc, caught, coverages
from bot.evaluation.scores import score
from bot.evaluation.trainingdata import training_lines
from bot.evaluation.twins import normal, normals

# matplotlib 3.5 and the libraries it uses deprecate each other.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

HEADER = "lang\tvariant\tintent\ttext\n"
ABOUT = About("model", "file.tsv", "2026-01-01 00:00", False)


def judged(
    truth: str,
    best: str,
    confidence: float,
    *,
    answer: str = "",
    language: str = "en",
    variant: str = "plain",
) -> Judged:
    inside = 0.1 if best == "out_of_scope" else confidence
    held = Held(language, variant, truth, f"{truth} {best} {confidence}")
    return Judged(held, answer or best, best, confidence, inside, "en")


FEW = (
    judged("greet", "greet", 0.9),
    judged("greet", "greet", 0.3, answer="nlu_fallback"),
    judged("greet", "thank", 0.8),
    judged("thank", "thank", 0.7, language="pl", variant="typos"),
    judged("out_of_scope", "greet", 0.5),
    judged("out_of_scope", "out_of_scope", 0.6),
    judged("nlu_fallback", "thank", 0.2, answer="nlu_fallback"),
)


# -- Files ----------------------------------------------------------------------------------------------


def write(folder: Path, content: str | bytes, name: str = "held.tsv") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    content = '\ufefftext\tnote\tintent\tlang\tvariant\r\n"Hi\tx\tgreet\ten\tplain\r\n\r\n'
    assert read_heldout(write(tmp_path, content)) == [Held("en", "plain", "greet", '"Hi')]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("", 1, "no column lang, variant, intent, text"),
        ("lang\tvariant\ttext\n", 1, "no column intent"),
        (HEADER + "en\tplain\tgreet\thi\nen\tplain\tgreet\n", 3, "3 columns instead of 4"),
        (HEADER + "en\tplain\tgreet\thi\tthere\n", 2, "5 columns instead of 4"),
        (HEADER + "\nen\tplain\t\thi\n", 3, "the column intent is empty"),
        (HEADER.encode() + b"en\tplain\tgreet\t\xff\n", 2, "not valid UTF-8"),
    ],
)
def test_a_line_of_the_wrong_form_is_named(
    tmp_path: Path, content: str | bytes, line: int, problem: str
) -> None:
    with pytest.raises(FileUnreadable, match=f"held.tsv, line {line}: {problem}") as raised:
        read_heldout(write(tmp_path, content))
    assert raised.value.line == line


def test_our_own_files_can_be_read() -> None:
    assert {item.language for item in read_heldout(HELD_OUT)} == {"en", "pl", "el", "bg", "ro"}
    assert any(len(item.entities) > 1 for item in read_marked(ENTITIES))


@pytest.mark.parametrize("cell", ["[", '[{"entity": "email"}]', "3", "[3]"])
def test_entities_of_the_wrong_form_are_named(tmp_path: Path, cell: str) -> None:
    file = write(tmp_path, f"language\ttext\tentities\nen\thi\t{cell}\n")
    with pytest.raises(FileUnreadable, match="line 2: entities must be"):
        read_marked(file)


# -- Figures --------------------------------------------------------------------------------------------


def test_fallbacks_and_out_of_scope_are_judged_apart_from_the_best_intent() -> None:
    held = Held("en", "plain", "greet", "x")
    ranking = [("nlu_fallback", 0.6), ("out_of_scope", 0.4), ("greet", 0.3)]
    named = [{"name": name, "confidence": confidence} for name, confidence in ranking]
    item = judge(held, {"intent": named[0], "intent_ranking": named, "language": None})
    assert item == Judged(held, "nlu_fallback", "out_of_scope", 0.4, 0.3, "")
    assert (item.right, item.answered_right, item.kept) == (False, False, False)
    outside = replace(item, held=replace(held, intent="out_of_scope"))
    assert (outside.right, outside.answered_right, outside.kept) == (True, True, False)


def test_a_parse_with_nothing_but_a_fallback_is_judged() -> None:
    item = judge(
        Held("en", "plain", "greet", "x"),
        {"intent": {"name": "nlu_fallback", "confidence": 0.5}, "intent_ranking": []},
    )
    assert (item.answer, item.best, item.inside) == ("nlu_fallback", "nlu_fallback", 0.0)


def test_scores_of_a_few_messages() -> None:
    found = score(FEW)
    assert (found.messages, found.outside) == (4, 3)
    assert found.accuracy == 3 / 4
    assert found.macro_f1 == pytest.approx((2 * 2 / (3 + 2) + 2 * 1 / (1 + 2)) / 2)
    assert found.answered_right == 4 / 7  # greet 0.9, thank 0.7, and outside 0.6 and 0.2
    assert found.kept == 3 / 4
    assert found.caught == 2 / 3
    # inside .9 .3 .8 .7 against .5 .1 .2: .3 is below .5 only
    assert found.auroc == pytest.approx(11 / 12)
    assert found.caught_at_95 == pytest.approx(2 / 3)
    assert found.calibration_error == pytest.approx((0.1 + 0.7 + 0.8 + 0.3) / 4)
    # outside: .5 and .2 wrong, .6 right
    assert found.calibration_error_all == pytest.approx((0.1 + 0.7 + 0.8 + 0.3 + 0.5 + 0.4 + 0.2) / 7)
    assert found.language_right == 6 / 7


def test_nothing_measured_is_not_zero() -> None:
    empty = score([])
    assert (empty.messages, empty.accuracy, empty.macro_f1, empty.auroc) == (0, None, None, None)
    assert score([FEW[0]]).caught is None


def test_reliability_joins_what_is_equally_sure() -> None:
    bins = reliability([0.05, 0.06, 1.0, 0.95], [False, True, True, True], bins=10)
    assert [(item.low, item.count, item.accuracy) for item in bins] == [(0.0, 2, 0.5), (0.9, 2, 1.0)]
    assert calibration_error(bins) == pytest.approx((2 * (0.5 - 0.055) + 2 * 0.025) / 4)
    assert calibration_error(()) is None


def test_auroc_counts_ties_as_half() -> None:
    assert auroc([0.5, 0.9], [0.5, 0.1]) == pytest.approx(3.5 / 4)
    assert auroc([0.1], [0.9]) == 0.0
    assert auroc([], [0.1]) is None


def test_caught_when_so_much_is_kept() -> None:
    inside = [number / 20 for number in range(1, 21)]
    assert caught(inside, [0.05, 0.07, 0.5, 0.01], kept=0.95) == 0.75
    assert caught(inside, [0.04, 0.07], kept=1.0) == 0.5


def test_coverage_takes_the_surest_answers() -> None:
    points = coverages(FEW, (1.0, 0.5, 0.25))
    assert [(point.share, point.threshold, point.accuracy) for point in points] == [
        (1.0, 0.3, 0.75),
        (0.5, 0.8, 0.5),
        (0.25, 0.9, 1.0),
    ]
    assert [point.let_through for point in points] == pytest.approx([1 / 3, 0, 0])
    assert coverages(FEW[4:]) == ()


def test_intents_are_sorted_from_the_worst() -> None:
    scores = intent_scores(FEW)
    assert [item.intent for item in scores] == ["thank", "greet"]
    worst = scores[1]
    assert (worst.messages, worst.precision, worst.recall, worst.taken_for) == (3, 1.0, 2 / 3, "thank")
    assert macro_f1(()) is None


def test_confusions_hold_what_is_outside() -> None:
    found = [(item.true, item.read, item.count) for item in confusions((*FEW, FEW[2]))]
    assert found == [("greet", "thank", 2), ("out_of_scope", "greet", 1), ("out_of_scope", "thank", 1)]
    counts = matrix(FEW)
    assert counts.names == ("greet", "thank", "out_of_scope")
    assert counts.counts.tolist() == [[2, 1, 0], [0, 1, 0], [1, 1, 1]]


def entity(kind: str, value: str, start: int, end: int) -> dict[str, Any]:
    return {"entity": kind, "value": value, "start": start, "end": end}


def test_entities_are_right_by_kind_value_and_overlap() -> None:
    money, mail = entity("money", "15.50 EUR", 0, 5), entity("email", "a@b.c", 10, 15)
    marked = Marked("pl", "…", (money, mail))
    found = [entity("money", "15.5 EUR", 4, 8), entity("email", "a@b.c", 15, 20)]
    scores = entity_scores([(marked, found), (Marked("en", "…", ()), []), (marked, [mail, money])])
    assert scores.languages == {"all": Count(3, 1, 1), "en": Count(), "pl": Count(3, 1, 1)}
    assert scores.entities["pl", "email"] == Count(1, 1, 1)
    assert (scores.lines, scores.lines_right) == (3, 2)
    assert scores.languages["pl"].f1 == pytest.approx(0.75)
    assert (Count().f1, Count().precision, Count(0, 0, 1).recall) == (None, None, 0.0)


def test_one_found_entity_counts_once() -> None:
    mail = entity("email", "a@b.c", 0, 5)
    scores = entity_scores([(Marked("en", "…", (mail, mail)), [mail])])
    assert scores.languages["en"] == Count(1, 0, 1)


# -- Report ---------------------------------------------------------------------------------------------


def test_lines_are_twins_when_their_letters_are_equal() -> None:
    assert normal("Gdzie jest MOJE zamówienie?!") == normal("gdzie jest moje zamowienie")
    assert normal("a1") != normal("a 1")


def test_training_lines_are_read_from_rasas_files(tmp_path: Path) -> None:
    block = "- intent: greet\n  metadata: {language: pl}\n  examples: |\n    - hi - there\n    - hello\n"
    (tmp_path / "en").mkdir()
    write(tmp_path / "en", 'version: "3.1"\nnlu:\n- synonym: x\n  examples: |\n    - y\n' + block, "nlu.yml")
    write(tmp_path / "en", "nlu:\n- intent: thank\n  examples: |\n    - thx\n", "more.yml")
    write(tmp_path, "", "empty.yml")
    assert training_lines(tmp_path) == [
        plain_line("thx", "thank", "en"), plain_line("hi - there", "greet", "pl"), plain_line("hello", "greet", "pl"),
    ]  # fmt: skip


def test_a_report_has_groups_for_language_variant_and_both() -> None:
    training = normals([FEW[0].held.text])
    report = build_report(ABOUT, FEW, ["greet"], training, None)
    assert list(report.scores) == [ALL, NEW, "en", "plain", "en plain", "pl", "typos", "pl typos"]
    assert report.scores[NEW].messages == 3
    assert report.unknown == {"thank": 1}
    assert (report.twins, list(report.details)) == (1, [ALL, "en", "pl"])
    assert [item.best for item in report.mistakes] == ["thank", "greet", "thank"]
    text = as_markdown(report)
    rows = text.split("## ")[1].strip().splitlines()[4:]
    assert [row.split()[1] for row in rows] == ["all", "all,", "en", "pl"]
    assert "**intents that the model does not have** (they count as wrong): thank (1)" in text
    assert "| greet → thank" in text
    json.dumps(report.as_dict(), allow_nan=False)


def test_a_table_is_as_wide_as_its_cells() -> None:
    assert table(("", "n"), [("abcd", "1")]).splitlines() == [
        "|      |   n |",
        "| ---- | --: |",
        "| abcd |   1 |",
    ]


# -- The command ----------------------------------------------------------------------------------------


class Model:
    """Knows greet and thank by their first letter, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def __call__(self, text: str, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((text, metadata))
        names = ("thank", "greet") if text.startswith("t") else ("greet", "thank")
        ranking = [
            {"name": name, "confidence": confidence}
            for name, confidence in zip(names, (0.8, 0.2), strict=True)
        ]
        found = [entity("email", "a@b.c", 0, 5)] if text.startswith("a@b.c") else []
        return {"intent": ranking[0], "intent_ranking": ranking, "language": "en", "entities": found}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    found = Model()

    @asynccontextmanager
    async def in_service(models: Path) -> AsyncIterator[tuple[str, Parse]]:
        yield "pretended", found

    monkeypatch.setattr(running, "model_in_service", in_service)
    return found


def command(tmp_path: Path, lines: Sequence[str], *options: str) -> int:
    held = write(tmp_path, HEADER + "".join(f"{line}\n" for line in lines))
    marked = write(
        tmp_path,
        'language\ttext\tentities\npl\ta@b.c\t[{"entity": "email", "value": "a@b.c", "start": 0, "end": 5}]\n',
        "entities.tsv",
    )
    return main(["evaluate", "--file", str(held), "--entities", str(marked), *options])


LINES = (
    "en\tplain\tgreet\thi",
    "pl\ttypos\tthank\tthx",
    "pl\ttypos\tgreet\ttak",
    "en\tplain\tout_of_scope\tzzz",
)


def test_the_command_prints_and_saves_a_report(
    tmp_path: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out" / "deep"
    assert command(tmp_path, LINES, "--output", str(output)) == 0
    printed, progress = capsys.readouterr()
    assert "| pl typos" not in printed
    assert "4 of 4 messages read" in progress
    stored = json.loads((output / "report.json").read_text(encoding="utf-8"))
    assert stored["scores"]["all"]["accuracy"] == pytest.approx(2 / 3)
    assert stored["scores"]["pl typos"]["accuracy"] == 0.5
    assert stored["entities"]["scores"]["pl"]["f1"] == 1.0
    assert printed.strip() in (output / "report.md").read_text(encoding="utf-8")
    pictures = {file.name for file in output.glob("*.png")}
    assert pictures == {
        "reliability.png", "coverage.png", "confusion_all.png", "confusion_en.png", "confusion_pl.png",
    }  # fmt: skip
    assert all((output / name).read_bytes().startswith(b"\x89PNG") for name in pictures)


def test_without_a_folder_the_report_goes_to_the_data(tmp_path: Path, model: Model) -> None:
    assert command(tmp_path, LINES) == 0
    assert len(list((tmp_path / "var" / "evaluation").glob("*/report.md"))) == 1


def test_the_language_of_the_conversation_is_told_only_when_asked(tmp_path: Path, model: Model) -> None:
    command(tmp_path, LINES[:2], "--output", str(tmp_path / "out"))
    assert {metadata["language"] for _, metadata in model.asked} == {None}
    model.asked.clear()
    command(tmp_path, LINES[:2], "--output", str(tmp_path / "out"), "--language-known")
    assert [(text, metadata["language"]) for text, metadata in model.asked] == [
        ("hi", "en"), ("thx", "pl"), ("a@b.c", "pl"),
    ]  # fmt: skip
    assert {metadata["fixed_language"] for _, metadata in model.asked} == {None}


def test_intents_that_the_model_does_not_have_end_with_2(
    tmp_path: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    assert command(tmp_path, [*LINES, "en\tplain\tgreeet\thi"], "--output", str(output)) == 2
    printed, said = capsys.readouterr()
    assert "greeet (1)" in printed
    assert "names intents that pretended does not have: greeet. Correct their names" in said
    assert json.loads((output / "report.json").read_text())["unknown_intents"] == {"greeet": 1}


def test_a_file_of_the_wrong_form_is_one_line(
    tmp_path: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path, ["en\tplain"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("grija: ")
    assert "held.tsv, line 2: 2 columns instead of 4" in error
    assert error.count("\n") == 1


def test_a_missing_file_is_one_line(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--file", "nowhere.tsv"]) == 1
    assert capsys.readouterr().err == "grija: No such file or directory: nowhere.tsv\n"


async def test_parses_come_in_the_order_of_the_messages() -> None:
    async def parse(text: str, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"text": text}

    told: list[str] = []
    texts = [str(number) for number in range(450)]
    found = await read_all(parse, [Asked(text) for text in texts], told.append)
    assert [item["text"] for item in found] == texts
    assert told == [f"{count} of 450 messages read" for count in (200, 400, 450)]
