"""Alerts on their way: whether more customers fall than is usual is looked at, and who is to know is told, once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import structlog

from actions.mail import Mail, MailMisconfigured, MailUnavailable, open_mailer
from bot.alert_words import spike_words
from bot.broker import ALERT, Broker, desk_topic
from bot.errors import DeliveryError
from bot.metrics import Metrics
from bot.models import now
from bot.settings import Settings
from bot.signals import Spike, spike
from bot.signals.spikes import LEAST
from bot.store import Store, alerts, falls
from bot.store.alerts import MAIL, Delivery, Receiver
from channels import Announces, Channel

log = structlog.get_logger(__name__)

LOOK_SECONDS = 300.0
"""How often the falls of the last hour are looked at."""

_TRY_SECONDS = 60.0
_FIRST_REST = 5.0
_LONGEST_REST = 1800.0
_GIVEN_UP_SECONDS = 24 * 3600.0
_TROUBLES = (MailUnavailable, MailMisconfigured, DeliveryError, OSError, asyncio.TimeoutError)


class Alerts:
    """Finds spikes, and delivers alerts by mail and over channels on which the team can be told."""

    def __init__(
        self,
        store: Store,
        *,
        broker: Broker,
        settings: Settings,
        metrics: Metrics,
        channels: Mapping[str, Channel],
    ) -> None:
        self._store = store
        self._broker = broker
        self._settings = settings
        self._metrics = metrics
        self._channels = {name: one for name, one in channels.items() if isinstance(one, Announces)}

    @property
    def receivers(self) -> list[Receiver]:
        """Who is told of a spike outside of the console."""
        told = [(MAIL, email) for email in self._settings.alert_emails]
        places = [(name, channel.announced_at) for name, channel in self._channels.items()]
        return told + [(name, place) for name, place in places if place]

    async def look(self, moment: datetime | None = None) -> bool:
        """Compare the falls of the last hour with this hour of former days; whether there is something new to tell."""
        until = moment or now()
        since = until - falls.HOUR
        counts = await self._store.read(falls.of_window, since, until)
        if counts.all.falls < LEAST:
            return False
        # Counting is reading, and a reading for each hour: nothing here may hold up the messages of customers.
        for begins in await self._store.read(falls.uncounted, until):
            hour = await self._store.read(falls.of_window, begins, begins + falls.HOUR)
            await self._store.write(falls.keep_hour, begins, hour)
        found = spike(counts, await self._store.read(falls.history, until))
        if not found.is_spike:
            return False
        told = await self._store.write(
            alerts.tell_spike, (since, until), _detail(found), receivers=self.receivers
        )
        if told:
            log.warning("alert.spike", falls=found.falls, conversations=found.conversations)
            self._broker.publish(desk_topic(), ALERT)
        return told

    async def sweep(self) -> None:
        """Deliver what is due."""
        while (delivery := await self._store.write(alerts.claim, seconds=_TRY_SECONDS)) is not None:
            await self._deliver(delivery)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._tell(delivery)
        except _TROUBLES as error:
            await self._failed(delivery, type(error).__name__)
            return
        await self._store.write(alerts.sent, delivery.id)
        self._metrics.alerts.labels(delivery.way, "sent").inc()

    async def _failed(self, delivery: Delivery, error: str) -> None:
        """Try again later, for a day. The error's name alone: what servers say may hold an address."""
        if (now() - delivery.created_at).total_seconds() > _GIVEN_UP_SECONDS:
            result = "dead"
            await self._store.write(alerts.give_up, delivery.id, error=error)
        else:
            result = "failed"
            rest = min(_FIRST_REST * 2.0 ** (delivery.tries - 1), _LONGEST_REST)
            await self._store.write(alerts.postpone, delivery.id, seconds=rest, error=error)
        self._metrics.alerts.labels(delivery.way, result).inc()
        log.warning("alert.undelivered", alert=delivery.alert.id, way=delivery.way, error=error)

    async def _tell(self, delivery: Delivery) -> None:
        subject, text = self._words(delivery)
        if delivery.way == MAIL:
            mailer = open_mailer(self._settings.smtp_url, self._settings.mail_from, self._settings.data)
            await mailer.send(Mail(delivery.receiver, subject, text))
        elif delivery.way in self._channels:
            await self._channels[delivery.way].announce(delivery.receiver, f"{subject}\n\n{text}")
        else:
            raise DeliveryError(f"the channel {delivery.way} is not in use any more")

    def _words(self, delivery: Delivery) -> tuple[str, str]:
        return spike_words(
            delivery.alert.detail,
            self._settings.languages[0],
            link=f"{self._settings.public_url.rstrip('/')}/console",
        )


def _detail(found: Spike) -> dict[str, Any]:
    """A spike as plain data, with its numbers short enough to be read."""
    return {
        "falls": found.falls,
        "conversations": found.conversations,
        "expected": round(found.expected, 2),
        "probability": float(f"{found.probability:.2g}"),
        "causes": [
            {
                **asdict(cause),
                "share": round(cause.share, 3),
                "usual": round(cause.usual, 3),
                "log_odds": round(cause.log_odds, 2),
                "probability": float(f"{cause.probability:.2g}"),
            }
            for cause in found.causes
        ],
    }
