"""Alerts: what people who supervise are told, each once, and the way of those that leave the console."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Unknown
from bot.models import now
from bot.store.conversations import utc_or_none
from bot.store.insert import insert_new
from bot.store.tables import agent, alert, alert_delivery, conversation, customer
from bot.store.times import utc

FALL, SPIKE = "fall", "spike"
MAIL = "mail"
PAGE = 100
"""Alerts that one reading brings at most."""

_KEPT_DAYS = 14

Receiver = tuple[str, str]
"""A way out of the console, MAIL or a channel's name, with who is told on it: (MAIL, "mia@shop.example")."""


@dataclass(frozen=True)
class Alert:
    """One alert. A fall has a conversation with its `customer`, by name, a spike the window that it covers so far."""

    id: int
    kind: str
    conversation_id: str | None
    customer: str
    window_from: datetime | None
    window_until: datetime | None
    detail: Mapping[str, Any]
    made_at: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None


@dataclass(frozen=True)
class Delivery:
    """An alert that waits to be told to one receiver."""

    id: int
    alert: Alert
    way: str
    receiver: str
    tries: int
    created_at: datetime


def tell_fall(tx: Connection, conversation_id: str, message_id: str, detail: Mapping[str, Any]) -> bool:
    """Tell of the fall that showed with this message; False if that was told before, which then keeps the deepest."""
    subject = f"{FALL}/{conversation_id}/{message_id}"
    told = _told(detail)
    if insert_new(
        tx,
        alert,
        kind=FALL,
        subject=subject,
        conversation_id=conversation_id,
        detail=told,
        made_at=now(),
    ):
        return True
    known = json.loads(tx.execute(sa.select(alert.c.detail).where(alert.c.subject == subject)).scalar_one())
    if detail["fall"] > known["fall"]:
        tx.execute(sa.update(alert).where(alert.c.subject == subject).values(detail=told))
    return False


def tell_spike(
    tx: Connection,
    window: tuple[datetime, datetime],
    detail: Mapping[str, Any],
    *,
    receivers: Collection[Receiver],
) -> bool:
    """Tell of a spike, and let each receiver be told; False if it is the one that was told before, which goes on.

    A spike whose window touches that of the last one is the same.
    """
    begins, ends = window
    latest = tx.execute(
        sa.select(alert.c.id, alert.c.window_until)
        .where(alert.c.kind == SPIKE)
        .order_by(alert.c.id.desc())
        .limit(1)
    ).first()
    if latest is not None and utc(latest.window_until) >= begins:
        tx.execute(
            sa.update(alert)
            .where(alert.c.id == latest.id)
            .values(window_until=max(ends, utc(latest.window_until)), detail=_told(detail))
        )
        return False
    subject = f"{SPIKE}/{begins:%Y-%m-%dT%H}"
    if not insert_new(
        tx,
        alert,
        kind=SPIKE,
        subject=subject,
        window_from=begins,
        window_until=ends,
        detail=_told(detail),
        made_at=now(),
    ):
        return False
    made = tx.execute(sa.select(alert.c.id).where(alert.c.subject == subject)).scalar_one()
    for way, receiver in receivers:
        _add_delivery(tx, made, way, receiver)
    return True


def listed(
    tx: Connection, *, only_open: bool = False, before: int | None = None, limit: int = PAGE
) -> list[Alert]:
    """Alerts, the newest first; only those that nobody has seen, or only those before an id, if asked for."""
    query = _alerts().order_by(alert.c.id.desc()).limit(limit)
    if only_open:
        query = query.where(alert.c.acknowledged_at.is_(None))
    if before is not None:
        query = query.where(alert.c.id < before)
    return [_alert_of(row) for row in tx.execute(query)]


def open_count(tx: Connection) -> int:
    """How many alerts nobody has seen."""
    query = sa.select(sa.func.count()).select_from(alert).where(alert.c.acknowledged_at.is_(None))
    return int(tx.execute(query).scalar_one())


