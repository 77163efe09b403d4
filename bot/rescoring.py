"""`python -m bot signals rescore`: stored messages are read again with the present model of feelings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.dialogue_protocol import Dialogue
from bot.models import Signal
from bot.reading_feelings import signal_of, wanted
from bot.store import Store, signals
from bot.store.signals import Unread

log = structlog.get_logger(__name__)

BATCH = 64
"""Messages that are read together and committed together."""


@dataclass
class Rescored:
    """How many messages have a new signal, and how many could not be read or changed meanwhile."""

    read: int = 0
    left: int = 0


async def rescore(
    store: Store,
    dialogue: Dialogue,
    model: str,
    *,
    since: datetime | None = None,
    told: Callable[[Rescored], None] = lambda so_far: None,
) -> Rescored:
    """Give each worked message a signal of `model`, the present version, where it has none; `told` after each batch.

    Older signals stay and count no more. Whatever ends it, the next call goes on where it was. StoreUnavailable.
    """
    done, after = Rescored(), ("", 0)
    while batch := await store.read(signals.unread, model, after=after, since=since, limit=BATCH):
        found = await asyncio.gather(*(_read(dialogue, item) for item in batch))
        read = [(item, signal) for item, signal in zip(batch, found, strict=True) if signal is not None]
        noted = await store.write(signals.note_again, read)
        done.read += len(noted)
        done.left += len(batch) - len(noted)
        after = (batch[-1].message.conversation_id, batch[-1].message.seq)
        told(done)
    return done


async def _read(dialogue: Dialogue, item: Unread) -> Signal | None:
    message = item.message
    try:
        parse = await dialogue.parse(message.text, spoken=item.language)
    except Exception as error:  # one message that cannot be read does not end the work on all others
        log.warning("feelings.unread", message=message.id, reason=type(error).__name__)
        return None
    return signal_of(
        message,
        parse,
        customer_id=item.customer_id,
        channel=item.channel,
        intent=wanted(parse, item.wishes),
    )
