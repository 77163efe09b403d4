"""The hub: the one path of a message. Channels accept into it, lanes work through it, deliveries leave it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import structlog

from actions.attachments import refusal
from bot import faults, turns
from bot.attachments import Attachments, Verdict
from bot.broker import ALERT, CHANGED, IDLE, QUEUE, TYPING, Broker, address_topic, customer_topic, desk_topic
from bot.delivery import Deliveries
from bot.dialogue_protocol import Dialogue
from bot.errors import AlreadyWorked, DialogueError, ModelError, StaleOwner, StoreUnavailable
from bot.lanes import Lanes
from bot.metrics import Metrics
from bot.models import (
    Accepted,
    Address,
    Author,
    AuthorKind,
    Blocked,
    Conversation,
    Draft,
    Event,
    Inbound,
    InboxItem,
    Message,
    Moved,
    Reason,
    Status,
    WaitingFile,
    now,
)
from bot.reading_feelings import FeelingsRead
from bot.settings import Settings
from bot.store import (
    Connection,
    Store,
    addresses,
    attachments,
    conversations,
    handoffs,
    happenings,
    inbox,
    moods,
    ownership,
    places,
    revisions,
    signal_events,
    signals,
    standing,
    teams,
)
from bot.store import turns as turn_rows
from bot.turns import Claimed, Ending
from bot.updates import Updates
from bot.writing import Writer
from channels import Channel

log = structlog.get_logger(__name__)

BOT_NAME = "Grija"

# A message that was begun this many times without an end takes the process down with it: set it aside.
_STARTS_PER_TRY = 4
_LONGEST_REST = 60.0


class Hub:
    """take_in, work, say, take, release, close: every change of a conversation goes through here."""

    def __init__(
        self,
        *,
        store: Store,
        broker: Broker,
        dialogue: Dialogue,
        channels: Mapping[str, Channel],
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._broker = broker
        self._dialogue = dialogue
        self._feelings = FeelingsRead(metrics)
        self._sinks = settings.sink_names
        self.writer = Writer(channels)
        self._channels = channels
        self._settings = settings
        self._metrics = metrics
        self.lanes = Lanes(self.work, limit=settings.turn_workers)
        self.deliveries = Deliveries(store=store, channels=channels, settings=settings, metrics=metrics)
        self.attachments = Attachments(
            store=store, channels=channels, settings=settings, settle=self._settle_file, metrics=metrics
        )
        self.updates = Updates(store=store, channels=channels, take_in=self.take_in, metrics=metrics)

    async def take_in(self, event: Event) -> None:
        """Make what a platform tells durable: a message, its change, or that a customer has blocked us.

        The same event again changes nothing. StoreUnavailable if it could not be stored, ButtonUnknown as in
        `accept`.
        """
        if isinstance(event, Inbound):
            await self.accept(event)
        elif isinstance(event, Blocked):
            await self._store.write(addresses.note_blocked, event)
        elif isinstance(event, Moved):
            await self._store.write(addresses.move, event)
        else:
            customer_id = await self._store.write(revisions.revise, event)
            if customer_id is not None:
                self._publish(customer_id)

    async def accept(self, inbound: Inbound) -> Accepted:
        """Make a message durable, then wake its lane. When this returns, the platform may be told so.

        StoreUnavailable if it could not be stored (nothing was), ButtonUnknown for a button never offered.
        """
        accepted = await self._store.write(self._accept, inbound)
        faults.reach("accept.after_commit")
        self._metrics.accepted.labels(inbound.channel, str(accepted.fresh).lower()).inc()
        log.info(
            "message.accepted", message=accepted.message_id, channel=inbound.channel, fresh=accepted.fresh
        )
        self._broker.publish(address_topic(inbound.channel, inbound.account, inbound.sender), CHANGED)
        if accepted.tapped_at is None:
            self.lanes.wake(accepted.conversation_id)
        else:
            self._tapped(accepted.tapped_at)
        if inbound.attachments:
            self.attachments.wake(accepted.message_id)
        return accepted

    async def work(self, conversation_id: str) -> float | None:
        """Work a conversation's waiting messages in order: the drain of its lane.

        Returns the seconds after which to come again, None when nothing waits. Raises StoreUnavailable.
        """
        while True:
            claimed, rest = await self._store.write(_claim, conversation_id)
            if claimed is None:
                return rest
            faults.reach("work.claimed")
            try:
                await self._turn(claimed)
            except (StaleOwner, AlreadyWorked) as moved:
                log.info("turn.overtaken", message=claimed.item.message.id, reason=moved.code)
                self._broker.publish(customer_topic(claimed.conversation.customer_id), IDLE)
            except StoreUnavailable:
                raise
            except Exception as error:  # a turn may fail in any way; the message must not be lost
                await self._failed(claimed, error)

    async def say(
        self, conversation: Conversation, author: Author, draft: Draft, *, address: Address
    ) -> Message:
        """Write one message of an agent or of the system into a conversation, as its owner of this epoch.

        StaleOwner if the conversation has another owner since it was read.
        """
        said = await self._store.write(self._say, conversation, author, draft, address)
        self._publish(conversation.customer_id)
        self.deliveries.wake(address.id)
        return said

    async def take(self, conversation: Conversation, owner: str) -> Conversation:
        """Give a conversation to an agent. From here on nothing of the bot goes out. StaleOwner if too late."""
        return self._changed(await self._store.write(ownership.take, conversation, owner))

    async def release(self, conversation: Conversation) -> Conversation:
        """Give a conversation back to the bot, which answers the next message. StaleOwner if too late."""
        return self._changed(
            await self._store.write(ownership.give_back, conversation, actor=happenings.SERVER)
        )

    async def close(self, conversation: Conversation) -> Conversation:
        """End a conversation; the customer's next message opens a new one.

        StaleOwner if it has another owner, or if a message has come that nobody has looked at yet.
        """
        return self._changed(await self._store.write(ownership.close, conversation, actor=happenings.SERVER))

    async def settle(self) -> None:
        """Wait until nothing is being worked on or delivered; what rests before another try does not count."""
        await self.updates.lanes.idle()
        await self.attachments.lanes.idle()
        await self.lanes.idle()
        await self.deliveries.lanes.idle()

    async def sweep(self) -> None:
        """Wake every lane in which something waits, and measure how much does."""
        await self.updates.sweep()
        await self.attachments.sweep()
        waiting = await self._store.read(inbox.waiting_conversations, self._channels)
        depths = await self._store.read(inbox.depth)
        for status, count in depths.items():
            self._metrics.inbox_depth.labels(status).set(count)
        oldest = min((since for _, since in waiting), default=None)
        self._metrics.oldest_waiting_seconds.set((now() - oldest).total_seconds() if oldest else 0.0)
        for conversation_id, _ in waiting:
            self.lanes.wake(conversation_id)
        await self.deliveries.sweep()

    async def _turn(self, claimed: Claimed) -> None:
        item, conversation = claimed.item, claimed.conversation
        if item.starts >= self._settings.turn_tries * _STARTS_PER_TRY:
            await self._give_up(claimed, "begun too often without an end")
            return
        self._metrics.lane_wait_seconds.observe((now() - item.received_at).total_seconds())
        started = time.perf_counter()
        if conversation.status is Status.BOT and not claimed.standing.blocked:
            self._broker.publish(customer_topic(conversation.customer_id), TYPING)
        ending = await turns.ending(self._dialogue, claimed, languages=self._settings.languages)
        ending = await self._feelings.beside(self._dialogue, claimed, ending)
        ending = turns.felt(claimed, ending)
        faults.reach("work.answered")
        await self._commit(claimed, ending)
        seconds = time.perf_counter() - started
        self._metrics.turns.labels("done").inc()
        self._metrics.turn_seconds.observe(seconds)
        log.info(
            "turn.done",
            message=item.message.id,
            conversation=conversation.id,
            seconds=round(seconds, 4),
            language=ending.outcome.language,
            intent=ending.outcome.parse.get("intent", {}).get("name"),
            replies=len(ending.outcome.replies),
            handoff=ending.wish and ending.wish.reason.value,
        )

    async def _commit(self, claimed: Claimed, ending: Ending) -> None:
        await self._store.write(self._end_turn, claimed, ending)
        faults.reach("work.after_commit")
        self._feelings.count(claimed, ending)
        if ending.mood is not None and ending.mood.suggests:
            self._broker.publish(desk_topic(), ALERT)
        passed = ending.wish is not None or ending.taken_back
        if passed or claimed.conversation.status is not Status.BOT:
            self._broker.publish(desk_topic(), QUEUE)
        self._answered(claimed.item)

    def _end_turn(self, tx: Connection, claimed: Claimed, ending: Ending) -> None:
        """The one transaction of a turn, refused if the conversation's epoch has moved on since it began."""
        item, outcome = claimed.item, ending.outcome
        status = "dead" if ending.error else "done"
        current = conversations.locked(tx, claimed.conversation.id, epoch=claimed.conversation.epoch)
        inbox.finish(tx, item, status=status, error=ending.error)
        dialogue = None if outcome.dialogue is None else json.dumps(outcome.dialogue, ensure_ascii=False)
        changes: dict[str, Any] = {"dialogue": dialogue, "language": outcome.language}
        if ending.error:
            changes["troubled_at"] = now()
        bot, server = Author(AuthorKind.BOT, BOT_NAME), Author(AuthorKind.SYSTEM, BOT_NAME)
        said = [(bot, outcome.replies), *([(server, (ending.passage,))] if ending.passage else [])]
        for author, drafts in said:
            current = self.writer.write(
                tx,
                current,
                author,
                drafts,
                address=item.address,
                place=item.message.place,
                answers=item.message.id,
                changes=changes,
            )
        turn_rows.note(tx, item, outcome, model=self._dialogue.model, status=status)
        if ending.signal is not None and signals.note(tx, ending.signal):
            signal_events.tell(tx, ending.signal, self._sinks)
        moods.settle(tx, current, ending.mood)
        _pass(tx, current, ending)
        faults.reach("work.before_commit")

    def _accept(self, tx: Connection, inbound: Inbound) -> Accepted:
        accepted = inbox.accept(tx, inbound)
        if accepted.tapped_at is not None:
            self._thank(tx, accepted, accepted.tapped_at, inbound.place)
        faults.reach("accept.before_commit")
        return accepted

    def _thank(self, tx: Connection, accepted: Accepted, address: Address, place: str) -> None:
        current = conversations.find(tx, accepted.conversation_id)
        try:
            text = self._dialogue.sentence(accepted.thanks, current.language)
        except (DialogueError, ModelError):
            return  # the answer is kept; a word of thanks is not worth losing it
        author = Author(AuthorKind.SYSTEM, BOT_NAME)
        self.writer.write(
            tx,
            current,
            author,
            [Draft(text)],
            address=address,
            place=place,
            answers=accepted.message_id,
        )

    def _say(
        self, tx: Connection, conversation: Conversation, author: Author, draft: Draft, address: Address
    ) -> Message:
        current = conversations.locked(tx, conversation.id, epoch=conversation.epoch)
        place = conversations.latest_place(tx, current.id, address.id)
        written = self.writer.write(tx, current, author, [draft], address=address, place=place)
        return conversations.message_at(tx, current.id, written.last_seq)

    async def _settle_file(self, waiting: WaitingFile, verdict: Verdict) -> None:
        if await self._store.write(self._end_file, waiting, verdict):
            # Also when the customer is told nothing: whoever looks at the message sees the file now.
            self._publish(waiting.address.customer_id)
            self.deliveries.wake(waiting.address.id)

    def _end_file(self, tx: Connection, waiting: WaitingFile, verdict: Verdict) -> bool:
        """Note what has become of a file and, if it was not taken, tell the customer; whether it is new."""
        if not attachments.settle(tx, waiting, **verdict.changes()):
            return False
        seen = conversations.find(tx, waiting.conversation_id)
        if not verdict.reason or seen.status is Status.CLOSED:
            return True
        current = conversations.locked(tx, seen.id, epoch=seen.epoch)
        text = self._dialogue.sentence(
            refusal(verdict.reason),
            current.language or waiting.locale,
            megabytes=self._settings.file_megabytes,
            types=", ".join(self._settings.file_types).upper(),
        )
        author = Author(AuthorKind.SYSTEM, BOT_NAME)
        self.writer.write(tx, current, author, [Draft(text)], address=waiting.address, place=waiting.place)
        return True

    def _tapped(self, address: Address) -> None:
        self._publish(address.customer_id)
        self.deliveries.wake(address.id)
        self._broker.publish(desk_topic(), QUEUE)

    async def _failed(self, claimed: Claimed, error: Exception) -> None:
        item = claimed.item
        self._broker.publish(customer_topic(claimed.conversation.customer_id), IDLE)
        kind = type(error).__name__
        # What an exception says may quote the customer: it is kept with the message, not in the log.
        log.warning(
            "turn.failed", message=item.message.id, failures=item.failures + 1, error=kind, text=repr(error)
        )
        if item.failures + 1 >= self._settings.turn_tries:
            await self._give_up(claimed, repr(error))
            return
        self._metrics.turns.labels("failed").inc()
        rest = min(0.5 * 2**item.failures, _LONGEST_REST)
        await self._store.write(inbox.postpone, item, seconds=rest, error=repr(error))

    async def _give_up(self, claimed: Claimed, reason: str) -> None:
        # The customer is told, people get the conversation, and the lane goes on with the next message.
        contact = self._settings.support_contact
        await self._commit(claimed, turns.given_up(self._dialogue, claimed, reason, contact=contact))
        self._metrics.turns.labels("dead").inc()
        log.error(
            "turn.given_up",
            message=claimed.item.message.id,
            conversation=claimed.conversation.id,
            text=reason,
        )

    def _changed(self, changed: Conversation) -> Conversation:
        self._publish(changed.customer_id)
        self._broker.publish(desk_topic(), QUEUE)
        return changed

    def _answered(self, item: InboxItem) -> None:
        self._publish(item.address.customer_id)
        self._broker.publish(customer_topic(item.address.customer_id), IDLE)
        self.deliveries.wake(item.address.id)

    def _publish(self, customer_id: str) -> None:
        self._broker.publish(customer_topic(customer_id), CHANGED)


def _pass(tx: Connection, current: Conversation, ending: Ending) -> None:
    """Let a conversation pass to people or back, at the end of the turn that has shown the need."""
    if ending.wish is not None:
        actor = happenings.CUSTOMER if ending.wish.reason is Reason.ASKED else happenings.SERVER
        team_id = teams.for_wish(tx, ending.wish, ending.outcome.parse)
        ownership.queue(tx, current, ending.wish, actor=actor, team_id=team_id)
    elif ending.taken_back:
        ownership.give_back(tx, current, actor=happenings.CUSTOMER, how=handoffs.TAKEN_BACK)
    elif ending.later:
        places.write_later(tx, current)
    elif current.status is Status.HUMAN:
        ownership.wake(tx, current, actor=happenings.CUSTOMER)


def _claim(tx: Connection, conversation_id: str) -> tuple[Claimed | None, float | None]:
    item, rest = inbox.claim(tx, conversation_id)
    if item is None:
        return None, rest
    conversation = conversations.find(tx, conversation_id)
    return Claimed(item, conversation, standing.read(tx, conversation)), rest
