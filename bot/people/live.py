"""The open sockets of signed-in people, by session, so that losing a right ends them at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.errors import NotSignedIn

log = structlog.get_logger(__name__)

SIGNED_OUT = 4401
"""The close code of a socket whose session has ended."""

End = Callable[[str], Awaitable[None]]
"""Tells a socket's page the reason and closes it with SIGNED_OUT."""

_LOOK_SECONDS = 15.0
_END_SECONDS = 5.0


@dataclass(frozen=True, eq=False)
class _Socket:
    agent_id: str
    session: str
    end: End


class LiveSockets:
    """All open sockets. `is_good` says whether a session, by its digest, holds in this moment."""

    def __init__(self, is_good: Callable[[str], Awaitable[bool]]) -> None:
        self._is_good = is_good
        self._sockets: set[_Socket] = set()

    @property
    def count(self) -> int:
        """How many sockets are open."""
        return len(self._sockets)

    def agents(self) -> set[str]:
        """The ids of the agents who have a socket open in this process."""
        return {socket.agent_id for socket in self._sockets}

    @asynccontextmanager
    async def opened(self, agent_id: str, session: str, end: End) -> AsyncIterator[None]:
        """Hold a socket as open. NotSignedIn if the session has ended since it was looked up."""
        socket = _Socket(agent_id, session, end)
        self._sockets.add(socket)
        try:
            # Only now: a session that ends from here on finds the socket.
            if not await self._is_good(session):
                raise NotSignedIn("the session has ended")
            yield
        finally:
            self._sockets.discard(socket)

    async def end_session(self, session: str, reason: str) -> None:
        """Close the sockets of one session."""
        await self._end([socket for socket in self._sockets if socket.session == session], reason)

    async def end_agent(self, agent_id: str, reason: str) -> None:
        """Close all sockets of an agent."""
        await self._end([socket for socket in self._sockets if socket.agent_id == agent_id], reason)

    async def look(self) -> None:
        """Close the sockets of sessions that have ended by age, by the command line or by another process."""
        for session in {socket.session for socket in self._sockets}:
            if not await self._is_good(session):
                await self.end_session(session, "expired")

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:
                log.warning("sockets.not_looked_at", error=repr(error))
            await asyncio.sleep(_LOOK_SECONDS)

    async def _end(self, sockets: list[_Socket], reason: str) -> None:
        # Gone from here on, whatever the dead network in between does.
        self._sockets.difference_update(sockets)
        ends = [asyncio.wait_for(socket.end(reason), _END_SECONDS) for socket in sockets]
        for outcome in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(outcome, BaseException):
                log.warning("sockets.not_ended", error=repr(outcome))
