"""What was tried for a customer: the steps of the turns, folded so that one matter is one attempt. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.desk.facts import Facts
from bot.models import AuthorKind, Message, Step

TALK = frozenset(
    {"greet", "goodbye", "thank", "affirm", "deny", "help", "bot_challenge", "correction", "repeat"}
)
"""Intents that are part of talking, no matter of their own."""
PERSON = "contact_human_agent"
NOT_UNDERSTOOD = "nlu_fallback"
BROKE = "broke"
"""The end of an attempt whose turn we could not work."""


@dataclass(frozen=True)
class Attempt:
    """One matter that the bot has worked on: how it stands, what it was about, and the messages that show it.

    `end` is one of STEP_ENDS or BROKE.
    """

    wish: str
    end: str
    about: Mapping[str, str]
    messages: tuple[str, ...]
    at: datetime
    question: str = ""
    """The bot's message that waits for an answer, if `end` is "asked"."""
    responses: Mapping[str, str] = field(default_factory=dict)
    """Which response each reply was, by message, where that is certain."""


def attempts(facts: Facts) -> list[Attempt]:
    """All attempts of the conversation, in the order in which they began."""
    found: list[Attempt] = []
    for message in facts.messages:
        turn = facts.turns.get(message.id)
        if turn is None:
            continue
        # What the server says about a passage to people answers nothing.
        replies = [reply for reply in facts.answers(message.id) if reply.author.kind is AuthorKind.BOT]
        if turn.status == "dead":
            found.append(Attempt("", BROKE, {}, (message.id,), message.sent_at))
        responses = _responses(turn.steps, replies)
        for step in turn.steps:
            _add(found, step, message, replies, responses)
    return [_left(attempt, facts) for attempt in found]


def open_attempt(found: Iterable[Attempt]) -> Attempt | None:
    """The last attempt that waits for the customer's answer, None if none does."""
    return next((attempt for attempt in reversed(list(found)) if attempt.end == "asked"), None)


def _left(attempt: Attempt, facts: Facts) -> Attempt:
    """The attempt; left, if people have given the conversation back since: the bot begins anew after them."""
    back = [passage.ended_at for passage in facts.handoffs if passage.end == "returned"]
    if attempt.end == "asked" and any(ended is not None and ended > attempt.at for ended in back):
        return replace(attempt, end="left", question="")
    return attempt


def _responses(steps: Iterable[Step], replies: list[Message]) -> dict[str, str]:
    """Which response each reply was; empty unless both have the same number, for then it would be a guess."""
    names = [name for step in steps for name in step.said]
    if len(names) != len(replies):
        return {}
    return {reply.id: name for reply, name in zip(replies, names, strict=True)}


def _add(
    found: list[Attempt],
    step: Step,
    message: Message,
    replies: list[Message],
    responses: Mapping[str, str],
) -> None:
    if step.wish in TALK or (step.wish == PERSON and step.end != "asked"):
        return
    shown = (message.id, *(reply.id for reply in replies))
    question = replies[-1].id if step.end == "asked" and replies else ""
    fresh = Attempt(step.wish, step.end, dict(step.about), shown, message.sent_at, question, responses)
    place = next((at for at in range(len(found) - 1, -1, -1) if _goes_on(found[at], fresh)), None)
    if place is None:
        found.append(fresh)
    else:
        found[place] = _joined(found[place], fresh)


def _goes_on(former: Attempt, fresh: Attempt) -> bool:
    """Whether a step belongs to a former attempt: its open question, or the same trouble again."""
    if former.wish != fresh.wish:
        return False
    if former.end == fresh.end == "missed":
        return True
    numbers = [attempt.about.get("order_number") for attempt in (former, fresh)]
    return former.end == "asked" and (None in numbers or numbers[0] == numbers[1])


def _joined(former: Attempt, fresh: Attempt) -> Attempt:
    return replace(
        fresh,
        about={**former.about, **fresh.about},
        messages=tuple(dict.fromkeys((*former.messages, *fresh.messages))),
        responses={**former.responses, **fresh.responses},
    )
