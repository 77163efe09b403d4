"""Orders as JSON, the form that docs/shop-api.md promises. Pure: no input or output."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from actions.backends.model import Item, Order, OrderStatus, Refusal, ShopAnswerInvalid

MAX_TEXT = 500
MAX_ITEMS = 200


def order_to_json(order: Order) -> dict[str, Any]:
    """Return the order as a JSON object."""
    return {
        "number": order.number,
        "status": order.status.value,
        "items": [{"name": item.name, "quantity": item.quantity} for item in order.items],
        "total": str(order.total),
        "currency": order.currency,
        "placed_on": order.placed_on.isoformat(),
        "expected_on": order.expected_on.isoformat() if order.expected_on else None,
        "delivered_on": order.delivered_on.isoformat() if order.delivered_on else None,
        "carrier": order.carrier,
        "tracking_url": order.tracking_url,
        "not_cancellable_because": order.refusal.value if order.refusal else None,
    }


def order_from_json(answer: object) -> Order:
    """Return the order that a shop's JSON answer describes. Raises ShopAnswerInvalid, naming the field."""
    fields = _object(answer, "order")
    return Order(
        number=_text(fields, "number"),
        status=_status(fields),
        items=_items(fields),
        total=_total(fields),
        currency=_currency(fields),
        placed_on=_date(fields, "placed_on"),
        expected_on=_optional_date(fields, "expected_on"),
        delivered_on=_optional_date(fields, "delivered_on"),
        carrier=_optional_text(fields, "carrier"),
        tracking_url=_optional_link(fields, "tracking_url"),
        refusal=_optional_refusal(fields),
    )


def refusal_from_json(answer: object) -> Refusal:
    """Return the reason in a shop's refusal to cancel. Raises ShopAnswerInvalid."""
    refusal = _optional_refusal(_object(answer, "refusal"))
    if refusal is None:
        raise _invalid("not_cancellable_because")
    return refusal


def _invalid(field: str) -> ShopAnswerInvalid:
    return ShopAnswerInvalid(f"the shop's answer has a wrong or missing field: {field}")


def _object(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _invalid(field)
    return value


def _text(fields: Mapping[str, Any], field: str) -> str:
    value = fields.get(field)
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise _invalid(field)
    return value


def _optional_text(fields: Mapping[str, Any], field: str) -> str | None:
    return None if fields.get(field) is None else _text(fields, field)


def _optional_link(fields: Mapping[str, Any], field: str) -> str | None:
    link = _optional_text(fields, field)
    if link is not None and not link.startswith(("https://", "http://")):
        raise _invalid(field)
    return link


def _date(fields: Mapping[str, Any], field: str) -> date:
    try:
        return date.fromisoformat(_text(fields, field))
    except ValueError:
        raise _invalid(field) from None


def _optional_date(fields: Mapping[str, Any], field: str) -> date | None:
    return None if fields.get(field) is None else _date(fields, field)


def _status(fields: Mapping[str, Any]) -> OrderStatus:
    try:
        return OrderStatus(_text(fields, "status"))
    except ValueError:
        raise _invalid("status") from None


def _optional_refusal(fields: Mapping[str, Any]) -> Refusal | None:
    if "not_cancellable_because" not in fields:
        raise _invalid("not_cancellable_because")
    if fields["not_cancellable_because"] is None:
        return None
    try:
        return Refusal(_text(fields, "not_cancellable_because"))
    except ValueError:
        raise _invalid("not_cancellable_because") from None


def _total(fields: Mapping[str, Any]) -> Decimal:
    try:
        total = Decimal(_text(fields, "total"))
    except InvalidOperation:
        raise _invalid("total") from None
    if not total.is_finite():
        raise _invalid("total")
    return total


def _currency(fields: Mapping[str, Any]) -> str:
    currency = _text(fields, "currency")
    if len(currency) != 3 or not (currency.isascii() and currency.isupper()):
        raise _invalid("currency")
    return currency


def _items(fields: Mapping[str, Any]) -> tuple[Item, ...]:
    lines = fields.get("items")
    if not isinstance(lines, list) or not lines or len(lines) > MAX_ITEMS:
        raise _invalid("items")
    return tuple(_item(_object(line, "items")) for line in lines)


def _item(line: Mapping[str, Any]) -> Item:
    quantity = line.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        raise _invalid("items.quantity")
    return Item(_text({"items.name": line.get("name")}, "items.name"), quantity)
