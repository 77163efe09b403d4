"""What customers answered when they were asked how it was."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Unknown
from bot.models import Conversation
from bot.store import conversations, happenings
from bot.store.tables import conversation


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
