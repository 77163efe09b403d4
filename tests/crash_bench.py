"""What the crash test is made of: servers that are killed again and again, and what must stand in the store then."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import aiohttp
import sqlalchemy as sa

from bot import faults
from bot.models import AuthorKind, Message
from bot.store import Store, addresses, conversations
from bot.store.tables import conversation
from tests.conftest import until

KILLS = 3
POINTS = tuple(point for point in faults.POINTS if not point.startswith("stream."))
"""Those that a message can meet; tests/test_streams_brokers.py kills at the others."""
GONE = (aiohttp.ClientError, ConnectionError, asyncio.TimeoutError, OSError)
"""How it looks from outside that a server was killed."""

_LONGEST_LIFE = 1.0
_PATIENCE = 60.0


class Keeper:
    """One who starts servers, one at a time."""

    def __init__(self) -> None:
        reading, orders = os.pipe()
        self._answers, writing = os.pipe()
        os.set_blocking(self._answers, False)
        self.ends = (reading, writing)
        self._orders = os.fdopen(orders, "w", buffering=1)
        self._heard = b""

    def write(self, line: str) -> None:
        self._orders.write(line + "\n")

    async def line(self) -> str:
        """The next line that the keeper writes; one that waits for it can be cancelled without losing any."""
        while b"\n" not in self._heard:
            await self._something_written()
            heard = os.read(self._answers, 4096)
            assert heard, "the keeper of the servers has died"
            self._heard += heard
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode()

    async def _something_written(self) -> None:
        loop, written = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._answers, written.set)
        try:
            await asyncio.wait_for(written.wait(), _PATIENCE)
        finally:
            loop.remove_reader(self._answers)

    def dismiss(self) -> None:
        self._orders.close()

    def close(self) -> None:
        os.close(self._answers)


class Zygote:
    """The process that all servers come from; it has imported everything once, for all tests."""

    def __init__(self, keepers: int = 1) -> None:
        self.keepers = [Keeper() for _ in range(keepers)]
        pipes = [keeper.ends for keeper in self.keepers]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash_server", *(f"{ours}:{theirs}" for ours, theirs in pipes)],
            pass_fds=[end for pair in pipes for end in pair],
            start_new_session=True,
        )
        for end in (end for pair in pipes for end in pair):
            os.close(end)

    def close(self) -> None:
        for keeper in self.keepers:
            keeper.dismiss()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:  # a failed test has left its server behind
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for keeper in self.keepers:
            keeper.close()


class Victims:
    """Starts and kills servers, one at a time; none is left when the block ends."""

    def __init__(self, keeper: Keeper, spec: dict[str, Any]) -> None:
        self._keeper = keeper
        self._spec = spec
        self._pid = 0

    async def __aenter__(self) -> Victims:
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._pid:
            await self.kill(after=0)

    async def start(self, crash: str | None) -> None:
        """Start a server, which kills itself at a crash point if one is given."""
        self._keeper.write(json.dumps({**self._spec, "crash": crash}))
        self._pid = int(await self._keeper.line())

    async def kill(self, *, after: float) -> None:
        """Wait for the server to kill itself; kill it after some seconds if it has not."""
        ended = asyncio.create_task(self._keeper.line())
        try:
            await asyncio.wait([ended], timeout=after)
            if not ended.done():
                with suppress(ProcessLookupError):
                    os.kill(self._pid, signal.SIGKILL)
            assert await ended == "ended"
        finally:
            ended.cancel()
        self._pid = 0

    async def kill_again_and_again(self, chance: random.Random, seed: int) -> None:
        """KILLS servers one after the other, each killed at a crash point or, the last, at any moment."""
        for kill in range(KILLS):
            # Every point is met by every few seeds.
            point = POINTS[(seed * KILLS + kill) % len(POINTS)]
            if kill < KILLS - 1:
                await self.start(f"{point}:{chance.randint(1, 3)}")
                await self.kill(after=_LONGEST_LIFE)
            else:
                await self.start(None)
                await self.kill(after=chance.uniform(0.1, 0.6))


async def history(store: Store, channel: str, account: str, external_id: str) -> tuple[list[Message], int]:
    """What was said with a customer, who has one conversation, and how many turns its dialogue has seen."""
    found = await store.read(addresses.find, channel, account, external_id)
    assert found is not None, f"{external_id} of {channel} is lost"
    opened = sa.select(sa.func.count()).where(conversation.c.customer_id == found.customer_id)
    assert await store.read(lambda connection: connection.execute(opened).scalar()) == 1
    said = await store.read(conversations.messages_after, found.customer_id, 0)
    latest = await store.read(conversations.latest, found.customer_id)
    assert latest is not None
    assert latest.dialogue is not None
    return said, latest.dialogue["turns"]


async def until_none_is_missing(missing: Callable[[], list[str]]) -> None:
    """Wait until nothing is missing any more; AssertionError says what was lost."""

    async def complete() -> bool:
        return not missing()

    try:
        await until(complete, seconds=_PATIENCE)
    except AssertionError:
        raise AssertionError(f"lost: {missing()}") from None


def check_history(said: list[Message], turns: int, wanted: list[str]) -> None:
    """Each wanted message once and in order, each answered once and in order, each worked once."""
    asked = asked_in(said)
    answers = [message for message in said if message.author.kind is AuthorKind.BOT]
    assert [message.text for message in asked] == wanted, "in the order in which they were sent"
    assert [message.seq for message in said] == list(range(1, 2 * len(wanted) + 1)), "no gap, nothing doubled"
    assert [message.answers for message in answers] == [message.id for message in asked], (
        "one answer each, in order"
    )
    assert turns == len(wanted), "the dialogue has seen each message once"


def check_sent(sent: list[str], wanted: list[str], *, doubtful: int = KILLS) -> int:
    """What a platform has got for one address: an answer to each wanted message, in order; how many came again.

    At least once: again only where a kill fell between the platform's yes and our commit, or where it gave
    a doubtful answer. One message is on its way to an address at a time, so each of these `doubtful` events
    doubles one, if the platform cannot be asked what it has.
    """
    firsts = list(dict.fromkeys(sent))
    assert firsts == [f"echo: {text}" for text in wanted], "everything delivered, in order"
    again = len(sent) - len(firsts)
    assert again <= doubtful, "doubled without a reason"
    return again


def asked_in(said: list[Message]) -> list[Message]:
    """The customer's messages."""
    return [message for message in said if message.author.kind is AuthorKind.CUSTOMER]


def free_port() -> int:
    """A port that stays free while a server is dead: no connection is given one from below 32,768."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
