"""Cancellation of an order: only after the customer has said yes to that very order."""

from __future__ import annotations

import logging

from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.backends.model import Order, OrderNotCancellable, OrderNotFound, Refusal, ShopUnavailable
from actions.order_numbers import (
    LEAVING,
    SMALL_TALK,
    answer_to_number_question,
    miss_order,
    take_numbers,
    tell_unavailable,
)
from actions.people import support_contact
from actions.shop import current_shop
from actions.turn import (
    CANCEL_FORM,
    DialogueAction,
    Events,
    Turn,
    ask_number_again,
    end_form,
    forget_order,
    set_slot,
    wait_for_number,
)

logger = logging.getLogger(__name__)

MAX_UNCLEAR = 2
SURE = 0.7
"""How certain a written yes must be before something is cancelled. A doubtful one is asked again; a no needs less."""


class ValidateCancelOrderForm(DialogueAction):
    """Reads each message that comes while the cancelling form is open."""

    action_name = "validate_cancel_order_form"

    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """See DialogueAction."""
        if turn.form_began:
            return [*forget_order(), *take_numbers(turn.order_numbers or _numbers_meant(turn))]
        if turn.intent in LEAVING or turn.intent == "track_order":
            return []
        if turn.requested_slot == "cancel_confirmed":
            return _answer_to_confirmation(dispatcher, turn)
        return answer_to_number_question(dispatcher, turn)


class AskCancelConfirmed(DialogueAction):
    """Looks the order up and asks whether to cancel it, or says why it cannot be cancelled."""

    action_name = "action_ask_cancel_order_form_cancel_confirmed"

    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """See DialogueAction."""
        number = turn.order_number or ""
        try:
            order = await current_shop().find_order(number, turn.asker)
        except OrderNotFound:
            return miss_order(dispatcher, turn, ask_number_again())
        except ShopUnavailable as error:
            logger.warning("looking up an order to cancel failed: %s", error.reason)
            tell_unavailable(dispatcher, error)
            return ask_number_again()
        if order.refusal is not None:
            tell_refusal(dispatcher, number, order.refusal)
            return [*end_form(), set_slot("order_task", "track")]
        again = turn.unclear_confirmations > 0 and turn.intent not in SMALL_TALK
        ask_confirmation(dispatcher, order, turn.language, again=again)
        return [set_slot("order_misses", 0)]


class CancelOrder(DialogueAction):
    """Does what the customer has decided. A retried turn gives the same answer."""

    action_name = "action_cancel_order"

    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """See DialogueAction."""
        if turn.order_number is None or turn.cancel_confirmed is None:
            return []
        if not turn.cancel_confirmed:
            dispatcher.utter_message(response="utter_order_kept", number=turn.order_number)
            return [*forget_order(), set_slot("order_task", None)]
        return await _cancel(dispatcher, turn, turn.order_number)


async def _cancel(dispatcher: CollectingDispatcher, turn: Turn, number: str) -> Events:
    try:
        order = await current_shop().cancel_order(number, turn.message_id, turn.asker)
    except OrderNotFound:
        return miss_order(dispatcher, turn, wait_for_number(CANCEL_FORM))
    except OrderNotCancellable as error:
        tell_refusal(dispatcher, number, error.refusal)
    except ShopUnavailable as error:
        logger.warning("cancelling failed: %s", error.reason)
        if error.changed_nothing:
            tell_unavailable(dispatcher, error)
            return wait_for_number(CANCEL_FORM)
        dispatcher.utter_message(
            response="utter_cancel_outcome_unknown", number=number, contact=support_contact()
        )
    else:
        total = wording.money(order.total, order.currency, turn.language)
        dispatcher.utter_message(response="utter_order_cancelled", number=number, total=total)
        return [*forget_order(), set_slot("order_task", "cancel")]
    return [*forget_order(), set_slot("order_task", "track")]


def ask_confirmation(dispatcher: CollectingDispatcher, order: Order, language: str, *, again: bool) -> None:
    """Ask for a yes or a no, naming the order and what is in it."""
    dispatcher.utter_message(
        response="utter_confirm_cancel_again" if again else "utter_confirm_cancel",
        number=order.number,
        items=wording.items(order.items),
        total=wording.money(order.total, order.currency, language),
    )


def tell_refusal(dispatcher: CollectingDispatcher, number: str, refusal: Refusal) -> None:
    """Say why the order cannot be cancelled and what can be done instead."""
    response = f"utter_cancel_refused_{refusal.value}"
    dispatcher.utter_message(response=response, number=number, contact=support_contact())


def _answer_to_confirmation(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
    """Read an answer to the question whether to cancel. Only a plain yes to this order is a yes."""
    others = tuple(number for number in turn.order_numbers if number != turn.order_number)
    if others:
        return [*forget_order(), *take_numbers(others)]
    if turn.intent == "deny" or (turn.intent == "affirm" and turn.certainty >= SURE):
        return [set_slot("cancel_confirmed", turn.intent == "affirm")]
    if turn.intent in SMALL_TALK:
        return []
    unclear = turn.unclear_confirmations + 1
    if unclear >= MAX_UNCLEAR:
        dispatcher.utter_message(response="utter_order_kept_unclear", number=turn.order_number)
        return [*end_form(), set_slot("order_task", None)]
    return [set_slot("cancel_confirmed", None), set_slot("unclear_confirmations", unclear)]


def _numbers_meant(turn: Turn) -> tuple[str, ...]:
    """Return the orders that "cancel it" means when the message names none. They are confirmed by name."""
    return turn.orders_at_hand if turn.order_task in ("track", "choose") else ()
