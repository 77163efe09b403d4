"""Rasa component that tells what the customer wants."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.encoder import VECTOR, SentenceEncoder
from bot.components.source import source_digest
from bot.nlu.classifier import Example, IntentModel, Strengths, fit_intents
from bot.nlu.spelling import variants
from bot.nlu.storage import load_intents, save_intents

logger = logging.getLogger(__name__)

READER = "reader"
"""Message property: the trained `bot.nlu.classifier.IntentModel`, for a component that reads parts of a message."""


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class IntentClassifier(GraphComponent, RasaIntentClassifier):  # type: ignore[misc]  # Rasa ships no types
    """Sets `intent` and the whole `intent_ranking`; needs the vector of `SentenceEncoder`.

    In training each line is also learned as people type it: without accents, in Latin letters, with a slip. These
    copies live here and only in memory: no file holds them, and they need no vectors of their own.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None = None,
    ) -> None:
        self._strengths = Strengths(**{name: config[name] for name in ("vectors", "ngrams", "longest")})
        self._conventions, self._typos = int(config["conventions"]), int(config["typos"])
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def required_components(cls) -> list[type]:
        """Name what must stand before this component."""
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings of `bot.nlu.classifier.Strengths`, and how many copies each line gets."""
        defaults = Strengths()
        return {
            "vectors": defaults.vectors,
            "ngrams": defaults.ngrams,
            "longest": defaults.longest,
            "conventions": 1,
            "typos": 0,
        }

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
        spelled = [
            (row, text) for row, item in enumerate(messages) for text in self._spellings(item.get(TEXT))
        ]
        examples = [
            Example(text, messages[row].get(INTENT), messages[row].get(TEXT)) for row, text in spelled
        ]
        logger.info("classifier: training on %d lines", len(messages))
        lines = np.asarray([item.get(VECTOR) for item in messages], dtype=np.float32)
        vectors = lines[[row for row, _ in spelled]]
        self._model = fit_intents(examples, vectors, self._strengths)
        with self._model_storage.write_to(self._resource) as folder:
            save_intents(self._model, folder)
        return self._resource

    def _spellings(self, line: str) -> list[str]:
        return [line, *(copy.text for copy in variants(line, self._conventions, self._typos))]

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking of each message."""
        if self._model is None:
            raise RuntimeError("the intent classifier is not trained")
        for message in messages:
            ranking = [
                {"name": ranked.name, "confidence": ranked.confidence}
                for ranked in self._model.rank(message.get(TEXT) or "", message.get(VECTOR))
            ]
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set(READER, self._model)
        return messages
