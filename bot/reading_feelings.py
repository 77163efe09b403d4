"""What each customer message shows, whoever owns its conversation, and the signal that is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from bot.dialogue_protocol import Dialogue
from bot.errors import ModelError
from bot.metrics import Metrics
from bot.models import Message, Signal, new_id, now
from bot.turns import Claimed, Ending

log = structlog.get_logger(__name__)

READING_SECONDS = 3.0
"""How long the reading of a message that people answer may take: without one, their conversation goes on."""
NOT_UNDERSTOOD = "nlu_fallback"
_LONGEST_NAME = 64


class FeelingsRead:
    """Reads the messages that the dialogue does not answer, and counts what was read and what was not."""

    def __init__(self, metrics: Metrics, *, seconds: float = READING_SECONDS) -> None:
        self._metrics = metrics
        self._seconds = seconds

    async def beside(self, dialogue: Dialogue, claimed: Claimed, ending: Ending) -> Ending:
        """The same ending, with the signal of its message if there is one to read; a reading that fails leaves none.

        The parse of an ending in which people answer has the language and the sentiment from now on, no more: what
        such a message wants is in its signal alone.
        """
        if claimed.standing.blocked or not readable(claimed.item.message):
            return ending
        outcome = ending.outcome
        parse = outcome.parse or await self._parsed(dialogue, claimed)
        signal = signal_of(
            claimed.item.message,
            parse,
            customer_id=claimed.conversation.customer_id,
            channel=claimed.item.address.channel,
            intent=wanted(parse, [step.wish for step in outcome.steps]),
        )
        if signal is None or outcome.parse:
            return replace(ending, signal=signal)
        shown = {"language": parse.get("language"), "sentiment": parse["sentiment"]}
        return replace(ending, outcome=replace(outcome, parse=shown), signal=signal)

    def count(self, claimed: Claimed, ending: Ending) -> None:
        """Note in the metrics what has become of a message that was to be read."""
        signal = ending.signal
        if signal is not None:
            weak = str(signal.weak).lower()
            self._metrics.feelings_read.labels(signal.language or "", weak).inc()
        elif not claimed.standing.blocked and readable(claimed.item.message):
            self._metrics.feelings_missing.inc()

    async def _parsed(self, dialogue: Dialogue, claimed: Claimed) -> Mapping[str, Any]:
        message = claimed.item.message
        asked = dialogue.parse(message.text, spoken=claimed.conversation.language)
        try:
            return await asyncio.wait_for(asked, self._seconds)
        except ModelError as error:
            reason = error.code
        except Exception as error:  # whatever goes wrong, people have the message, and that is what counts
            reason = type(error).__name__
        log.warning("feelings.unread", message=message.id, reason=reason)
        return {}


def readable(message: Message) -> bool:
    """Whether a customer's message is words of their own: no button, no command, and not taken back."""
    return bool(message.text.strip()) and message.payload is None and message.deleted_at is None


def signal_of(
    message: Message, parse: Mapping[str, Any], *, customer_id: str, channel: str, intent: str | None
) -> Signal | None:
    """The signal of a message by its parse, None if nothing in it was read."""
    sentiment = parse.get("sentiment")
    if not sentiment:
        return None
    return Signal(
        id=new_id(),
        message_id=message.id,
        conversation_id=message.conversation_id,
        customer_id=customer_id,
        seq=message.seq,
        channel=channel,
        language=parse.get("language"),
        intent=intent,
        model=sentiment["model"],
        valence=sentiment["valence"],
        emotion=sentiment["emotion"],
        emotions=sentiment["emotions"],
        weak=sentiment["weak"],
        said_at=message.sent_at,
        read_at=now(),
    )


def wanted(parse: Mapping[str, Any], served: Sequence[str]) -> str | None:
    """What a message is about: what the tasks of its turn served; where none ran its intent, if it was understood.

    An answer to a question has an intent of its own by chance; what was served is certain.
    """
    names = [*served, (parse.get("intent") or {}).get("name")]
    return next((str(name)[:_LONGEST_NAME] for name in names if name not in (None, NOT_UNDERSTOOD)), None)
