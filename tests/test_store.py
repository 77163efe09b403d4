"""The store, over SQLite and PostgreSQL: accepted once, numbered without gaps, guarded by the epoch."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.errors import AlreadyWorked, ButtonUnknown, StaleOwner, StoreUnavailable
from bot.models import (
    Accepted,
    Author,
    AuthorKind,
    Button,
    Conversation,
    Inbound,
    InboxItem,
    Message,
    Status,
    new_id,
    now,
)
from bot.settings import Settings
from bot.store import Connection, Store, addresses, conversations, inbox, open_store, outbox
from bot.store.tables import conversation, customer, message, metadata
from tests.conftest import new_postgres_database


def inbound(
    text: str = "hello", *, event: str | None = None, sender: str = "visitor", **more: object
) -> Inbound:
    values: dict[str, object] = {"channel": "web", "account": "demo", "raw": "{}"} | more
    return Inbound(event_id=event or new_id(), sender=sender, text=text, **values)  # type: ignore[arg-type]


async def accept(store: Store, said: Inbound) -> Accepted:
    return await store.write(inbox.accept, said)


async def count(store: Store, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return int(await store.read(lambda connection: connection.execute(query).scalar()))


async def find(store: Store, accepted: Accepted) -> Conversation:
    return await store.read(conversations.find, accepted.conversation_id)


async def claim(store: Store, accepted: Accepted) -> InboxItem:
    item, _ = await store.write(inbox.claim, accepted.conversation_id)
    assert item is not None
    return item


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index ix_search_entry")
async def test_migrations_build_exactly_the_tables(store: Store) -> None:
    # Beside the tables stand the databases' own indexes of the search, which test_search.py looks at.
    def ours(item: object, name: str, kind: str, *more: object) -> bool:
        return kind != "table" or not name.startswith("search_index")

    context = {"include_object": ours}
    differences = await store.write(
        lambda connection: compare_metadata(MigrationContext.configure(connection, opts=context), metadata)
    )
    assert differences == []


async def test_two_processes_may_open_a_new_database_at_once(settings: Settings) -> None:
    stores = await asyncio.gather(*(open_store(settings.database) for _ in range(3)))
    await asyncio.gather(*(store.ping() for store in stores))
    await asyncio.gather(*(store.close() for store in stores))


@pytest.mark.parametrize("seed", range(5))
async def test_same_event_shuffled_and_concurrent_makes_one_message(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    events = [inbound(f"text {number}", event=f"event-{number}") for number in range(6)]
    deliveries = [event for event in events for _ in range(chance.randint(1, 5))]
    chance.shuffle(deliveries)
    answers = await asyncio.gather(*(accept(store, event) for event in deliveries))
    assert sum(answer.fresh for answer in answers) == len(events)
    by_message = {answer.message_id: answer.seq for answer in answers}
    assert sorted(by_message.values()) == [1, 2, 3, 4, 5, 6]
    assert await count(store, message) == len(events)


@pytest.mark.timeout(60)
async def test_one_process_may_open_several_new_databases_at_once(
    postgres_server: str, tmp_path: Path
) -> None:
    """Alembic works on one at a time, and whoever waits must not stop the thread that the other works in."""
    urls = [new_postgres_database(postgres_server) for _ in range(3)]
    urls += [Settings(data=tmp_path / name).database for name in ("one", "two")]
    stores = await asyncio.gather(
        *(open_store(Settings(data=tmp_path, database_url=url).database) for url in urls)
    )
    for store in stores:
        assert await count(store, message) == 0
        await store.close()


async def test_twenty_first_messages_at_once_open_one_conversation(store: Store) -> None:
    answers = await asyncio.gather(*(accept(store, inbound(f"text {n}")) for n in range(20)))
    assert len({answer.conversation_id for answer in answers}) == 1
    assert sorted(answer.seq for answer in answers) == list(range(1, 21))
    assert await count(store, conversation) == 1
    assert await count(store, customer) == 1


async def test_the_same_event_id_of_another_account_is_another_message(store: Store) -> None:
    one = await accept(store, inbound(event="1", account="demo"))
    other = await accept(store, inbound(event="1", account="other"))
    assert one.message_id != other.message_id
    assert one.conversation_id != other.conversation_id


async def test_the_database_refuses_a_second_open_conversation(store: Store) -> None:
    accepted = await accept(store, inbound())
    first = await find(store, accepted)
    row = {
        "id": new_id(),
        "customer_id": first.customer_id,
        "status": "bot",
        "opened_at": now(),
        "updated_at": now(),
    }
    with pytest.raises(sa.exc.IntegrityError):
        await store.write(lambda tx: tx.execute(sa.insert(conversation).values(**row)))


async def test_after_closing_the_next_message_opens_a_new_conversation_and_counts_on(store: Store) -> None:
    first = await accept(store, inbound())
    current = await find(store, first)
    await store.write(conversations.change_owner, current, status=Status.CLOSED, owner=None)
    second = await accept(store, inbound())
    assert second.conversation_id != first.conversation_id
    assert second.seq == first.seq + 1
    said = await store.read(conversations.messages_after, current.customer_id, 0)
    assert [one.seq for one in said] == [1, 2]


async def test_what_is_written_under_an_old_epoch_is_refused(store: Store) -> None:
    accepted = await accept(store, inbound())
    old = await find(store, accepted)
    new = await store.write(conversations.change_owner, old, status=Status.HUMAN, owner="agent")
    assert new.epoch == old.epoch + 1
    said = Message(new_id(), old.id, old.last_seq + 1, Author(AuthorKind.BOT), "too late", now())
    with pytest.raises(StaleOwner):
        await store.write(conversations.append, old, [said], address_id=None)
    with pytest.raises(StaleOwner):
        await store.write(_append_locked, old, [said])
    with pytest.raises(StaleOwner):
        await store.write(conversations.change_owner, old, status=Status.HUMAN, owner="another agent")
    assert await count(store, message) == 1


def _append_locked(tx: Connection, old: Conversation, said: list[Message]) -> None:
    current = conversations.locked(tx, old.id, epoch=old.epoch)
    conversations.append(tx, current, said, address_id=None)


async def test_of_two_agents_who_take_at_once_one_wins(store: Store) -> None:
    accepted = await accept(store, inbound())
    seen = await find(store, accepted)

    async def take(agent: str) -> bool:
        try:
            await store.write(conversations.change_owner, seen, status=Status.HUMAN, owner=agent)
            return True
        except StaleOwner:
            return False

    assert sorted(await asyncio.gather(*(take(f"agent {n}") for n in range(5)))) == [False] * 4 + [True]


async def test_a_message_is_finished_once(store: Store) -> None:
    item = await claim(store, await accept(store, inbound()))
    await store.write(inbox.finish, item)
    with pytest.raises(AlreadyWorked):
        await store.write(inbox.finish, item)


async def test_waiting_messages_are_claimed_in_the_order_of_the_conversation(store: Store) -> None:
    for number in range(3):
        accepted = await accept(store, inbound(f"text {number}"))
    texts = []
    for _ in range(3):
        item = await claim(store, accepted)
        texts.append(item.message.text)
        await store.write(inbox.finish, item)
    assert texts == ["text 0", "text 1", "text 2"]
    assert await store.write(inbox.claim, accepted.conversation_id) == (None, None)


async def test_a_postponed_message_rests_and_holds_its_lane(store: Store) -> None:
    accepted = await accept(store, inbound("first"))
    await accept(store, inbound("second"))
    await store.write(inbox.postpone, await claim(store, accepted), seconds=60, error="told to")
    nothing, rest = await store.write(inbox.claim, accepted.conversation_id)
    assert nothing is None
    assert rest is not None
    assert 50 < rest <= 60


async def test_only_offered_buttons_can_be_pressed(store: Store) -> None:
    current = await find(store, await accept(store, inbound()))
    button = Button(new_id(), "Yes", '/affirm{"order_number": "10024"}')
    said = Message(new_id(), current.id, 2, Author(AuthorKind.BOT), "Sure?", now(), buttons=(button,))
    await store.write(conversations.append, current, [said], address_id=None)
    pressed = await accept(store, inbound("", button_id=button.id))
    *_, last = await store.read(conversations.messages_after, current.customer_id, 0)
    assert (last.id, last.text, last.payload) == (pressed.message_id, "Yes", button.payload)
    for sender, button_id in (("visitor", "nonsense"), ("somebody else", button.id)):
        with pytest.raises(ButtonUnknown):
            await accept(store, inbound("", button_id=button_id, sender=sender))


async def test_a_refused_message_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ButtonUnknown):
        await accept(store, inbound("", button_id="nonsense", event="1"))
    assert await count(store, customer) == 0
    assert (await accept(store, inbound("better", event="1"))).fresh


@pytest.mark.parametrize(
    "text", ["\u202eright to left", "👩‍👩‍👧‍👦", "{{x}} %s {0}", "'; DROP TABLE message; --", "x" * 4000]
)
async def test_text_comes_back_as_it_was_said(store: Store, text: str) -> None:
    current = await find(store, await accept(store, inbound(text)))
    (said,) = await store.read(conversations.messages_after, current.customer_id, 0)
    assert said.text == text
    assert said.sent_at.tzinfo is not None


async def test_outbox_keeps_the_order_of_an_address(store: Store) -> None:
    current = await find(store, await accept(store, inbound()))
    to = await store.read(addresses.find, "web", "demo", "visitor")
    assert to is not None
    said = [Message(new_id(), current.id, n, Author(AuthorKind.BOT), f"{n}", now()) for n in (2, 3)]
    await store.write(conversations.append, current, said, address_id=to.id)
    await store.write(outbox.add, said, to.id)
    for expected in ("2", "3"):
        found = await store.read(outbox.next_for, to.id)
        assert found is not None
        item, rest = found
        assert (item.message.text, rest) == (expected, 0.0)
        await store.write(outbox.sent, item, provider_id="1")
    assert await store.read(outbox.next_for, to.id) is None


async def test_a_database_that_is_not_there_is_said_so(tmp_path: object) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        await open_store("postgresql+asyncpg://nobody@127.0.0.1:1/none")


async def test_reading_goes_on_while_another_process_holds_the_lock(sqlite_settings: Settings) -> None:
    store = await open_store(sqlite_settings.database)
    await accept(store, inbound())
    other = sqlite3.connect(sqlite_settings.data / "grija.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(accept(store, inbound("waits")))
    assert await count(store, message) == 1
    assert not writing.done()
    other.execute("COMMIT")
    assert (await writing).seq == 2
    other.close()
    await store.close()
