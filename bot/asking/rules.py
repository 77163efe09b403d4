"""Who is asked, and when: drawn by a hash that knows neither mood nor agent. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Literal

import msgspec

Result = Literal[
    "asked", "not_drawn", "too_soon", "outcome", "blocked", "off", "unreachable", "too_late", "no_words"
]
RESULTS: tuple[Result, ...] = (
    "asked", "not_drawn", "too_soon", "outcome", "blocked", "off", "unreachable", "too_late", "no_words",
)  # fmt: skip
"""What came of the draw when a talk was over, in the order of docs/asking.md."""
COULD_BE_ASKED = frozenset({"asked", "not_drawn"})
"""Results of talks among which the draw chose: for these the estimates hold."""
NOT_COUNTED = frozenset({"outcome", "blocked"})
"""Results of talks that are in no figure."""
NO_OUTCOMES = frozenset({"duplicate", "spam"})
"""Outcomes after which nobody is asked."""

NO_MATTERS = frozenset(
    {"greet", "goodbye", "thank", "affirm", "deny", "help", "bot_challenge", "correction", "repeat"}
    | {"contact_human_agent", "out_of_scope", "nlu_fallback"}
)
"""Intents that are part of talking, no matter of their own."""

PAUSE = timedelta(hours=24)
"""A customer who writes after so long a silence (of everybody) begins a new talk."""
LATE = timedelta(hours=72)
"""A talk whose last word is longer ago is not asked about."""
SAME_WITHIN = timedelta(days=14)
"""Who comes back so soon with the same wish has the same problem."""
BACK_WITHIN = timedelta(days=90)
"""Who is not back after so long has stayed away."""
FORGOTTEN = timedelta(days=90)
"""A customer whose last talk is longer ago is not asked about loyalty: they would not know what we mean."""


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Site setting "asking"."""

    days: int = 30
    """No customer is asked anything more often than once in so many days."""
    rated_share: float = 1.0
    """The share of talks that are asked about, of those whose customer could be asked."""
    loyalty_share: float = 0.1
    """The share of customers who are asked about loyalty in a month, of those who could be asked."""
    loyalty_after_days: int = 7
    """So long a customer's last talk must be over before they are asked about loyalty."""
    from_hour: int = 9
    """Questions that do not follow a close at once are asked from this hour on, in the site's time zone ..."""
    to_hour: int = 20
    """... and before this one."""

    def __post_init__(self) -> None:
        _check("days", self.days, 0, 3650)
        _check("rated_share", self.rated_share, 0, 1)
        _check("loyalty_share", self.loyalty_share, 0, 1)
        _check("loyalty_after_days", self.loyalty_after_days, 1, FORGOTTEN.days - 1)
        _check("from_hour", self.from_hour, 0, 23)
        _check("to_hour", self.to_hour, self.from_hour + 1, 24)


def drawn(kind: str, key: str, share: float) -> bool:
    """Whether a draw of this kind falls on a key (an id): always the same answer, true for this share of all keys."""
    digest = hashlib.sha256(f"{kind}/{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def rested(rules: Asking, asked_at: datetime | None, moment: datetime) -> bool:
    """Whether a customer who was asked last at `asked_at` may be asked again."""
    return asked_at is None or moment - asked_at >= timedelta(days=rules.days)


def month_of(moment: datetime) -> str:
    """The month (of UTC) in which a draw of customers holds, as YYYY-MM."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m")


def by_day(rules: Asking, there: datetime) -> bool:
    """Whether it is day by the clock on the site's wall."""
    return rules.from_hour <= there.hour < rules.to_hour


def wish_of(intents: Iterable[str | None]) -> str | None:
    """What a talk is about: the first of its intents that is a matter of its own, None if there is none."""
    return next((intent for intent in intents if intent is not None and intent not in NO_MATTERS), None)


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most}")
