"""Arcs, alarms and spikes over the signals of customers' messages: pure, no input or output, no clock.

docs/signals.md has the definitions and defaults. A reading says how one message sounds (`Reading`); `arc` follows
the level through a conversation and finds its falls and repairs; `relationship` does so over conversations; `alarm`
and `tone` say what follows; `spike` looks across customers.
"""

from bot.signals.alarms import Alarm, Rules, Step, Tone, alarm, tone
from bot.signals.course import Arc, Fall, Point, Repair, arc
from bot.signals.readings import EMOTIONS, Ours, Reading
from bot.signals.relation import Relationship, Remembered, relationship, remembered
from bot.signals.sorry import says_sorry
from bot.signals.spikes import Cause, Counts, Spike, Tally, count, spike

__all__ = [
    "EMOTIONS",
    "Alarm",
    "Arc",
    "Cause",
    "Counts",
    "Fall",
    "Ours",
    "Point",
    "Reading",
    "Relationship",
    "Remembered",
    "Repair",
    "Rules",
    "Spike",
    "Step",
    "Tally",
    "Tone",
    "alarm",
    "arc",
    "count",
    "relationship",
    "remembered",
    "says_sorry",
    "spike",
    "tone",
]
