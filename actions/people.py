"""People behind the bot: how customers reach them."""

from __future__ import annotations

from actions.contact import support_contact
from actions.knowledge import tell_policy
from actions.talk import Talk
from actions.task import Task


class ContactHumanAgent(Task):
    """Says where people can be reached. It promises no handoff, for it makes none."""

    intent = "contact_human_agent"
    leaves = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        talk.say("utter_contact_human_agent", contact=support_contact())


class ContactCustomerService(Task):
    """Says how and when customer service can be reached."""

    intent = "contact_customer_service"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        talk.offer("utter_contact_customer_service", {"contact_human_agent": {}}, contact=support_contact())
        await tell_policy(talk, None)
