"""Turns: how one customer message is to end, worked out without touching the store."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot import commands, passing, protected, texts, tone
from bot.dialogue_protocol import Dialogue
from bot.errors import DialogueError, ModelError
from bot.handoff import Facts, Topic, Wish, decide
from bot.models import Conversation, Draft, InboxItem, Outcome, Reason, Signal, Status
from bot.moods import Mood, mood
from bot.passing import Sentence
from bot.payloads import parse_payload
from bot.store.standing import Standing


@dataclass(frozen=True)
class Claimed:
    """A message whose turn it is, with its conversation and how that stands."""

    item: InboxItem
    conversation: Conversation
    standing: Standing


@dataclass(frozen=True)
class Ending:
    """How a turn ends: what the bot says and remembers, and whether the conversation passes to people or back.

    `later`: the customer, who waits, wants to be written to later. `passage` is what the server says about all this, in
    the same transaction that makes it. `error` tells why the message is set aside, None if it was worked. `signal` is
    how the message read, None for a button, and where nothing could be read. `mood` is the customer's after it, None
    if nobody looked.
    """

    outcome: Outcome
    wish: Wish | None = None
    taken_back: bool = False
    later: bool = False
    passage: Draft | None = None
    error: str | None = None
    signal: Signal | None = None
    mood: Mood | None = None


async def ending(dialogue: Dialogue, claimed: Claimed, *, languages: Collection[str]) -> Ending:
    """How this turn ends. Raises what the dialogue raises; then nothing has happened."""
    item, conversation = claimed.item, claimed.conversation
    if item.message.deleted_at is not None or claimed.standing.blocked:
        return silent(conversation)
    if conversation.status is Status.BOT:
        return await _answered(dialogue, claimed, languages)
    sentence = in_language(dialogue, conversation.language)
    if conversation.status is Status.QUEUED and _presses(item, passing.STAY):
        return replace(silent(conversation), taken_back=True, passage=passing.taken_back(sentence))
    if conversation.status is Status.QUEUED and _presses(item, passing.LATER):
        return replace(silent(conversation), later=True, passage=passing.written_later(sentence))
    # People answer: the dialogue stands still.
    return silent(conversation)


def felt(claimed: Claimed, ending: Ending) -> Ending:
    """The same ending with the customer's mood, also where people answer and the bot only reads."""
    if ending.mood is not None or claimed.standing.blocked:
        return ending
    return replace(ending, mood=_mood(claimed, ending.outcome))


def given_up(dialogue: Dialogue, claimed: Claimed, error: str, *, contact: str) -> Ending:
    """How a turn ends that could not be worked: people see it, and the customer is told so."""
    conversation = claimed.conversation
    ended = replace(silent(conversation), error=error)
    if conversation.status is not Status.BOT or claimed.standing.blocked:
        return ended
    wish = decide(Facts(gave_up=True, detail=_because(claimed, {"error": "turn"})), claimed.standing.rules)
    told = Draft(texts.turn_given_up(conversation.language, contact=contact))
    with suppress(DialogueError, ModelError):  # without its button the sentence is still true
        told = replace(told, buttons=passing.stay_button(in_language(dialogue, conversation.language)))
    return replace(ended, wish=wish, passage=told)


def silent(conversation: Conversation) -> Ending:
    """The end of a turn in which the bot says nothing and the dialogue stands still."""
    return Ending(Outcome(replies=(), dialogue=conversation.dialogue, language=conversation.language))


def in_language(dialogue: Dialogue, language: str | None) -> Sentence:
    """Responses of domain.yml in a language, without values to fill in."""
    return partial(_sentence, dialogue, language)


async def _answered(dialogue: Dialogue, claimed: Claimed, languages: Collection[str]) -> Ending:
    item, conversation = claimed.item, claimed.conversation
    if _presses(item, passing.STAY) or _presses(item, passing.LATER):
        said = passing.still_here(in_language(dialogue, conversation.language))
        return Ending(Outcome((said,), conversation.dialogue, conversation.language, _pressed(item)))
    own = commands.answer(conversation, item, languages=languages)
    if own is not None:
        return Ending(own)
    topic = protected.topic_of(item.message.text) if item.message.payload is None else None
    if topic is not None and topic.name in claimed.standing.rules.protected:
        outcome = await _only_read(dialogue, conversation, item)
    else:
        topic = None
        outcome = await dialogue.respond(conversation, item)
    return _decided(dialogue, claimed, outcome, topic)


def _decided(dialogue: Dialogue, claimed: Claimed, outcome: Outcome, topic: Topic | None) -> Ending:
    after = _mood(claimed, outcome)
    facts = Facts(
        wanted=outcome.wants_person,
        detail=_because(claimed, dict(outcome.because)),
        topic=topic,
        misses=outcome.misses,
        failures=outcome.failures,
        anger=after.anger,
        urgency=after.urgency,
        fall=after.rests_on() if after.calls else None,
        returned=claimed.standing.returned,
    )
    wish = decide(facts, claimed.standing.rules)
    sentence = in_language(dialogue, outcome.language)
    if wish is not None:
        wish = replace(wish, detail={**facts.detail, **wish.detail})
        passage = passing.handoff_sentence(wish, sentence, sorry_said=after.course.sorry_said)
        replies = passing.before_handoff(outcome.replies, wish)
        if topic is None:
            replies = tone.sorry_first(replies, after, sentence, passage=passage)
        return Ending(replace(outcome, replies=replies), wish=wish, passage=passage, mood=after)
    outcome = tone.spoken(outcome, after, sentence)
    if outcome.wants_person is Reason.ASKED:
        outcome = replace(outcome, replies=(*outcome.replies, passing.person_again(sentence)))
    return Ending(outcome, mood=after)


def _mood(claimed: Claimed, outcome: Outcome) -> Mood:
    return mood(claimed.standing.past, claimed.item.message, outcome.parse)


async def _only_read(dialogue: Dialogue, conversation: Conversation, item: InboxItem) -> Outcome:
    """What is understood of a message that the bot does not answer: what waits in the dialogue goes on waiting."""
    parse = await dialogue.parse(item.message.text, spoken=conversation.language)
    return Outcome((), conversation.dialogue, parse.get("language") or conversation.language, parse)


def _because(claimed: Claimed, detail: dict[str, Any]) -> dict[str, Any]:
    return {**detail, "messages": [claimed.item.message.id]}


def _presses(item: InboxItem, intent: str) -> bool:
    return bool(_pressed(item).get("intent", {}).get("name") == intent)


def _pressed(item: InboxItem) -> dict[str, Any]:
    payload = item.message.payload
    return {} if payload is None else parse_payload(payload, item.message.text)


def _sentence(dialogue: Dialogue, language: str | None, response: str) -> str:
    return dialogue.sentence(response, language)
