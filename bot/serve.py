"""`python -m bot serve`: the web server, from its socket to its orderly end."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import structlog
from aiohttp import web

from bot.app import Grija, OpenDialogue, create_app, open_grija
from bot.errors import SettingsError
from bot.people.commands import first_link
from bot.settings import Settings
from channels import in_use

log = structlog.get_logger(__name__)


async def serve(
    settings: Settings, *, channels: Sequence[str] = (), open_dialogue: OpenDialogue | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in hand. SettingsError if the port is taken.

    Without `channels`, those that the settings put into use.
    """
    names = channels or in_use(settings)
    async with open_grija(settings, channels=names, open_dialogue=open_dialogue) as grija:
        runner = web.AppRunner(create_app(grija), access_log=None, handler_cancellation=True)
        await runner.setup()
        try:
            port = await _listen(runner, settings)
            log.info("server.listening", host=settings.host, port=port)
            if open_dialogue is None:
                _prepare(grija)
            print(f"Grija listens on http://localhost:{port}", file=sys.stderr, flush=True)
            await _welcome(grija, port)
            await _until_told()
        finally:
            # Sockets first: a widget whose socket stays open would hold the shutdown.
            for channel in grija.channels.values():
                await channel.stop()
            await runner.cleanup()


async def _welcome(grija: Grija, port: int) -> None:
    """Let the first admin in. Printed, not logged: a log is read by others."""
    settings = grija.settings
    if settings.port == 0 and settings.public_url == "http://localhost:0":
        # Only now it is known which port is ours.
        settings = replace(settings, public_url=f"http://localhost:{port}")
    first = await first_link(settings, grija.store)
    if first is not None:
        email, link = first
        print(f"Nobody can manage people yet. Be the first, as {email}: {link}", file=sys.stderr, flush=True)


async def _listen(runner: web.AppRunner, settings: Settings) -> int:
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"port {settings.port} is taken by another program; stop it or set GRIJA_PORT to another port"
            ) from None
        raise SettingsError(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from None
    return int(runner.addresses[0][1])


def _prepare(grija: Grija) -> None:
    """Get the help articles ready in the background: the first customer who asks shall not wait for that."""
    work = threading.Thread(target=_load, args=(grija,), name="knowledge", daemon=True)
    work.start()


def _load(grija: Grija) -> None:
    started = time.perf_counter()
    try:
        grija.knowledge.load(grija.settings.languages)
    except Exception as error:
        log.error("knowledge.failed", error=repr(error))
    else:
        log.info("knowledge.ready", seconds=round(time.perf_counter() - started, 1))


async def _until_told() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, told.set)
    await told.wait()
