"""The hub over both databases: every message one turn, one owner at a time, nothing silent."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from sqlalchemy.exc import OperationalError

from bot.errors import AddressUnreachable, DeliveryDelayed, DeliveryRefused, StaleOwner, StoreUnavailable
from bot.loop_lag import LoopLag
from bot.models import (
    Author,
    AuthorKind,
    Draft,
    Reason,
    Status,
)
from bot.settings import Settings
from bot.store import conversations, handoffs, inbox, outbox
from tests.bench import Bench, opened
from tests.conftest import until


@pytest.fixture
async def bench(settings: Settings) -> AsyncIterator[Bench]:
    async with opened(replace(settings, turn_tries=3, delivery_tries=3)) as prepared:
        yield prepared


async def test_every_message_is_answered_in_order(bench: Bench) -> None:
    for number in range(5):
        await bench.say(f"text {number}")
    await bench.settle()
    said = await bench.history()
    assert [message.seq for message in said] == list(range(1, 11))
    answers = [message for message in said if message.author.kind is AuthorKind.BOT]
    assert [message.text for message in answers] == [f"echo: text {number}" for number in range(5)]
    assert bench.platform.texts() == {"anna": [f"echo: text {number}" for number in range(5)]}


@pytest.mark.parametrize("seed", range(3))
async def test_redelivered_shuffled_and_concurrent_events_make_one_turn_each(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    events = [f"event-{number}" for number in range(8)]
    deliveries = [event for event in events for _ in range(chance.randint(1, 5))]
    chance.shuffle(deliveries)
    await asyncio.gather(*(bench.say(event, event=event) for event in deliveries))
    await bench.settle()
    assert sorted(bench.platform.texts()["anna"]) == sorted(f"echo: {event}" for event in events)
    assert all(tries == 1 for tries in bench.dialogue.tries.values())


async def test_two_workers_on_one_database_do_not_double_a_turn(settings: Settings) -> None:
    async with opened(settings) as one, opened(settings) as other:
        accepted = [await one.say(f"text {number}") for number in range(6)]
        await asyncio.gather(
            *(bench.hub.work(accepted[0].conversation_id) for bench in (one, other) for _ in range(2))
        )
        await one.settle()
        said = await one.history()
        answered = [message.answers for message in said if message.author.kind is AuthorKind.BOT]
        assert answered == [accept.message_id for accept in accepted]


async def test_a_failing_turn_is_tried_again_and_holds_the_next_message(bench: Bench) -> None:
    await bench.say("fail twice")
    await bench.say("next")

    async def both_answered() -> bool:
        return len(bench.platform.sent) == 2

    await until(both_answered)
    assert bench.platform.texts()["anna"] == ["echo: fail twice", "echo: next"]


async def test_a_hopeless_turn_is_set_aside_said_so_and_goes_to_people(bench: Bench) -> None:
    accepted = await bench.say("fail")
    await bench.say("next")

    async def told() -> bool:
        return len(bench.platform.sent) == 1 and not (await bench.store.read(inbox.depth))["waiting"]

    await until(told)
    (sorry,) = bench.platform.texts()["anna"]
    assert "something went wrong" in sorry
    assert bench.dialogue.tries[accepted.message_id] == 3
    assert await bench.store.read(inbox.depth) == {"waiting": 0, "dead": 1}
    said = await bench.history()
    assert [message.author.kind for message in said].count(AuthorKind.SYSTEM) == 1
    assert (await bench.conversation(accepted)).status is Status.QUEUED
    ((waits, _),) = await bench.store.read(handoffs.waiting)
    assert (waits.reason, waits.detail["messages"]) == (Reason.FAILED, [accepted.message_id])


async def test_a_message_begun_too_often_is_set_aside_without_another_try(
    bench: Bench, settings: Settings
) -> None:
    async with opened(replace(settings, turn_tries=3), working=False) as crashing:
        accepted = await crashing.say("deadly")
        for _ in range(12):
            await crashing.store.write(inbox.claim, accepted.conversation_id)  # and then the process dies
    await bench.hub.work(accepted.conversation_id)
    assert accepted.message_id not in bench.dialogue.tries
    assert (await bench.store.read(inbox.depth))["dead"] == 1


async def test_a_lost_wake_up_is_found_by_the_sweeper(settings: Settings) -> None:
    async with opened(settings, working=False) as bench:
        await bench.say("before the lanes were open")
        await bench.settle()
        assert bench.platform.sent == []
        bench.hub.lanes.open()
        bench.hub.deliveries.lanes.open()
        await bench.hub.sweep()
        await bench.settle()
        assert bench.platform.texts() == {"anna": ["echo: before the lanes were open"]}


async def test_a_lost_delivery_is_found_by_the_sweeper(settings: Settings) -> None:
    async with opened(settings) as bench:
        await bench.hub.deliveries.lanes.close()
        await bench.say("hello")
        await bench.settle()
        assert bench.platform.sent == []
        bench.hub.deliveries.lanes.open()
        await bench.hub.sweep()
        await bench.settle()
        assert bench.platform.texts() == {"anna": ["echo: hello"]}


async def test_after_a_take_over_nothing_of_the_bot_goes_out(bench: Bench) -> None:
    bench.dialogue.gate.clear()
    accepted = await bench.say("slow")
    await asyncio.sleep(0.05)
    taken = await bench.hub.take(await bench.conversation(accepted), "agent")
    bench.dialogue.gate.set()
    await bench.settle()
    assert bench.platform.sent == []
    assert (taken.status, taken.owner) == (Status.HUMAN, "agent")
    assert await bench.store.read(inbox.depth) == {"waiting": 0, "dead": 0}


async def test_while_people_answer_the_bot_is_silent_and_after_release_it_answers(bench: Bench) -> None:
    accepted = await bench.say("hello")
    await bench.settle()
    taken = await bench.hub.take(await bench.conversation(accepted), "agent")
    await bench.say("are you there?")
    await bench.settle()
    said = await bench.hub.say(
        await bench.conversation(accepted),
        Author(AuthorKind.AGENT, "Maria"),
        Draft("I am"),
        address=await bench.address(),
    )
    await bench.settle()
    await bench.hub.release(await bench.conversation(accepted))
    await bench.say("bot again")
    await bench.settle()
    assert bench.platform.texts()["anna"] == ["echo: hello", "I am", "echo: bot again"]
    assert said.seq == 4
    with pytest.raises(StaleOwner):
        await bench.hub.say(
            taken, Author(AuthorKind.AGENT, "Maria"), Draft("too late"), address=await bench.address()
        )


async def test_interleaved_take_overs_never_let_the_bot_speak_as_a_human_owner(bench: Bench) -> None:
    """Random interleavings of customer, turns, take and release: what the bot said, it said as the owner."""
    chance = random.Random(1)
    accepted = await bench.say("begin")
    for number in range(15):
        current = await bench.conversation(accepted)
        acts: list[Awaitable[object]] = [bench.say("slow" if chance.random() < 0.5 else f"text {number}")]
        if current.status is Status.BOT:
            acts.append(_soon(chance, bench.hub.take(current, "agent")))
        else:
            acts.append(_soon(chance, bench.hub.release(current)))
        await asyncio.gather(*acts, return_exceptions=True)
        if (await bench.conversation(accepted)).status is Status.HUMAN:
            spoken = len(await bench.history())
            await bench.settle()
            later = (await bench.history())[spoken:]
            assert [message for message in later if message.author.kind is AuthorKind.BOT] == []
    await bench.settle()
    assert await bench.store.read(inbox.depth) == {"waiting": 0, "dead": 0}


async def _soon(chance: random.Random, act: Awaitable[object]) -> object:
    await asyncio.sleep(chance.random() * 0.03)
    return await act


async def test_closing_ends_a_conversation_and_the_next_message_opens_one(bench: Bench) -> None:
    first = await bench.say("hello")
    await bench.settle()
    await bench.hub.close(await bench.conversation(first))
    second = await bench.say("hello again")
    await bench.settle()
    assert second.conversation_id != first.conversation_id
    assert second.seq == 3
    assert bench.platform.texts()["anna"] == ["echo: hello", "echo: hello again"]


async def test_delivery_is_tried_again_in_order_and_a_delay_costs_no_try(bench: Bench) -> None:
    bench.platform.trouble["echo: one"] = [
        DeliveryDelayed("slow down", retry_after=0.01),
        DeliveryDelayed("slow down", retry_after=0.01),
        DeliveryDelayed("slow down", retry_after=0.01),
        ConnectionError("platform away"),
    ]
    await bench.say("one")
    await bench.say("two")

    async def both_sent() -> bool:
        return len(bench.platform.sent) == 2

    await until(both_sent)
    assert bench.platform.texts()["anna"] == ["echo: one", "echo: two"]


@pytest.mark.parametrize("trouble", [DeliveryRefused("no"), AddressUnreachable("blocked")])
async def test_what_the_platform_refuses_for_ever_does_not_hold_the_rest(
    bench: Bench, trouble: Exception
) -> None:
    bench.platform.trouble["echo: one"] = [trouble]
    await bench.say("one")
    await bench.say("two")
    await bench.settle()
    assert bench.platform.texts()["anna"] == ["echo: two"]
    assert await bench.store.read(outbox.depth) == {"waiting": 0, "dead": 1}


async def test_one_slow_customer_does_not_hold_another(bench: Bench) -> None:
    bench.platform.trouble["echo: one"] = [DeliveryDelayed("slow down", retry_after=30)]
    await bench.say("one", sender="anna")
    await bench.say("two", sender="boris")
    await bench.settle()
    assert bench.platform.texts() == {"boris": ["echo: two"]}


async def test_a_database_that_fails_leaves_the_message_waiting_and_heals(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter(range(3))
    commit = conversations.append

    def broken(*arguments: Any, **more: Any) -> None:
        if next(failures, None) is not None:
            raise OperationalError("UPDATE", {}, Exception("disk I/O error"))
        commit(*arguments, **more)

    accepted = await bench.say("hello")
    await bench.settle()
    monkeypatch.setattr("bot.store.conversations.append", broken)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await bench.say("not taken")
    await bench.say("taken")

    async def answered() -> bool:
        return len(bench.platform.sent) == 2

    await until(answered)
    assert bench.platform.texts()["anna"] == ["echo: hello", "echo: taken"]
    assert (await bench.conversation(accepted)).last_seq == 4


@asynccontextmanager
async def locked_from_outside(settings: Settings) -> AsyncIterator[None]:
    """Another program holds the database's lock as long as the block lasts."""
    if not settings.database_url:
        other = sqlite3.connect(settings.data / "grija.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("COMMIT")
        other.close()
        return
    connection = await asyncpg.connect(settings.database_url)
    async with connection.transaction():
        await connection.execute("LOCK TABLE inbox, conversation, message IN ACCESS EXCLUSIVE MODE")
        yield
    await connection.close()


async def test_a_locked_database_does_not_block_the_loop_and_the_messages_are_worked_afterwards(
    settings: Settings,
) -> None:
    """Locked for 2 s from outside: the loop's lag stays below 100 ms (design, invariant 10)."""
    async with opened(settings) as bench:
        await bench.say("before")
        await bench.settle()
        lag = LoopLag()
        measuring = asyncio.create_task(lag.run())
        async with locked_from_outside(settings):
            waiting = [asyncio.create_task(bench.say(f"text {number}")) for number in range(5)]
            await asyncio.sleep(2)
            assert not any(task.done() for task in waiting)
        worst = lag.worst()
        await asyncio.gather(*waiting)
        await bench.settle()
        measuring.cancel()
        assert sorted(bench.platform.texts()["anna"]) == ["echo: before"] + [
            f"echo: text {n}" for n in range(5)
        ]
        assert worst < 0.1


async def test_a_closed_conversation_stays_closed(bench: Bench) -> None:
    accepted = await bench.say("hello")
    await bench.settle()
    closed = await bench.hub.close(await bench.conversation(accepted))
    await bench.say("a new matter")
    await bench.settle()
    to = await bench.address()
    for act in (
        bench.hub.take(closed, "agent"),
        bench.hub.release(closed),
        bench.hub.close(closed),
        bench.hub.say(closed, Author(AuthorKind.AGENT, "Maria"), Draft("too late"), address=to),
    ):
        with pytest.raises(StaleOwner):
            await act
    assert [message.seq for message in await bench.history()] == [1, 2, 3, 4]


async def test_a_conversation_is_not_closed_over_an_unanswered_message(bench: Bench) -> None:
    accepted = await bench.say("hello")
    await bench.settle()
    bench.dialogue.gate.clear()
    await bench.say("one more thing")
    with pytest.raises(StaleOwner, match="waits for its turn"):
        await bench.hub.close(await bench.conversation(accepted))
    bench.dialogue.gate.set()
    await bench.settle()
    assert bench.platform.texts()["anna"] == ["echo: hello", "echo: one more thing"]
