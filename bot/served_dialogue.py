"""The dialogue that the server talks to: whichever model is promoted, changed without dropping a message."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from actions.attachments import answer_to
from bot import model_files
from bot.commands import spoken
from bot.errors import ModelError, ModelMissing, TurnTimeout
from bot.metrics import Metrics
from bot.models import Conversation, Draft, InboxItem, Outcome
from bot.nlu.ahead import encode_ahead
from bot.nlu.language import DEFAULT_LANGUAGES

if TYPE_CHECKING:
    from bot.dialogue import Engine

log = structlog.get_logger(__name__)

T = TypeVar("T")

_WATCH_SECONDS = 2.0
_DRAIN_SECONDS = 60.0


class ServedDialogue:
    """The dialogue of the server: answers with the model that `models/current` names, and follows its changes."""

    def __init__(self, models: Path, *, turns: int, timeout: float, metrics: Metrics | None = None) -> None:
        self._models = models
        self._turns = turns
        self._timeout = timeout
        self._metrics = metrics or Metrics()
        self._engine: Engine | None = None
        # Encoding is most of a turn's work and needs no order: it is done in threads on all cores, so that the
        # one thread of the dialogue finds the vector ready.
        self._encoding = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="encoder")
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def model(self) -> str | None:
        """The name of the archive in service, None before the first `load`."""
        return self._engine.model.name if self._engine else None

    async def load(self) -> None:
        """Load what `models/current` names and put it into service; turns in progress end with the old one.

        ModelMissing, ModelRefused, or ModelError if Rasa cannot load it; then the old one stays in service.
        """
        started = time.perf_counter()
        try:
            engine = await self._load()
        except ModelError:
            self._metrics.model_loads.labels("refused").inc()
            raise
        former, self._engine = self._engine, engine
        self._metrics.model_loads.labels("loaded").inc()
        log.info("model.loaded", model=engine.model.name, seconds=round(time.perf_counter() - started, 1))
        if former is not None:
            task = asyncio.create_task(former.retire(_DRAIN_SECONDS))
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    async def watch(self) -> None:
        """Load a newly promoted model as soon as it is there; a bad one is refused and logged once."""
        tried = complaint = ""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            try:
                wanted = model_files.read_current(self._models)
                if wanted.sha256 not in (tried, self._engine and self._engine.model.sha256):
                    tried = wanted.sha256
                    await self.load()
            except ModelError as error:
                if complaint != str(error):
                    log.error("model.refused", error=str(error), in_service=self.model)
                complaint = str(error)

    async def respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        """One turn. TurnTimeout, ActionFailed or another DialogueError; then nothing has changed here."""
        return await self._timed(self._respond(conversation, item))

    async def parse(
        self, text: str, *, language: str | None = None, spoken: str | None = None
    ) -> dict[str, Any]:
        """What the model understands of one text: in this language, or in the one spoken before if it tells none."""
        return await self._timed(self._parse(text, {"fixed_language": language, "language": spoken}))

    def sentence(self, response: str, language: str | None, **values: object) -> str:
        """A response of the served model's domain as text; ModelMissing if none is loaded."""
        return self._ready().sentence(response, (language or "en")[:2].lower(), values)

    async def close(self) -> None:
        """End the thread of the model."""
        for task in self._retiring:
            task.cancel()
        if self._engine is not None:
            await self._engine.retire(0)
        self._encoding.shutdown(wait=False, cancel_futures=True)

    async def _load(self) -> Engine:
        model = model_files.read_current(self._models)
        await asyncio.to_thread(model_files.verify, model)
        try:
            engine = await asyncio.to_thread(_new_engine, model, self._turns)
            await engine.start()
        except Exception as error:
            raise ModelError(
                f"{model.name} cannot be loaded; if the code is newer than it, run `make train`: {error!r}"
            ) from error
        return engine

    async def _respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        said, state = item.message, (conversation.dialogue or {}).get("events", [])
        if said.attachments and not said.text:
            return self._answer_to_files(conversation, item)
        if said.payload is None:
            await asyncio.get_running_loop().run_in_executor(self._encoding, encode_ahead, said.text)
        engine = self._ready()
        metadata = _metadata(conversation, item)
        return await engine.run(engine.turn(conversation.id, state, said.text, said.payload, metadata))

    async def _parse(self, text: str, metadata: dict[str, Any]) -> dict[str, Any]:
        self._ready()
        fixed = metadata["fixed_language"]
        await asyncio.get_running_loop().run_in_executor(self._encoding, encode_ahead, text, fixed)
        engine = self._ready()
        return await engine.run(engine.parsed(text, metadata))

    def _answer_to_files(self, conversation: Conversation, item: InboxItem) -> Outcome:
        """What is said to files without words. The dialogue stands still: a question stays open."""
        response = answer_to(item.message.attachments[0].kind)
        text = self.sentence(response, conversation.language or item.locale)
        return Outcome((Draft(text),), conversation.dialogue, conversation.language)

    def _ready(self) -> Engine:
        if self._engine is None:
            raise ModelMissing("no model is loaded yet")
        return self._engine

    async def _timed(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await asyncio.wait_for(work, self._timeout)
        except asyncio.TimeoutError:
            raise TurnTimeout(f"the dialogue did not answer within {self._timeout:g} s") from None


def _new_engine(model: model_files.ModelFile, turns: int) -> Engine:
    # Importing Rasa takes seconds: here, in a thread, and only when a model is loaded.
    from bot.dialogue import Engine

    return Engine(model, turns=turns)


def _metadata(conversation: Conversation, item: InboxItem) -> dict[str, Any]:
    return {
        "message_id": item.message.id,
        "channel": item.address.channel,
        "customer_id": conversation.customer_id,
        "verified": item.verified,
        "user_id": _user_id(item),
        "language": _language(conversation, item),
        "locale": item.locale,
        "fixed_language": None,
    }


def _language(conversation: Conversation, item: InboxItem) -> str | None:
    """The language so far. A button or a command has no words to tell it by: then the platform's locale does."""
    if conversation.language or item.message.payload is None:
        return conversation.language
    return spoken(item.locale, DEFAULT_LANGUAGES)


def _user_id(item: InboxItem) -> str | None:
    """Who the customer is at the site that embeds the widget, if the site has signed that for this message."""
    kind, _, user_id = item.address.external_id.partition(":")
    return user_id if item.verified and kind == "user" else None
