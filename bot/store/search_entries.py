"""What the search looks through: one entry for each message, kept in step with it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Message
from bot.search_words import words
from bot.store.tables import search_entry


def add(tx: Connection, said: Sequence[Message]) -> None:
    """Let new messages be found, in the transaction that writes them."""
    rows = [{"message_id": item.id, "words": words(item.text)} for item in said]
    if rows:
        tx.execute(sa.insert(search_entry), rows)


def change(tx: Connection, message_id: str, text: str) -> None:
    """Let a message be found by its new text, and no longer by the old one."""
    mine = search_entry.c.message_id == message_id
    tx.execute(sa.update(search_entry).where(mine).values(words=words(text)))
