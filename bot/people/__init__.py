"""People: who may come in, as whom, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.api import Caller
from bot.people.accounts import Accounts
from bot.people.cookies import Cookies
from bot.people.limits import Limits
from bot.people.live import LiveSockets
from bot.people.passwords import Passwords
from bot.people.proof import Proof
from bot.people.second_factor import SecondFactor
from bot.people.sessions import Sessions
from bot.people.sign_in import SignIn
from bot.people.tokens import Tokens
from bot.settings import Settings
from bot.store import Store
from bot.vault import Vault

_BEARER = "bearer"


@dataclass(frozen=True)
class People:
    """All that has to do with people at the console and at the API."""

    sign_in: SignIn
    accounts: Accounts
    second_factor: SecondFactor
    sessions: Sessions
    tokens: Tokens
    live: LiveSockets
    cookies: Cookies

    async def identify(self, request: web.Request) -> Caller | None:
        """Who is behind a request: by its API token if it brings one, else by its cookie."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == _BEARER:
            # A wrong token is not made good by a cookie.
            return await self.tokens.caller(secret.strip())
        return await self.sessions.by_cookie(self.cookies.read(request))


def open_people(
    settings: Settings,
    store: Store,
    *,
    secret: str,
    passwords: Passwords | None = None,
    limits: Limits | None = None,
) -> People:
    """People over a store. `secret` is the server's own key; the rest is for tests."""
    sessions = Sessions(store, secret=secret, settings=settings)
    live = LiveSockets(sessions.is_good)
    proof = Proof(
        store,
        passwords=passwords or Passwords(),
        vault=Vault(secret, purpose="totp"),
        limits=limits or Limits(),
    )
    return People(
        sign_in=SignIn(store, proof=proof, open_sessions=sessions, live=live),
        accounts=Accounts(store, proof=proof, open_sessions=sessions, live=live),
        second_factor=SecondFactor(store, proof=proof, open_sessions=sessions, live=live),
        sessions=sessions,
        tokens=Tokens(store),
        live=live,
        cookies=Cookies(settings.public_url),
    )
