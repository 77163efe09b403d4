"""Turns: what was understood of each message of a customer, and what was done about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models import InboxItem, Outcome, Step, now
from bot.steps import step_of
from bot.store.conversations import utc
from bot.store.insert import insert_new
from bot.store.tables import turn

_ENTITY = ("entity", "value", "start", "end")


@dataclass(frozen=True)
class Turn:
    """One turn that has ended. `status` is done or dead; `intent` is None if nothing was understood."""

    message_id: str
    conversation_id: str
    status: str
    language: str | None
    intent: str | None
    confidence: float
    entities: tuple[Mapping[str, Any], ...]
    sentiment: Mapping[str, Any] | None
    actions: tuple[str, ...]
    steps: tuple[Step, ...]
    proved: str | None
    ended_at: datetime

    @property
    def wishes(self) -> tuple[str, ...]:
        """What the message was about: what the tasks served; where none ran, its intent.

        An answer to a question has an intent of its own by chance ("it was broken"); what was served is certain.
        """
        if self.steps:
            return tuple(dict.fromkeys(step.wish for step in self.steps))
        return (self.intent,) if self.intent else ()


def note(tx: Connection, item: InboxItem, outcome: Outcome, *, model: str | None, status: str) -> None:
    """Write down a turn in the transaction that ends it; one that is there stays."""
    parse = outcome.parse
    intent = parse.get("intent") or {}
    sentiment = parse.get("sentiment")
    insert_new(
        tx,
        turn,
        message_id=item.message.id,
        conversation_id=item.message.conversation_id,
        status=status,
        language=(str(parse["language"])[:8] if parse.get("language") else None),
        intent=(str(intent["name"])[:64] if intent.get("name") else None),
        confidence=intent.get("confidence"),
        entities=_json([{key: found.get(key) for key in _ENTITY} for found in parse.get("entities") or ()]),
        sentiment=_json(sentiment) if sentiment else None,
        actions=_json(list(outcome.actions)),
        steps=_json([asdict(step) for step in outcome.steps]),
        proved=outcome.proved,
        model=(model or "") if intent.get("name") else "",
        ended_at=now(),
    )


def of_messages(tx: Connection, message_ids: Sequence[str]) -> dict[str, Turn]:
    """The turns of these messages, by message; none for messages that have had no turn."""
    if not message_ids:
        return {}
    rows = tx.execute(sa.select(turn).where(turn.c.message_id.in_(list(message_ids))))
    return {row.message_id: turn_of(row) for row in rows}


def turn_of(row: Any) -> Turn:
    """A turn from its row."""
    return Turn(
        message_id=row.message_id,
        conversation_id=row.conversation_id,
        status=row.status,
        language=row.language,
        intent=row.intent,
        confidence=float(row.confidence or 0.0),
        entities=tuple(json.loads(row.entities)),
        sentiment=json.loads(row.sentiment) if row.sentiment else None,
        actions=tuple(json.loads(row.actions)),
        steps=tuple(step for item in json.loads(row.steps) if (step := step_of(item))),
        proved=row.proved,
        ended_at=utc(row.ended_at),
    )


def _json(value: Any) -> str:
    # A model's numbers may be numpy's.
    return json.dumps(value, ensure_ascii=False, default=float)
