"""A customer who talks to the tasks in a test: the real rules, tasks and sentences, without Rasa and without a model.

The reading of a message (intent, certainty, entities) is given, not computed. Everything said is checked to be a whole
sentence of domain.yml in the customer's language, with nothing left to fill in.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

import actions.accounts
import actions.addresses
import actions.buying
import actions.delivery
import actions.feedback
import actions.invoices
import actions.orders
import actions.payments
import actions.people
import actions.refunds
import actions.smalltalk  # noqa: F401  # all tasks must be known
from actions.memory import PERSON
from actions.task import tasks

ROOT = Path(__file__).parent.parent
_NUMBERS = itertools.count(1)


@cache
def domain() -> dict[str, Any]:
    """Return domain.yml."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return loaded


@cache
def chosen() -> dict[str, str]:
    """Return which action the rules choose for each intent."""
    rules = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
    return {rule["steps"][0]["intent"]: rule["steps"][1]["action"] for rule in rules}


@dataclass(frozen=True)
class Reply:
    """One thing the bot said: which response, its text, its buttons (title, payload)."""

    response: str
    text: str
    buttons: tuple[tuple[str, str], ...]


@dataclass
class Customer:
    """One customer. `user_id` is the identity that the site has signed, if any."""

    language: str = "en"
    user_id: str | None = None
    name: str = field(default_factory=lambda: f"customer-{next(_NUMBERS)}")
    slots: dict[str, Any] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=itertools.count)

    async def say(
        self,
        intent: str,
        text: str = "words of the customer",
        *,
        certainty: float = 0.95,
        nearest: Sequence[str] = (),
        wishes: Sequence[Mapping[str, Any]] = (),
        message_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        **entities: str | Sequence[str],
    ) -> list[str]:
        """Send a message that was read so; return the names of what the bot says (all of it is in `replies`)."""
        found = [
            _entity(name, value, text)
            for name, values in entities.items()
            for value in ([values] if isinstance(values, str) else values)
        ]
        ranking = [{"name": intent, "confidence": certainty}] + [
            {"name": name, "confidence": 0.1} for name in nearest
        ]
        message = {
            "text": text,
            "intent": ranking[0],
            "intent_ranking": ranking,
            "entities": found,
            "wishes": list(wishes),
        }
        return await self._send(message, intent, message_id, metadata)

    async def press(self, title_or_part: str) -> list[str]:
        """Press the first button of the last replies whose title or payload holds these letters."""
        found = [
            button
            for reply in self.replies
            for button in reply.buttons
            if title_or_part in button[0] or title_or_part in button[1]
        ]
        assert found, (title_or_part, self.replies)
        return await self.press_payload(*found[0])

    async def press_payload(self, title: str, payload: str) -> list[str]:
        """Press a button with this payload, as the server reads it."""
        from bot.payloads import parse_payload

        message = parse_payload(payload, title)
        return await self._send(message, message["intent"]["name"], None)

    @property
    def wants(self) -> str | None:
        """Why the last message is to bring a person, as the actions see it; None if it is not."""
        told = self.slots.get(PERSON) or {}
        reason: str | None = told.get("reason")
        return reason

    @property
    def text(self) -> str:
        """All that the bot said last."""
        return "\n".join(reply.text for reply in self.replies)

    async def _send(
        self,
        message: dict[str, Any],
        intent: str,
        message_id: str | None,
        more: Mapping[str, Any] | None = None,
    ) -> list[str]:
        metadata = {
            "message_id": message_id or f"{self.name}-{next(self._ids)}",
            "channel": "web",
            "customer_id": self.name,
            "verified": self.user_id is not None,
            "user_id": self.user_id,
            **(more or {}),
        }
        self.slots["language"] = self.language
        self.slots.pop(PERSON, None)
        tracker = Tracker(self.name, json.loads(json.dumps(self.slots)), {**message, "metadata": metadata},
                          [], False, None, {}, None)  # fmt: skip
        dispatcher = CollectingDispatcher()
        by_name = {task.name(): task for task in tasks().values()}
        events = await by_name[chosen()[intent]].run(dispatcher, tracker, domain())
        for event in json.loads(json.dumps(events)):
            assert event["event"] == "slot"
            self.slots[event["name"]] = event["value"]
        self.replies = [self._reply(said) for said in json.loads(json.dumps(dispatcher.messages))]
        assert self.replies or self.wants == "asked", "the bot says something, or the server does"
        return [reply.response for reply in self.replies]

    def _reply(self, said: dict[str, Any]) -> Reply:
        name = said["response"]
        text = variation(name, self.language)
        missing = set(re.findall(r"\{(\w+)\}", text)) - set(said)
        assert not missing, f"{name} lacks {missing}"
        text = re.sub(r"\{(\w+)\}", lambda found: str(said[found.group(1)]), text)
        buttons = tuple((button["title"], button["payload"]) for button in said["buttons"])
        assert not [title for title, _ in buttons if title.startswith("utter_")], buttons
        return Reply(name, text, buttons)


def variation(response: str, language: str) -> str:
    """Return the first text of a response in a language."""
    wanted = None if language == "en" else language
    for item in domain()["responses"][response]:
        condition = item.get("condition")
        if (condition[0]["value"] if condition else None) == wanted:
            return str(item["text"])
    raise AssertionError(f"{response} has no text in {language}")


def _entity(name: str, value: str, text: str) -> dict[str, Any]:
    start = max(0, text.find(value))
    return {"entity": name, "value": value, "start": start, "end": start + len(value)}
