"""What a model made of a held-out message, beside the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.evaluation.heldout import FALLBACK, OUTSIDE, Held


@dataclass(frozen=True)
class Judged:
    """One message with its reading.

    `answer` is what the server acts on, a fallback included. `best` is the first intent as if there were no fallback
    (it may be `out_of_scope` where that is trained), `confidence` its probability. `inside` is the probability of
    the best intent that is not `out_of_scope`: it tells messages in scope from others. `language` is what was found.
    """

    held: Held
    answer: str
    best: str
    confidence: float
    inside: float
    language: str

    @property
    def right(self) -> bool:
        """Whether the best intent is the true one; any name of "outside" stands for all."""
        return self.best in OUTSIDE if self.held.outside else self.best == self.held.intent

    @property
    def answered_right(self) -> bool:
        """Whether the server would act rightly: a fallback is right outside and wrong inside."""
        return self.answer in OUTSIDE if self.held.outside else self.answer == self.held.intent

    @property
    def kept(self) -> bool:
        """Whether the server would act on an intent of the shop."""
        return self.answer not in OUTSIDE


def judge(held: Held, parsed: Mapping[str, Any]) -> Judged:
    """Compare one parse (`intent`, `intent_ranking`, `language`) with the truth."""
    answer = str(parsed["intent"]["name"])
    ranking = [item for item in parsed.get("intent_ranking", ()) if item["name"] != FALLBACK]
    best = ranking[0] if ranking else parsed["intent"]
    inside = next((float(item["confidence"]) for item in ranking if item["name"] not in OUTSIDE), 0.0)
    return Judged(
        held, answer, str(best["name"]), float(best["confidence"]), inside, str(parsed.get("language") or "")
    )
