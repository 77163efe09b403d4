"""How the bot speaks to a customer who is unhappy: shorter, sorry once, and with a person at one tap. Pure.

It works on what the dialogue has answered, so that no action must think of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.models import Draft, Outcome
from bot.moods import Mood
from bot.passing import PERSON, Sentence
from bot.signals import says_sorry

CAREFUL: Mapping[str, str] = {
    "utter_greet": "utter_careful_hello",
    "utter_hello_again": "utter_careful_hello",
    "utter_goodbye": "utter_careful_goodbye",
    "utter_thank": "utter_careful_thank",
    "utter_affirm": "utter_careful_affirm",
    "utter_help": "utter_careful_help",
}
"""Responses that are too cheerful or too long for somebody who is unhappy, and what is said instead."""


def spoken(outcome: Outcome, mood: Mood, sentence: Sentence) -> Outcome:
    """What the bot says to a customer in this mood: nothing else than before to who is not unhappy.

    Sorry is said once for each fall, and a person is offered once in words. Who is not answered hears nothing.
    """
    if not mood.careful or not outcome.replies:
        return outcome
    answer = _shorter(outcome, sentence)
    offer = _offer(mood, sentence)
    if offer or not any(said.offers for said in mood.since):
        answer = (*answer[:-1], _with_person(answer[-1], sentence))
    words = [*_sorry(mood, answer, sentence), *offer]
    opening = (Draft(" ".join(words)),) if words else ()
    return replace(outcome, replies=(*opening, *answer))


def sorry_first(
    replies: Sequence[Draft], mood: Mood, sentence: Sentence, *, passage: Draft
) -> tuple[Draft, ...]:
    """What the bot says before a person comes: sorry too, where that is due and `passage` does not say so itself."""
    return (*(Draft(words) for words in _sorry(mood, (*replies, passage), sentence)), *replies)


def _shorter(outcome: Outcome, sentence: Sentence) -> tuple[Draft, ...]:
    """The replies with careful ones in the place of others, if it is known which response each of them is."""
    said = [name for step in outcome.steps for name in step.said]
    if len(said) != len(outcome.replies):
        return outcome.replies
    return tuple(
        replace(reply, text=sentence(CAREFUL[name])) if name in CAREFUL else reply
        for name, reply in zip(said, outcome.replies, strict=True)
    )


def _sorry(mood: Mood, said: Sequence[Draft], sentence: Sentence) -> list[str]:
    said_already = any(says_sorry(draft.text) for draft in said)
    return [sentence("utter_sorry")] if mood.sorry and not said_already else []


def _offer(mood: Mood, sentence: Sentence) -> list[str]:
    if not mood.suggests:
        return []
    words = sentence("utter_offer_colleague")
    return [] if any(words in said.text for said in mood.since) else [words]


def _with_person(reply: Draft, sentence: Sentence) -> Draft:
    if any(payload == PERSON for _, payload in reply.buttons):
        return reply
    return replace(reply, buttons=(*reply.buttons, (sentence("utter_wish_contact_human_agent"), PERSON)))
