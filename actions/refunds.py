"""Refunds: the conditions, asking for one, where it is."""

from __future__ import annotations

from actions import wording
from actions.backends.model import FindRefund, NotFound, OrderStatus, Refund, Refunds, Refused, RequestRefund
from actions.contact import support_contact
from actions.fields import text_field
from actions.hints import tells_why
from actions.knowledge import tell_policy
from actions.memory import WORDS
from actions.orders import named
from actions.pick import ORDER, pick_order
from actions.proof import prove
from actions.talk import Talk
from actions.task import Task

REFUND = "refund_number"
MOST_SHOWN = 3


class CheckRefundPolicy(Task):
    """Says under which conditions money goes back."""

    intent = "check_refund_policy"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        await tell_policy(talk, "utter_refund_rule")


class GetRefund(Task):
    """Asks the shop for the money of a delivered order, after the customer has confirmed it."""

    intent = "get_refund"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        order = await pick_order(
            talk,
            customer,
            "utter_ask_order_to_refund",
            fits=lambda order: order.status is OrderStatus.DELIVERED,
            alone=True,
        )
        words = " ".join(talk.frame.given.get(WORDS, ()))
        if tells_why(words):
            talk.frame.answers.setdefault("reason", words)
        reason = str(
            await talk.answer(text_field("reason", "utter_ask_refund_reason", prose=True, letters=True))
        )
        if not await talk.confirmed("utter_confirm_refund", reason=reason, **named(talk, order)):
            raise talk.over("utter_nothing_changed")
        try:
            refund = await talk.do(RequestRefund(order.number, reason), customer)
        except Refused as refusal:
            raise talk.over(
                f"utter_refund_refused_{refusal.reason.value}", number=order.number, contact=support_contact()
            ) from None
        talk.say("utter_refund_requested", **_told(talk, refund))


class TrackRefund(Task):
    """Says how far the customer's refunds are."""

    intent = "track_refund"
    each = ORDER

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        given = talk.frame.given
        number = next(iter([*given.get(REFUND, ()), *given.get(ORDER, ())]), None)
        if number is None:
            await _tell_all(talk, customer)
            return
        try:
            refund = await talk.ask_shop(FindRefund(number), customer)
        except NotFound:
            talk.say("utter_refund_not_found", number=number)
            await _tell_all(talk, customer)
        else:
            talk.say(f"utter_refund_is_{refund.state.value}", **_told(talk, refund))


async def _tell_all(talk: Talk, customer: str) -> None:
    refunds = await talk.ask_shop(Refunds(), customer)
    if not refunds:
        talk.offer("utter_no_refunds", {"get_refund": {}})
    for refund in refunds[:MOST_SHOWN]:
        talk.say(f"utter_refund_is_{refund.state.value}", **_told(talk, refund))


def _told(talk: Talk, refund: Refund) -> dict[str, str]:
    day = refund.paid_on or refund.expected_on or refund.requested_on
    return {
        "refund": refund.number,
        "number": refund.order,
        "amount": wording.money(refund.amount, refund.currency, talk.language),
        "date": wording.day(day, talk.language),
        "requested": wording.day(refund.requested_on, talk.language),
        "contact": support_contact(),
    }
