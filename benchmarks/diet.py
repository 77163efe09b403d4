"""Rasa's own classifier: CountVectors and DIET, trained and asked through Rasa."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.evaluation.pipeline import Line
from bot.nlu.classifier import Ranked
from bot.rasa_environment import importing

EPOCHS = 60
_agents: dict[str, Any] = {}


@dataclass(frozen=True)
class DietReader:
    """A trained archive; loaded once in each process, when it is first asked."""

    archive: str

    def read(self, lines: Sequence[Line]) -> list[list[Ranked]]:
        """See `bot.evaluation.comparison.Reader`."""
        return [self._read(line.text) for line in lines]

    def _read(self, text: str) -> list[Ranked]:
        with importing():
            from rasa.core.agent import Agent
            from rasa.core.channels.channel import UserMessage
            from rasa.shared.core.trackers import DialogueStateTracker
        if self.archive not in _agents:
            _agents[self.archive] = Agent.load(self.archive)
        parsed = _agents[self.archive].processor._parse_message_with_graph(
            UserMessage(text), DialogueStateTracker.from_events("benchmark", [])
        )
        return [Ranked(str(item["name"]), float(item["confidence"])) for item in parsed["intent_ranking"]]


@dataclass(frozen=True)
class Diet:
    """Rasa's recommended pipeline: words, characters, DIET; the whole ranking is asked for. Archives go to `folder`.

    Without transformer layers: with them one pass over our lines takes minutes, and on short messages they win nothing.
    """

    folder: Path
    name: str = f"DIET, {EPOCHS} epochs"
    epochs: int = EPOCHS

    def fit(self, lines: Sequence[Line]) -> DietReader:
        """See `bot.evaluation.comparison.Candidate`; whatever Rasa raises if it cannot."""
        with importing():
            import yaml
            from rasa.model_training import train_nlu
        folder = Path(tempfile.mkdtemp(prefix="diet-", dir=self.folder))
        by_intent: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            by_intent[line.intent].append(_escaped(line.text))
        blocks = [
            {"intent": name, "examples": "".join(f"- {text}\n" for text in dict.fromkeys(texts))}
            for name, texts in sorted(by_intent.items())
        ]
        _write(yaml, folder / "nlu.yml", {"version": "3.1", "nlu": blocks})
        _write(yaml, folder / "domain.yml", {"version": "3.1", "intents": sorted(by_intent)})
        _write(yaml, folder / "config.yml", self._config(len(by_intent)))
        paths = [str(folder / name) for name in ("config.yml", "nlu.yml", "models", "domain.yml")]
        return DietReader(str(train_nlu(paths[0], paths[1], paths[2], domain=paths[3])))

    def _config(self, intents: int) -> dict[str, Any]:
        return {
            "recipe": "default.v1",
            "assistant_id": "benchmark",
            "language": "en",
            "pipeline": [
                {"name": "WhitespaceTokenizer"},
                {"name": "CountVectorsFeaturizer"},
                {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
                {
                    "name": "DIETClassifier",
                    "epochs": self.epochs,
                    "number_of_transformer_layers": 0,
                    "entity_recognition": False,
                    "constrain_similarities": True,
                    "ranking_length": intents,
                    "random_seed": 1,
                },
            ],
            "policies": [],
        }


def _escaped(text: str) -> str:
    # Rasa reads brackets in examples as marked entities.
    return "".join(" " if character in "[](){}" else character for character in text)


def _write(yaml: Any, file: Path, content: Any) -> None:
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
