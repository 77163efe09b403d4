"""What customers answered when they were asked how it was."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Unknown
from bot.models import Conversation, now
from bot.store import conversations, happenings
from bot.store.conversations import utc_or_none
from bot.store.tables import conversation, customer


def note(tx: Connection, rated: Conversation, value: int, comment: str = "") -> None:
    """Keep the customer's rating (1 to 5) of a conversation; a later one replaces it."""
    tx.execute(
        sa.update(conversation)
        .where(conversation.c.id == rated.id)
        .values(rating=value, rating_comment=comment)
    )
    told = {"value": value, **({"comment": comment} if comment else {})}
    happenings.note_down(tx, rated, "rated", happenings.CUSTOMER, told)


def rate(tx: Connection, conversation_id: str, value: int, comment: str = "") -> Conversation:
    """As `note`, for the conversation with this id; the conversation. Unknown if there is none."""
    rated = conversations.find_or_none(tx, conversation_id)
    if rated is None:
        raise Unknown("there is no such conversation")
    note(tx, rated, value, comment)
    return rated


def asked_at(tx: Connection, customer_id: str) -> datetime | None:
    """When a customer was asked last, None if never."""
    query = sa.select(customer.c.asked_at).where(customer.c.id == customer_id)
    return utc_or_none(tx.execute(query).scalar())


def note_asked(tx: Connection, customer_id: str) -> None:
    """Remember that a customer is asked now."""
    tx.execute(sa.update(customer).where(customer.c.id == customer_id).values(asked_at=now()))
