"""News within one process."""

from __future__ import annotations

from bot.broker import Broker, Subscription


class MemoryBroker(Broker):
    """The broker of a single process: a table of subscriptions."""

    def __init__(self) -> None:
        self._by_topic: dict[str, set[Subscription]] = {}

    def publish(self, topic: str, news: str) -> None:
        for subscription in self._by_topic.get(topic, ()):
            subscription.put(news)

    def subscribe(self) -> Subscription:
        return Subscription(self._remove)

    def add_topic(self, subscription: Subscription, topic: str) -> None:
        subscription.topics.add(topic)
        self._by_topic.setdefault(topic, set()).add(subscription)

    def _remove(self, subscription: Subscription) -> None:
        for topic in subscription.topics:
            subscribers = self._by_topic.get(topic, set())
            subscribers.discard(subscription)
            if not subscribers:
                self._by_topic.pop(topic, None)
