"""A dialogue that understands and does what a script says, so that stored conversations are as in real life."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.models import Conversation, Draft, InboxItem, Outcome, Step
from bot.nlu.feelings import EMOTIONS
from bot.settings import Settings
from tests.bench import Bench, opened
from tests.doubles import EchoDialogue


@dataclass(frozen=True)
class Line:
    """What the dialogue makes of one text. `steps` are (wish, end, about, did)."""

    intent: str
    replies: Sequence[str] = ("said",)
    steps: Sequence[Step] = ()
    entities: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 0.9
    proved: str | None = None
    sentiment: Mapping[str, Any] | None = None


def felt(
    valence: float, emotion: str = "neutral", *, weak: bool = False, model: str = "feelings-test"
) -> dict[str, Any]:
    """The sentiment of a parse, sure of its emotion."""
    emotions = {name: 0.94 if name == emotion else 0.01 for name in EMOTIONS}
    return {"valence": valence, "emotion": emotion, "emotions": emotions, "weak": weak, "model": model}


class ScriptedDialogue(EchoDialogue):
    """Answers the texts of `lines` as they say, and others as EchoDialogue does."""

    def __init__(self, lines: Mapping[str, Line], language: str = "en") -> None:
        super().__init__()
        self.model = "scripted"
        self.lines = dict(lines)
        self.language = language

    async def respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        line = self.lines.get(item.message.text)
        if line is None:
            return await super().respond(conversation, item)
        parse = await self.parse(item.message.text)
        return Outcome(
            tuple(Draft(text) for text in line.replies),
            {"turns": 1},
            self.language,
            parse,
            actions=(f"action_{line.intent}",),
            steps=tuple(line.steps),
            proved=line.proved,
        )

    async def parse(
        self, text: str, *, language: str | None = None, spoken: str | None = None
    ) -> dict[str, Any]:
        line = self.lines.get(text)
        if line is None:
            return {**(await super().parse(text)), "language": self.language}
        entities = [
            {"entity": name, "value": value, "start": 0, "end": 1} for name, value in line.entities.items()
        ]
        parse = {
            "text": text,
            "language": self.language,
            "intent": {"name": line.intent, "confidence": line.confidence},
            "entities": entities,
        }
        return parse | ({"sentiment": dict(line.sentiment)} if line.sentiment else {})


@asynccontextmanager
async def scripted(
    settings: Settings, lines: Mapping[str, Line], *, language: str = "en"
) -> AsyncIterator[Bench]:
    """A hub over a real store whose dialogue follows a script."""
    async with opened(settings) as bench:
        bench.dialogue = ScriptedDialogue(lines, language)
        bench.hub._dialogue = bench.dialogue
        yield bench
