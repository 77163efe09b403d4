"""Budgets of channels: what a platform lets us send, and no more."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bot.broker.memory import MemoryBroker
from bot.delivery import _REMEMBERED_ADDRESSES, _Limits
from bot.errors import DeliveryDelayed
from bot.hub import Hub
from bot.metrics import Metrics
from bot.models import Address, Author, AuthorKind, Inbound, Message, new_id, now
from bot.settings import Settings
from bot.store import Connection, addresses, conversations, inbox, open_store, outbox
from channels import Budget
from tests.bench import opened
from tests.conftest import until
from tests.doubles import EchoDialogue, PlatformChannel


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


class Strict(PlatformChannel):
    """A platform that counts every message that comes too early, and refuses it as the real ones do."""

    budget = Budget(total_per_second=1000, address_per_second=20)

    def __init__(self) -> None:
        super().__init__()
        self.too_early: Counter[str] = Counter()
        self._allowed_at: dict[str, float] = {}
        self._window: list[float] = []

    async def send(self, address: Address, message: Message) -> str:
        moment = asyncio.get_running_loop().time()
        self._window = [sent for sent in self._window if sent > moment - 0.1]
        if moment < self._allowed_at.get(address.id, 0):
            self.too_early["address"] += 1
        if len(self._window) > 100:
            self.too_early["all"] += 1
        if self.too_early:
            raise DeliveryDelayed("429", retry_after=1)
        self._window.append(moment)
        self._allowed_at[address.id] = moment + 0.99 * self.pace(address)
        return await super().send(address, message)


async def test_two_thousand_messages_after_an_outage_drain_fairly_within_the_budgets(
    settings: Settings,
) -> None:
    """40 customers with 25 messages each, and 1,000 with one: nobody with one waits for those with many."""
    many = [f"many {number}" for number in range(40)]
    platform = Strict()
    async with opened(settings, working=False, platform=platform) as bench:
        await bench.store.write(_backlog, many, 25)
        await bench.store.write(_backlog, [f"one {number}" for number in range(1000)], 1)
        bench.hub.deliveries.lanes.open()
        await bench.hub.sweep()

        async def drained() -> bool:
            return (await bench.store.read(outbox.depth))["waiting"] == 0

        await until(drained, seconds=120)
        assert platform.too_early == Counter()
        assert len(platform.sent) == 2000
        order = [who for who, _ in platform.sent]
        last_of_one = max(place for place, who in enumerate(order) if who.startswith("one"))
        # When the last customer with one message was served, those with many were still waiting for more of theirs.
        left = Counter(order[last_of_one + 1 :])
        assert all(left[who] > 0 for who in many)
        for who in many:
            assert platform.texts()[who] == [str(number) for number in range(25)], "in order"


async def test_a_platform_that_does_not_answer_takes_no_place_from_another(sqlite_settings: Settings) -> None:
    silent, lively = PlatformChannel(), PlatformChannel()
    never = asyncio.Event()

    async def hang(address: Address, message: Message) -> str:
        await never.wait()
        return ""

    silent.send = hang  # type: ignore[method-assign]
    lively.name = "lively"
    store = await open_store(sqlite_settings.database)
    hub = Hub(
        store=store,
        broker=MemoryBroker(),
        dialogue=EchoDialogue(),
        channels={"platform": silent, "lively": lively},
        settings=sqlite_settings,
        metrics=Metrics(),
    )
    try:
        await store.write(_backlog, [f"customer {number}" for number in range(100)], 1)
        await store.write(_backlog, ["lucky"], 3, channel="lively")
        hub.deliveries.lanes.open()
        await hub.sweep()

        async def served() -> bool:
            return len(lively.sent) == 3

        await until(served)
        assert silent.sent == []
    finally:
        await hub.deliveries.lanes.close(grace=0)
        await store.close()


def _backlog(tx: Connection, people: list[str], count: int, channel: str = "platform") -> None:
    """What the bot has answered while the platform was away: `count` messages for each of these people."""
    for who in people:
        first = inbox.accept(tx, Inbound(channel, "x", new_id(), who, text="hello"))
        to = addresses.find(tx, channel, "x", who)
        assert to is not None
        current = conversations.find(tx, first.conversation_id)
        said = [
            Message(new_id(), current.id, current.last_seq + 1 + n, Author(AuthorKind.BOT), str(n), now())
            for n in range(count)
        ]
        conversations.append(tx, current, said, address_id=to.id)
        outbox.add(tx, said, to.id)
