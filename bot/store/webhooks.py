"""Outgoing webhooks: who is told, and what is to be told and is not yet."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import BodyInvalid, Unknown
from bot.models import new_id, now
from bot.store.tables import webhook, webhook_delivery
from bot.store.times import utc

KINDS = (
    "message.created",
    "conversation.queued",
    "conversation.taken",
    "conversation.transferred",
    "conversation.returned",
    "conversation.taken_back",
    "conversation.snoozed",
    "conversation.woken",
    "conversation.closed",
    "conversation.rated",
    "signal.created",
    "webhook.test",
)
"""What can be told."""
MOST = 50
"""Webhooks of one site."""


@dataclass(frozen=True)
class Webhook:
    """Somebody who is told. `secret` is sealed; `waiting` and `dead` count deliveries, `error` is the last one's."""

    id: str
    url: str
    secret: str
    kinds: tuple[str, ...]
    created_at: datetime
    waiting: int = 0
    dead: int = 0
    error: str | None = None


@dataclass(frozen=True)
class Delivery:
    """Something that waits to be told. `event_id` and `body` are the same for every try."""

    id: int
    webhook_id: str
    url: str
    secret: str
    event_id: str
    kind: str
    body: str
    tries: int
    created_at: datetime


def tell(tx: Connection, kind: str, data: Mapping[str, Any], *, event_id: str | None = None) -> None:
    """Let everybody who wants to know be told, in the transaction that does what is told; ValueError if no kind.

    `data` names ids and never quotes what people say: receivers read that through the API, with their rights.
    `event_id` is for what has an id elsewhere too, such as a signal; else each event gets one of its own.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind of webhook")
    rows = tx.execute(sa.select(webhook.c.id, webhook.c.kinds).where(webhook.c.disabled_at.is_(None))).all()
    wanting = [row.id for row in rows if kind in json.loads(row.kinds)]
    if wanting:
        _add_deliveries(tx, wanting, kind, data, event_id=event_id or new_id())


def tell_one(tx: Connection, webhook_id: str, kind: str, data: Mapping[str, Any]) -> None:
    """Let one be told, whatever kinds it wants; Unknown if there is none."""
    if tx.execute(sa.select(webhook.c.id).where(webhook.c.id == webhook_id)).first() is None:
        raise Unknown("there is no such webhook")
    _add_deliveries(tx, [webhook_id], kind, data, event_id=new_id())


def add(tx: Connection, *, url: str, secret: str, kinds: Collection[str]) -> Webhook:
    """A new webhook with its sealed secret; BodyInvalid if there are too many."""
    if tx.execute(sa.select(sa.func.count()).select_from(webhook)).scalar() >= MOST:
        raise BodyInvalid(f"there are {MOST} webhooks already; remove one")
    made = Webhook(new_id(), url, secret, tuple(kinds), now())
    tx.execute(
        sa.insert(webhook).values(
            id=made.id, url=url, secret=secret, kinds=json.dumps(list(made.kinds)), created_at=made.created_at
        )
    )
    return made


def remove(tx: Connection, webhook_id: str) -> None:
    """Tell somebody nothing any more, also what waits; Unknown if there is no such webhook."""
    tx.execute(sa.delete(webhook_delivery).where(webhook_delivery.c.webhook_id == webhook_id))
    if tx.execute(sa.delete(webhook).where(webhook.c.id == webhook_id)).rowcount != 1:
        raise Unknown("there is no such webhook")


def everyone(tx: Connection) -> list[Webhook]:
    """All webhooks with the state of their deliveries, the oldest first."""
    counts: dict[tuple[str, str], int] = {
        (row[0], row[1]): row[2]
        for row in tx.execute(
            sa.select(webhook_delivery.c.webhook_id, webhook_delivery.c.status, sa.func.count()).group_by(
                webhook_delivery.c.webhook_id, webhook_delivery.c.status
            )
        )
    }
    return [
        Webhook(
            id=row.id,
            url=row.url,
            secret=row.secret,
            kinds=tuple(json.loads(row.kinds)),
            created_at=utc(row.created_at),
            waiting=counts.get((row.id, "waiting"), 0),
            dead=counts.get((row.id, "dead"), 0),
            error=_latest_error(tx, row.id),
        )
        for row in tx.execute(sa.select(webhook).order_by(webhook.c.created_at, webhook.c.id)).all()
    ]


def waiting(tx: Connection) -> list[str]:
    """The webhooks for which something waits."""
    query = sa.select(webhook_delivery.c.webhook_id).where(webhook_delivery.c.status == "waiting").distinct()
    return list(tx.execute(query).scalars())


def next_for(tx: Connection, webhook_id: str) -> tuple[Delivery, float] | None:
    """The oldest waiting delivery of a webhook and the seconds it must still rest (0 = now), or None."""
    query = (
        sa.select(webhook_delivery, webhook.c.url, webhook.c.secret)
        .select_from(webhook_delivery.join(webhook, webhook.c.id == webhook_delivery.c.webhook_id))
        .where(webhook_delivery.c.webhook_id == webhook_id, webhook_delivery.c.status == "waiting")
        .order_by(webhook_delivery.c.id)
        .limit(1)
    )
    row = tx.execute(query).first()
    if row is None:
        return None
    delivery = Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        url=row.url,
        secret=row.secret,
        event_id=row.event_id,
        kind=row.kind,
        body=row.body,
        tries=row.tries,
        created_at=utc(row.created_at),
    )
    return delivery, max(0.0, (utc(row.next_at) - now()).total_seconds())


def sent(tx: Connection, delivery_id: int) -> None:
    """Note that the receiver has taken a delivery."""
    _settle(tx, delivery_id, status="sent", sent_at=now(), error=None)


def postpone(tx: Connection, delivery_id: int, *, seconds: float, error: str) -> None:
    """Try a delivery again later."""
    _settle(
        tx,
        delivery_id,
        tries=webhook_delivery.c.tries + 1,
        next_at=now() + timedelta(seconds=seconds),
        error=error,
    )


def give_up(tx: Connection, delivery_id: int, *, error: str) -> None:
    """Note that a delivery will not be tried again."""
    _settle(tx, delivery_id, status="dead", error=error)


def purge(tx: Connection, *, days: float) -> None:
    """Forget deliveries that were settled and made longer ago than this."""
    old = webhook_delivery.c.created_at < now() - timedelta(days=days)
    tx.execute(sa.delete(webhook_delivery).where(webhook_delivery.c.status != "waiting", old))


def _add_deliveries(
    tx: Connection, webhook_ids: list[str], kind: str, data: Mapping[str, Any], *, event_id: str
) -> None:
    moment = now()
    event = {"id": event_id, "kind": kind, "at": moment.isoformat(), "data": dict(data)}
    body = json.dumps(event, ensure_ascii=False)
    rows = [
        {
            "webhook_id": webhook_id,
            "event_id": event_id,
            "kind": kind,
            "body": body,
            "status": "waiting",
            "next_at": moment,
            "created_at": moment,
        }
        for webhook_id in webhook_ids
    ]
    tx.execute(sa.insert(webhook_delivery), rows)


def _latest_error(tx: Connection, webhook_id: str) -> str | None:
    query = (
        sa.select(webhook_delivery.c.error)
        .where(webhook_delivery.c.webhook_id == webhook_id)
        .order_by(webhook_delivery.c.id.desc())
        .where(webhook_delivery.c.status.in_(["dead", "sent"]) | (webhook_delivery.c.tries > 0))
        .limit(1)
    )
    found: str | None = tx.execute(query).scalar()
    return found


def _settle(tx: Connection, delivery_id: int, **columns: Any) -> None:
    tx.execute(
        sa.update(webhook_delivery)
        .where(webhook_delivery.c.id == delivery_id, webhook_delivery.c.status == "waiting")
        .values(**columns)
    )
