"""Training only: adds the spellings in which people really type the training lines."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.source import source_digest
from bot.nlu.spelling import variants

GROUP = "line"
"""Message property: the training line that this message is a spelling of."""


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=False)
class SpellingVariants(GraphComponent):  # type: ignore[misc]  # Rasa ships no types
    """Puts copies beside each line: without accents, in Latin letters, with a typing slip.

    The copies live in memory during training; files and the trained model hold none of them.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._conventions = int(config["conventions"])
        self._typos = int(config["typos"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return how many Latin conventions and how many typing slips each line gets."""
        return {"conventions": 2, "typos": 0}

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
    ) -> SpellingVariants:
        """Make the component as Rasa asks."""
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Return the training data with the copies added."""
        examples: list[Message] = []
        for message in training_data.training_examples:
            examples.append(message)
            text = message.get(TEXT)
            if text and message.get(INTENT):
                message.set(GROUP, text)
                examples += [self._copy(message, variant.text) for variant in self._variants(text)]
        # A new object: Rasa's TrainingData computes its lists of examples once and would not see the copies.
        return TrainingData(
            examples,
            training_data.entity_synonyms,
            training_data.regex_features,
            training_data.lookup_tables,
            training_data.responses,
        )

    def process(self, messages: list[Message]) -> list[Message]:
        """Return the messages as they are: what customers write is read as written."""
        return messages

    def _variants(self, text: str) -> Any:
        return variants(text, self._conventions, self._typos)

    def _copy(self, message: Message, text: str) -> Message:
        data = {INTENT: message.get(INTENT), GROUP: message.get(GROUP), "metadata": message.get("metadata")}
        return Message(data={TEXT: text, **data})
