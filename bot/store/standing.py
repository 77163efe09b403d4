"""How a conversation stands when a turn begins: what the rules of handoffs must know besides the message."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.handoff import Rules
from bot.models import AuthorKind, Conversation
from bot.moods import Past
from bot.store import customers, handoffs, happenings, moods, rules
from bot.store.tables import message


@dataclass(frozen=True)
class Standing:
    """`returned`: people have given the conversation back and the bot has not answered since.

    `past` is what is known of the customer's mood.
    """

    rules: Rules
    blocked: bool
    returned: bool
    past: Past


def read(tx: Connection, current: Conversation) -> Standing:
    """How a conversation stands now."""
    return Standing(
        rules=rules.read(tx, "handoff", Rules),
        blocked=customers.is_blocked(tx, current.customer_id),
        returned=_returned(tx, current),
        past=moods.past(tx, current),
    )


def _returned(tx: Connection, current: Conversation) -> bool:
    if not current.epoch:
        return False
    ended = happenings.latest(tx, current.id, (handoffs.RETURNED,))
    if ended is None:
        return False
    answered = tx.execute(
        sa.select(message.c.id)
        .where(
            message.c.conversation_id == current.id,
            message.c.seq > ended.after_seq,
            message.c.author_kind == AuthorKind.BOT.value,
        )
        .limit(1)
    ).first()
    return answered is None
