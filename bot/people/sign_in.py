"""Signing in and out. What is wrong is never told, and an account that does not exist costs the same work."""

from __future__ import annotations

from bot.api import Caller
from bot.errors import SecondFactorNeeded, SignInFailed
from bot.models import Agent
from bot.people.live import LiveSockets
from bot.people.proof import Proof
from bot.people.sessions import Opened, Sessions, Visit
from bot.store import Connection, Store, audit, people, sessions
from bot.store.people import Secrets

_FAILED = "the e-mail address, the password or the code is wrong"


class SignIn:
    """The way in for those who have a password, and the way out."""

    def __init__(self, store: Store, *, proof: Proof, open_sessions: Sessions, live: LiveSockets) -> None:
        self._store = store
        self._proof = proof
        self._sessions = open_sessions
        self._live = live

    async def sign_in(self, email: str, password: str, code: str | None, visit: Visit) -> Opened:
        """A new session. SignInFailed, SecondFactorNeeded (the password was right), or RateLimited."""
        attempts = await self._proof.attempt(email, visit.ip)
        found = await self._store.read(people.by_email, email)
        kept = found[1].password_hash if found and found[0].disabled_at is None else None
        right = await self._proof.passwords.verify(kept, password)
        if found is None or not right:
            await self._store.write(_note_failure, found[0] if found else None, visit)
            raise SignInFailed(_FAILED)
        if found[1].totp_secret is not None and not code:
            await self._proof.forgive(attempts)
            raise SecondFactorNeeded("send the code of your authenticator app as well")
        opened = await self._enter(found[0], found[1], code, visit, attempts)
        if visit.former is not None:
            await self._live.end_session(sessions.digest_of(visit.former), "signed_out")
        return opened

    async def sign_out(self, caller: Caller) -> None:
        """End the caller's session and its sockets."""

        def leave(tx: Connection) -> None:
            sessions.end(tx, caller.session)
            audit.write(tx, actor=caller.agent.id, action="signed_out", subject=caller.agent.id)

        await self._store.write(leave)
        await self._live.end_session(caller.session, "signed_out")

    async def _enter(
        self, agent: Agent, secrets: Secrets, code: str | None, visit: Visit, attempts: list[int]
    ) -> Opened:
        def enter(tx: Connection) -> Opened:
            self._proof.use_code_if_any(tx, agent.id, secrets, code)
            self._proof.passed(tx, agent, attempts)
            # With the generation of the moment in which the password was looked at.
            opened = self._sessions.start(tx, agent, visit)
            audit.write(tx, actor=agent.id, action="signed_in", subject=agent.id, details={"ip": visit.ip})
            return opened

        try:
            return await self._store.write(enter)
        except SignInFailed:
            await self._store.write(_note_failure, agent, visit)
            raise SignInFailed(_FAILED) from None


def _note_failure(tx: Connection, agent: Agent | None, visit: Visit) -> None:
    # Never what was typed: people type passwords into the wrong field.
    audit.write(
        tx, actor="", action="sign_in_failed", subject=agent.id if agent else "", details={"ip": visit.ip}
    )
