"""Orders: where they are, cancelling them, what that costs."""

from __future__ import annotations

from datetime import date

from actions import wording
from actions.backends.model import CancellationFee, Order, OrderStatus, Refusal, Refused
from actions.backends.model import CancelOrder as Cancel
from actions.contact import support_contact
from actions.knowledge import tell_policy
from actions.pick import ORDER, pick_order
from actions.proof import prove, proved
from actions.talk import Talk
from actions.task import Task

ARRIVING = {
    OrderStatus.PLACED,
    OrderStatus.PAID,
    OrderStatus.PACKED,
    OrderStatus.SHIPPED,
    OrderStatus.DELAYED,
}
"""In these states a day of arrival still means something."""
WITH_CARRIER = {
    OrderStatus.SHIPPED,
    OrderStatus.DELAYED,
    OrderStatus.OUT_FOR_DELIVERY,
    OrderStatus.READY_FOR_PICKUP,
}
"""In these states a parcel can be followed."""
ON_THE_WAY = ARRIVING | {OrderStatus.OUT_FOR_DELIVERY}
"""In these states the day of arrival is a promise that can be broken."""
OPEN = ARRIVING | WITH_CARRIER | {OrderStatus.PAYMENT_FAILED}


class TrackOrder(Task):
    """Says where an order is."""

    intent = "track_order"
    each = ORDER

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        order = await pick_order(
            talk, customer, "utter_ask_order_to_track", fits=lambda order: order.status in OPEN, alone=True
        )
        tell_order(talk, order)


class CancelOrder(Task):
    """Cancels an order, after its contents and the fee have been named and the customer has said yes."""

    intent = "cancel_order"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        order = await pick_order(
            talk, customer, "utter_ask_order_to_cancel", fits=lambda order: order.cancellable
        )
        # A turn that is tried again finds the order cancelled by its first try; it must not hear "already cancelled".
        if order.refusal is not None and not talk.deciding():
            raise _refused(talk, order.number, order.refusal)
        fee = str(order.fee.amount if order.fee else 0)
        if order.refusal is None and talk.frame.answers.setdefault("fee", fee) != fee:
            # The fee has changed since it was named: that yes was for another one.
            talk.forget("sure")
            talk.frame.answers["fee"] = fee
        free = order.fee is None or not order.fee.amount
        question = "utter_confirm_cancel" if free else "utter_confirm_cancel_with_fee"
        if not await talk.confirmed(question, **named(talk, order)):
            raise talk.over("utter_order_kept", number=order.number)
        try:
            cancelled = await talk.do(Cancel(order.number), customer)
        except Refused as refusal:
            raise _refused(talk, order.number, refusal.reason) from None
        talk.say("utter_order_cancelled", **named(talk, cancelled))


class CheckCancellationFee(Task):
    """Says what cancelling an order costs; without a proved customer, how the fee is made up."""

    intent = "check_cancellation_fee"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await proved(talk)
        number = talk.frame.given.get(ORDER) or [talk.memory.at_hand.get(ORDER, "")]
        if customer is None or not number[0]:
            await tell_policy(talk, "utter_cancellation_fee_rule")
            return
        order = await pick_order(talk, customer, "utter_ask_order_to_cancel")
        try:
            fee = await talk.ask_shop(CancellationFee(order.number), customer)
        except Refused as refusal:
            raise _refused(talk, order.number, refusal.reason) from None
        talk.offer(
            "utter_cancellation_fee" if fee.amount else "utter_cancellation_free",
            {"cancel_order": {ORDER: order.number}},
            number=order.number,
            fee=wording.money(fee.amount, fee.currency, talk.language),
        )


def tell_order(talk: Talk, order: Order) -> None:
    """Say where the order is, when it comes, and where its parcel can be followed; late, it is a matter for people."""
    talk.say(f"utter_track_{order.status.value}", **named(talk, order))
    if order.expected_on and order.status in ARRIVING:
        talk.say("utter_expected_on", date=wording.day(order.expected_on, talk.language))
    if order.expected_on and order.status in ON_THE_WAY and order.expected_on < date.today():
        talk.want("promise", order=order.number, expected_on=order.expected_on.isoformat())
    if order.delivered_on and order.status is OrderStatus.DELIVERED:
        talk.say("utter_delivered_on", date=wording.day(order.delivered_on, talk.language))
    if order.carrier and order.tracking_url and order.status in WITH_CARRIER:
        talk.say("utter_follow_parcel", carrier=order.carrier, link=order.tracking_url)


def named(talk: Talk, order: Order) -> dict[str, str]:
    """Return what sentences say about an order: number, items, total, fee."""
    fee = order.fee.amount if order.fee else 0
    return {
        "number": order.number,
        "items": wording.items(order.items),
        "total": wording.money(order.total, order.currency, talk.language),
        "fee": wording.money(fee, order.currency, talk.language),
    }


def _refused(talk: Talk, number: str, refusal: Refusal) -> Exception:
    return talk.over(f"utter_cancel_refused_{refusal.value}", number=number, contact=support_contact())
