"""Changes of what customers have said: edited or taken back, also when the news comes before the message."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Deleted, Edited, Inbound, now
from bot.store import search_entries
from bot.store.insert import insert_new
from bot.store.tables import address, attachment, inbox, message, revision, turn


def revise(tx: Connection, change: Edited | Deleted) -> str | None:
    """Apply a change to its message; the customer's id, or None if nothing that is shown has changed.

    The same event again changes nothing. A change of a message that is not there yet is kept until it comes.
    """
    text = change.text if isinstance(change, Edited) else None
    fresh = insert_new(
        tx,
        revision,
        channel=change.channel,
        account=change.account,
        event_id=change.event_id,
        of_event_id=change.of_event_id,
        text=text,
        changed_at=_moment(change),
    )
    target = _target(tx, change.channel, change.account, change.of_event_id) if fresh else None
    if target is None:
        return None
    changed = _apply(tx, target.message_id, text, _moment(change))
    customer_id: str = target.customer_id
    return customer_id if changed else None


def catch_up(tx: Connection, inbound: Inbound, message_id: str) -> None:
    """Apply to a new message what was changed in it before it came."""
    rows = tx.execute(
        sa.select(revision.c.text, revision.c.changed_at)
        .where(
            revision.c.channel == inbound.channel,
            revision.c.account == inbound.account,
            revision.c.of_event_id == inbound.event_id,
        )
        .order_by(revision.c.changed_at, revision.c.id)
    ).all()
    for row in rows:
        _apply(tx, message_id, row.text, row.changed_at)


def _apply(tx: Connection, message_id: str, text: str | None, moment: datetime) -> bool:
    mine = message.c.id == message_id
    if text is None:
        tx.execute(sa.update(message).where(mine).values(text="", payload=None, deleted_at=moment))
        tx.execute(sa.update(inbox).where(inbox.c.message_id == message_id).values(raw=""))
        tx.execute(sa.delete(attachment).where(attachment.c.message_id == message_id))
        tx.execute(sa.update(turn).where(turn.c.message_id == message_id).values(entities="[]"))
        search_entries.change(tx, message_id, "")
        return True
    older = sa.or_(message.c.edited_at.is_(None), message.c.edited_at <= moment)
    result = tx.execute(
        sa.update(message)
        .where(mine, message.c.deleted_at.is_(None), older)
        .values(text=text, payload=None, edited_at=moment)
    )
    if result.rowcount:
        search_entries.change(tx, message_id, text)
    return bool(result.rowcount)


def _target(tx: Connection, channel: str, account: str, event_id: str) -> Any:
    return tx.execute(
        sa.select(inbox.c.message_id, address.c.customer_id)
        .select_from(
            inbox.join(message, message.c.id == inbox.c.message_id).join(
                address, address.c.id == message.c.address_id
            )
        )
        .where(inbox.c.channel == channel, inbox.c.account == account, inbox.c.event_id == event_id)
    ).first()


def _moment(change: Edited | Deleted) -> datetime:
    edited = change.edited_at if isinstance(change, Edited) else None
    return (edited or now()).astimezone(timezone.utc)
