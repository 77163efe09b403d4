"""The broker: news reaches those who listen, is folded for the slow, and nobody is remembered who has gone."""

from __future__ import annotations

import asyncio

from bot.broker import CHANGED, IDLE, TYPING, address_topic, customer_topic
from bot.broker.memory import MemoryBroker


async def test_news_reaches_every_subscriber_of_its_topic() -> None:
    broker = MemoryBroker()
    with broker.subscribe() as one, broker.subscribe() as two, broker.subscribe() as other:
        for subscription, topic in ((one, "a"), (two, "a"), (other, "b")):
            broker.add_topic(subscription, topic)
        broker.publish("a", CHANGED)
        broker.publish("b", TYPING)
        broker.publish("nobody", CHANGED)
        assert [await one.next(), await two.next(), await other.next()] == [[CHANGED], [CHANGED], [TYPING]]


async def test_a_slow_reader_finds_each_news_once_the_latest_last() -> None:
    broker = MemoryBroker()
    with broker.subscribe() as subscription:
        broker.add_topic(subscription, "a")
        for news in [TYPING, CHANGED] * 1000 + [IDLE, TYPING]:
            broker.publish("a", news)
        assert await subscription.next() == [CHANGED, IDLE, TYPING]


async def test_who_waits_is_woken_and_waits_again() -> None:
    broker = MemoryBroker()
    with broker.subscribe() as subscription:
        broker.add_topic(subscription, "a")
        broker.add_topic(subscription, "b")
        for topic in ("a", "b"):
            waiting = asyncio.create_task(subscription.next())
            await asyncio.sleep(0)
            assert not waiting.done()
            broker.publish(topic, CHANGED)
            assert await waiting == [CHANGED]


async def test_a_cancelled_wait_loses_no_news() -> None:
    broker = MemoryBroker()
    with broker.subscribe() as subscription:
        broker.add_topic(subscription, "a")
        waiting = asyncio.create_task(subscription.next())
        await asyncio.sleep(0)
        broker.publish("a", CHANGED)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        broker.publish("a", TYPING)
        assert TYPING in await subscription.next()


async def test_who_has_gone_is_forgotten() -> None:
    broker = MemoryBroker()
    with broker.subscribe() as stays:
        broker.add_topic(stays, "a")
        with broker.subscribe() as goes:
            broker.add_topic(goes, "a")
            broker.add_topic(goes, "b")
        assert broker._by_topic == {"a": {stays}}
        broker.publish("b", CHANGED)
        broker.publish("a", CHANGED)
        assert await stays.next() == [CHANGED]
    assert not broker._by_topic


def test_topics_of_customers_and_addresses_are_apart() -> None:
    topics = {
        customer_topic("web/demo/x"),
        address_topic("web", "demo", "x"),
        address_topic("web", "demo", "y"),
    }
    assert len(topics) == 3
