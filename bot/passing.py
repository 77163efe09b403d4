"""What is said when a conversation passes between bot and people. Pure; only who makes the passage says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.handoff import URGENT_TOPICS, Wish
from bot.models import Draft, Reason

STAY = "stay_with_bot"
"""The payload's intent of the button that takes the wish for a person back."""
LATER = "write_later"
"""The payload's intent of the button of those who do not want to wait: they are written to later."""
PERSON = "/contact_human_agent"
"""The payload of a button that asks for a person."""

Sentence = Callable[[str], str]
"""Gives a response of domain.yml as text in the customer's language."""

RESPONSES = {
    Reason.ASKED: "utter_handoff_asked",
    Reason.MISSED: "utter_handoff_missed",
    Reason.FAILED: "utter_handoff_failed",
    Reason.COMPLAINT: "utter_handoff_complaint",
    Reason.PROMISE: "utter_handoff_promise",
    Reason.MOOD: "utter_handoff_mood",
}
TOPIC_RESPONSES = {
    "self_harm": "utter_handoff_self_harm",
    "safety": "utter_handoff_safety",
    "legal": "utter_handoff_legal",
    "data_protection": "utter_handoff_data_protection",
}


def handoff_sentence(wish: Wish, sentence: Sentence, *, sorry_said: bool = False) -> Draft:
    """What a customer hears who waits for a person from now on, with the button to take that back.

    Who fell and has heard already that we are sorry (`sorry_said`) does not hear it again.
    """
    topic = str(wish.detail.get("topic"))
    response = TOPIC_RESPONSES.get(topic) or RESPONSES.get(wish.reason, "utter_handoff_asked")
    if wish.reason is Reason.MOOD and sorry_said:
        response = "utter_handoff_asked"
    return Draft(sentence(response), () if topic in URGENT_TOPICS else stay_button(sentence))


def stay_button(sentence: Sentence) -> tuple[tuple[str, str], ...]:
    """The button that takes the wish for a person back."""
    return ((sentence("utter_title_stay_with_bot"), f"/{STAY}"),)


def before_handoff(replies: Sequence[Draft], wish: Wish) -> tuple[Draft, ...]:
    """What is left of the bot's replies when a person comes: no buttons, and no offer of what happens anyway."""
    kept = (
        replies
        if wish.reason is not Reason.MISSED
        else [item for item in replies if not _offers_person(item)]
    )
    return tuple(Draft(item.text) for item in kept)


def person_again(sentence: Sentence) -> Draft:
    """What a customer hears whom people have just given back: a person comes at one more tap."""
    return Draft(sentence("utter_handoff_again"), ((sentence("utter_wish_contact_human_agent"), PERSON),))


def taken_back(sentence: Sentence) -> Draft:
    """What a customer hears who has taken the wish for a person back."""
    return Draft(sentence("utter_handoff_taken_back"))


def later_button(sentence: Sentence) -> tuple[tuple[str, str], ...]:
    """The button of those who do not want to wait."""
    return ((sentence("utter_title_write_later"), f"/{LATER}"),)


def written_later(sentence: Sentence) -> Draft:
    """What a customer hears who wants to be written to later."""
    return Draft(sentence("utter_write_later_done"))


def still_here(sentence: Sentence) -> Draft:
    """What a customer hears who presses a button of the queue and does not wait any more."""
    return Draft(sentence("utter_handoff_none"))


def _offers_person(draft: Draft) -> bool:
    return any(payload == PERSON for _, payload in draft.buttons)
