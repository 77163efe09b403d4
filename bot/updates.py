"""Updates: what platforms deliver, durable before it is understood.

A channel keeps the raw update and tells its platform "got it". Then one lane for each (channel, account) decodes in
the order of arrival and hands on what it means. One that cannot be decoded is set aside alone. A crash in between
repeats an update, and the inbox knows its events.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from bot import faults
from bot.errors import ClientError, StoreUnavailable
from bot.events import checked_event
from bot.lanes import Lanes
from bot.metrics import Metrics
from bot.models import Event, RawUpdate, StoredUpdate
from bot.store import Connection, Store, updates
from channels import Channel, Completes, Decodes, Notices

log = structlog.get_logger(__name__)

_LANES = 16
_BATCH = 100


class Updates:
    """One lane for each account of a platform."""

    def __init__(
        self,
        *,
        store: Store,
        channels: Mapping[str, Channel],
        take_in: Callable[[Event], Awaitable[None]],
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._decoders = {name: channel for name, channel in channels.items() if isinstance(channel, Decodes)}
        self._take_in = take_in
        self._metrics = metrics
        self.lanes = Lanes(self.work, limit=_LANES)

    async def keep(
        self, channel: str, account: str, raw: Sequence[RawUpdate], *, offset: int | None = None
    ) -> int:
        """Make raw updates durable, and the poller's offset with them; how many are new.

        When this returns, the platform may be told that it has delivered. StoreUnavailable: nothing was stored.
        """
        fresh = await self._store.write(_keep, channel, account, raw, offset)
        faults.reach("keep.after_commit")
        self._metrics.updates.labels(channel, "kept").inc(fresh)
        self._metrics.updates.labels(channel, "repeated").inc(len(raw) - fresh)
        self.wake(channel, account)
        return fresh

    def wake(self, channel: str, account: str) -> None:
        """Something may wait for this account."""
        self.lanes.wake(f"{channel}/{account}")

    async def sweep(self) -> None:
        """Wake every account of our channels for which something waits."""
        if not self._decoders:
            return
        for status, count in (await self._store.read(updates.depth)).items():
            self._metrics.updates_depth.labels(status).set(count)
        for channel, account in await self._store.read(updates.waiting_accounts, self._decoders):
            self.wake(channel, account)

    async def work(self, key: str) -> None:
        """Take in what waits for one account, in order: the drain of its lane. Raises StoreUnavailable."""
        channel, _, account = key.partition("/")
        while batch := await self._store.read(updates.waiting, channel, account, _BATCH):
            for update in batch:
                await self._take(update)

    async def _take(self, update: StoredUpdate) -> None:
        try:
            events = [checked_event(event) for event in self._decoders[update.channel].decode(update.raw)]
            for event in events:
                completed = await self._complete(update, event)
                if completed is not None:
                    await self._hand_on(update, completed)
            if not events:
                self._metrics.updates.labels(update.channel, "ignored").inc()
        except StoreUnavailable:
            raise
        except Exception as error:  # whatever is wrong with this one, the others must not wait behind it
            await self._set_aside(update, error)
            return
        faults.reach("update.taken")
        await self._store.write(updates.done, update)
        faults.reach("update.done")
        self._metrics.updates.labels(update.channel, "done").inc()

    async def _complete(self, update: StoredUpdate, event: Event) -> Event | None:
        channel = self._decoders[update.channel]
        if not isinstance(channel, Completes):
            return event
        completed = await channel.complete(event)
        return None if completed is None else checked_event(completed)

    async def _hand_on(self, update: StoredUpdate, event: Event) -> None:
        refused = None
        try:
            await self._take_in(event)
        except ClientError as error:
            # A button that is not on offer any more, for instance: nothing is broken, and again is no better.
            refused = error
            self._metrics.updates.labels(update.channel, "refused").inc()
            log.info("update.refused", channel=update.channel, update=update.id, reason=error.code)
        channel = self._decoders[update.channel]
        if isinstance(channel, Notices):
            channel.notice(event, refused)

    async def _set_aside(self, update: StoredUpdate, error: Exception) -> None:
        await self._store.write(updates.quarantine, update, repr(error))
        self._metrics.updates.labels(update.channel, "quarantined").inc()
        # What the error says may quote the customer: it stays in the store.
        log.error("update.quarantined", channel=update.channel, update=update.id, error=type(error).__name__)


def _keep(tx: Connection, channel: str, account: str, raw: Sequence[RawUpdate], offset: int | None) -> int:
    fresh = updates.keep(tx, channel, account, raw, offset)
    faults.reach("keep.before_commit")
    return fresh
