"""Routes of API tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bot.api import ALL_ROLES, Call, Route, Scope
from bot.api.shapes import good_name
from bot.errors import BodyInvalid
from bot.store.api_tokens import ApiToken

if TYPE_CHECKING:
    from bot.app import Grija

_LONGEST_DAYS = 3650


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """`days` null makes a token that does not end by itself."""

    name: str
    scopes: tuple[str, ...]
    days: int | None = 90


class MadeToken(msgspec.Struct, frozen=True):
    """A token and its secret. The secret is shown once."""

    info: ApiToken
    token: str


class TokenRoutes:
    """The handlers, over running parts. A token cannot make or revoke tokens."""

    def __init__(self, grija: Grija) -> None:
        self._tokens = grija.people.tokens

    def routes(self) -> list[Route]:
        """All routes of this module."""
        return [
            Route("GET", "/tokens", self.list, roles=ALL_ROLES, scope=Scope.SESSION,
                  summary="One's own API tokens; an admin sees all.", gives=list[ApiToken]),
            Route("POST", "/tokens", self.add, roles=ALL_ROLES, scope=Scope.SESSION,
                  summary="Make an API token that acts as oneself.", takes=NewToken, gives=MadeToken),
            Route("DELETE", "/tokens/{id}", self.revoke, roles=ALL_ROLES, scope=Scope.SESSION,
                  summary="Revoke an API token."),
        ]  # fmt: skip

    async def list(self, call: Call) -> object:
        return await self._tokens.list(call.person)

    async def add(self, call: Call) -> MadeToken:
        body: NewToken = call.body
        if body.days is not None and not 1 <= body.days <= _LONGEST_DAYS:
            raise BodyInvalid(f"days must be from 1 to {_LONGEST_DAYS}, or null")
        made, secret = await self._tokens.add(
            call.person, name=good_name(body.name), scopes=body.scopes, days=body.days
        )
        return MadeToken(made, secret)

    async def revoke(self, call: Call) -> None:
        await self._tokens.revoke(call.path["id"], by=call.person)
