"""The terminal: the smallest channel, and the example for writing another one.

What comes in: a line of standard input becomes an `Inbound` and is accepted. What goes out: the hub pushes each
message through `send`, which prints it. Buttons are printed with numbers; a number presses its button.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import io
import sys
import threading
from collections.abc import Callable, Iterable
from typing import TextIO

from bot.errors import ClientError, StoreUnavailable
from bot.hub import Hub
from bot.models import Address, Button, Inbound, Message, new_id
from bot.text import checked, clean
from channels import Budget, ChannelContext, PushingChannel


class TerminalChannel(PushingChannel):
    """One customer at the keyboard: the user of this machine."""

    name = "terminal"
    budget = Budget(total_per_second=1000, address_per_second=1000)

    def __init__(
        self, context: ChannelContext, *, lines: TextIO | None = None, show: Callable[[str], None] = print
    ) -> None:
        self._lines = sys.stdin if lines is None else lines
        self._show = show
        self._offered: tuple[Button, ...] = ()
        self._reading: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()

    async def start(self, hub: Hub) -> None:
        self._reading = asyncio.create_task(self._read(hub))

    async def stop(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def send(self, address: Address, message: Message) -> str:
        self._show(render(message))
        self._offered = message.buttons
        return message.id

    async def _read(self, hub: Hub) -> None:
        try:
            await self._listen(hub)
        finally:
            # Also when reading has failed: who waits for the end must not wait for ever.
            self.ended.set()

    async def _listen(self, hub: Hub) -> None:
        sender = _user()
        await hub.lanes.opened()
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        # A thread that may hang in a read for ever must not keep the process from ending: a daemon.
        reader = threading.Thread(
            target=_feed, args=(self._lines, queue, asyncio.get_running_loop()), daemon=True
        )
        reader.start()
        while (line := await queue.get()) is not None:
            if not line.strip():
                continue
            try:
                await hub.accept(parse(line, self._offered, sender=sender))
                # The next line may press a button of the answer, also when all lines came at once from a file.
                await hub.settle()
            except (ClientError, StoreUnavailable) as problem:
                self._show(f"! {problem}")


def parse(line: str, offered: Iterable[Button], *, sender: str) -> Inbound:
    """A line of the keyboard as a message, or as the press of the button with its number.

    TextEmpty or TextTooLong if the line cannot be a message.
    """
    pressed = {str(number): button for number, button in enumerate(offered, start=1)}.get(line.strip())
    return Inbound(
        channel=TerminalChannel.name,
        account="local",
        event_id=new_id(),
        sender=sender,
        text="" if pressed else checked(line.rstrip("\r\n")),
        button_id=pressed.id if pressed else None,
        raw=clean(line),
    )


def render(message: Message) -> str:
    """A message as lines of text, its buttons numbered from 1, without what a terminal would obey."""
    buttons = [f"  [{number}] {button.title}" for number, button in enumerate(message.buttons, start=1)]
    said = f"{message.author.name or message.author.kind.value}: {message.text}"
    return clean("\n".join([said, *buttons]))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "me"


def _feed(lines: TextIO, queue: asyncio.Queue[str | None], loop: asyncio.AbstractEventLoop) -> None:
    if isinstance(lines, io.TextIOWrapper):
        lines.reconfigure(errors="replace")
    # The loop may be closed while we wait for a line: then nobody wants it.
    with contextlib.suppress(RuntimeError):
        for line in lines:
            loop.call_soon_threadsafe(queue.put_nowait, line)
        loop.call_soon_threadsafe(queue.put_nowait, None)
