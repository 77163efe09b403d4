"""The keeper: finds talks with the bot that nobody has closed, and customers whose draw says that they are asked."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from bot.asking.asker import Asker, draw_customer
from bot.asking.rules import PAUSE, Asking, by_day
from bot.broker import CHANGED, QUEUE, Broker, customer_topic, desk_topic
from bot.delivery import Deliveries
from bot.desk.hours import Hours, is_open
from bot.dialogue_protocol import Dialogue
from bot.models import Address, Status, now
from bot.store import Connection, Store, conversations, inbox, loyalty, rules, talks
from bot.writing import Writer

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 60.0


class Keeper:
    """Asks by day, while the site is open. Several keepers on one store ask no more than one."""

    def __init__(
        self, *, store: Store, broker: Broker, dialogue: Dialogue, writer: Writer, deliveries: Deliveries
    ) -> None:
        self._store = store
        self._broker = broker
        self._deliveries = deliveries
        self._asker = Asker(dialogue=dialogue, writer=writer)

    async def sweep(self, moment: datetime | None = None) -> None:
        """Ask whoever is due."""
        moment = moment or now()
        site, hours = await self._store.read(_settings)
        if not is_open(hours, moment) or not by_day(site, moment.astimezone(ZoneInfo(hours.time_zone))):
            return
        since = moment - PAUSE
        for conversation_id, customer_id in await self._store.read(talks.quiet, since=since):
            self._tell(await self._store.write(self._end, conversation_id, customer_id, since, moment))
        if site.loyalty_share > 0:
            found = await self._store.read(loyalty.candidates, site, moment)
            due = [one.customer_id for one in found if draw_customer(site, one.customer_id, moment)]
            for customer_id in due:
                self._tell(await self._store.write(self._asker.ask_loyalty, customer_id, moment=moment))

    def _end(
        self, tx: Connection, conversation_id: str, customer_id: str, since: datetime, moment: datetime
    ) -> Address | None:
        held = talks.hold(tx, customer_id)
        current = conversations.find(tx, conversation_id)
        last = talks.last_word(tx, conversation_id)
        # Somebody may have written, or taken it, since it was found.
        if current.status is not Status.BOT or last > since or inbox.waits(tx, conversation_id):
            return None
        return self._asker.end_talk(tx, current, held, moment=moment)[1]

    def _tell(self, asked: Address | None) -> None:
        if asked is None:
            return
        log.info("asking.asked", channel=asked.channel)
        self._broker.publish(customer_topic(asked.customer_id), CHANGED)
        self._broker.publish(desk_topic(), QUEUE)
        self._deliveries.wake(asked.id)


def _settings(tx: Connection) -> tuple[Asking, Hours]:
    return rules.read(tx, "asking", Asking), rules.read(tx, "hours", Hours)
