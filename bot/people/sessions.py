"""Sessions of signed-in browsers: their cookies, their CSRF tokens, and who is behind them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from bot.api import Caller
from bot.models import Agent
from bot.settings import Settings
from bot.store import Connection, Store, sessions
from bot.vault import derived_key

_COOKIE_BYTES = 32


@dataclass(frozen=True)
class Visit:
    """Where a request comes from. `former` is the cookie that it brought, to be replaced and never to be kept."""

    ip: str = ""
    browser: str = ""
    former: str | None = None


@dataclass(frozen=True)
class Opened:
    """A session that has just begun: who, the value of its cookie, and the token that its changes carry."""

    agent: Agent
    cookie: str
    csrf: str


class Sessions:
    """Opens sessions and finds them again. The value of a cookie is always made here, never taken from a request."""

    def __init__(self, store: Store, *, secret: str, settings: Settings) -> None:
        self._store = store
        self._csrf_key = derived_key(secret, "csrf")
        self._idle_hours = settings.session_hours
        self._days = settings.session_days

    def start(self, tx: Connection, agent: Agent, visit: Visit) -> Opened:
        """Open a session in a transaction, in the place of the one that the browser had."""
        if visit.former is not None:
            sessions.end(tx, sessions.digest_of(visit.former))
        cookie = secrets.token_urlsafe(_COOKIE_BYTES)
        digest = sessions.digest_of(cookie)
        sessions.start(tx, agent, digest=digest, days=self._days, ip=visit.ip, browser=visit.browser)
        return Opened(agent, cookie, self._csrf(digest))

    async def by_cookie(self, cookie: str | None) -> Caller | None:
        """Who has this cookie, if its session holds; this counts as using it."""
        return None if not cookie else await self.by_digest(sessions.digest_of(cookie), use=True)

    async def by_digest(self, digest: str, *, use: bool = False) -> Caller | None:
        """Who has the session with this digest, as they are now, if it holds; for sockets, frame by frame."""
        found = await self._store.read(sessions.find, digest, idle_hours=self._idle_hours)
        if found is None:
            return None
        session, agent = found
        if use and session.stale:
            await self._store.write(sessions.touch, digest)
        return Caller(agent, session=digest, csrf=self._csrf(digest))

    async def is_good(self, digest: str) -> bool:
        """Whether a session holds in this moment."""
        return await self.by_digest(digest) is not None

    def _csrf(self, digest: str) -> str:
        return hmac.new(self._csrf_key, digest.encode(), hashlib.sha256).hexdigest()
