"""A message with two wishes, divided: "cancel 10024 and tell me where 10025 is"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from bot.nlu.classifier import Ranked
from bot.nlu.pieces import Piece, pieces

MOST_PIECES = 6
"""A message of more pieces is a story, not a list of wishes."""
CERTAIN = 0.8
"""Confidence from which a piece by itself is a wish."""
NUMBERED = 0.5
"""The same where two pieces name different orders: such a message is hardly one wish."""
NEAREST = 3
LEAST = 0.005
"""The intents of the parts must be among so many of the whole message, each with so much confidence."""

TALK = frozenset(
    ("greet", "goodbye", "thank", "affirm", "deny", "help", "bot_challenge", "correction", "repeat")
) | {"out_of_scope", "nlu_fallback"}
"""What is no wish: such a piece belongs to its neighbour."""
_TROUBLES = frozenset(
    ("complaint", "payment_issue", "registration_problems", "review", "contact_human_agent")
)
"""What is told, or asked for because of the other: beside another wish it is not a wish of its own."""
_LATE = frozenset(("track_order", "delivery_period"))
_RETREATS = frozenset(("get_refund", "cancel_order", "check_refund_policy", "check_cancellation_fee"))
_KIN = (
    _LATE,
    _RETREATS | {"track_refund"},
    frozenset(("check_invoice", "get_invoice")),
    frozenset(("delivery_options", "delivery_period")),
    frozenset(("change_shipping_address", "set_up_shipping_address", "edit_account")),
    frozenset(("create_account", "recover_password", "switch_account", "delete_account", "edit_account")),
    frozenset(("create_account", "newsletter_subscription")),
    frozenset(("cancel_order", "change_order")),
    frozenset(("place_order", "change_order")),
    frozenset(("cancel_order", "place_order")),
)
"""Wishes so near each other that a message naming two of them mostly means one."""


@dataclass(frozen=True)
class Wish:
    """One wish: its intent, how certain it is (0..1), and its part of the text."""

    intent: str
    confidence: float
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Group:
    intent: str
    piece: Piece


_NUMBER = re.compile(r"\d{4,}")

Read = Callable[[str], Sequence[Ranked]]


def wishes(text: str, language: str, whole: Sequence[Ranked], read: Read) -> list[Wish]:
    """Return the wishes of a message if there are two or more, in the order of the text, or nothing.

    `whole` is the ranking of the undivided message; `read` makes that of a part. In doubt a
    message is one wish: a reason with its request ("it never came and I want my money back"), a greeting with a wish,
    two wishes that are nearly the same.
    """
    parts = pieces(text, language)
    if not 2 <= len(parts) <= MOST_PIECES:
        return []
    likely = frozenset(item.name for item in whole[:NEAREST] if item.confidence >= LEAST) - TALK
    if len(likely) < 2:
        return []
    groups = _grouped(text, parts, likely, read)
    if len(groups) < 2 or any(one(first.intent, second.intent) for first, second in combinations(groups, 2)):
        return []
    found = [_wish(text, group, read) for group in groups]
    return [wish for wish in found if wish] if all(found) else []


def one(first: str, second: str) -> bool:
    """Return whether two wishes, in this order, are mostly one: the same, kin, or a reason and its request."""
    both = {first, second}
    late = first in _LATE and second in _RETREATS
    return first == second or bool(both & _TROUBLES) or late or any(both <= kin for kin in _KIN)


def _grouped(text: str, parts: Sequence[Piece], likely: frozenset[str], read: Read) -> list[_Group]:
    """Return a group for each wish: what is no wish by itself belongs to the wish before it, or else to the first.

    Nothing where a piece looks like a further wish and is not certain: then the message tells a story.
    """
    groups: list[_Group] = []
    least = NUMBERED if _two_orders([part.of(text) for part in parts]) else CERTAIN
    for part in parts:
        best = read(part.of(text))[0]
        certain = best.name in likely and best.confidence >= least
        if certain and not groups:
            groups.append(_Group(best.name, Piece(parts[0].start, part.end)))
        elif certain and groups[-1].intent != best.name:
            groups.append(_Group(best.name, part))
        elif best.name not in TALK and best.name not in {group.intent for group in groups}:
            return []
        elif groups:
            groups[-1] = _Group(groups[-1].intent, Piece(groups[-1].piece.start, part.end))
    return groups


def _two_orders(parts: Sequence[str]) -> bool:
    numbers = [found for found in (frozenset(_NUMBER.findall(part)) for part in parts) if found]
    return any(not first & second for first, second in combinations(numbers, 2))


def _wish(text: str, group: _Group, read: Read) -> Wish | None:
    """Read the whole part: with what was joined to it, it must still mean the same."""
    best = read(group.piece.of(text))[0]
    if best.name != group.intent:
        return None
    return Wish(best.name, best.confidence, group.piece.start, group.piece.end, group.piece.of(text))
