"""`python -m bot agent …`: people from the command line, also when nobody can sign in."""

from __future__ import annotations

from collections.abc import Collection

from bot.api.shapes import good_capacity, good_email, good_languages, good_name, link_of
from bot.errors import Unknown
from bot.models import Agent, Role
from bot.people.accounts import first_invitation, invite, set_password
from bot.people.passwords import Passwords, check_password
from bot.settings import Settings
from bot.store import Connection, Store, audit, open_store, people
from bot.store.audit import COMMAND_LINE, SERVER

FIRST_ADMIN = "admin"
"""Before the @ of the first admin's e-mail address, until they write their own."""


async def add(
    settings: Settings, *, email: str, name: str, role: Role, languages: Collection[str], capacity: int
) -> str:
    """The link with which a new agent sets a password. BodyInvalid or Taken."""
    spoken = good_languages(languages or settings.languages, settings.languages)
    store = await open_store(settings.database)
    try:
        secret = await store.write(
            _add, good_email(email), good_name(name), role, spoken, good_capacity(capacity)
        )
    finally:
        await store.close()
    return link_of(settings.public_url, secret)


async def listed(settings: Settings) -> list[str]:
    """One line for each agent: address, role, name, and what is particular about them."""
    store = await open_store(settings.database)
    try:
        agents = await store.read(people.everybody)
        invited = await store.read(people.invited)
        coded = await store.read(people.with_second_factor)
    finally:
        await store.close()
    return [_line(agent, agent.id in invited, agent.id in coded) for agent in agents]


async def change_password(
    settings: Settings, *, email: str, password: str, remove_second_factor: bool
) -> None:
    """Set an agent's password and end their sessions. Unknown or PasswordRefused."""
    store = await open_store(settings.database)
    try:
        found = await store.read(people.by_email, email)
        if found is None:
            raise Unknown(f"there is no agent {email}; `agent list` shows all")
        check_password(password, email=found[0].email, name=found[0].name)
        password_hash = await Passwords().hash(password)
        await store.write(_set_password, found[0].id, password_hash, remove_second_factor)
    finally:
        await store.close()


async def first_link(settings: Settings, store: Store) -> tuple[str, str] | None:
    """The address and the link of the first admin; None if an admin can sign in already.

    Each call makes the link of the one before worthless.
    """
    host = settings.public_url.partition("://")[2].partition("/")[0].partition(":")[0]
    found = await store.write(_first_admin, f"{FIRST_ADMIN}@{host}", settings.languages)
    return None if found is None else (found[0], link_of(settings.public_url, found[1]))


def _add(tx: Connection, email: str, name: str, role: Role, languages: Collection[str], capacity: int) -> str:
    made = people.add(tx, email=email, name=name, role=role, languages=languages, capacity=capacity)
    return first_invitation(tx, made, by=COMMAND_LINE)


def _set_password(tx: Connection, agent_id: str, password_hash: str, remove_second_factor: bool) -> None:
    if remove_second_factor:
        people.change(tx, agent_id, totp_secret=None, totp_pending=None)
        audit.write(tx, actor=COMMAND_LINE, action="second_factor_off", subject=agent_id)
    set_password(tx, agent_id, password_hash, by=COMMAND_LINE)


def _first_admin(tx: Connection, email: str, languages: Collection[str]) -> tuple[str, str] | None:
    if people.has_admin(tx):
        return None
    found = people.by_email(tx, email)
    if found is None:
        made = people.add(tx, email=email, name="Admin", role=Role.ADMIN, languages=languages)
        return made.email, first_invitation(tx, made, by=SERVER)
    # Only the one that this has made before and nobody has used: nobody else becomes an admin by a restart.
    agent, secrets = found
    if agent.role is not Role.ADMIN or agent.disabled_at or secrets.password_hash is not None:
        return None
    return agent.email, invite(tx, agent.id, by=SERVER)


def _line(agent: Agent, invited: bool, coded: bool) -> str:
    marks = [
        *(["disabled"] if agent.disabled_at else []),
        *(["invited"] if invited else []),
        *(["second factor"] if coded else []),
    ]
    languages = ",".join(agent.languages)
    return f"{agent.email}  {agent.role.value}  {agent.name}  [{languages}]  {', '.join(marks)}".rstrip()
