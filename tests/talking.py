"""A customer who talks to the dialogue in a test, and the model that answers.

The dialogue is driven as the server drives it: the reading of the text is given, not computed. Every answer is
checked to be a sentence of domain.yml in the customer's language.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import validators

ROOT = Path(__file__).parent.parent
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
INTENTS = tuple(name for intent in DOMAIN["intents"] for name in intent)

CONFIG = """
recipe: default.v1
language: en
assistant_id: flows
pipeline:
- name: KeywordIntentClassifier
policies:
- name: RulePolicy
  enable_fallback_prediction: false
"""
# Never asked, but Rasa wants some examples of every intent.
NLU = 'version: "3.1"\nnlu:\n' + "".join(
    f"- intent: {intent}\n  examples: |\n    - {intent} one\n    - {intent} two\n" for intent in INTENTS
)


@dataclass(frozen=True)
class Reply:
    """One thing the bot said: which response it was, its text, the payloads of its buttons."""

    response: str
    text: str
    payloads: tuple[str, ...]


@dataclass
class Talk:
    """One customer who talks to the bot."""

    agent: Any
    language: str
    sender: str
    ids: Iterator[int] = field(default_factory=itertools.count)

    async def say(self, intent: str, *numbers: str, message_id: str | None = None) -> list[Reply]:
        """Send a message that was read as `intent` with these order numbers; return what the bot says."""
        from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
        from rasa.shared.core.events import SlotSet

        store = self.agent.tracker_store
        tracker = await store.get_or_create_tracker(self.sender)
        tracker.update(SlotSet("language", self.language))
        await store.save(tracker)
        text = " ".join(("text", *numbers))
        message = UserMessage(
            text,
            output_channel=CollectingOutputChannel(),
            sender_id=self.sender,
            parse_data=_parse_data(text, intent, numbers),
            metadata={
                "message_id": message_id or f"{self.sender}-{next(self.ids)}",
                "channel": "web",
                "customer_id": "c1",
                "verified": False,
            },
        )
        await self.agent.handle_message(message)
        replies = _replies(await store.retrieve(self.sender))
        for reply in replies:
            _assert_language(reply, self.language)
        return replies

    async def press(self, payload: str) -> list[Reply]:
        """Press a button, as the server reads its payload."""
        intent, brace, rest = payload.lstrip("/").partition("{")
        entities = json.loads(brace + rest) if brace else {}
        return await self.say(intent, *entities.values())

    async def slots(self) -> dict[str, Any]:
        """Return what the dialogue remembers, with the open form under "form"."""
        tracker = await self.agent.tracker_store.retrieve(self.sender)
        return {**tracker.current_slot_values(), "form": tracker.active_loop_name}


def _parse_data(text: str, intent: str, numbers: tuple[str, ...]) -> dict[str, Any]:
    entities = [
        {
            "entity": "order_number",
            "value": number,
            "start": text.index(number),
            "end": text.index(number) + len(number),
        }
        for number in numbers
    ]
    reading = {"name": intent, "confidence": 1.0}
    return {"text": text, "intent": reading, "intent_ranking": [reading], "entities": entities}


def _replies(tracker: Any) -> list[Reply]:
    from rasa.shared.core.events import BotUttered, UserUttered

    events = list(tracker.events)
    last = max(index for index, event in enumerate(events) if isinstance(event, UserUttered))
    return [
        Reply(
            event.metadata["utter_action"],
            event.text,
            tuple(button["payload"] for button in event.data["buttons"] or ()),
        )
        for event in events[last:]
        if isinstance(event, BotUttered)
    ]


def variations(response: str, language: str) -> list[dict[str, Any]]:
    wanted = None if language == "en" else [{"type": "slot", "name": "language", "value": language}]
    return [variation for variation in DOMAIN["responses"][response] if variation.get("condition") == wanted]


def _assert_language(reply: Reply, language: str) -> None:
    patterns = [
        re.sub(r"\\\{\w+\\\}", ".+", re.escape(variation["text"]))
        for variation in variations(reply.response, language)
    ]
    assert any(re.fullmatch(pattern, reply.text) for pattern in patterns), (language, reply)


def said(replies: list[Reply]) -> list[str]:
    """Return the names of the responses that the bot gave."""
    return [reply.response for reply in replies]


def train_and_load(folder: Path, patch: pytest.MonkeyPatch) -> Any:
    """Return a Rasa agent with the real domain and rules and the actions in this process."""
    (folder / "config.yml").write_text(CONFIG)
    (folder / "nlu.yml").write_text(NLU)
    _check_answers_quickly(patch)
    return _train_and_load(folder)


def _check_answers_quickly(patch: pytest.MonkeyPatch) -> None:
    """Let Rasa check the answers of actions, but not its own schema anew for each of them: 80 ms a call."""
    from rasa.core.actions.action import RemoteAction

    schema = RemoteAction.action_response_format_spec()
    validator = validators.validator_for(schema)(schema)

    def check(action: Any, answer: dict[str, Any]) -> bool:
        validator.validate(answer)
        return True

    patch.setattr(RemoteAction, "_validate_action_result", check)


def _train_and_load(folder: Path) -> Any:
    import rasa.model_training
    from rasa.core.agent import Agent
    from rasa.utils.endpoints import EndpointConfig
    from rasa_sdk.executor import ActionExecutor

    executor = ActionExecutor()
    executor.register_package("actions")

    class InProcess(EndpointConfig):  # type: ignore[misc]
        async def request(self, *arguments: Any, **options: Any) -> Any:
            # Our actions do not read the domain, and copying it for each call takes longer than the call.
            call = json.loads(json.dumps({**options["json"], "domain": {}}))
            return json.loads(json.dumps(await executor.run(call)))

    result = rasa.model_training.train(
        domain=str(ROOT / "domain.yml"),
        config=str(folder / "config.yml"),
        training_files=[str(ROOT / "data" / "rules.yml"), str(folder / "nlu.yml")],
        output=str(folder),
    )
    return Agent.load(result.model, action_endpoint=InProcess("in-process"))
