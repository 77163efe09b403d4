"""One customer message as the tasks read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from rasa_sdk import Tracker

from actions.backends.model import Asker
from actions.memory import Given

MOST_VALUES = 5
"""Values of one entity that are taken from a message."""
LONGEST_VALUE = 320
"""Characters of a value; no e-mail address is longer."""
BESIDE = 16
"""Characters that may stand between a quantity and its product; half as many after the product."""
NOT_UNDERSTOOD = "nlu_fallback"


@dataclass(frozen=True)
class Wish:
    """One wish of a message: its intent, how certain it is (0..1), its part of the text, the entities in it."""

    intent: str
    certainty: float
    text: str
    given: Given


@dataclass(frozen=True)
class Turn:
    """One customer message. `wishes` has at least one, in the order of the text.

    `pressed` tells that a button of ours was pressed. `nearest` are the likeliest intents, the best first, whatever
    the fallback says. `user_id` is who the customer is at the embedding site, if the site has signed that.
    """

    text: str
    wishes: tuple[Wish, ...]
    given: Given
    pressed: bool
    nearest: tuple[str, ...]
    message_id: str
    asker: Asker
    user_id: str | None

    @property
    def wish(self) -> Wish:
        """The first wish."""
        return self.wishes[0]

    @property
    def language(self) -> str:
        """The language to answer in."""
        return self.asker.language


def read_turn(tracker: Tracker) -> Turn:
    """Return what the tracker says about the latest message."""
    message: Mapping[str, Any] = tracker.latest_message or {}
    metadata: Mapping[str, Any] = message.get("metadata") or {}
    entities = list(message.get("entities") or ())
    text = str(message.get("text") or "")
    return Turn(
        text=text,
        wishes=_wishes(message, text, entities),
        given=_given(entities),
        pressed=any(entity.get("extractor") == "button" for entity in entities)
        or bool(message.get("pressed")),
        nearest=tuple(
            str(item["name"])
            for item in message.get("intent_ranking") or ()
            if item.get("name") not in (None, NOT_UNDERSTOOD)
        ),
        # The server's id survives a retried turn; Rasa's own, or a fresh one, serves where Rasa runs without it.
        message_id=str(metadata.get("message_id") or message.get("message_id") or uuid4()),
        asker=_asker(tracker, metadata),
        user_id=_user_id(metadata),
    )


def _wishes(message: Mapping[str, Any], text: str, entities: list[Mapping[str, Any]]) -> tuple[Wish, ...]:
    """The parts that the pipeline has divided the message into, or the message as one wish."""
    parts = message.get("wishes") or ()
    if len(parts) > 1:
        return tuple(_part(part, text, entities) for part in parts)
    intent = message.get("intent") or {}
    name, certainty = intent.get("name") or NOT_UNDERSTOOD, float(intent.get("confidence") or 0.0)
    return (Wish(str(name), certainty, text, _given(entities)),)


def _part(part: Mapping[str, Any], text: str, entities: list[Mapping[str, Any]]) -> Wish:
    start, end = int(part["start"]), int(part["end"])
    inside = [entity for entity in entities if start <= int(entity.get("start") or 0) < end]
    return Wish(str(part["intent"]), float(part["confidence"]), text[start:end], _given(inside))


def _given(entities: Iterable[Mapping[str, Any]]) -> Given:
    """The values of each entity; besides, `item` holds what products are counted: "mug:2"."""
    ordered = sorted(entities, key=lambda item: int(item.get("start") or 0))
    found: dict[str, list[str]] = {}
    for entity in ordered:
        values = found.setdefault(str(entity.get("entity")), [])
        value = str(entity.get("value") or "")
        if value and len(value) <= LONGEST_VALUE and value not in values and len(values) < MOST_VALUES:
            values.append(value)
    items = _items(ordered)
    return {**found, "item": items} if items else found


def _items(entities: list[Mapping[str, Any]]) -> list[str]:
    """Each product with the quantity that stands beside it: before it, or else after it."""
    counts = [entity for entity in entities if entity.get("entity") == "quantity"]
    items: dict[str, str] = {}
    for entity in entities:
        if entity.get("entity") == "product":
            near = [count for count in counts if _gap(count, entity) <= BESIDE]
            best = min(near, key=lambda count: (_gap(count, entity), count["start"]), default=None)
            counts = [count for count in counts if count is not best]
            items[str(entity["value"])] = str(best["value"]) if best else "1"
    return [f"{product}:{quantity}" for product, quantity in items.items()][:MOST_VALUES]


def _gap(count: Mapping[str, Any], product: Mapping[str, Any]) -> int:
    if count["end"] <= product["start"]:
        return int(product["start"]) - int(count["end"])
    return int(count["start"]) - int(product["end"]) + BESIDE // 2


def _asker(tracker: Tracker, metadata: Mapping[str, Any]) -> Asker:
    return Asker(
        channel=str(metadata.get("channel") or "unknown"),
        customer_id=str(metadata.get("customer_id") or tracker.sender_id),
        verified=metadata.get("verified") is True,
        language=str(tracker.slots.get("language") or "en"),
    )


def _user_id(metadata: Mapping[str, Any]) -> str | None:
    user_id = metadata.get("user_id")
    return str(user_id) if user_id and metadata.get("verified") is True else None
