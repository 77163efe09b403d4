"""Small real implementations of our own seams, for tests of everything around them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timezone
from typing import Any

from bot.metrics import Metrics
from bot.models import (
    Address,
    Blocked,
    Conversation,
    Deleted,
    Draft,
    Edited,
    Event,
    Inbound,
    InboxItem,
    IncomingFile,
    Message,
    Outcome,
    Reason,
)
from bot.settings import Settings
from channels import Budget, ChannelContext, PushingChannel

WISHES = {
    "person": Reason.ASKED,
    "/contact_human_agent": Reason.ASKED,
    "complain": Reason.COMPLAINT,
    "late": Reason.PROMISE,
}
"""Why the echo asks for a person, by the text or the payload of the message."""

FEELINGS = {"calm": (0.0, "neutral"), "furious": (-0.95, "anger"), "pleased": (0.8, "gratitude_joy")}
"""What the echo reads in a text: valence, and the emotion of which it is sure."""


class EchoDialogue:
    """Answers "echo: <text>", counts turns in its state, and does as it is told by the text.

    "fail" always raises; "fail twice" raises for the first two tries; "slow" waits a moment; "buttons" offers two;
    "silent" says nothing; "person", "complain" and "late" ask for a person; "miss" is not understood, "break" fails.
    "calm", "furious" and "pleased" are read as such, and other texts not at all.
    """

    def __init__(self) -> None:
        self.model: str | None = None
        self.tries: Counter[str] = Counter()
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self) -> None:
        self.model = "echo"

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        await self.gate.wait()
        text = item.message.text
        self.tries[item.message.id] += 1
        if text == "fail" or (text == "fail twice" and self.tries[item.message.id] <= 2):
            raise RuntimeError("told to fail")
        if text == "slow":
            await asyncio.sleep(0.05)
        state = conversation.dialogue or {}
        turns = state.get("turns", 0) + 1
        misses = state.get("misses", 0) + 1 if text == "miss" else 0
        failures = state.get("failures", 0) + 1 if text == "break" else 0
        files = " ".join(file.kind for file in item.message.attachments)
        said = f"echo: {item.message.payload or text or files}"
        buttons = (("Yes", "/affirm"), ("No", "/deny")) if text == "buttons" else ()
        wants = WISHES.get(item.message.payload or text)
        replies = () if text == "silent" or wants is Reason.ASKED else (Draft(said, buttons),)
        after = {**state, "turns": turns, "misses": misses, "failures": failures}
        parse = {"intent": {"name": "echo"}, **felt(text)}
        return Outcome(replies, after, "en", parse, wants, {}, misses=misses, failures=failures)

    async def parse(
        self, text: str, *, language: str | None = None, spoken: str | None = None
    ) -> dict[str, Any]:
        return {
            "text": text,
            "language": language or "en",
            "intent": {"name": "echo", "confidence": 1.0},
            "entities": [],
            **felt(text),
        }

    def sentence(self, response: str, language: str | None, **values: object) -> str:
        return f"{response} {language} {values}"

    async def close(self) -> None:
        pass


def felt(text: str) -> dict[str, Any]:
    """The part of a parse that says how a text reads."""
    if text not in FEELINGS:
        return {}
    valence, emotion = FEELINGS[text]
    sentiment = {"valence": valence, "emotion": emotion, "emotions": {emotion: 1.0}}
    return {"sentiment": {**sentiment, "weak": False, "model": "echo"}}


def open_echo(settings: Settings, metrics: Metrics) -> EchoDialogue:
    """For `open_grija(..., open_dialogue=open_echo)`."""
    return EchoDialogue()


class PlatformChannel(PushingChannel):
    """A pushing channel whose platform is a list; `trouble` maps a text to errors that are raised in turn.

    Its raw updates are JSON objects: {"kind": "inbound" | "edited" | "deleted" | "blocked", …the event's fields}.
    """

    name = "platform"
    budget = Budget(total_per_second=10_000, address_per_second=10_000)

    def __init__(self, context: ChannelContext | None = None) -> None:
        self.sent: list[tuple[str, str]] = []
        self.places: list[str] = []
        self.files: dict[str, bytes | Exception | list[bytes | Exception]] = {}
        self.fetched: list[str] = []
        self.trouble: dict[str, list[Exception]] = {}

    async def start(self, hub: object) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def send(self, address: Address, message: Message) -> str:
        if self.trouble.get(message.text):
            raise self.trouble[message.text].pop(0)
        self.sent.append((address.external_id, message.text))
        self.places.append(message.place)
        return f"provider-{len(self.sent)}"

    async def fetch(self, file: IncomingFile) -> AsyncIterator[bytes]:
        self.fetched.append(file.remote_id)
        found = self.files[file.remote_id]
        if isinstance(found, list):
            found = found.pop(0)
        if isinstance(found, Exception):
            raise found
        return _pieces(found)

    def decode(self, raw: str) -> list[Event]:
        given = json.loads(raw)
        if "edited_at" in given:
            given["edited_at"] = datetime.fromtimestamp(given["edited_at"], timezone.utc)
        if "attachments" in given:
            given["attachments"] = tuple(IncomingFile(**file) for file in given["attachments"])
        kinds: dict[str, type[Event]] = {
            "inbound": Inbound, "edited": Edited, "deleted": Deleted, "blocked": Blocked,
        }  # fmt: skip
        return [kinds[given.pop("kind")](channel=self.name, account="x", **given)]

    def texts(self) -> Mapping[str, list[str]]:
        """What each customer has got, in order."""
        by_customer: dict[str, list[str]] = {}
        for who, text in self.sent:
            by_customer.setdefault(who, []).append(text)
        return by_customer


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]
