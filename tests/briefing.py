"""Stored conversations with bot, people and customers, and briefs about them: for tests of what briefs say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from actions.shop import current_shop
from bot.broker.memory import MemoryBroker
from bot.desk import Desk
from bot.desk.brief import Brief, Briefs
from bot.desk.canned import CannedAnswers
from bot.desk.lines import Line
from bot.desk.near_cases import NearCases
from bot.desk.suggestions import Suggestions
from bot.desk.summary import Summaries
from bot.handoff import Wish, wish
from bot.models import Conversation, Message, Reason, Role, new_id, now
from bot.nlu.articles import Library
from bot.nlu.encoder import open_encoder
from bot.nlu.knowledge import Knowledge
from bot.settings import Settings
from bot.store import Connection, conversations, ownership
from bot.store.tables import agent
from tests.bench import Bench
from tests.scripted import Line as Scripted
from tests.scripted import scripted

ARTICLE = """# Refunds

## How long does a refund take

The money is back within 5 working days.

## Who pays for the parcel

We pay for it.
"""


@dataclass
class Scene:
    """A customer called anna, the desk with the agent Maria, and briefs over one store."""

    bench: Bench
    desk: Desk
    briefs: Briefs
    canned: CannedAnswers
    cases: NearCases
    summaries: Summaries
    maria: str

    async def say(self, *texts: str, sender: str = "anna") -> list[str]:
        """Let a customer say something and the bot answer; the ids of the customer's messages."""
        accepted = [await self.bench.say(text, sender=sender) for text in texts]
        await self.bench.settle()
        return [item.message_id for item in accepted]

    async def current(self, sender: str = "anna") -> Conversation:
        """The customer's conversation as it is now."""
        address = await self.bench.address(sender)
        found = await self.bench.store.read(conversations.latest, address.customer_id)
        assert found is not None
        return found

    async def call(
        self, reason: Reason = Reason.ASKED, *, sender: str = "anna", anger: float = 0.0, **detail: Any
    ) -> None:
        """Let the conversation wait for people."""
        seen = await self.current(sender)
        wanted: Wish = replace(wish(reason, detail), anger=anger)
        await self.bench.store.write(ownership.queue, seen, wanted)

    async def take(self, *, sender: str = "anna") -> None:
        """Let Maria take it."""
        seen = await self.current(sender)
        await self.desk.take(self.maria, seen.id, epoch=seen.epoch)

    async def reply(self, text: str, *, sender: str = "anna") -> str:
        """Let Maria answer at once; the id of her message."""
        seen = await self.current(sender)
        await self.desk.reply(self.maria, seen.id, text, client_id=new_id(), hold_seconds=0)
        await self.desk.replies.lanes.idle()
        await self.bench.settle()
        said = [item for item in await self.messages(sender) if item.text == text]
        return said[-1].id

    async def close(self, *, outcome: str | None = "solved", note: str = "", sender: str = "anna") -> None:
        """Let Maria close it."""
        await self.desk.close(self.maria, (await self.current(sender)).id, outcome=outcome, note=note)

    async def messages(self, sender: str = "anna") -> list[Message]:
        """Everything that was said with a customer."""
        return await self.bench.history(sender)

    async def brief(self, locale: str = "en", *, sender: str = "anna") -> Brief:
        """The brief as Maria reads it. Every id in it is checked to be a message of this customer."""
        brief = await self.briefs.of((await self.current(sender)).id, locale=locale, agent="Maria")
        known = {message.id for message in await self.messages(sender)}
        for line in [*all_lines(brief), Line(brief.next.text, brief.next.messages)]:
            assert set(line.messages) <= known, line
            # Of ours nothing is left to fill in; what people write may hold anything.
            assert "{" not in line.text.replace("Paid by hand {quote}", ""), line
            assert len(set(line.messages)) == len(line.messages), line
        return brief


def all_lines(brief: Brief) -> list[Line]:
    return [
        *brief.customer, *brief.wish, *brief.tried, *brief.earlier, *brief.promised, *brief.mood,
    ]  # fmt: skip


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


@asynccontextmanager
async def scene(
    settings: Settings, lines: Mapping[str, Scripted], *, language: str = "en", folder: Path | None = None
) -> AsyncIterator[Scene]:
    """A scene over a real store; the knowledge is one article in each language, in a folder of the data."""
    async with scripted(settings, lines, language=language) as bench:
        desk = Desk(store=bench.store, broker=MemoryBroker(), dialogue=bench.dialogue, hub=bench.hub)
        desk.replies.lanes.open()
        canned = CannedAnswers(bench.store, settings)
        await canned.ship()
        cases = NearCases(bench.store, bench.dialogue, lambda: open_encoder("hashing"))
        told: list[str] = []
        summaries = Summaries(settings, told.append)
        briefs = Briefs(
            store=bench.store,
            dialogue=bench.dialogue,
            shop=current_shop(),
            canned=canned,
            suggestions=Suggestions(
                knowledge=_knowledge(folder or settings.data / "articles"),
                cases=cases,
                canned=canned,
                settings=settings,
            ),
            summaries=summaries,
            cases=cases,
        )
        maria = await bench.store.write(add_agent, "Maria")
        try:
            yield Scene(bench, desk, briefs, canned, cases, summaries, maria)
        finally:
            await briefs.close()
            await desk.replies.lanes.close(grace=1)


def add_agent(tx: Connection, name: str) -> str:
    """An agent who may answer; the id."""
    row = {
        "id": new_id(),
        "email": f"{name.lower()}@shop.example",
        "name": name,
        "role": Role.AGENT.value,
        "languages": '["en"]',
        "created_at": now(),
    }
    tx.execute(sa.insert(agent).values(**row))
    return str(row["id"])


def _knowledge(folder: Path) -> Knowledge:
    for language in ("en", "pl"):
        (folder / language).mkdir(parents=True, exist_ok=True)
        (folder / language / "refunds.md").write_text(ARTICLE, encoding="utf-8")
    return Knowledge(Library(folder), folder / "cache.sqlite", encoder=lambda: open_encoder("hashing"))
