"""Limits at the widget's door, with a clock of our own."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.errors import OriginRefused, RateLimited, TooManyConnections
from channels import web_limits
from channels.web import check_origin, client_ip
from channels.web_limits import Connections, Rate


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(rate: Rate, key: str = "k") -> bool:
    try:
        rate.take(key)
    except RateLimited:
        return False
    return True


def test_so_many_are_taken_and_then_one_for_each_share_of_time() -> None:
    clock = Clock()
    rate = Rate(30, seconds=60, clock=clock)
    assert [allowed(rate) for _ in range(31)] == [True] * 30 + [False]
    assert allowed(rate, "somebody else")
    clock.now += 2
    assert [allowed(rate), allowed(rate)] == [True, False]
    clock.now += 3600
    assert [allowed(rate) for _ in range(31)] == [True] * 30 + [False]


def test_who_is_refused_hears_when_to_come_again() -> None:
    clock = Clock()
    rate = Rate(2, seconds=60, what="new visitors", clock=clock)
    rate.take("k")
    rate.take("k")
    with pytest.raises(RateLimited, match="too many new visitors; try again in 30 s") as caught:
        rate.take("k")
    clock.now += caught.value.retry_after
    rate.take("k")


@examples(deadline=None)
@given(st.integers(1, 20), st.lists(st.floats(0, 30), max_size=80))
def test_never_more_than_the_rate(count: int, pauses: list[float]) -> None:
    clock = Clock()
    rate = Rate(count, seconds=60, clock=clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        taken += allowed(rate)
    assert taken <= count + sum(pauses) * count / 60 + 1e-6


def test_the_table_of_a_rate_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_limits, "_REMEMBERED", 10)
    rate = Rate(1, seconds=3600)
    assert allowed(rate, "old")
    for number in range(9):
        assert allowed(rate, str(number))
    assert not allowed(rate, "old"), "who comes again is remembered"
    for number in range(100):
        assert allowed(rate, f"new {number}")
    assert len(rate._buckets) == 10


def test_connections_are_counted_for_each_address_and_in_all() -> None:
    connections = Connections(total=3, per_ip=2)
    with connections.one("a"), connections.one("a"):
        with pytest.raises(TooManyConnections), connections.one("a"):
            pass
        with connections.one("b"):
            assert connections.count == 3
            with pytest.raises(TooManyConnections), connections.one("c"):
                pass
        with pytest.raises(ZeroDivisionError), connections.one("b"):
            raise ZeroDivisionError
        assert connections.count == 2
    assert connections.count == 0
    assert not connections._open, "no address is remembered without a socket"


def request(*forwarded: str, **headers: str) -> web.Request:
    fields = CIMultiDict({"Host": "shop.example:8080", **headers})
    for value in forwarded:
        fields.add("X-Forwarded-For", value)
    made: web.Request = make_mocked_request("GET", "/widget/ws", headers=fields)
    return made


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        (["6.6.6.6"], 0, "peer"),
        (["1.1.1.1"], 1, "1.1.1.1"),
        (["6.6.6.6, 1.1.1.1"], 1, "1.1.1.1"),
        (["6.6.6.6,1.1.1.1 , 10.0.0.1"], 2, "1.1.1.1"),
        # A proxy that adds a line of its own instead of lengthening the customer's.
        (["6.6.6.6", "1.1.1.1"], 1, "1.1.1.1"),
        (["1.1.1.1"], 2, "peer"),
        ([], 1, "peer"),
        ([" , "], 1, "peer"),
    ],
)
def test_only_trusted_proxies_say_who_it_is(forwarded: list[str], proxies: int, expected: str) -> None:
    asked = request(*forwarded)
    assert client_ip(asked, proxies) == (asked.remote or "unknown" if expected == "peer" else expected)


@pytest.mark.parametrize(
    "origin", ["http://shop.example:8080", "https://shop.example:8080", "https://a.example"]
)
def test_own_and_allowed_pages_may_open_the_widget(origin: str) -> None:
    check_origin(request(Origin=origin), ("https://a.example", "https://b.example"))


def test_a_client_without_origin_may_open_the_widget() -> None:
    check_origin(request(), ())


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://shop.example",
        "https://a.example.evil.example",
        "https://a.example/",
        "http://[::1",
        "http://evil@shop.example:8080",
        "shop.example:8080",
    ],
)
def test_other_pages_may_not(origin: str) -> None:
    with pytest.raises(OriginRefused, match="GRIJA_ALLOWED_ORIGINS"):
        check_origin(request(Origin=origin), ("https://a.example",))


@examples(deadline=None)
@given(st.text(max_size=40))
def test_any_origin_is_allowed_or_refused(origin: str) -> None:
    with pytest.raises(OriginRefused):
        check_origin(request(Origin=origin), ("https://a.example",))
