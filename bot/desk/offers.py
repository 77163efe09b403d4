"""The service that deals the queue out: it offers, passes on, reassigns, wakes, and tells customers the truth.

It looks whenever the desk has news and whenever something falls due. Everything it does is decided by the pure rules
of `bot.desk.routing`, `waiting` and `telling` over what the store says, and written under guard: a second process
that looks too would change nothing twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from bot import passing
from bot.broker import (
    CHANGED,
    OFFER,
    OFFER_ENDED,
    PRESENCE,
    QUEUE,
    Broker,
    agent_topic,
    customer_topic,
    desk_topic,
)
from bot.delivery import Deliveries
from bot.desk import routing, telling, waiting
from bot.desk.routing import Routing
from bot.desk.situation import InQueue, Situation
from bot.desk.telling import Telling
from bot.dialogue_protocol import Dialogue
from bot.errors import DialogueError, ModelError, NotYours, StaleOwner, StoreUnavailable
from bot.hub import BOT_NAME, Hub
from bot.models import Author, AuthorKind, Conversation, Draft, Status, now
from bot.store import Connection, Store, addresses, conversations, offers, places, rules, situation
from bot.writing import Writer

log = structlog.get_logger(__name__)

_LONG_AGO = datetime.fromtimestamp(0, timezone.utc)
# Places change with every step of the queue: so often at most, all who wait see theirs change.
_SHOW_PAUSE = timedelta(seconds=2)
# Nothing tells us that an agent does not answer.
_WATCH_PAUSE = timedelta(seconds=4)
# Consoles that close and settings that change bring no news.
_LONGEST_REST = 5.0
_SHORTEST_REST = 0.05
_TROUBLE_SECONDS = 2.0


class Offers:
    """Deals the queue out. `run` does it until cancelled, `look` once."""

    def __init__(self, *, store: Store, broker: Broker, dialogue: Dialogue, hub: Hub) -> None:
        self._store = store
        self._broker = broker
        self._dialogue = dialogue
        self._writer: Writer = hub.writer
        self._deliveries: Deliveries = hub.deliveries
        self._shown = self._watched = _LONG_AGO

    async def run(self) -> None:
        """Look whenever there is news or something is due, as the only process that does, until cancelled."""
        while True:
            try:
                async with self._store.alone("offers") as check:
                    with self._broker.subscribe() as subscription:
                        self._broker.add_topic(subscription, desk_topic())
                        while True:
                            await check()
                            rest = await self.look()
                            await _first(subscription.next(), rest)
            except StoreUnavailable as error:
                log.warning("offers.store", error=str(error))
                await asyncio.sleep(_TROUBLE_SECONDS)

    async def look(self, moment: datetime | None = None) -> float:
        """Do what is due at this moment; the seconds after which to look again. StoreUnavailable."""
        moment = moment or now()
        watching = moment - self._watched >= _WATCH_PAUSE
        if watching:
            self._watched = moment
        overdue = await self._store.read(_overdue, moment, watching)
        await self._clear(overdue, moment)
        seen = await self._store.read(situation.read, moment)
        seen = await self._offer(seen)
        await self._show(seen)
        return _rest(seen, overdue.snoozes)

    async def pass_on(self, agent_id: str, handoff_id: str) -> None:
        """An agent lets an offer pass: it goes to the next. NotYours if it is not on offer to them."""
        if not await self._store.write(_pass_on, handoff_id, agent_id, offers.SAID, now()):
            raise NotYours("this is not on offer to you")
        self._offer_ended(handoff_id, agent_id)

    async def _clear(self, overdue: _Overdue, moment: datetime) -> None:
        """Bring back what was snoozed, end offers that are over, and free conversations from absent agents."""
        for conversation_id, until in overdue.snoozes:
            if until > moment:
                continue
            woken = await self._store.write(offers.wake, conversation_id, moment)
            if woken is not None:
                self._changed(woken.customer_id)
        for handoff_id, agent_id, why in overdue.lapsing:
            if await self._store.write(_pass_on, handoff_id, agent_id, why, moment):
                self._offer_ended(handoff_id, agent_id)
            if await self._store.write(offers.send_away, agent_id, overdue.rules):
                log.info("offers.sent_away", agent=agent_id)
                self._broker.publish(desk_topic(), PRESENCE)
        for seen, why in overdue.unanswered:
            await self._reassign(seen, why)

    async def _reassign(self, seen: Conversation, why: str) -> None:
        try:
            address_id = await self._store.write(self._send_back, seen, why)
        except StaleOwner:
            return
        log.info("offers.reassigned", conversation=seen.id, agent=seen.owner, why=why)
        self._changed(seen.customer_id)
        self._deliveries.wake(address_id)

    def _send_back(self, tx: Connection, seen: Conversation, why: str) -> str:
        queued = offers.reassign(tx, seen, why)
        try:
            said = self._sentence("utter_queue_colleague", seen.language, {})
        except (DialogueError, ModelError) as error:
            log.warning("offers.not_told", conversation=seen.id, error=str(error))
            return addresses.latest(tx, seen.id).id
        return self._write(tx, queued, Draft(said))

    async def _offer(self, seen: Situation) -> Situation:
        """Make the offers that are due; the situation with them."""
        made: dict[str, str] = {}
        for offer in routing.assign(seen.waiting, seen.seats, seen.moment, seen.rules):
            if await self._store.write(offers.make, offer, seen.moment, seen.rules):
                made[offer.handoff_id] = offer.agent_id
                self._broker.publish(agent_topic(offer.agent_id), OFFER + offer.handoff_id)
        if made:
            self._broker.publish(desk_topic(), QUEUE)
        return _with_offers(seen, made)

    async def _show(self, seen: Situation) -> None:
        """Let those who wait see their place, and tell them what is due."""
        found = waiting.places(seen.waiting, seen.seats, seen.live, seen.moment, seen.rules)
        everybody = seen.moment - self._shown >= _SHOW_PAUSE
        if everybody:
            self._shown = seen.moment
        changed = {
            item.waiting.handoff_id: (item, found[item.waiting.handoff_id])
            for item in seen.queue
            if item.shown != found[item.waiting.handoff_id] and (everybody or item.shown is None)
        }
        if changed:
            rows = {name: (place.position, place.low, place.high) for name, (_, place) in changed.items()}
            await self._store.write(places.note, rows)
        for item, _ in changed.values():
            self._broker.publish(customer_topic(item.customer_id), CHANGED)
        for item in seen.queue:
            told = telling.due(item, found[item.waiting.handoff_id], seen)
            if told is not None:
                await self._tell(item, told, seen)

    async def _tell(self, item: InQueue, told: Telling, seen: Situation) -> None:
        try:
            address_id = await self._store.write(self._write_telling, item, told, seen)
        except StaleOwner:
            return
        except (DialogueError, ModelError) as error:
            log.warning("offers.not_told", conversation=item.waiting.conversation_id, error=str(error))
            return
        self._broker.publish(customer_topic(item.customer_id), CHANGED)
        self._deliveries.wake(address_id)

    def _write_telling(self, tx: Connection, item: InQueue, told: Telling, seen: Situation) -> str:
        current = conversations.locked(tx, item.waiting.conversation_id, epoch=item.epoch)
        if current.status is not Status.QUEUED:
            raise StaleOwner("this conversation waits no more")

        def sentence(response: str, values: Mapping[str, object]) -> str:
            return self._sentence(response, current.language, values)

        today = seen.moment.astimezone(ZoneInfo(seen.hours.time_zone))
        words = telling.text(told, current.language or "en", sentence, today=today)
        buttons = passing.later_button(lambda response: sentence(response, {}))
        promised = (told.place.low, told.place.high) if told.kind == telling.RANGE else (None, None)
        places.note_told(tx, item.waiting.handoff_id, told.kind, *promised, seen.moment)
        return self._write(tx, current, Draft(words, buttons))

    def _write(self, tx: Connection, current: Conversation, draft: Draft) -> str:
        """Write one message of the system to where the customer wrote last: the id of that address."""
        address = addresses.latest(tx, current.id)
        place = conversations.latest_place(tx, current.id, address.id)
        author = Author(AuthorKind.SYSTEM, BOT_NAME)
        self._writer.write(tx, current, author, [draft], address=address, place=place)
        return address.id

    def _sentence(self, response: str, language: str | None, values: Mapping[str, object]) -> str:
        said = self._dialogue.sentence(response, language, **values)
        if said == response:
            raise DialogueError(f"the model in service does not know {response}; train it anew")
        return said

    def _offer_ended(self, handoff_id: str, agent_id: str) -> None:
        self._broker.publish(agent_topic(agent_id), OFFER_ENDED + handoff_id)
        self._broker.publish(desk_topic(), QUEUE)

    def _changed(self, customer_id: str) -> None:
        self._broker.publish(customer_topic(customer_id), CHANGED)
        self._broker.publish(desk_topic(), QUEUE)


@dataclass(frozen=True)
class _Overdue:
    """What time has brought: snoozes, offers that end, and customers who have waited too long for an agent."""

    rules: Routing
    snoozes: list[tuple[str, datetime]]
    lapsing: list[tuple[str, str, str]]
    unanswered: list[tuple[Conversation, str]]


def _overdue(tx: Connection, moment: datetime, watching: bool) -> _Overdue:
    routing_rules = rules.read(tx, "routing", Routing)
    return _Overdue(
        rules=routing_rules,
        snoozes=offers.snoozed(tx),
        lapsing=offers.lapsing(tx, moment, routing_rules),
        unanswered=offers.unanswered(tx, moment, routing_rules) if watching else [],
    )


def _pass_on(tx: Connection, handoff_id: str, agent_id: str, why: str, moment: datetime) -> bool:
    return offers.pass_on(tx, handoff_id, agent_id, why, moment, rules.read(tx, "routing", Routing))


def _with_offers(seen: Situation, made: Mapping[str, str]) -> Situation:
    until = seen.moment + timedelta(seconds=seen.rules.accept_seconds)
    queue = tuple(
        replace(item, waiting=replace(item.waiting, offered_to=to, offered_until=until))
        if (to := made.get(item.waiting.handoff_id))
        else item
        for item in seen.queue
    )
    return replace(seen, queue=queue)


def _rest(seen: Situation, snoozes: list[tuple[str, datetime]]) -> float:
    """Seconds until the next thing falls due."""
    moments = [item.offered_until for item in seen.waiting] + [item.told_until for item in seen.waiting]
    due = [
        moment for moment in (*moments, *(until for _, until in snoozes)) if moment and moment > seen.moment
    ]
    first = min(((moment - seen.moment).total_seconds() for moment in due), default=_LONGEST_REST)
    return min(_LONGEST_REST, max(_SHORTEST_REST, first))


async def _first(news: Coroutine[Any, Any, list[str]], seconds: float) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(news, seconds)
