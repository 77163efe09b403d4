"""A burst of 200 customers on 8 agents of different languages and capacities, over both databases."""

from __future__ import annotations

from statistics import mean

import sqlalchemy as sa

from bot.models import Status
from bot.store import Store, handoffs
from bot.store.tables import agent, conversation
from tests.burst import Burst, gini


async def test_a_burst_of_200_customers_on_8_agents(store: Store) -> None:
    burst = Burst(store, seed=7)
    await burst.run()
    served = list(burst.seen.values())
    assert len(served) == 200
    # Every conversation got an owner, and none is left in the queue.
    assert all(who.agent is not None and who.waited is not None for who in served)
    assert await store.read(handoffs.waiting) == []
    closed = sa.select(sa.func.count()).where(conversation.c.status == Status.CLOSED.value)
    assert await store.read(lambda tx: tx.execute(closed).scalar()) == 200
    # Those of more urgent reasons have waited less.
    by_urgency = sorted(served, key=lambda who: -who.priority)
    waits = [mean(who.waited or 0.0 for who in by_urgency[at : at + 50]) for at in range(0, 200, 50)]
    assert waits == sorted(waits), waits
    assert waits[0] < waits[-1] / 3
    # The work is shared: conversations for each place of an agent's capacity.
    rows = await store.read(lambda tx: list(tx.execute(sa.select(agent.c.id, agent.c.capacity))))
    load = gini(burst.took[row.id] / row.capacity for row in rows)
    assert load <= 0.15, load
    assert burst.hostile_faults == []
    # What customers were told when they came holds.
    told = [who for who in served if who.told is not None]
    held = mean(who.told[0] <= (who.waited or 0.0) <= who.told[1] for who in told if who.told)
    assert len(told) == 200
    assert held >= 0.8, held
    # And it says something: half of the ranges are not wider than the wait of the last quarter.
    widths = sorted(who.told[1] - who.told[0] for who in told if who.told)
    assert widths[100] <= waits[-1]
