"""The timeline: a customer's whole relationship in order, in pages, with what happened between the messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.models import Role, Signal, Status, new_id, now
from bot.settings import Settings
from bot.store import Connection, Store, open_store, relations, signals, timeline
from bot.store.shown import HappeningEntry, HeldEntry, MessageEntry, Mood, Timeline
from bot.store.tables import (
    agent,
    attachment,
    conversation,
    customer,
    handoff,
    happening,
    held_reply,
    message,
    outbox,
)
from tests.desk_seeds import add_agents, an_agent, talk

ANNA = an_agent("Anna")
LINES = [("customer" if number % 2 else "bot", f"line {number}") for number in range(1, 8)]


async def page(store: Store, key: str, **where: Any) -> Timeline:
    found = await store.read(timeline.timeline, key, **{"before": None, "after": None, "limit": 50, **where})
    assert found is not None
    return found


def seqs(found: Timeline) -> list[int]:
    return [entry.seq for entry in found.entries if isinstance(entry, MessageEntry)]


def happen(tx: Connection, key: str, after: int, kind: str, actor: str, **detail: Any) -> None:
    tx.execute(
        sa.insert(happening).values(
            conversation_id=key, after_seq=after, kind=kind, actor=actor, detail=json.dumps(detail), at=now()
        )
    )


def said(tx: Connection, key: str) -> list[Any]:
    return list(
        tx.execute(
            sa.select(message.c.id, message.c.seq, message.c.address_id)
            .where(message.c.conversation_id == key)
            .order_by(message.c.seq)
        )
    )


def three_talks(tx: Connection) -> list[str]:
    """Three conversations of one customer, of 7, 7 and 6 messages, and one of somebody else."""
    talk(tx, words=LINES)
    first = talk(tx, status=Status.CLOSED, words=LINES)
    owner = tx.execute(sa.select(conversation.c.customer_id).where(conversation.c.id == first)).scalar()
    second = talk(tx, status=Status.CLOSED, words=LINES, customer_id=owner)
    return [first, second, talk(tx, words=LINES[:6], customer_id=owner)]


async def test_pages_go_through_all_conversations_of_the_customer(store: Store) -> None:
    talks = await store.write(three_talks)
    newest = await page(store, talks[2], limit=9)
    assert (seqs(newest), newest.more) == (list(range(12, 21)), True)
    older = await page(store, talks[2], limit=9, before=12)
    assert (seqs(older), older.more) == (list(range(3, 12)), True)
    oldest = await page(store, talks[2], limit=9, before=3)
    assert (seqs(oldest), oldest.more) == ([1, 2], False)
    assert [entry.conversation for entry in older.entries] == [talks[0]] * 5 + [talks[1]] * 4
    # From whichever conversation it is opened.
    assert seqs(await page(store, talks[0])) == list(range(1, 21))
    forward = await page(store, talks[0], after=15, limit=3)
    assert (seqs(forward), forward.more) == ([16, 17, 18], True)
    assert seqs(await page(store, talks[0], after=20)) == []
    assert seqs(await page(store, talks[0], before=1)) == []
    assert await store.read(timeline.timeline, new_id(), before=None, after=None, limit=5) is None


async def test_happenings_stand_behind_their_messages_and_on_one_page_only(store: Store) -> None:
    await add_agents(store, [ANNA])
    (first, _, last) = await store.write(three_talks)

    def seed(tx: Connection) -> None:
        happen(tx, first, 0, "queued", "customer")
        happen(tx, first, 5, "note", ANNA.id, text="<b>angry</b>", mentions=[ANNA.id])
        happen(tx, first, 5, "taken", ANNA.id)
        happen(tx, last, 20, "returned", "server")

    await store.write(seed)
    ends = (21, 14, 6, 3)
    pages = [
        await page(store, last, before=high, limit=high - low)
        for high, low in zip(ends, (*ends[1:], 1), strict=True)
    ]
    happened = [[one.what for one in found.entries if isinstance(one, HappeningEntry)] for found in pages]
    assert happened == [["returned"], [], ["note", "taken"], ["queued"]]
    shape = [type(entry).__name__[:7] for entry in pages[2].entries]
    assert shape == ["Message", "Message", "Message", "Happeni", "Happeni"]
    assert isinstance(pages[3].entries[0], HappeningEntry)
    note = pages[2].entries[3]
    assert isinstance(note, HappeningEntry)
    assert note.detail == {"text": "<b>angry</b>", "mentions": [ANNA.id]}
    assert not isinstance(note.actor, str)
    assert note.actor.name == "Anna"
    # What has happened behind the last message that somebody has is news to them.
    news = await page(store, last, after=20)
    assert [one.what for one in news.entries if isinstance(one, HappeningEntry)] == ["returned"]


async def test_a_message_shows_what_became_of_it(store: Store) -> None:
    key = await store.write(lambda tx: talk(tx, words=LINES, channel="telegram"))

    def seed(tx: Connection) -> None:
        rows = said(tx, key)
        for row, status, error in ((rows[1], "dead", "Forbidden"), (rows[3], "sent", None)):
            values = {"message_id": row.id, "address_id": row.address_id, "status": status, "error": error}
            tx.execute(sa.insert(outbox).values(next_at=now(), created_at=now(), **values))
        tx.execute(
            sa.insert(attachment).values(
                id=new_id(),
                message_id=rows[2].id,
                position=0,
                kind="photo",
                name="<img src=x>.jpg",
                state="stored",
                sha256="a" * 64,
                preview="b" * 64,
                next_at=now(),
            )
        )
        for row, changes in ((rows[4], {"edited_at": now()}), (rows[6], {"deleted_at": now(), "text": ""})):
            tx.execute(sa.update(message).where(message.c.id == row.id).values(**changes))

    await store.write(seed)
    entries = [one for one in (await page(store, key)).entries if isinstance(one, MessageEntry)]
    assert [None if one.delivery is None else one.delivery.status for one in entries] == [
        None, "dead", None, "sent", None, "none", None,
    ]  # fmt: skip
    assert entries[1].delivery is not None
    assert entries[1].delivery.error == "Forbidden"
    (file,) = entries[2].attachments
    assert (file.name, file.preview) == ("<img src=x>.jpg", True)
    assert [one.edited for one in entries].index(True) == 4
    assert [one.deleted for one in entries].index(True) == 6
    assert {one.channel for one in entries} == {"telegram"}


async def test_the_pressed_button_is_marked_also_at_the_end_of_a_page(store: Store) -> None:
    offers = [{"id": new_id(), "title": title, "payload": f"/{title.lower()}"} for title in ("Yes", "No")]
    words = [("bot", "Sure?"), ("customer", "No"), ("bot", "Really?"), ("customer", "No")]
    key = await store.write(lambda tx: talk(tx, words=words))

    def seed(tx: Connection) -> None:
        rows = said(tx, key)
        for row in (rows[0], rows[2]):
            change = sa.update(message).where(message.c.id == row.id)
            tx.execute(change.values(buttons=json.dumps(offers)))
        # The first "No" was pressed, the second was typed.
        tx.execute(sa.update(message).where(message.c.id == rows[1].id).values(payload="/no"))

    await store.write(seed)

    def pressed(found: Timeline) -> Sequence[list[bool]]:
        return [[b.pressed for b in one.buttons] for one in found.entries if isinstance(one, MessageEntry)]

    assert pressed(await page(store, key)) == [[False, True], [], [False, False], []]
    assert pressed(await page(store, key, before=2)) == [[False, True]]


async def test_a_held_reply_stands_at_the_end_until_it_is_sent(store: Store) -> None:
    await add_agents(store, [ANNA])
    key = await store.write(lambda tx: talk(tx, words=LINES))

    def hold(tx: Connection) -> None:
        for status in ("waiting", "sent", "undone", "refused"):
            tx.execute(
                sa.insert(held_reply).values(
                    id=new_id(),
                    conversation_id=key,
                    epoch=1,
                    client_id=status,
                    agent_id=ANNA.id,
                    text=status,
                    due_at=now(),
                    status=status,
                )
            )

    await store.write(hold)
    held = (await page(store, key)).entries[-1]
    assert isinstance(held, HeldEntry)
    assert (held.text, held.agent.name) == ("waiting", "Anna")
    assert not any(isinstance(one, HeldEntry) for one in (await page(store, key, before=7)).entries)
    assert isinstance((await page(store, key, after=7)).entries[-1], HeldEntry)


async def test_a_conversation_is_opened_with_its_customer_and_handoffs(store: Store) -> None:
    await add_agents(store, [ANNA])
    (first, second, third) = await store.write(three_talks)
    await store.write(
        lambda tx: (
            tx.execute(
                sa.insert(handoff).values(
                    id=new_id(),
                    conversation_id=first,
                    reason="asked",
                    detail='{"words": ["person"]}',
                    seq=1,
                    priority=5,
                    queued_at=now() - timedelta(days=2),
                    taken_by=ANNA.id,
                    ended_at=now(),
                    end="closed",
                    note="sent a new one",
                )
            ),
            tx.execute(sa.update(conversation).where(conversation.c.id == second).values(language="ro")),
            tx.execute(sa.update(customer).values(email="i@example.com", blocked_at=now())),
        )
    )
    found = await store.read(relations.opened, third)
    assert found is not None
    assert (found.conversation.id, found.conversation.status, found.conversation.last_seq) == (
        third,
        "queued",
        20,
    )
    assert found.customer.languages == ["en", "ro"]
    assert (found.customer.email, found.customer.blocked) == ("i@example.com", True)
    assert [place.channel for place in found.customer.addresses] == ["web"]
    assert found.handoff is not None
    assert found.handoff.conversation == third
    (earlier,) = found.handoffs
    assert earlier.taken_by is not None
    assert (earlier.taken_by.name, earlier.note, earlier.detail) == (
        "Anna",
        "sent a new one",
        {"words": ["person"]},
    )
    assert await store.read(relations.opened, new_id()) is None
    assert await store.read(relations.customer_of, third) == found.customer.id


async def test_colleagues_are_those_who_answer_with_their_load(store: Store) -> None:
    gone = an_agent("Gone", disabled_at=now())
    await add_agents(store, [ANNA, gone, an_agent("Teacher", Role.TRAINER)])
    await store.write(lambda tx: talk(tx, status=Status.HUMAN, owner=ANNA.id))
    (one,) = await store.read(relations.colleagues, gone_seconds=60)
    assert (one.name, one.open, one.presence) == ("Anna", 1, "offline")
    seen = sa.update(agent).values(presence="away", present_at=now())
    await store.write(lambda tx: tx.execute(seen))
    (one,) = await store.read(relations.colleagues, gone_seconds=60)
    assert one.presence == "away"


async def test_a_page_reads_a_range_and_no_whole_table(sqlite_settings: Settings) -> None:
    from tests.statements import plan, statements

    store = await open_store(sqlite_settings.database)
    talks = await store.write(three_talks)
    with statements() as seen:
        await page(store, talks[2])
        await store.read(relations.opened, talks[2])
    asked = [(text, values) for text, values in seen if text.startswith("SELECT")]
    assert len(asked) == 5 + 4
    plans = await store.read(lambda tx: [plan(tx, *one) for one in asked])
    await store.close()
    for found in plans:
        assert [step for step in found if step.startswith("SCAN")] == []
    steps = [step for found in plans for step in found if "message" in step and "seq>" in step]
    assert len(steps) == 1


def read(tx: Connection, key: str, seq: int, model: str, valence: float, emotion: str, *, weak: bool) -> None:
    """Let a message of a conversation have a signal."""
    row = tx.execute(
        sa.select(message.c.id, conversation.c.customer_id)
        .join(conversation, conversation.c.id == message.c.conversation_id)
        .where(message.c.conversation_id == key, message.c.seq == seq)
    ).one()
    moment = now()
    shown = Signal(
        new_id(), row.id, key, row.customer_id, seq, "web", "en", None, model, valence, emotion, {emotion: 1.0},
        weak, moment, moment,
    )  # fmt: skip
    assert signals.note(tx, shown)


async def test_each_message_has_its_newest_reading(store: Store) -> None:
    key = (await store.write(three_talks))[0]
    await store.write(read, key, 1, "old", -0.9, "anger", weak=False)
    await store.write(read, key, 1, "new", -0.4, "worry", weak=True)
    await store.write(read, key, 3, "old", 0.6, "gratitude_joy", weak=False)
    found = (await page(store, key)).entries
    moods = {one.seq: one.mood for one in found if isinstance(one, MessageEntry) and one.mood}
    assert moods == {1: Mood(-0.4, "worry", True), 3: Mood(0.6, "gratitude_joy", False)}
    assert seqs(await page(store, key)) == list(range(1, 21))
