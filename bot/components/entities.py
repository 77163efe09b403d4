"""Rasa component that finds what a message names: numbers, contacts, money, days, products, places."""

from __future__ import annotations

from datetime import date
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.entities import EntityFinder, EntitySettings
from bot.nlu.ordernumbers import OrderSettings


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR], is_trainable=False)
class EntityExtractor(GraphComponent):  # type: ignore[misc]  # Rasa ships no types
    """Adds to `entities`; "yesterday" is counted from the metadata's `today` (ISO), else from this day."""

    def __init__(self, config: dict[str, Any]) -> None:
        low, high = config["order_digits"]
        orders = OrderSettings((int(low), int(high)), tuple(config["order_prefixes"]))
        catalogue = str(config.get("catalogue") or "")
        self._finder = EntityFinder(EntitySettings(orders, tuple(config["patterns"]), catalogue))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return how order numbers look, the demo shop's products, and no further spaCy patterns."""
        return {"order_digits": [5, 5], "order_prefixes": ["GR"], "catalogue": "demo", "patterns": []}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityExtractor:
        """Make the component as Rasa asks."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities of each message to those it has."""
        for message in messages:
            today = _today(message.get("metadata") or {})
            found = self._finder.find(message.get(TEXT) or "", today, message.get("language"))
            entities = [*message.get(ENTITIES, []), *(entity.as_dict() for entity in found)]
            message.set(ENTITIES, entities, add_to_output=True)
        return messages


def _today(metadata: dict[str, Any]) -> date:
    try:
        return date.fromisoformat(str(metadata.get("today")))
    except ValueError:
        return date.today()
