"""Serving one message: the open task first, then the wishes of the message, then what still waits below."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.backends.model import ShopError, ShopUnavailable
from actions.contact import support_contact
from actions.fields import LONGEST_TEXT
from actions.handover import person_event, take_back
from actions.memory import PEOPLE, SLOT, WORDS, Frame, Given, Memory, read_memory
from actions.proof import end_proof
from actions.shop import current_shop
from actions.steps import end_of_over, end_of_run, step
from actions.talk import MAX_MISSES, Elsewhere, GaveUp, Over, Restart, Stopped, Talk, Waiting
from actions.task import Task, tasks
from actions.turn import NOT_UNDERSTOOD, Turn, Wish, read_turn
from actions.words import Words

logger = logging.getLogger(__name__)

MOST_STEPS = 12
"""Runs of tasks in one turn; more would be a task that restarts for ever."""

MOST_RESUMED = 1
"""So often an open task is taken up again after the customer turned to another one; then it is left."""


async def serve(
    invoked: Task, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Answer the latest message and return the events that keep what is to be remembered.

    `invoked` is the task that the rules have chosen for the message as a whole.
    """
    turn = read_turn(tracker)
    memory = read_memory(tracker.slots.get(SLOT))
    memory.meet(turn.user_id)
    end_proof(memory)
    people = take_back(memory, tracker.slots.get(PEOPLE))
    words = Words(domain.get("responses") or {}, turn.language)
    server = Server(invoked, turn, memory, words)
    await server.serve()
    memory.keep_said(server.said or memory.said)
    memory.steps = server.steps
    for saying in server.said:
        dispatcher.utter_message(**saying)
    people += person_event(server.wanted, misses=server.missed, failures=memory.failures)
    return [cast(dict[str, Any], SlotSet(SLOT, memory.as_json())), *people]


