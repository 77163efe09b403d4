"""Agents as the desk must know them: who somebody is and what they may do. Accounts are in bot/store/people.py."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import Unknown
from bot.models import Agent, Presence, Role
from bot.store.conversations import utc_or_none
from bot.store.tables import agent, agent_team, team


def find(tx: Connection, agent_id: str) -> Agent:
    """An agent who may sign in; Unknown if there is none or the account is closed."""
    row = tx.execute(sa.select(agent).where(agent.c.id == agent_id, agent.c.disabled_at.is_(None))).first()
    if row is None:
        raise Unknown("there is no such agent")
    teams = tx.execute(sa.select(agent_team.c.team_id).where(agent_team.c.agent_id == agent_id))
    return of_row(row, tuple(item.team_id for item in teams))


def has_team(tx: Connection, team_id: str) -> bool:
    """Whether there is such a team."""
    return tx.execute(sa.select(team.c.id).where(team.c.id == team_id)).first() is not None


def of_row(row: Any, teams: tuple[str, ...]) -> Agent:
    """An agent from a row with the table's column names and the ids of the agent's teams."""
    return Agent(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        languages=tuple(json.loads(row.languages)),
        teams=teams,
        capacity=row.capacity,
        locale=row.locale,
        presence=Presence(row.presence),
        present_at=utc_or_none(row.present_at),
        generation=row.generation,
        disabled_at=utc_or_none(row.disabled_at),
    )
