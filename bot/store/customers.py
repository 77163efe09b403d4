"""Customers as the desk sees them: whether they are heard."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Unknown
from bot.models import now
from bot.store.tables import customer


def is_blocked(tx: Connection, customer_id: str) -> bool:
    """Whether people have blocked a customer; Unknown if there is none."""
    row = tx.execute(sa.select(customer.c.blocked_at).where(customer.c.id == customer_id)).first()
    if row is None:
        raise Unknown("there is no such customer")
    return row.blocked_at is not None


def block(tx: Connection, customer_id: str, blocked: bool) -> None:
    """Let a customer's messages be kept and neither answered nor shown in a queue, or hear the customer again."""
    tx.execute(
        sa.update(customer).where(customer.c.id == customer_id).values(blocked_at=now() if blocked else None)
    )
