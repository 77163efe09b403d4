"""The audit log: rows that are only added, numbered without gaps, each one holding the hash of all before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import AuditBroken
from bot.models import now
from bot.store.tables import audit, audit_head

SERVER = "server"
COMMAND_LINE = "command line"

_PAGE = 2000
_BEGINNING = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One thing that was done. `at` is ISO 8601 UTC; `actor` an agent's id, SERVER, COMMAND_LINE, or "" for nobody."""

    id: int
    at: str
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class Verified:
    """A log's number of rows and the hash of the last one."""

    rows: int
    hash: str


def write(
    tx: Connection, *, actor: str, action: str, subject: str = "", details: Mapping[str, Any] | None = None
) -> None:
    """Add a row in the transaction that does what the row says.

    Call it last in a transaction: writers wait for each other from here to the commit.
    """
    former = tx.execute(sa.select(audit_head).where(audit_head.c.id == 1).with_for_update()).one()
    row = {
        "id": former.last_id + 1,
        "at": now().isoformat(),
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": json.dumps(details or {}, ensure_ascii=False, sort_keys=True),
    }
    digest = _hash(former.hash, row)
    tx.execute(sa.insert(audit).values(**row, hash=digest))
    tx.execute(sa.update(audit_head).where(audit_head.c.id == 1).values(last_id=row["id"], hash=digest))


def latest(tx: Connection, *, before: int | None = None, limit: int = 100) -> list[Entry]:
    """Rows with a number below `before` (None: the end), the newest first."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        Entry(row.id, row.at, row.actor, row.action, row.subject, json.loads(row.details), row.hash)
        for row in tx.execute(query)
    ]


def head(tx: Connection) -> Verified:
    """How long the log should be and the hash of its last row, without looking at the rows."""
    row = tx.execute(sa.select(audit_head)).one_or_none()
    if row is None:
        raise AuditBroken("the row of audit_head, which says how long the audit log is, has gone")
    return Verified(row.last_id, row.hash)


def verify(tx: Connection) -> Verified:
    """Look at every row and return the head; AuditBroken says which is the first that is missing or was changed."""
    highest = tx.execute(sa.select(sa.func.max(audit.c.id))).scalar() or 0
    # Read after the highest: what is written meanwhile only makes it larger.
    end = head(tx)
    if highest > end.rows:
        raise AuditBroken(f"row {highest} of the audit log was not written by the server")
    former, number = _BEGINNING, 0
    while number < end.rows:
        rows = tx.execute(_page(number, end.rows)).mappings().all()
        for row in rows:
            number += 1
            if row["id"] != number:
                raise AuditBroken(f"row {number} of the audit log is missing")
            former = _checked(former, row)
        if not rows:
            raise AuditBroken(f"rows {number + 1} to {end.rows} of the audit log are missing")
    if former != end.hash:
        raise AuditBroken("the end of the audit log was changed")
    return Verified(number, former)


def _page(after: int, last: int) -> Any:
    return sa.select(audit).where(audit.c.id > after, audit.c.id <= last).order_by(audit.c.id).limit(_PAGE)


def _checked(former: str, row: Mapping[str, Any]) -> str:
    digest = _hash(former, row)
    if digest != row["hash"]:
        raise AuditBroken(f"row {row['id']} of the audit log was changed, or the one before it")
    return digest


def _hash(former: str, row: Mapping[str, Any]) -> str:
    # As a JSON list, so that no two rows of different columns can read alike.
    content = [former, row["id"], row["at"], row["actor"], row["action"], row["subject"], row["details"]]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
