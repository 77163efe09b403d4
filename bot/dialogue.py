"""The dialogue: Rasa, and only Rasa, as a function (state, message) -> (replies, state).

Rasa predicts synchronously and keeps its event loop busy while it does. So each loaded model lives in a thread
of its own with its own loop (an `Engine`), and sockets, acknowledgements and health checks stay prompt.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from actions.memory import PERSON
from actions.words import Words
from bot import dialogue_state, rasa_actions, rasa_speed, steps
from bot.errors import ActionFailed, DialogueError
from bot.model_files import ModelFile
from bot.models import Draft, Outcome, Reason
from bot.payloads import parse_payload
from bot.rasa_environment import importing

with importing():
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
    from rasa.core.tracker_store import TrackerStore
    from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
    from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
    from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
    from rasa.shared.core.events import ActionExecuted, SessionStarted, SlotSet, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

T = TypeVar("T")


class Engine:
    """One loaded model in a thread of its own."""

    def __init__(self, model: ModelFile, *, turns: int) -> None:
        self.model = model
        self._turns = turns
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"dialogue {model.name}", daemon=True
        )
        self._actions = rasa_actions.InProcessActions()
        self._trackers = _Trackers()
        self._agent: Agent | None = None
        self._running: set[asyncio.Future[Any]] = set()

    async def start(self) -> None:
        """Load the model; whatever Rasa raises if it cannot."""
        self._thread.start()
        try:
            await self.run(self._load())
        except BaseException:
            await self.retire(0)
            raise

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the engine's thread; cancelling here cancels it there."""
        future = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return await future

    async def retire(self, grace: float) -> None:
        """End the thread when its work is done, at the latest after `grace` seconds."""
        if self._running:
            await asyncio.wait(self._running, timeout=grace)
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join, 5.0)
        if not self._thread.is_alive():
            self._loop.close()

    async def turn(
        self,
        sender: str,
        state: Sequence[Mapping[str, Any]],
        text: str,
        payload: str | None,
        metadata: Mapping[str, Any],
    ) -> Outcome:
        """One customer turn, in the engine's thread."""
        parse = parse_payload(payload, text) if payload else self._parse(text, metadata)
        language = parse.get("language") or metadata.get("language")
        self._trackers.put(self._tracker(sender, state, language))
        output = CollectingOutputChannel()
        message = UserMessage(
            text,
            output,
            sender,
            parse_data=parse,
            input_channel=metadata.get("channel"),
            message_id=metadata.get("message_id"),
            metadata=dict(metadata),
        )
        try:
            await self._loaded().handle_message(message)
        finally:
            tracker = self._trackers.take(sender)
            failure = self._actions.failures.pop(sender, None)
        if failure is not None:
            # Rasa logs a failed action and goes on as if it had said nothing. For us the turn has failed.
            raise ActionFailed(f"action {failure.action} failed: {failure.error!r}") from failure.error
        told = _told_of_people(tracker)
        whole = [event.as_dict() for event in tracker.events]
        events = dialogue_state.compact(whole, turns=self._turns)
        turn = steps.latest(whole)
        memory = steps.memory_of(turn)
        return Outcome(
            replies=tuple(_draft(reply) for reply in output.messages if reply.get("text")),
            dialogue={"version": dialogue_state.VERSION, "events": events},
            language=language,
            parse=parse,
            wants_person=Reason(told["reason"]) if told.get("reason") else None,
            because=told.get("because", {}),
            misses=told.get("misses", 0),
            failures=told.get("failures", 0),
            actions=steps.actions_of(turn),
            steps=steps.steps_of(memory),
            proved=steps.owner_of(memory),
        )

    async def parsed(self, text: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """What the model understands of a text, in the engine's thread."""
        return self._parse(text, metadata)

    def sentence(self, response: str, language: str, values: Mapping[str, object]) -> str:
        """A response of the model's domain as text; usable in any thread."""
        return Words(self._loaded().domain.responses, language).text(response, **values)

    async def _load(self) -> None:
        rasa_speed.apply()
        self._agent = Agent.load(
            str(self.model.path), action_endpoint=self._actions, tracker_store=self._trackers
        )
        # The first parse builds tables lazily; better now than under the first customer.
        self._parse("hello", {})

    def _loaded(self) -> Agent:
        if self._agent is None:
            raise DialogueError("the model is not loaded")
        return self._agent

    def _parse(self, text: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        # Only the pipeline: what Rasa puts behind it would take a customer's "/restart" for a command.
        message = UserMessage(text, metadata=dict(metadata))
        message.text = text  # Rasa strips it, which would shift the places of entities
        processor = self._loaded().processor
        metadata_of_model = processor.model_metadata
        target = _last_of_pipeline(metadata_of_model.predict_schema, metadata_of_model.nlu_target)
        inputs = {
            PLACEHOLDER_MESSAGE: [message],
            PLACEHOLDER_TRACKER: DialogueStateTracker.from_events("parse", []),
        }
        (parsed,) = processor.graph_runner.run(inputs=inputs, targets=[target])[target]
        unknown = {"intent": {"name": None, "confidence": 0.0}, "intent_ranking": [], "entities": []}
        return {**unknown, **parsed.as_dict(only_output_properties=True), "text": text}

    def _tracker(
        self, sender: str, state: Sequence[Mapping[str, Any]], language: str | None
    ) -> DialogueStateTracker:
        domain = self._loaded().domain
        heard = dialogue_state.last_heard(state)
        session = domain.session_config
        expired = heard is not None and 0 < session.session_expiration_time * 60 < time.time() - heard
        tracker = DialogueStateTracker(sender, domain.slots)
        if state and not expired:
            tracker = DialogueStateTracker.from_dict(sender, [dict(event) for event in state], domain.slots)
        else:
            # A new session, begun by ourselves: Rasa would do it after the language is set, and forget it.
            carried = _carried_slots(state) if session.carry_over_slots else []
            for event in (ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted(), *carried):
                tracker.update(event, domain)
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME), domain)
        if language and "language" in tracker.slots and tracker.get_slot("language") != language:
            tracker.update(SlotSet("language", language), domain)
        return tracker


