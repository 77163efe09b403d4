"""The HTTP adapter: what it tells a shop, and what it makes of every way in which a shop may fail."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actions.backends.demo import DemoShop
from actions.backends.http import HttpShop
from actions.backends.model import (
    CancelOrder,
    CustomerNotFound,
    FindOrder,
    NotFound,
    Orders,
    OrderStatus,
    ShopAnswerInvalid,
    ShopTimeout,
    ShopUnavailable,
)
from tests.shop_double import ShopDouble
from tests.shops import EMMA, ORDER, demo_shop


@pytest.fixture
def demo(tmp_path: Path) -> DemoShop:
    """Return the shop behind the API."""
    return demo_shop(tmp_path)


@pytest.fixture
async def double(demo: DemoShop) -> AsyncIterator[ShopDouble]:
    """Return a running shop that speaks the HTTP contract."""
    async with ShopDouble(demo, token="secret") as running:
        yield running


@pytest.fixture
def remote(double: ShopDouble) -> HttpShop:
    """Return the adapter to that shop."""
    return HttpShop(double.url, token="secret", timeout=10)


async def test_it_tells_who_asks_for_what(remote: HttpShop, double: ShopDouble) -> None:
    await remote.do(CancelOrder("10024"), EMMA, "message ż/1", "pl")
    heard = double.heard[-1]
    assert heard.path == "/api/commands/CancelOrder"
    assert json.loads(heard.body) == {"number": "10024"}
    assert heard.headers["Authorization"] == "Bearer secret"
    assert heard.headers["Accept-Language"] == "pl"
    assert heard.headers["Grija-Shop-Customer"] == EMMA
    assert heard.headers["Idempotency-Key"] == "message%20%C5%BC%2F1"
    assert heard.headers["Content-Type"] == "application/json"


async def test_it_names_no_customer_if_nobody_is_proved(remote: HttpShop, double: ShopDouble) -> None:
    with pytest.raises(NotFound):
        await remote.ask(Orders(), None, "en")
    assert "Grija-Shop-Customer" not in double.heard[-1].headers


async def test_an_address_of_a_customer_is_in_no_url(remote: HttpShop, double: ShopDouble) -> None:
    with pytest.raises(CustomerNotFound):
        await remote.find_customer(email="nobody@example.com")
    assert double.heard[-1].path == "/api/customers/find"
    assert json.loads(double.heard[-1].body) == {"email": "nobody@example.com"}


async def test_forbidden_looks_like_unknown(remote: HttpShop, double: ShopDouble) -> None:
    double.forbidden = EMMA
    with pytest.raises(NotFound):
        await remote.ask(FindOrder("10024"), EMMA, "en")
    with pytest.raises(NotFound):
        await remote.do(CancelOrder("10024"), EMMA, "k", "en")


NONSENSE = [
    b"",
    b"<html>",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"[" * 100_000,
    b'{"number": "10024"}',
    b" " * 300_000,
    json.dumps({**ORDER, "number": "10025"}).encode(),
]


@pytest.mark.parametrize("status", [200, 404, 409, 422, 403])
@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
async def test_nonsense_is_no_answer(remote: HttpShop, double: ShopDouble, body: bytes, status: int) -> None:
    double.fault = (status, body)
    with pytest.raises(ShopAnswerInvalid) as error:
        await remote.ask(FindOrder("10024"), EMMA, "en")
    assert error.value.changed_nothing
    with pytest.raises(ShopAnswerInvalid) as error:
        await remote.do(CancelOrder("10024"), EMMA, "k", "en")
    assert not error.value.changed_nothing
    with pytest.raises(ShopAnswerInvalid):
        await remote.find_customer(email="emma@example.com")


@pytest.mark.parametrize(
    "problem",
    [
        {"error": "sorry"},
        {"error": "refused"},
        {"error": "refused", "reason": "mood"},
        {"error": "invalid_address", "reason": "id"},
        {"reason": "shipped"},
    ],
)
async def test_an_unknown_reason_is_no_answer(
    remote: HttpShop, double: ShopDouble, problem: dict[str, str]
) -> None:
    double.fault = (409, json.dumps(problem).encode())
    with pytest.raises(ShopAnswerInvalid):
        await remote.do(CancelOrder("10024"), EMMA, "k", "en")


@pytest.mark.parametrize(
    ("status", "changed_nothing"),
    [
        (500, False),
        (502, False),
        (503, True),
        (501, True),
        (429, True),
        (401, True),
        (302, False),
        (204, False),
        (400, False),
    ],
)
async def test_other_statuses(
    remote: HttpShop, double: ShopDouble, status: int, changed_nothing: bool
) -> None:
    double.fault = (status, b"")
    for asking in (
        remote.ask(FindOrder("10024"), EMMA, "en"),
        remote.find_customer(user_id="emma"),
        remote.check(),
    ):
        with pytest.raises(ShopUnavailable) as error:
            await asking
        assert error.value.changed_nothing
    with pytest.raises(ShopUnavailable) as error:
        await remote.do(CancelOrder("10024"), EMMA, "k", "en")
    assert error.value.changed_nothing is changed_nothing


@pytest.mark.parametrize(("fault", "kind"), [("silence", ShopTimeout), ("hang up", ShopUnavailable)])
async def test_a_lost_answer_may_have_changed_something(
    double: ShopDouble, demo: DemoShop, fault: str, kind: type[ShopUnavailable]
) -> None:
    await demo.check()
    remote = HttpShop(double.url, token="secret", timeout=1)
    double.fault = fault
    with pytest.raises(kind) as error:
        await remote.ask(FindOrder("10024"), EMMA, "en")
    assert error.value.changed_nothing
    with pytest.raises(kind) as error:
        await remote.do(CancelOrder("10024"), EMMA, "k", "en")
    assert not error.value.changed_nothing
    assert (await demo.ask(FindOrder("10024"), EMMA, "en")).status is OrderStatus.CANCELLED
    double.fault = None
    assert (await remote.do(CancelOrder("10024"), EMMA, "k", "en")).status is OrderStatus.CANCELLED


async def test_nobody_listens() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        remote = HttpShop(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(ShopUnavailable):
            await remote.check()
        with pytest.raises(ShopUnavailable) as error:
            await remote.do(CancelOrder("10024"), EMMA, "k", "en")
        assert error.value.changed_nothing


async def test_wrong_token(double: ShopDouble) -> None:
    with pytest.raises(ShopUnavailable, match="401"):
        await HttpShop(double.url, token="wrong").ask(FindOrder("10024"), EMMA, "en")
