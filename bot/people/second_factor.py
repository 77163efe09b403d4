"""Turning the second factor on and off."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import SignInFailed, Taken, Unknown
from bot.models import Agent
from bot.people.live import LiveSockets
from bot.people.proof import Proof
from bot.people.sessions import Opened, Sessions, Visit
from bot.people.totp import new_secret, picture, provisioning_uri
from bot.store import Connection, Store, audit, people, sessions


@dataclass(frozen=True)
class Offered:
    """A secret to put into an authenticator app: as text, as its address, and as a QR code (SVG)."""

    secret: str
    uri: str
    svg: str


class SecondFactor:
    """Codes of an authenticator app beside the password."""

    def __init__(self, store: Store, *, proof: Proof, open_sessions: Sessions, live: LiveSockets) -> None:
        self._store = store
        self._proof = proof
        self._sessions = open_sessions
        self._live = live

    async def begin(self, agent: Agent) -> Offered:
        """A new secret that counts once a code of it is sent; Taken if there is a second factor already."""
        secret = new_secret()
        sealed = self._proof.vault.seal(secret)

        def offer(tx: Connection) -> None:
            if people.secrets_of(tx, agent.id).totp_secret is not None:
                raise Taken("you have a second factor; turn it off first")
            people.change(tx, agent.id, totp_pending=sealed)

        await self._store.write(offer)
        uri = provisioning_uri(secret, email=agent.email)
        return Offered(secret, uri, picture(uri))

    async def confirm(self, agent: Agent, code: str, visit: Visit) -> Opened:
        """Turn it on; all sessions end and a new one begins. SignInFailed if the code is not of the new secret."""
        attempts = await self._proof.attempt(agent.email, visit.ip)

        def turn_on(tx: Connection) -> Opened:
            pending = people.secrets_of(tx, agent.id).totp_pending
            if pending is None:
                raise Unknown("ask for a secret first")
            people.change(tx, agent.id, totp_step=0)
            self._proof.use_code(tx, agent.id, pending, code)
            people.change(tx, agent.id, totp_secret=pending, totp_pending=None)
            return self._renew(tx, agent, visit, attempts, "second_factor_on")

        opened = await self._store.write(turn_on)
        await self._live.end_agent(agent.id, "renewed")
        return opened

    async def remove(self, agent: Agent, code: str, visit: Visit) -> Opened:
        """Turn it off with a last code; all sessions end and a new one begins. SignInFailed if the code is wrong."""
        attempts = await self._proof.attempt(agent.email, visit.ip)

        def turn_off(tx: Connection) -> Opened:
            sealed = people.secrets_of(tx, agent.id).totp_secret
            if sealed is None:
                raise SignInFailed("there is no second factor")
            self._proof.use_code(tx, agent.id, sealed, code)
            people.change(tx, agent.id, totp_secret=None)
            return self._renew(tx, agent, visit, attempts, "second_factor_off")

        opened = await self._store.write(turn_off)
        await self._live.end_agent(agent.id, "renewed")
        return opened

    def _renew(self, tx: Connection, agent: Agent, visit: Visit, attempts: list[int], action: str) -> Opened:
        self._proof.passed(tx, agent, attempts)
        opened = self._sessions.start(tx, sessions.end_all(tx, agent.id), visit)
        audit.write(tx, actor=agent.id, action=action, subject=agent.id)
        return opened
