"""Everything that is kept of one customer: read whole, and removed whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Unknown
from bot.store import audit
from bot.store.tables import (
    address,
    alert,
    alert_delivery,
    attachment,
    conversation,
    customer,
    ended_talk,
    handoff,
    happening,
    held_reply,
    inbox,
    loyalty_answer,
    mention,
    message,
    outbox,
    platform_update,
    revision,
    search_entry,
    signal,
    signal_event,
    solved_case,
    turn,
    webhook_delivery,
)

DERIVED = ("search_entry", "solved_case")
"""Tables that hold nothing but another form of the messages: removed, not exported."""
SHORTEST_ID = 5
"""A platform's id of fewer characters is not looked for in raw updates: too much would hold it by chance."""

FILES = (attachment.c.sha256, attachment.c.preview, address.c.avatar)
"""Columns that name a file by its hash."""

_PART = 500


@dataclass(frozen=True)
class Erased:
    """What was removed: rows by table, and the hashes of files that no row names any more."""

    rows: Mapping[str, int]
    files: tuple[str, ...]


def rows(tx: Connection, customer_id: str) -> dict[str, list[dict[str, Any]]]:
    """All rows about a customer by table, in the order in which they were written. Unknown."""
    ids = _ids(tx, customer_id)
    found = {}
    for table, condition in _conditions(tx, ids):
        if table.name not in DERIVED:
            query = sa.select(table).where(condition).order_by(*table.primary_key.columns)
            found[table.name] = [dict(row) for row in tx.execute(query).mappings()]
    return found


def files(tx: Connection, customer_id: str) -> list[Mapping[str, Any]]:
    """Id and SHA-256 of each stored file of a customer, and of their pictures on platforms. Unknown."""
    ids = _ids(tx, customer_id)
    pictures = [{"id": row.id, "sha256": row.avatar} for row in ids.addresses if row.avatar]
    query = (
        sa.select(attachment.c.id, attachment.c.sha256)
        .where(_one_of(attachment.c.message_id, ids.messages), attachment.c.sha256 != "")
        .order_by(attachment.c.message_id, attachment.c.position)
    )
    return [*(dict(row) for row in tx.execute(query).mappings()), *pictures]


def erase(tx: Connection, customer_id: str, *, actor: str) -> Erased:
    """Remove everything about a customer, and write down that it was done, in this transaction. Unknown.

    The log keeps the customer's id and the numbers of rows, nothing else.
    """
    tx.execute(sa.select(customer.c.id).where(customer.c.id == customer_id).with_for_update())
    _overwrite(tx)
    ids = _ids(tx, customer_id)
    held = _hashes(tx, ids)
    counts = {}
    for table, condition in _conditions(tx, ids):
        counts[table.name] = int(tx.execute(sa.delete(table).where(condition)).rowcount)
    if tx.dialect.name == "sqlite":
        # Else the words would stay in older parts of the index.
        tx.execute(sa.text("INSERT INTO search_index (search_index) VALUES ('optimize')"))
    orphaned = tuple(sorted(held - named(tx, held)))
    audit.write(
        tx,
        actor=actor,
        action="customer_erased",
        subject=customer_id,
        details={"rows": counts, "files": len(orphaned)},
    )
    return Erased(counts, orphaned)


def named(tx: Connection, hashes: Collection[str]) -> set[str]:
    """Those of these hashes that something names."""
    wanted, found = sorted(hashes), set()
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        for column in FILES:
            found |= set(tx.execute(sa.select(column).where(column.in_(part))).scalars())
    return found


@dataclass(frozen=True)
class _Ids:
    customer: str
    addresses: Sequence[Any]
    conversations: Sequence[str]
    messages: Sequence[str]
    happenings: Sequence[int]


def _ids(tx: Connection, customer_id: str) -> _Ids:
    if tx.execute(sa.select(customer.c.id).where(customer.c.id == customer_id)).first() is None:
        raise Unknown(f"there is no customer {customer_id}")
    places = tx.execute(sa.select(address).where(address.c.customer_id == customer_id)).all()
    mine = conversation.c.customer_id == customer_id
    talks = tx.execute(sa.select(conversation.c.id).where(mine)).scalars().all()
    said = (
        tx.execute(sa.select(message.c.id).where(_one_of(message.c.conversation_id, talks))).scalars().all()
    )
    happened = tx.execute(
        sa.select(happening.c.id).where(_one_of(happening.c.conversation_id, talks))
    ).scalars()
    return _Ids(customer_id, places, talks, said, happened.all())


