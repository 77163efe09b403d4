"""What the demo shop knows: rows become things, and questions are answered from them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from actions.backends import requests
from actions.backends.catalogue import CURRENCY, DELIVERY, PAYMENT_METHODS, PRODUCTS
from actions.backends.demo.desk import Desk
from actions.backends.faults import CustomerNotFound, Refused
from actions.backends.things import (
    Account,
    AccountKind,
    Address,
    Customer,
    DeliveryMethod,
    Fee,
    Invoice,
    Item,
    Order,
    OrderStatus,
    Payment,
    PaymentState,
    Product,
    Refund,
    RefundState,
    Refusal,
    SubscriptionState,
)

# Cancelling is free before the money comes, and soon after the order was placed.
FREE_FOR = timedelta(hours=2)
FEE_RATE = Decimal("0.05")
LEAST_FEE = Decimal("2.00")
NO_MONEY = Decimal("0.00")

_REFUSALS = {
    OrderStatus.SHIPPED: Refusal.SHIPPED,
    OrderStatus.DELAYED: Refusal.SHIPPED,
    OrderStatus.OUT_FOR_DELIVERY: Refusal.SHIPPED,
    OrderStatus.READY_FOR_PICKUP: Refusal.SHIPPED,
    OrderStatus.DELIVERED: Refusal.DELIVERED,
    OrderStatus.CANCELLED: Refusal.CANCELLED,
    OrderStatus.RETURNED: Refusal.RETURNED,
}
_UNPAID = {OrderStatus.PLACED, OrderStatus.PAYMENT_FAILED}
# The state of an order's payments as one: the first of these that is among them.
_STRONGEST = (PaymentState.CAPTURED, PaymentState.REFUNDED, PaymentState.PENDING, PaymentState.FAILED)


def find_customer(desk: Desk, email: str | None, user_id: str | None) -> Customer:
    """Return the customer with the address, or else with the user id. CustomerNotFound."""
    query = "SELECT id, email, name, language FROM customer WHERE closed = 0 AND "
    wanted = ("email = ?", normal_email(email)) if email is not None else ("user_id = ?", user_id)
    rows = desk.rows(query + wanted[0], wanted[1])
    if not rows:
        raise CustomerNotFound
    return Customer(*rows[0])


def normal_email(email: str) -> str:
    """Return the form of the address by which customers are told apart."""
    return email.strip().lower()


def number_in(text: str) -> str:
    """Return the order number in "INV-10005", "r 10003" or "10005"; what is neither is no number of ours."""
    match = re.fullmatch(r"(?:inv|r)?[\s-]*([0-9]{1,12})", text.strip(), re.IGNORECASE)
    return match[1] if match else ""


# Orders


def read_orders(desk: Desk, question: requests.Orders) -> tuple[Order, ...]:
    """Return the customer's orders, newest first."""
    query = "SELECT * FROM purchase WHERE customer = ? ORDER BY placed_at DESC, number DESC"
    return tuple(_order(desk, row) for row in desk.rows(query, desk.owner()))


def read_order(desk: Desk, number: str) -> Order:
    """Return the order. NotFound if there is none, or it is another customer's."""
    return _order(desk, _purchase(desk, number))


def _purchase(desk: Desk, number: str) -> sqlite3.Row:
    query = "SELECT * FROM purchase WHERE number = ? AND customer = ?"
    return desk.row("order", query, number, desk.owner())


def _order(desk: Desk, row: sqlite3.Row) -> Order:
    number, status = row["number"], OrderStatus(row["status"])
    items = _items(desk, number)
    total = sum((item.unit_price * item.quantity for item in items), NO_MONEY)
    refusal = _REFUSALS.get(status)
    placed_at = datetime.fromisoformat(row["placed_at"])
    return Order(
        number=number,
        status=status,
        items=items,
        total=total,
        currency=CURRENCY,
        placed_on=placed_at.date(),
        payment=_payment_state(desk, number),
        refusal=refusal,
        change_refusal=Refusal.PACKED if status is OrderStatus.PACKED else refusal,
        fee=None if refusal else Fee(number, cancellation_fee(status, total, placed_at, desk.now), CURRENCY),
        expected_on=_day(row["expected_on"]),
        delivered_on=_day(row["delivered_on"]),
        carrier=row["carrier"],
        tracking_url=row["tracking_url"],
        address=None if row["address"] is None else msgspec.json.decode(row["address"], type=Address),
        payment_link=desk.link("payments", number) if amount_due(desk, row) else None,
    )


