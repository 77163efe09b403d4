"""The search over all that was said, on both databases: newest first, without accents, in any alphabet."""

from __future__ import annotations

import sqlalchemy as sa

from bot.models import Author, AuthorKind, Deleted, Draft, Edited, Inbound, new_id
from bot.search_words import MOST_ASKED, asked, words
from bot.store import Connection, Store, addresses, conversations, inbox, revisions, search
from bot.store.tables import conversation, message, search_entry
from bot.writing import messages


async def say(store: Store, text: str, *, sender: str = "anna", channel: str = "web", event: str = "") -> str:
    said = Inbound(
        channel=channel, account="demo", event_id=event or new_id(), sender=sender, text=text, name="A"
    )
    return (await store.write(inbox.accept, said)).message_id


async def texts(store: Store, asked_for: str, **more: object) -> list[str]:
    return [hit.text for hit in await store.read(search.find, asked_for, **more)]  # type: ignore[arg-type]


def test_words_are_found_without_case_accents_and_alphabet() -> None:
    assert words("Zamówienie nr 10024!") == "zamowienie nr 10024"
    assert words("Παραγγελία Παραγγελίας") == "παραγγελια paraggelia παραγγελιασ paraggelias"
    assert words("поръчка") == "поръчка porachka"
    assert words("!? — 🙂") == ""
    assert asked("поръчка 10024") == [("поръчка", "porachka"), ("10024",)]
    assert len(asked(" ".join(f"w{number}" for number in range(99)))) == MOST_ASKED


async def test_a_message_is_found_by_the_beginnings_of_its_words(store: Store) -> None:
    await say(store, "Gdzie jest moje zamówienie 10024?")
    await say(store, "Πού είναι η παραγγελία μου;", sender="eleni")
    await say(store, "pou einai i paraggelia mou", sender="eleni")
    await say(store, "Къде е поръчката ми?", sender="boris")
    assert await texts(store, "ZAMOWIEN") == ["Gdzie jest moje zamówienie 10024?"]
    assert await texts(store, "zamówienie 10024") == await texts(store, "10024 gdzie")
    assert await texts(store, "παραγγελία") == ["pou einai i paraggelia mou", "Πού είναι η παραγγελία μου;"]
    assert await texts(store, "paraggelia") == ["pou einai i paraggelia mou", "Πού είναι η παραγγελία μου;"]
    assert await texts(store, "поръчк") == ["Къде е поръчката ми?"] == await texts(store, "porachk")
    assert await texts(store, "zamówienie 10025") == []


async def test_what_is_asked_is_never_read_as_a_query(store: Store) -> None:
    await say(store, "near and or not words")
    for strange in (
        '"',
        "'",
        "a* OR b",
        "words NEAR and",
        "-words",
        "words:*",
        "(words",
        "' | '",
        "\\",
        "%",
        "_",
        "",
    ):
        found = await texts(store, strange)
        assert found in ([], ["near and or not words"]), strange
    assert await texts(store, "near AND words") == ["near and or not words"]
    assert await texts(store, "missing OR words") == []


async def test_hits_are_the_newest_first_in_pages_and_by_channel_language_and_author(store: Store) -> None:
    for number in range(5):
        await say(store, f"parcel {number}", channel="web" if number % 2 else "telegram")
    first = await store.read(search.find, "parcel", limit=2)
    second = await store.read(search.find, "parcel", limit=9, after=first[-1].place)
    assert [hit.text for hit in (*first, *second)] == [f"parcel {number}" for number in (4, 3, 2, 1, 0)]
    assert await texts(store, "parcel", channel="web") == ["parcel 3", "parcel 1"]
    assert {hit.channel for hit in await store.read(search.find, "parcel", channel="telegram")} == {
        "telegram"
    }
    assert await texts(store, "parcel", author=AuthorKind.AGENT) == []
    one = first[0]
    assert (one.customer, one.author.kind, one.seq) == ("A", AuthorKind.CUSTOMER, 3)

    def speak_polish(tx: Connection) -> None:
        mine = conversation.c.id == one.conversation_id
        tx.execute(sa.update(conversation).where(mine).values(language="pl"))

    await store.write(speak_polish)
    assert await texts(store, "parcel", language="pl") == ["parcel 4", "parcel 2", "parcel 0"]


async def test_what_we_say_is_found_too(store: Store) -> None:
    await say(store, "hello")
    found = await store.read(addresses.find, "web", "demo", "anna")
    assert found is not None

    def answer(tx: Connection) -> None:
        current = conversations.open_for(tx, found.customer_id)
        said = messages(
            current,
            Author(AuthorKind.AGENT, "Maria"),
            [Draft("Rückgabe über das Formular")],
            answers=None,
            place="",
        )
        conversations.append(tx, current, said, address_id=found.id)

    await store.write(answer)
    (hit,) = await store.read(search.find, "ruckgabe formular")
    assert (hit.author.name, hit.author.kind) == ("Maria", AuthorKind.AGENT)


async def test_an_edited_message_is_found_by_its_new_words_and_a_deleted_one_not_at_all(store: Store) -> None:
    await say(store, "wrong address", event="1")
    await say(store, "secret words", event="2")
    await store.write(revisions.revise, Edited("web", "demo", "3", "1", "right address"))
    await store.write(revisions.revise, Deleted("web", "demo", "4", "2"))
    assert await texts(store, "right") == ["right address"]
    assert await texts(store, "wrong") == []
    assert await texts(store, "secret") == []
    stored = await store.read(lambda tx: [row[0] for row in tx.execute(sa.select(search_entry.c.words))])
    assert "secret words" not in stored


async def test_every_message_has_its_entry(store: Store) -> None:
    for number in range(3):
        await say(store, f"text {number}")

    def without(tx: Connection) -> int:
        missing = sa.select(message.c.id).where(message.c.id.notin_(sa.select(search_entry.c.message_id)))
        return len(tx.execute(missing).all())

    assert await store.read(without) == 0


async def test_the_database_answers_from_its_index(store: Store) -> None:
    def plan(tx: Connection) -> str:
        if tx.dialect.name == "sqlite":
            query = "EXPLAIN QUERY PLAN SELECT rowid FROM search_index WHERE search_index MATCH '\"parcel\"*'"
        else:
            tx.execute(sa.text("SET LOCAL enable_seqscan = off"))
            query = (
                "EXPLAIN SELECT id FROM search_entry WHERE array_to_tsvector(string_to_array(words, ' ')) "
                "@@ '''parcel'':*'::tsquery"
            )
        return " ".join(str(row) for row in tx.execute(sa.text(query.replace(":", "\\:"))))

    found = await store.read(plan)
    assert "search_index" in found or "ix_search_entry_words" in found


def test_only_letters_and_digits_reach_the_query() -> None:
    for form in (form for one in asked("a'b\"c d:* (e) f|g ß ﬁ İ") for form in one):
        assert form.isalnum()
