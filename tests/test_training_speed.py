"""Rasa reads training data faster, and reads the same."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from bot.rasa_environment import importing

with importing():
    import rasa.shared.utils.io as rasa_io
    import rasa.shared.utils.validation as rasa_validation
    from rasa.shared.core.domain import Domain
    from rasa.shared.exceptions import YamlException
    from rasa.shared.importers.importer import TrainingDataImporter
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from bot.rasa_training_speed import reading_once

ROOT = Path(__file__).parent.parent
NLU = ROOT / "data" / "nlu" / "en" / "smalltalk.yml"


def read() -> TrainingData:
    importer = TrainingDataImporter.load_from_dict(
        config={"recipe": "default.v1", "language": "en", "pipeline": [], "policies": []},
        domain_path=str(ROOT / "domain.yml"),
        training_data_paths=[str(NLU), str(ROOT / "data" / "rules.yml")],
    )
    return importer.get_nlu_data()


@pytest.fixture
def hurried() -> Iterator[None]:
    with reading_once():
        yield


def test_the_same_is_read() -> None:
    slow = read()
    with reading_once():
        fast = read()
    assert [message.data for message in fast.training_examples] == [
        message.data for message in slow.training_examples
    ]
    assert len(fast.intent_examples) > 50


@pytest.mark.usefixtures("hurried")
def test_a_file_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = rasa_io.read_yaml("a: [1]")
    first["a"].append(2)
    assert rasa_io.read_yaml("a: [1]") == {"a": [1]}
    monkeypatch.setattr(rasa_io.yaml, "YAML", None)
    assert rasa_io.read_yaml("a: [1]") == {"a": [1]}


@pytest.mark.usefixtures("hurried")
def test_a_changed_line_has_another_fingerprint() -> None:
    line = Message({"text": "hello", "intent": "greet"})
    before = line.fingerprint()
    line.set("intent", "greet")
    assert line.fingerprint() == before
    line.set("intent", "goodbye")
    assert line.fingerprint() != before
    line.set("vector", [1.0])
    assert line.fingerprint() not in (before, Message({"text": "hello", "intent": "goodbye"}).fingerprint())


@pytest.mark.usefixtures("hurried")
def test_what_json_does_not_know_has_a_fingerprint_too() -> None:
    prints = [Message({"text": "hello", "found": found}).fingerprint() for found in ({1, 2}, {1, 3}, {1, 2})]
    assert prints[0] == prints[2] != prints[1]


@pytest.mark.usefixtures("hurried")
def test_a_copy_is_its_own() -> None:
    line = Message({"text": "hello", "metadata": {"language": "en"}}, output_properties={"intent"})
    copy = deepcopy(line)
    assert copy == line
    copy.data["metadata"]["language"] = "pl"
    copy.set("intent", "greet", add_to_output=True)
    copy.output_properties.add("more")
    assert line.data == {"text": "hello", "metadata": {"language": "en"}}
    assert line.output_properties == {"intent", "text"}
    assert deepcopy([line, line])[0] is not line


@pytest.mark.parametrize(
    "domain", ["intents: 5\n", "intents:\n- greet\nresponses:\n  utter_hello: hello\n", "intents: [a"]
)
def test_errors_name_the_same_lines(domain: str) -> None:
    with pytest.raises(YamlException) as slow:
        Domain.from_yaml(domain)
    with reading_once(), pytest.raises(type(slow.value)) as fast:
        Domain.from_yaml(domain)
    assert str(fast.value) == str(slow.value)


def test_everything_is_put_back() -> None:
    places = [
        (rasa_io, "read_yaml"), (rasa_validation, "validate_yaml_schema"),
        (Message, "set"), (Message, "fingerprint"), (Message, "__deepcopy__"),
    ]  # fmt: skip
    former = [getattr(place, name, None) for place, name in places]
    with reading_once():
        changed = [getattr(place, name, None) for place, name in places]
        assert all(one is not other for one, other in zip(changed, former, strict=True))
    assert [getattr(place, name, None) for place, name in places] == former
