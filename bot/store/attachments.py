"""Attachments: what came with a message, and what has become of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import Attachment, IncomingFile, Message, new_id, now
from bot.store.tables import attachment


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


def _row(message_id: str, position: int, file: IncomingFile) -> dict[str, Any]:
    return {
        "id": new_id(),
        "message_id": message_id,
        "position": position,
        "kind": file.kind,
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        # Without a file there is nothing to wait for: the caption is all of it.
        "state": "waiting" if file.remote_id else "stored",
        "remote_id": file.remote_id,
        "caption": file.caption,
        "next_at": now(),
    }
