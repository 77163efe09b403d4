"""The hub: the one path of a message. Channels accept into it, lanes work through it, deliveries leave it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import structlog

from actions.attachments import refusal
from bot import commands, faults, texts
from bot.attachments import Attachments, Verdict
from bot.broker import CHANGED, IDLE, TYPING, Broker, address_topic, customer_topic
from bot.delivery import Deliveries
from bot.dialogue_protocol import Dialogue
from bot.errors import AlreadyWorked, StaleOwner, StoreUnavailable
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
    Outcome,
    Status,
    WaitingFile,
    now,
)
from bot.settings import Settings
from bot.store import Connection, Store, addresses, attachments, conversations, inbox, revisions, turns
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
        accepted = await self._store.write(_accept, inbound)
        faults.reach("accept.after_commit")
        self._metrics.accepted.labels(inbound.channel, str(accepted.fresh).lower()).inc()
        log.info(
            "message.accepted", message=accepted.message_id, channel=inbound.channel, fresh=accepted.fresh
        )
        self._broker.publish(address_topic(inbound.channel, inbound.account, inbound.sender), CHANGED)
        self.lanes.wake(accepted.conversation_id)
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
            item, conversation = claimed
            faults.reach("work.claimed")
            try:
                await self._turn(conversation, item)
            except (StaleOwner, AlreadyWorked) as moved:
                log.info("turn.overtaken", message=item.message.id, reason=moved.code)
                self._broker.publish(customer_topic(conversation.customer_id), IDLE)
            except StoreUnavailable:
                raise
            except Exception as error:  # a turn may fail in any way; the message must not be lost
                await self._failed(conversation, item, error)

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
        return await self._change(conversation, status=Status.HUMAN, owner=owner)

    async def release(self, conversation: Conversation) -> Conversation:
        """Give a conversation back to the bot, which answers the next message. StaleOwner if too late."""
        return await self._change(conversation, status=Status.BOT, owner=None)

    async def close(self, conversation: Conversation) -> Conversation:
        """End a conversation; the customer's next message opens a new one.

        StaleOwner if it has another owner, or if a message has come that nobody has looked at yet.
        """
        return await self._change(conversation, status=Status.CLOSED, owner=None)

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

    async def _turn(self, conversation: Conversation, item: InboxItem) -> None:
        if item.starts >= self._settings.turn_tries * _STARTS_PER_TRY:
            await self._give_up(conversation, item, "begun too often without an end")
            return
        self._metrics.lane_wait_seconds.observe((now() - item.received_at).total_seconds())
        started = time.perf_counter()
        if conversation.status is Status.BOT and item.message.deleted_at is None:
            self._broker.publish(customer_topic(conversation.customer_id), TYPING)
            outcome = commands.answer(conversation, item, languages=self._settings.languages)
            outcome = outcome or await self._dialogue.respond(conversation, item)
            faults.reach("work.answered")
        else:
            # People answer, or the customer has taken it back: the dialogue stands still.
            outcome = Outcome(replies=(), dialogue=conversation.dialogue, language=conversation.language)
        await self._commit(conversation, item, outcome)
        seconds = time.perf_counter() - started
        self._metrics.turns.labels("done").inc()
        self._metrics.turn_seconds.observe(seconds)
        intent = outcome.parse.get("intent", {}).get("name")
        log.info(
            "turn.done",
            message=item.message.id,
            conversation=conversation.id,
            seconds=round(seconds, 4),
            language=outcome.language,
            intent=intent,
            replies=len(outcome.replies),
        )

    async def _commit(self, conversation: Conversation, item: InboxItem, outcome: Outcome) -> None:
        dialogue = None if outcome.dialogue is None else json.dumps(outcome.dialogue, ensure_ascii=False)
        author = Author(AuthorKind.BOT, BOT_NAME)
        changes = {"dialogue": dialogue, "language": outcome.language}
        await self._store.write(self._end_turn, conversation, item, author, outcome, "done", None, changes)
        faults.reach("work.after_commit")
        self._answered(item)

    def _end_turn(
        self,
        tx: Connection,
        conversation: Conversation,
        item: InboxItem,
        author: Author,
        outcome: Outcome,
        status: str,
        error: str | None,
        changes: Mapping[str, Any],
    ) -> None:
        """The one transaction of a turn, refused if the conversation's epoch has moved on since it began."""
        current = conversations.locked(tx, conversation.id, epoch=conversation.epoch)
        inbox.finish(tx, item, status=status, error=error)
        self.writer.write(
            tx,
            current,
            author,
            outcome.replies,
            address=item.address,
            place=item.message.place,
            answers=item.message.id,
            changes=changes,
        )
        turns.note(tx, item, outcome, model=self._dialogue.model, status=status)
        faults.reach("work.before_commit")

    def _say(
        self, tx: Connection, conversation: Conversation, author: Author, draft: Draft, address: Address
    ) -> Message:
        current = conversations.locked(tx, conversation.id, epoch=conversation.epoch)
        place = conversations.latest_place(tx, current.id, address.id)
        written = self.writer.write(tx, current, author, [draft], address=address, place=place)
        return conversations.message_at(tx, current.id, written.last_seq)

    async def _settle_file(self, waiting: WaitingFile, verdict: Verdict) -> None:
        told = await self._store.write(self._end_file, waiting, verdict)
        if told:
            self._publish(waiting.address.customer_id)
            self.deliveries.wake(waiting.address.id)

    def _end_file(self, tx: Connection, waiting: WaitingFile, verdict: Verdict) -> bool:
        """Note what has become of a file and, if it was not taken, tell the customer; whether that was told."""
        if not attachments.settle(tx, waiting, **verdict.changes()) or not verdict.reason:
            return False
        seen = conversations.find(tx, waiting.conversation_id)
        if seen.status is Status.CLOSED:
            return False
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

    async def _failed(self, conversation: Conversation, item: InboxItem, error: Exception) -> None:
        self._broker.publish(customer_topic(conversation.customer_id), IDLE)
        kind = type(error).__name__
        # What an exception says may quote the customer: it is kept with the message, not in the log.
        log.warning(
            "turn.failed", message=item.message.id, failures=item.failures + 1, error=kind, text=repr(error)
        )
        if item.failures + 1 >= self._settings.turn_tries:
            await self._give_up(conversation, item, repr(error))
            return
        self._metrics.turns.labels("failed").inc()
        rest = min(0.5 * 2**item.failures, _LONGEST_REST)
        await self._store.write(inbox.postpone, item, seconds=rest, error=repr(error))

    async def _give_up(self, conversation: Conversation, item: InboxItem, reason: str) -> None:
        # The customer is told, people can see it, and the lane goes on with the next message.
        text = texts.turn_given_up(conversation.language, contact=self._settings.support_contact)
        author = Author(AuthorKind.SYSTEM, BOT_NAME)
        outcome = Outcome((Draft(text),), conversation.dialogue, conversation.language)
        await self._store.write(
            self._end_turn, conversation, item, author, outcome, "dead", reason, {"troubled_at": now()}
        )
        self._metrics.turns.labels("dead").inc()
        log.error("turn.given_up", message=item.message.id, conversation=conversation.id, text=reason)
        self._answered(item)

    async def _change(self, conversation: Conversation, *, status: Status, owner: str | None) -> Conversation:
        changed = await self._store.write(_change_owner, conversation, status, owner)
        self._publish(conversation.customer_id)
        return changed

    def _answered(self, item: InboxItem) -> None:
        self._publish(item.address.customer_id)
        self._broker.publish(customer_topic(item.address.customer_id), IDLE)
        self.deliveries.wake(item.address.id)

    def _publish(self, customer_id: str) -> None:
        self._broker.publish(customer_topic(customer_id), CHANGED)


def _accept(tx: Connection, inbound: Inbound) -> Accepted:
    accepted = inbox.accept(tx, inbound)
    faults.reach("accept.before_commit")
    return accepted


def _change_owner(tx: Connection, seen: Conversation, status: Status, owner: str | None) -> Conversation:
    changed = conversations.change_owner(tx, seen, status=status, owner=owner)
    if status is Status.CLOSED and inbox.waits(tx, seen.id):
        raise StaleOwner(f"conversation {seen.id} has a message that waits for its turn")
    return changed


def _claim(
    tx: Connection, conversation_id: str
) -> tuple[tuple[InboxItem, Conversation] | None, float | None]:
    item, rest = inbox.claim(tx, conversation_id)
    return (None if item is None else (item, conversations.find(tx, conversation_id))), rest
