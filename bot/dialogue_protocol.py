"""What the rest of the server asks of a dialogue, without importing Rasa."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from bot.models import Conversation, InboxItem, Outcome


class Dialogue(Protocol):
    """Answers one customer message: a function of the conversation's state and the message."""

    @property
    def model(self) -> str | None:
        """The name of the model in service, None while none is loaded."""

    async def load(self) -> None:
        """Put the current model into service. Raises ModelError."""

    async def watch(self) -> None:
        """Notice newly promoted models, until cancelled."""

    async def respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        """Replies and the next dialogue state. Raises DialogueError; has no effect on the store."""

    async def parse(
        self, text: str, *, language: str | None = None, spoken: str | None = None
    ) -> dict[str, Any]:
        """What the model understands of one text: in this language, or in the one spoken before if it tells none."""

    def sentence(self, response: str, language: str | None, **values: object) -> str:
        """A response of domain.yml as text, in English if the language is unknown. DialogueError without a model."""

    async def close(self) -> None:
        """Give everything back."""


class Readiness:
    """Whether the parts behind the web server are up; filled in while the server starts."""

    def __init__(self) -> None:
        self.model = "loading"
        self.working = asyncio.Event()

    def parts(self) -> dict[str, str]:
        """Part -> "ok" or what is the matter."""
        return {"model": self.model, "lanes": "ok" if self.working.is_set() else "not open yet"}
