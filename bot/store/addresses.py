"""Customers and the addresses where they can be reached."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Address, AuthorKind, Blocked, Inbound, Moved, new_id, now
from bot.store import conversations
from bot.store.insert import insert_new
from bot.store.tables import address, customer, message

AVATAR_LASTS = timedelta(days=30)
"""A picture asked for longer ago is asked for again with the next message."""

_AVATAR_RESTS = timedelta(hours=1)
_LONGEST_LOCALE = 35


def find(tx: Connection, channel: str, account: str, external_id: str) -> Address | None:
    """The address of a platform's id, or None if nobody has written from there yet."""
    row = _row(tx, channel, account, external_id)
    return None if row is None else _address(row)


def of_id(tx: Connection, address_id: str) -> Address:
    """The address with this id."""
    return _address(tx.execute(sa.select(address).where(address.c.id == address_id)).one())


def latest(tx: Connection, conversation_id: str) -> Address:
    """Where the customer of a conversation wrote last: there they are answered."""
    row = tx.execute(
        sa.select(address)
        .select_from(address.join(message, message.c.address_id == address.c.id))
        .where(
            message.c.conversation_id == conversation_id,
            message.c.author_kind == AuthorKind.CUSTOMER.value,
        )
        .order_by(message.c.seq.desc())
        .limit(1)
    ).one()
    return _address(row)


def language(tx: Connection, channel: str, account: str, external_id: str) -> str | None:
    """The language of the latest conversation with who writes from there, if it is known."""
    known = find(tx, channel, account, external_id)
    latest = None if known is None else conversations.latest(tx, known.customer_id)
    return None if latest is None else latest.language


def find_or_create(tx: Connection, inbound: Inbound) -> Address:
    """The sender's address; with a new customer behind it if this is the first message from there.

    Two first messages at once make one customer: the loser of the race takes the winner's.
    """
    known = _row(tx, inbound.channel, inbound.account, inbound.sender)
    if known is not None:
        _ask_again(tx, known, AVATAR_LASTS)
        return _address(known)
    customer_id = new_id()
    tx.execute(sa.insert(customer).values(id=customer_id, name=inbound.name, created_at=now()))
    won = insert_new(
        tx,
        address,
        id=new_id(),
        customer_id=customer_id,
        channel=inbound.channel,
        account=inbound.account,
        external_id=inbound.sender,
        locale=inbound.locale and inbound.locale[:_LONGEST_LOCALE],
        created_at=now(),
    )
    if not won:
        tx.execute(sa.delete(customer).where(customer.c.id == customer_id))
    created = find(tx, inbound.channel, inbound.account, inbound.sender)
    assert created is not None, "the row was inserted by us or by the winner of the race"
    return created


def unasked(tx: Connection, channels: Collection[str], *, but: Collection[str], limit: int) -> list[Address]:
    """Addresses of these channels whose picture is to be asked for, without those `but`."""
    rows = tx.execute(
        sa.select(address)
        .where(address.c.avatar_asked_at.is_(None), address.c.channel.in_(list(channels)))
        .where(address.c.id.not_in(list(but)))
        .limit(limit)
    )
    return [_address(row) for row in rows]


def keep_avatar(tx: Connection, address_id: str, sha256: str) -> str:
    """Remember the picture of who writes from there, empty if there is none; the one before it, empty if the same."""
    here = address.c.id == address_id
    before = tx.execute(sa.select(address.c.avatar).where(here)).scalar() or ""
    tx.execute(sa.update(address).where(here).values(avatar=sha256, avatar_asked_at=now()))
    return "" if before == sha256 else before


def leave_avatar(tx: Connection, address_id: str) -> None:
    """Remember that we have asked and heard nothing: what we know stays."""
    tx.execute(sa.update(address).where(address.c.id == address_id).values(avatar_asked_at=now()))


def renew_avatar(tx: Connection, channel: str, account: str, external_id: str) -> None:
    """The platform says that somebody has changed: ask for the picture again, but not more than once an hour."""
    known = _row(tx, channel, account, external_id)
    if known is not None:
        _ask_again(tx, known, _AVATAR_RESTS)


def avatars(tx: Connection, customer_id: str) -> list[str]:
    """The pictures of a customer, by their SHA-256."""
    query = sa.select(address.c.avatar).where(address.c.customer_id == customer_id, address.c.avatar != "")
    return [row[0] for row in tx.execute(query.order_by(address.c.created_at))]


def mark_reachable(tx: Connection, address_id: str, reachable: bool) -> None:
    """Remember whether the customer can be written to there."""
    tx.execute(
        sa.update(address)
        .where(address.c.id == address_id, address.c.reachable != reachable)
        .values(reachable=reachable)
    )


def note_blocked(tx: Connection, event: Blocked) -> None:
    """Remember that a customer has blocked us or takes us back; somebody who never wrote is not remembered."""
    known = find(tx, event.channel, event.account, event.sender)
    if known is not None:
        mark_reachable(tx, known.id, not event.blocked)


def move(tx: Connection, event: Moved) -> int:
    """Give addresses their platform's new ids; how many. One that has written under its new id already stays."""
    mine = (address.c.channel == event.channel, address.c.account == event.account)
    begins = address.c.external_id.startswith(event.before, autoescape=True)
    moved = 0
    for known in [_address(row) for row in tx.execute(sa.select(address).where(*mine, begins))]:
        new = event.after + known.external_id.removeprefix(event.before)
        if find(tx, event.channel, event.account, new) is None:
            tx.execute(sa.update(address).where(address.c.id == known.id).values(external_id=new))
            moved += 1
    return moved


def _row(tx: Connection, channel: str, account: str, external_id: str) -> Any:
    there = (address.c.channel == channel, address.c.account == account, address.c.external_id == external_id)
    return tx.execute(sa.select(address).where(*there)).first()


def _ask_again(tx: Connection, row: Any, after: timedelta) -> None:
    asked = conversations.utc_or_none(row.avatar_asked_at)
    if asked is not None and asked < now() - after:
        tx.execute(sa.update(address).where(address.c.id == row.id).values(avatar_asked_at=None))


def _address(row: Any) -> Address:
    return Address(row.id, row.customer_id, row.channel, row.account, row.external_id)
