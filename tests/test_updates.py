"""Raw updates: kept before they are understood, taken in once, in order, and set aside alone if broken."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from bot import check
from bot.errors import StoreUnavailable
from bot.models import AuthorKind, RawUpdate
from bot.settings import Settings
from bot.store import Connection, Store, inbox, updates
from bot.store.tables import address
from tests.bench import Bench, opened
from tests.conftest import until


@pytest.fixture
async def bench(settings: Settings) -> AsyncIterator[Bench]:
    async with opened(settings) as prepared:
        yield prepared


def said(text: str, *, event: str | None = None, sender: str = "anna", **more: Any) -> dict[str, Any]:
    return {"kind": "inbound", "event_id": event or text, "sender": sender, "text": text, **more}


def edited(of: str, text: str, *, event: str, **more: Any) -> dict[str, Any]:
    return {"kind": "edited", "event_id": event, "of_event_id": of, "text": text, **more}


def deleted(of: str) -> dict[str, Any]:
    return {"kind": "deleted", "event_id": f"delete {of}", "of_event_id": of}


# -- The store ------------------------------------------------------------------------------------------


async def test_updates_are_kept_once_in_order_with_the_pollers_offset(store: Store) -> None:
    batch = [RawUpdate(str(number), f"raw {number}") for number in range(3)]
    assert await store.read(updates.offset, "platform", "x") is None
    assert await store.write(updates.keep, "platform", "x", batch[:2], 2) == 2
    assert await store.write(updates.keep, "platform", "x", batch, 3) == 1
    assert await store.read(updates.offset, "platform", "x") == 3
    waiting = await store.read(updates.waiting, "platform", "x", 10)
    assert [update.raw for update in waiting] == ["raw 0", "raw 1", "raw 2"]
    assert await store.write(updates.keep, "platform", "another", batch, None) == 3
    assert await store.read(updates.offset, "platform", "another") is None


async def test_a_batch_and_its_offset_are_kept_together_or_not_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk I/O error"))

    monkeypatch.setattr("bot.store.updates._note_offset", broken)
    with pytest.raises(StoreUnavailable):
        await store.write(updates.keep, "platform", "x", [RawUpdate("1", "raw")], 7)
    assert await store.read(updates.waiting, "platform", "x", 10) == []
    assert await store.read(updates.offset, "platform", "x") is None


async def test_an_update_is_settled_once_and_only_the_broken_keep_their_text(store: Store) -> None:
    await store.write(updates.keep, "platform", "x", [RawUpdate("1", "good"), RawUpdate("2", "bad\0")])
    good, bad = await store.read(updates.waiting, "platform", "x", 10)
    await store.write(updates.done, good)
    await store.write(updates.quarantine, good, "too late")
    await store.write(updates.quarantine, bad, "ValueError('bad')")
    (shown,) = await store.read(updates.quarantined)
    assert (shown.event_id, shown.raw, shown.reason) == ("2", "bad", "ValueError('bad')")
    assert await store.read(updates.depth) == {"waiting": 0, "quarantined": 1}
    assert await store.write(updates.keep, "platform", "x", [RawUpdate("2", "again")]) == 0


async def test_ids_that_no_platform_gives_are_kept_too(store: Store) -> None:
    long = [RawUpdate("x" * 5000 + end, "raw") for end in "ab"]
    assert await store.write(updates.keep, "platform", "x", [*long, RawUpdate("a\0\ud800", "raw")]) == 3
    assert await store.write(updates.keep, "platform", "x", long) == 0


# -- The lane -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
async def test_every_delivery_replayed_and_shuffled_is_one_turn(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    events = [said(f"text {number}", sender=f"s{number % 3}") for number in range(12)]
    deliveries = [event for event in events for _ in range(chance.randint(1, 5))]
    chance.shuffle(deliveries)
    fresh = 0
    while deliveries:
        size = chance.randint(1, 4)
        fresh += await bench.keep(*deliveries[:size])
        deliveries = deliveries[size:]
    await bench.settle()
    answers = [text for texts in bench.platform.texts().values() for text in texts]
    assert sorted(answers) == sorted(f"echo: {event['text']}" for event in events)
    assert fresh == len(events)
    assert all(tries == 1 for tries in bench.dialogue.tries.values())


async def test_updates_of_one_customer_are_answered_in_the_order_of_their_arrival(bench: Bench) -> None:
    await bench.keep(*(said(f"text {number}") for number in range(250)))
    await bench.settle()
    assert bench.platform.texts()["anna"] == [f"echo: text {number}" for number in range(250)]


async def test_a_poison_update_is_set_aside_alone(bench: Bench, settings: Settings) -> None:
    batch: list[Any] = [said(f"text {number}") for number in range(100)]
    batch.insert(50, '{"kind": "nonsense", "event_id": "poison"}')
    await bench.keep(*batch)
    await bench.settle()
    assert bench.platform.texts()["anna"] == [f"echo: text {number}" for number in range(100)]
    assert await bench.store.read(updates.depth) == {"waiting": 0, "quarantined": 1}
    findings = {finding.part: finding async for finding in check.check(settings)}
    assert "1 quarantined" in findings["updates"].text
    assert "KeyError" in findings["updates"].text
    # What is wrong with it may quote a customer: the error's name is enough.
    assert "'nonsense'" not in findings["updates"].text


@pytest.mark.parametrize(
    "raw",
    [
        "not json",
        "[" * 100_000,
        "{}",
        "null",
        '{"kind": "inbound"}',
        '{"kind": "inbound", "event_id": [], "sender": {}, "text": 7}',
        '{"kind": "inbound", "event_id": "", "sender": "anna", "text": "hi"}',
        '{"kind": "inbound", "event_id": "%s", "sender": "anna", "text": "hi"}' % ("x" * 5000),
        '{"kind": "inbound", "event_id": "e", "sender": "anna", "attachments": [1]}',
        '{"kind": "edited", "event_id": "e", "of_event_id": "o", "text": "t", "edited_at": "yesterday"}',
    ],
)
async def test_whatever_is_wrong_with_an_update_the_next_one_is_answered(bench: Bench, raw: str) -> None:
    await bench.hub.updates.keep("platform", "x", [RawUpdate("poison", raw)])
    await bench.keep(said("hello"))
    await bench.settle()
    assert bench.platform.texts() == {"anna": ["echo: hello"]}
    assert await bench.store.read(updates.depth) == {"waiting": 0, "quarantined": 1}


async def test_what_no_database_takes_is_cleaned_and_not_lost(bench: Bench) -> None:
    await bench.keep(said("a\0b\ud800", name="N\0", locale="x" * 100, place="p\0"))
    await bench.settle()
    assert bench.platform.texts() == {"anna": ["echo: ab\ufffd"]}


async def test_a_refused_button_is_counted_and_holds_nobody(bench: Bench) -> None:
    await bench.keep(said("", event="1", button_id="never offered"), said("hello"))
    await bench.settle()
    assert bench.platform.texts() == {"anna": ["echo: hello"]}
    assert await bench.store.read(updates.depth) == {"waiting": 0, "quarantined": 0}


async def test_updates_kept_before_the_lanes_were_open_are_found_by_the_sweeper(settings: Settings) -> None:
    async with opened(settings, working=False) as bench:
        await bench.keep(said("early"))
        await bench.settle()
        assert bench.platform.sent == []
        for lanes in (bench.hub.updates.lanes, bench.hub.lanes, bench.hub.deliveries.lanes):
            lanes.open()
        await bench.hub.sweep()
        await bench.settle()
        assert bench.platform.texts() == {"anna": ["echo: early"]}


async def test_a_crash_between_hub_and_done_repeats_the_update_and_not_the_turn(bench: Bench) -> None:
    await bench.keep(said("hello"))
    await bench.settle()
    # The process has died here: its update still waits.
    await bench.store.write(updates.keep, "platform", "x", [RawUpdate("again", json.dumps(said("hello")))])
    await bench.hub.updates.work("platform/x")
    await bench.settle()
    assert bench.platform.texts() == {"anna": ["echo: hello"]}


async def test_a_failing_database_leaves_the_update_waiting_and_heals(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter(range(3))
    accept = inbox.accept

    def broken(*arguments: Any) -> Any:
        if next(failures, None) is not None:
            raise OperationalError("INSERT", {}, Exception("disk I/O error"))
        return accept(*arguments)

    monkeypatch.setattr("bot.store.inbox.accept", broken)
    await bench.keep(said("one"), said("two"))

    async def answered() -> bool:
        return len(bench.platform.sent) == 2

    await until(answered)
    assert bench.platform.texts() == {"anna": ["echo: one", "echo: two"]}
    assert await bench.store.read(updates.depth) == {"waiting": 0, "quarantined": 0}


# -- What updates mean ----------------------------------------------------------------------------------


async def test_an_answer_goes_to_the_place_of_its_question(settings: Settings) -> None:
    async with opened(replace(settings, turn_tries=1)) as bench:
        await bench.keep(said("one", place="C1/t1"), said("two", place="C1/t2"), said("fail", place="C1/t3"))
        await bench.settle()
        assert bench.platform.places == ["C1/t1", "C1/t2", "C1/t3"]
        assert [message.place for message in await bench.history()].count("C1/t2") == 2


async def test_an_edit_after_its_turn_is_shown_and_not_answered_again(bench: Bench) -> None:
    await bench.keep(said("hello"))
    await bench.settle()
    await bench.keep(edited("hello", "hello there", event="e1"))
    await bench.keep(edited("hello", "hello there", event="e1"))
    await bench.settle()
    asked, answer = await bench.history()
    assert asked.text == "hello there"
    assert asked.edited_at is not None
    assert answer.edited_at is None
    assert bench.platform.texts() == {"anna": ["echo: hello"]}


async def test_an_edit_before_its_turn_is_what_is_answered(settings: Settings) -> None:
    async with opened(settings, working=False) as bench:
        bench.hub.updates.lanes.open()
        await bench.keep(said("hellp"), edited("hellp", "hello", event="e1"))
        await bench.settle()
        bench.hub.lanes.open()
        bench.hub.deliveries.lanes.open()
        await bench.hub.sweep()
        await bench.settle()
        assert bench.platform.texts() == {"anna": ["echo: hello"]}


@pytest.mark.parametrize("seed", range(6))
async def test_edits_replayed_and_shuffled_show_the_last_one(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    batch = [said("v0", event="m")]
    batch += [edited("m", f"v{number}", event=f"e{number}", edited_at=number) for number in range(1, 5)]
    deliveries = [update for update in batch for _ in range(chance.randint(1, 4))]
    chance.shuffle(deliveries)
    for update in deliveries:
        await bench.keep(update)
        await bench.settle()
    asked, answer = await bench.history()
    assert asked.text == "v4"
    assert asked.edited_at == datetime.fromtimestamp(4, timezone.utc)
    assert answer.author.kind is AuthorKind.BOT
    assert len(bench.platform.sent) == 1


async def test_a_deleted_message_loses_its_text_and_is_not_answered(settings: Settings) -> None:
    async with opened(settings, working=False) as bench:
        bench.hub.updates.lanes.open()
        await bench.keep(deleted("early"), said("early"), said("secret"), deleted("secret"), said("hello"))
        await bench.keep(edited("secret", "secret again", event="e1"))
        await bench.settle()
        bench.hub.lanes.open()
        bench.hub.deliveries.lanes.open()
        await bench.hub.sweep()
        await bench.settle()
        assert bench.platform.texts() == {"anna": ["echo: hello"]}
        early, secret, hello, _ = await bench.history()
        assert [early.text, secret.text, hello.text] == ["", "", "hello"]
        assert early.deleted_at is not None
        assert secret.deleted_at is not None
        assert hello.deleted_at is None
        assert await bench.store.read(inbox.depth) == {"waiting": 0, "dead": 0}


async def test_a_change_of_an_unknown_message_does_no_harm(bench: Bench) -> None:
    await bench.keep(edited("never", "x", event="e1"), deleted("nor this"), said("hello"))
    await bench.settle()
    assert bench.platform.texts() == {"anna": ["echo: hello"]}


async def test_who_blocks_us_is_remembered_until_they_write_again(bench: Bench) -> None:
    block = {"kind": "blocked", "sender": "anna", "blocked": True}
    await bench.keep(said("hello"))
    await bench.settle()
    await bench.hub.updates.keep("platform", "x", [RawUpdate("b1", json.dumps(block))])
    await bench.settle()
    assert await _reachable(bench) is False
    await bench.keep(said("me again"))
    await bench.settle()
    assert await _reachable(bench) is True
    for event, blocked, reachable in (("b2", True, False), ("b3", False, True)):
        raw = json.dumps({**block, "blocked": blocked})
        await bench.hub.updates.keep("platform", "x", [RawUpdate(event, raw)])
        await bench.settle()
        assert await _reachable(bench) is reachable


async def _reachable(bench: Bench) -> bool:
    found = await bench.address()
    return bool(await bench.store.read(_select_reachable, found.id))


def _select_reachable(tx: Connection, address_id: str) -> bool:
    return bool(tx.execute(sa.select(address.c.reachable).where(address.c.id == address_id)).scalar())
