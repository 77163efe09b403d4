"""What people at the desk are shown, in the form in which it goes out as JSON: see docs/console-protocol.md."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

QueueName = Literal["waiting", "mine", "others", "bot", "snoozed"]
QUEUES: tuple[QueueName, ...] = ("waiting", "mine", "others", "bot", "snoozed")


class Named(msgspec.Struct, frozen=True):
    """An agent, a team or a customer, by id and name."""

    id: str
    name: str


class Last(msgspec.Struct, frozen=True):
    """The last thing that a customer, the bot or an agent said; `text` is its first 200 characters.

    `author` is system if there is nothing else.
    """

    author: str
    text: str
    at: datetime


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a list: a conversation as it is seen from outside.

    `waited_s`: seconds since it was queued, or, with people, since the customer's first unanswered message.
    `unread`: customers' messages that its owner has not read, at most 99; 0 while the bot answers.
    """

    conversation: str
    epoch: int
    customer: Named
    channel: str
    language: str | None
    status: str
    reason: str | None
    anger: float
    priority: int
    queued_at: datetime | None
    waited_s: int | None
    last: Last | None
    unread: int
    handoff: str | None
    offered_to: str | None
    offered_until: datetime | None
    wanted: Named | None
    team: Named | None
    owner: Named | None
    troubled: bool
    undelivered: bool
    snoozed_until: datetime | None


class Counts(msgspec.Struct, frozen=True):
    waiting: int
    mine: int
    others: int
    bot: int
    snoozed: int


class Lists(msgspec.Struct, frozen=True):
    """The first items of each list, and how long each is."""

    waiting: list[Item]
    mine: list[Item]
    others: list[Item]
    bot: list[Item]
    snoozed: list[Item]
    counts: Counts


class Page(msgspec.Struct, frozen=True):
    """A part of one list; `next` is what `after` must be for the part behind it, None at the end."""

    items: list[Item]
    next: str | None


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as it is seen when it is open."""

    id: str
    status: str
    epoch: int
    owner: Named | None
    language: str | None
    channel: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    rating: int | None
    rating_comment: str | None
    snoozed_until: datetime | None
    troubled: bool
    last_seq: int
    seen_seq: int


class Reach(msgspec.Struct, frozen=True):
    """Where a customer can be written to."""

    channel: str
    account: str
    reachable: bool


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A customer; `languages` are those of their conversations, the latest first."""

    id: str
    name: str
    email: str
    since: datetime
    blocked: bool
    languages: list[str]
    addresses: list[Reach]


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """One handoff, with names."""

    id: str
    conversation: str
    reason: str
    detail: dict[str, Any]
    seq: int
    priority: int
    anger: float
    queued_at: datetime
    offered_to: str | None
    offered_until: datetime | None
    wanted: Named | None
    team: Named | None
    later_at: datetime | None
    taken_by: Named | None
    taken_at: datetime | None
    ended_at: datetime | None
    end: str | None
    note: str


class Viewer(msgspec.Struct, frozen=True):
    """An agent who has a conversation open."""

    id: str
    name: str
    typing: bool


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation with who it is and how it came here."""

    conversation: Talk
    customer: Person
    handoff: Passage | None
    handoffs: list[Passage]
    viewers: list[Viewer] = []


class Said(msgspec.Struct, frozen=True):
    """Who said something."""

    kind: str
    name: str
    agent_id: str | None


class Offered(msgspec.Struct, frozen=True):
    """A button; `pressed` if the customer's next messages show that it was."""

    title: str
    pressed: bool


class File(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment. Its bytes are at /attachments/{id} if `state` is stored, its picture if `preview`."""

    id: str
    kind: str
    name: str
    mime: str
    size: int | None
    state: str
    reason: str
    caption: str
    preview: bool


class Delivery(msgspec.Struct, frozen=True):
    """What became of a message of ours: waiting, sent, dead, withdrawn; none where the customer's page fetches it."""

    status: str
    error: str | None


class Intent(msgspec.Struct, frozen=True):
    name: str
    confidence: float


class Mood(msgspec.Struct, frozen=True):
    """How a customer's message reads, by its newest reading: `weak` ones decide nothing."""

    valence: float
    emotion: str
    weak: bool


class MessageEntry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="message"):
    id: str
    conversation: str
    seq: int
    author: Said
    text: str
    at: datetime
    channel: str
    edited: bool
    deleted: bool
    buttons: list[Offered]
    attachments: list[File]
    delivery: Delivery | None
    intent: Intent | None
    mood: Mood | None


class HappeningEntry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="happening"):
    """What people or the server did; `actor` is a named agent, or "customer", or "server"."""

    id: str
    conversation: str
    after_seq: int
    what: str
    actor: Named | str
    detail: dict[str, Any]
    at: datetime


class HeldEntry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="held"):
    """A reply that can still be undone."""

    id: str
    conversation: str
    text: str
    due_at: datetime
    agent: Named


Entry = MessageEntry | HappeningEntry | HeldEntry


class Timeline(msgspec.Struct, frozen=True):
    """Part of a customer's whole relationship in order; `more` if there is something beyond it."""

    entries: list[Entry]
    more: bool


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to transfer to; `open` is how many conversations they have."""

    id: str
    name: str
    presence: str
    languages: list[str]
    teams: list[Named]
    open: int
