"""Limits of the widget's door: sockets, new visitors, messages; each a bounded table."""

from __future__ import annotations

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.errors import RateLimited, TooManyConnections

_REMEMBERED = 50_000


class Rate:
    """At most `count` events of a key in `seconds`, refilled evenly (a token bucket)."""

    def __init__(
        self,
        count: int,
        *,
        seconds: float,
        what: str = "messages",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count = count
        self._what = what
        self._per_second = count / seconds
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Count one event; RateLimited with the seconds to wait if there were too many."""
        moment = self._clock()
        left, since = self._buckets.pop(key, (float(self._count), moment))
        left = min(self._count, left + (moment - since) * self._per_second)
        allowed = left >= 1
        self._buckets[key] = (left - 1 if allowed else left, moment)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = max(1, math.ceil((1 - left) / self._per_second))
            raise RateLimited(f"too many {self._what}; try again in {wait} s", retry_after=wait)


class Connections:
    """Counts open sockets, in all and for each IP address."""

    def __init__(self, *, total: int, per_ip: int) -> None:
        self._total = total
        self._per_ip = per_ip
        self._open: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many sockets are open."""
        return self._open.total()

    @contextmanager
    def one(self, ip: str) -> Iterator[None]:
        """Hold one connection; TooManyConnections if there is no room for it."""
        if self._open[ip] >= self._per_ip or self.count >= self._total:
            raise TooManyConnections("too many open connections; close one or try again later")
        self._open[ip] += 1
        try:
            yield
        finally:
            self._open[ip] -= 1
            if not self._open[ip]:
                del self._open[ip]
