"""When a conversation goes to people: pure rules over the facts of one turn, each with the reason it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bot.models import Reason


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The site's setting "handoff": thresholds and switches, with what holds as long as nobody changed them."""

    misses: int = 2
    """Messages in a row that nobody understood until a person comes; 0 switches this off."""
    failures: int = 2
    """Actions in a row that failed and changed nothing, until a person comes; 0 switches this off.

    Where nobody knows what an action has changed, a person comes at once.
    """
    complaints: bool = True
    promises: bool = True
    """A person comes when something that the shop has promised did not happen."""
    protected: tuple[str, ...] = ("self_harm", "safety", "legal", "data_protection")
    """The topics that the bot leaves to people."""
    anger: float = 1.1
    """From this anger on (0 calm .. 1 furious) in a message a person comes; above 1 switches this off.

    It is off as long as nobody switches it on: a fall of the mood brings people (setting "feelings"), not its level.
    """

    def __post_init__(self) -> None:
        if not (0 <= self.misses <= 20 and 0 <= self.failures <= 20):
            raise ValueError("misses and failures must be from 0 to 20")
        if not 0 <= self.anger <= 2:
            raise ValueError("anger must be from 0 to 2")


@dataclass(frozen=True)
class Topic:
    """A protected topic that a message is about, and the words that tell so."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What one turn has shown. `wanted` is what the dialogue asks for, `detail` what it rests that on.

    `anger` is as read, `urgency` what the customer's fall adds to the priority, and `fall` what a fall rests on that
    people are due for; None if no fall calls for them. `returned`: people have given the conversation back and the bot
    has not answered since. `gave_up`: the turn could not be worked at all, so that nobody but people can answer.
    """

    wanted: Reason | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    topic: Topic | None = None
    misses: int = 0
    failures: int = 0
    anger: float = 0.0
    urgency: int = 0
    fall: Mapping[str, Any] | None = None
    gave_up: bool = False
    returned: bool = False


@dataclass(frozen=True)
class Wish:
    """That a person should come, why, how urgent it is (higher is more), and what that rests on."""

    reason: Reason
    priority: int
    detail: Mapping[str, Any] = field(default_factory=dict)
    anger: float = 0.0


PRIORITIES: Mapping[Reason, int] = {
    Reason.ASKED: 40,
    Reason.MISSED: 30,
    Reason.FAILED: 50,
    Reason.PROTECTED: 60,
    Reason.COMPLAINT: 45,
    Reason.PROMISE: 50,
    Reason.MOOD: 55,
    Reason.TAKEN: 0,
}
"""How urgent each reason is by itself."""
URGENT_TOPICS: Mapping[str, int] = {"self_harm": 100, "safety": 90}
"""Protected topics that are more urgent than others."""
ANGER_WEIGHT = 20
"""What the greatest anger adds."""


def wish(
    reason: Reason, detail: Mapping[str, Any] | None = None, *, anger: float = 0.0, urgency: int = 0
) -> Wish:
    """A wish for this reason with the priority that is due to it; `urgency`, what a fall adds, stays in its detail."""
    told = {**(detail or {}), **({"urgency": urgency} if urgency else {})}
    base = URGENT_TOPICS.get(str(told.get("topic")), PRIORITIES[reason])
    priority = base + round(ANGER_WEIGHT * max(0.0, min(1.0, anger))) + urgency
    return Wish(reason, priority, told, anger)


def decide(facts: Facts, rules: Rules) -> Wish | None:
    """Whether a person should come, None if not.

    After people have given a conversation back, the bot answers first: only a protected topic or a turn that
    could not be worked at all goes to people at once.
    """
    if facts.topic is not None and facts.topic.name in rules.protected:
        detail = {"topic": facts.topic.name, "words": list(facts.topic.words)}
        return wish(Reason.PROTECTED, detail, anger=facts.anger, urgency=facts.urgency)
    if facts.gave_up:
        return wish(Reason.FAILED, facts.detail, anger=facts.anger, urgency=facts.urgency)
    if facts.returned:
        return None
    reason = _reason(facts, rules)
    if reason is None:
        return None
    fall = facts.fall if reason is Reason.MOOD else None
    return wish(reason, {**facts.detail, **(fall or {})}, anger=facts.anger, urgency=facts.urgency)


def _reason(facts: Facts, rules: Rules) -> Reason | None:
    wanted = facts.wanted
    holds = {
        Reason.ASKED: wanted is Reason.ASKED,
        Reason.FAILED: bool(rules.failures) and (wanted is Reason.FAILED or facts.failures >= rules.failures),
        Reason.COMPLAINT: rules.complaints and wanted is Reason.COMPLAINT,
        Reason.PROMISE: rules.promises and wanted is Reason.PROMISE,
        Reason.MISSED: 0 < rules.misses <= facts.misses,
        Reason.MOOD: facts.fall is not None or facts.anger >= rules.anger,
    }
    return next((reason for reason, true in holds.items() if true), None)
