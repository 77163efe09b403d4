"""Messages given to the model in service, one after the other, with the encoder working ahead on all cores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import model_files
from bot.errors import ModelError
from bot.nlu.ahead import encode_ahead

AHEAD = 64
"""Messages encoded before they are read; the encoder keeps many more in memory."""
STEP = 200
"""Messages between two reports of progress."""

Parse = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Takes a text and the message's metadata; returns `intent`, `intent_ranking`, `entities` and `language`."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """A text and the language that its conversation is known to have, None for a first message."""

    text: str
    language: str | None = None


@asynccontextmanager
async def model_in_service(models: Path) -> AsyncIterator[tuple[str, Parse]]:
    """Load what `models/current` names; gives its name and how to ask it. ModelError if that cannot be."""
    model = model_files.read_current(models)
    await asyncio.to_thread(model_files.verify, model)
    # Importing Rasa takes seconds: here, in a thread, and only when a model is asked.
    engine = await asyncio.to_thread(_engine, model)
    try:
        await engine.start()
    except Exception as error:
        raise ModelError(
            f"{model.name} cannot be loaded; if the code is newer, run `make train`: {error!r}"
        ) from error

    async def parse(text: str, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        parsed: Mapping[str, Any] = await engine.run(engine.parsed(text, metadata))
        return parsed

    try:
        yield model.name, parse
    finally:
        await engine.retire(0)


async def read_all(parse: Parse, asked: Sequence[Asked], progress: Progress) -> list[Mapping[str, Any]]:
    """Return the parse of each message, in order; whatever `parse` raises ends it."""
    read: list[Mapping[str, Any]] = []
    for start in range(0, len(asked), AHEAD):
        part = asked[start : start + AHEAD]
        await asyncio.gather(*(asyncio.to_thread(encode_ahead, item.text) for item in part))
        for item in part:
            read.append(await parse(item.text, {"language": item.language, "fixed_language": None}))
            if len(read) % STEP == 0 or len(read) == len(asked):
                progress(f"{len(read)} of {len(asked)} messages read")
    return read


def _engine(model: model_files.ModelFile) -> Any:
    from bot.dialogue import Engine

    return Engine(model, turns=1)
