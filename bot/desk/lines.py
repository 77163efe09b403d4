"""The lines of a brief: each a fact of the store in words, with the messages that it rests on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from bot.desk.attempts import BROKE, NOT_UNDERSTOOD, PERSON, TALK, Attempt, open_attempt
from bot.desk.facts import Facts, Former
from bot.desk.promises import RESPONSES, promised
from bot.desk.wording import Wording
from bot.models import AuthorKind, Handoff, Message, Status
from bot.store.turns import Turn

MOST = 8
"""Lines of one part of the brief, at most: the latest ones."""
MOST_WISHES = 3


class Line(msgspec.Struct, frozen=True):
    """One line: its text, the ids of the messages it rests on, and when it happened."""

    text: str
    messages: tuple[str, ...] = ()
    at: datetime | None = None


class Heard(msgspec.Struct, frozen=True):
    """What one message of the customer wants, as it was understood: an intent and things that it names.

    `asks` is False for an answer to a question of ours about that wish.
    """

    message: str
    intent: str
    about: dict[str, str]
    asks: bool = True


# What they want now


def heard(facts: Facts, later: Mapping[str, Heard]) -> list[Heard]:
    """What the customer wants, the newest first and each wish once; `later` is what was understood after the fact."""
    found: dict[str, Heard] = {}
    for message in reversed(facts.said):
        turn = facts.turns.get(message.id)
        served = _served(turn) if turn is not None else []
        if not served and message.id in later:
            served = [later[message.id]]
        for one in served:
            if one.intent not in TALK and one.intent != NOT_UNDERSTOOD:
                known = found.setdefault(one.intent, one)
                if one.asks and not known.asks:
                    # Their words for it are better than an answer about it.
                    found[one.intent] = Heard(one.message, one.intent, one.about | known.about)
    wishes = [one for one in found.values() if one.intent != PERSON]
    return (wishes or list(found.values()))[:MOST_WISHES]


def _served(turn: Turn) -> list[Heard]:
    """What a turn was about, the last first; what the message names belongs to its own intent."""
    named = things((item["entity"], item["value"]) for item in turn.entities)
    found = []
    for intent in reversed(turn.wishes):
        about = dict(named) if intent == turn.intent else {}
        for step in turn.steps:
            about |= step.about if step.wish == intent else {}
        found.append(Heard(turn.message_id, intent, about, asks=intent == turn.intent))
    return found


def wish(facts: Facts, words: Wording, wishes: Sequence[Heard]) -> list[Line]:
    """What the customer wants now, in their own words too."""
    texts = {message.id: message for message in facts.said}
    lines = []
    for one in wishes:
        message = texts[one.message]
        values = {"wish": words.wish(one.intent), "quote": words.quote(message.text)}
        about = words.about(one.about)
        name = "wish_about" if about else "wish"
        lines.append(Line(words.line(name, about=about, **values), (message.id,), message.sent_at))
    newest = next((message for message in reversed(facts.said) if message.text), None)
    if newest is not None and newest.id not in {one.message for one in wishes}:
        lines.insert(
            0, Line(words.line("words", quote=words.quote(newest.text)), (newest.id,), newest.sent_at)
        )
    files = [message for message in facts.said if message.attachments]
    if files:
        count = sum(len(message.attachments) for message in files)
        lines.append(Line(words.line("files", count=count), _ids(files), files[-1].sent_at))
    return lines


def things(found: Iterable[tuple[str, object]]) -> dict[str, str]:
    """The values of each entity, several of one kind together."""
    things: dict[str, list[str]] = {}
    for name, value in found:
        if value and str(value) not in things.setdefault(str(name), []):
            things[str(name)].append(str(value))
    return {name: ", ".join(values) for name, values in things.items()}


# What was tried


def tried(facts: Facts, words: Wording, found: Sequence[Attempt]) -> list[Line]:
    """What was tried in this conversation and how it ended, in order."""
    texts = {message.id: message.text for message in facts.messages}
    lines = [_tried(words, attempt, texts) for attempt in found]
    lines += [_passage(facts, words, passage) for passage in facts.handoffs]
    return sorted(lines, key=lambda line: line.at or facts.since)[-MOST:]


def _tried(words: Wording, attempt: Attempt, texts: Mapping[str, str]) -> Line:
    if attempt.end == BROKE:
        quote = words.quote(texts.get(attempt.messages[0], ""))
        return Line(words.line("broke", quote=quote), attempt.messages, attempt.at)
    about = words.about(attempt.about)
    name = "tried_about" if about else "tried"
    end = words.of("ends", attempt.end)
    text = words.line(name, wish=words.wish(attempt.wish), about=about, end=end)
    return Line(text, attempt.messages, attempt.at)


def _passage(facts: Facts, words: Wording, passage: Handoff) -> Line:
    name = facts.agents.get(passage.taken_by or "", "")
    text = words.line(
        "taken_over" if name else "queued",
        date=words.day(passage.queued_at),
        reason=words.of("reasons", passage.reason.value),
        name=name,
    )
    return Line(text, rests_on(facts, passage), passage.queued_at)


def rests_on(facts: Facts, passage: Handoff) -> tuple[str, ...]:
    """The messages that a handoff rests on: those that its reason names, else the customer's last one then."""
    named = passage.detail.get("messages")
    if isinstance(named, list) and named:
        return tuple(str(item) for item in named)
    anchor = facts.anchors.get(passage.id)
    return (anchor,) if anchor else ()


