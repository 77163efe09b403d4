"""The words of the product as frozen data. No input or output here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any
from uuid import uuid4


class Status(str, Enum):
    """Who answers a conversation now."""

    BOT = "bot"
    QUEUED = "queued"
    HUMAN = "human"
    CLOSED = "closed"


class AuthorKind(str, Enum):
    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True)
class Author:
    kind: AuthorKind
    name: str = ""


@dataclass(frozen=True)
class Button:
    """An answer offered to the customer. `id` is opaque and goes out; `payload` (a Rasa intent) never does."""

    id: str
    title: str
    payload: str


@dataclass(frozen=True)
class Draft:
    """A reply that is not stored yet: no id, no place in the conversation. Buttons are (title, payload)."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Message:
    """One thing said. `seq` numbers the customer's messages and ours together, from 1, without gaps."""

    id: str
    conversation_id: str
    seq: int
    author: Author
    text: str
    sent_at: datetime
    buttons: tuple[Button, ...] = ()
    payload: str | None = None
    answers: str | None = None


@dataclass(frozen=True)
class Address:
    id: str
    customer_id: str
    channel: str
    account: str
    external_id: str


@dataclass(frozen=True)
class Conversation:
    """One open thread of a customer. `dialogue` is the bounded state that Rasa works on."""

    id: str
    customer_id: str
    status: Status
    owner: str | None
    epoch: int
    language: str | None
    dialogue: Mapping[str, Any] | None
    last_seq: int


@dataclass(frozen=True)
class Inbound:
    """What a channel delivered: one customer message, named by the platform's own event id.

    `event_id` is unique for each (channel, account): the same event delivered again is the same message.
    """

    channel: str
    account: str
    event_id: str
    sender: str
    text: str = ""
    button_id: str | None = None
    raw: str = ""
    name: str = ""
    locale: str | None = None
    verified: bool = False


@dataclass(frozen=True)
class Accepted:
    """Proof that a message is durable. `fresh` is False when the same event had been accepted before."""

    message_id: str
    conversation_id: str
    seq: int
    fresh: bool


@dataclass(frozen=True)
class InboxItem:
    """A message that waits for its turn (or had it)."""

    id: int
    message: Message
    address: Address
    received_at: datetime
    starts: int
    failures: int
    locale: str | None = None
    verified: bool = False


@dataclass(frozen=True)
class OutboxItem:
    """A message that waits for its delivery by a pushing channel."""

    id: int
    message: Message
    address: Address
    tries: int


@dataclass(frozen=True)
class Outcome:
    """What a turn decided: replies in order, the next dialogue state, and what was understood."""

    replies: tuple[Draft, ...]
    dialogue: Mapping[str, Any] | None
    language: str | None
    parse: Mapping[str, Any] = field(default_factory=dict)


def new_id() -> str:
    """An unguessable id (122 random bits, hexadecimal)."""
    return uuid4().hex


def now() -> datetime:
    """The present moment, always with its time zone (UTC)."""
    return datetime.now(timezone.utc)
