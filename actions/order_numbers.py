"""Order numbers: taking them from what customers write, asking for them, missing them."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.backends.model import ShopUnavailable
from actions.people import support_contact
from actions.turn import (
    CANCEL_FORM,
    TRACK_FORM,
    DialogueAction,
    Events,
    Turn,
    end_form,
    set_slot,
    start,
)

MAX_MISSES = 2

# Words for which rules leave or switch the form, whatever else the message says.
LEAVING = {"goodbye", "contact_human_agent"}
# Words that rules answer before the form asks again.
SMALL_TALK = {"greet", "thank", "help", "bot_challenge"}
# Words that hold no number, but are understood: the question is simply asked again.
READABLE = SMALL_TALK | {"track_order", "cancel_order", "affirm"}


def take_numbers(numbers: tuple[str, ...]) -> Events:
    """Return the events for the numbers a customer gave: one is taken, several are asked about."""
    number = numbers[0] if len(numbers) == 1 else None
    return [set_slot("order_number", number), set_slot("orders_at_hand", list(numbers))]


def answer_to_number_question(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
    """Read a message that came while a form was asking for an order number.

    No events means: not for the form, let the rules answer.
    """
    if turn.order_numbers:
        return take_numbers(turn.order_numbers)
    if turn.intent in SMALL_TALK:
        return []
    if turn.intent == "deny":
        dispatcher.utter_message(response="utter_task_stopped")
        return [*end_form(), set_slot("order_task", None)]
    if turn.intent in READABLE:
        return [set_slot("order_number", None)]
    if turn.order_misses + 1 >= MAX_MISSES:
        dispatcher.utter_message(response="utter_order_number_unclear_again", contact=support_contact())
        return [*end_form(), set_slot("order_task", None)]
    return [set_slot("order_number", None), set_slot("order_misses", turn.order_misses + 1)]


def miss_order(dispatcher: CollectingDispatcher, turn: Turn, wait: Events) -> Events:
    """Say that the order is unknown; `wait` for another number, but not after too many misses."""
    misses = turn.order_misses + 1
    answer = "utter_order_not_found_again" if misses >= MAX_MISSES else "utter_order_not_found"
    dispatcher.utter_message(response=answer, number=turn.order_number, contact=support_contact())
    nothing_at_hand = set_slot("orders_at_hand", [])
    if misses >= MAX_MISSES:
        return [*end_form(), nothing_at_hand, set_slot("order_task", None)]
    return [*wait, nothing_at_hand, set_slot("order_misses", misses)]


def tell_unavailable(dispatcher: CollectingDispatcher, error: ShopUnavailable) -> None:
    """Say that the shop cannot be reached and that nothing was changed."""
    dispatcher.utter_message(response="utter_shop_unavailable", contact=support_contact())


def ask_number(dispatcher: CollectingDispatcher, turn: Turn, intent: str, question: str) -> None:
    """Ask for the order number in the words that fit the moment; `intent` is what its buttons say."""
    if len(turn.orders_at_hand) > 1:
        buttons = [number_button(intent, number) for number in turn.orders_at_hand]
        dispatcher.utter_message(response="utter_which_order", buttons=buttons)
    elif turn.intent in READABLE or turn.form_began:
        dispatcher.utter_message(response=question)
    else:
        dispatcher.utter_message(response="utter_order_number_unclear")


class AskNumberToTrack(DialogueAction):
    """Asks which order to track."""

    action_name = "action_ask_track_order_form_order_number"

    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """See DialogueAction."""
        ask_number(dispatcher, turn, "track_order", "utter_ask_number_to_track")
        return []


class AskNumberToCancel(DialogueAction):
    """Asks which order to cancel."""

    action_name = "action_ask_cancel_order_form_order_number"

    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """See DialogueAction."""
        ask_number(dispatcher, turn, "cancel_order", "utter_ask_number_to_cancel")
        return []


class OrderNumberGiven(DialogueAction):
    """Somebody says just an order number: go on with the last task, or ask what to do with it."""

    action_name = "action_order_number_given"

    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """See DialogueAction."""
        if turn.order_task == "track":
            return [start(TRACK_FORM)]
        if turn.order_task == "cancel":
            return [start(CANCEL_FORM)]
        if len(turn.order_numbers) == 1:
            dispatcher.utter_message(response="utter_track_or_cancel", number=turn.order_numbers[0])
        else:
            dispatcher.utter_message(response="utter_track_or_cancel_several")
        return [set_slot("orders_at_hand", list(turn.order_numbers)), set_slot("order_task", "choose")]


class LeaveForm(DialogueAction):
    """Ends a form because the customer goes elsewhere; says so if a cancellation was still open."""

    action_name = "action_leave_form"

    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """See DialogueAction."""
        if turn.requested_slot == "cancel_confirmed":
            dispatcher.utter_message(response="utter_order_kept", number=turn.order_number)
        return [*end_form(), set_slot("requested_slot", None), set_slot("order_task", None)]


def number_button(intent: str, number: str) -> dict[str, str]:
    """Return a button that says `intent` about the order `number`."""
    return {"title": number, "payload": f'/{intent}{{"order_number": "{number}"}}'}
