"""Deliveries: outbox rows on their way to platforms that we must push to.

In order for each address, within the channel's budget, again after a failure, never dropped silently.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping

import structlog
from aiolimiter import AsyncLimiter

from bot import faults
from bot.errors import AddressUnreachable, DeliveryDelayed, DeliveryRefused
from bot.lanes import Lanes
from bot.metrics import Metrics
from bot.models import Address, OutboxItem
from bot.settings import Settings
from bot.store import Connection, Store, addresses, outbox
from channels import Channel, PushingChannel

log = structlog.get_logger(__name__)

# Lanes that wait for their turn cost nearly nothing. What is limited is how many messages of one channel are
# being sent at once, so that a platform that does not answer takes no place from the others.
_LANES = 10_000
_SENDING = 32
_SEND_SECONDS = 20.0
_LONGEST_REST = 300.0
_REMEMBERED_ADDRESSES = 10_000


class Deliveries:
    """One lane for each address."""

    def __init__(
        self, *, store: Store, channels: Mapping[str, Channel], settings: Settings, metrics: Metrics
    ) -> None:
        self._store = store
        self._channels = {
            name: channel for name, channel in channels.items() if isinstance(channel, PushingChannel)
        }
        self._slots = {name: asyncio.Semaphore(_SENDING) for name in self._channels}
        self._budgets = {name: _Limits(channel) for name, channel in self._channels.items()}
        self._tries = settings.delivery_tries
        self._metrics = metrics
        self.lanes = Lanes(self.deliver, limit=_LANES)

    def wake(self, address_id: str) -> None:
        """Something may wait for this address."""
        if self._channels:
            self.lanes.wake(address_id)

    async def sweep(self) -> None:
        """Wake every address for which something waits."""
        if not self._channels:
            return
        waiting = await self._store.read(outbox.waiting_addresses, self._channels)
        depths = await self._store.read(outbox.depth)
        for status, count in depths.items():
            self._metrics.outbox_depth.labels(status).set(count)
        for address_id in waiting:
            self.lanes.wake(address_id)

    async def deliver(self, address_id: str) -> float | None:
        """Deliver what waits for an address, in order; the seconds to rest, or None when nothing waits."""
        while True:
            found = await self._store.read(outbox.next_for, address_id)
            if found is None:
                return None
            item, rest = found
            if item.address.channel not in self._channels:
                return None
            # Not waited for here: a lane that rests leaves its slot to other addresses.
            rest = max(rest, self._budgets[item.address.channel].rest(item.address))
            if rest > 0:
                return rest
            # Taken anew for each message: who has many waits behind those who have one.
            async with self._slots[item.address.channel]:
                await self._send(item)

    async def _send(self, item: OutboxItem) -> None:
        channel = self._channels[item.address.channel]
        budget = self._budgets[channel.name]
        await budget.wait()
        if not await self._store.read(outbox.waits, item.message.id):
            return
        faults.reach("deliver.before_send")
        try:
            provider_id = await asyncio.wait_for(channel.send(item.address, item.message), _SEND_SECONDS)
        except Exception as error:  # any platform trouble; what it means is decided in one place
            budget.spent(item.address)
            await self._failed(item, error)
            return
        budget.spent(item.address)
        faults.reach("deliver.after_send")
        await self._store.write(outbox.sent, item, provider_id=provider_id)
        faults.reach("deliver.after_commit")
        self._count(item, "sent")

    async def _failed(self, item: OutboxItem, error: Exception) -> None:
        reason = repr(error)
        if isinstance(error, DeliveryDelayed):
            result = "delayed"
            await self._store.write(
                outbox.postpone, item, seconds=error.retry_after, error=reason, counts=False
            )
        elif isinstance(error, AddressUnreachable):
            result = "dead"
            await self._store.write(_give_up_address, item, reason)
        elif isinstance(error, DeliveryRefused) or item.tries + 1 >= self._tries:
            result = "dead"
            await self._store.write(outbox.give_up, item, error=reason)
        else:
            result = "failed"
            rest = min(2.0**item.tries, _LONGEST_REST)
            await self._store.write(outbox.postpone, item, seconds=rest, error=reason)
        self._count(item, result)
        log.warning("delivery." + result, message=item.message.id, channel=item.address.channel, error=reason)

    def _count(self, item: OutboxItem, result: str) -> None:
        self._metrics.deliveries.labels(item.address.channel, result).inc()


def _give_up_address(tx: Connection, item: OutboxItem, reason: str) -> None:
    outbox.give_up(tx, item, error=reason)
    addresses.mark_reachable(tx, item.address.id, False)


class _Limits:
    """A channel's budget: one limiter for all, and when each address lately written to may be written to again."""

    def __init__(self, channel: PushingChannel) -> None:
        self._channel = channel
        # A bucket of one message: bursts are what platforms punish.
        self._all = AsyncLimiter(1, 1 / channel.budget.total_per_second)
        self._free_at: OrderedDict[str, float] = OrderedDict()

    def rest(self, address: Address) -> float:
        """Seconds until this address may be written to again, 0 if it may now."""
        return max(0.0, self._free_at.get(address.id, 0.0) - time.monotonic())

    async def wait(self) -> None:
        """Wait for the turn of one message among all of the channel."""
        await self._all.acquire()

    def spent(self, address: Address) -> None:
        """Note that a message was sent. From now on, not from its beginning: a slow one must not crowd the next."""
        self._free_at.pop(address.id, None)
        self._free_at[address.id] = time.monotonic() + self._channel.pace(address)
        if len(self._free_at) > _REMEMBERED_ADDRESSES:
            self._free_at.popitem(last=False)
