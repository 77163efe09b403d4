"""Servers that are made to be killed: imports once, then forks a keeper for each pair of pipes that it is given.

    python -m tests.crash_server 5:8 9:12

Of each pair a keeper reads one JSON object a line, {"settings": {...}, "platform": path, "crash": "point:count" or
null}, forks a serving child for it, and writes the child's process id, and "ended" when it has ended. The child serves
the echo dialogue with the web channel, with each platform whose token is set, and with one that is a file; it is killed
by the test or by its crash point. Its pauses are short.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from aiohttp import web

from bot import delivery, faults, lanes, logs
from bot.app import open_grija
from bot.hub import Hub
from bot.models import Address, Inbound, IncomingFile, Message, RawUpdate
from bot.serve import serve
from bot.settings import Settings
from bot.store import engine
from channels import (
    CHANNELS,
    Budget,
    ChannelContext,
    PushingChannel,
    in_use,
    slack,
    slack_sending,
    slack_sockets,
    slack_workspaces,
    telegram_client,
    telegram_intake,
    telegram_sending,
)
from channels.slack import SlackChannel
from channels.telegram import TelegramChannel
from tests.doubles import open_echo


class FilePlatform(PushingChannel):
    """A platform that posts events to us (again until we say 200) and takes our messages as lines of a file."""

    name = "platform"
    budget = Budget(total_per_second=10_000, address_per_second=10_000)
    path = Path()

    def __init__(self, context: ChannelContext) -> None:
        self._hub: Hub | None = None

    async def start(self, hub: Hub) -> None:
        self._hub = hub

    async def stop(self) -> None:
        pass

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/platform/{sender}/{event}", self._take)]

    def decode(self, raw: str) -> list[Inbound]:
        event, sender, text = json.loads(raw)
        file = IncomingFile("document", remote_id=event, name=f"{event}.txt")
        return [Inbound(self.name, "file", event, sender, text=text, attachments=(file,))]

    async def fetch(self, file: IncomingFile) -> AsyncIterator[bytes]:
        return _content(file.remote_id)

    async def send(self, address: Address, message: Message) -> str:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"to": address.external_id, "text": message.text, "id": message.id}) + "\n")
        return message.id

    async def _take(self, request: web.Request) -> web.Response:
        assert self._hub is not None
        event = request.match_info["event"]
        raw = json.dumps([event, request.match_info["sender"], await request.text()])
        await self._hub.updates.keep(self.name, "file", [RawUpdate(event, raw)])
        return web.Response()


_UNLIMITED = Budget(total_per_second=10_000, address_per_second=10_000)

_LATE_IMPORTS = ("anyio._backends._asyncio", "certifi", "channels.web", "h11", "httpcore")
"""What a server imports when it starts, or libraries when they are first used."""

_ABSENT = ("sniffio", "trio")
"""What libraries look for on the disk, in vain, with each request."""

# Whom all servers trust: reading the certificates takes as long as all the rest of a start.
_TLS = telegram_client.new_tls()

_SHORT: tuple[tuple[Any, str, Any], ...] = (
    (engine, "_CONNECTIONS", 4),
    (engine, "_MORE_CONNECTIONS", 0),
    (delivery, "_LONGEST_REST", 0.1),
    (lanes, "_LONGEST_REST", 0.1),
    (slack, "PACE_SECONDS", 0.001),
    (slack_sending, "PACE_SECONDS", 0.001),
    (slack_sockets, "_FIRST_REST", 0.05),
    (slack_sockets, "_LONGEST_REST", 0.1),
    (slack_workspaces, "_CALL_SECONDS", 0.6),
    (telegram_client, "new_tls", lambda: _TLS),
    (telegram_intake, "_LONGEST_REST", 0.1),
    (telegram_intake, "_CONFLICT_REST", 0.1),
    (telegram_sending, "_LONGEST_OUTAGE_REST", 0.1),
    (TelegramChannel, "group_pace", 0.001),
    (TelegramChannel, "budget", _UNLIMITED),
    (SlackChannel, "budget", _UNLIMITED),
)
"""Pauses and limits in the hundredths of what they are, and few connections: many histories fit into a minute."""


async def _content(event: str) -> AsyncIterator[bytes]:
    yield f"the file of {event}".encode()


def main(pipes: Sequence[str]) -> None:
    """Fork a keeper for each pair of pipes, "read:write", and wait for their end."""
    CHANNELS["platform"] = "tests.crash_server:FilePlatform"
    for module in _LATE_IMPORTS:
        importlib.import_module(module)
    for owner, name, value in _SHORT:
        assert hasattr(owner, name), f"{owner} has no {name}"
        setattr(owner, name, value)
    for name in _ABSENT:
        if importlib.util.find_spec(name) is None:
            sys.modules[name] = None  # type: ignore[assignment]  # how Python remembers that there is none
    _warm_up()
    keepers = []
    for pair in pipes:
        reading, writing = map(int, pair.split(":"))
        keeper = os.fork()
        if keeper == 0:
            _keep(os.fdopen(reading), os.fdopen(writing, "w", buffering=1))
            os._exit(0)
        keepers.append(keeper)
    for keeper in keepers:
        os.waitpid(keeper, 0)


def _warm_up() -> None:
    """Open and close a server once, so that what is read and compiled at the first start is there for all others."""

    async def once(folder: Path) -> None:
        settings = Settings(data=folder, secret="of nobody, for nobody, and never used")
        async with open_grija(settings, channels=("web",), open_dialogue=open_echo):
            pass

    with tempfile.TemporaryDirectory(prefix="grija-warm-") as folder:
        asyncio.run(once(Path(folder)))


def _keep(orders: TextIO, answers: TextIO) -> None:
    """Fork a child for each order until there are no more."""
    for line in orders:
        spec: dict[str, Any] = json.loads(line)
        child = os.fork()
        if child == 0:
            _serve(spec)
            os._exit(0)
        answers.write(f"{child}\n")
        # Reaped here, so that no killed child stays behind as a zombie.
        os.waitpid(child, 0)
        answers.write("ended\n")


def _serve(spec: dict[str, Any]) -> None:
    given = spec["settings"]
    settings = Settings(**{**given, "data": Path(given["data"])})
    logs.set_up(settings)
    # The module that the channel registry names is not the one that runs as __main__.
    sys.modules["tests.crash_server"] = sys.modules[__name__]
    FilePlatform.path = Path(spec["platform"])
    if spec["crash"]:
        faults.arm(spec["crash"])
    asyncio.run(serve(settings, channels=(*in_use(settings), "platform"), open_dialogue=open_echo))


if __name__ == "__main__":
    main(sys.argv[1:])
