"""No customer is asked more than once in N days: whatever comes at once, and however the clock jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any, TypeVar

import sqlalchemy as sa
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.asking.asker import Asker
from bot.asking.loyalty import Visit, came_back
from bot.asking.rules import Asking
from bot.models import Address, Status
from bot.settings import Settings
from bot.store import Connection, Store, conversations, loyalty, open_store, talks
from bot.store.tables import ended_talk, loyalty_answer, message
from bot.writing import Writer
from tests.asking_bench import set_up
from tests.desk_seeds import talk
from tests.doubles import EchoDialogue, PlatformChannel

T = TypeVar("T")
START = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
DAYS = 30


@dataclass
class World:
    """A store and an asker, driven from tests without a loop of their own."""

    store: Store
    asker: Asker
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def together(self, works: list[Awaitable[Any]]) -> None:
        async def all_of_them() -> None:
            await asyncio.gather(*works)

        self.run(all_of_them())


@contextmanager
def world(settings: Settings) -> Iterator[World]:
    loop = asyncio.new_event_loop()
    store = loop.run_until_complete(open_store(settings.database))
    asker = Asker(dialogue=EchoDialogue(), writer=Writer({"platform": PlatformChannel()}))
    try:
        yield World(store, asker, loop)
    finally:
        loop.run_until_complete(store.close())
        loop.close()


STEPS = st.lists(
    st.tuples(
        # How far the clock jumps, in days, and what comes at once then: closes, keepers with the rare question.
        st.floats(-60, 60).map(lambda days: round(days, 2)) | st.sampled_from([0.0, 29.99, 30.0, -30.0]),
        st.integers(0, 3),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=6,
)


def test_nobody_is_asked_twice_in_n_days(settings: Settings) -> None:
    with world(settings) as site:
        site.run(set_up(site.store, days=DAYS, loyalty_share=1, loyalty_after_days=1))
        asked_in_all: set[str] = set()

        @examples(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
        @given(STEPS)
        @example([(0.0, 0, 2), (29.99, 2, 2), (0.02, 3, 1)])
        @example([(0.0, 3, 2), (-30.0, 2, 2)])
        def history(steps: list[tuple[float, int, int]]) -> None:
            # A customer of long ago, so that the rare question may be asked too.
            first = site.run(site.store.write(_seed, None, START - timedelta(days=40)))
            customer_id = first.customer_id
            site.run(site.store.write(_end, site.asker, first, START - timedelta(days=33)))
            clock = START
            for jump, closes, keepers in steps:
                clock += timedelta(days=jump)
                fresh = [
                    site.run(site.store.write(_seed, customer_id, clock - timedelta(hours=1)))
                    for _ in range(closes)
                ]
                moment = clock
                site.together(
                    [site.store.write(_end, site.asker, one, moment) for one in fresh]
                    + [
                        site.store.write(site.asker.ask_loyalty, customer_id, moment=moment)
                        for _ in range(keepers)
                    ]
                )
            asked = site.run(site.store.read(_asked, customer_id))
            gaps = [later - former for (former, _), (later, _) in pairwise(asked)]
            assert all(gap >= timedelta(days=DAYS) for gap in gaps), asked
            asked_in_all.update(kind for _, kind in asked)

        history()
        assert asked_in_all == {"rating", "loyalty"}, "both kinds were asked at all"


WISHES = st.sampled_from(["track_order", "get_refund", None])


def test_what_is_noted_of_returns_is_what_the_definition_says(settings: Settings) -> None:
    with world(settings) as site:

        @examples(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            st.lists(
                st.tuples(st.sampled_from([0.5, 5, 13.9, 14.2, 60, 89, 91.0]), WISHES), min_size=1, max_size=6
            )
        )
        def history(visits: list[tuple[float, str | None]]) -> None:
            first = site.run(site.store.write(_seed, None, START))
            at, seen = START, []
            for number, (days, wish) in enumerate(visits, start=1):
                at += timedelta(days=days)
                visit = Visit(at, at + timedelta(hours=1), wish)
                site.run(site.store.write(_note, first, number, visit))
                seen.append(visit)
            query = sa.select(ended_talk).where(ended_talk.c.customer_id == first.customer_id)
            rows = site.run(site.store.read(lambda tx: tx.execute(query.order_by(ended_talk.c.visit)).all()))
            expected = [came_back(one, seen[number:]) for number, one in enumerate(seen, start=1)]
            assert [row.came_back for row in rows] == expected
            pauses = [(later.began_at - former.ended_at).total_seconds() for former, later in pairwise(seen)]
            assert [row.next_pause for row in rows] == [*pauses, None]
            assert (rows[-1].pauses, rows[-1].longest_pause) == (sum(pauses), max(pauses, default=0.0))

        history()


def test_a_customer_who_is_being_asked_is_no_candidate_twice(settings: Settings) -> None:
    """Also where the setting lets people be asked every day: once a month is enough for the rare question."""
    with world(settings) as site:
        site.run(set_up(site.store, days=0, loyalty_share=1, loyalty_after_days=1, rated_share=0))
        one = site.run(site.store.write(_seed, None, START - timedelta(days=3)))
        site.run(site.store.write(_end, site.asker, one, START - timedelta(days=3)))
        for moment in (START, START + timedelta(days=20), START + timedelta(days=40)):
            ask = site.store.write
            site.together([ask(site.asker.ask_loyalty, one.customer_id, moment=moment) for _ in range(4)])
        asked = site.run(site.store.read(_asked, one.customer_id))
        assert [moment for moment, _ in asked] == [START, START + timedelta(days=40)]
        site_rules = Asking(days=0, loyalty_after_days=1)
        later = START + timedelta(days=70)
        assert site.run(site.store.read(loyalty.candidates, site_rules, later)) != []


def _seed(tx: Connection, customer_id: str | None, at: datetime) -> Any:
    key = talk(tx, status=Status.CLOSED, customer_id=customer_id, channel="platform", at=at, closed_at=at)
    return conversations.find(tx, key)


def _end(tx: Connection, asker: Asker, seen: Any, moment: datetime) -> None:
    held = talks.hold(tx, seen.customer_id)
    asker.end_talk(tx, conversations.find(tx, seen.id), held, moment=moment)


def _note(tx: Connection, seen: Any, number: int, visit: Visit) -> None:
    place = tx.execute(sa.select(message.c.address_id).where(message.c.conversation_id == seen.id)).scalar()
    over = talks.Over(
        conversation_id=seen.id, customer_id=seen.customer_id, seq=number,
        address=Address(place, seen.customer_id, "platform", "x", "y"), reachable=True, language="en", agent="bot",
        intent=visit.wish, began_at=visit.began_at, ended_at=visit.ended_at, mood=None,
    )  # fmt: skip
    talks.note(tx, over, chance=1.0, result="too_soon")


def _asked(tx: Connection, customer_id: str) -> list[tuple[datetime, str]]:
    found = []
    for table, kind in ((ended_talk, "rating"), (loyalty_answer, "loyalty")):
        mine = (table.c.customer_id == customer_id, table.c.asked_at.isnot(None))
        found += [
            (conversations.utc(row[0]), kind) for row in tx.execute(sa.select(table.c.asked_at).where(*mine))
        ]
    return sorted(found)
