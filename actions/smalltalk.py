"""Small talk, kept short; saying again; correcting late; and what is not understood."""

from __future__ import annotations

from actions.contact import support_contact
from actions.knowledge import tell_policy
from actions.pick import ORDER
from actions.talk import Talk
from actions.task import Task
from actions.turn import NOT_UNDERSTOOD

MENU = ("track_order", "cancel_order", "get_refund", "place_order", "contact_human_agent")
ABOUT_AN_ORDER = ("track_order", "cancel_order", "change_order", "get_refund", "get_invoice")
CONVERSATION = {NOT_UNDERSTOOD, "greet", "goodbye", "thank", "affirm", "deny", "help", "bot_challenge"} | {
    "correction",
    "repeat",
    "out_of_scope",
}
NOT_AGAIN = frozenset({"delete_account", "switch_account"})
"""What no corrected value begins again: these are about nothing but the account."""
MOST_OFFERED = 2
PATIENCE = 2
"""Messages in a row that are not understood, until a person is offered."""


class Greet(Task):
    """Says hello and what can be done here; within a task only hello."""

    intent = "greet"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        if await _just_a_number(talk):
            return
        if len(talk.memory.tasks) > 1:
            talk.say("utter_hello_again")
        else:
            talk.offer("utter_greet", {intent: {} for intent in MENU})


class Goodbye(Task):
    """Says goodbye; what was open is left."""

    intent = "goodbye"
    leaves = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        talk.say("utter_goodbye")


class Thank(Task):
    """Takes thanks."""

    intent = "thank"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        if not await _just_a_number(talk):
            talk.say("utter_thank")


class Affirm(Task):
    """A yes to nothing: asks what it is for."""

    intent = "affirm"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        if talk.turn.pressed and "confirms" in talk.turn.given:
            talk.say("utter_question_closed")
        elif not await _just_a_number(talk):
            talk.offer("utter_affirm", {intent: {} for intent in MENU})


class Deny(Task):
    """A no to nothing."""

    intent = "deny"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        if not await _just_a_number(talk):
            talk.say("utter_deny")


class Help(Task):
    """Says what can be done here."""

    intent = "help"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        if not await _just_a_number(talk):
            talk.offer("utter_help", {intent: {} for intent in MENU})


class BotChallenge(Task):
    """Says that this is a bot."""

    intent = "bot_challenge"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        talk.offer("utter_bot_challenge", {"contact_human_agent": {}})


class Correction(Task):
    """A correction after the task has ended: does the last one again with what is right."""

    intent = "correction"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        last, given = talk.memory.last, talk.frame.given
        named = any(name in given for name in (ORDER, "product", "email", "invoice_number"))
        if last is not None and named and last.task not in NOT_AGAIN:
            talk.restart(last.task, given)
            return
        if not await _just_a_number(talk):
            talk.say("utter_correction_what")


class Repeat(Task):
    """Says again what was said last."""

    intent = "repeat"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        if talk.memory.said:
            talk.say_again(talk.memory.said)
        else:
            talk.offer("utter_help", {intent: {} for intent in MENU})


class OutOfScope(Task):
    """Something that a shop's support does not do; the second time in a row a person is offered."""

    intent = "out_of_scope"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        if await _just_a_number(talk):
            return
        talk.memory.misses += 1
        if talk.memory.misses >= PATIENCE:
            _offer_person(talk)
        else:
            talk.offer("utter_out_of_scope", {intent: {} for intent in MENU})


class NotUnderstood(Task):
    """Nobody knows: an article if one fits, else the nearest wishes to choose from, then a person."""

    intent = NOT_UNDERSTOOD
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        if await _just_a_number(talk) or await tell_policy(talk, None):
            talk.memory.misses = 0
            return
        talk.memory.misses += 1
        if talk.memory.misses >= PATIENCE:
            _offer_person(talk)
            return
        nearest = [intent for intent in talk.turn.nearest if intent not in CONVERSATION][:MOST_OFFERED]
        gives = {ORDER: talk.frame.given[ORDER][0]} if talk.frame.given.get(ORDER) else {}
        if nearest:
            talk.offer("utter_did_you_mean", {intent: gives for intent in nearest})
        else:
            talk.offer("utter_fallback", {intent: {} for intent in MENU})


def _offer_person(talk: Talk) -> None:
    talk.want("missed")
    talk.offer("utter_offer_person", {"contact_human_agent": {}}, contact=support_contact())


async def _just_a_number(talk: Talk) -> bool:
    """Serve a message that gives an order number and no wish: the last thing again, or the question what to do."""
    numbers = talk.frame.given.get(ORDER, ())
    if not numbers:
        return False
    last = talk.memory.last
    if last is not None and last.task in ABOUT_AN_ORDER:
        talk.restart(last.task, {ORDER: list(numbers)})
        return True
    talk.memory.at_hand = {**talk.memory.at_hand, ORDER: numbers[0]}
    talk.offer(
        "utter_what_about_order",
        {intent: {ORDER: numbers[0]} for intent in ABOUT_AN_ORDER},
        number=numbers[0],
    )
    return True
