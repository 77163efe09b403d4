"""Accounts: invited, changed, disabled. Whoever loses a right loses their sessions and sockets with it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import SecondFactorNeeded
from bot.models import Agent, Presence, Role, now
from bot.people.live import LiveSockets
from bot.people.passwords import check_password
from bot.people.proof import Proof
from bot.people.sessions import Opened, Sessions, Visit
from bot.store import Connection, Store, audit, people, sessions

INVITATION_HOURS = 72.0
_LINK_BYTES = 32


@dataclass(frozen=True)
class Change:
    """What may be changed of an agent; None leaves it as it is.

    `disabled` shuts them out or lets them in again, `without_second_factor` is for those who have lost their phone.
    """

    name: str | None = None
    email: str | None = None
    role: Role | None = None
    languages: tuple[str, ...] | None = None
    teams: tuple[str, ...] | None = None
    capacity: int | None = None
    disabled: bool | None = None
    without_second_factor: bool = False


class Accounts:
    """What admins do to accounts, and people to their own."""

    def __init__(self, store: Store, *, proof: Proof, open_sessions: Sessions, live: LiveSockets) -> None:
        self._store = store
        self._proof = proof
        self._sessions = open_sessions
        self._live = live

    async def add(
        self,
        *,
        email: str,
        name: str,
        role: Role,
        languages: Collection[str],
        teams: Collection[str],
        capacity: int,
        by: str,
    ) -> tuple[Agent, str]:
        """A new agent and the secret of their invitation; Taken if the e-mail address is in use."""

        def add_all(tx: Connection) -> tuple[Agent, str]:
            made = people.add(tx, email=email, name=name, role=role, languages=languages, capacity=capacity)
            people.set_teams(tx, made.id, teams)
            return people.find(tx, made.id), first_invitation(tx, made, by=by)

        return await self._store.write(add_all)

    async def invite(self, agent_id: str, *, by: str) -> str:
        """The secret of a new link with which an agent sets a password; older links open nothing any more."""
        return await self._store.write(invite, agent_id, by=by)

    async def accept(self, link: str, *, name: str, password: str, code: str | None, visit: Visit) -> Opened:
        """Set a password by an invitation and sign in.

        InvitationInvalid, PasswordRefused, or SecondFactorNeeded: a link by mail does not replace the phone.
        """
        digest = sessions.digest_of(link)
        agent = await self._store.read(sessions.invited_by, digest)
        kept = await self._store.read(people.secrets_of, agent.id)
        check_password(password, email=agent.email, name=name)
        if kept.totp_secret is not None and not code:
            raise SecondFactorNeeded("send the code of your authenticator app as well")
        attempts = await self._proof.attempt(agent.email, visit.ip)
        password_hash = await self._proof.passwords.hash(password)

        def use(tx: Connection) -> Opened:
            sessions.use_invitation(tx, digest)
            self._proof.use_code_if_any(tx, agent.id, people.secrets_of(tx, agent.id), code)
            people.change(tx, agent.id, name=name, password_hash=password_hash)
            self._proof.passed(tx, agent, attempts)
            opened = self._sessions.start(tx, sessions.end_all(tx, agent.id), visit)
            audit.write(tx, actor=agent.id, action="invitation_used", subject=agent.id)
            return opened

        opened = await self._store.write(use)
        await self._live.end_agent(agent.id, "signed_out")
        return opened

    async def change(self, agent_id: str, wanted: Change, *, by: str) -> Agent:
        """Change an agent; a change of role or access ends their sessions. LastAdmin, Taken or Unknown."""
        changed, ended = await self._store.write(_change, agent_id, wanted, by)
        if ended:
            await self._live.end_agent(agent_id, "rights_changed")
        return changed

    async def end_sessions(self, agent_id: str, *, by: str) -> None:
        """Sign an agent out everywhere."""

        def end(tx: Connection) -> None:
            sessions.end_all(tx, agent_id)
            audit.write(tx, actor=by, action="sessions_ended", subject=agent_id)

        await self._store.write(end)
        await self._live.end_agent(agent_id, "revoked")

    async def change_own(
        self,
        agent: Agent,
        *,
        name: str | None,
        locale: str | None,
        languages: tuple[str, ...] | None,
        presence: Presence | None,
    ) -> Agent:
        """Change what people may change of themselves."""
        wanted = {"name": name, "locale": locale, "languages": languages}
        columns: dict[str, Any] = {key: value for key, value in wanted.items() if value is not None}
        if presence is not None:
            columns["presence"] = presence.value
        return await self._store.write(lambda tx: people.change(tx, agent.id, **columns))

    async def change_password(self, agent: Agent, *, old: str, new: str, visit: Visit) -> Opened:
        """Another password; all sessions end and a new one begins. SignInFailed if the old one is wrong."""
        check_password(new, email=agent.email, name=agent.name)
        attempts = await self._proof.password(agent, old, visit.ip)
        password_hash = await self._proof.passwords.hash(new)

        def renew(tx: Connection) -> Opened:
            self._proof.passed(tx, agent, attempts)
            renewed = set_password(tx, agent.id, password_hash, by=agent.id)
            return self._sessions.start(tx, renewed, visit)

        opened = await self._store.write(renew)
        await self._live.end_agent(agent.id, "renewed")
        return opened


def first_invitation(tx: Connection, made: Agent, *, by: str) -> str:
    """The secret of the invitation of an agent who was added in this transaction."""
    link = _new_link(tx, made.id)
    audit.write(tx, actor=by, action="agent_added", subject=made.id, details={"role": made.role.value})
    return link


def invite(tx: Connection, agent_id: str, *, by: str) -> str:
    """The secret of a new invitation; Unknown if there is no such agent."""
    people.find(tx, agent_id)
    link = _new_link(tx, agent_id)
    audit.write(tx, actor=by, action="agent_invited", subject=agent_id)
    return link


def set_password(tx: Connection, agent_id: str, password_hash: str, *, by: str) -> Agent:
    """Set a password: sessions and invitations of before end."""
    people.change(tx, agent_id, password_hash=password_hash)
    sessions.drop_invitations(tx, agent_id)
    changed = sessions.end_all(tx, agent_id)
    audit.write(tx, actor=by, action="password_changed", subject=agent_id)
    return changed


def _new_link(tx: Connection, agent_id: str) -> str:
    link = secrets.token_urlsafe(_LINK_BYTES)
    sessions.invite(tx, agent_id, digest=sessions.digest_of(link), hours=INVITATION_HOURS)
    return link


def _change(tx: Connection, agent_id: str, wanted: Change, by: str) -> tuple[Agent, bool]:
    """The agent as changed, and whether their sessions have ended."""
    former = people.find(tx, agent_id)
    if wanted.teams is not None:
        people.set_teams(tx, agent_id, wanted.teams)
    changed = people.change(tx, agent_id, **_columns(former, wanted))
    loses = former.role is not changed.role or wanted.without_second_factor
    loses = loses or (former.disabled_at is None) != (changed.disabled_at is None)
    if former.role is Role.ADMIN:
        people.admins_left(tx)
    if loses:
        changed = sessions.end_all(tx, agent_id)
        sessions.drop_invitations(tx, agent_id)
    action = "role_changed" if former.role is not changed.role else "agent_changed"
    audit.write(tx, actor=by, action=action, subject=agent_id, details=_differences(former, changed, wanted))
    return changed, loses


def _columns(former: Agent, wanted: Change) -> dict[str, Any]:
    given = {
        "name": wanted.name,
        "email": wanted.email,
        "role": wanted.role.value if wanted.role else None,
        "languages": wanted.languages,
        "capacity": wanted.capacity,
    }
    columns: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if wanted.disabled is not None and wanted.disabled != (former.disabled_at is not None):
        columns["disabled_at"] = now() if wanted.disabled else None
    if wanted.without_second_factor:
        columns |= {"totp_secret": None, "totp_pending": None}
    return columns


def _differences(former: Agent, changed: Agent, wanted: Change) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name in ("name", "email", "role", "languages", "teams", "capacity"):
        before, after = getattr(former, name), getattr(changed, name)
        if before != after:
            found[name] = [before, after]
    if (former.disabled_at is None) != (changed.disabled_at is None):
        found["disabled"] = changed.disabled_at is not None
    if wanted.without_second_factor:
        found["second_factor"] = False
    return found
