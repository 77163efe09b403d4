"""API tokens: made, shown once, found again."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from bot.api import Caller, Scope
from bot.errors import BodyInvalid
from bot.models import Agent, Role
from bot.store import Connection, Store, api_tokens, audit
from bot.store.api_tokens import ApiToken
from bot.store.sessions import digest_of

PREFIX = "grija_"
"""What every token begins with, so that scanners for leaked secrets know it."""
GRANTED = frozenset(scope.value for scope in Scope) - {Scope.SESSION.value}
"""The scopes that a token can be given."""
_TOKEN_BYTES = 32


class Tokens:
    """The tokens of all agents."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(
        self, owner: Agent, *, name: str, scopes: Collection[str], days: int | None
    ) -> tuple[ApiToken, str]:
        """A new token and its secret, which is not kept. BodyInvalid if a scope cannot be given."""
        unknown = sorted(set(scopes) - GRANTED)
        if unknown or not scopes:
            raise BodyInvalid(f"scopes must be some of {', '.join(sorted(GRANTED))}")
        secret = PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)

        def add(tx: Connection) -> ApiToken:
            made = api_tokens.add(
                tx, owner, digest=digest_of(secret), name=name, scopes=sorted(set(scopes)), days=days
            )
            details = {"name": name, "scopes": list(made.scopes)}
            audit.write(tx, actor=owner.id, action="token_added", subject=made.id, details=details)
            return made

        return await self._store.write(add), secret

    async def list(self, viewer: Agent) -> list[ApiToken]:
        """Their own tokens; an admin sees all."""
        return await self._store.read(api_tokens.of_agent, _whose(viewer))

    async def revoke(self, token_id: str, *, by: Agent) -> None:
        """Let a token open nothing any more: one's own, or as an admin any; Unknown for all others."""

        def revoke(tx: Connection) -> None:
            api_tokens.revoke(tx, token_id, agent_id=_whose(by))
            audit.write(tx, actor=by.id, action="token_revoked", subject=token_id)

        await self._store.write(revoke)

    async def caller(self, secret: str) -> Caller | None:
        """Who calls with this token, within its scopes; None if it does not hold."""
        found = await self._store.read(api_tokens.find, digest_of(secret))
        if found is None:
            return None
        token, agent = found
        if token.stale:
            await self._store.write(api_tokens.touch, token.id)
        return Caller(agent, scopes=frozenset(token.scopes))


def _whose(agent: Agent) -> str | None:
    return None if agent.role is Role.ADMIN else agent.id
