"""Where the console is served: `/console` and `/console/ws`."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog
from aiohttp import WSCloseCode, hdrs, web

from bot.api import ANSWERING, Caller
from bot.api.door import check_page
from bot.broker import Broker
from bot.console.frames import MAXIMUM_FRAME, PROTOCOL
from bot.console.page import page
from bot.console.rounds import Rounds
from bot.console.session import Close, Room, Session
from bot.console.typing import AgentTyping
from bot.console.viewers import Viewers
from bot.errors import NotSignedIn, OriginRefused, RoleRefused, StoreUnavailable
from bot.people import People
from bot.store import Store
from bot.web import DIST
from channels.web_limits import Connections
from channels.web_session import end_socket

log = structlog.get_logger(__name__)

_HEARTBEAT = 25.0
_MOST_SOCKETS = 1000
_MOST_PER_AGENT = 20


class Present(Protocol):
    """Notes which agents have a console open."""

    def console(self, agent_id: str) -> AbstractAsyncContextManager[None]:
        """While the block runs, the agent has one more console open."""
        ...


class Console:
    """The page and all open sockets."""

    def __init__(
        self,
        *,
        store: Store,
        rounds: Rounds,
        broker: Broker,
        people: People,
        present: Present,
        typing: AgentTyping,
        origin: str,
        dist: Path = DIST,
    ) -> None:
        """`origin` is the address under which browsers see the server, when a proxy changes the Host header."""
        self.viewers = Viewers()
        self._people = people
        self._present = present
        self._origin = origin
        self._dist = dist
        self._room = Room(store, rounds, broker, people.sessions, self.viewers, typing)
        self._connections = Connections(total=_MOST_SOCKETS, per_ip=_MOST_PER_AGENT)
        self._closes: set[Close] = set()

    def routes(self) -> list[web.RouteDef]:
        """All routes of this module."""
        return [
            web.get("/console", self.index),
            web.get("/console/", self.index),
            web.get("/console/ws", self.socket),
        ]

    async def index(self, request: web.Request) -> web.StreamResponse:
        """The page; who is not signed in signs in there."""
        return page(self._dist)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """A socket for a signed-in agent, opened by our own page: by cookie, never by an API token."""
        if request.headers.get(hdrs.ORIGIN) is None:
            # Browsers always say it, and others have no cookie.
            raise OriginRefused("the socket is for the console's page")
        check_page(request, self._origin)
        caller = await self._people.identify(request)
        if caller is None or not caller.session:
            raise NotSignedIn("sign in first")
        if caller.agent.role not in ANSWERING:
            raise RoleRefused("your role does not answer customers")
        with self._connections.one(caller.agent.id):
            socket = web.WebSocketResponse(
                protocols=(PROTOCOL,), max_msg_size=MAXIMUM_FRAME + 1, heartbeat=_HEARTBEAT, compress=False
            )
            await socket.prepare(request)
            close: Close = partial(end_socket, socket, request.transport)
            self._closes.add(close)
            try:
                await self._serve(Session(socket, close, caller=caller, room=self._room), caller, close)
            finally:
                self._closes.discard(close)
        return socket

    async def stop(self) -> None:
        """Close all sockets; the pages come back."""
        await asyncio.gather(
            *(close(WSCloseCode.GOING_AWAY, "the server restarts") for close in self._closes)
        )

    async def _serve(self, session: Session, caller: Caller, close: Close) -> None:
        agent_id = caller.agent.id
        try:
            async with (
                self._people.live.opened(agent_id, caller.session, session.sign_out),
                self._present.console(agent_id),
            ):
                await session.run()
        except NotSignedIn:
            await session.sign_out("expired")
        except StoreUnavailable:
            await close(WSCloseCode.TRY_AGAIN_LATER, "the store does not answer")
        except Exception as error:
            # An HTTP answer is not possible any more. The page comes back and asks for everything.
            log.error("console.failed", error=repr(error), exc_info=True)
            await close(WSCloseCode.INTERNAL_ERROR, "something went wrong on our side")
