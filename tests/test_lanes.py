"""Lanes: one worker for each key, none forgotten, none dying."""

from __future__ import annotations

import asyncio
from collections import Counter

from bot.lanes import Lanes, sweep_forever
from tests.conftest import until


class Drain:
    """A lane's work that counts its looks and notices company."""

    def __init__(self) -> None:
        self.looks: Counter[str] = Counter()
        self.inside: Counter[str] = Counter()
        self.most_at_once = 0
        self.company = False
        self.answers: dict[str, list[float | Exception | None]] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, key: str) -> float | None:
        self.inside[key] += 1
        self.company |= self.inside[key] > 1
        self.most_at_once = max(self.most_at_once, self.inside.total())
        try:
            await self.gate.wait()
            self.looks[key] += 1
            answer = self.answers.get(key, [None]).pop(0) if self.answers.get(key) else None
            if isinstance(answer, Exception):
                raise answer
            return answer
        finally:
            self.inside[key] -= 1


def opened(drain: Drain, limit: int = 4) -> Lanes:
    lanes = Lanes(drain, limit=limit)
    lanes.open()
    return lanes


async def test_a_key_is_never_worked_on_twice_at_a_time_and_no_wake_is_forgotten() -> None:
    drain = Drain()
    lanes = opened(drain)
    drain.gate.clear()
    lanes.wake("a")
    await asyncio.sleep(0)
    for _ in range(5):
        lanes.wake("a")
    drain.gate.set()
    await lanes.idle()
    # The first look, and one more for all the wake-ups during it.
    assert drain.looks["a"] == 2
    assert not drain.company


async def test_at_most_limit_lanes_are_worked_on_together() -> None:
    drain = Drain()
    lanes = opened(drain, limit=3)
    drain.gate.clear()
    for key in "abcdefgh":
        lanes.wake(key)
    await asyncio.sleep(0.01)
    assert drain.most_at_once == 3
    drain.gate.set()
    await lanes.idle()
    assert set(drain.looks) == set("abcdefgh")


async def test_a_resting_lane_looks_again_by_itself() -> None:
    drain = Drain()
    drain.answers["a"] = [0.01, 0.01, None]
    lanes = opened(drain)
    lanes.wake("a")

    async def looked_three_times() -> bool:
        return drain.looks["a"] == 3

    await until(looked_three_times)
    await lanes.close()


async def test_a_lane_survives_its_failures() -> None:
    drain = Drain()
    drain.answers["a"] = [RuntimeError("first"), RuntimeError("second"), None]
    lanes = opened(drain)
    lanes.wake("a")

    async def looked_three_times() -> bool:
        return drain.looks["a"] == 3

    await until(looked_three_times)
    await lanes.close()


async def test_before_opening_and_after_closing_nothing_is_begun() -> None:
    drain = Drain()
    lanes = Lanes(drain, limit=1)
    lanes.wake("early")
    lanes.open()
    lanes.wake("in time")
    await lanes.idle()
    await lanes.close()
    lanes.wake("late")
    await asyncio.sleep(0)
    assert set(drain.looks) == {"in time"}


async def test_closing_waits_for_work_and_cancels_what_does_not_end() -> None:
    drain = Drain()
    lanes = opened(drain)
    lanes.wake("quick")
    await lanes.close(grace=5)
    assert drain.looks["quick"] == 1
    lanes.open()
    drain.gate.clear()
    lanes.wake("stuck")
    await asyncio.sleep(0)
    await lanes.close(grace=0.01)
    assert lanes.busy == 0
    assert drain.looks["stuck"] == 0


async def test_sweeping_goes_on_after_a_failure() -> None:
    sweeps = 0

    async def sweep() -> None:
        nonlocal sweeps
        sweeps += 1
        raise RuntimeError("told to fail")

    task = asyncio.create_task(sweep_forever(sweep, seconds=0.001))

    async def swept_often() -> bool:
        return sweeps > 3

    await until(swept_often)
    task.cancel()
