"""What to do next: the first of a few rules that holds, each resting on messages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.desk.attempts import BROKE, Attempt, open_attempt
from bot.desk.facts import Facts
from bot.desk.lines import Heard, Line, rests_on, unanswered
from bot.desk.wording import Wording
from bot.models import Handoff, Reason, Status

_STANDING = frozenset({"refused", "unproved", "gave_up", "missed"})
"""Ends that a person must do something about, if nothing came after them."""


class Next(msgspec.Struct, frozen=True):
    """The suggested next step and the messages it rests on."""

    text: str
    messages: tuple[str, ...] = ()


def next_step(
    facts: Facts, words: Wording, found: Sequence[Attempt], wishes: Sequence[Heard], promises: Sequence[Line]
) -> Next:
    """The most urgent thing: danger, then what broke, then what people were called for, then what is open."""
    called = facts.handoffs[-1] if facts.handoffs and facts.handoffs[-1].ended_at is None else None
    return (
        _protected(facts, words, called)
        or _broken(words, found)
        or _called(facts, words, called, wishes, promises)
        or _standing(words, found, wishes)
        or _open(facts, words, found, wishes)
    )


def _protected(facts: Facts, words: Wording, called: Handoff | None) -> Next | None:
    if called is None or called.reason is not Reason.PROTECTED:
        return None
    named = called.detail.get("words")
    said = ", ".join(str(word) for word in named) if isinstance(named, list) else ""
    text = words.next("protected", words=said or words.of("reasons", Reason.PROTECTED.value))
    return Next(text, rests_on(facts, called))


def _broken(words: Wording, found: Sequence[Attempt]) -> Next | None:
    """What our side failed at, unless it was done later."""
    for place in range(len(found) - 1, -1, -1):
        attempt = found[place]
        later = {item.wish for item in found[place + 1 :] if item.end in ("done", "answered")}
        if attempt.end == BROKE and not found[place + 1 :]:
            return Next(words.next("broke"), attempt.messages)
        if attempt.end in ("unknown", "unavailable") and attempt.wish not in later:
            name = "unknown" if attempt.end == "unknown" else "failed"
            return Next(words.next(name, wish=_named(words, attempt)), attempt.messages)
    return None


def _called(
    facts: Facts,
    words: Wording,
    called: Handoff | None,
    wishes: Sequence[Heard],
    promises: Sequence[Line],
) -> Next | None:
    if called is None:
        return None
    if called.reason is Reason.PROMISE:
        messages = promises[-1].messages if promises else rests_on(facts, called)
        return Next(words.next("promise"), messages)
    if called.reason is Reason.COMPLAINT:
        wish = _wish(words, wishes) or words.wish("complaint")
        return Next(words.next("complaint", wish=wish), rests_on(facts, called))
    return None


def _standing(words: Wording, found: Sequence[Attempt], wishes: Sequence[Heard]) -> Next | None:
    if not found or found[-1].end not in _STANDING:
        return None
    last = found[-1]
    name = {"gave_up": "missed"}.get(last.end, last.end)
    return Next(words.next(name, wish=_named(words, last)), last.messages)


def _open(facts: Facts, words: Wording, found: Sequence[Attempt], wishes: Sequence[Heard]) -> Next:
    asked, waiting = open_attempt(found), unanswered(facts)
    if asked is not None:
        return Next(words.next("open", wish=_named(words, asked)), asked.messages)
    done = {attempt.wish for attempt in found if attempt.end in ("done", "answered", "declined", "stopped")}
    left = [one for one in wishes if one.intent not in done]
    if waiting and left:
        return Next(words.next("wish", wish=_wish(words, left)), (left[0].message,))
    if facts.undelivered:
        return Next(words.next("undelivered"), facts.undelivered[:1])
    if waiting:
        return Next(words.next("answer"), (waiting[-1].id,))
    last = [message.id for message in facts.messages[-1:]]
    return Next(words.next("nothing"), () if facts.status is Status.CLOSED else tuple(last))


def _named(words: Wording, attempt: Attempt) -> str:
    about = words.about(attempt.about)
    return f"{words.wish(attempt.wish)} ({about})" if about else words.wish(attempt.wish)


def _wish(words: Wording, wishes: Sequence[Heard]) -> str:
    if not wishes:
        return ""
    about = words.about(wishes[0].about)
    return f"{words.wish(wishes[0].intent)} ({about})" if about else words.wish(wishes[0].intent)
