"""Signals: how each customer message read, written with its turn; older readings of a message are kept."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Signal
from bot.store.conversations import utc
from bot.store.insert import insert_new
from bot.store.tables import signal


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
