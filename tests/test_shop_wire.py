"""Orders as JSON: what a shop may answer, and that nothing else gets through."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.backends.catalogue import SEEDS
from actions.backends.demo import DemoShop
from actions.backends.model import Asker, Order, Refusal, ShopAnswerInvalid
from actions.backends.wire import order_from_json, order_to_json, refusal_from_json
from tests.shop_double import ORDER


async def test_json_and_back(tmp_path: Path) -> None:
    demo = DemoShop(tmp_path / "shop.sqlite")
    for seed in SEEDS:
        order = await demo.find_order(seed.number, Asker("web", "c1", False))
        assert order_from_json(json.loads(json.dumps(order_to_json(order)))) == order


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", 10024),
        ("number", " "),
        ("number", "1" * 501),
        ("status", "lost"),
        ("status", None),
        ("items", []),
        ("items", {}),
        ("items", [None]),
        ("items", [{"name": "Mug", "quantity": 0}]),
        ("items", [{"name": "Mug", "quantity": True}]),
        ("items", [{"name": "", "quantity": 1}]),
        ("total", 25.0),
        ("total", "NaN"),
        ("total", "much"),
        ("currency", "euro"),
        ("currency", "eur"),
        ("placed_on", "yesterday"),
        ("placed_on", None),
        ("expected_on", "21.11.2026"),
        ("tracking_url", "javascript:alert(1)"),
        ("carrier", 7),
        ("not_cancellable_because", "mood"),
    ],
)
def test_json_with_a_wrong_field_names_it(field: str, value: object) -> None:
    assert order_from_json(ORDER).number == "10024"
    with pytest.raises(ShopAnswerInvalid, match=field):
        order_from_json({**ORDER, field: value})


def test_json_must_say_whether_it_can_be_cancelled() -> None:
    fields = {name: value for name, value in ORDER.items() if name != "not_cancellable_because"}
    with pytest.raises(ShopAnswerInvalid, match="not_cancellable_because"):
        order_from_json(fields)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ORDER, "name"]), inner),
    max_leaves=10,
)


@given(JSON, st.dictionaries(st.sampled_from(list(ORDER)), JSON, max_size=3))
def test_json_of_any_shape_is_an_order_or_an_error(answer: object, changes: dict[str, object]) -> None:
    for candidate in (answer, {**ORDER, **changes}):
        for parse in (order_from_json, refusal_from_json):
            with suppress(ShopAnswerInvalid):
                assert isinstance(parse(candidate), (Order, Refusal))
