"""The figures of a group of judged messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.evaluation.calibration import calibration_error, reliability
from bot.evaluation.confusion import intent_scores, macro_f1
from bot.evaluation.judged import Judged
from bot.evaluation.scope import auroc, caught


@dataclass(frozen=True)
class Score:
    """Figures of one group; shares are 0..1, and None where there was nothing to measure.

    `accuracy` and `macro_f1` judge the best intent of messages in scope as if there were no fallback.
    `answered_right` is over all messages, with the fallback on: inside the true intent, outside none.
    `kept` is the share inside that gets an intent of the shop, `caught` the share outside that gets none.
    `auroc` tells inside from outside by the confidence of the best intent of the shop; `caught_at_95` is the share
    of outside that is caught when 95 % of inside is kept. `calibration_error` (ECE, 15 bins) is over messages in scope;
    `calibration_error_all` over all, where an intent of the shop for a message outside counts as wrong.
    """

    messages: int
    outside: int
    accuracy: float | None
    macro_f1: float | None
    answered_right: float | None
    kept: float | None
    caught: float | None
    auroc: float | None
    caught_at_95: float | None
    calibration_error: float | None
    calibration_error_all: float | None
    language_right: float | None


def score(judged: Sequence[Judged]) -> Score:
    """Return the figures of one group; `messages` counts those in scope, `outside` the others."""
    inside = [item for item in judged if not item.held.outside]
    outside = [item for item in judged if item.held.outside]
    known, unknown = [item.inside for item in inside], [item.inside for item in outside]
    return Score(
        messages=len(inside),
        outside=len(outside),
        accuracy=share(item.right for item in inside),
        macro_f1=macro_f1(intent_scores(inside)),
        answered_right=share(item.answered_right for item in judged),
        kept=share(item.kept for item in inside),
        caught=share(not item.kept for item in outside),
        auroc=auroc(known, unknown),
        caught_at_95=caught(known, unknown),
        calibration_error=_error(inside),
        calibration_error_all=_error(judged),
        language_right=share(item.language == item.held.language for item in judged),
    )


def share(values: Iterable[bool]) -> float | None:
    """Return how many of the values are true, 0..1; None for no values."""
    found = list(values)
    return sum(found) / len(found) if found else None


def _error(judged: Sequence[Judged]) -> float | None:
    return calibration_error(
        reliability([item.confidence for item in judged], [item.right for item in judged])
    )
