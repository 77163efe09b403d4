"""The composition root: everything is opened here, in order, and closed in the opposite order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from actions.backends.model import Shop
from bot import help_pages, shop
from bot.alerts import LOOK_SECONDS, Alerts
from bot.api.door import Api
from bot.api.routes import all_routes
from bot.asking.keeper import SWEEP_SECONDS, Keeper
from bot.avatars import Avatars
from bot.broker import Broker
from bot.broker.memory import MemoryBroker
from bot.console.board import Board, open_board
from bot.console.rounds import Rounds, open_rounds
from bot.console.typing import AgentTyping
from bot.console.views import Console
from bot.desk import Desk
from bot.desk.brief import Briefs
from bot.desk.canned import CannedAnswers
from bot.desk.offers import Offers
from bot.desk.opening import open_briefs
from bot.desk.presence import Presence
from bot.dialogue_protocol import Dialogue, Readiness
from bot.errors import ModelError
from bot.help_pages import HelpPages
from bot.hub import Hub
from bot.lanes import sweep_forever
from bot.loop_lag import LoopLag
from bot.metrics import Metrics
from bot.nlu.knowledge import Knowledge
from bot.people import People, open_people
from bot.people.tidying import TIDY_SECONDS, tidy
from bot.served_dialogue import ServedDialogue
from bot.settings import Settings
from bot.store import Store, open_store
from bot.streams.delivery import Streams
from bot.tokens import VisitorTokens, read_or_make_secret
from bot.web import Pages, errors_as_json
from bot.webhooks import Webhooks
from channels import CHANNELS, Channel, ChannelContext

log = structlog.get_logger(__name__)

OpenDialogue = Callable[[Settings, Metrics], Dialogue]

_MODEL_RETRY_SECONDS = 2.0
_LEARN_SECONDS = 60.0


@dataclass(frozen=True)
class Grija:
    """The running parts."""

    settings: Settings
    store: Store
    broker: Broker
    dialogue: Dialogue
    hub: Hub
    desk: Desk
    asking: Keeper
    offers: Offers
    presence: Presence
    briefs: Briefs
    canned: CannedAnswers
    shop: Shop
    knowledge: Knowledge
    channels: dict[str, Channel]
    metrics: Metrics
    lag: LoopLag
    readiness: Readiness
    people: People
    webhooks: Webhooks
    streams: Streams
    alerts: Alerts
    board: Board
    rounds: Rounds
    console: Console


@asynccontextmanager
async def open_grija(
    settings: Settings, *, channels: Iterable[str], open_dialogue: OpenDialogue | None = None
) -> AsyncIterator[Grija]:
    """Open store, dialogue and hub; in the background load the model, then open the lanes and sweep.

    Messages are accepted from the beginning and worked once the model is loaded. StoreUnavailable if the
    database cannot be opened.
    """
    store = await open_store(settings.database)
    try:
        grija = await _compose(settings, store, list(channels), open_dialogue or _open_rasa)
        async with _running(grija):
            yield grija
    finally:
        await store.close()


def create_app(grija: Grija) -> web.Application:
    """The aiohttp application over running parts: pages, health, and the routes of the channels."""
    app = web.Application(middlewares=[errors_as_json], client_max_size=1024 * 1024)
    pages = Pages(
        store=grija.store,
        metrics=grija.metrics,
        lag=grija.lag,
        readiness=grija.readiness,
        sample_orders=lambda: shop.sample_orders(grija.shop, grija.settings),
        channels=grija.channels,
    )
    app.add_routes(pages.routes())
    app.add_routes(shop.routes(grija.shop))
    app.add_routes(HelpPages(grija.knowledge.library).routes())
    app.add_routes(_api(grija).routes())
    app.add_routes(grija.console.routes())
    for channel in grija.channels.values():
        app.add_routes(channel.routes())
    return app


def _api(grija: Grija) -> Api:
    return Api(all_routes(grija), grija.people.identify, origin=_origin(grija.settings))


def _origin(settings: Settings) -> str:
    public = urlsplit(settings.public_url)
    return f"{public.scheme}://{public.netloc}"


async def _compose(settings: Settings, store: Store, names: list[str], open_dialogue: OpenDialogue) -> Grija:
    metrics, broker = Metrics(), MemoryBroker()
    dialogue = open_dialogue(settings, metrics)
    secret = settings.secret or await asyncio.to_thread(read_or_make_secret, settings.data)
    tokens = VisitorTokens(secret, site=settings.site)
    context = ChannelContext(settings, store, broker, tokens, metrics)
    channels = {name: _channel_class(name)(context) for name in names}
    hub = Hub(
        store=store, broker=broker, dialogue=dialogue, channels=channels, settings=settings, metrics=metrics
    )
    people, presence = open_people(settings, store, secret=secret), Presence(store=store, broker=broker)
    rounds = open_rounds(store, idle_hours=settings.session_hours)
    console = Console(
        store=store,
        rounds=rounds,
        broker=broker,
        people=people,
        present=presence,
        typing=AgentTyping(store, broker, channels),
        origin=_origin(settings),
    )
    opened_shop, knowledge = shop.install(settings), help_pages.install(settings)
    canned = CannedAnswers(store, settings)
    await canned.ship()
    briefs = open_briefs(
        settings,
        store=store,
        broker=broker,
        dialogue=dialogue,
        shop=opened_shop,
        knowledge=knowledge,
        canned=canned,
    )
    return Grija(
        settings=settings,
        store=store,
        broker=broker,
        dialogue=dialogue,
        hub=hub,
        desk=Desk(store=store, broker=broker, dialogue=dialogue, hub=hub),
        asking=Keeper(
            store=store,
            broker=broker,
            dialogue=dialogue,
            writer=hub.writer,
            deliveries=hub.deliveries,
        ),
        offers=Offers(store=store, broker=broker, dialogue=dialogue, hub=hub),
        presence=presence,
        briefs=briefs,
        canned=canned,
        shop=opened_shop,
        knowledge=knowledge,
        channels=channels,
        metrics=metrics,
        lag=LoopLag(),
        readiness=Readiness(),
        people=people,
        webhooks=Webhooks(store, settings=settings, secret=secret, metrics=metrics),
        streams=Streams(store, settings=settings, metrics=metrics),
        alerts=Alerts(store, broker=broker, settings=settings, metrics=metrics, channels=channels),
        board=open_board(store),
        rounds=rounds,
        console=console,
    )


@asynccontextmanager
async def _running(grija: Grija) -> AsyncIterator[None]:
    tasks = [
        _task(grija.lag.run()),
        _task(grija.people.live.watch()),
        # Also while there is no model: people can be at work before the bot is.
        _task(grija.presence.run()),
        _task(sweep_forever(partial(tidy, grija.store), seconds=TIDY_SECONDS)),
        _task(sweep_forever(grija.alerts.sweep, seconds=grija.settings.sweep_seconds)),
        _task(_work(grija)),
    ]
    for channel in grija.channels.values():
        await channel.start(grija.hub)
    try:
        yield
    finally:
        await grija.console.stop()
        await grija.rounds.close()
        await grija.board.close()
        for channel in grija.channels.values():
            await channel.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await grija.hub.updates.lanes.close()
        await grija.hub.attachments.lanes.close()
        await grija.desk.replies.lanes.close()
        await grija.hub.lanes.close()
        await grija.hub.deliveries.lanes.close()
        await grija.webhooks.close()
        await grija.streams.close()
        for channel in grija.channels.values():
            await channel.close()
        await grija.briefs.close()
        await grija.dialogue.close()
        await grija.shop.close()
        help_pages.remove(grija.knowledge)


async def _work(grija: Grija) -> None:
    """Load the model (waiting for one if need be), then work until cancelled."""
    while grija.dialogue.model is None:
        try:
            await grija.dialogue.load()
        except ModelError as error:
            if grija.readiness.model != error.code:
                log.error("model.missing", error=str(error))
            grija.readiness.model = error.code
            await asyncio.sleep(_MODEL_RETRY_SECONDS)
    grija.readiness.model = "ok"
    grija.hub.updates.lanes.open()
    grija.hub.attachments.lanes.open()
    grija.hub.lanes.open()
    grija.desk.replies.lanes.open()
    grija.hub.deliveries.lanes.open()
    grija.webhooks.lanes.open()
    grija.streams.lanes.open()
    grija.readiness.working.set()
    log.info("server.working", model=grija.dialogue.model)
    avatars = Avatars(store=grija.store, channels=grija.channels, settings=grija.settings)
    seconds = grija.settings.sweep_seconds
    await asyncio.gather(
        grija.dialogue.watch(),
        grija.offers.run(),
        sweep_forever(grija.hub.sweep, seconds=seconds),
        sweep_forever(avatars.sweep, seconds=seconds),
        sweep_forever(grija.desk.sweep, seconds=seconds),
        sweep_forever(grija.webhooks.sweep, seconds=seconds),
        sweep_forever(grija.streams.sweep, seconds=seconds),
        sweep_forever(grija.briefs.sweep, seconds=_LEARN_SECONDS),
        sweep_forever(grija.alerts.look, seconds=LOOK_SECONDS),
        sweep_forever(grija.asking.sweep, seconds=SWEEP_SECONDS),
    )


def _task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work)


def _channel_class(name: str) -> Callable[[ChannelContext], Channel]:
    module, _, attribute = CHANNELS[name].partition(":")
    channel: Callable[[ChannelContext], Channel] = getattr(import_module(module), attribute)
    return channel


def _open_rasa(settings: Settings, metrics: Metrics) -> Dialogue:
    return ServedDialogue(
        settings.models, turns=settings.dialogue_turns, timeout=settings.turn_timeout, metrics=metrics
    )
