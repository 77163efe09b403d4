"""People behind the bot: how customers ask for them, and how they are reached.

An action only says that a person is wanted (`Talk.want`); the server makes the handoff, and only it says so.
"""

from __future__ import annotations

from actions.contact import support_contact
from actions.knowledge import tell_policy
from actions.memory import Memory
from actions.talk import Talk
from actions.task import Task


class ContactHumanAgent(Task):
    """Asks the server for a person, who says so. It promises none, for it makes no handoff."""

    intent = "contact_human_agent"
    leaves = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        about = _about(talk.memory)
        if about is None:
            talk.want("asked")
        else:
            talk.want("asked", task=about)


def _about(memory: Memory) -> str | None:
    """Return the task that the customer leaves for a person, else the one that ended last."""
    others = [frame.task for frame in memory.tasks if frame.task != ContactHumanAgent.intent]
    last = memory.last.task if memory.last is not None else None
    return others[-1] if others else last


class ContactCustomerService(Task):
    """Says how and when customer service can be reached."""

    intent = "contact_customer_service"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        talk.offer("utter_contact_customer_service", {"contact_human_agent": {}}, contact=support_contact())
        await tell_policy(talk, None)
