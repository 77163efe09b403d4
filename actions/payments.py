"""Paying: what can be paid with, and payments that went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from actions import wording
from actions.backends.model import (
    FindOrder,
    NotFound,
    Order,
    Orders,
    Payment,
    PaymentMethods,
    Payments,
    PaymentState,
    ReportPayment,
    double_charges,
)
from actions.fields import text_field
from actions.knowledge import tell_policy
from actions.pick import ORDER
from actions.proof import prove
from actions.talk import Talk
from actions.task import Task


class CheckPaymentMethods(Task):
    """Says what can be paid with."""

    intent = "check_payment_methods"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        methods = await talk.ask_shop(PaymentMethods())
        names = wording.lines(talk.words.text(f"utter_method_{method}") for method in methods)
        talk.say("utter_payment_methods", methods=names)
        await tell_policy(talk, None)


class PaymentIssue(Task):
    """Looks for what went wrong with the customer's payments; reports it, or gives a link to pay again."""

    intent = "payment_issue"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        number = talk.frame.answers.setdefault("number", next(iter(talk.frame.given.get(ORDER, ())), None))
        payments = await _payments(talk, customer, number)
        doubles = double_charges(payments)
        if doubles:
            await _report_double(talk, customer, doubles[0])
            return
        failed = await _unpaid(talk, customer, payments)
        if failed is not None and failed.payment_link:
            talk.remember(**{ORDER: failed.number})
            total = wording.money(failed.total, failed.currency, talk.language)
            talk.say("utter_payment_failed", number=failed.number, total=total, link=failed.payment_link)
            return
        text = str(await talk.answer(text_field("problem", "utter_ask_payment_problem", prose=True, least=5)))
        case = await talk.do(ReportPayment(number if payments else None, text), customer)
        talk.say("utter_payment_reported", case=case.number)


async def _payments(talk: Talk, customer: str, number: str | None) -> tuple[Payment, ...]:
    """Return the payments of an order, or all. An order that is not found is told of once; it has none."""
    if talk.frame.answers.get("unknown"):
        return ()
    try:
        return await talk.ask_shop(Payments(number), customer)
    except NotFound:
        talk.say("utter_order_not_found", number=number)
        talk.frame.answers["unknown"] = True
        return ()


async def _report_double(talk: Talk, customer: str, payment: Payment) -> None:
    amount = wording.money(payment.amount, payment.currency, talk.language)
    values = {"number": payment.order, "amount": amount, "date": wording.day(payment.day, talk.language)}
    if not await talk.confirmed("utter_confirm_report_double", **values):
        raise talk.over("utter_nothing_changed")
    case = await talk.do(ReportPayment(payment.order, f"charged twice: {payment.id}"), customer)
    talk.say("utter_double_reported", case=case.number, **values)


async def _unpaid(talk: Talk, customer: str, payments: Sequence[Payment]) -> Order | None:
    """Return the newest order among these payments that still waits for its money after a failed payment."""
    open_orders = {
        order.number for order in await talk.ask_shop(Orders(), customer) if order.payment_link is not None
    }
    for payment in payments:
        if payment.state is PaymentState.FAILED and payment.order in open_orders:
            return await talk.ask_shop(FindOrder(payment.order), customer)
    return None
