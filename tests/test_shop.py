"""The shop behind the actions: one contract over the demo shop and the HTTP adapter, and the faults of each."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actions import shop as installed
from actions.backends import open_shop
from actions.backends.catalogue import SEEDS
from actions.backends.demo import DemoShop
from actions.backends.http import HttpShop
from actions.backends.model import (
    AccessRefused,
    Asker,
    Item,
    Order,
    OrderNotCancellable,
    OrderNotFound,
    OrderStatus,
    Refusal,
    Shop,
    ShopAnswerInvalid,
    ShopMisconfigured,
    ShopTimeout,
    ShopUnavailable,
)
from actions.wording import LANGUAGES
from tests.shop_double import ORDER, ShopDouble

TODAY = date(2026, 11, 21)
ASKER = Asker("web", "customer żółw/1", False, "pl")


@pytest.fixture
def demo(tmp_path: Path) -> DemoShop:
    """Return a demo shop that is not made yet."""
    return DemoShop(tmp_path / "new" / "shop.sqlite", today=TODAY)


@pytest.fixture
async def double(demo: DemoShop) -> AsyncIterator[ShopDouble]:
    """Return a running shop that speaks the HTTP contract."""
    async with ShopDouble(demo, token="secret") as running:
        yield running


@pytest.fixture
def remote(double: ShopDouble) -> HttpShop:
    """Return the adapter to that shop."""
    return HttpShop(double.url, token="secret", timeout=10)


@pytest.fixture(params=["demo", "remote"])
def shop(request: pytest.FixtureRequest) -> Shop:
    """Return each kind of shop."""
    shop: Shop = request.getfixturevalue(request.param)
    return shop


# The contract


async def test_finds_an_order(shop: Shop) -> None:
    assert await shop.find_order("10025", ASKER) == Order(
        number="10025",
        status=OrderStatus.SHIPPED,
        items=(Item("Słuchawki", 1),),
        total=Decimal("119.00"),
        currency="EUR",
        placed_on=TODAY - timedelta(days=3),
        expected_on=TODAY + timedelta(days=2),
        carrier="DHL",
        tracking_url="https://parcels.example/dhl/10025",
        refusal=Refusal.SHIPPED,
    )


async def test_adds_up_the_lines_of_an_order(shop: Shop) -> None:
    order = await shop.find_order("10024", ASKER)
    assert order.items == (Item("Koc wełniany", 1), Item("Kubek kamionkowy", 2))
    assert order.total == Decimal("70.00")
    assert order.cancellable


@pytest.mark.parametrize(
    "number", ["10000", "10031", "", "x' OR 1=1", "../health", "10024/cancellation", "ż"]
)
async def test_unknown_order(shop: Shop, number: str) -> None:
    with pytest.raises(OrderNotFound):
        await shop.find_order(number, ASKER)
    with pytest.raises(OrderNotFound):
        await shop.cancel_order(number, "r1", ASKER)


async def test_cancels_an_order(shop: Shop) -> None:
    cancelled = await shop.cancel_order("10024", "r1", ASKER)
    assert cancelled.status is OrderStatus.CANCELLED
    assert cancelled.refusal is Refusal.CANCELLED
    assert await shop.find_order("10024", ASKER) == cancelled


async def test_same_request_gives_the_same_answer(shop: Shop) -> None:
    first = await shop.cancel_order("10024", "r/ż 1", ASKER)
    assert await shop.cancel_order("10024", "r/ż 1", ASKER) == first


async def test_another_request_hears_that_it_is_cancelled(shop: Shop) -> None:
    await shop.cancel_order("10024", "r1", ASKER)
    with pytest.raises(OrderNotCancellable) as refused:
        await shop.cancel_order("10024", "r2", ASKER)
    assert refused.value.refusal is Refusal.CANCELLED


async def test_same_request_id_cancels_another_order_too(shop: Shop) -> None:
    await shop.cancel_order("10024", "r1", ASKER)
    assert (await shop.cancel_order("10021", "r1", ASKER)).status is OrderStatus.CANCELLED


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed.number}-{seed.status.value}")
async def test_every_order_is_cancelled_or_refused(shop: Shop, seed: Any) -> None:
    order = await shop.find_order(seed.number, ASKER)
    assert order.status is seed.status
    if order.refusal is None:
        assert (await shop.cancel_order(seed.number, "r1", ASKER)).status is OrderStatus.CANCELLED
        return
    with pytest.raises(OrderNotCancellable) as refused:
        await shop.cancel_order(seed.number, "r1", ASKER)
    assert refused.value.refusal is order.refusal
    assert await shop.find_order(seed.number, ASKER) == order


async def test_twenty_at_once_cancel_once(shop: Shop) -> None:
    answers = await asyncio.gather(
        *(shop.cancel_order("10024", f"r{index}", ASKER) for index in range(20)), return_exceptions=True
    )
    assert sum(isinstance(answer, Order) for answer in answers) == 1
    assert sum(isinstance(answer, OrderNotCancellable) for answer in answers) == 19


async def test_check_and_close(shop: Shop) -> None:
    await shop.check()
    await shop.close()
    await shop.close()


def test_is_used_from_several_event_loops(demo: DemoShop) -> None:
    async def remote_answers() -> list[Order]:
        async with ShopDouble(demo) as double:
            return [await shop.find_order("10024", ASKER) for shop in (demo, HttpShop(double.url))]

    first, second = asyncio.run(remote_answers()), asyncio.run(remote_answers())
    assert first == second


# The demo shop


def test_demo_has_thirty_orders_in_every_status() -> None:
    assert [seed.number for seed in SEEDS] == [str(number) for number in range(10001, 10031)]
    assert {seed.status for seed in SEEDS} == set(OrderStatus)


@pytest.mark.parametrize("language", [*LANGUAGES, "xx"])
async def test_demo_names_its_products_in_the_language(demo: DemoShop, language: str) -> None:
    names = {"en": "Backpack", "pl": "Plecak", "el": "Σακίδιο πλάτης", "bg": "Раница", "ro": "Rucsac"}
    order = await demo.find_order("10013", replace(ASKER, language=language))
    assert order.items[0].name == names.get(language, "Backpack")


async def test_demo_is_made_once_even_if_many_come_first(tmp_path: Path) -> None:
    shops = [DemoShop(tmp_path / "shop.sqlite", today=TODAY) for _ in range(8)]
    orders = await asyncio.gather(*(shop.find_order("10024", ASKER) for shop in shops))
    assert len(set(orders)) == 1


async def test_demo_remembers(tmp_path: Path) -> None:
    await DemoShop(tmp_path / "shop.sqlite").cancel_order("10024", "r1", ASKER)
    later = DemoShop(tmp_path / "shop.sqlite", today=TODAY + timedelta(days=30))
    assert (await later.find_order("10024", ASKER)).status is OrderStatus.CANCELLED


async def test_demo_that_is_locked_is_unavailable_and_the_loop_goes_on(tmp_path: Path) -> None:
    demo = DemoShop(tmp_path / "shop.sqlite", busy_seconds=0.2)
    await demo.check()
    with sqlite3.connect(tmp_path / "shop.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        cancelling = asyncio.ensure_future(demo.cancel_order("10024", "r1", ASKER))
        turns_of_the_loop = 0
        while not cancelling.done():
            turns_of_the_loop += 1
            await asyncio.sleep(0)
        assert turns_of_the_loop > 10
        with pytest.raises(ShopUnavailable) as error:
            await cancelling
        assert error.value.changed_nothing
    other.close()
    assert (await demo.find_order("10024", ASKER)).cancellable


async def test_demo_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(ShopUnavailable):
        await DemoShop(tmp_path / "shop.sqlite").check()
    with pytest.raises(ShopUnavailable):
        await DemoShop(tmp_path / "shop.sqlite" / "below").find_order("10024", ASKER)


# The HTTP adapter


async def test_http_tells_who_asks(remote: HttpShop, double: ShopDouble) -> None:
    await remote.cancel_order("10024", "message 1", replace(ASKER, verified=True))
    headers = double.requests[-1].headers
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Accept-Language"] == "pl"
    assert headers["Grija-Channel"] == "web"
    assert headers["Grija-Customer"] == "customer%20%C5%BC%C3%B3%C5%82w%2F1"
    assert headers["Grija-Verified"] == "true"
    assert headers["Idempotency-Key"] == "message%201"


async def test_http_refusal_looks_like_an_unknown_order(remote: HttpShop, double: ShopDouble) -> None:
    double.refused_customer = ASKER.customer_id
    with pytest.raises(AccessRefused) as refused:
        await remote.find_order("10024", ASKER)
    assert isinstance(refused.value, OrderNotFound)
    with pytest.raises(AccessRefused):
        await remote.cancel_order("10024", "r1", ASKER)


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


@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
async def test_http_nonsense_is_no_answer(remote: HttpShop, double: ShopDouble, body: bytes) -> None:
    double.fault = (200, body)
    with pytest.raises(ShopAnswerInvalid):
        await remote.find_order("10024", ASKER)
    with pytest.raises(ShopAnswerInvalid) as error:
        await remote.cancel_order("10024", "r1", ASKER)
    assert not error.value.changed_nothing


@pytest.mark.parametrize(
    ("status", "changed_nothing"),
    [(500, False), (502, False), (503, True), (429, True), (401, True), (302, False), (204, False)],
)
async def test_http_other_statuses(
    remote: HttpShop, double: ShopDouble, status: int, changed_nothing: bool
) -> None:
    double.fault = (status, b"")
    with pytest.raises(ShopUnavailable):
        await remote.find_order("10024", ASKER)
    with pytest.raises(ShopUnavailable):
        await remote.check()
    with pytest.raises(ShopUnavailable) as error:
        await remote.cancel_order("10024", "r1", ASKER)
    assert error.value.changed_nothing is changed_nothing


async def test_http_conflict_without_a_reason_is_no_answer(remote: HttpShop, double: ShopDouble) -> None:
    double.fault = (409, b'{"not_cancellable_because": null}')
    with pytest.raises(ShopAnswerInvalid):
        await remote.cancel_order("10024", "r1", ASKER)


@pytest.mark.parametrize(("fault", "kind"), [("silence", ShopTimeout), ("hang up", ShopUnavailable)])
async def test_http_lost_answer_may_have_cancelled(
    double: ShopDouble, demo: DemoShop, fault: str, kind: type[ShopUnavailable]
) -> None:
    await demo.check()
    remote = HttpShop(double.url, token="secret", timeout=1)
    double.fault = fault
    with pytest.raises(kind) as error:
        await remote.find_order("10024", ASKER)
    assert error.value.changed_nothing
    with pytest.raises(kind) as error:
        await remote.cancel_order("10024", "r1", ASKER)
    assert not error.value.changed_nothing
    assert (await demo.find_order("10024", ASKER)).status is OrderStatus.CANCELLED
    double.fault = None
    assert (await remote.cancel_order("10024", "r1", ASKER)).status is OrderStatus.CANCELLED


async def test_http_nobody_listens() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        remote = HttpShop(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(ShopUnavailable):
            await remote.check()
        with pytest.raises(ShopUnavailable) as error:
            await remote.cancel_order("10024", "r1", ASKER)
        assert error.value.changed_nothing


async def test_http_wrong_token(double: ShopDouble) -> None:
    with pytest.raises(ShopUnavailable, match="401"):
        await HttpShop(double.url, token="wrong").find_order("10024", ASKER)


# Which shop


def test_open_shop_by_its_address(tmp_path: Path) -> None:
    assert isinstance(open_shop("demo://", data=tmp_path), DemoShop)
    assert isinstance(open_shop("https://shop.example/api"), HttpShop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["", "demo", "ftp://shop.example", "shop.example", "sqlite:///x"])
def test_open_shop_refuses_other_addresses(url: str) -> None:
    with pytest.raises(ShopMisconfigured):
        open_shop(url)


def test_open_shop_refuses_a_timeout_of_nothing() -> None:
    with pytest.raises(ShopMisconfigured):
        open_shop("demo://", timeout=0)


async def test_shop_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIJA_DATA", str(tmp_path))
    monkeypatch.delenv("GRIJA_SHOP_URL", raising=False)
    installed.use_shop(None)
    try:
        await installed.current_shop().check()
        assert installed.current_shop() is installed.current_shop()
        assert (tmp_path / "shop.sqlite").exists()
    finally:
        installed.use_shop(None)


async def test_remote_shop_of_the_environment(double: ShopDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIJA_SHOP_URL", double.url)
    monkeypatch.setenv("GRIJA_SHOP_TOKEN", "secret")
    monkeypatch.setenv("GRIJA_SHOP_TIMEOUT", "7.5")
    assert (await installed.shop_from_environment().find_order("10024", ASKER)).number == "10024"


def test_wrong_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIJA_SHOP_TIMEOUT", "soon")
    with pytest.raises(ShopMisconfigured, match="GRIJA_SHOP_TIMEOUT"):
        installed.shop_from_environment()


def test_installed_shop_comes_first(demo: DemoShop) -> None:
    installed.use_shop(demo)
    try:
        assert installed.current_shop() is demo
    finally:
        installed.use_shop(None)
