"""`python -m bot check`: is everything that the server needs there and right?"""

from __future__ import annotations

import asyncio
import shlex
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, fields
from importlib import import_module

from actions.backends.model import ShopError
from bot import model_files, shop
from bot.errors import GrijaError, SinkFailed
from bot.models import now
from bot.nlu.articles import ArticleBroken, read_shelf
from bot.settings import Settings, variable
from bot.store import audit, inbox, open_store, outbox, people, signal_events, updates
from bot.store.signal_events import Depth
from bot.streams.sink import make_sink
from bot.web import DIST
from channels import CHANNELS, in_use

_SHOWN_UPDATES = 10


@dataclass(frozen=True)
class Finding:
    """One part that was looked at: its name, whether it is right, and what to do if not."""

    part: str
    right: bool
    text: str


def shown_settings(settings: Settings) -> list[str]:
    """All settings as lines NAME=value, secrets only as set or not set."""
    lines = []
    for item in fields(Settings):
        value = getattr(settings, item.name)
        if item.metadata["secret"]:
            value = "(set)" if value else "(not set)"
        elif isinstance(value, tuple):
            value = ",".join(value)
        lines.append(f"{variable(item.name)}={value}")
    return lines


async def check(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything that the server needs, one part after the other."""
    for part, look in _LOOKS.items():
        try:
            yield Finding(part, True, await look(settings))
        except (GrijaError, ShopError, ArticleBroken, ImportError, OSError) as error:
            yield Finding(part, False, str(error))


async def _database(settings: Settings) -> str:
    store = await open_store(settings.database)
    try:
        messages = await store.read(inbox.depth)
        deliveries = await store.read(outbox.depth)
    finally:
        await store.close()
    kind = "SQLite" if settings.database.startswith("sqlite") else "PostgreSQL"
    set_aside = messages["dead"] + deliveries["dead"]
    return f"{kind}; {messages['waiting']} messages waiting, {set_aside} messages or deliveries set aside"


async def _people(settings: Settings) -> str:
    store = await open_store(settings.database)
    try:
        agents = await store.read(people.everybody)
        can_manage = await store.read(people.has_admin)
    finally:
        await store.close()
    able = sum(agent.disabled_at is None for agent in agents)
    return f"{able} people" + (
        "" if can_manage else "; no admin yet, `serve` prints a link for the first one"
    )


async def _audit(settings: Settings) -> str:
    store = await open_store(settings.database)
    try:
        verified = await store.read(audit.verify)
    finally:
        await store.close()
    return f"{verified.rows} rows, none missing or changed; the last one's hash is {verified.hash}"


async def _updates(settings: Settings) -> str:
    store = await open_store(settings.database)
    try:
        depth = await store.read(updates.depth)
        latest = await store.read(updates.quarantined, limit=_SHOWN_UPDATES)
    finally:
        await store.close()
    lines = [f"{depth['waiting']} waiting, {depth['quarantined']} quarantined"]
    for update in latest:
        # The error's name only: what it says may quote a customer.
        lines.append(
            f"{update.channel} {update.account}, update {update.event_id} of {update.received_at:%Y-%m-%d %H:%M}: "
            f"{update.reason.partition('(')[0]}"
        )
    return "\n     ".join(lines)


async def _model(settings: Settings) -> str:
    model = model_files.read_current(settings.models)
    await asyncio.to_thread(model_files.verify, model)
    return model.name


async def _shop(settings: Settings) -> str:
    opened = shop.install(settings)
    try:
        await opened.check()
    finally:
        await opened.close()
    return settings.shop_url


async def _knowledge(settings: Settings) -> str:
    shelf = await asyncio.to_thread(read_shelf, settings.knowledge)
    if shelf.faults:
        raise ArticleBroken(f"left out: {'; '.join(shelf.faults)}")
    if not shelf.articles:
        raise FileNotFoundError(f"no articles in {settings.knowledge}")
    languages = sorted({language for language, _ in shelf.articles})
    return f"{len(shelf.articles)} articles in {', '.join(languages)}"


async def _channels(settings: Settings) -> str:
    for name, place in CHANNELS.items():
        module, _, attribute = place.partition(":")
        if not hasattr(import_module(module), attribute):
            raise ModuleNotFoundError(f"channel {name} names {place}, which does not exist")
    return ", ".join(CHANNELS)


async def _slack(settings: Settings) -> str:
    if "slack" not in in_use(settings):
        return "not in use"
    # The library is imported only when it is needed.
    from channels.slack_check import look

    return await look(settings)


async def _streams(settings: Settings) -> str:
    store = await open_store(settings.database)
    try:
        depths = {depth.sink: depth for depth in await store.read(signal_events.depths)}
    finally:
        await store.close()
    lines = [_backlog(place.name, depths.pop(place.name, None)) for place in settings.sink_places]
    lines += [f"{_backlog(sink, depth)}; not in use" for sink, depth in depths.items()]
    for place in settings.sink_places:
        sink = make_sink(place, data=settings.data)
        try:
            await sink.open()
        except SinkFailed as error:
            raise SinkFailed("\n     ".join([f"{place.name} cannot be opened: {error}", *lines])) from error
        finally:
            await sink.close()
    return "\n     ".join(lines) or "not in use"


def _backlog(sink: str, depth: Depth | None) -> str:
    if depth is None:
        return f"{sink}: nothing was sent there yet"
    counts = f"{sink}: {depth.waiting} waiting, {depth.sent} sent, {depth.dead} given up"
    if depth.since is None:
        return counts
    why = f" ({depth.error})" if depth.error else ""
    return f"{counts}; the oldest has waited for {(now() - depth.since).total_seconds():.0f} s{why}"


async def _files(settings: Settings) -> str:
    command = shlex.split(settings.antivirus_command)
    if command and shutil.which(command[0]) is None:
        raise FileNotFoundError(f"GRIJA_ANTIVIRUS_COMMAND: there is no program {command[0]}")
    looked_at = f"looked at by {command[0]}" if command else "no antivirus command"
    return f"up to {settings.file_megabytes} MB, {looked_at}"


async def _pages(settings: Settings) -> str:
    missing = [name for name in ("index.html", "widget.js") if not (DIST / name).is_file()]
    if missing:
        raise FileNotFoundError(f"{', '.join(missing)} not built; run `make run` or `npm run build`")
    return "built"


async def _telegram(settings: Settings) -> str:
    from channels.telegram_check import look

    return await look(settings)


_LOOKS: dict[str, Callable[[Settings], Awaitable[str]]] = {
    "database": _database,
    "people": _people,
    "audit": _audit,
    "updates": _updates,
    "model": _model,
    "shop": _shop,
    "knowledge": _knowledge,
    "channels": _channels,
    "slack": _slack,
    "telegram": _telegram,
    "streams": _streams,
    "files": _files,
    "pages": _pages,
}
