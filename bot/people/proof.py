"""Proofs of who somebody is, a password or a code: counted before they are looked at, so that nobody can guess."""

from __future__ import annotations

from bot.errors import SignInFailed
from bot.models import Agent
from bot.people.limits import Limits, account_subject
from bot.people.passwords import Passwords
from bot.people.totp import step_of
from bot.store import Connection, Store, people, sessions
from bot.store.people import Secrets
from bot.vault import Vault


class Proof:
    """Checks passwords and codes within the limits of the account and of the network."""

    def __init__(self, store: Store, *, passwords: Passwords, vault: Vault, limits: Limits) -> None:
        self._store = store
        self.passwords = passwords
        self.vault = vault
        self._limits = limits

    async def attempt(self, email: str, ip: str) -> list[int]:
        """Count an attempt; RateLimited if there were too many. Returns what `passed` and `forgive` take."""
        subjects = self._limits.subjects(email, ip)
        return await self._store.write(sessions.attempt, subjects, seconds=self._limits.seconds)

    async def forgive(self, attempts: list[int]) -> None:
        """Take back attempts that were neither right nor wrong."""
        await self._store.write(sessions.forgive, attempts)

    def passed(self, tx: Connection, agent: Agent, attempts: list[int]) -> None:
        """Forget in a transaction what was counted for an account whose owner has come."""
        sessions.forgive(tx, attempts, subject=account_subject(agent.email))

    async def password(self, agent: Agent, given: str, ip: str) -> list[int]:
        """Return if this is the agent's password, with the attempts to forgive; SignInFailed if not."""
        attempts = await self.attempt(agent.email, ip)
        kept = await self._store.read(people.secrets_of, agent.id)
        if not await self.passwords.verify(kept.password_hash, given):
            raise SignInFailed("the present password is wrong")
        return attempts

    def use_code(self, tx: Connection, agent_id: str, sealed: str, code: str) -> None:
        """Use up a code in a transaction; SignInFailed if it is wrong, too old, or was used before."""
        after = people.secrets_of(tx, agent_id).totp_step
        step = step_of(self.vault.open(sealed), code, after=after)
        if step is None or not people.use_totp_step(tx, agent_id, step):
            raise SignInFailed("the code is wrong or was used before; wait for the next one")

    def use_code_if_any(self, tx: Connection, agent_id: str, secrets: Secrets, code: str | None) -> None:
        """As `use_code` if the agent has a second factor; nothing if not."""
        if secrets.totp_secret is not None:
            self.use_code(tx, agent_id, secrets.totp_secret, code or "")
