"""One run of a task: what it hears, says, asks and does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from zlib import crc32

from actions.backends.model import Command, Question, Shop
from actions.fields import SURE, Choice, Field, Unfit, choice_field, gives_up, yes_or_no
from actions.memory import Frame, Given, Memory
from actions.turn import NOT_UNDERSTOOD, Turn
from actions.words import Words

R = TypeVar("R")

MAX_MISSES = 2
VERY_SURE = 0.85
"""How certain another wish must be to be heard where any text could be the answer."""

LONGEST_THANKS = 2
"""Words of small talk where any text could be the answer."""

LONGEST_NO = 4
"""Words of a no where any text could be the answer."""

ANSWERS = frozenset({"affirm", "deny", "correction", NOT_UNDERSTOOD, "out_of_scope"})
"""Intents that are no wish of their own while a question is open."""
ALWAYS_HEARD = frozenset({"contact_human_agent", "goodbye", "repeat"})
SMALL_TALK = frozenset({"greet", "thank", "help", "bot_challenge"})
_CONFIRMED = "sure"


RESERVED = frozenset(["text", "response", "template", "buttons", "image", "attachment", "elements", "custom"])
"""Names that no placeholder may have: Rasa would take the value for a part of the message."""


class Waiting(Exception):
    """The question has been asked; the next message answers it."""


class Elsewhere(Exception):
    """The message is no answer but a wish of its own."""


class Stopped(Exception):
    """The customer does not want the task any more."""


class GaveUp(Exception):
    """The answers could not be understood."""


class Restart(Exception):
    """An earlier answer has changed: the task begins again with what is left."""


class Over(Exception):
    """The task has said why it ends early."""


class Talk:
    """What a task has in hand. `heard` is the message if it may answer the frame's question, else None.

    `did` names the commands that the shop has carried out.
    """

    def __init__(
        self,
        turn: Turn,
        memory: Memory,
        frame: Frame,
        words: Words,
        shop: Shop,
        *,
        heard: Turn | None,
    ) -> None:
        self.turn = turn
        self.memory = memory
        self.frame = frame
        self.words = words
        self.said: list[dict[str, Any]] = []
        self.did: list[str] = []
        self.wanted: tuple[str, Mapping[str, Any]] | None = None
        self._shop = shop
        self._heard = heard
        self._passed: list[Field] = []
        self._commands = 0

    @property
    def language(self) -> str:
        """The language to answer in."""
        return self.turn.language

    # Saying

    def say(self, response: str, /, **values: object) -> None:
        """Say a response of domain.yml with these values."""
        self._say(response, [], values)

    def offer(self, response: str, intents: Mapping[str, Mapping[str, str]], **values: object) -> None:
        """Say a response with a button for each wish in `intents`; each gives its entities."""
        buttons = [
            {"title": self.words.text(f"utter_wish_{intent}"), "payload": _payload(intent, gives)}
            for intent, gives in intents.items()
        ]
        self._say(response, buttons, values)

    def say_again(self, said: Sequence[Mapping[str, Any]]) -> None:
        """Say what was said before."""
        self.said += [dict(saying) for saying in said]

    def restart(self, task: str, given: Given) -> None:
        """Let another task follow when this one ends."""
        self.memory.push(task, given)

    def want(self, reason: str, **because: object) -> None:
        """Ask the server for a person; `reason` is a value of `bot.models.Reason`, the rest what it rests on."""
        self.wanted = (reason, because)

    def _say(self, response: str, buttons: Sequence[Mapping[str, str]], values: Mapping[str, object]) -> None:
        reserved = RESERVED.intersection(values)
        if reserved:
            raise ValueError(f"{response}: Rasa needs these names itself: {', '.join(sorted(reserved))}")
        texts = {name: str(value) for name, value in values.items()}
        self.said.append({"response": response, "buttons": [dict(button) for button in buttons], **texts})

    def _button(self, choice: Choice) -> dict[str, str]:
        return {"title": choice.title, "payload": _payload(self.frame.task, choice.gives)}

    # Asking

    async def answer(self, field: Field) -> Any:
        """Return the customer's answer to a question; asks it if there is none yet."""
        answers = self.frame.answers
        if field.name not in answers:
            value = self._found(field)
            answers[field.name] = self._read(field) if value is None else value
        self._passed.append(field)
        return answers[field.name]

    async def confirmed(self, question: str, **values: object) -> bool:
        """Return whether the customer says yes; asks if that is not known yet."""
        field = yes_or_no(_CONFIRMED, question, self._consent(), **values)
        return bool(await self.answer(field))

    def _consent(self) -> str:
        """What a yes is for: this frame with these answers. A button of the same question about others is none."""
        answers = {name: value for name, value in self.frame.answers.items() if name != _CONFIRMED}
        return f"{self.frame.number}-{crc32(json.dumps(answers, sort_keys=True).encode()):08x}"

    async def choose(self, name: str, question: str, choices: Sequence[Choice], **values: object) -> str:
        """Return which of the choices the customer takes; asks if that is not known yet."""
        return str(await self.answer(choice_field(name, question, choices, **values)))

    def deciding(self) -> bool:
        """Tell whether the confirmation has been asked: then it is too late for other questions and checks."""
        return _CONFIRMED in self.frame.answers or self.frame.asked == _CONFIRMED

    def forget(self, *names: str) -> None:
        """Forget answers, and what the customer said before; they are asked anew."""
        for name in names:
            self.frame.answers.pop(name, None)
        self.frame.given = {}
        self.frame.asked = None

    def miss(self, name: str) -> None:
        """Count an answer to the question `name` that led nowhere. Raises GaveUp at the second in a row."""
        self.frame.misses = self.frame.misses + 1 if self.frame.missed == name else 1
        self.frame.missed = name
        if self.frame.misses >= MAX_MISSES:
            raise GaveUp

    def remember(self, **at_hand: str) -> None:
        """Keep what "it" means from now on."""
        self.memory.at_hand = {**self.memory.at_hand, **at_hand}

    def over(self, response: str, **values: object) -> Over:
        """Say why the task ends here; raise what this returns."""
        self.say(response, **values)
        return Over()

    def _found(self, field: Field) -> Any:
        if self.frame.asked == field.name:
            return None
        try:
            return field.find(self.frame.given)
        except Unfit as reason:
            self.say(reason.response, **reason.values)
            return None

    def _read(self, field: Field) -> Any:
        turn, self._heard = self._heard, None
        if turn is None or self.frame.asked != field.name:
            self._ask(field)
        assert turn is not None
        if gives_up(turn.text) and not field.consent:
            raise Stopped
        if self._aside(field, turn) and not _bare(field, turn):
            raise Elsewhere
        if (field.prose or field.open_) and _plain_no(turn):
            raise Stopped
        try:
            self._correct(field, turn)
            value = field.read(turn)
        except Unfit as reason:
            self.say(reason.response, **reason.values)
            self.miss(field.name)
            self._ask(field)
        if value is not None:
            self.frame.asked = None
            return value
        self._not_an_answer(field, turn)
        return None

    def _not_an_answer(self, field: Field, turn: Turn) -> None:
        wish = turn.wish
        if wish.intent == "deny":
            raise Stopped
        own = wish.intent == self.frame.task
        if wish.intent not in ANSWERS and not own:
            raise Elsewhere
        self.miss(field.name)
        self._ask(field.asking(field.again) if field.again and not own else field)

    def _aside(self, field: Field, turn: Turn) -> bool:
        """Tell whether a message is another wish although the field might be able to read it."""
        wish = turn.wish
        if wish.intent in ANSWERS or wish.intent == self.frame.task:
            return False
        if turn.pressed:
            return True
        if wish.intent in ALWAYS_HEARD:
            return wish.certainty >= (VERY_SURE if field.prose else SURE)
        if field.prose or (wish.intent in SMALL_TALK and field.open_):
            short = len(turn.text.split()) <= LONGEST_THANKS
            return wish.intent in SMALL_TALK and short and wish.certainty >= VERY_SURE
        if wish.intent in SMALL_TALK:
            return False
        return wish.certainty >= (VERY_SURE if field.open_ else SURE)

    def _correct(self, field: Field, turn: Turn) -> None:
        """Take another value for an earlier answer, if the message gives one."""
        correction = turn.wish.intent == "correction"
        if turn.wish.intent not in {*ANSWERS, self.frame.task}:
            return
        if (field.prose or field.open_) and not (correction or turn.pressed):
            # A number in a story or a street is no other order.
            return
        for place, passed in enumerate(self._passed):
            value = passed.find(turn.given)
            if value is not None and value != self.frame.answers.get(passed.name):
                self._back_to(place, {passed.name: value})
        if correction and self._passed and turn.wish.certainty >= SURE and not _answers(field, turn):
            self._back_to(self._last_group(), {})

    def _last_group(self) -> int:
        """The place of the last answer, or of the first one that belongs together with it."""
        group, last = self._passed[-1].group, len(self._passed) - 1
        return next(
            (place for place, field in enumerate(self._passed) if group and field.group == group), last
        )

    def _back_to(self, place: int, answers: Mapping[str, Any]) -> None:
        for field in self._passed[place:]:
            self.frame.answers.pop(field.name, None)
        self.frame.answers.update(answers)
        self.frame.asked = None
        if not answers:
            # What was said before, and what was at hand, was meant wrongly too.
            self.frame.given, self.memory.at_hand = {}, {}
        raise Restart

    def _ask(self, field: Field) -> None:
        self.frame.asked = field.name
        buttons = [self._button(choice) for choice in field.choices]
        if field.consent:
            confirms = {"confirms": field.consent}
            buttons = [
                {"title": self.words.text("utter_title_yes"), "payload": _payload("affirm", confirms)},
                {"title": self.words.text("utter_title_no"), "payload": _payload("deny", confirms)},
            ]
        self._say(field.question, buttons, field.values)
        raise Waiting

    # Doing

    async def ask_shop(self, question: Question[R], customer: str | None = None) -> R:
        """Return the shop's answer for this customer. Raises what the shop raises."""
        return await self._shop.ask(question, customer, self.language)

    async def do(self, command: Command[R], customer: str | None = None) -> R:
        """Let the shop change something, once, however often this turn is retried. Raises what the shop raises."""
        self._commands += 1
        key = f"{self.turn.message_id}/{self.frame.task}/{self._commands}"
        result = await self._shop.do(command, customer, key, self.language)
        self.did.append(type(command).__name__)
        return result

    async def find_customer(self, *, email: str | None = None, user_id: str | None = None) -> str:
        """Return the id of a customer of the shop. Raises CustomerNotFound."""
        return (await self._shop.find_customer(email=email, user_id=user_id)).id


def _plain_no(turn: Turn) -> bool:
    short = len(turn.text.split()) <= LONGEST_NO
    return short and turn.wish.intent == "deny" and turn.wish.certainty >= SURE


def _answers(field: Field, turn: Turn) -> bool:
    """Tell whether a field that does not take any text can read this message, if only to refuse its value."""
    if field.prose or field.open_ or field.consent:
        return False
    try:
        return field.read(turn) is not None
    except Unfit:
        return True


def _bare(field: Field, turn: Turn) -> bool:
    """Tell whether a message is nothing but an answer: one word, a number, the title of a button."""
    if turn.pressed or not _answers(field, turn):
        return False
    words = turn.text.split()
    titles = {choice.title.casefold() for choice in field.choices}
    return len(words) == 1 or not any(map(str.isalpha, turn.text)) or turn.text.strip().casefold() in titles


def _payload(intent: str, gives: Mapping[str, str]) -> str:
    return f"/{intent}{json.dumps(dict(gives), ensure_ascii=False)}" if gives else f"/{intent}"
