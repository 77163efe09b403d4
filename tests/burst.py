"""A day of a desk in simulated time over the real store: customers come, agents accept or let pass, talk and end.

Everything that decides is the product's own: what it reads, what it offers, what it tells. Only the clock, the
customers and the agents' hands are made up, from one seed.
"""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count

import sqlalchemy as sa

from bot.desk import routing, waiting
from bot.desk.routing import Routing, Seat
from bot.desk.situation import Situation
from bot.store import Connection, Store, offers, ownership, places, situation
from bot.store.conversations import find
from bot.store.tables import agent, handoff
from tests.staff import add_agent, let_wait

START = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)
AGENTS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("Ann", ("en", "pl"), 3),
    ("Bob", ("en", "el"), 4),
    ("Cveta", ("en", "bg"), 3),
    ("Dan", ("en", "ro"), 4),
    ("Ewa", ("en", "pl", "ro"), 5),
    ("Filip", ("en", "bg"), 3),
    ("Georgia", ("en", "el", "ro"), 4),
    ("Hristo", ("en", "pl", "bg"), 4),
)
LANGUAGES, SPOKEN_BY = ("en", "pl", "el", "bg", "ro"), (4, 2, 1, 1, 1)
PRIORITIES = (30, 40, 40, 45, 50, 60)
ANGER = (0.0, 0.0, 0.2, 0.5, 0.9)


@dataclass
class Customer:
    """What is asked of a customer at the end."""

    priority: int
    anger: float
    language: str
    came: float
    told: tuple[int, int] | None = None
    waited: float | None = None
    agent: str | None = None


@dataclass
class Burst:
    """One simulated day; `run` plays it to its end."""

    store: Store
    seed: int
    customers: int = 200
    minutes: float = 20
    handling: float = 6
    accepts: float = 0.85
    seen: dict[str, Customer] = field(default_factory=dict)
    hostile_faults: list[str] = field(default_factory=list)
    took: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._events: list[tuple[float, int, str, tuple[str, ...]]] = []
        self._number = count()
        self._conversations: dict[str, str] = {}

    async def run(self) -> None:
        """Let all come, and go on until all have been served."""
        for name, languages, capacity in AGENTS:
            await self.store.write(_add_agent, name, languages, capacity)
        for number in range(self.customers):
            self._at(self._chance.uniform(0, self.minutes * 60), "come", f"customer {number}")
        while self._events:
            seconds, _, what, values = heapq.heappop(self._events)
            await self.store.write(self._step, seconds, what, values)

    def _at(self, seconds: float, what: str, *values: str) -> None:
        heapq.heappush(self._events, (seconds, next(self._number), what, values))

    def _step(self, tx: Connection, seconds: float, what: str, values: tuple[str, ...]) -> None:
        moment = START + timedelta(seconds=seconds)
        tx.execute(sa.update(agent).values(present_at=moment))
        getattr(self, f"_{what}")(tx, seconds, moment, *values)
        seen = situation.read(tx, moment)
        self._offer(tx, seen, seconds)
        if what == "come":
            self._tell(tx, situation.read(tx, moment))

    def _come(self, tx: Connection, seconds: float, moment: datetime, name: str) -> None:
        anger = self._chance.choice(ANGER)
        who = Customer(
            self._chance.choice(PRIORITIES) + round(20 * anger),
            anger,
            self._chance.choices(LANGUAGES, SPOKEN_BY)[0],
            seconds,
        )
        current, waits = let_wait(tx, name, priority=who.priority, anger=anger, language=who.language)
        tx.execute(sa.update(handoff).where(handoff.c.id == waits.id).values(queued_at=moment))
        self.seen[waits.id], self._conversations[waits.id] = who, current.id

    def _take(self, tx: Connection, seconds: float, moment: datetime, handoff_id: str, agent_id: str) -> None:
        ownership.take(tx, find(tx, self._conversations[handoff_id]), agent_id)
        tx.execute(sa.update(handoff).where(handoff.c.id == handoff_id).values(taken_at=moment))
        who = self.seen[handoff_id]
        who.waited, who.agent = seconds - who.came, agent_id
        self.took[agent_id] += 1
        self._at(seconds + self._chance.expovariate(1 / (self.handling * 60)), "end", handoff_id)

    def _lapse(self, tx: Connection, seconds: float, moment: datetime, handoff_id: str) -> None:
        rules = Routing()
        for found, agent_id, why in offers.lapsing(tx, moment, rules):
            assert found == handoff_id
            assert offers.pass_on(tx, found, agent_id, why, moment, rules)

    def _end(self, tx: Connection, seconds: float, moment: datetime, handoff_id: str) -> None:
        ownership.close(tx, find(tx, self._conversations[handoff_id]), actor="server", outcome="solved")
        tx.execute(sa.update(handoff).where(handoff.c.id == handoff_id).values(ended_at=moment))

    def _pause(self, tx: Connection, seconds: float, moment: datetime) -> None:
        """A new round may begin."""

    def _offer(self, tx: Connection, seen: Situation, seconds: float) -> None:
        for offer in routing.assign(seen.waiting, seen.seats, seen.moment, seen.rules):
            self._watch(seen, offer.handoff_id, offer.agent_id)
            assert offers.make(tx, offer, seen.moment, seen.rules)
            if self._chance.random() < self.accepts:
                self._at(seconds + self._chance.uniform(2, 20), "take", offer.handoff_id, offer.agent_id)
            else:
                self._at(seconds + seen.rules.accept_seconds, "lapse", offer.handoff_id)
                self._at(seconds + 2 * seen.rules.accept_seconds, "pause")

    def _tell(self, tx: Connection, seen: Situation) -> None:
        """What each newcomer is told, at the moment they come."""
        found = waiting.places(seen.waiting, seen.seats, seen.live, seen.moment, seen.rules)
        for item in seen.queue:
            place, who = found[item.waiting.handoff_id], self.seen[item.waiting.handoff_id]
            if who.told is None and place.low is not None and place.high is not None:
                who.told = (place.low, place.high)
                places.note_told(tx, item.waiting.handoff_id, "range", place.low, place.high, seen.moment)

    def _watch(self, seen: Situation, handoff_id: str, agent_id: str) -> None:
        """Note a third hostile talk in a row for somebody while another who fits was free."""
        item = next(one for one in seen.waiting if one.handoff_id == handoff_id)
        seats = {seat.agent_id: seat for seat in seen.seats}
        if item.anger < seen.rules.hostile_anger or seats[agent_id].hostile_row < seen.rules.hostile_in_a_row:
            return
        others = [
            seat for seat in self._free(seen, item.language) if seat.hostile_row < seen.rules.hostile_in_a_row
        ]
        asked = {one.offered_to for one in seen.waiting}
        if any(seat.agent_id not in item.passed_by and seat.agent_id not in asked for seat in others):
            self.hostile_faults.append(handoff_id)

    @staticmethod
    def _free(seen: Situation, language: str | None) -> Iterable[Seat]:
        return (
            seat
            for seat in seen.seats
            if language in seat.languages and seat.busy < seat.capacity and not seat.offered
        )


def _add_agent(tx: Connection, name: str, languages: tuple[str, ...], capacity: int) -> None:
    add_agent(tx, name, languages=languages, capacity=capacity)


def gini(values: Iterable[float]) -> float:
    """0 when all have the same, near 1 when one has all."""
    ordered = sorted(values)
    number = len(ordered)
    return sum((2 * place - number + 1) * value for place, value in enumerate(ordered)) / (
        number * sum(ordered)
    )
