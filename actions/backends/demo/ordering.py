"""What customers do with orders in the demo shop: place, change, cancel, send elsewhere, ask the money back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from actions.backends import requests
from actions.backends.addresses import check_address
from actions.backends.catalogue import DELIVERY, PRODUCTS
from actions.backends.demo import reading
from actions.backends.demo.desk import Desk
from actions.backends.demo.seeds import FIRST_ORDER
from actions.backends.faults import Refused
from actions.backends.things import (
    Address,
    ItemChange,
    Order,
    OrderStatus,
    PaymentState,
    Refund,
    RefundState,
    Refusal,
    Sent,
)

MAX_QUANTITY = 99
REFUND_WITHIN = timedelta(days=30)
MONEY_BACK_WITHIN = timedelta(days=14)
MAX_REASON = 4000


def cancel_order(desk: Desk, command: requests.CancelOrder) -> Order:
    """Cancel it: stock goes back, open payments are void, what was taken less the fee is given back."""
    order = reading.read_order(desk, command.number)
    if order.fee is None:
        raise Refused(order.refusal or Refusal.CANCELLED)
    owed = _paid(desk, order.number) - order.fee.amount
    for item in order.items:
        _take_from_stock(desk, item.product_id, -item.quantity)
    desk.run("UPDATE purchase SET status = 'cancelled', expected_on = NULL WHERE number = ?", order.number)
    desk.run("UPDATE payment SET state = 'refunded' WHERE number = ? AND state = 'captured'", order.number)
    desk.run("UPDATE payment SET state = 'failed' WHERE number = ? AND state = 'pending'", order.number)
    if owed > 0:
        _insert_refund(desk, order.number, owed, RefundState.APPROVED, "")
    return reading.read_order(desk, order.number)


def change_items(desk: Desk, command: requests.ChangeItems) -> Order:
    """Give lines new quantities. A paid order's difference is asked for, or given back."""
    order = _changeable(desk, command.number)
    for change in {change.product_id: change for change in command.changes}.values():
        _change_line(desk, order, change)
    if not desk.rows("SELECT 1 FROM line WHERE number = ?", order.number):
        raise Refused(Refusal.EMPTY_ORDER)
    changed = reading.read_order(desk, order.number)
    if order.status is OrderStatus.PAID:
        _settle(desk, order.number, changed.total - order.total)
    else:
        desk.run("DELETE FROM payment WHERE number = ? AND state = 'pending'", order.number)
        _insert_payment(desk, order.number, changed.total, PaymentState.PENDING)
    return reading.read_order(desk, order.number)


def _change_line(desk: Desk, order: Order, change: ItemChange) -> None:
    if change.product_id not in PRODUCTS:
        raise Refused(Refusal.UNKNOWN_PRODUCT)
    if not 0 <= change.quantity <= MAX_QUANTITY:
        raise Refused(Refusal.QUANTITY_INVALID)
    before = next((item.quantity for item in order.items if item.product_id == change.product_id), 0)
    if before == 0 and change.quantity == 0:
        raise Refused(Refusal.NOT_IN_ORDER)
    _take_from_stock(desk, change.product_id, change.quantity - before)
    where = (order.number, change.product_id)
    if change.quantity == 0:
        desk.run("DELETE FROM line WHERE number = ? AND product = ?", *where)
    elif before:
        desk.run("UPDATE line SET quantity = ? WHERE number = ? AND product = ?", change.quantity, *where)
    else:
        _insert_line(desk, order.number, change)


def _settle(desk: Desk, number: str, difference: Decimal) -> None:
    # A second difference replaces what is still asked for from the first.
    asked = reading.sum_of_payments(desk, number, PaymentState.PENDING)
    desk.run("DELETE FROM payment WHERE number = ? AND state = 'pending'", number)
    owed = asked + difference
    if owed > 0:
        _insert_payment(desk, number, owed, PaymentState.PENDING)
    elif owed < 0:
        _insert_payment(desk, number, -owed, PaymentState.REFUNDED)


def place_order(desk: Desk, command: requests.PlaceOrder) -> Order:
    """Place an order that waits for its payment."""
    customer = desk.owner()
    lines = _merged(command.lines)
    if not lines:
        raise Refused(Refusal.EMPTY_ORDER)
    address = _address_for(desk, command.address_id)
    number = str(int(desk.rows("SELECT MAX(CAST(number AS INTEGER)) FROM purchase")[0][0] or FIRST_ORDER) + 1)
    expected = desk.today + timedelta(days=DELIVERY[0].days_high + 1)
    desk.run(
        "INSERT INTO purchase VALUES (?, ?, 'placed', ?, ?, NULL, NULL, NULL, 'card', ?)",
        number, customer, desk.now.isoformat(), expected.isoformat(), msgspec.json.encode(address).decode(),
    )  # fmt: skip
    for line in lines:
        if line.product_id not in PRODUCTS:
            raise Refused(Refusal.UNKNOWN_PRODUCT)
        if not 1 <= line.quantity <= MAX_QUANTITY:
            raise Refused(Refusal.QUANTITY_INVALID)
        _take_from_stock(desk, line.product_id, line.quantity)
        _insert_line(desk, number, line)
    _insert_payment(desk, number, reading.read_order(desk, number).total, PaymentState.PENDING)
    return reading.read_order(desk, number)


def _merged(lines: Iterable[ItemChange]) -> list[ItemChange]:
    merged: dict[str, ItemChange] = {}
    for line in lines:
        before = merged.get(line.product_id)
        merged[line.product_id] = (
            line if before is None else replace(line, quantity=line.quantity + before.quantity)
        )
    return list(merged.values())


