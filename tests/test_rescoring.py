"""Reading stored messages again: what is missing is filled in, old readings stay, and nothing is read twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from bot import rescoring
from bot.models import Deleted, Edited, Inbound, Step, new_id
from bot.rescoring import Rescored, rescore
from bot.settings import Settings
from bot.store import customer_data, customers, signals
from bot.store.tables import message, signal
from tests.bench import Bench
from tests.scripted import Line, ScriptedDialogue, felt, scripted

OLD, NEW = "feelings-old", "feelings-new"
TEXTS = {"it broke again": -0.5, "thanks!": 0.8, "where is it": 0.0}
SERVED = Step("track_order", "answered")


def lines(model: str | None, *, sign: float = 1.0) -> dict[str, Line]:
    """What a model reads: the valences of TEXTS; None reads nothing."""
    return {
        text: Line(
            "complaint", sentiment=felt(sign * valence, model=model) if model else None, steps=[SERVED]
        )
        for text, valence in TEXTS.items()
    }


@asynccontextmanager
async def talks(settings: Settings, model: str | None) -> AsyncIterator[Bench]:
    """Two customers have said all texts, read by this model."""
    async with scripted(settings, lines(model)) as bench:
        for sender in ("anna", "boris"):
            for text in TEXTS:
                await bench.say(text, sender=sender, event=f"{sender} {text}")
        await bench.settle()
        yield bench


class Newer(ScriptedDialogue):
    """The dialogue with another model: all valences have the other sign. It notes what it was asked."""

    def __init__(self) -> None:
        super().__init__(lines(NEW, sign=-1.0))
        self.asked: list[tuple[str, str | None]] = []

    async def parse(
        self, text: str, *, language: str | None = None, spoken: str | None = None
    ) -> dict[str, Any]:
        self.asked.append((text, spoken))
        if text == "never read":
            raise ZeroDivisionError
        return await super().parse(text, language=language, spoken=spoken)


async def stored(bench: Bench) -> list[Any]:
    query = sa.select(signal, message.c.text).join(message, message.c.id == signal.c.message_id)
    return list(await bench.store.read(lambda tx: tx.execute(query).all()))


async def test_messages_without_a_reading_get_one(settings: Settings) -> None:
    async with talks(settings, None) as bench:
        assert await stored(bench) == []
        assert await rescore(bench.store, Newer(), NEW) == Rescored(read=6)
        found = await stored(bench)
        assert sorted((row.text, row.valence) for row in found) == sorted(
            (text, -valence) for text, valence in [*TEXTS.items()] * 2
        )
        # As understood by the turn, not as the answer reads alone.
        assert {(row.intent, row.channel, row.model) for row in found} == {("track_order", "platform", NEW)}
        said = {item.id: item for sender in ("anna", "boris") for item in await bench.history(sender)}
        for row in found:
            assert said[row.message_id].seq == row.seq
            assert said[row.message_id].conversation_id == row.conversation_id


async def test_a_newer_reading_counts_and_the_older_one_stays(settings: Settings) -> None:
    async with talks(settings, OLD) as bench:
        dialogue = Newer()
        assert await rescore(bench.store, dialogue, NEW) == Rescored(read=6)
        assert {spoken for _, spoken in dialogue.asked} == {"en"}
        found = await stored(bench)
        assert sorted((row.model, row.valence, row.superseded_at is None) for row in found) == sorted(
            [(OLD, valence, False) for valence in TEXTS.values()] * 2
            + [(NEW, -valence, True) for valence in TEXTS.values()] * 2
        )
        conversation = (await bench.history())[0].conversation_id
        newest = await bench.store.read(signals.of_conversation, conversation)
        assert [(one.model, one.valence) for one in newest] == [(NEW, -value) for value in TEXTS.values()]


async def test_what_has_been_read_is_not_read_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after any batch, it goes on where it was."""
    monkeypatch.setattr(rescoring, "BATCH", 2)

    class Stopped(Exception):
        pass

    def stop(so_far: Rescored) -> None:
        raise Stopped

    async with talks(settings, OLD) as bench:
        dialogue = Newer()
        with pytest.raises(Stopped):
            await rescore(bench.store, dialogue, NEW, told=stop)
        assert len(dialogue.asked) == 2
        assert (await rescore(bench.store, dialogue, NEW)).read == 4
        assert len(dialogue.asked) == 6
        assert await rescore(bench.store, dialogue, NEW) == Rescored()
        assert len(await stored(bench)) == 12


async def test_only_messages_since_a_day(sqlite_settings: Settings) -> None:
    async with talks(sqlite_settings, OLD) as bench:
        long_ago = datetime(2020, 1, 1, tzinfo=timezone.utc)
        old = sa.update(message).where(message.c.text == "thanks!").values(sent_at=long_ago)
        await bench.store.write(lambda tx: tx.execute(old) and None)
        assert (await rescore(bench.store, Newer(), NEW, since=long_ago + timedelta(days=1))).read == 4
        assert (await rescore(bench.store, Newer(), NEW, since=long_ago)).read == 2


async def test_only_words_of_customers_are_read(settings: Settings) -> None:
    async with scripted(settings, lines(None) | {"never read": Line("greet")}) as bench:
        for text in ("it broke again", "never read", "thanks!", "buttons"):
            await bench.say(text, event=text)
        await bench.settle()
        button = (await bench.history())[-1].buttons[0]
        await bench.hub.accept(Inbound("platform", "x", new_id(), "anna", button_id=button.id))
        await bench.hub.take_in(Deleted("platform", "x", new_id(), "thanks!"))
        await bench.say("where is it", sender="boris")
        await bench.settle()
        boris = (await bench.address("boris")).customer_id
        await bench.store.write(customers.block, boris, True)
        dialogue = Newer()
        assert await rescore(bench.store, dialogue, NEW) == Rescored(read=1, left=2)
        assert sorted(text for text, _ in dialogue.asked) == ["buttons", "it broke again", "never read"]
        assert [row.text for row in await stored(bench)] == ["it broke again"]


async def test_a_message_that_waits_for_its_turn_is_left_to_it(sqlite_settings: Settings) -> None:
    async with scripted(sqlite_settings, lines(None)) as bench:
        bench.dialogue.gate.clear()
        await bench.say("slow")
        await bench.say("thanks!")
        assert await rescore(bench.store, Newer(), NEW) == Rescored()
        bench.dialogue.gate.set()


async def test_what_changes_while_it_is_read_is_left_out(settings: Settings) -> None:
    async with talks(settings, OLD) as bench:
        changed: list[str] = []

        class Late(Newer):
            async def parse(
                self, text: str, *, language: str | None = None, spoken: str | None = None
            ) -> dict[str, Any]:
                if text == "it broke again" and not changed:
                    changed.append(text)
                    await bench.hub.take_in(Edited("platform", "x", new_id(), "anna thanks!", "no thanks"))
                    boris = (await bench.address("boris")).customer_id
                    await bench.store.write(customer_data.erase, boris, actor="x")
                return await super().parse(text, language=language, spoken=spoken)

        assert await rescore(bench.store, Late(), NEW) == Rescored(read=2, left=4)
        newest = [row for row in await stored(bench) if row.superseded_at is None]
        assert sorted((row.text, row.model) for row in newest) == [
            ("it broke again", NEW), ("no thanks", OLD), ("where is it", NEW),
        ]  # fmt: skip
