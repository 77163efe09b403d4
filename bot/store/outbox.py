"""The outbox: what is to be delivered by channels that push, in order for each address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import StaleOwner
from bot.models import Address, AuthorKind, Message, OutboxItem, now
from bot.store import conversations
from bot.store.tables import address, message, outbox


def add(tx: Connection, messages: Sequence[Message], address_id: str) -> None:
    """Let messages wait for delivery to an address, in the transaction that writes them."""
    moment = now()
    rows = [
        {
            "message_id": said.id,
            "address_id": address_id,
            "status": "waiting",
            "next_at": moment,
            "created_at": moment,
        }
        for said in messages
    ]
    if rows:
        tx.execute(sa.insert(outbox), rows)


def next_for(tx: Connection, address_id: str) -> tuple[OutboxItem, float] | None:
    """The oldest waiting delivery of an address and the seconds it must still rest (0 = now), or None."""
    row = (
        (
            tx.execute(
                sa.select(outbox, message, address)
                .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
                .select_from(
                    outbox.join(message, message.c.id == outbox.c.message_id).join(
                        address, address.c.id == outbox.c.address_id
                    )
                )
                .where(outbox.c.address_id == address_id, outbox.c.status == "waiting")
                .order_by(outbox.c.id)
                .limit(1)
            )
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    rest = (conversations.utc(row["outbox_next_at"]) - now()).total_seconds()
    return _item(row), max(0.0, rest)


def waits(tx: Connection, message_id: str) -> bool:
    """Whether a message still waits for delivery: read just before it goes out, for it may be withdrawn meanwhile."""
    query = sa.select(outbox.c.id).where(outbox.c.message_id == message_id, outbox.c.status == "waiting")
    return tx.execute(query).first() is not None


def withdraw(tx: Connection, conversation_id: str) -> None:
    """Keep back what the bot has said in a conversation and has not sent, in the transaction of a take-over."""
    bots = sa.select(message.c.id).where(
        message.c.conversation_id == conversation_id, message.c.author_kind == AuthorKind.BOT.value
    )
    tx.execute(
        sa.update(outbox)
        .where(outbox.c.status == "waiting", outbox.c.message_id.in_(bots))
        .values(status="withdrawn")
    )


def begin(tx: Connection, message_id: str) -> None:
    """Note that the platform may have a message from now on. Written before the first call that sends it."""
    tx.execute(
        sa.update(outbox)
        .where(outbox.c.message_id == message_id, outbox.c.begun_at.is_(None))
        .values(begun_at=now())
    )


def begun(tx: Connection, message_id: str) -> datetime | None:
    """Since when the platform may have a message; None if nobody has begun to send it."""
    moment = tx.execute(sa.select(outbox.c.begun_at).where(outbox.c.message_id == message_id)).scalar()
    return None if moment is None else conversations.utc(moment)


def sent(tx: Connection, item: OutboxItem, *, provider_id: str) -> None:
    """Note that the platform has accepted a message, under its own id; also of one withdrawn while it was under way."""
    tx.execute(
        sa.update(outbox)
        .where(outbox.c.id == item.id, outbox.c.status.in_(["waiting", "withdrawn"]))
        .values(status="sent", provider_id=provider_id, sent_at=now())
    )


def give_up(tx: Connection, item: OutboxItem, *, error: str) -> None:
    """Note that a message will not be delivered, and why."""
    tx.execute(
        sa.update(outbox)
        .where(outbox.c.id == item.id, outbox.c.status == "waiting")
        .values(status="dead", error=error[:500])
    )


def address_of(tx: Connection, message_id: str) -> str | None:
    """The address that a message is delivered to, None if it is not pushed anywhere."""
    query = sa.select(outbox.c.address_id).where(outbox.c.message_id == message_id)
    found: str | None = tx.execute(query).scalar()
    return found


def again(tx: Connection, message_id: str) -> None:
    """Let a delivery that was given up begin anew; StaleOwner if it was not given up."""
    result = tx.execute(
        sa.update(outbox)
        .where(outbox.c.message_id == message_id, outbox.c.status == "dead")
        .values(status="waiting", tries=0, error=None, next_at=now())
    )
    if result.rowcount != 1:
        raise StaleOwner("this message is not undelivered")


def postpone(tx: Connection, item: OutboxItem, *, seconds: float, error: str, counts: bool = True) -> None:
    """Let a delivery rest; `counts` says whether this uses up a try."""
    tx.execute(
        sa.update(outbox)
        .where(outbox.c.id == item.id, outbox.c.status == "waiting")
        .values(
            tries=outbox.c.tries + (1 if counts else 0),
            error=error[:500],
            next_at=now() + timedelta(seconds=seconds),
        )
    )


def waiting_addresses(tx: Connection, channels: Collection[str]) -> list[str]:
    """Addresses of these channels for which something waits, the longest waiting first."""
    rows = tx.execute(
        sa.select(outbox.c.address_id)
        .select_from(outbox.join(address, address.c.id == outbox.c.address_id))
        .where(outbox.c.status == "waiting", address.c.channel.in_(list(channels)))
        .group_by(outbox.c.address_id)
        .order_by(sa.func.min(outbox.c.id))
    )
    return [row[0] for row in rows]


def depth(tx: Connection) -> dict[str, int]:
    """How many deliveries are waiting and how many were given up."""
    # The index is one of all that were not sent.
    unsent = sa.and_(sa.text("outbox.status <> 'sent'"), outbox.c.status.in_(["waiting", "dead"]))
    rows = tx.execute(sa.select(outbox.c.status, sa.func.count()).where(unsent).group_by(outbox.c.status))
    return {"waiting": 0, "dead": 0} | {status: count for status, count in rows}


def _item(row: Any) -> OutboxItem:
    return OutboxItem(
        id=row["outbox_id"],
        message=conversations.message_of(row, prefix="message_"),
        address=Address(
            id=row["address_id"],
            customer_id=row["address_customer_id"],
            channel=row["address_channel"],
            account=row["address_account"],
            external_id=row["address_external_id"],
        ),
        tries=row["outbox_tries"],
    )
