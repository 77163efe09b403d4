"""Budgets of channels: what a platform lets us send, and no more."""

from __future__ import annotations

import asyncio

import pytest

from bot.delivery import _REMEMBERED_ADDRESSES, _Limits
from bot.models import Address
from bot.settings import Settings
from channels import Budget
from tests.bench import opened
from tests.conftest import until
from tests.doubles import PlatformChannel


def limits(*, total: float = 10_000, each: float = 10_000) -> _Limits:
    channel = PlatformChannel()
    channel.budget = Budget(total_per_second=total, address_per_second=each)
    return _Limits(channel)


def address(name: str) -> Address:
    return Address(name, "customer", "platform", "x", name)


async def test_an_address_rests_after_each_message_and_only_this_one() -> None:
    budget = limits(each=0.5)
    anna, boris = address("anna"), address("boris")
    assert budget.rest(anna) == 0
    budget.spent(anna)
    assert 1.5 < budget.rest(anna) <= 2
    assert budget.rest(boris) == 0


async def test_all_addresses_together_get_no_more_than_the_whole() -> None:
    budget = limits(total=50)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(budget.wait() for _ in range(6)))
    assert loop.time() - began >= 5 / 50 * 0.95


async def test_the_table_of_addresses_is_bounded() -> None:
    budget = limits()
    for number in range(_REMEMBERED_ADDRESSES + 50):
        budget.spent(address(f"customer {number}"))
    assert len(budget._free_at) == _REMEMBERED_ADDRESSES


async def test_addresses_that_rest_leave_their_slots_to_others(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More addresses than slots, each with several messages: all get their first one before any its second."""
    monkeypatch.setattr(PlatformChannel, "budget", Budget(total_per_second=10_000, address_per_second=1))
    people = [f"customer {number}" for number in range(100)]
    async with opened(sqlite_settings) as bench:
        bench.hub.deliveries.lanes._opened.clear()
        for text in ("one", "two"):
            for who in people:
                await bench.say(text, sender=who)
        await bench.settle()
        bench.hub.deliveries.lanes.open()
        await bench.hub.sweep()

        async def all_sent() -> bool:
            return len(bench.platform.sent) == 200

        await until(all_sent)
        first = [who for who, text in bench.platform.sent[:100] if text == "echo: one"]
        assert sorted(first) == sorted(people)
