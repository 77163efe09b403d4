"""What the desk is like at one moment, as far as routing must know it. Frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.desk.hours import Hours
from bot.desk.routing import Routing, Seat, Waiting
from bot.desk.waiting import Live, Place


@dataclass(frozen=True)
class InQueue:
    """A handoff in the queue with its conversation, and what its customer was told last.

    `told_kind` is "range", "nobody" or "closed", None before anything was said; `shown` is the place that their
    status shows now.
    """

    waiting: Waiting
    customer_id: str
    epoch: int
    told_kind: str | None
    told_at: datetime | None
    shown: Place | None


@dataclass(frozen=True)
class Situation:
    """Who waits, who is there, and how the desk is doing, under the site's rules of this moment."""

    moment: datetime
    rules: Routing
    hours: Hours
    queue: tuple[InQueue, ...]
    seats: tuple[Seat, ...]
    live: Live

    @property
    def waiting(self) -> list[Waiting]:
        """The queue as routing knows it."""
        return [item.waiting for item in self.queue]
