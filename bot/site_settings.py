"""The settings of a site that people change while it runs: what each may hold, and what holds until somebody does."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.asking.rules import Asking
from bot.desk.hours import Hours
from bot.desk.routing import Routing
from bot.errors import BodyInvalid, Unknown
from bot.handoff import Rules
from bot.ratings import RatingRules
from bot.signals import Rules as Feelings


class Replies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Site setting "replies"."""

    hold_seconds: float = 5.0
    """How long an agent's reply can be undone before it goes out; 0 sends at once."""

    def __post_init__(self) -> None:
        if not 0 <= self.hold_seconds <= 60:
            raise ValueError("hold_seconds must be from 0 to 60")


KINDS: dict[str, Any] = {
    "feelings": Feelings,
    "asking": Asking,
    "handoff": Rules,
    "hours": Hours,
    "rating": RatingRules,
    "replies": Replies,
    "routing": Routing,
}
"""The settings by their names."""


def kind_of(name: str) -> Any:
    """The Struct of a setting; Unknown if there is none of this name."""
    if name not in KINDS:
        raise Unknown(f"there is no setting {name[:64]!r}")
    return KINDS[name]


def checked(name: str, value: object) -> Any:
    """The setting that plain JSON data stands for; BodyInvalid with one clear sentence if it is none."""
    try:
        setting = msgspec.convert(value, kind_of(name))
    except msgspec.ValidationError as error:
        raise BodyInvalid(str(error)) from None
    # Some settings are checked as a whole, so that their pages can show everything that is wrong at once.
    problems: list[str] = setting.problems() if hasattr(setting, "problems") else []
    if problems:
        raise BodyInvalid("; ".join(problems))
    return setting
