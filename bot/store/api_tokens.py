"""API tokens: kept as digests, good until they end or are revoked, never more than their agent."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Unknown
from bot.models import Agent, new_id, now
from bot.store import people
from bot.store.tables import api_token
from bot.store.times import utc

_USED_SECONDS = 60


@dataclass(frozen=True)
class ApiToken:
    """A token without its secret."""

    id: str
    agent_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None

    @property
    def stale(self) -> bool:
        """Whether it is time to note again that it is in use."""
        return self.used_at is None or (now() - self.used_at).total_seconds() > _USED_SECONDS


def add(
    tx: Connection, owner: Agent, *, digest: str, name: str, scopes: Collection[str], days: int | None
) -> ApiToken:
    """A new token of an agent; with `days` None it does not end by itself."""
    moment = now()
    made = ApiToken(
        id=new_id(),
        agent_id=owner.id,
        name=name,
        scopes=tuple(scopes),
        created_at=moment,
        expires_at=None if days is None else moment + timedelta(days=days),
        used_at=None,
    )
    tx.execute(
        sa.insert(api_token).values(
            id=made.id,
            digest=digest,
            agent_id=made.agent_id,
            name=name,
            scopes=json.dumps(list(made.scopes)),
            created_at=moment,
            expires_at=made.expires_at,
        )
    )
    return made


def find(tx: Connection, digest: str) -> tuple[ApiToken, Agent] | None:
    """A token that holds, and the agent it acts as, who may still come in."""
    row = tx.execute(sa.select(api_token).where(api_token.c.digest == digest, *_good())).one_or_none()
    if row is None:
        return None
    owner = people.find(tx, row.agent_id)
    return None if owner.disabled_at else (_token(row), owner)


def of_agent(tx: Connection, agent_id: str | None) -> list[ApiToken]:
    """The tokens of an agent that hold (None: of all agents), the newest first."""
    query = sa.select(api_token).where(*_good()).order_by(api_token.c.created_at.desc(), api_token.c.id)
    if agent_id is not None:
        query = query.where(api_token.c.agent_id == agent_id)
    return [_token(row) for row in tx.execute(query)]


def touch(tx: Connection, token_id: str) -> None:
    """Note that a token is in use now."""
    tx.execute(sa.update(api_token).where(api_token.c.id == token_id).values(used_at=now()))


def revoke(tx: Connection, token_id: str, *, agent_id: str | None) -> None:
    """Let a token open nothing any more; Unknown if there is none, or it is not this agent's (None: anybody's)."""
    query = sa.update(api_token).where(api_token.c.id == token_id, *_good()).values(revoked_at=now())
    if agent_id is not None:
        query = query.where(api_token.c.agent_id == agent_id)
    if tx.execute(query).rowcount != 1:
        raise Unknown("there is no such token")


def _good() -> tuple[Any, ...]:
    return (
        api_token.c.revoked_at.is_(None),
        sa.or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > now()),
    )


def _token(row: Any) -> ApiToken:
    return ApiToken(
        id=row.id,
        agent_id=row.agent_id,
        name=row.name,
        scopes=tuple(json.loads(row.scopes)),
        created_at=utc(row.created_at),
        expires_at=utc(row.expires_at) if row.expires_at else None,
        used_at=utc(row.used_at) if row.used_at else None,
    )