def acknowledge(tx: Connection, alert_id: int, agent_id: str) -> tuple[Alert, bool]:
    """Note who has seen an alert, the first time only; the alert, and whether this was it. Unknown."""
    first = tx.execute(
        sa.update(alert)
        .where(alert.c.id == alert_id, alert.c.acknowledged_at.is_(None))
        .values(acknowledged_by=agent_id, acknowledged_at=now())
    ).rowcount
    row = tx.execute(_alerts().where(alert.c.id == alert_id)).first()
    if row is None:
        raise Unknown("there is no such alert")
    return _alert_of(row), bool(first)


def claim(tx: Connection, *, seconds: float) -> Delivery | None:
    """A delivery that is due, for `seconds` nobody else's; None if none is."""
    moment = now()
    query = (
        sa.select(alert_delivery)
        .where(alert_delivery.c.status == "waiting", alert_delivery.c.next_at <= moment)
        .order_by(alert_delivery.c.next_at, alert_delivery.c.id)
        .limit(1)
    )
    row = tx.execute(query).first()
    if row is None:
        return None
    mine = tx.execute(
        sa.update(alert_delivery)
        .where(alert_delivery.c.id == row.id, alert_delivery.c.tries == row.tries)
        .values(tries=row.tries + 1, next_at=moment + timedelta(seconds=seconds))
    ).rowcount
    if not mine:
        return None
    about = _alert_of(tx.execute(_alerts().where(alert.c.id == row.alert_id)).one())
    return Delivery(row.id, about, row.way, row.receiver, row.tries + 1, utc(row.created_at))


def sent(tx: Connection, delivery_id: int) -> None:
    """Note that the receiver has been told."""
    _settle(tx, delivery_id, status="sent", sent_at=now(), error=None)


def postpone(tx: Connection, delivery_id: int, *, seconds: float, error: str) -> None:
    """Try a delivery again later."""
    _settle(tx, delivery_id, next_at=now() + timedelta(seconds=seconds), error=error)


def give_up(tx: Connection, delivery_id: int, *, error: str) -> None:
    """Note that a delivery will not be tried again."""
    _settle(tx, delivery_id, status="dead", error=error)


def forget_deliveries(tx: Connection) -> None:
    """Forget deliveries that were settled and made long ago; the alerts stay."""
    old = alert_delivery.c.created_at < now() - timedelta(days=_KEPT_DAYS)
    tx.execute(sa.delete(alert_delivery).where(alert_delivery.c.status != "waiting", old))


def _add_delivery(tx: Connection, alert_id: int, way: str, receiver: str) -> None:
    moment = now()
    row = {"alert_id": alert_id, "way": way, "receiver": receiver, "status": "waiting"}
    insert_new(tx, alert_delivery, **row, next_at=moment, created_at=moment)


def _alerts() -> Any:
    return sa.select(alert, customer.c.name.label("customer"), agent.c.name.label("seen_by")).select_from(
        alert.outerjoin(conversation, conversation.c.id == alert.c.conversation_id)
        .outerjoin(customer, customer.c.id == conversation.c.customer_id)
        .outerjoin(agent, agent.c.id == alert.c.acknowledged_by)
    )


def _alert_of(row: Any) -> Alert:
    return Alert(
        id=row.id,
        kind=row.kind,
        conversation_id=row.conversation_id,
        customer=row.customer or "",
        window_from=utc_or_none(row.window_from),
        window_until=utc_or_none(row.window_until),
        detail=json.loads(row.detail),
        made_at=utc(row.made_at),
        acknowledged_by=row.seen_by,
        acknowledged_at=utc_or_none(row.acknowledged_at),
    )


def _told(detail: Mapping[str, Any]) -> str:
    return json.dumps(dict(detail), ensure_ascii=False)


def _settle(tx: Connection, delivery_id: int, **columns: Any) -> None:
    tx.execute(
        sa.update(alert_delivery)
        .where(alert_delivery.c.id == delivery_id, alert_delivery.c.status == "waiting")
        .values(**columns)
    )
