"""The words of the product as frozen data. No input or output here.

One long file: these are the words of one language, each short, and nearly every module speaks several of them.
"""

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


FILE_KINDS = ("photo", "document", "voice", "audio", "video", "location", "contact", "sticker", "file")
"""What a customer can send besides text."""


@dataclass(frozen=True)
class IncomingFile:
    """A file that a platform says it has, not fetched yet: `remote_id` is what `PushingChannel.fetch` asks for.

    `kind` is one of FILE_KINDS. A location and a contact have no file: their text is the `caption`, and their
    `remote_id` is empty. Name, type and size are the sender's claims.
    """

    kind: str
    remote_id: str
    name: str = ""
    mime: str = ""
    size: int | None = None
    caption: str = ""


@dataclass(frozen=True)
class Attachment:
    """A file that came with a message. `state`: waiting -> stored | refused | infected | failed.

    `mime`, `size` and `sha256` are what we found in the bytes once it is stored; `sha256` is empty while there
    are none. `reason` says why it is not stored. `preview` is the SHA-256 of a safe small picture of it, or empty.
    """

    id: str
    kind: str
    name: str = ""
    mime: str = ""
    size: int | None = None
    sha256: str = ""
    state: str = "waiting"
    reason: str = ""
    remote_id: str = ""
    caption: str = ""
    preview: str = ""


@dataclass(frozen=True)
class Message:
    """One thing said. `seq` numbers the customer's messages and ours together, from 1, without gaps.

    `place` is the channel's own word for where in the address it stands (a thread), and where answers belong.
    """

    id: str
    conversation_id: str
    seq: int
    author: Author
    text: str
    sent_at: datetime
    buttons: tuple[Button, ...] = ()
    payload: str | None = None
    answers: str | None = None
    place: str = ""
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    agent_id: str | None = None


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
    `place` comes back on every answer as `Message.place`; only the channel knows what it means. `payload` is the
    intent that a command of the channel stands for: written by the channel, never taken from what a customer says.
    """

    channel: str
    account: str
    event_id: str
    sender: str
    text: str = ""
    payload: str | None = None
    button_id: str | None = None
    raw: str = ""
    name: str = ""
    locale: str | None = None
    verified: bool = False
    place: str = ""
    attachments: tuple[IncomingFile, ...] = ()


@dataclass(frozen=True)
class Edited:
    """The customer has changed a message. `of_event_id` is the event_id of the `Inbound` that it was.

    `edited_at` is when the platform says so: of two changes that come in the wrong order, the later one is shown.
    """

    channel: str
    account: str
    event_id: str
    of_event_id: str
    text: str
    edited_at: datetime | None = None


@dataclass(frozen=True)
class Deleted:
    """The customer has taken a message back."""

    channel: str
    account: str
    event_id: str
    of_event_id: str


@dataclass(frozen=True)
class Blocked:
    """The customer does not want to hear from us there any more, or wants to again."""

    channel: str
    account: str
    sender: str
    blocked: bool


@dataclass(frozen=True)
class Moved:
    """A platform has renamed senders: those whose id began with `before` begin with `after` from now on."""

    channel: str
    account: str
    before: str
    after: str


Event = Inbound | Edited | Deleted | Blocked | Moved
"""What the raw update of a platform can mean to us."""


@dataclass(frozen=True)
class RawUpdate:
    """What a platform delivered, as it came, under the platform's own id of the delivery."""

    event_id: str
    raw: str


@dataclass(frozen=True)
class StoredUpdate:
    """A raw update that is durable. `status`: waiting -> done | quarantined (then `reason` says why)."""

    id: int
    channel: str
    account: str
    event_id: str
    raw: str
    status: str
    reason: str
    received_at: datetime


@dataclass(frozen=True)
class Accepted:
    """Proof that a message is durable. `fresh` is False when the same event had been accepted before.

    `tapped_at` is the address of a customer who has pressed a button of one of our questions: that is no turn, and
    `thanks` is the response that thanks for it. None and empty for all others.
    """

    message_id: str
    conversation_id: str
    seq: int
    fresh: bool
    tapped_at: Address | None = None
    thanks: str = ""


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
class WaitingFile:
    """An attachment that waits to be fetched, with what its channel and its conversation must know."""

    id: str
    conversation_id: str
    channel: str
    address: Address
    locale: str | None
    file: IncomingFile
    place: str
    tries: int


STEP_ENDS = (
    "done", "answered", "asked", "missed", "not_found", "refused", "declined", "stopped", "left", "gave_up",
    "unproved", "unavailable", "unknown",
)  # fmt: skip
"""How a step of a turn can end. In this order: the shop did it; a fact was told; a question waits; not understood; no
such thing; the shop said no; the customer said no; the customer stopped it; the customer went on to something else; the
answers were not understood; nobody proved who they are; a part of ours did not answer; the same, and it may be done."""


