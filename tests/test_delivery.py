"""Budgets of channels: what a platform lets us send, and no more."""

from __future__ import annotations

import asyncio

from bot.delivery import _Limits
from channels import Budget


async def spent(limits: _Limits, *addresses: str) -> float:
    """Seconds until all these sends were allowed, all asked for at once."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(limits.wait(address) for address in addresses))
    return loop.time() - began


async def test_one_address_gets_no_more_than_its_share() -> None:
    limits = _Limits(Budget(total_per_second=10_000, address_per_second=50))
    assert await spent(limits, *["anna"] * 6) >= 5 / 50 * 0.95


async def test_all_addresses_together_get_no_more_than_the_whole() -> None:
    limits = _Limits(Budget(total_per_second=50, address_per_second=10_000))
    assert await spent(limits, *(f"customer {number}" for number in range(6))) >= 5 / 50 * 0.95


async def test_a_waiting_address_does_not_use_up_the_others_budget() -> None:
    limits = _Limits(Budget(total_per_second=10_000, address_per_second=0.001))
    await limits.wait("anna")
    held = asyncio.create_task(limits.wait("anna"))
    await asyncio.wait_for(limits.wait("boris"), 5)
    assert not held.done()
    held.cancel()


async def test_the_table_of_addresses_is_bounded() -> None:
    limits = _Limits(Budget(total_per_second=1_000_000, address_per_second=1_000_000))
    for number in range(10_050):
        await limits.wait(f"customer {number}")
    assert len(limits._addresses) == 10_000
