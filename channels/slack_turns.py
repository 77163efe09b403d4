"""Whose turn it is to post into a channel of Slack: one message a second, whoever it is for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

# A place in the row is lost when its turn was missed by this much.
_LATE = 0.1
_MOST_CHANNELS = 10_000


class Turns:
    """A row for each channel. Who asks gets a turn of its own and may come back for it.

    Several customers may ask in one channel, so the addresses' own pace is not enough.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._free: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._busy: set[str] = set()
        self._given: defaultdict[str, dict[str, float]] = defaultdict(dict)

    def wait(self, channel: str, who: str) -> float:
        """Seconds until the turn of `who` in a channel; 0 if it is now, and then `spent` must follow."""
        moment = self._clock()
        turn = self._given[channel].get(who)
        if turn is None or turn < moment - _LATE:
            turn = max(moment, self._free.get(channel, 0.0))
            self._free[channel] = turn + self._seconds
        turn = max(turn, self._last.get(channel, 0.0) + self._seconds)
        if turn <= moment and channel not in self._busy:
            self._given[channel].pop(who, None)
            self._busy.add(channel)
            self._forget(moment)
            return 0.0
        self._given[channel][who] = turn
        return max(turn - moment, self._seconds / 4)

    def spent(self, channel: str) -> None:
        """A post has ended. The next is a second after this, not after its beginning: it may have been slow."""
        self._busy.discard(channel)
        self._last[channel] = self._clock()

    def hold(self, channel: str, seconds: float) -> None:
        """Nobody's turn for some seconds; everybody gets a new one."""
        self._given.pop(channel, None)
        self._free[channel] = max(self._free.get(channel, 0.0), self._clock() + seconds)

    def _forget(self, moment: float) -> None:
        if len(self._free) > _MOST_CHANNELS:
            past = [
                channel for channel, free in self._free.items() if free < moment and channel not in self._busy
            ]
            for channel in past:
                self._free.pop(channel)
                self._last.pop(channel, None)
                self._given.pop(channel, None)
