"""Rows of a desk in full work, written at once: agents, customers, conversations, messages, handoffs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.models import Agent, Reason, Role, Status, new_id, now
from bot.store import Connection, Store
from bot.store.tables import address, agent, conversation, customer, handoff, message, outbox


def an_agent(name: str = "Anna", role: Role = Role.AGENT, **more: Any) -> Agent:
    """An agent who is in no table yet."""
    key = new_id()
    return Agent(id=key, email=f"{key}@example.com", name=name, role=role, **more)


async def add_agents(store: Store, people: Sequence[Agent]) -> None:
    """Write agents."""
    rows = [
        {
            "id": one.id,
            "email": one.email,
            "name": one.name,
            "role": one.role.value,
            "languages": json.dumps(one.languages),
            "presence": one.presence.value,
            "created_at": now(),
            "disabled_at": one.disabled_at,
        }
        for one in people
    ]
    await store.write(lambda tx: tx.execute(sa.insert(agent), rows))


def talk(
    tx: Connection,
    *,
    name: str = "Ioana",
    status: Status = Status.QUEUED,
    owner: str | None = None,
    words: Sequence[tuple[str, str]] = (("customer", "hello"), ("bot", "Good morning")),
    reason: Reason | None = Reason.ASKED,
    priority: int = 10,
    anger: float = 0.0,
    queued_at: datetime | None = None,
    at: datetime | None = None,
    customer_id: str | None = None,
    channel: str = "web",
    **changes: Any,
) -> str:
    """One conversation with what was said in it, a second between each, and its open handoff; its id.

    With `customer_id` it goes on from that customer's last conversation.
    """
    moment = at or now() - timedelta(hours=1)
    key = new_id()
    address_id, first = new_id(), 0
    if customer_id is None:
        customer_id = new_id()
        tx.execute(sa.insert(customer).values(id=customer_id, name=name, created_at=moment))
        tx.execute(
            sa.insert(address).values(
                id=address_id,
                customer_id=customer_id,
                channel=channel,
                account="demo",
                external_id=new_id(),
                created_at=moment,
            )
        )
    else:
        row = tx.execute(sa.select(address.c.id).where(address.c.customer_id == customer_id)).first()
        address_id = row.id
        first = tx.execute(
            sa.select(sa.func.max(conversation.c.last_seq)).where(conversation.c.customer_id == customer_id)
        ).scalar()
    tx.execute(
        sa.insert(conversation).values(
            {
                "id": key,
                "customer_id": customer_id,
                "status": status.value,
                "owner": owner,
                "language": "en",
                "last_seq": first + len(words),
                "opened_at": moment,
                "updated_at": moment,
                **changes,
            }
        )
    )
    rows = [
        {
            "id": new_id(),
            "conversation_id": key,
            "seq": first + number,
            "author_kind": kind,
            "author_name": "",
            "text": text,
            "address_id": address_id,
            "sent_at": moment + timedelta(seconds=number),
        }
        for number, (kind, text) in enumerate(words, start=1)
    ]
    if rows:
        tx.execute(sa.insert(message), rows)
    if reason is not None and status in (Status.QUEUED, Status.HUMAN):
        asked = [first + place for place, (kind, _) in enumerate(words, start=1) if kind == "customer"]
        tx.execute(
            sa.insert(handoff).values(
                id=new_id(),
                conversation_id=key,
                reason=reason.value,
                detail="{}",
                seq=asked[0] if asked else first,
                priority=priority,
                anger=anger,
                language="en",
                queued_at=queued_at or moment,
                taken_by=owner,
                taken_at=moment if owner else None,
            )
        )
    return key


def undelivered(tx: Connection, conversation_id: str) -> str:
    """Let the last message of ours in a conversation be one that could not be delivered; its id."""
    ours = sa.and_(message.c.conversation_id == conversation_id, message.c.author_kind != "customer")
    said = tx.execute(sa.select(message.c.id, message.c.address_id).where(ours)).all()[-1]
    tx.execute(
        sa.insert(outbox).values(
            message_id=said.id,
            address_id=said.address_id,
            status="dead",
            error="Forbidden",
            next_at=now(),
            created_at=now(),
        )
    )
    return str(said.id)