def cancellation_fee(status: OrderStatus, total: Decimal, placed_at: datetime, now: datetime) -> Decimal:
    """Return what it costs to cancel an order that is not shipped yet.

    Nothing before it is paid, on the day it was placed and for two hours after; else 5 %, at least 2 euro.
    """
    if status in _UNPAID or placed_at.date() == now.date() or now - placed_at <= FREE_FOR:
        return NO_MONEY
    fee = (total * FEE_RATE).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return min(max(fee, LEAST_FEE), total)


def _items(desk: Desk, number: str) -> tuple[Item, ...]:
    rows = desk.rows("SELECT product, quantity, unit_price FROM line WHERE number = ? ORDER BY rowid", number)
    return tuple(
        Item(row["product"], PRODUCTS[row["product"]].name(desk.language), row["quantity"], Decimal(row["unit_price"]))
        for row in rows
    )  # fmt: skip


def _payment_state(desk: Desk, number: str) -> PaymentState:
    states = {
        PaymentState(row["state"]) for row in desk.rows("SELECT state FROM payment WHERE number = ?", number)
    }
    return next((state for state in _STRONGEST if state in states), PaymentState.PENDING)  # fmt: skip


def amount_due(desk: Desk, row: sqlite3.Row) -> Decimal:
    """Return what is still to be paid for the order in this row: all of it, or what a change added."""
    number, status = row["number"], OrderStatus(row["status"])
    if status in _UNPAID:
        return sum((item.unit_price * item.quantity for item in _items(desk, number)), NO_MONEY)
    return sum_of_payments(desk, number, PaymentState.PENDING)


def sum_of_payments(desk: Desk, number: str, state: PaymentState) -> Decimal:
    """Return the sum of the order's payments in this state."""
    rows = desk.rows("SELECT amount FROM payment WHERE number = ? AND state = ?", number, state.value)
    return sum((Decimal(row["amount"]) for row in rows), NO_MONEY)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def read_fee(desk: Desk, question: requests.CancellationFee) -> Fee:
    """Return what cancelling costs now."""
    order = read_order(desk, question.number)
    if order.fee is None:
        raise Refused(order.refusal or Refusal.CANCELLED)
    return order.fee


# Money


def read_payments(desk: Desk, question: requests.Payments) -> tuple[Payment, ...]:
    """Return the payments of one order, or of all, newest first."""
    if question.order is not None:
        numbers = [_purchase(desk, question.order)["number"]]
    else:
        numbers = [
            row["number"] for row in desk.rows("SELECT number FROM purchase WHERE customer = ?", desk.owner())
        ]
    marks = ", ".join("?" * len(numbers))
    rows = desk.rows(f"SELECT * FROM payment WHERE number IN ({marks}) ORDER BY day DESC, id DESC", *numbers)
    return tuple(_payment(row) for row in rows)  # fmt: skip


def _payment(row: sqlite3.Row) -> Payment:
    return Payment(
        id=row["id"],
        order=row["number"],
        amount=Decimal(row["amount"]),
        currency=CURRENCY,
        method=row["method"],
        state=PaymentState(row["state"]),
        day=date.fromisoformat(row["day"]),
    )


def read_invoices(desk: Desk, question: requests.Invoices) -> tuple[Invoice, ...]:
    """Return the customer's invoices, newest first."""
    query = (
        "SELECT invoice.* FROM invoice JOIN purchase ON purchase.number = invoice.purchase "
        "WHERE customer = ? ORDER BY issued_on DESC, invoice.number DESC"
    )
    return tuple(_invoice(desk, row) for row in desk.rows(query, desk.owner()))


def read_invoice(desk: Desk, number: str) -> Invoice:
    """Return the invoice of this number, or of the order of this number. NotFound, Refused(no_invoice_yet)."""
    order = _purchase(desk, number_in(number))["number"]
    rows = desk.rows("SELECT * FROM invoice WHERE purchase = ?", order)
    if not rows:
        raise Refused(Refusal.NO_INVOICE_YET)
    return _invoice(desk, rows[0])


