"""People behind the bot: how a customer reaches them."""

from __future__ import annotations

import os

from rasa_sdk.executor import CollectingDispatcher

from actions.turn import DialogueAction, Events, Turn

DEFAULT_CONTACT = "help@grija.example"


def support_contact() -> str:
    """Return where a customer can write to a person: GRIJA_SUPPORT_CONTACT."""
    return os.environ.get("GRIJA_SUPPORT_CONTACT") or DEFAULT_CONTACT


class ContactHumanAgent(DialogueAction):
    """Says where people can be reached. It promises no handoff, for it makes none."""

    action_name = "action_contact_human_agent"

    async def act(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """See DialogueAction."""
        dispatcher.utter_message(response="utter_contact_human_agent", contact=support_contact())
        return []
