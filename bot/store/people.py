"""Agents and teams."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import LastAdmin, Taken, Unknown
from bot.models import Agent, Presence, Role, Team, new_id, now
from bot.store.insert import insert_new
from bot.store.tables import agent, agent_team, team
from bot.store.times import utc


@dataclass(frozen=True)
class Secrets:
    """What an agent signs in with. `password_hash` is None until the invitation is used.

    The TOTP secrets are sealed; `totp_pending` is one that no code has confirmed yet.
    """

    password_hash: str | None
    totp_secret: str | None
    totp_pending: str | None
    totp_step: int


def add(
    tx: Connection, *, email: str, name: str, role: Role, languages: Collection[str] = (), capacity: int = 4
) -> Agent:
    """A new agent without a password; Taken if the e-mail address (in any case) is in use."""
    agent_id = new_id()
    added = insert_new(
        tx,
        agent,
        id=agent_id,
        email=normal_email(email),
        name=name,
        role=role.value,
        languages=json.dumps(list(languages)),
        capacity=capacity,
        created_at=now(),
    )
    if not added:
        raise Taken("an agent with this e-mail address is there already")
    return find(tx, agent_id)


def find(tx: Connection, agent_id: str) -> Agent:
    """One agent; Unknown if there is none with this id."""
    found = _agents(tx, agent.c.id == agent_id)
    if not found:
        raise Unknown("there is no such agent")
    return found[0]


def some(tx: Connection, agent_ids: Collection[str]) -> list[Agent]:
    """The agents with these ids, by name; those that there are not are left out."""
    return _agents(tx, agent.c.id.in_(agent_ids))


def by_email(tx: Connection, email: str) -> tuple[Agent, Secrets] | None:
    """The agent with this e-mail address, in any case, and what they sign in with."""
    found = _agents(tx, agent.c.email == normal_email(email))
    return (found[0], secrets_of(tx, found[0].id)) if found else None


def everybody(tx: Connection) -> list[Agent]:
    """All agents, also disabled ones, by name."""
    return _agents(tx, sa.true())


def secrets_of(tx: Connection, agent_id: str) -> Secrets:
    """What an agent signs in with; Unknown if there is none with this id."""
    columns = (agent.c.password_hash, agent.c.totp_secret, agent.c.totp_pending, agent.c.totp_step)
    row = tx.execute(sa.select(*columns).where(agent.c.id == agent_id)).one_or_none()
    if row is None:
        raise Unknown("there is no such agent")
    return Secrets(*row)


def invited(tx: Connection) -> set[str]:
    """The ids of those who have not used their invitation yet."""
    return set(tx.execute(sa.select(agent.c.id).where(agent.c.password_hash.is_(None))).scalars())


def with_second_factor(tx: Connection) -> set[str]:
    """The ids of those who sign in with a code."""
    return set(tx.execute(sa.select(agent.c.id).where(agent.c.totp_secret.isnot(None))).scalars())


def change(tx: Connection, agent_id: str, **columns: Any) -> Agent:
    """Write columns of an agent; Unknown if there is none, Taken if the e-mail address is in use."""
    if "email" in columns:
        columns["email"] = normal_email(columns["email"])
        taken = sa.select(agent.c.id).where(agent.c.email == columns["email"], agent.c.id != agent_id)
        if tx.execute(taken).first() is not None:
            raise Taken("an agent with this e-mail address is there already")
    if "languages" in columns:
        columns["languages"] = json.dumps(list(columns["languages"]))
    if columns:
        tx.execute(sa.update(agent).where(agent.c.id == agent_id).values(**columns))
    return find(tx, agent_id)


def raise_generation(tx: Connection, agent_id: str) -> Agent:
    """Let every session of an agent end that was opened before this."""
    tx.execute(sa.update(agent).where(agent.c.id == agent_id).values(generation=agent.c.generation + 1))
    return find(tx, agent_id)


def use_totp_step(tx: Connection, agent_id: str, step: int) -> bool:
    """Note that the code of a time step was used; False if it or a later one was used before."""
    result = tx.execute(
        sa.update(agent).where(agent.c.id == agent_id, agent.c.totp_step < step).values(totp_step=step)
    )
    return bool(result.rowcount == 1)


def admins_left(tx: Connection) -> None:
    """Return if an admin who can sign in is left after what this transaction did; LastAdmin if not."""
    # Locked, so that two admins cannot remove each other at the same moment.
    query = (
        sa.select(agent.c.id)
        .where(
            agent.c.role == Role.ADMIN.value, agent.c.disabled_at.is_(None), agent.c.password_hash.isnot(None)
        )
        .with_for_update()
    )
    if not tx.execute(query).all():
        raise LastAdmin("make somebody else an admin first")


def has_admin(tx: Connection) -> bool:
    """Whether an admin can sign in."""
    try:
        admins_left(tx)
    except LastAdmin:
        return False
    return True


# -- Teams ------------------------------------------------------------------------------------------------


def teams(tx: Connection) -> list[Team]:
    """All teams, by name."""
    rows = tx.execute(sa.select(team).order_by(team.c.name))
    return [Team(row.id, row.name, tuple(json.loads(row.intents))) for row in rows]


def add_team(tx: Connection, *, name: str, intents: Collection[str] = ()) -> Team:
    """A new team; Taken if the name is in use."""
    made = Team(new_id(), name, tuple(intents))
    if not insert_new(tx, team, id=made.id, name=name, intents=json.dumps(list(intents))):
        raise Taken("a team with this name is there already")
    return made


def change_team(tx: Connection, changed: Team) -> Team:
    """Give a team another name or other intents; Unknown or Taken."""
    if tx.execute(sa.select(team.c.id).where(team.c.name == changed.name, team.c.id != changed.id)).first():
        raise Taken("a team with this name is there already")
    values = {"name": changed.name, "intents": json.dumps(list(changed.intents))}
    if tx.execute(sa.update(team).where(team.c.id == changed.id).values(**values)).rowcount != 1:
        raise Unknown("there is no such team")
    return changed


def remove_team(tx: Connection, team_id: str) -> None:
    """Take a team away, its agents stay; Unknown if there is none."""
    tx.execute(sa.delete(agent_team).where(agent_team.c.team_id == team_id))
    if tx.execute(sa.delete(team).where(team.c.id == team_id)).rowcount != 1:
        raise Unknown("there is no such team")


def set_teams(tx: Connection, agent_id: str, team_ids: Iterable[str]) -> None:
    """Let an agent be in exactly these teams; Unknown if one does not exist."""
    wanted = dict.fromkeys(team_ids)
    known = set(tx.execute(sa.select(team.c.id).where(team.c.id.in_(list(wanted)))).scalars())
    if known != set(wanted):
        raise Unknown("there is no such team")
    tx.execute(sa.delete(agent_team).where(agent_team.c.agent_id == agent_id))
    if wanted:
        rows = [{"agent_id": agent_id, "team_id": one} for one in wanted]
        tx.execute(sa.insert(agent_team), rows)


def normal_email(email: str) -> str:
    """The form in which e-mail addresses are kept and compared."""
    return email.strip().lower()


def _agents(tx: Connection, condition: Any) -> list[Agent]:
    rows = tx.execute(sa.select(agent).where(condition).order_by(agent.c.name, agent.c.id)).all()
    of_agent: dict[str, list[str]] = defaultdict(list)
    ids = [row.id for row in rows]
    query = sa.select(agent_team).where(agent_team.c.agent_id.in_(ids)).order_by(agent_team.c.team_id)
    for row in tx.execute(query):
        of_agent[row.agent_id].append(row.team_id)
    return [_agent(row, tuple(of_agent[row.id])) for row in rows]


def _agent(row: Any, team_ids: tuple[str, ...]) -> Agent:
    return Agent(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        languages=tuple(json.loads(row.languages)),
        teams=team_ids,
        capacity=row.capacity,
        locale=row.locale,
        presence=Presence(row.presence),
        present_at=utc(row.present_at) if row.present_at else None,
        generation=row.generation,
        disabled_at=utc(row.disabled_at) if row.disabled_at else None,
    )
