"""A bench with a keeper that asks, and looks at what it has asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.asking.keeper import Keeper
from bot.broker.memory import MemoryBroker
from bot.models import Button, Conversation, Inbound, Message, new_id, now
from bot.settings import Settings
from bot.store import Store
from bot.store.tables import ended_talk, loyalty_answer, site_setting
from tests.bench import Bench, opened

ALWAYS = {"from_hour": 0, "to_hour": 24}
"""Asks at every hour: most tests are not about the night."""


async def set_up(store: Store, **asking: Any) -> None:
    """Let this be the site's setting "asking"."""
    await setting(store, "asking", {**ALWAYS, **asking})


async def setting(store: Store, name: str, value: dict[str, Any]) -> None:
    """Let this be a setting of the site."""
    row = {"name": name, "value": json.dumps(value), "version": 1, "changed_by": "sue", "changed_at": now()}
    here = site_setting.c.name == name
    await store.write(lambda tx: tx.execute(sa.delete(site_setting).where(here)))
    await store.write(lambda tx: tx.execute(sa.insert(site_setting).values(row)))


async def rows(store: Store, table: sa.Table, *order: Any) -> list[Any]:
    """All rows of a table."""
    query = sa.select(table).order_by(*order)
    found: list[Any] = await store.read(lambda tx: tx.execute(query).all())
    return found


async def later(store: Store, **ahead: float) -> None:
    """Let so much time pass: all that was written until now is as much older."""
    await store.write(_age, timedelta(**ahead))


def _age(tx: Any, by: timedelta) -> None:
    for table in ended_talk.metadata.sorted_tables:
        times = [column for column in table.columns if isinstance(column.type, sa.DateTime)]
        keys = list(table.primary_key.columns)
        for row in tx.execute(sa.select(*keys, *times)).all() if times else ():
            older = {
                column.name: moment - by
                for column, moment in zip(times, row[len(keys) :], strict=True)
                if moment is not None
            }
            if older:
                here = [key == value for key, value in zip(keys, row, strict=False)]
                tx.execute(sa.update(table).where(*here).values(older))


@dataclass
class Asking:
    """The bench and its keeper."""

    bench: Bench
    keeper: Keeper

    @property
    def store(self) -> Store:
        return self.bench.store

    async def sweep(self, moment: datetime | None = None) -> None:
        await self.keeper.sweep(moment)
        await self.bench.settle()

    async def talks(self) -> list[Any]:
        return await rows(self.store, ended_talk, ended_talk.c.began_at)

    async def results(self) -> list[str]:
        return [row.result for row in await self.talks()]

    async def asked_loyalty(self) -> list[Any]:
        return await rows(self.store, loyalty_answer, loyalty_answer.c.asked_at)

    async def said(self, text: str = "hello", sender: str = "anna") -> Conversation:
        """Let a customer say something, and the bot answer."""
        accepted = await self.bench.say(text, sender=sender)
        await self.bench.settle()
        return await self.bench.conversation(accepted)

    async def closed(self, outcome: str | None = "solved", sender: str = "anna") -> Conversation:
        """Let a customer have a talk with an agent, from the first word to the close."""
        current = await self.said("person", sender)
        await self.bench.desk.take("ada", current.id, epoch=current.epoch)
        ended = await self.bench.desk.close("ada", current.id, outcome=outcome)
        await self.bench.settle()
        return ended

    async def history(self, sender: str = "anna") -> list[Message]:
        return await self.bench.history(sender)

    async def press(self, button: Button, sender: str = "anna", event: str | None = None) -> None:
        await self.bench.hub.accept(Inbound("platform", "x", event or new_id(), sender, button_id=button.id))
        await self.bench.settle()

    def heard(self, sender: str = "anna") -> Sequence[str]:
        """What a customer has got on the platform."""
        return self.bench.platform.texts().get(sender, [])


@asynccontextmanager
async def asking(settings: Settings, **given: Any) -> AsyncIterator[Asking]:
    """A bench with an agent, and a keeper beside it; the setting "asking" by keyword."""
    async with opened(settings) as bench:
        await bench.hire("ada")
        await set_up(bench.store, **given)
        keeper = Keeper(
            store=bench.store,
            broker=MemoryBroker(),
            dialogue=bench.dialogue,
            writer=bench.hub.writer,
            deliveries=bench.hub.deliveries,
        )
        yield Asking(bench, keeper)