def _address_for(desk: Desk, address_id: str | None) -> Address:
    if address_id is not None:
        return reading.read_address(desk, address_id)
    addresses = reading.read_account(desk).addresses
    if not addresses:
        raise Refused(Refusal.NO_ADDRESS)
    return addresses[0]


def change_order_address(desk: Desk, command: requests.ChangeOrderAddress) -> Order:
    """Send the order somewhere else."""
    order = _changeable(desk, command.number)
    check_address(command.address)
    address = msgspec.json.encode(command.address).decode()
    desk.run("UPDATE purchase SET address = ? WHERE number = ?", address, order.number)
    return reading.read_order(desk, order.number)


def request_refund(desk: Desk, command: requests.RequestRefund) -> Refund:
    """Note that the customer wants the money of a delivered order back."""
    order = reading.read_order(desk, command.number)
    if desk.rows("SELECT 1 FROM refund WHERE purchase = ?", order.number):
        raise Refused(Refusal.ALREADY_REQUESTED)
    refusal = _refund_refusal(desk, order)
    if refusal is not None:
        raise Refused(refusal)
    _insert_refund(desk, order.number, order.total, RefundState.REQUESTED, command.reason[:MAX_REASON])
    return reading.read_refund(desk, order.number)


def _refund_refusal(desk: Desk, order: Order) -> Refusal | None:
    if order.status in (OrderStatus.CANCELLED, OrderStatus.RETURNED):
        return order.refusal
    if order.payment is not PaymentState.CAPTURED:
        return Refusal.NOT_PAID
    if order.status is not OrderStatus.DELIVERED or order.delivered_on is None:
        return Refusal.NOT_DELIVERED
    return Refusal.TOO_OLD if desk.today - order.delivered_on > REFUND_WITHIN else None


def send_invoice(desk: Desk, command: requests.SendInvoice) -> Sent:
    """Mail the link of an invoice to the customer's own address."""
    invoice = reading.read_invoice(desk, command.number)
    email = reading.read_account(desk).email
    desk.mail(email, "invoice", number=invoice.number, link=invoice.link)
    return Sent(email)


def pay(desk: Desk, number: str) -> None:
    """Take what is due for the order; nothing if nothing is."""
    row = desk.row("order", "SELECT * FROM purchase WHERE number = ?", number)
    due = reading.amount_due(desk, row)
    if not due:
        return
    desk.run("DELETE FROM payment WHERE number = ? AND state = 'pending'", number)
    taken = desk.rows("SELECT id, amount FROM payment WHERE number = ? AND state = 'captured'", number)
    if taken:
        # One payment of all: two, if what was added costs as much as what was there, would look like a double charge.
        amount = str(Decimal(taken[0]["amount"]) + due)
        desk.run("UPDATE payment SET amount = ? WHERE id = ?", amount, taken[0]["id"])
    else:
        _insert_payment(desk, number, due, PaymentState.CAPTURED)
        desk.run("UPDATE purchase SET status = 'paid' WHERE number = ?", number)


def _changeable(desk: Desk, number: str) -> Order:
    order = reading.read_order(desk, number)
    if order.change_refusal is not None:
        raise Refused(order.change_refusal)
    return order


def _take_from_stock(desk: Desk, product: str, quantity: int) -> None:
    statement = "UPDATE product SET stock = stock - ? WHERE id = ? AND stock >= ?"
    if not desk.run(statement, quantity, product, max(quantity, 0)).rowcount:
        raise Refused(Refusal.OUT_OF_STOCK)


def _insert_line(desk: Desk, number: str, line: ItemChange) -> None:
    price = str(PRODUCTS[line.product_id].price)
    desk.run("INSERT INTO line VALUES (?, ?, ?, ?)", number, line.product_id, line.quantity, price)


def _insert_payment(desk: Desk, number: str, amount: Decimal, state: PaymentState) -> None:
    # Payments that were asked for and never made are deleted: the number of rows would come twice.
    last = "SELECT MAX(CAST(substr(id, length(number) + 4) AS INTEGER)) AS last FROM payment WHERE number = ?"
    (row,) = desk.rows(last, number)
    method = desk.row("order", "SELECT method FROM purchase WHERE number = ?", number)["method"]
    desk.run(
        "INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?)",
        f"P-{number}-{(row['last'] or 0) + 1}", number, str(amount), method, state.value, desk.today.isoformat(),
    )  # fmt: skip


def _insert_refund(desk: Desk, number: str, amount: Decimal, state: RefundState, reason: str) -> None:
    expected = (desk.today + MONEY_BACK_WITHIN).isoformat()
    desk.run(
        "INSERT INTO refund VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        f"R-{number}", number, str(amount), state.value, desk.today.isoformat(), reason, expected,
    )  # fmt: skip


def _paid(desk: Desk, number: str) -> Decimal:
    taken = reading.sum_of_payments(desk, number, PaymentState.CAPTURED)
    return taken - reading.sum_of_payments(desk, number, PaymentState.REFUNDED)


WRITERS: dict[type[requests.Command[Any]], Callable[[Desk, Any], Any]] = {
    requests.CancelOrder: cancel_order,
    requests.ChangeItems: change_items,
    requests.PlaceOrder: place_order,
    requests.ChangeOrderAddress: change_order_address,
    requests.RequestRefund: request_refund,
    requests.SendInvoice: send_invoice,
}
"""How each command about an order is done."""
