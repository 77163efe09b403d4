"""The NLU training lines: well formed, enough of them, no duplicates, none taken from the held-out set."""

import csv
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
NLU = ROOT / "data" / "nlu"
HELD_OUT = ROOT / "tests" / "nlu"
LANGUAGES = ("en", "pl", "el", "bg", "ro")
CONVERSATION = (
    "greet",
    "goodbye",
    "thank",
    "affirm",
    "deny",
    "help",
    "bot_challenge",
    "correction",
    "repeat",
)
LEAST_EXAMPLES = 50
LEAST_CONVERSATION = 45
LEAST_OUT_OF_SCOPE = 100
LONGEST = 400
INTENTS = [
    name
    for intent in yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"]
    for name in intent
]


class Example(NamedTuple):
    file: str
    intent: str
    text: str


def normalise(text: str) -> str:
    """The text without case, punctuation, control characters and doubled spaces; accents and emoji stay."""
    kept = (" " if unicodedata.category(char)[0] in "PZC" else char for char in text.casefold())
    return " ".join("".join(kept).split())


def parse(path: Path) -> list[Example]:
    """All example lines of one file in order, duplicates included."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(content) == {"version", "nlu"}, path
    assert content["version"] == "3.1", path
    examples = []
    for block in content["nlu"]:
        assert set(block) == {"intent", "metadata", "examples"}, (path, block)
        assert block["metadata"] == {"language": path.parent.name}, path
        for line in block["examples"].splitlines():
            assert line.startswith("- "), (path, line)
            examples.append(Example(path.name, block["intent"], line[2:]))
    return examples


@cache
def examples_of(language: str) -> tuple[Example, ...]:
    files = sorted((NLU / language).glob("*.yml"))
    return tuple(example for file in files for example in parse(file))


def training_files() -> list[Path]:
    return sorted(NLU.glob("*/*.yml"))


def held_out_lines() -> dict[str, str]:
    """Normalised held-out text -> the file it stands in."""
    lines = {}
    for path in (HELD_OUT / "heldout.tsv", HELD_OUT / "entities.tsv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            assert "text" in (rows.fieldnames or ()), path
            lines.update({normalise(row["text"]): path.name for row in rows})
    return lines


def test_normalise_sees_through_case_and_punctuation_only() -> None:
    assert normalise("  STOP,  leave\u00a0it!! ") == normalise("stop leave it")
    assert normalise("tak") != normalise("ták")
    assert normalise("👍") == "👍"


def test_folders_are_the_five_languages() -> None:
    assert {path.parent.name for path in training_files()} == set(LANGUAGES)


# Rasa's schema check (pykwalify) loads its extensions the old way; the warning names importlib.
@pytest.mark.filterwarnings("ignore:the load_module\\(\\) method is deprecated:DeprecationWarning")
@pytest.mark.parametrize("path", training_files(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_rasa_reads_every_line_as_it_is_written(path: Path) -> None:
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

    written = Counter((example.intent, example.text) for example in parse(path))
    read = RasaYAMLReader().reads(path.read_text(encoding="utf-8"))
    understood = Counter((message.get("intent"), message.get("text")) for message in read.intent_examples)
    assert understood == written
    assert not read.entity_examples
    assert not read.lookup_tables


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_enough_examples(language: str) -> None:
    counts = Counter(example.intent for example in examples_of(language))
    assert set(counts) == set(INTENTS) - {"nlu_fallback"}
    assert not {intent: count for intent, count in counts.items() if count < least(intent)}


def least(intent: str) -> int:
    """How many examples an intent needs in each language."""
    if intent == "out_of_scope":
        return LEAST_OUT_OF_SCOPE
    return LEAST_CONVERSATION if intent in CONVERSATION else LEAST_EXAMPLES


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_stands_twice(language: str) -> None:
    places: dict[str, list[Example]] = defaultdict(list)
    for example in examples_of(language):
        places[normalise(example.text)].append(example)
    assert not [found for found in places.values() if len(found) > 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_are_neither_empty_nor_too_long(language: str) -> None:
    examples = examples_of(language)
    assert examples
    assert not [example for example in examples if not normalise(example.text) or len(example.text) > LONGEST]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_is_held_out(language: str) -> None:
    held_out = held_out_lines()
    leaked = [example for example in examples_of(language) if normalise(example.text) in held_out]
    assert not leaked
