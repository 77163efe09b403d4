"""Rasa component that tells what the customer wants."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.encoder import AS_READ, VECTOR, SentenceEncoder
from bot.components.source import source_digest
from bot.nlu.classifier import Example, IntentModel, Strengths, fit_intents
from bot.nlu.storage import load_intents, save_intents

logger = logging.getLogger(__name__)

READER = "reader"
"""Message property: the trained `bot.nlu.classifier.IntentModel`, for a component that reads parts of a message."""


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class IntentClassifier(GraphComponent, RasaIntentClassifier):  # type: ignore[misc]  # Rasa ships no types
    """Sets `intent` and the whole `intent_ranking`; needs what `SentenceEncoder` sets."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None = None,
    ) -> None:
        self._strengths = Strengths(**{name: config[name] for name in ("vectors", "ngrams", "longest")})
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def required_components(cls) -> list[type]:
        """Name what must stand before this component."""
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings of `bot.nlu.classifier.Strengths`."""
        return asdict(Strengths())

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
    ) -> IntentClassifier:
        """Make an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentClassifier:
        """Make the trained component."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, load_intents(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Train on all lines with an intent; raises ValueError when there is none."""
        messages = [message for message in training_data.intent_examples if message.get(VECTOR) is not None]
        examples = [Example(message.get(AS_READ), message.get(INTENT)) for message in messages]
        logger.info("classifier: training on %d lines", len(messages))
        vectors = np.asarray([message.get(VECTOR) for message in messages], dtype=np.float32)
        self._model = fit_intents(examples, vectors, self._strengths)
        with self._model_storage.write_to(self._resource) as folder:
            save_intents(self._model, folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking of each message."""
        if self._model is None:
            raise RuntimeError("the intent classifier is not trained")
        for message in messages:
            ranking = [
                {"name": ranked.name, "confidence": ranked.confidence}
                for ranked in self._model.rank(message.get(AS_READ), message.get(VECTOR))
            ]
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set(READER, self._model)
        return messages