# What was before


def earlier(facts: Facts, words: Wording) -> list[Line]:
    """Earlier conversations and passages to people, how they ended, and what people noted; the latest first."""
    lines = [_note(facts, words, passage) for passage in reversed(facts.handoffs) if passage.note]
    for former in facts.former:
        lines += _former(facts, words, former)
    return lines[: 2 * MOST]


def _former(facts: Facts, words: Wording, former: Former) -> list[Line]:
    if former.message_id is None:
        return []
    wishes = [words.wish(name) for name in former.wishes if name not in TALK and name != NOT_UNDERSTOOD]
    text = words.line(
        "earlier" if wishes else "earlier_words",
        date=words.day(former.opened_at),
        wishes=", ".join(wishes[:MOST_WISHES]),
        quote=words.quote(former.words),
        outcome=_outcome(words, former),
    )
    lines = [Line(text, (former.message_id,), former.opened_at)]
    lines += [_note(facts, words, passage) for passage in former.handoffs if passage.note]
    if former.last_answer is not None:
        answer = former.last_answer
        quote = words.quote(answer.text)
        told = words.line("answered_by", name=_author(words, answer), quote=quote)
        lines.append(Line(told, (answer.id,), answer.sent_at))
    return lines


def _outcome(words: Wording, former: Former) -> str:
    if former.outcome:
        return words.texts["lines"]["by_people"].replace("{outcome}", words.of("outcomes", former.outcome))
    by_people = any(passage.taken_by for passage in former.handoffs)
    return words.texts["lines"]["people_no_outcome" if by_people else "by_bot"]


def _note(facts: Facts, words: Wording, passage: Handoff) -> Line:
    moment = passage.ended_at or passage.queued_at
    name = facts.agents.get(passage.taken_by or "") or words.line("somebody")
    text = words.line("note", name=name, date=words.day(moment), quote=words.quote(passage.note))
    return Line(text, rests_on(facts, passage), moment)


# What is open


def promises(facts: Facts, words: Wording, found: Sequence[Attempt]) -> list[Line]:
    """What we have said that will happen: the bot's by what it said, people's by their words; in order."""
    responses = {place: name for attempt in found for place, name in attempt.responses.items()}
    said = [former.last_answer for former in reversed(facts.former) if former.last_answer is not None]
    lines = []
    for message in (*said, *facts.messages):
        if message.author.kind is AuthorKind.BOT and responses.get(message.id) in RESPONSES:
            lines.append(_promise(words, message, message.text))
        elif message.author.kind is AuthorKind.AGENT and message.deleted_at is None:
            sentences = promised(message.text, (facts.language or "en", "en"))
            lines += [_promise(words, message, sentence) for sentence in sentences]
    return lines[-MOST:]


def open_points(facts: Facts, words: Wording, found: Sequence[Attempt]) -> list[Line]:
    """What waits: messages without an answer, the bot's open question, what could not be delivered."""
    lines = []
    waiting = unanswered(facts)
    if waiting:
        quote = words.quote(waiting[-1].text)
        text = words.line("unanswered", count=len(waiting), quote=quote)
        lines.append(Line(text, _ids(waiting), waiting[-1].sent_at))
    texts = {message.id: message for message in facts.messages}
    asked = open_attempt(found)
    if asked is not None and asked.question:
        question = texts[asked.question]
        text = words.line("open_question", wish=words.wish(asked.wish), quote=words.quote(question.text))
        lines.append(Line(text, asked.messages, question.sent_at))
    for place in facts.undelivered:
        if place in texts:
            quote = words.quote(texts[place].text)
            lines.append(Line(words.line("undelivered", quote=quote), (place,), texts[place].sent_at))
    return lines


def unanswered(facts: Facts) -> list[Message]:
    """The customer's messages that nobody has answered: with people, since they were called; else by the bot."""
    answered = 0
    with_people = facts.status in (Status.QUEUED, Status.HUMAN) and facts.handoffs
    for message in facts.messages:
        by_agent = message.author.kind is AuthorKind.AGENT
        if by_agent or (message.author.kind is AuthorKind.BOT and not with_people):
            answered = message.seq
    if with_people:
        answered = max(answered, facts.handoffs[-1].seq - 1)
    return [message for message in facts.said if message.seq > answered]


def _promise(words: Wording, message: Message, sentence: str) -> Line:
    name = _author(words, message)
    text = words.line("promise", name=name, date=words.day(message.sent_at), quote=words.quote(sentence))
    return Line(text, (message.id,), message.sent_at)


def _author(words: Wording, message: Message) -> str:
    return message.author.name or words.line("somebody")


def _ids(messages: Iterable[Message]) -> tuple[str, ...]:
    return tuple(message.id for message in messages)
