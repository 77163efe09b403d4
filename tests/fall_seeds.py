"""Conversations with their signals and turns in the store, some of which fall: for tests of what is made of many."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.models import Signal, Status, new_id
from bot.store import Connection, signals
from bot.store.tables import conversation, message, turn
from tests.desk_seeds import talk
from tests.scripted import felt

WORDS = (("customer", "where is my order?"), ("bot", "It is on its way."), ("customer", "and when?"))


def seed(
    tx: Connection,
    at: datetime,
    *,
    falls: bool = False,
    channel: str = "web",
    language: str = "en",
    intent: str = "track_order",
    order_state: str = "shipped",
    model: str = "dialogue-1",
) -> str:
    """A conversation of two customer messages that begins then, and falls with the second one if it falls; its id."""
    key = talk(tx, words=WORDS, status=Status.BOT, at=at, channel=channel)
    said = tx.execute(
        sa.select(message.c.id, message.c.seq)
        .where(message.c.conversation_id == key, message.c.author_kind == "customer")
        .order_by(message.c.seq)
    ).all()
    about = sa.select(conversation.c.customer_id).where(conversation.c.id == key)
    customer_id = tx.execute(about).scalar_one()
    for row, read in zip(said, (felt(0.0), felt(-0.95, "anger") if falls else felt(0.0)), strict=True):
        moment = at + timedelta(seconds=row.seq)
        shown = Signal(
            id=new_id(),
            message_id=row.id,
            conversation_id=key,
            customer_id=customer_id,
            seq=row.seq,
            channel=channel,
            language=language,
            intent=intent,
            model=read["model"],
            valence=read["valence"],
            emotion=read["emotion"],
            emotions=read["emotions"],
            weak=False,
            said_at=moment,
            read_at=moment,
        )
        signals.note(tx, shown)
        steps = [{"wish": intent, "end": "answered", "said": [f"utter_track_{order_state}"]}]
        tx.execute(
            sa.insert(turn).values(
                message_id=row.id,
                conversation_id=key,
                status="done",
                steps=json.dumps(steps),
                model=model,
                ended_at=moment,
            )
        )
    return key
