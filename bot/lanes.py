"""Lanes: one worker at a time for each key (a conversation, an address), woken by a hint.

Order and truth come from the store; a wake-up only says "look". A lost one is found by the sweeper, a
doubled one finds nothing to do.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

# After an unexpected failure of a lane: seconds to rest, doubled up to the maximum.
_FIRST_REST = 0.2
_LONGEST_REST = 15.0


class Lanes:
    """Runs `work(key)` for woken keys, each key one at a time, at most `limit` keys together.

    `work` drains its lane and returns the seconds after which to look again, or None when nothing waits.
    """

    def __init__(self, work: Callable[[str], Awaitable[float | None]], *, limit: int) -> None:
        self._work = work
        self._slots = asyncio.Semaphore(limit)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._rests: dict[str, float] = {}
        self._opened = asyncio.Event()

    def open(self) -> None:
        """Begin to work; until then wake-ups are ignored, for the first sweep finds everything."""
        self._opened.set()

    async def opened(self) -> None:
        """Wait until work has begun."""
        await self._opened.wait()

    @property
    def busy(self) -> int:
        """How many lanes are being worked on or wait for a slot."""
        return len(self._running)

    def wake(self, key: str) -> None:
        """Look into a lane, now or as soon as its present look is over."""
        if not self._opened.is_set():
            return
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if key in self._running:
            self._again.add(key)
        else:
            self._running[key] = asyncio.create_task(self._run(key), name=f"lane {key}")

    async def idle(self) -> None:
        """Wait until no lane is being worked on; resting lanes do not count."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def close(self, *, grace: float = 10.0) -> None:
        """Take no more wake-ups, let running work end within `grace` seconds, then cancel it."""
        self._opened.clear()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, key: str) -> None:
        rest: float | None = None
        try:
            async with self._slots:
                rest = await self._look(key)
        finally:
            del self._running[key]
            again = key in self._again
            self._again.discard(key)
        if again:
            self.wake(key)
        elif rest is not None and self._opened.is_set():
            self._timers[key] = asyncio.get_running_loop().call_later(rest, self._ring, key)

    async def _look(self, key: str) -> float | None:
        try:
            rest = await self._work(key)
        except Exception as error:  # whatever it was, the lane must live on
            rest = min(2 * self._rests.get(key, _FIRST_REST / 2), _LONGEST_REST)
            self._rests[key] = rest
            log.warning("lane.failed", lane=key, error=repr(error), rest=rest)
            return rest
        self._rests.pop(key, None)
        return rest

    def _ring(self, key: str) -> None:
        self._timers.pop(key, None)
        self.wake(key)


async def sweep_forever(sweep: Callable[[], Awaitable[object]], *, seconds: float) -> None:
    """Call `sweep` again and again; its failures are logged and do not end the sweeping."""
    while True:
        with contextlib.suppress(asyncio.TimeoutError):
            try:
                await sweep()
            except Exception as error:
                log.warning("sweep.failed", error=repr(error))
        await asyncio.sleep(seconds)