@dataclass
class Server:
    """One message being served; `said` and `steps` grow."""

    invoked: Task
    turn: Turn
    memory: Memory
    words: Words

    def __post_init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []
        self.wanted: tuple[str, Mapping[str, Any]] | None = None
        self._failed = False
        self._misses_before = self.memory.misses
        self._tasks = tasks()
        self._quiet = False
        self._former: Task | None = None
        # Another version may have had other tasks.
        self.memory.tasks = [frame for frame in self.memory.tasks if frame.task in self._tasks]

    async def serve(self) -> None:
        """Serve the message."""
        await self._serve()
        self.memory.failures = self.memory.failures + 1 if self._failed else 0

    @property
    def missed(self) -> int:
        """Messages in a row that were not understood, 0 if this one was."""
        wanted = self.wanted is not None and self.wanted[0] == "missed"
        return self.memory.misses if wanted or self.memory.misses > self._misses_before else 0

    async def _serve(self) -> None:
        wishes = list(self.turn.wishes)
        if self.memory.tasks and not self.memory.tasks[-1].paused:
            wishes = await self._answer(wishes)
        for wish in reversed(wishes):
            self._open(wish)
        for _ in range(MOST_STEPS):
            if not self.memory.tasks or not await self._step():
                return
        logger.error("the open tasks %s do not come to an end", [item.task for item in self.memory.tasks])
        self.memory.tasks = []

    async def _answer(self, wishes: list[Wish]) -> list[Wish]:
        """Let the open task read the message; return the wishes that it leaves to be served."""
        frame = self.memory.tasks[-1]
        try:
            await self._run(frame, heard=self._first(wishes))
        except Elsewhere:
            frame.paused = True
            return wishes
        except Waiting:
            # Its own question was asked again or the next one: further wishes of the message come afterwards.
            later = [wish for wish in wishes[1:] if wish.intent in self._tasks]
            for wish in reversed(later):
                self._open_below(wish)
            self._quiet = True
            return []
        self._close(frame)
        return [wish for wish in wishes[1:] if wish.intent in self._tasks]

    async def _step(self) -> bool:
        """Run the task on top; False when the customer is to speak next."""
        if self._quiet:
            return False
        frame = self.memory.tasks[-1]
        if frame.paused and not self._resume(frame):
            return bool(self.memory.tasks)
        try:
            await self._run(frame)
        except Waiting:
            return False
        self._close(frame)
        if self.memory.tasks and frame.task == "repeat":
            # What was said again holds the open question: it is not asked a second time.
            self.memory.tasks[-1].paused = False
            return False
        return bool(self.memory.tasks)

    def _first(self, wishes: list[Wish]) -> Turn:
        """The part of the message that may be an answer."""
        if len(wishes) == 1:
            return self.turn
        return replace(self.turn, wishes=(wishes[0],), text=wishes[0].text, given=wishes[0].given)

    async def _run(self, frame: Frame, *, heard: Turn | None = None) -> None:
        """Run a task to its end or its next question. Raises Waiting, or Elsewhere if the message is not for it."""
        for _ in range(MOST_STEPS):
            talk = Talk(self.turn, self.memory, frame, self.words, current_shop(), heard=heard)
            try:
                end = await self._go(frame, talk)
            except Restart:
                heard, talk.said = None, []
                continue
            except Waiting:
                self.steps.append(step(frame, "asked", talk.said, talk.did))
                raise
            finally:
                self.said += talk.said
                self.wanted = talk.wanted or self.wanted
            self.steps.append(step(frame, end, talk.said, talk.did))
            return
        logger.error("the task %s begins again and again", frame.task)

    async def _go(self, frame: Frame, talk: Talk) -> str:
        """Let a task work until it ends; how it ended. Raises Restart, Waiting, Elsewhere."""
        try:
            await self._task(frame).go(talk)
        except Stopped:
            talk.say("utter_task_stopped")
            return "stopped"
        except GaveUp:
            self.memory.misses = max(self.memory.misses, MAX_MISSES)
            talk.want("missed", task=frame.task)
            talk.offer("utter_gave_up", {"contact_human_agent": {}}, contact=support_contact())
            return "gave_up"
        except Over:
            return end_of_over(talk.said, talk.did)
        except ShopUnavailable as error:
            self._failed = True
            if not error.changed_nothing:
                talk.want("failed", action=frame.task, error=error.reason)
            _tell_unavailable(talk, error)
            return "unavailable" if error.changed_nothing else "unknown"
        except ShopError as error:
            # What this task does not reckon with, such as an account that was closed elsewhere.
            logger.warning("the shop refused in %s: %s", frame.task, type(error).__name__)
            self.memory.proof, self._failed = None, True
            talk.want("failed", action=frame.task, error=type(error).__name__)
            talk.offer("utter_gave_up", {"contact_human_agent": {}}, contact=support_contact())
            return "refused"
        return end_of_run(frame, talk.said, talk.did)

    def _task(self, frame: Frame) -> Task:
        return self._tasks.get(frame.task) or self._tasks[NOT_UNDERSTOOD]

    def _open(self, wish: Wish) -> None:
        """Put a wish on top of the open tasks."""
        alone = len(self.turn.wishes) == 1
        task = self.invoked if alone else self._tasks.get(wish.intent, self.invoked)
        if task.intent not in (NOT_UNDERSTOOD, "out_of_scope"):
            self.memory.misses = 0
        if task.leaves:
            self._leave()
        for given in reversed(task.parts(self._given(wish))):
            self.memory.push(task.intent, given)

    def _open_below(self, wish: Wish) -> None:
        top = self.memory.tasks.pop()
        for given in reversed(self._tasks[wish.intent].parts(self._given(wish))):
            self.memory.push(wish.intent, given)
        self.memory.tasks.append(top)

    def _given(self, wish: Wish) -> Given:
        """What a wish was given, with its own words, unless they are our button's."""
        return wish.given if self.turn.pressed else {**wish.given, WORDS: [wish.text[:LONGEST_TEXT]]}

    def _leave(self) -> None:
        self.steps += [step(frame, "left", ()) for frame in self.memory.tasks]
        if any(frame.asked == "sure" for frame in self.memory.tasks):
            self.said.append({"response": "utter_nothing_changed", "buttons": []})
        self.memory.tasks = []

    def _resume(self, frame: Frame) -> bool:
        """Go on with an interrupted task; False if it has been interrupted by others too often and is left."""
        frame.paused = False
        if self._former is not None and self._former.aside:
            return True
        wish = self.words.text(f"utter_wish_{frame.task}")
        frame.resumed += 1
        goes_on = frame.resumed <= MOST_RESUMED
        response = "utter_back_to" if goes_on else "utter_left_open"
        self.said.append({"response": response, "buttons": [], "wish": wish})
        if not goes_on:
            self.steps.append(step(frame, "left", ()))
            self.memory.tasks.remove(frame)
        return goes_on

    def _close(self, frame: Frame) -> None:
        self.memory.tasks = [item for item in self.memory.tasks if item.number != frame.number]
        self._former = self._task(frame)
        if not (self._former.aside or self._former.leaves):
            # What it is about is not kept: only that it can be done again.
            self.memory.last = Frame(frame.task, frame.number)
        frame.asked = None


def _tell_unavailable(talk: Talk, error: ShopUnavailable) -> None:
    """Say that the shop cannot be reached, and what is known about what it did."""
    logger.warning("the shop failed in %s: %s", talk.frame.task, error.reason)
    response = "utter_shop_unavailable" if error.changed_nothing else "utter_outcome_unknown"
    number = talk.frame.answers.get("order_number")
    gives = {"order_number": str(number)} if number else {}
    again = {talk.frame.task: gives} if error.changed_nothing else {}
    talk.offer(response, again, contact=support_contact())