@dataclass(frozen=True)
class Step:
    """What a turn did about one wish. `end` is one of STEP_ENDS, `asked` the question that waits.

    `said` names responses of domain.yml, `did` commands that the shop has carried out. `about` names things of the
    shop: order_number, refund, case.
    """

    wish: str
    end: str
    asked: str = ""
    said: tuple[str, ...] = ()
    did: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a turn decided: replies in order, the next dialogue state, and what was understood.

    `wants_person` asks for a handoff and `because` says what for; only the hub makes one and says so. `misses` and
    `failures` count messages not understood and actions that failed, in a row. `actions` are the names of the actions
    that ran, `steps` what they did; `proved` is the shop's id of the customer, once that is proved.
    """

    replies: tuple[Draft, ...]
    dialogue: Mapping[str, Any] | None
    language: str | None
    parse: Mapping[str, Any] = field(default_factory=dict)
    wants_person: Reason | None = None
    because: Mapping[str, Any] = field(default_factory=dict)
    misses: int = 0
    failures: int = 0
    actions: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    proved: str | None = None


@dataclass(frozen=True)
class Signal:
    """The emotional-sentiment reading of one customer message.

    `valence` is how the customer feels, from -1 (very bad) to 1 (very good), `emotion` the likeliest emotion and
    `emotions` the probability of each, 0 to 1. `language` and `intent` are as understood by the turn, `model` is the
    version of the feelings model. `weak`: that model is too often wrong in this language to decide anything by it.
    """

    id: str
    message_id: str
    conversation_id: str
    customer_id: str
    seq: int
    channel: str
    language: str | None
    intent: str | None
    model: str
    valence: float
    emotion: str
    emotions: Mapping[str, float]
    weak: bool
    said_at: datetime
    read_at: datetime


class Role(str, Enum):
    """What a person at the console or the workbench may do; see docs/people.md."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    TRAINER = "trainer"
    ADMIN = "admin"


class Presence(str, Enum):
    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True)
class Agent:
    """A person who answers customers, or watches over it. `presence` is what they chose, `present_at` what we saw."""

    id: str
    email: str
    name: str
    role: Role
    languages: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    capacity: int = 4
    locale: str = "en"
    presence: Presence = Presence.OFFLINE
    present_at: datetime | None = None
    generation: int = 0
    disabled_at: datetime | None = None


@dataclass(frozen=True)
class Team:
    """Agents who take the same kinds of wishes: handoffs of these `intents` go to them first."""

    id: str
    name: str
    intents: tuple[str, ...] = ()


class Reason(str, Enum):
    """Why a conversation went to people."""

    ASKED = "asked"
    MISSED = "missed"
    FAILED = "failed"
    PROTECTED = "protected"
    COMPLAINT = "complaint"
    PROMISE = "promise"
    MOOD = "mood"
    TAKEN = "taken"
    """An agent took it without being asked."""


@dataclass(frozen=True)
class Handoff:
    """One passage of a conversation to people. Open until `ended_at`; waiting until `taken_at`.

    `detail` says what the reason rests on. `priority` and `anger` are as known when it was made.
    """

    id: str
    conversation_id: str
    reason: Reason
    detail: Mapping[str, Any]
    seq: int
    priority: int
    anger: float
    language: str | None
    team_id: str | None
    wanted_agent_id: str | None
    queued_at: datetime
    told_low: int | None = None
    told_high: int | None = None
    offered_to: str | None = None
    offered_until: datetime | None = None
    passed_by: tuple[str, ...] = ()
    later_at: datetime | None = None
    taken_by: str | None = None
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    end: str | None = None
    note: str = ""


@dataclass(frozen=True)
class HeldReply:
    """An agent's reply in the seconds in which it can be undone. `status`: waiting -> sent | undone | refused."""

    id: str
    conversation_id: str
    epoch: int
    agent_id: str
    text: str
    due_at: datetime
    status: str = "waiting"
    message_id: str | None = None


@dataclass(frozen=True)
class Happening:
    """What people did to a conversation, between its messages: never shown to the customer."""

    id: int
    conversation_id: str
    after_seq: int
    kind: str
    actor: str
    detail: Mapping[str, Any]
    at: datetime


def new_id() -> str:
    """An unguessable id (122 random bits, hexadecimal)."""
    return uuid4().hex


def now() -> datetime:
    """The present moment, always with its time zone (UTC)."""
    return datetime.now(timezone.utc)
