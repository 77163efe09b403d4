"""`python -m bot chat`: talk to the bot in the terminal, through the same hub as every other channel."""

from __future__ import annotations

import sys
from typing import cast

from bot.app import OpenDialogue, open_grija
from bot.model_files import read_current
from bot.settings import Settings
from channels.terminal import TerminalChannel


async def chat(settings: Settings, *, open_dialogue: OpenDialogue | None = None) -> None:
    """Talk until the input ends, then wait for the answers that are still due."""
    read_current(settings.models)  # better a clear word now than waiting for a model that nobody trains
    print("Loading the model …", file=sys.stderr, flush=True)
    async with open_grija(settings, channels=["terminal"], open_dialogue=open_dialogue) as grija:
        await grija.readiness.working.wait()
        print("Write to the bot; Ctrl-D ends. A number presses a button.", file=sys.stderr, flush=True)
        channel = cast(TerminalChannel, grija.channels["terminal"])
        await channel.ended.wait()
        await grija.hub.settle()