def _conditions(tx: Connection, ids: _Ids) -> list[tuple[sa.Table, Any]]:
    """Which rows of which table are the customer's: what refers to others comes before them."""
    events = tx.execute(
        sa.select(inbox.c.channel, inbox.c.account, inbox.c.event_id).where(
            _one_of(inbox.c.message_id, ids.messages)
        )
    ).all()
    told = _one_of(alert.c.conversation_id, ids.conversations)
    read = _one_of(signal.c.conversation_id, ids.conversations)
    return [
        (alert_delivery, alert_delivery.c.alert_id.in_(sa.select(alert.c.id).where(told))),
        (alert, told),
        (webhook_delivery, webhook_delivery.c.body.contains(ids.customer, autoescape=True)),
        (platform_update, _raw(ids)),
        (revision, sa.or_(sa.false(), *(_event(events, channel) for channel in _sources(events)))),
        (loyalty_answer, loyalty_answer.c.customer_id == ids.customer),
        (ended_talk, ended_talk.c.customer_id == ids.customer),
        (mention, _one_of(mention.c.happening_id, ids.happenings)),
        (happening, _one_of(happening.c.conversation_id, ids.conversations)),
        (held_reply, _one_of(held_reply.c.conversation_id, ids.conversations)),
        (handoff, _one_of(handoff.c.conversation_id, ids.conversations)),
        (solved_case, _one_of(solved_case.c.conversation_id, ids.conversations)),
        (search_entry, _one_of(search_entry.c.message_id, ids.messages)),
        (signal_event, signal_event.c.signal_id.in_(sa.select(signal.c.id).where(read))),
        (signal, read),
        (turn, _one_of(turn.c.conversation_id, ids.conversations)),
        (attachment, _one_of(attachment.c.message_id, ids.messages)),
        (outbox, _one_of(outbox.c.message_id, ids.messages)),
        (inbox, _one_of(inbox.c.message_id, ids.messages)),
        (message, _one_of(message.c.conversation_id, ids.conversations)),
        (conversation, conversation.c.customer_id == ids.customer),
        (address, address.c.customer_id == ids.customer),
        (customer, customer.c.id == ids.customer),
    ]


def _raw(ids: _Ids) -> Any:
    """Raw updates that wait or could not be read, and hold the platform's id of the customer."""
    held = []
    for place in ids.addresses:
        part = max(place.external_id.split(":"), key=len)
        if len(part) >= SHORTEST_ID:
            mine = (platform_update.c.channel == place.channel, platform_update.c.account == place.account)
            held.append(sa.and_(*mine, platform_update.c.raw.contains(part, autoescape=True)))
    return sa.or_(sa.false(), *held)


def _sources(events: Sequence[Any]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row.channel, row.account) for row in events))


def _event(events: Sequence[Any], source: tuple[str, str]) -> Any:
    names = [row.event_id for row in events if (row.channel, row.account) == source]
    mine = (revision.c.channel == source[0], revision.c.account == source[1])
    return sa.and_(*mine, _one_of(revision.c.of_event_id, names))


def _one_of(column: Any, values: Sequence[Any]) -> Any:
    # In parts: both databases limit how many values one list may have.
    parts = [column.in_(list(values[start : start + _PART])) for start in range(0, len(values), _PART)]
    return sa.or_(sa.false(), *parts)


def _hashes(tx: Connection, ids: _Ids) -> set[str]:
    query = sa.select(attachment.c.sha256, attachment.c.preview)
    found = tx.execute(query.where(_one_of(attachment.c.message_id, ids.messages))).all()
    held = {digest for row in found for digest in row if digest}
    return held | {row.avatar for row in ids.addresses if row.avatar}


def _overwrite(tx: Connection) -> None:
    """Let SQLite write zeros over what is removed; PostgreSQL's vacuum makes its room free."""
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("PRAGMA secure_delete = ON")
