"""What follows from a fall: an alarm for people, and another tone of the bot. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import msgspec

from bot.signals.course import Arc, Fall


class Step(str, Enum):
    """What an alarm does, from the least to the most; each includes those before it."""

    NOTHING = "nothing"
    PRIORITY = "priority"
    SUGGEST = "suggest"
    HANDOFF = "handoff"


STEPS = tuple(Step)
URGENCY = 20
"""What the deepest fall adds to a conversation's priority, as much as the greatest anger does in a handoff."""


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a fall alarms. Depths are in valence, 0 to 1; above 1 a step is switched off."""

    priority: float = 0.25
    """From this depth on a fall makes the conversation more urgent."""
    suggest: float = 0.45
    """From this depth on the bot offers a person and the desk is told to look."""
    handoff: float = 0.6
    """From this depth on the conversation goes to people."""
    most: Step = Step.HANDOFF
    """No fall does more than this."""
    begins_low: Step = Step.PRIORITY
    """What is done for a customer who comes unhappy, and has not fallen."""

    def __post_init__(self) -> None:
        if not 0 < self.priority <= self.suggest <= self.handoff <= 2:
            raise ValueError("priority, suggest and handoff must rise, from above 0 to 2")


@dataclass(frozen=True)
class Alarm:
    """What is to be done now. `urgency` is what it adds to the priority, 0 to 20.

    `fall` is what it rests on, None for a customer who came unhappy. `new`: it shows with the last message that
    counts, so that who is told of each alarm once is told now.
    """

    step: Step
    urgency: int
    fall: Fall | None
    new: bool


def alarm(arc: Arc, rules: Rules) -> Alarm | None:
    """The alarm of a conversation, None if there is nothing to be done.

    The fall alarms, not the level, and only as long as it is not repaired. Weak readings alarm nobody, and one
    reading of which the reader is unsure is not enough: both hardly move the level (`bot.signals.course`).
    """
    fall = arc.open_fall
    if fall is not None:
        step = min(_step(fall.depth, rules), rules.most, key=STEPS.index)
        depth = fall.depth
    elif arc.begins_low and arc.first_repair is None:
        step, depth = rules.begins_low, -arc.lowest
    else:
        return None
    if step is Step.NOTHING:
        return None
    counted = [point for point in arc.points if point.counts]
    shown = fall.message_id if fall is not None else counted[0].message_id
    return Alarm(step, round(URGENCY * depth), fall, new=shown == counted[-1].message_id)


def _step(depth: float, rules: Rules) -> Step:
    from_depth = {Step.HANDOFF: rules.handoff, Step.SUGGEST: rules.suggest, Step.PRIORITY: rules.priority}
    return next((step for step, least in from_depth.items() if depth >= least), Step.NOTHING)


@dataclass(frozen=True)
class Tone:
    """How the bot should speak. `careful`: shorter, no jokes, and a person is offered.

    `says_sorry`: sorry is due and was not said yet. `sorry_said`: it was, and is not said again.
    """

    careful: bool
    says_sorry: bool
    sorry_said: bool


def tone(arc: Arc) -> Tone:
    """The usual tone, or a careful one as long as the customer is unhappy; sorry is said once for each fall."""
    careful = arc.unhappy
    return Tone(careful, says_sorry=careful and not arc.sorry_said, sorry_said=arc.sorry_said)
