"""The customer's message as actions read it, and the slots that the dialogue remembers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast
from uuid import uuid4

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.backends.model import Asker

# What an action gives back to Rasa: its events as JSON objects.
Events = list[dict[str, Any]]

TRACK_FORM = "track_order_form"
CANCEL_FORM = "cancel_order_form"

MAX_ORDERS_AT_ONCE = 5


class DialogueAction(Action, ABC):  # type: ignore[misc]
    """Base of our actions: `action_name` is what domain.yml calls it, `act` does it."""

    action_name: ClassVar[str]

    def name(self) -> str:
        """Return the name by which Rasa calls this action."""
        return self.action_name

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        """Answer one call of Rasa."""
        return await self.act(dispatcher, read_turn(tracker))

    @abstractmethod
    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """Say what there is to say through `dispatcher` and return the events of the dialogue."""


@dataclass(frozen=True)
class Turn:
    """One customer message with what the dialogue remembers. `form_began` is true in a form's first turn.

    `certainty` is how sure the reading of the intent is, from 0 to 1; a pressed button is 1.
    """

    intent: str
    certainty: float
    order_numbers: tuple[str, ...]
    message_id: str
    asker: Asker
    form_began: bool
    requested_slot: str | None
    order_number: str | None
    cancel_confirmed: bool | None
    orders_at_hand: tuple[str, ...]
    order_task: str | None
    order_misses: int
    unclear_confirmations: int

    @property
    def language(self) -> str:
        """The language to answer in."""
        return self.asker.language


def read_turn(tracker: Tracker) -> Turn:
    """Return what the tracker says about this turn."""
    message = tracker.latest_message or {}
    intent = message.get("intent") or {}
    slots = tracker.slots
    return Turn(
        intent=intent.get("name") or "nlu_fallback",
        certainty=float(intent.get("confidence") or 0.0),
        order_numbers=_order_numbers(message),
        message_id=_message_id(message),
        asker=_asker(tracker, message),
        form_began=_form_began(tracker),
        requested_slot=slots.get("requested_slot"),
        order_number=slots.get("order_number"),
        cancel_confirmed=slots.get("cancel_confirmed"),
        orders_at_hand=tuple(slots.get("orders_at_hand") or ()),
        order_task=slots.get("order_task"),
        order_misses=int(slots.get("order_misses") or 0),
        unclear_confirmations=int(slots.get("unclear_confirmations") or 0),
    )


def forget_order() -> Events:
    """Return the events that empty what a form worked with; what was talked about stays at hand."""
    return [
        set_slot("order_number", None),
        set_slot("cancel_confirmed", None),
        set_slot("order_misses", 0),
        set_slot("unclear_confirmations", 0),
    ]


def end_form() -> Events:
    """Return the events that end a form from within and forget its order."""
    return [*forget_order(), cast(dict[str, Any], ActiveLoop(None))]


def wait_for_number(form: str) -> Events:
    """Return the events after which `form` reads the next message as the number it asked for."""
    return [
        cast(dict[str, Any], ActiveLoop(form)),
        *ask_number_again(),
        cast(dict[str, Any], FollowupAction("action_listen")),
    ]


def ask_number_again() -> Events:
    """Return the events, within a form, after which it waits for a number, not for a confirmation."""
    return [
        set_slot("order_number", None),
        set_slot("cancel_confirmed", None),
        set_slot("requested_slot", "order_number"),
    ]


def set_slot(name: str, value: object) -> dict[str, Any]:
    """Return the event that sets a slot."""
    return cast(dict[str, Any], SlotSet(name, value))


def start(action_name: str) -> dict[str, Any]:
    """Return the event that makes Rasa run this action or form next."""
    return cast(dict[str, Any], FollowupAction(action_name))


def _order_numbers(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the distinct order numbers of the message, in the order of its text."""
    found = [entity for entity in message.get("entities") or () if entity.get("entity") == "order_number"]
    found.sort(key=lambda entity: entity.get("start") or 0)
    numbers = dict.fromkeys(str(entity["value"]) for entity in found if entity.get("value"))
    return tuple(numbers)[:MAX_ORDERS_AT_ONCE]


def _metadata(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return message.get("metadata") or {}


def _message_id(message: Mapping[str, Any]) -> str:
    # The server's id survives a retried turn; Rasa's own, or a fresh one, serves where Rasa runs without it.
    return str(_metadata(message).get("message_id") or message.get("message_id") or uuid4())


def _asker(tracker: Tracker, message: Mapping[str, Any]) -> Asker:
    metadata = _metadata(message)
    return Asker(
        channel=str(metadata.get("channel") or "unknown"),
        customer_id=str(metadata.get("customer_id") or tracker.sender_id),
        verified=metadata.get("verified") is True,
        language=str(tracker.slots.get("language") or "en"),
    )


def _form_began(tracker: Tracker) -> bool:
    """Tell whether the active form began after the latest customer message."""
    for event in reversed(tracker.events or []):
        if event.get("event") == "user":
            return False
        if event.get("event") == "active_loop" and event.get("name"):
            return True
    return False
