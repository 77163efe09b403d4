"""Socket Mode: Slack's deliveries over connections that we open. Each is kept, then acknowledged.

Our own loop and not the SDK's client: that one acknowledges on whichever connection is the newest, goes on with a
spent address when a connection fails, and writes addresses with their tickets into the log.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import aiohttp
import structlog

from bot.errors import StoreUnavailable
from channels.slack_deliveries import NAME, Malformed, of_envelope
from channels.slack_door import Take
from channels.slack_workspaces import TROUBLES, Workspaces, name_of, obstacle_of

log = structlog.get_logger(__name__)

CONNECTIONS = 2
"""While one is renewed, which Slack asks for every few hours, the other goes on."""

_HEARTBEAT = 15.0
_LARGEST_ENVELOPE = 1024 * 1024
_FIRST_REST = 0.5
_LONGEST_REST = 60.0


class Sockets:
    """Keeps connections open from `start` to `stop`."""

    def __init__(
        self,
        workspaces: Workspaces,
        app_token: str,
        take: Take,
        *,
        connections: int = CONNECTIONS,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._workspaces = workspaces
        self._app_token = app_token
        self._take = take
        self._count = connections
        self._jitter = jitter
        self._tasks: list[asyncio.Task[None]] = []
        self._open: set[int] = set()
        self._obstacle = "connecting"

    @property
    def obstacle(self) -> str:
        """Why nothing comes in: connecting, token_refused or no_answer; empty while a connection is open."""
        return "" if self._open else self._obstacle

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._stay(number), name=f"slack socket {number}")
            for number in range(self._count)
        ]

    async def stop(self) -> None:
        """Close all connections. What was not acknowledged, Slack delivers again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _stay(self, number: int) -> None:
        """Be connected, again and again, with growing pauses while it does not work."""
        rest = _FIRST_REST
        while True:
            try:
                if await self._connection(number):
                    rest = _FIRST_REST
                    continue
            except (*TROUBLES, KeyError, TypeError, ValueError) as error:
                self._obstacle = obstacle_of(error)
                # Not the error's own words: they hold the address, and that holds a ticket.
                log.warning(
                    "slack.socket_lost", channel=NAME, connection=number, error=name_of(error), rest=rest
                )
            finally:
                self._open.discard(number)
            await asyncio.sleep(rest * (0.5 + self._jitter() / 2))
            rest = min(2 * rest, _LONGEST_REST)

    async def _connection(self, number: int) -> bool:
        """One connection from its beginning to its end; whether the next may follow at once."""
        # The address works once: each connection asks for its own.
        opened = await self._workspaces.with_token().apps_connections_open(app_token=self._app_token)
        async with self._workspaces.session.ws_connect(
            str(opened["url"]), heartbeat=_HEARTBEAT, max_msg_size=_LARGEST_ENVELOPE
        ) as socket:
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    continue
                message = _message(frame.data)
                if message.get("type") == "hello":
                    self._open.add(number)
                    log.info("slack.socket_open", channel=NAME, connection=number)
                elif message.get("type") == "disconnect":
                    return message.get("reason") in ("warning", "refresh_requested")
                else:
                    await self._envelope(socket, message)
        return False

    async def _envelope(self, socket: aiohttp.ClientWebSocketResponse[bool], message: dict[str, Any]) -> None:
        envelope_id = message.get("envelope_id")
        if not isinstance(envelope_id, str):
            return
        try:
            answer = await self._take(of_envelope(message))
        except StoreUnavailable as error:
            # No acknowledgement: Slack delivers it again, here or on another connection.
            log.warning("slack.not_kept", channel=NAME, error=error.code)
            return
        except Malformed as error:
            # Again is no better: acknowledged and let go, or it would come for ever.
            log.error("slack.envelope_broken", channel=NAME, error=type(error).__name__)
            answer = None
        acknowledgement: dict[str, Any] = {"envelope_id": envelope_id}
        if answer is not None and message.get("accepts_response_payload"):
            acknowledgement["payload"] = dict(answer)
        await socket.send_json(acknowledgement)


def _message(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
