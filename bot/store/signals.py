"""Signals: how each customer message read, written with its turn; older readings of a message are kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import AuthorKind, Message, Signal
from bot.store import conversations
from bot.store.conversations import utc
from bot.store.insert import insert_new
from bot.store.tables import address, conversation, customer, message, signal, turn


@dataclass(frozen=True)
class Unread:
    """A message that a model has not read; `language` and `wishes` are as its turn or an older reading has them."""

    message: Message
    customer_id: str
    channel: str
    language: str | None
    wishes: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """Which signals: said from `since` to before `until`, in these languages and on these channels (none: all).

    `older`: also readings in whose place a newer one stands.
    """

    since: datetime | None = None
    until: datetime | None = None
    languages: Collection[str] = ()
    channels: Collection[str] = ()
    older: bool = False


def note(tx: Connection, read: Signal) -> bool:
    """Keep a reading, which counts from now on instead of an older one of the same message; False if it is there."""
    if not insert_new(
        tx,
        signal,
        id=read.id,
        message_id=read.message_id,
        conversation_id=read.conversation_id,
        customer_id=read.customer_id,
        seq=read.seq,
        channel=read.channel,
        language=read.language,
        intent=read.intent,
        model=read.model,
        valence=read.valence,
        emotion=read.emotion,
        emotions=json.dumps(dict(read.emotions)),
        weak=read.weak,
        said_at=read.said_at,
        read_at=read.read_at,
    ):
        return False
    older = (signal.c.message_id == read.message_id, signal.c.id != read.id, signal.c.superseded_at.is_(None))
    tx.execute(sa.update(signal).where(*older).values(superseded_at=read.read_at))
    return True


def of_conversation(tx: Connection, conversation_id: str) -> list[Signal]:
    """The newest reading of each customer message of a conversation, in the order of the messages."""
    query = (
        sa.select(signal)
        .where(signal.c.conversation_id == conversation_id, signal.c.superseded_at.is_(None))
        .order_by(signal.c.seq)
    )
    return [signal_of(row) for row in tx.execute(query)]


def unread(
    tx: Connection, model: str, *, after: tuple[str, int], since: datetime | None, limit: int
) -> list[Unread]:
    """Worked messages of customers, in their own words, that this model has not read: conversation by conversation.

    `after` is the conversation and the number of the last one that was looked at: ("", 0) begins.
    """
    present = signal.alias("present")
    by_model = sa.exists().where(present.c.message_id == message.c.id, present.c.model == model)
    query = (
        sa.select(
            turn,
            message,
            conversation.c.customer_id,
            conversation.c.language.label("spoken"),
            address.c.channel,
            signal.c.language.label("read_language"),
            signal.c.intent.label("read_intent"),
        )
        .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
        .select_from(_READ_BEFORE)
        .where(
            sa.tuple_(message.c.conversation_id, message.c.seq) > sa.tuple_(*after),
            message.c.sent_at >= since if since else sa.true(),
            message.c.author_kind == AuthorKind.CUSTOMER.value,
            message.c.text != "",
            message.c.payload.is_(None),
            message.c.deleted_at.is_(None),
            customer.c.blocked_at.is_(None),
            sa.not_(by_model),
        )
        .order_by(message.c.conversation_id, message.c.seq)
        .limit(limit)
    )
    return [_unread(row) for row in tx.execute(query).mappings()]


def note_again(tx: Connection, read: Sequence[tuple[Unread, Signal]]) -> list[Signal]:
    """Keep readings of messages that were worked long ago; those that are new.

    A message that was changed, taken back or erased while it was read is left out.
    """
    ids = [item.message.id for item, _ in read]
    there = sa.select(message.c.id, message.c.text).where(message.c.id.in_(ids)).with_for_update(read=True)
    texts = {row.id: row.text for row in tx.execute(there)}
    same = [found for item, found in read if texts.get(item.message.id) == item.message.text]
    return [found for found in same if note(tx, found)]


def page(
    tx: Connection, wanted: Wanted, *, after: tuple[datetime, str] | None, limit: int
) -> list[tuple[Signal, datetime | None]]:
    """Signals in the order in which the messages were said, with when a newer reading took the place of each.

    `after` is the time and the id of the last one of the page before.
    """
    query = sa.select(signal).order_by(signal.c.said_at, signal.c.id).limit(limit)
    if after is not None:
        later = sa.or_(signal.c.said_at > after[0], signal.c.id > after[1])
        query = query.where(signal.c.said_at >= after[0], later)
    if not wanted.older:
        query = query.where(signal.c.superseded_at.is_(None))
    if wanted.since is not None:
        query = query.where(signal.c.said_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(signal.c.said_at < wanted.until)
    for column, values in ((signal.c.language, wanted.languages), (signal.c.channel, wanted.channels)):
        if values:
            query = query.where(column.in_(list(values)))
    return [
        (signal_of(row), None if row.superseded_at is None else utc(row.superseded_at))
        for row in tx.execute(query)
    ]


_READ_BEFORE = (
    message.join(turn, turn.c.message_id == message.c.id)
    .join(conversation, conversation.c.id == message.c.conversation_id)
    .join(customer, customer.c.id == conversation.c.customer_id)
    .join(address, address.c.id == message.c.address_id)
    .outerjoin(signal, sa.and_(signal.c.message_id == message.c.id, signal.c.superseded_at.is_(None)))
)


def _unread(row: Any) -> Unread:
    understood = row["read_intent"] or row["turn_intent"]
    served = tuple(step["wish"] for step in json.loads(row["turn_steps"]))
    return Unread(
        message=conversations.message_of(row, prefix="message_"),
        customer_id=row["conversation_customer_id"],
        channel=row["address_channel"],
        language=row["read_language"] or row["turn_language"] or row["spoken"],
        wishes=served or ((understood,) if understood else ()),
    )


def signal_of(row: Any) -> Signal:
    """A signal from its row."""
    return Signal(
        id=row.id,
        message_id=row.message_id,
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        seq=row.seq,
        channel=row.channel,
        language=row.language,
        intent=row.intent,
        model=row.model,
        valence=row.valence,
        emotion=row.emotion,
        emotions=json.loads(row.emotions),
        weak=row.weak,
        said_at=utc(row.said_at),
        read_at=utc(row.read_at),
    )
