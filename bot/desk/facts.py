"""What is known about a conversation and its customer when a brief is written: plain data out of the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.models import AuthorKind, Handoff, Message, Status
from bot.store.turns import Turn


@dataclass(frozen=True)
class Place:
    """An address of the customer, as the brief shows it."""

    channel: str
    reachable: bool
    signed: str | None
    """Who the customer is at the site that embeds the widget, if the site has signed that for their last message."""
    signed_in: str | None
    """That message."""


@dataclass(frozen=True)
class Proof:
    """Which customer of the shop it is, and the message whose turn proved it."""

    customer: str
    message_id: str
    at: datetime


@dataclass(frozen=True)
class Former:
    """An earlier conversation: `wishes` are intents in order, `message_id` and `words` its first message."""

    id: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    rating: int | None
    rating_comment: str
    message_id: str | None
    words: str
    wishes: tuple[str, ...]
    handoffs: tuple[Handoff, ...]
    last_answer: Message | None = None
    """What an agent said last in it."""


@dataclass(frozen=True)
class Facts:
    """Everything that the lines of a brief rest on. `messages` are the latest ones, in order, `turns` by message."""

    conversation_id: str
    status: Status
    language: str | None
    customer_id: str
    name: str
    email: str
    since: datetime
    blocked: bool
    places: tuple[Place, ...]
    messages: tuple[Message, ...]
    turns: dict[str, Turn]
    proof: Proof | None
    conversations_before: int
    former: tuple[Former, ...]
    handoffs: tuple[Handoff, ...]
    """Of this conversation, the oldest first."""
    undelivered: tuple[str, ...]
    """Messages whose delivery was given up."""
    agents: dict[str, str] = field(default_factory=dict)
    """Names of agents by their id."""
    anchors: dict[str, str] = field(default_factory=dict)
    """The customer's message at which each handoff was made, by the handoff's id."""

    @property
    def said(self) -> list[Message]:
        """What the customer has said and not taken back."""
        return [
            message
            for message in self.messages
            if message.author.kind is AuthorKind.CUSTOMER and message.deleted_at is None
        ]

    def answers(self, message_id: str) -> list[Message]:
        """What was said in answer to a message."""
        return [message for message in self.messages if message.answers == message_id]
