"""Agents and waiting customers in the store, for tests of the desk."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.handoff import Wish
from bot.models import Conversation, Handoff, Inbound, Presence, Reason, Role, new_id, now
from bot.store import Connection, conversations, inbox, ownership
from bot.store.tables import agent, agent_team, conversation, team


def add_agent(
    tx: Connection,
    name: str,
    *,
    languages: tuple[str, ...] = ("en",),
    capacity: int = 4,
    teams: tuple[str, ...] = (),
    role: Role = Role.AGENT,
    presence: Presence = Presence.ONLINE,
    present_at: datetime | None = None,
) -> str:
    """An agent whose console is open now, unless something else is said; the agent's id."""
    agent_id = new_id()
    tx.execute(
        sa.insert(agent).values(
            id=agent_id,
            email=f"{name.lower()}@shop.example",
            name=name,
            role=role.value,
            languages=json.dumps(languages),
            capacity=capacity,
            presence=presence.value,
            present_at=present_at or now(),
            created_at=now(),
        )
    )
    for team_id in teams:
        tx.execute(sa.insert(agent_team).values(agent_id=agent_id, team_id=team_id))
    return agent_id


def add_team(tx: Connection, name: str) -> str:
    """A team without intents; its id."""
    team_id = new_id()
    tx.execute(sa.insert(team).values(id=team_id, name=name))
    return team_id


def let_wait(
    tx: Connection,
    /,
    name: str,
    *,
    channel: str = "web",
    priority: int = 40,
    anger: float = 0.0,
    language: str | None = "en",
    **more: Any,
) -> tuple[Conversation, Handoff]:
    """A customer who has written and waits for a person: the conversation and its handoff."""
    said = Inbound(channel, "demo", new_id(), name, "a person, please", raw="{}", name=name)
    accepted = inbox.accept(tx, said)
    item, _ = inbox.claim(tx, accepted.conversation_id)
    assert item is not None
    inbox.finish(tx, item)
    spoken = sa.update(conversation).where(conversation.c.id == accepted.conversation_id)
    tx.execute(spoken.values(language=language))
    seen = conversations.find(tx, accepted.conversation_id)
    return ownership.queue(tx, seen, Wish(Reason.ASKED, priority, {}, anger), **more)
