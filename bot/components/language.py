"""Rasa component that tells the language of each message."""

from __future__ import annotations

import logging
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.source import source_digest
from bot.nlu import ahead
from bot.nlu.labels import labelled
from bot.nlu.language import DEFAULT_LANGUAGES, Reading, Settings
from bot.nlu.language import LanguageDetector as Detector
from bot.nlu.latin import LatinEvidence
from bot.nlu.storage import load_evidence, save_evidence

logger = logging.getLogger(__name__)

LANGUAGE = "language"
CERTAIN = "language_certain"
WRITTEN = "language_written"
"""Message property: what the text looks like by itself, see `bot.nlu.language.Reading`."""


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=True)
class LanguageDetector(GraphComponent):  # type: ignore[misc]  # Rasa ships no types
    """Sets `language` (a configured code) and `language_certain` (the text itself decided) on each message.

    Reads `language`, `locale` and `fixed_language` from the message's metadata when they are there.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        evidence: LatinEvidence | None = None,
    ) -> None:
        self._settings = Settings(tuple(config["languages"]), float(config["certain_at"]))
        self._model_storage = model_storage
        self._resource = resource
        self._detector = Detector(self._settings, evidence)
        ahead.use_detector(self._detector)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the languages, the first is the last resort unless English is among them."""
        return {"languages": list(DEFAULT_LANGUAGES), "certain_at": 0.75}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Train again when the code behind the component has changed."""
        return source_digest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageDetector:
        """Make an untrained component: it reads scripts and words, not yet Greek in Latin letters."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguageDetector:
        """Make the trained component."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, load_evidence(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the training lines how each language looks in Latin letters."""
        lines = [
            (message.get(TEXT), _stated(message))
            for message in training_data.intent_examples
            if message.get(TEXT)
        ]
        evidence = LatinEvidence.fit(labelled(lines, self._settings.languages), self._settings.languages)
        self._detector = Detector(self._settings, evidence)
        with self._model_storage.write_to(self._resource) as folder:
            save_evidence(evidence, folder)
        logger.info("language: learned from %d lines", len(lines))
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Set what each line is written in."""
        for message in training_data.intent_examples:
            message.set(WRITTEN, _stated(message) or self._detector.detect(message.get(TEXT) or "").written)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set language and certainty on each message."""
        for message in messages:
            reading = self._read(message.get(TEXT) or "", message.get("metadata") or {})
            message.set(LANGUAGE, reading.language, add_to_output=True)
            message.set(CERTAIN, reading.certain, add_to_output=True)
            message.set(WRITTEN, reading.written)
        return messages

    def _read(self, text: str, metadata: dict[str, Any]) -> Reading:
        fixed = metadata.get("fixed_language")
        if isinstance(fixed, str) and self._detector.known(fixed):
            return Reading(fixed, 1.0, True, fixed)
        return self._detector.detect(text, metadata.get("language"), metadata.get("locale"))


def _stated(message: Message) -> str | None:
    """Return the language that the training file states under `metadata`, if it does."""
    metadata = message.get("metadata") or {}
    for part in (metadata, metadata.get("intent"), metadata.get("example")):
        if isinstance(part, dict) and isinstance(part.get(LANGUAGE), str):
            return str(part[LANGUAGE])
    return None
