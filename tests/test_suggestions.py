"""Suggested answers, what is learned from solved cases, and canned answers."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
import yaml

from bot.desk import canned as canned_texts
from bot.desk.canned import VARIABLES, checked, fill, fitting, shipped
from bot.desk.near_cases import reusable
from bot.errors import CannedInvalid, Unknown
from bot.models import Reason
from bot.settings import Settings
from bot.store import Connection, Store, canned, solved
from bot.store.canned import Canned
from bot.store.tables import customer, solved_case
from tests.briefing import Scene, scene
from tests.customer import chosen
from tests.scripted import Line
from tests.shopping import Counter

LANGUAGES = ("en", "pl", "el", "bg", "ro")
SCRIPT = {
    "my teapot came without its lid, what now": Line("complaint"),
    "the teapot has no lid at all": Line("complaint", entities={"order_number": "10024"}),
    "how long does a refund take": Line("check_refund_policy"),
    "where is my parcel": Line("track_order"),
}
ANSWER = "Please keep the teapot, a new lid goes out today without any cost for you."


@pytest.fixture(autouse=True)
def _shop(counter: Counter) -> None:
    """A demo shop of this test's own."""


# From articles


async def test_a_passage_of_the_help_is_suggested_with_its_page(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("how long does a refund take")
        (answer, *_) = (await play.brief()).answers
        assert (answer.source, answer.title) == ("article", "Refunds")
        assert answer.text == "The money is back within 5 working days."
        assert answer.url == "http://localhost:8080/help/en/refunds"
        assert 0.5 <= answer.score <= 1


async def test_an_article_in_another_language_is_not_suggested(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT, language="ro") as play:
        await play.say("how long does a refund take")
        assert not [answer for answer in (await play.brief()).answers if answer.source == "article"]


# From solved cases


async def test_an_answer_that_solved_a_near_case_is_suggested_and_no_other(settings: Settings) -> None:
    async with scene(settings, SCRIPT) as play:
        await _solved(play, "my teapot came without its lid, what now", ANSWER, sender="maria")
        await _solved(
            play, "where is my parcel", "The parcel is with the carrier since Monday.", sender="eva"
        )
        await play.briefs.sweep()
        await play.say("the teapot has no lid at all", sender="anna")
        found = [answer for answer in (await play.brief()).answers if answer.source == "earlier"]
        assert [answer.text for answer in found] == [ANSWER]
        assert 0 < found[0].score <= 1


async def test_only_what_ended_well_is_learned_once_and_not_from_the_same_conversation(
    settings: Settings,
) -> None:
    async with scene(settings, SCRIPT) as play:
        await _solved(
            play, "my teapot came without its lid, what now", ANSWER, sender="a", outcome="unsolved"
        )
        assert await play.cases.learn() == 0
        await _solved(play, "my teapot came without its lid, what now", ANSWER, sender="b")
        assert await play.cases.learn() == 1
        assert await play.cases.learn() == 0
        seen = await play.current("b")
        near = await play.cases.find("the lid", "en", "complaint", but="another", limit=3)
        assert [item.text for item in near] == [ANSWER]
        assert await play.cases.find("the lid", "en", "complaint", but=seen.id, limit=3) == []
        assert await play.cases.find("the lid", "pl", "complaint", but="another", limit=3) == []
        assert await play.cases.find("the lid", "en", "track_order", but="another", limit=3) == []


async def test_short_words_and_answers_without_a_question_are_not_offered(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        await _solved(play, "my teapot came without its lid, what now", "Done.", sender="a")
        assert await play.cases.learn() == 1
        assert await play.bench.store.read(solved.cases, "en", "hashing-256") == []
        kept = await play.bench.store.read(
            lambda tx: tx.execute(sa.select(solved_case.c.vector)).scalars().all()
        )
        assert [bytes(vector) for vector in kept] == [b""]


async def test_nothing_of_the_earlier_customer_is_in_a_suggested_answer(sqlite_settings: Settings) -> None:
    said = "Anna, your new lid goes to anna@example.com, order 10024, phone +48 601 234 567. Good luck!"
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("my teapot came without its lid, what now", sender="a")
        await play.bench.store.write(_call_everybody, "Anna Nowak")
        await play.call(Reason.COMPLAINT, sender="a")
        await play.take(sender="a")
        await play.reply(said, sender="a")
        await play.reply(ANSWER + " Best wishes to you, Anna!", sender="a")
        await play.close(sender="a")
        await play.briefs.sweep()
        near = await play.cases.find("no lid", "en", "complaint", but="", limit=5)
        assert [item.text for item in near] == [ANSWER + " Best wishes to you, …!"]


def test_what_belongs_to_one_customer_is_masked() -> None:
    assert reusable("Dear Ania, order 10024 is here.", "Ania Nowak") == "Dear …, order … is here."
    assert reusable("Written to anna@example.com.", "") == "Written to …."
    assert reusable("See https://shop.example/pay/abc now", "") == "See … now"
    assert reusable("Anny nie ma, jest Panna", "Anna") == "… nie ma, jest Panna"
    assert reusable("Wait 3 to 5 days… really", "Bo") == "Wait 3 to 5 days… really"
    assert reusable("10024, 10025, 10026, 10027 are sent", "") is None


async def _solved(play: Scene, question: str, answer: str, *, sender: str, outcome: str = "solved") -> None:
    await play.say(question, sender=sender)
    await play.call(Reason.COMPLAINT, sender=sender)
    await play.take(sender=sender)
    await play.reply(answer, sender=sender)
    await play.close(outcome=outcome, sender=sender)


def _call_everybody(tx: Connection, name: str) -> None:
    tx.execute(sa.update(customer).values(name=name))


# Canned answers


def test_the_shipped_set_is_whole_in_every_language() -> None:
    by_language = {language: shipped([language]) for language in LANGUAGES}
    shortcuts = [answer.shortcut for answer in by_language["en"]]
    for language, answers in by_language.items():
        assert [answer.shortcut for answer in answers] == shortcuts, language
        for answer in answers:
            assert checked(answer.shortcut, language, answer.title, answer.text, LANGUAGES) == answer
    orders = [answer.shortcut for answer in by_language["en"] if "{order}" in answer.text]
    for language in LANGUAGES:
        found = [answer.shortcut for answer in by_language[language] if "{order}" in answer.text]
        assert found == orders, language
    wishes = yaml.safe_load((canned_texts.FOLDER / "wishes.yml").read_text(encoding="utf-8"))
    assert set(wishes) <= set(chosen())
    assert {name for names in wishes.values() for name in names} <= set(shortcuts)
    assert fitting("no such wish") == ()


def test_variables_are_filled_once_and_a_missing_name_leaves_no_gap() -> None:
    assert fill("Hello {customer}, order {order}.", {"customer": "{order}", "order": "10024"}) == (
        "Hello {order}, order 10024.",
        (),
    )
    assert fill("Hello {customer}, order {order}.", {}) == ("Hello, order {order}.", ("order",))
    assert fill("{agent} and {agent}", {"agent": r"\1"}) == (r"\1 and \1", ())


@pytest.mark.parametrize(
    ("shortcut", "language", "title", "text"),
    [
        ("Hello", "en", "t", "x"), ("a b", "en", "t", "x"), ("x" * 33, "en", "t", "x"), ("", "en", "t", "x"),
        ("ok", "de", "t", "x"), ("ok", "en", " ", "x"), ("ok", "en", "t", ""), ("ok", "en", "t" * 121, "x"),
        ("ok", "en", "t", "x" * 4001), ("ok", "en", "t", "{nobody}"), ("ok", "en", "t", "{}"),
        ("ok", "en", "t", "{ORDER}"), ("ok-", "en", "t", "x"),
    ],
)  # fmt: skip
def test_a_wrong_canned_answer_is_refused(shortcut: str, language: str, title: str, text: str) -> None:
    with pytest.raises(CannedInvalid):
        checked(shortcut, language, title, text, LANGUAGES)


def test_braces_that_are_no_variable_stay_text() -> None:
    answer = checked("ok", "en", "t", "json {a: 1} and {customer.name}", LANGUAGES)
    assert fill(answer.text, {})[0] == "json {a: 1} and {customer.name}"
    assert set(VARIABLES) >= {"customer", "agent", "order"}


async def test_the_shipped_set_is_put_in_once_and_never_over_the_sites_own(store: Store) -> None:
    first = [Canned("hello", "en", "t", "ours"), Canned("bye", "en", "t", "ours")]
    await store.write(canned.put, Canned("hello", "en", "t", "the site's"), by="agent")
    assert await store.write(canned.ship, first) == 1
    assert await store.write(canned.remove, "bye", "en")
    assert not await store.write(canned.remove, "bye", "en")
    assert await store.write(canned.ship, [*first, Canned("new", "en", "t", "later")]) == 1
    texts = {answer.shortcut: answer.text for answer in await store.read(canned.all_of)}
    assert texts == {"hello": "the site's", "new": "later"}


async def test_canned_answers_come_in_the_customers_language_and_can_be_read_in_ones_own(
    settings: Settings,
) -> None:
    async with scene(settings, SCRIPT, language="el") as play:
        await play.say("the teapot has no lid at all")
        conversation = (await play.current()).id
        found = {
            item.shortcut: item for item in await play.briefs.canned(conversation, locale="pl", agent="Zoe")
        }
        delay = found["delay"]
        assert (delay.language, delay.title) == ("el", "Paczka się spóźnia")
        assert "η παραγγελία 10024" in delay.text
        assert "zamówienia 10024" in delay.own
        assert delay.missing == ()
        assert "Zoe" in found["hello"].text
        assert "{" not in found["hello"].text
        english = {item.shortcut: item for item in await play.briefs.canned(conversation, locale="el")}
        assert english["delay"].own == ""
        assert english["hello"].missing == ("agent",)


async def test_a_canned_answer_of_the_site_is_written_changed_and_removed(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.canned.put("gift", "en", "Gift", " A gift for {customer} ", by=play.maria)
        await play.canned.put("gift", "en", "Gift", "Two gifts", by=play.maria)
        mine = [answer for answer in await play.canned.all_of("en") if answer.shortcut == "gift"]
        assert mine == [Canned("gift", "en", "Gift", "Two gifts")]
        await play.canned.remove("gift", "en")
        with pytest.raises(Unknown):
            await play.canned.remove("gift", "en")


async def test_a_canned_answer_is_suggested_where_it_fits_and_everything_in_it_is_known(
    sqlite_settings: Settings,
) -> None:
    lines = {**SCRIPT, "where is 10024": Line("track_order", entities={"order_number": "10024"})}
    async with scene(sqlite_settings, lines) as play:
        await play.say("where is my parcel")
        (answer,) = [item for item in (await play.brief()).answers if item.source == "canned"]
        assert answer.text.startswith("Thank you, I am looking into this")
        await play.say("where is 10024")
        (answer,) = [item for item in (await play.brief()).answers if item.source == "canned"]
        assert "order 10024 is late" in answer.text
        assert len((await play.brief()).answers) <= 3
