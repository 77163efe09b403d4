"""What was read in one customer message, and what of ours came between. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.models import AuthorKind

UNHAPPY = ("anger", "frustration", "disappointment", "worry", "confusion")
HAPPY = ("gratitude_joy",)
EMOTIONS = (*UNHAPPY, *HAPPY, "neutral")
"""The names of the emotions. All of UNHAPPY lie below zero in valence, `gratitude_joy` above, `neutral` near it."""


@dataclass(frozen=True)
class Reading:
    """The signal of one customer message; ValueError for what cannot be one.

    `seq` is the message's place among the customer's messages and ours. `valence` is how the customer feels, from
    -1 (very bad) to 1 (very good). `emotions` are probabilities of EMOTIONS, 0 to 1; names that are missing count
    as 0. `weak`: the reader is not good enough in this language to decide anything by this reading.
    """

    message_id: str
    seq: int
    at: datetime
    valence: float
    emotions: Mapping[str, float]
    weak: bool = False

    def __post_init__(self) -> None:
        if not -1 <= self.valence <= 1:
            raise ValueError(f"valence must be from -1 to 1, not {self.valence}")
        if unknown := self.emotions.keys() - set(EMOTIONS):
            raise ValueError(f"there are no emotions {sorted(unknown)}")
        if not all(0 <= probability <= 1 for probability in self.emotions.values()):
            raise ValueError("probabilities must be from 0 to 1")

    @property
    def certainty(self) -> float:
        """How sure the reader is of the side: unhappy, happy or neither. 0 knows nothing .. 1 is sure.

        One minus the entropy (Shannon 1948) of the three sides, as a share of its greatest value. Sides, not
        emotions: a reader who wavers between anger and frustration knows well how the customer feels.
        """
        sides = [
            sum(self.emotions.get(name, 0.0) for name in side) for side in (UNHAPPY, HAPPY, ("neutral",))
        ]
        whole = sum(sides)
        if whole <= 0:
            return 0.0
        shares = [side / whole for side in sides]
        entropy = -sum(share * math.log(share) for share in shares if share > 0)
        return min(1.0, max(0.0, 1 - entropy / math.log(len(sides))))

    @property
    def leading(self) -> str:
        """The likeliest emotion, the first in EMOTIONS of several that are equal; `neutral` if nothing was read."""
        likeliest = max(EMOTIONS, key=lambda name: self.emotions.get(name, 0.0))
        return likeliest if self.emotions.get(likeliest, 0.0) > 0 else "neutral"


@dataclass(frozen=True)
class Ours:
    """A message of ours to the customer. `seq` as in Reading; `sorry`: we said in it that we are sorry."""

    message_id: str
    seq: int
    at: datetime
    kind: AuthorKind
    agent_id: str | None = None
    sorry: bool = False

    def __post_init__(self) -> None:
        if self.kind is AuthorKind.CUSTOMER:
            raise ValueError("a customer's message is not ours")
