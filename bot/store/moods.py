"""What is known of a conversation's mood when a turn begins, and what a fall changes: an open handoff, an alert."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import AuthorKind, Conversation, Signal
from bot.moods import Mood, Passage, Past, Said
from bot.passing import PERSON
from bot.signals import Ours, Reading, Rules, says_sorry
from bot.signals.readings import EMOTIONS
from bot.store import alerts, handoffs, rules
from bot.store.signals import signal_of
from bot.store.tables import handoff, message, signal
from bot.store.times import utc

LATEST = 200
"""Messages that are looked at on each side: the mood of a longer conversation is that of its later part."""


def past(tx: Connection, current: Conversation) -> Past:
    """The readings of a conversation until now, what of ours came between, and when people had it."""
    read = _signals(tx, current.id)
    return Past(
        readings=tuple(reading_of(one) for one in read),
        # What we said counts only between readings.
        said=tuple(_said(tx, current.id)) if read else (),
        # Only a passage raises the epoch.
        passages=tuple(_passages(tx, current.id)) if current.epoch else (),
        rules=rules.read(tx, "feelings", Rules),
    )


def settle(tx: Connection, current: Conversation, mood: Mood | None) -> None:
    """Let a fall make an open handoff more urgent, and tell those who supervise of it, once."""
    if mood is None or not mood.acts:
        return
    if current.epoch and (mood.urgency or mood.anger):
        handoffs.make_urgent(tx, current.id, urgency=mood.urgency, anger=mood.anger)
    if mood.suggests and mood.shown is not None and mood.alarm is not None:
        detail = {**mood.rests_on(), "step": mood.alarm.step.value}
        alerts.tell_fall(tx, current.id, mood.shown.message_id, detail)


def reading_of(read: Signal) -> Reading:
    """A stored signal as the rules of moods need it."""
    return Reading(
        message_id=read.message_id,
        seq=read.seq,
        at=read.said_at,
        valence=max(-1.0, min(1.0, read.valence)),
        emotions={
            name: max(0.0, min(1.0, share)) for name, share in read.emotions.items() if name in EMOTIONS
        },
        weak=read.weak,
    )


def _signals(tx: Connection, conversation_id: str) -> list[Signal]:
    query = (
        sa.select(signal)
        .where(signal.c.conversation_id == conversation_id, signal.c.superseded_at.is_(None))
        .order_by(signal.c.seq.desc())
        .limit(LATEST)
    )
    return [signal_of(row) for row in tx.execute(query)]


def _said(tx: Connection, conversation_id: str) -> list[Said]:
    query = (
        sa.select(message)
        .where(
            message.c.conversation_id == conversation_id,
            message.c.author_kind != AuthorKind.CUSTOMER.value,
        )
        .order_by(message.c.seq.desc())
        .limit(LATEST)
    )
    return [_said_of(row) for row in tx.execute(query)]


def _said_of(row: Any) -> Said:
    ours = Ours(
        message_id=row.id,
        seq=row.seq,
        at=utc(row.sent_at),
        kind=AuthorKind(row.author_kind),
        agent_id=row.agent_id,
        sorry=says_sorry(row.text),
    )
    offers = any(button["payload"] == PERSON for button in json.loads(row.buttons or "[]"))
    return Said(ours, row.text, offers)


def _passages(tx: Connection, conversation_id: str) -> list[Passage]:
    rows = tx.execute(
        sa.select(handoff.c.seq, handoff.c.ended_at).where(handoff.c.conversation_id == conversation_id)
    )
    return [Passage(row.seq, utc(row.ended_at) if row.ended_at else None) for row in rows]
