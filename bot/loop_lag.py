"""Measures how long the event loop makes its tasks wait: the one number that shows that something blocks."""

from __future__ import annotations

import asyncio
from collections import deque

_PAUSE = 0.02
_WINDOW = 10.0


class LoopLag:
    """Sleeps a little again and again; what a sleep takes too long is the lag."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(_PAUSE)
            after = loop.time()
            self._samples.append((after, max(0.0, after - before - _PAUSE)))
            while self._samples and self._samples[0][0] < after - _WINDOW:
                self._samples.popleft()

    def worst(self) -> float:
        """The longest lag of the last ten seconds, in seconds."""
        return max((lag for _, lag in self._samples), default=0.0)
