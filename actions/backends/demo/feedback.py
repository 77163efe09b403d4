"""What customers tell the demo shop: reviews, complaints, trouble with payments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actions.backends import requests
from actions.backends.catalogue import PRODUCTS
from actions.backends.demo import reading
from actions.backends.demo.desk import Desk
from actions.backends.faults import Refused
from actions.backends.things import Case, CaseKind, Refusal, Review

MAX_TEXT = 4000


def write_review(desk: Desk, command: requests.WriteReview) -> Review:
    """Keep a review; it needs words or stars."""
    if command.product_id is not None and command.product_id not in PRODUCTS:
        raise Refused(Refusal.UNKNOWN_PRODUCT)
    if command.stars is not None and not 1 <= command.stars <= 5:
        raise Refused(Refusal.STARS_INVALID)
    text = command.text.strip()
    if len(text) > MAX_TEXT or not (text or command.stars):
        raise Refused(Refusal.TEXT_INVALID)
    new = desk.run(
        "INSERT INTO review (customer, product, stars, text, day) VALUES (?, ?, ?, ?, ?)",
        desk.customer, command.product_id, command.stars, text, desk.today.isoformat(),
    )  # fmt: skip
    return Review(f"V-{new.lastrowid:06}", command.product_id, command.stars, text)


def file_complaint(desk: Desk, command: requests.FileComplaint) -> Case:
    """Open a case of a complaint."""
    return _open_case(desk, CaseKind.COMPLAINT, command.order, command.text)


def report_payment(desk: Desk, command: requests.ReportPayment) -> Case:
    """Open a case about a payment."""
    return _open_case(desk, CaseKind.PAYMENT, command.order, command.text)


def _open_case(desk: Desk, kind: CaseKind, order: str | None, text: str) -> Case:
    if order is not None:
        order = reading.read_order(desk, order).number
    text = text.strip()
    if not 1 <= len(text) <= MAX_TEXT:
        raise Refused(Refusal.TEXT_INVALID)
    new = desk.run(
        "INSERT INTO matter (kind, customer, purchase, text, opened_on) VALUES (?, ?, ?, ?, ?)",
        kind.value, desk.customer, order, text, desk.today.isoformat(),
    )  # fmt: skip
    return Case(f"K-{new.lastrowid:06}", kind, order, desk.today)


WRITERS: dict[type[requests.Command[Any]], Callable[[Desk, Any], Any]] = {
    requests.WriteReview: write_review,
    requests.FileComplaint: file_complaint,
    requests.ReportPayment: report_payment,
}
"""How each command that tells something is done."""
