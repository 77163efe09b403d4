"""Attachments: what came with a message, and what has become of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Address, Attachment, IncomingFile, Message, WaitingFile, new_id, now
from bot.store.tables import address, attachment, message

_with_address = attachment.join(message, message.c.id == attachment.c.message_id).join(
    address, address.c.id == message.c.address_id
)


def add(tx: Connection, message_id: str, files: Sequence[IncomingFile]) -> None:
    """Note the files that a message has brought, in the transaction that writes it."""
    rows = [_row(message_id, position, file) for position, file in enumerate(files)]
    if rows:
        tx.execute(sa.insert(attachment), rows)


def of_messages(tx: Connection, messages: Iterable[Message]) -> list[Message]:
    """The same messages with their attachments."""
    said = list(messages)
    if not said:
        return said
    rows = tx.execute(
        sa.select(attachment)
        .where(attachment.c.message_id.in_([message.id for message in said]))
        .order_by(attachment.c.message_id, attachment.c.position)
    )
    found: dict[str, list[Attachment]] = {}
    for row in rows:
        found.setdefault(row.message_id, []).append(attachment_of(row))
    return [replace(message, attachments=tuple(found.get(message.id, ()))) for message in said]


def next_waiting(tx: Connection, message_id: str) -> tuple[WaitingFile, float] | None:
    """A message's first file that waits, and the seconds it must still rest (0 = now), or None."""
    row = tx.execute(
        sa.select(
            attachment,
            message.c.conversation_id,
            message.c.place,
            address.c.id.label("address_id"),
            address.c.customer_id,
            address.c.channel,
            address.c.account,
            address.c.external_id,
            address.c.locale,
        )
        .select_from(_with_address)
        .where(attachment.c.message_id == message_id, attachment.c.state == "waiting")
        .order_by(attachment.c.position)
        .limit(1)
    ).first()
    if row is None:
        return None
    moment = row.next_at if row.next_at.tzinfo else row.next_at.replace(tzinfo=timezone.utc)
    return _waiting(row), max(0.0, (moment - now()).total_seconds())


def waiting_messages(tx: Connection, channels: Collection[str]) -> list[str]:
    """Messages of these channels with files that wait."""
    rows = tx.execute(
        sa.select(attachment.c.message_id)
        .select_from(_with_address)
        .where(attachment.c.state == "waiting", address.c.channel.in_(list(channels)))
        .distinct()
    )
    return [row[0] for row in rows]


def postpone(tx: Connection, waiting: WaitingFile, *, seconds: float, counts: bool) -> None:
    """Let a file rest; `counts` says whether this uses up a try."""
    tx.execute(
        sa.update(attachment)
        .where(attachment.c.id == waiting.id, attachment.c.state == "waiting")
        .values(tries=attachment.c.tries + (1 if counts else 0), next_at=now() + timedelta(seconds=seconds))
    )


def settle(tx: Connection, waiting: WaitingFile, **values: Any) -> bool:
    """Note what has become of a file; False if that was noted before, or its message was taken back."""
    result = tx.execute(
        sa.update(attachment)
        .where(attachment.c.id == waiting.id, attachment.c.state == "waiting")
        .values(**values)
    )
    return bool(result.rowcount)


def attachment_of(row: Any) -> Attachment:
    """An attachment from its row."""
    return Attachment(
        id=row.id,
        kind=row.kind,
        name=row.name,
        mime=row.mime,
        size=row.size,
        sha256=row.sha256,
        state=row.state,
        reason=row.reason,
        remote_id=row.remote_id,
        caption=row.caption,
        preview=row.preview,
    )


def _waiting(row: Any) -> WaitingFile:
    return WaitingFile(
        id=row.id,
        conversation_id=row.conversation_id,
        channel=row.channel,
        address=Address(row.address_id, row.customer_id, row.channel, row.account, row.external_id),
        locale=row.locale,
        file=IncomingFile(row.kind, row.remote_id, row.name, row.mime, row.size, row.caption),
        place=row.place,
        tries=row.tries,
    )


def _row(message_id: str, position: int, file: IncomingFile) -> dict[str, Any]:
    return {
        "id": new_id(),
        "message_id": message_id,
        "position": position,
        "kind": file.kind,
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        # Where a person is has no file, and of a sticker the caption is all we want.
        "state": "waiting" if file.remote_id and file.kind != "sticker" else "stored",
        "remote_id": file.remote_id,
        "caption": file.caption,
        "next_at": now(),
    }
