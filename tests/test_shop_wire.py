"""The shop's words as JSON: what a shop may answer, and that nothing else gets through; double charges."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.backends.demo.reading import READERS
from actions.backends.demo.shop import WRITERS
from actions.backends.faults import ShopAnswerInvalid, ShopError
from actions.backends.model import Order, Payment, PaymentState, Product, double_charges
from actions.backends.requests import answer_type
from actions.backends.wire import decode, encode, error_of
from tests.shops import ORDER

ITEM = ORDER["items"][0]


def order_from(answer: object) -> Order:
    """Return the order that a shop's answer describes."""
    order: Order = decode(msgspec.json.encode(answer), Order)
    return order


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", 10024),
        ("number", ""),
        ("number", "1" * 501),
        ("status", "lost"),
        ("status", None),
        ("items", []),
        ("items", {}),
        ("items", [None]),
        ("items", [ITEM] * 201),
        ("items", [{**ITEM, "quantity": 0}]),
        ("items", [{**ITEM, "quantity": True}]),
        ("items", [{**ITEM, "quantity": 1.5}]),
        ("items", [{**ITEM, "name": ""}]),
        ("items", [{**ITEM, "unit_price": "-1"}]),
        ("total", "NaN"),
        ("total", "Infinity"),
        ("total", "-1.00"),
        ("total", "much"),
        ("currency", "euro"),
        ("currency", "eur"),
        ("placed_on", "yesterday"),
        ("placed_on", None),
        ("expected_on", "21.11.2026"),
        ("tracking_url", "javascript:alert(1)"),
        ("payment_link", "data:text/html,x"),
        ("carrier", 7),
        ("refusal", "mood"),
        ("refusal", "shipped"),
        ("fee", None),
        ("fee", {**ORDER["fee"], "amount": "NaN"}),
        ("address", {"name": "x"}),
    ],
)
def test_a_wrong_field_is_no_answer(field: str, value: object) -> None:
    assert order_from(ORDER).number == "10024"
    with pytest.raises(ShopAnswerInvalid):
        order_from({**ORDER, field: value})


@pytest.mark.parametrize("field", ["number", "refusal", "change_refusal", "payment", "items"])
def test_what_must_be_there_is_named(field: str) -> None:
    fields = {name: value for name, value in ORDER.items() if name != field}
    with pytest.raises(ShopAnswerInvalid, match=f"`{field}`"):
        order_from(fields)


def test_further_fields_are_ignored() -> None:
    assert order_from({**ORDER, "colour": "red"}) == order_from(ORDER)
    assert decode(encode(order_from(ORDER)), Order) == order_from(ORDER)


def test_a_product_has_a_name() -> None:
    product: dict[str, Any] = {
        "id": "x",
        "names": {},
        "words": {},
        "price": "1",
        "currency": "EUR",
        "stock": 1,
    }
    with pytest.raises(ShopAnswerInvalid):
        decode(msgspec.json.encode(product), Product)
    named: Product = decode(msgspec.json.encode({**product, "names": {"de": "Tasse"}}), Product)
    assert named.name("pl") == "Tasse"


ANSWERS = [*map(answer_type, READERS), *map(answer_type, WRITERS)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ORDER, "error", "reason"]), inner)
    ),
    max_leaves=10,
)


@given(JSON, st.dictionaries(st.sampled_from(list(ORDER)), JSON, max_size=3), st.sampled_from(ANSWERS))
def test_json_of_any_shape_is_an_answer_or_an_error(
    answer: object, changes: dict[str, object], kind: Any
) -> None:
    for candidate in (answer, {**ORDER, **changes}):
        with suppress(ShopAnswerInvalid):
            decode(msgspec.json.encode(candidate), kind)
        with suppress(ShopAnswerInvalid):
            assert isinstance(error_of(msgspec.json.encode(candidate)), ShopError)


@given(st.binary(max_size=50))
def test_bytes_of_any_kind_are_an_answer_or_an_error(body: bytes) -> None:
    with suppress(ShopAnswerInvalid):
        decode(body, Order)


# Double charges

PAID = Payment("P-1", "10025", Decimal("12.50"), "EUR", "card", PaymentState.CAPTURED, date(2026, 11, 20))


def test_the_second_of_two_equal_charges_is_surplus() -> None:
    second = replace(PAID, id="P-2", day=date(2026, 11, 21))
    third = replace(second, id="P-3", amount=Decimal("12.5"))
    assert double_charges([second, PAID]) == (second,)
    assert double_charges([third, second, PAID]) == (second, third)


@pytest.mark.parametrize(
    "other",
    [
        replace(PAID, id="P-2", order="10026"),
        replace(PAID, id="P-2", amount=Decimal("12.51")),
        replace(PAID, id="P-2", currency="RON"),
        replace(PAID, id="P-2", state=PaymentState.REFUNDED),
        replace(PAID, id="P-2", state=PaymentState.FAILED),
        replace(PAID, id="P-2", state=PaymentState.PENDING),
    ],
)
def test_other_payments_are_no_double_charge(other: Payment) -> None:
    assert double_charges([PAID, other]) == ()
