"""What the dialogue remembers between two messages of a conversation: one slot, plain JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

SLOT = "memory"
PERSON = "person"
"""The slot that tells the server, for this turn: who is wanted and why, and what went wrong in a row."""
PEOPLE = "people"
"""The slot in which people leave a note when they give a conversation back: {"note": text}."""
WORDS = "words"
"""Under this name a task is given the customer's own words."""
MOST_SAID = 8_000
"""Characters of replies, as JSON, that are kept to be repeated."""
MOST_TASKS = 6
"""Open tasks that are kept; the oldest is dropped when a further one comes."""

Given = Mapping[str, Sequence[str]]
"""Entities of a message: the values of each, in the order of the text."""


@dataclass
class Frame:
    """One open task: what it was given, what was answered, and which question waits for an answer.

    `misses` counts answers in a row to the question `missed` that led nowhere.

    `number` tells the frames of a conversation apart, so that an old button cannot answer a new question.
    """

    task: str
    number: int
    given: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    asked: str | None = None
    misses: int = 0
    missed: str | None = None
    paused: bool = False
    resumed: int = 0


@dataclass(frozen=True)
class Proof:
    """Which customer of the shop this is, and when that was last used (seconds since 1970)."""

    customer: str
    used: float


@dataclass
class Memory:
    """`tasks`: the open ones, the last is worked on. `said`: the last turn's replies, to repeat them.

    `at_hand`: what was talked about last ("order_number": "10024"), so that "it" means something. `last` is the task
    that ended last, for a correction that comes late. `misses`: messages in a row that nobody understood.
    `failures`: actions in a row that failed.

    `steps` tell what the last turn did about each wish, for people: see actions/steps.py.

    `owner` is the shop's customer whose things these are, once that is proved; `user_id` whom the site had signed.
    """

    tasks: list[Frame] = field(default_factory=list)
    frames: int = 0
    misses: int = 0
    failures: int = 0
    said: list[dict[str, Any]] = field(default_factory=list)
    at_hand: dict[str, str] = field(default_factory=dict)
    last: Frame | None = None
    proof: Proof | None = None
    owner: str | None = None
    user_id: str | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)

    def meet(self, user_id: str | None) -> None:
        """Forget everything if the site has signed somebody else than before."""
        if user_id != self.user_id:
            self.__dict__.update(Memory(frames=self.frames, user_id=user_id).__dict__)

    def belong_to(self, customer: str) -> None:
        """Forget what was talked about if it was with another customer of the shop."""
        if self.owner not in (None, customer):
            self.said, self.at_hand, self.last = [], {}, None
        self.owner = customer

    def keep_said(self, said: Sequence[Mapping[str, Any]]) -> None:
        """Keep the last replies, so many as are not too long."""
        while said and len(json.dumps(said)) > MOST_SAID:
            said = said[1:]
        self.said = [dict(saying) for saying in said]

    def push(self, task: str, given: Given) -> Frame:
        """Open a task on top of the others and return its frame."""
        self.frames += 1
        frame = Frame(task, self.frames, {name: list(values) for name, values in given.items()})
        self.tasks = [*self.tasks, frame][-MOST_TASKS:]
        return frame

    def as_json(self) -> dict[str, Any]:
        """Return what `read_memory` understands."""
        return {
            "tasks": [dict(frame.__dict__) for frame in self.tasks],
            "frames": self.frames,
            "misses": self.misses,
            "failures": self.failures,
            "said": self.said,
            "at_hand": self.at_hand,
            "last": dict(self.last.__dict__) if self.last else None,
            "proof": dict(self.proof.__dict__) if self.proof else None,
            "owner": self.owner,
            "user_id": self.user_id,
            "steps": self.steps,
        }


def read_memory(value: Any) -> Memory:
    """Return the memory that a slot holds. A slot that another version wrote begins anew."""
    if not isinstance(value, Mapping):
        return Memory()
    try:
        return Memory(
            tasks=[_frame(frame) for frame in value["tasks"]],
            frames=int(value["frames"]),
            misses=int(value["misses"]),
            failures=int(value.get("failures", 0)),
            said=[dict(saying) for saying in value["said"]],
            at_hand={str(name): str(item) for name, item in value["at_hand"].items()},
            last=_frame(value["last"]) if value["last"] else None,
            proof=Proof(str(value["proof"]["customer"]), float(value["proof"]["used"]))
            if value["proof"]
            else None,
            owner=value["owner"],
            user_id=value["user_id"],
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return Memory()


_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("number", "misses", "resumed"), (int,)),
    **dict.fromkeys(("given", "answers"), (dict,)),
    **dict.fromkeys(("asked", "missed"), (str, NoneType)),
    "task": (str,),
    "paused": (bool,),
}


def _frame(value: Mapping[str, Any]) -> Frame:
    frame = Frame(**value)
    for name, kinds in _TYPES.items():
        if not isinstance(getattr(frame, name), kinds):
            raise TypeError(name)
    return frame
