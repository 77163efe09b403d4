"""What is done once an hour: what has ended is forgotten, and the audit log's end is told to the log."""

from __future__ import annotations

import structlog

from bot.store import Store, alerts, audit, falls, sessions

log = structlog.get_logger(__name__)

TIDY_SECONDS = 3600.0


async def tidy(store: Store) -> None:
    """Forget ended sessions and invitations. Who keeps our log elsewhere sees by it if the audit log is cut off."""
    await store.write(sessions.purge)
    await store.write(falls.forget_hours)
    await store.write(alerts.forget_deliveries)
    head = await store.read(audit.head)
    log.info("audit.head", rows=head.rows, hash=head.hash)
