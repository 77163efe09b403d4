"""`rasa test` over tests/stories: the rules by themselves, then the trained model message by message.

And `rasa data validate` over the project. All of it in this process, where no test can reach the network.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import model_files
from bot.rasa_environment import importing
from tests.test_training_data import INTENTS, LANGUAGES, examples_of, normalise

with importing():
    from rasa.cli.utils import validate_files
    from rasa.model_testing import test_core as run_stories
    from rasa.model_training import train
    from rasa.shared.importers.importer import TrainingDataImporter
    from rasa.shared.nlu.training_data.entities_parser import replace_entities

PROJECT = Path(__file__).resolve().parent.parent
STORIES = PROJECT / "tests" / "stories"
UNDERSTOOD = 0.93
"""The least share of messages whose intent, and of entities that, are read as a person reads them."""
EXPECTED = (
    "The utterance 'utter_",  # … is in no rule: the tasks in actions/ say it
    "The intent 'nlu_fallback' is listed in the domain file, but is not found in the NLU training data",
    "Slot auto-fill has been removed",
)
"""How the warnings begin that Rasa gives for this project, all of them by intention."""


@dataclass(frozen=True)
class Share:
    """How many predictions of one kind were right, of how many."""

    right: int
    all: int


@dataclass(frozen=True)
class Report:
    """What Rasa wrote about one run: shares by kind, the conversations without any mistake, the mistakes."""

    intents: Share
    actions: Share
    entities: Share
    conversations: Share
    mistakes: tuple[str, ...]

    def __str__(self) -> str:
        shares = (
            f"{name}: {share.right} of {share.all}"
            for name, share in vars(self).items()
            if name != "mistakes"
        )
        return "\n".join((*shares, *self.mistakes))


def stories_of(language: str) -> list[dict[str, Any]]:
    """The conversations of one language as they stand in its file."""
    stories: list[dict[str, Any]] = yaml.safe_load((STORIES / f"test_{language}.yml").read_text("utf-8"))[
        "stories"
    ]
    return stories


def steps_of(language: str) -> list[dict[str, Any]]:
    return [step for story in stories_of(language) for step in story["steps"]]


def run(model: Path, output: Path, *, from_texts: bool) -> Report:
    """`rasa test core [--e2e]` with an archive over all conversations.

    `from_texts` reads the texts with the pipeline; otherwise the intents in the files are taken as they are.
    Also where an intent was read wrongly, Rasa judges the action that follows upon the right one.
    """
    options = {"disable_plotting": True, "warnings": False}
    asyncio.run(
        run_stories(str(model), str(STORIES), str(output), options, use_conversation_test_files=from_texts)
    )
    rows = json.loads((output / "story_report.json").read_text("utf-8"))
    failed = (output / "failed_test_stories.yml").read_text("utf-8")
    return _report(rows, tuple(line.strip() for line in failed.splitlines() if "# predicted: " in line))


def _report(rows: dict[str, Any], mistakes: tuple[str, ...]) -> Report:
    whole = rows.pop("conversation_accuracy")
    counts: Counter[tuple[str, str]] = Counter()
    for label, row in rows.items():
        if isinstance(row, dict) and not label.endswith(" avg"):
            counts[_kind(label), "right"] += round(row["recall"] * row["support"])
            counts[_kind(label), "all"] += row["support"]
    kinds = {
        kind: Share(counts[kind, "right"], counts[kind, "all"]) for kind in ("intents", "actions", "entities")
    }
    return Report(**kinds, conversations=Share(whole["correct"], whole["total"]), mistakes=mistakes)


def _kind(label: str) -> str:
    if label.startswith("action_"):
        return "actions"
    return "intents" if label in INTENTS else "entities"


@pytest.fixture(autouse=True)
def _own_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Rasa leaves the domains that it writes for itself behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the project's policies and rules, with a pipeline that nobody asks.

    The domain goes without its sentences: no rule depends on them, and Rasa takes seconds to read them each time.
    """
    folder = tmp_path_factory.mktemp("rules")
    config = yaml.safe_load((PROJECT / "config.yml").read_text("utf-8"))
    config["pipeline"] = [{"name": "KeywordIntentClassifier"}]
    domain = yaml.safe_load((PROJECT / "domain.yml").read_text("utf-8"))
    del domain["responses"]
    nlu = [{"intent": intent, "examples": f"- {intent} one\n- {intent} two\n"} for intent in INTENTS]
    for name, content in {"config": config, "domain": domain, "nlu": {"version": "3.1", "nlu": nlu}}.items():
        (folder / f"{name}.yml").write_text(yaml.safe_dump(content), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RASA_CACHE_DIRECTORY", str(folder / "cache"))
        trained = train(
            domain=str(folder / "domain.yml"),
            config=str(folder / "config.yml"),
            training_files=[str(PROJECT / "data" / "rules.yml"), str(folder / "nlu.yml")],
            output=str(folder),
        )
    return Path(trained.model)


@pytest.mark.parametrize("language", LANGUAGES)
def test_conversations_have_every_wish_and_the_action_that_serves_it(language: str) -> None:
    stories = stories_of(language)
    assert len(stories) >= 5
    assert len({story["story"] for story in stories}) == len(stories)
    assert all(len([step for step in story["steps"] if "user" in step]) >= 5 for story in stories)
    assert {step["intent"] for step in steps_of(language) if "user" in step} == set(INTENTS)
    for story in stories:
        asked, served = story["steps"][::2], story["steps"][1::2]
        assert [step["action"] for step in served] == [f"action_{step['intent']}" for step in asked]


@pytest.mark.parametrize("language", LANGUAGES)
def test_conversations_are_not_in_the_training_data(language: str) -> None:
    trained = {normalise(example.text) for example in examples_of(language)}
    told = [normalise(replace_entities(step["user"])) for step in steps_of(language) if "user" in step]
    assert not trained & set(told)


def test_each_wish_is_served_by_its_action_whatever_was_said_before(rules: Path, tmp_path: Path) -> None:
    report = run(rules, tmp_path / "report", from_texts=False)
    steps = sum(len(steps_of(language)) for language in LANGUAGES)
    assert report.actions == Share(steps, steps), str(report)  # the action, and the waiting after it
    assert (
        report.conversations.right == report.conversations.all == sum(len(stories_of(it)) for it in LANGUAGES)
    )


def test_conversations_are_understood_from_what_is_typed(trained_models: Path, tmp_path: Path) -> None:
    model = model_files.read_current(trained_models)
    report = run(model.path, tmp_path / "report", from_texts=True)
    print(report)
    messages = sum("user" in step for language in LANGUAGES for step in steps_of(language))
    assert report.intents.all == messages
    assert report.actions == Share(2 * messages, 2 * messages), str(report)
    assert report.intents.right >= UNDERSTOOD * report.intents.all, str(report)
    assert report.entities.right >= UNDERSTOOD * report.entities.all, str(report)


def test_rasa_finds_no_fault_in_config_domain_and_data() -> None:
    importer = TrainingDataImporter.load_from_config(
        str(PROJECT / "config.yml"), str(PROJECT / "domain.yml"), [str(PROJECT / "data")]
    )
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        validate_files(fail_on_warnings=True, max_history=None, importer=importer)
    told = {str(warning.message) for warning in raised if warning.category is UserWarning}
    assert {text for text in told if not text.startswith(EXPECTED)} == set()
