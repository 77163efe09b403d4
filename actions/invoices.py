"""Invoices: looking at them, getting them."""

from __future__ import annotations

from actions import wording
from actions.backends.model import FindInvoice, Invoice, Invoices, NotFound, Refused, SendInvoice
from actions.fields import Choice, Field
from actions.memory import Given
from actions.pick import MOST_BUTTONS, ORDER
from actions.proof import prove
from actions.talk import Talk
from actions.task import Task

INVOICE = "invoice_number"


class CheckInvoice(Task):
    """Says what an invoice is about, with the link that opens it."""

    intent = "check_invoice"
    each = ORDER

    async def go(self, talk: Talk) -> None:
        """See Task."""
        invoice = await _pick(talk, await prove(talk))
        talk.say("utter_invoice", **_named(talk, invoice))


class GetInvoice(Task):
    """Gives the link of an invoice and sends it to the customer's address."""

    intent = "get_invoice"
    each = ORDER

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        invoice = await _pick(talk, customer)
        sent = await talk.do(SendInvoice(invoice.number), customer)
        talk.say("utter_invoice_sent", email=sent.email, **_named(talk, invoice))


async def _pick(talk: Talk, customer: str) -> Invoice:
    invoices = await talk.ask_shop(Invoices(), customer)
    if not invoices:
        raise talk.over("utter_no_invoices")
    meant = talk.memory.at_hand.get(ORDER)
    only = invoices[0].number if len(invoices) == 1 else None
    of_order = next((invoice.number for invoice in invoices if invoice.order == meant), only)
    while True:
        number = str(await talk.answer(_field(talk, invoices, of_order)))
        try:
            return await talk.ask_shop(FindInvoice(number), customer)
        except NotFound:
            talk.say("utter_invoice_not_found", number=number)
        except Refused:
            raise talk.over("utter_refused_no_invoice_yet", number=number) from None
        talk.forget(INVOICE)
        of_order = None
        talk.miss(INVOICE)


def _field(talk: Talk, invoices: tuple[Invoice, ...], meant: str | None) -> Field:
    def named(given: Given) -> str | None:
        found = list(given.get(INVOICE, ())) or list(given.get(ORDER, ()))
        return found[0] if len(found) == 1 else None

    choices = [
        Choice(f"{invoice.number} ({wording.money(invoice.total, invoice.currency, talk.language)})",
               {INVOICE: invoice.number})
        for invoice in invoices[:MOST_BUTTONS]
    ]  # fmt: skip
    return Field(
        INVOICE,
        "utter_ask_invoice",
        lambda turn: named(turn.given),
        lambda given: named(given) or meant,
        choices=choices,
    )


def _named(talk: Talk, invoice: Invoice) -> dict[str, str]:
    return {
        "number": invoice.number,
        "order": invoice.order,
        "date": wording.day(invoice.issued_on, talk.language),
        "total": wording.money(invoice.total, invoice.currency, talk.language),
        "link": invoice.link,
    }
