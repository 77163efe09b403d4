"""Search over all that was said, in both databases: newest first, words by their beginnings, without accents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Author, AuthorKind
from bot.search_words import asked
from bot.store.conversations import utc
from bot.store.tables import address, conversation, customer, message, search_entry

PAGE = 50
"""Hits of one search at most."""


@dataclass(frozen=True)
class Hit:
    """A message that a search has found. `place` is where the next search goes on: see `find`."""

    place: int
    conversation_id: str
    customer_id: str
    customer: str
    seq: int
    message_id: str
    text: str
    at: datetime
    channel: str
    author: Author


def find(
    tx: Connection,
    text: str,
    *,
    channel: str | None = None,
    language: str | None = None,
    author: AuthorKind | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> list[Hit]:
    """Messages in which each word of the text begins a word, newest first; none for a text without words.

    `after` is the place of the last hit of the page before. What was taken back is not found.
    """
    forms = asked(text)
    if not forms:
        return []
    query = _hits().where(_match(tx.dialect.name, forms), message.c.deleted_at.is_(None))
    if channel is not None:
        query = query.where(address.c.channel == channel)
    if language is not None:
        query = query.where(conversation.c.language == language)
    if author is not None:
        query = query.where(message.c.author_kind == author.value)
    if after is not None:
        query = query.where(search_entry.c.id < after)
    rows = tx.execute(query.order_by(search_entry.c.id.desc()).limit(max(1, min(limit, PAGE))))
    return [_hit(row) for row in rows]


def _hits() -> Any:
    return sa.select(
        search_entry.c.id.label("place"),
        conversation.c.customer_id,
        customer.c.name.label("customer"),
        sa.func.coalesce(address.c.channel, "").label("channel"),
        message,
    ).select_from(
        search_entry.join(message, message.c.id == search_entry.c.message_id)
        .join(conversation, conversation.c.id == message.c.conversation_id)
        .join(customer, customer.c.id == conversation.c.customer_id)
        .outerjoin(address, address.c.id == message.c.address_id)
    )


def _match(dialect: str, forms: Sequence[tuple[str, ...]]) -> Any:
    # A form is letters and digits only: nothing in it can be read as part of the query.
    if dialect == "sqlite":
        query = " AND ".join("(" + " OR ".join(f'"{form}"*' for form in one) + ")" for one in forms)
        found = sa.text("SELECT rowid FROM search_index WHERE search_index MATCH :asked")
        return search_entry.c.id.in_(found.bindparams(asked=query).columns(sa.column("rowid", sa.Integer)))
    query = " & ".join("(" + " | ".join(f"'{form}':*" for form in one) + ")" for one in forms)
    vector = sa.func.array_to_tsvector(sa.func.string_to_array(search_entry.c.words, sa.text("' '")))
    return vector.op("@@")(sa.text("CAST(:asked AS tsquery)").bindparams(asked=query))


def _hit(row: Any) -> Hit:
    return Hit(
        place=row.place,
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        customer=row.customer,
        seq=row.seq,
        message_id=row.id,
        text=row.text,
        at=utc(row.sent_at),
        channel=row.channel,
        author=Author(AuthorKind(row.author_kind), row.author_name),
    )
