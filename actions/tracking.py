"""Tracking: where an order is."""

from __future__ import annotations

import logging

from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.backends.model import Order, OrderNotFound, OrderStatus, ShopUnavailable
from actions.order_numbers import (
    LEAVING,
    answer_to_number_question,
    miss_order,
    take_numbers,
    tell_unavailable,
)
from actions.shop import current_shop
from actions.turn import (
    TRACK_FORM,
    DialogueAction,
    Events,
    Turn,
    forget_order,
    set_slot,
    wait_for_number,
)

logger = logging.getLogger(__name__)

# In these states a day of arrival still means something.
ON_THE_WAY = {
    OrderStatus.PLACED,
    OrderStatus.PAID,
    OrderStatus.PACKED,
    OrderStatus.SHIPPED,
    OrderStatus.DELAYED,
}
# In these states a parcel can be followed.
WITH_CARRIER = {
    OrderStatus.SHIPPED,
    OrderStatus.DELAYED,
    OrderStatus.OUT_FOR_DELIVERY,
    OrderStatus.READY_FOR_PICKUP,
}


class ValidateTrackOrderForm(DialogueAction):
    """Reads each message that comes while the tracking form is open."""

    action_name = "validate_track_order_form"

    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """See DialogueAction."""
        if turn.form_began:
            return [*forget_order(), *take_numbers(turn.order_numbers or _numbers_meant(turn))]
        if turn.intent in LEAVING or turn.intent == "cancel_order":
            return []
        return answer_to_number_question(dispatcher, turn)


class TrackOrder(DialogueAction):
    """Looks the order up and says where it is."""

    action_name = "action_track_order"

    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """See DialogueAction."""
        if turn.order_number is None:
            return []
        try:
            order = await current_shop().find_order(turn.order_number, turn.asker)
        except OrderNotFound:
            return miss_order(dispatcher, turn, wait_for_number(TRACK_FORM))
        except ShopUnavailable as error:
            logger.warning("tracking failed: %s", error.reason)
            tell_unavailable(dispatcher, error)
            return wait_for_number(TRACK_FORM)
        tell_order(dispatcher, order, turn.language)
        return [
            *forget_order(),
            set_slot("orders_at_hand", [order.number]),
            set_slot("order_task", "track"),
        ]


def tell_order(dispatcher: CollectingDispatcher, order: Order, language: str) -> None:
    """Say where the order is, when it comes, and where its parcel can be followed."""
    dispatcher.utter_message(
        response=f"utter_track_{order.status.value}",
        number=order.number,
        items=wording.items(order.items),
        total=wording.money(order.total, order.currency, language),
    )
    if order.expected_on and order.status in ON_THE_WAY:
        date = wording.day(order.expected_on, language)
        dispatcher.utter_message(response="utter_expected_on", date=date)
    if order.delivered_on and order.status is OrderStatus.DELIVERED:
        date = wording.day(order.delivered_on, language)
        dispatcher.utter_message(response="utter_delivered_on", date=date)
    if order.carrier and order.tracking_url and order.status in WITH_CARRIER:
        dispatcher.utter_message(
            response="utter_follow_parcel", carrier=order.carrier, link=order.tracking_url
        )


def _numbers_meant(turn: Turn) -> tuple[str, ...]:
    """Return the orders that "track it" means when the message names none."""
    if turn.order_number is not None:
        # Asked to confirm its cancellation, the customer wants to see it first.
        return (turn.order_number,)
    return turn.orders_at_hand if turn.order_task == "choose" else ()