class _Trackers(TrackerStore):  # type: ignore[misc]
    """Holds the trackers of turns in progress; truth is in our store, so nothing is kept here."""

    def __init__(self) -> None:
        super().__init__(domain=None)
        self._open: dict[str, DialogueStateTracker] = {}

    def put(self, tracker: DialogueStateTracker) -> None:
        self._open[tracker.sender_id] = tracker

    def take(self, sender_id: str) -> DialogueStateTracker:
        return self._open.pop(sender_id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        self._open[tracker.sender_id] = tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        return self._open.get(sender_id)

    async def keys(self) -> list[str]:
        return list(self._open)


def _last_of_pipeline(schema: Any, target: str) -> str:
    node = schema.nodes[target]
    return str(node.needs["messages"]) if node.uses is RegexMessageHandler else target


def _carried_slots(state: Sequence[Mapping[str, Any]]) -> list[SlotSet]:
    slots = {event["name"]: event.get("value") for event in state if event.get("event") == "slot"}
    return [SlotSet(name, value) for name, value in slots.items() if value is not None]


def _told_of_people(tracker: DialogueStateTracker) -> Mapping[str, Any]:
    """What the actions of this turn say about people: see actions/people.py."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, SlotSet) and event.key == PERSON:
            told: Mapping[str, Any] = event.value
            return told
    return {}


def _draft(reply: Mapping[str, Any]) -> Draft:
    buttons = reply.get("buttons") or []
    return Draft(
        text=str(reply["text"]),
        buttons=tuple((str(button["title"]), str(button["payload"])) for button in buttons),
    )
