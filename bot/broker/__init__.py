"""The broker: fleeting news that something changed. Truth is in the store; losing news only delays a screen."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType

CHANGED = "changed"
"""There is something new in the store for this topic."""
TYPING = "typing"
"""The bot is at work on an answer."""
IDLE = "idle"
"""The bot is not at work any more."""

QUEUE = "queue"
"""A list of the desk has changed: what waits, who owns what, what was said last."""
PRESENCE = "presence"
"""Somebody has come to the desk, gone, or is away."""
ALERT = "alert"
"""There is a new alert for those who supervise, or somebody has seen one."""
OFFER = "offer/"
"""To an agent: a handoff, whose id follows, is offered to them."""
OFFER_ENDED = "offer_ended/"
"""To an agent: that offer is over."""


class Subscription:
    """News of some topics. Equal news is folded, so that a slow reader never makes a queue grow."""

    def __init__(self, close: Callable[[Subscription], None]) -> None:
        self._close = close
        self._news: dict[str, None] = {}
        self._arrived = asyncio.Event()
        self.topics: set[str] = set()

    async def next(self) -> list[str]:
        """Wait for news; the distinct news since the last call, oldest first."""
        await self._arrived.wait()
        self._arrived.clear()
        news, self._news = list(self._news), {}
        return news

    def put(self, news: str) -> None:
        """Hand in news; again if it was there, now as the latest."""
        self._news.pop(news, None)
        self._news[news] = None
        self._arrived.set()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(self)


class Broker(ABC):
    """Publishes to and subscribes topics: `customer_topic` and its neighbours below."""

    @abstractmethod
    def publish(self, topic: str, news: str) -> None:
        """Tell all subscribers of a topic; returns at once, never raises for a slow or dead one."""

    @abstractmethod
    def subscribe(self) -> Subscription:
        """A subscription without topics, to be used in a `with` block."""

    @abstractmethod
    def add_topic(self, subscription: Subscription, topic: str) -> None:
        """Let a subscription hear of one more topic."""


def customer_topic(customer_id: str) -> str:
    """The topic of everything in a customer's conversations."""
    return f"customer/{customer_id}"


def address_topic(channel: str, account: str, external_id: str) -> str:
    """The topic of one address, known before its customer has written anything."""
    return f"address/{channel}/{account}/{external_id}"


def desk_topic() -> str:
    """The topic of all consoles: QUEUE when a list has changed, PRESENCE when an agent comes or goes, ALERT."""
    return "desk"


def agent_topic(agent_id: str) -> str:
    """The topic of one agent: news such as OFFER with an id, "mention/<conversation>", "refused/<held reply>"."""
    return f"agent/{agent_id}"
