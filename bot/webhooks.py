"""Webhooks on their way: in order for each receiver, signed, tried again for a day, never dropped silently."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Collection

import aiohttp
import structlog

from bot.errors import BodyInvalid, SecretLost
from bot.lanes import Lanes
from bot.metrics import Metrics
from bot.models import now
from bot.settings import Settings
from bot.store import Connection, Store, audit, webhooks
from bot.store.webhooks import Delivery, Webhook
from bot.vault import Vault
from bot.webhook_addresses import OutsideResolver, check_url

log = structlog.get_logger(__name__)

SECRET_PREFIX = "whsec_"
SIGNATURE = "Grija-Signature"
EVENT = "Grija-Event"

_AT_ONCE = 16
_SEND_SECONDS = 10.0
_LONGEST_REST = 3600.0
_GIVEN_UP_SECONDS = 24 * 3600.0
_KEPT_DAYS = 14.0
_SECRET_BYTES = 32


class Webhooks:
    """One lane for each receiver."""

    def __init__(self, store: Store, *, settings: Settings, secret: str, metrics: Metrics) -> None:
        self._store = store
        self._vault = Vault(secret, purpose="webhook")
        self._inside = settings.webhook_hosts
        self._metrics = metrics
        self._client: aiohttp.ClientSession | None = None
        self._purged_at = 0.0
        self.lanes = Lanes(self.deliver, limit=_AT_ONCE)

    async def add(self, *, url: str, kinds: Collection[str], by: str) -> tuple[Webhook, str]:
        """A new webhook, and the secret with which its receiver checks signatures. BodyInvalid says what is wrong."""
        check_url(url, inside=self._inside)
        unknown = sorted(set(kinds) - set(webhooks.KINDS))
        if unknown or not kinds:
            raise BodyInvalid(f"kinds must be some of {', '.join(webhooks.KINDS)}")
        secret = SECRET_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        sealed = self._vault.seal(secret)

        def add(tx: Connection) -> Webhook:
            made = webhooks.add(tx, url=url, secret=sealed, kinds=sorted(set(kinds)))
            details = {"url": url, "kinds": list(made.kinds)}
            audit.write(tx, actor=by, action="webhook_added", subject=made.id, details=details)
            return made

        return await self._store.write(add), secret

    async def remove(self, webhook_id: str, *, by: str) -> None:
        """Tell somebody nothing any more; Unknown if there is no such webhook."""

        def remove(tx: Connection) -> None:
            webhooks.remove(tx, webhook_id)
            audit.write(tx, actor=by, action="webhook_removed", subject=webhook_id)

        await self._store.write(remove)

    async def test(self, webhook_id: str) -> None:
        """Send a receiver something to try its signature check with; Unknown if there is no such webhook."""
        await self._store.write(webhooks.tell_one, webhook_id, "webhook.test", {"webhook": webhook_id})
        self.lanes.wake(webhook_id)

    async def sweep(self) -> None:
        """Wake every receiver for which something waits, and forget now and then what is long done."""
        for webhook_id in await self._store.read(webhooks.waiting):
            self.lanes.wake(webhook_id)
        if time.monotonic() - self._purged_at > _LONGEST_REST:
            await self._store.write(webhooks.purge, days=_KEPT_DAYS)
            self._purged_at = time.monotonic()

    async def deliver(self, webhook_id: str) -> float | None:
        """Deliver what waits for a receiver, in order; the seconds to rest, or None when nothing waits."""
        while (found := await self._store.read(webhooks.next_for, webhook_id)) is not None:
            delivery, rest = found
            if rest > 0:
                return rest
            await self._send(delivery)
        return None

    async def close(self) -> None:
        """End what is being sent, and the connections."""
        await self.lanes.close()
        if self._client is not None:
            await self._client.close()

    async def _send(self, delivery: Delivery) -> None:
        error = await self._try(delivery)
        if error is None:
            await self._store.write(webhooks.sent, delivery.id)
            self._metrics.webhooks.labels("sent").inc()
            return
        # By age: what waits behind an event of yesterday must not wait a day for its own tries.
        if (now() - delivery.created_at).total_seconds() > _GIVEN_UP_SECONDS:
            result = "dead"
            await self._store.write(webhooks.give_up, delivery.id, error=error)
        else:
            result = "failed"
            rest = min(2.0**delivery.tries, _LONGEST_REST)
            await self._store.write(webhooks.postpone, delivery.id, seconds=rest, error=error)
        self._metrics.webhooks.labels(result).inc()
        log.warning("webhook.failed", webhook=delivery.webhook_id, event_id=delivery.event_id, error=error)

    async def _try(self, delivery: Delivery) -> str | None:
        """None if the receiver has taken it, else what went wrong, without a word of what it has answered."""
        body = delivery.body.encode()
        try:
            # Also those of before a change of the setting.
            check_url(delivery.url, inside=self._inside)
            headers = {
                "Content-Type": "application/json",
                "User-Agent": "Grija",
                EVENT: delivery.event_id,
                SIGNATURE: signature(self._vault.open(delivery.secret), body, moment=int(time.time())),
            }
            async with self._session().post(
                delivery.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return None if 200 <= response.status < 300 else f"status {response.status}"
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError, BodyInvalid, SecretLost) as error:
            return f"{type(error).__name__}: {error}"[:300]

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=OutsideResolver(inside=self._inside), limit=_AT_ONCE),
                timeout=aiohttp.ClientTimeout(total=_SEND_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._client


def signature(secret: str, body: bytes, *, moment: int) -> str:
    """The header that proves a body: `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>", hexadecimal>`."""
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"
