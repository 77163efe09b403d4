"""Rasa component that reads what the customer feels."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.components.encoder import AS_READ, VECTOR, SentenceEncoder
from bot.components.language import LANGUAGE
from bot.nlu.feeling_files import Stored, load_feelings

SENTIMENT = "sentiment"
"""Message property: dict of valence, emotion, emotions, weak and model."""
_DIGITS = 4


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR], is_trainable=False)
class FeelingReader(GraphComponent):  # type: ignore[misc]  # Rasa ships no types
    """Sets `sentiment` on each message, with the model in data/feelings/model, which is not trained here.

    The vectors must be those that model was made for: to one of another length it gives no reading.
    """

    def __init__(self, config: dict[str, Any], stored: Stored) -> None:
        self._weak_below = float(config["weak_below"])
        self._stored = stored

    @classmethod
    def required_components(cls) -> list[type]:
        """Name what must stand before this component."""
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the accuracy of a language below which its readings are marked as weak."""
        return {"weak_below": 0.75}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FeelingReader:
        """Make the component as Rasa asks; whatever `load_feelings` raises."""
        return cls(config, load_feelings())

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the reading of each message that has a vector of the model's length."""
        dimension = self._stored.model.dimension
        for message in messages:
            vector = message.get(VECTOR)
            if vector is not None and len(vector) == dimension:
                message.set(SENTIMENT, self._reading(message, vector), add_to_output=True)
        return messages

    def _reading(self, message: Message, vector: Any) -> dict[str, Any]:
        feeling = self._stored.model.read(message.get(TEXT) or "", message.get(AS_READ) or "", vector)
        accuracy = self._stored.accuracy.get(message.get(LANGUAGE) or "", 0.0)
        return {
            "valence": round(feeling.valence, _DIGITS),
            "emotion": feeling.emotion,
            "emotions": {name: round(share, _DIGITS) for name, share in feeling.emotions.items()},
            "weak": accuracy < self._weak_below,
            "model": self._stored.version,
        }
