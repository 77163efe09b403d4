"""Grija's server with a dialogue that hands every message to people at once, without a model.

    python -m benchmarks.handing_server serve

What is measured with it is the desk alone: no understanding, no answer of the bot.
"""

from __future__ import annotations

import asyncio

from bot.metrics import Metrics
from bot.models import Conversation, InboxItem, Outcome, Reason
from bot.rasa_environment import ignore_old_warnings
from bot.serve import serve
from bot.settings import Settings, read_settings
from tests.doubles import EchoDialogue


class HandingDialogue(EchoDialogue):
    """Says nothing and asks for a person, whatever the customer says."""

    async def respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        parse = await self.parse(item.message.text)
        return Outcome((), {"turns": 1}, "en", parse, Reason.ASKED, {})


def _open(settings: Settings, metrics: Metrics) -> HandingDialogue:
    return HandingDialogue()


if __name__ == "__main__":
    ignore_old_warnings()
    asyncio.run(serve(read_settings(), open_dialogue=_open))
