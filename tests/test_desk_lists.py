"""The lists of the desk: who stands where, in which order, and that no list reads the whole database."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.desk.routing import Routing, Waiting, in_order
from bot.errors import ClientError
from bot.models import Role, Status, new_id, now
from bot.settings import Settings
from bot.store import Connection, Store, desk, open_store, reading
from bot.store.conversations import utc
from bot.store.shown import QUEUES, Item, Lists
from bot.store.tables import conversation, customer, handoff, message, outbox
from tests.desk_seeds import add_agents, an_agent, talk
from tests.statements import plan, statements

ANNA = an_agent("Anna")
PIOTR = an_agent("Piotr")
MARIA = an_agent("Maria", Role.SUPERVISOR)
RULES = Routing()


@pytest.fixture
async def staffed(store: Store) -> Store:
    await add_agents(store, [ANNA, PIOTR, MARIA])
    return store


async def lists_of(store: Store, who: Any = ANNA) -> Lists:
    return (await store.read(desk.lists, [who], RULES))[who.id]


def ids(items: list[Item]) -> list[str]:
    return [item.conversation for item in items]


async def test_each_conversation_stands_in_one_list(staffed: Store) -> None:
    later = now() + timedelta(hours=1)

    def seed(tx: Connection) -> dict[str, str]:
        return {
            "waiting": talk(tx),
            "mine": talk(tx, status=Status.HUMAN, owner=ANNA.id),
            "others": talk(tx, status=Status.HUMAN, owner=PIOTR.id),
            "bot": talk(tx, status=Status.BOT),
            "snoozed": talk(tx, status=Status.HUMAN, owner=ANNA.id, snoozed_until=later),
            "closed": talk(tx, status=Status.CLOSED),
        }

    made = await staffed.write(seed)
    seen = await lists_of(staffed)
    assert {name: ids(getattr(seen, name)) for name in QUEUES} == {
        name: [] if name == "others" else [made[name]] for name in QUEUES
    }
    by_supervisor = await lists_of(staffed, MARIA)
    assert set(ids(by_supervisor.others)) == {made["mine"], made["others"]}
    assert ids(by_supervisor.snoozed) == [made["snoozed"]]
    assert (by_supervisor.counts.others, by_supervisor.counts.bot, seen.counts.others) == (2, 1, 0)


async def test_lists_of_several_agents_are_those_of_each(staffed: Store) -> None:
    def seed(tx: Connection) -> None:
        for owner in (None, ANNA.id, PIOTR.id):
            talk(tx, status=Status.HUMAN if owner else Status.QUEUED, owner=owner)

    await staffed.write(seed)
    together = await staffed.read(desk.lists, [ANNA, PIOTR, MARIA], RULES)
    for who in (ANNA, PIOTR, MARIA):
        alone = await lists_of(staffed, who)
        assert [ids(getattr(together[who.id], name)) for name in QUEUES] == [
            ids(getattr(alone, name)) for name in QUEUES
        ]
        assert together[who.id].counts == alone.counts


async def test_a_snooze_that_is_over_hides_nothing(staffed: Store) -> None:
    past = now() - timedelta(seconds=1)
    key = await staffed.write(lambda tx: talk(tx, snoozed_until=past))
    assert ids((await lists_of(staffed)).waiting) == [key]


async def test_agents_see_the_most_urgent_first_and_supervisors_who_waits_longest(staffed: Store) -> None:
    moment = now()

    def seed(tx: Connection) -> list[str]:
        return [
            talk(tx, priority=10, queued_at=moment - timedelta(minutes=20)),  # 10 + 40 points
            talk(tx, priority=80, queued_at=moment - timedelta(minutes=1)),  # 82
            talk(tx, priority=40, queued_at=moment - timedelta(minutes=10)),  # 60
        ]

    calm, protected, angry = await staffed.write(seed)
    assert ids((await lists_of(staffed)).waiting) == [protected, angry, calm]
    assert ids((await lists_of(staffed, MARIA)).waiting) == [calm, angry, protected]
    # Who was told a shorter time than it has become moves up: 50 + 40 points.
    late = sa.update(handoff).where(handoff.c.conversation_id == calm).values(told_high=60)
    await staffed.write(lambda tx: tx.execute(late))
    assert ids((await lists_of(staffed)).waiting) == [calm, protected, angry]
    # Who wants to be written to later makes room: 82 - 60.
    rests = sa.update(handoff).where(handoff.c.conversation_id == protected).values(later_at=moment)
    await staffed.write(lambda tx: tx.execute(rests))
    assert ids((await lists_of(staffed)).waiting) == [calm, angry, protected]


async def test_the_list_stands_in_the_order_of_the_offers(staffed: Store) -> None:
    moment, chance = now(), random.Random(7)

    def seed(tx: Connection) -> list[Waiting]:
        queue = []
        for _ in range(30):
            priority, came = chance.randrange(100), moment - timedelta(seconds=chance.randrange(4000))
            told, later = chance.choice([None, 60, 9000]), chance.random() < 0.2
            key = talk(tx, priority=priority, queued_at=came)
            change = sa.update(handoff).where(handoff.c.conversation_id == key)
            tx.execute(change.values(told_high=told, later_at=moment if later else None))
            until = None if told is None else came + timedelta(seconds=told)
            waits = Waiting(key, key, priority, 0, "en", None, None, came, later=later, told_until=until)
            queue.append(waits)
        return queue

    queue = await staffed.write(seed)
    wanted = [item.conversation_id for item in in_order(queue, now(), RULES)]
    assert ids((await lists_of(staffed)).waiting) == wanted


async def test_with_an_agent_unanswered_customers_come_first(staffed: Store) -> None:
    asked = (("customer", "a person please"), ("bot", "A colleague comes"))
    answered_late = (*asked, *(("agent", "Yes?"),) * 9)
    unanswered = (*asked, ("agent", "Yes?"), ("customer", "It is broken"), ("customer", "Hello?"))

    def seed(tx: Connection) -> list[str]:
        hour = now() - timedelta(hours=1)
        return [
            talk(tx, status=Status.HUMAN, owner=ANNA.id, words=(*asked, ("agent", "Yes?")), at=hour),
            talk(tx, status=Status.HUMAN, owner=ANNA.id, words=unanswered, at=hour),
            talk(tx, status=Status.HUMAN, owner=ANNA.id, words=asked, at=hour + timedelta(minutes=1)),
        ]

    await staffed.write(lambda tx: talk(tx, status=Status.HUMAN, owner=PIOTR.id, words=answered_late))
    answered, waits, untouched = await staffed.write(seed)
    mine = (await lists_of(staffed)).mine
    assert ids(mine) == [waits, untouched, answered]
    assert mine[0].waited_s is not None
    assert 3590 < mine[0].waited_s <= 3600
    assert mine[2].waited_s is None
    assert mine[0].last is not None
    assert (mine[0].last.author, mine[0].last.text) == ("customer", "Hello?")


async def test_a_line_shows_what_the_customer_said_not_what_the_system_told(staffed: Store) -> None:
    told = [("system", "A colleague comes"), ("system", "You are the third")]

    def seed(tx: Connection) -> list[str]:
        return [
            talk(tx, words=[("bot", "Good morning"), ("customer", "A person!"), *told]),
            talk(tx, words=told),
            talk(tx, words=[("customer", "A person!"), *told, ("customer", "Hello?")]),
        ]

    keys = await staffed.write(seed)
    shown = {item.conversation: item.last for item in (await lists_of(staffed)).waiting}
    said = [(last.author, last.text) for last in map(shown.get, keys) if last is not None]
    assert said == [("customer", "A person!"), ("system", "You are the third"), ("customer", "Hello?")]


async def test_what_was_said_before_the_handoff_keeps_nobody_waiting(staffed: Store) -> None:
    words = [
        ("agent", "Until next time"),
        ("customer", "Thanks"),
        ("bot", "Gladly"),
        ("customer", "A person!"),
    ]
    came = now() - timedelta(hours=1)
    key = await staffed.write(lambda tx: talk(tx, status=Status.HUMAN, owner=ANNA.id, words=words, at=came))
    await staffed.write(
        lambda tx: tx.execute(sa.update(handoff).where(handoff.c.conversation_id == key).values(seq=4))
    )
    (item,) = (await lists_of(staffed)).mine
    # Since the fourth message, not since the second.
    since = sa.select(message.c.sent_at).where(message.c.conversation_id == key, message.c.seq == 4)
    wished = utc(await staffed.read(lambda tx: tx.execute(since).scalar()))
    assert item.waited_s is not None
    assert wished <= now() - timedelta(seconds=item.waited_s)
    assert wished > came + timedelta(seconds=3)


async def test_unread_counts_what_the_owner_has_not_seen_since_the_handoff(staffed: Store) -> None:
    words = [("customer", f"line {number}") for number in range(5)]
    key = await staffed.write(lambda tx: talk(tx, status=Status.HUMAN, owner=ANNA.id, words=words))
    await staffed.write(
        lambda tx: tx.execute(sa.update(handoff).where(handoff.c.conversation_id == key).values(seq=2))
    )
    assert (await lists_of(staffed)).mine[0].unread == 4
    assert not await staffed.write(reading.note_read, key, PIOTR.id, 4)
    assert await staffed.read(reading.unread, key, ANNA.id, 4)
    assert await staffed.write(reading.note_read, key, ANNA.id, 4)
    assert not await staffed.read(reading.unread, key, ANNA.id, 4)
    assert (await lists_of(staffed)).mine[0].unread == 1
    # What was not said yet cannot have been read.
    assert not await staffed.write(reading.note_read, key, ANNA.id, 50)


async def test_blocked_customers_stand_in_no_queue(staffed: Store) -> None:
    def seed(tx: Connection) -> None:
        talk(tx)
        talk(tx, status=Status.BOT)
        tx.execute(sa.update(customer).values(blocked_at=now()))

    await staffed.write(seed)
    seen = await lists_of(staffed, MARIA)
    assert (seen.waiting, seen.bot, seen.counts.waiting, seen.counts.bot) == ([], [], 0, 0)


async def test_what_was_not_delivered_is_marked(staffed: Store) -> None:
    def seed(tx: Connection) -> list[str]:
        made = [talk(tx, channel="telegram"), talk(tx, channel="telegram")]
        for key, status in zip(made, ("dead", "sent"), strict=True):
            said = tx.execute(
                sa.select(message.c.id, message.c.address_id).where(
                    message.c.conversation_id == key, message.c.author_kind == "bot"
                )
            ).one()
            tx.execute(
                sa.insert(outbox).values(
                    message_id=said.id,
                    address_id=said.address_id,
                    status=status,
                    next_at=now(),
                    created_at=now(),
                )
            )
        return made

    dead, _ = await staffed.write(seed)
    seen = (await lists_of(staffed)).waiting
    assert [item.conversation for item in seen if item.undelivered] == [dead]
    assert {item.channel for item in seen} == {"telegram"}


async def test_an_offer_is_shown_to_its_agent_while_it_lasts(staffed: Store) -> None:
    keys = await staffed.write(lambda tx: [talk(tx), talk(tx)])

    def offer_both(tx: Connection) -> None:
        for key, seconds in zip(keys, (30, -1), strict=True):
            until = now() + timedelta(seconds=seconds)
            change = sa.update(handoff).where(handoff.c.conversation_id == key)
            tx.execute(change.values(offered_to=ANNA.id, offered_until=until))

    await staffed.write(offer_both)
    (offer,) = await staffed.read(desk.offered, ANNA.id)
    assert offer.conversation == keys[0]
    assert offer.offered_to == ANNA.id
    assert await staffed.read(desk.offered, PIOTR.id) == []


@pytest.mark.parametrize("name", ["waiting", "bot", "mine", "snoozed", "others"])
async def test_pages_bring_each_conversation_once_also_when_moments_are_equal(
    staffed: Store, name: Any
) -> None:
    moment = now() - timedelta(minutes=3)
    about: dict[str, dict[str, Any]] = {
        "waiting": {},
        "bot": {"status": Status.BOT},
        "mine": {"status": Status.HUMAN, "owner": MARIA.id},
        "others": {"status": Status.HUMAN, "owner": ANNA.id},
        "snoozed": {"snoozed_until": now() + timedelta(hours=1)},
    }
    made = await staffed.write(lambda tx: {talk(tx, at=moment, **about[name]) for _ in range(7)})
    found: list[str] = []
    after = None
    for _ in range(4):
        part = await staffed.read(desk.page, MARIA, RULES, name, after=after, limit=2)
        found += ids(part.items)
        after = part.next
    assert after is None
    assert len(found) == 7
    assert set(found) == made


async def test_a_cursor_of_somebody_elses_making_is_refused(sqlite_settings: Settings) -> None:
    store = await open_store(sqlite_settings.database)
    for cursor in ("", "x", "!!", "W10", "WzEsMl0", "WzFlOTk5LDAsImEiXQ", "é", "a" * 5000):
        with pytest.raises(ClientError):
            await store.read(desk.page, ANNA, RULES, "bot", after=cursor, limit=2)
    await store.close()


async def test_lists_are_cut_and_counted_in_full(staffed: Store) -> None:
    def seed(tx: Connection) -> None:
        for _ in range(desk.MOST + 3):
            talk(tx)

    await staffed.write(seed)
    seen = await lists_of(staffed)
    assert (len(seen.waiting), seen.counts.waiting) == (desk.MOST, desk.MOST + 3)


async def test_all_lists_are_five_queries_an_offer_one_and_none_reads_a_whole_table(
    sqlite_settings: Settings,
) -> None:
    store = await open_store(sqlite_settings.database)
    await add_agents(store, [ANNA])
    await store.write(lambda tx: [talk(tx), talk(tx, status=Status.HUMAN, owner=ANNA.id)])
    with statements() as seen:
        await lists_of(store, ANNA)
        await store.read(desk.offered, ANNA.id)
    asked = [(text, values) for text, values in seen if text.startswith("SELECT")]
    assert len(asked) == 6
    plans = await store.read(lambda tx: [plan(tx, *one) for one in asked])
    await store.close()
    for found in plans:
        whole = [step for step in found if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"]
        assert whole == []


async def test_a_conversation_that_there_is_not_is_no_line(staffed: Store) -> None:
    key = await staffed.write(lambda tx: talk(tx))
    assert await staffed.read(desk.item, new_id()) is None
    found = await staffed.read(desk.item, key)
    assert found is not None
    assert found.conversation == key
    await staffed.write(lambda tx: tx.execute(sa.update(conversation).values(owner="nobody known")))
    found = await staffed.read(desk.item, key)
    assert found is not None
    assert found.owner is not None
    assert found.owner.name == ""