def _invoice(desk: Desk, row: sqlite3.Row) -> Invoice:
    items = _items(desk, row["purchase"])
    return Invoice(
        number=row["number"],
        order=row["purchase"],
        issued_on=date.fromisoformat(row["issued_on"]),
        total=sum((item.unit_price * item.quantity for item in items), NO_MONEY),
        currency=CURRENCY,
        link=desk.link("invoices", row["number"]),
    )


def read_refunds(desk: Desk, question: requests.Refunds) -> tuple[Refund, ...]:
    """Return the customer's refunds, newest first."""
    query = (
        "SELECT refund.* FROM refund JOIN purchase ON purchase.number = refund.purchase "
        "WHERE customer = ? ORDER BY requested_on DESC, refund.number DESC"
    )
    return tuple(_refund(row) for row in desk.rows(query, desk.owner()))


def read_refund(desk: Desk, number: str) -> Refund:
    """Return the refund of this number, or of the order of this number. NotFound."""
    order = _purchase(desk, number_in(number))["number"]
    return _refund(desk.row("refund", "SELECT * FROM refund WHERE purchase = ?", order))


def _refund(row: sqlite3.Row) -> Refund:
    return Refund(
        number=row["number"],
        order=row["purchase"],
        amount=Decimal(row["amount"]),
        currency=CURRENCY,
        state=RefundState(row["state"]),
        requested_on=date.fromisoformat(row["requested_on"]),
        reason=row["reason"],
        expected_on=_day(row["expected_on"]),
        paid_on=_day(row["paid_on"]),
    )


# Account


def read_account(desk: Desk) -> Account:
    """Return the customer's account."""
    row = desk.row("customer", "SELECT * FROM customer WHERE id = ?", desk.owner())
    return Account(
        customer=row["id"],
        email=row["email"],
        name=row["name"],
        phone=row["phone"],
        kind=AccountKind(row["kind"]),
        newsletter=subscription_state(desk, row["email"]),
        addresses=tuple(
            _address(home)
            for home in desk.rows("SELECT * FROM address WHERE customer = ? ORDER BY id", row["id"])
        ),
    )


def read_address(desk: Desk, address_id: str) -> Address:
    """Return an address of the customer's account. NotFound."""
    query = "SELECT * FROM address WHERE id = ? AND customer = ?"
    return _address(desk.row("address", query, address_id.removeprefix("A"), desk.owner()))


def _address(row: sqlite3.Row) -> Address:
    return Address(
        row["name"], row["street"], row["city"], row["postcode"], row["country"], id=f"A{row['id']}"
    )


def subscription_state(desk: Desk, email: str) -> SubscriptionState:
    """Return whether the address gets the newsletter."""
    rows = desk.rows("SELECT state FROM newsletter WHERE email = ?", normal_email(email))
    return SubscriptionState(rows[0]["state"]) if rows else SubscriptionState.UNSUBSCRIBED


# For everybody


def read_catalogue(desk: Desk, question: requests.Catalogue) -> tuple[Product, ...]:
    """Return all that is sold, with its present stock."""
    stock = {row["id"]: row["stock"] for row in desk.rows("SELECT id, stock FROM product")}
    return tuple(replace(product, stock=stock[product.id]) for product in PRODUCTS.values())


def read_delivery_methods(desk: Desk, question: requests.DeliveryMethods) -> tuple[DeliveryMethod, ...]:
    """Return the ways of delivery, to one country if it is named."""
    country = question.country
    return tuple(method for method in DELIVERY if country is None or country.upper() in method.countries)


READERS: dict[type[requests.Question[Any]], Callable[[Desk, Any], Any]] = {
    requests.Orders: read_orders,
    requests.FindOrder: lambda desk, question: read_order(desk, question.number),
    requests.FindAccount: lambda desk, question: read_account(desk),
    requests.Invoices: read_invoices,
    requests.FindInvoice: lambda desk, question: read_invoice(desk, question.number),
    requests.Refunds: read_refunds,
    requests.FindRefund: lambda desk, question: read_refund(desk, question.number),
    requests.Payments: read_payments,
    requests.Catalogue: read_catalogue,
    requests.DeliveryMethods: read_delivery_methods,
    requests.PaymentMethods: lambda desk, question: PAYMENT_METHODS,
    requests.CancellationFee: read_fee,
}
"""How each question is answered."""
