"""Rasa component that divides a message with two wishes."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.components.classifier import READER, IntentClassifier
from bot.components.encoder import READ_PART, ReadPart, SentenceEncoder
from bot.components.language import LANGUAGE
from bot.components.source import source_digest
from bot.nlu.classifier import IntentModel, Ranked
from bot.nlu.wishes import Wish, wishes

WISHES = "wishes"
"""Message property, only where there are two or more: dicts of intent, confidence, start, end and text."""


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR], is_trainable=False)
class Wishes(GraphComponent):  # type: ignore[misc]  # Rasa ships no types
    """Sets `wishes` on a message that has more than one; the message's own intent stays as it is."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Name what must stand before this component."""
        return [SentenceEncoder, IntentClassifier]

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
    ) -> Wishes:
        """Make the component as Rasa asks."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the wishes of each message that has two or more."""
        for message in messages:
            model, read_part = message.get(READER), message.get(READ_PART)
            if model is not None and read_part is not None:
                found = _found(message, model, read_part)
                if found:
                    message.set(WISHES, [asdict(wish) for wish in found], add_to_output=True)
        return messages


def _found(message: Message, model: IntentModel, read_part: ReadPart) -> list[Wish]:
    ranking = message.get(INTENT_RANKING_KEY) or ()
    read = [item for item in ranking if item["name"] != DEFAULT_NLU_FALLBACK_INTENT_NAME]
    whole = [Ranked(item["name"], item["confidence"]) for item in read]
    text, language = message.get(TEXT) or "", message.get(LANGUAGE) or ""
    return wishes(text, language, whole, partial(_read, model, read_part))


def _read(model: IntentModel, read_part: ReadPart, text: str) -> list[Ranked]:
    return model.rank(*read_part(text))
