"""The brief: every kind of line over real stored conversations, in several languages, with the messages it rests on."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from actions.backends.model import ShopTimeout
from bot.desk.attempts import TALK
from bot.desk.promises import promised
from bot.desk.wording import FOLDER, wording
from bot.errors import Unknown
from bot.models import STEP_ENDS, Inbound, Reason, Step, new_id
from bot.settings import Settings
from bot.store import Connection
from bot.store.tables import address, conversation, customer, outbox
from tests.briefing import Scene, all_lines, scene, texts
from tests.customer import chosen, domain
from tests.scripted import Line, felt
from tests.shopping import Counter

LANGUAGES = ("en", "pl", "el", "bg", "ro")
REFUND = {"order_number": "10005"}
ORDER = {"order_number": "10024"}
SCRIPT = {
    "hello": Line("greet", ["Hi!"], [Step("greet", "answered")]),
    "my money back for 10005": Line(
        "get_refund",
        ["What is wrong with it?"],
        [Step("get_refund", "asked", "reason", ("utter_ask_refund_reason",), about=REFUND)],
        REFUND,
    ),
    "it is broken": Line(
        "nlu_fallback",
        ["Done: your refund has the number R1. The money should be with you by 3 May."],
        [
            Step(
                "get_refund", "done", "", ("utter_refund_requested",), ("RequestRefund",), {**REFUND, "refund": "R1"}
            )
        ],
    ),
    "where is 10024": Line(
        "track_order",
        ["Order 10024 is on its way.", "It should arrive by Friday."],
        [Step("track_order", "answered", "", ("utter_track_shipped", "utter_expected_on"), about=ORDER)],
        {"order_number": "10024"},
    ),
    "cancel 10025": Line(
        "cancel_order", ["It was sent already."], [Step("cancel_order", "refused", about={"order_number": "10025"})],
        {"order_number": "10025"},
    ),
    "shop down": Line("track_order", ["Sorry."], [Step("track_order", "unavailable", about={"order_number": "10024"})]),
    "shop odd": Line("cancel_order", ["Sorry."], [Step("cancel_order", "unknown", about={"order_number": "10024"})]),
    "blub": Line("nlu_fallback", ["I did not understand."], [Step("nlu_fallback", "missed")]),
    "blah": Line("nlu_fallback", ["Still not."], [Step("nlu_fallback", "missed")]),
    "a person": Line("contact_human_agent", ["Here is how."], [Step("contact_human_agent", "answered")]),
    "this is a disgrace": Line(
        "complaint", ["Case K7."],
        [Step("complaint", "done", "", ("utter_complaint_filed",), ("FileComplaint",), {"case": "K7"})],
    ),
    "who am I": Line("track_order", ["Your orders."], [Step("track_order", "answered")], proved="C1001"),
    "and my invoice": Line("get_invoice", confidence=0.9, entities={"order_number": "10024"}),
    "not sure": Line("get_invoice", confidence=0.2),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _shop(counter: Counter) -> None:
    """A demo shop of this test's own."""


async def opened_shop() -> None:
    from actions.shop import current_shop

    await current_shop().check()


# The words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_each_language_are_complete(language: str) -> None:
    english, own = (yaml.safe_load((FOLDER / f"{code}.yml").read_text()) for code in ("en", language))
    assert own.keys() == english.keys()
    for part, words in english.items():
        if not isinstance(words, dict):
            continue
        assert own[part].keys() == words.keys(), part
        for name, text in words.items():
            assert _places(own[part][name]) == _places(text), (part, name)
            assert own[part][name].strip(), (part, name)
    assert set(own["wishes"]) == set(chosen()) - TALK
    assert set(own["ends"]) == set(STEP_ENDS)
    assert set(own["reasons"]) == {reason.value for reason in Reason}


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_response_that_promises_is_one_of_the_bots() -> None:
    from bot.desk.promises import RESPONSES

    assert set(domain()["responses"]) >= RESPONSES


# Who


async def test_who_somebody_is_as_far_as_is_known(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        (first,) = await play.say("hello")
        brief = await play.brief()
        assert texts(brief.customer)[0] == "The name is not known"
        assert "Writes in: English" in texts(brief.customer)
        assert "Channels: platform" in texts(brief.customer)
        assert any(
            re.fullmatch(r"Customer since \d+ \w+ \d{4}, conversations before this one: 0", line)
            for line in texts(brief.customer)
        )
        assert "Has not proved to be a customer of the shop: no orders are shown" in texts(brief.customer)
        assert brief.customer[0].messages == (first,)
        await play.bench.store.write(_rename, "Anna {order} <b>Nowak</b>", "anna@example.com")
        brief = await play.briefs.of((await play.current()).id, locale="pl")
        assert texts(brief.customer)[:2] == ["Anna {order} <b>Nowak</b>", "E-mail: anna@example.com"]


async def test_a_blocked_and_unreachable_customer_is_shown_as_such(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("hello")

        def spoil(tx: Connection) -> None:
            from bot.models import now

            tx.execute(sa.update(customer).values(blocked_at=now()))
            tx.execute(sa.update(address).values(reachable=False))

        await play.bench.store.write(spoil)
        lines = texts((await play.brief()).customer)
        assert "This customer is blocked" in lines
        assert "Cannot be reached any more on: platform" in lines


async def test_orders_are_shown_only_of_a_proved_customer(sqlite_settings: Settings) -> None:
    await opened_shop()
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("hello")
        first, second = await play.say("who am I", "who am I")
        lines = (await play.brief()).customer
        (proved,) = [line for line in lines if "C1001" in line.text]
        assert proved.messages == (first,), "the message by which it was proved, not a later one"
        assert second != first
        orders = [line for line in lines if line.text.startswith("Order ")]
        assert 1 <= len(orders) <= 3
        assert all(line.messages == (first,) for line in orders)
        polish = (await play.brief("pl")).customer
        assert any(line.text.startswith("Zamówienie ") for line in polish)


async def test_a_silent_shop_is_said_and_does_not_hold_the_brief(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actions.shop import current_shop

    await opened_shop()

    async def silent(*more: object) -> Any:
        raise ShopTimeout("no answer")

    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("who am I")
        monkeypatch.setattr(current_shop(), "ask", silent)
        lines = texts((await play.brief()).customer)
        assert "The shop does not answer at the moment: no orders can be shown" in lines
        assert not [line for line in lines if line.startswith("Order ")]


async def test_a_customer_whom_the_site_has_signed_is_that_customer(sqlite_settings: Settings) -> None:
    await opened_shop()
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("hello", sender="user:emma")

        def widget(tx: Connection, *, verified: bool) -> None:
            from bot.store.tables import inbox

            tx.execute(sa.update(address).values(channel="web"))
            tx.execute(sa.update(inbox).values(verified=verified))

        found = await play.current("user:emma")
        await play.bench.store.write(widget, verified=False)
        lines = texts((await play.briefs.of(found.id)).customer)
        assert "Has not proved to be a customer of the shop: no orders are shown" in lines
        await play.bench.store.write(widget, verified=True)
        lines = texts((await play.briefs.of(found.id)).customer)
        assert "Signed in on the shop's site as emma" in lines
        assert [line for line in lines if line.startswith("Order ")]


def _rename(tx: Connection, name: str, email: str) -> None:
    tx.execute(sa.update(customer).values(name=name, email=email))


# What they want


async def test_the_wish_is_the_newest_with_what_it_names(settings: Settings) -> None:
    async with scene(settings, SCRIPT) as play:
        tracked, refund = await play.say("where is 10024", "my money back for 10005")
        brief = await play.brief()
        assert texts(brief.wish) == [
            "A refund (order 10005): “my money back for 10005”",
            "Where an order is (order 10024): “where is 10024”",
        ]
        assert [line.messages for line in brief.wish] == [(refund,), (tracked,)]
        assert brief.wish[0].at is not None


async def test_an_answer_to_a_question_is_no_wish_of_its_own(sqlite_settings: Settings) -> None:
    """ "It was broken" reads like trouble with a payment; here it was the reason for a refund."""
    asked = Step("get_refund", "asked", "sure", ("utter_confirm_refund",), about=REFUND)
    lines = {**SCRIPT, "it was broken": Line("payment_issue", ["Shall I ask for it?"], [asked])}
    async with scene(sqlite_settings, lines) as play:
        wish, reason = await play.say("my money back for 10005", "it was broken")
        brief = await play.brief()
        assert texts(brief.wish) == [
            "Wrote: “it was broken”",
            "A refund (order 10005): “my money back for 10005”",
        ]
        assert [line.messages for line in brief.wish] == [(reason,), (wish,)]
        await play.bench.hub.close(await play.current())
        await play.say("hello")
        assert "payment" not in (await play.brief()).earlier[0].text


async def test_answers_are_no_repeated_wish(sqlite_settings: Settings) -> None:
    asked = Step("get_refund", "asked", "sure", about=REFUND)
    lines = {f"answer {place}": Line("affirm", ["?"], [asked]) for place in range(4)}
    async with scene(sqlite_settings, {**SCRIPT, **lines}) as play:
        await play.say("my money back for 10005", *lines)
        assert not [line for line in (await play.brief()).mood if "several times" in line.text]


async def test_small_talk_is_no_wish_and_words_not_understood_are_quoted(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("hello")
        assert texts((await play.brief()).wish) == ["Wrote: “hello”"]
        (other,) = await play.say("blub")
        brief = await play.brief()
        assert texts(brief.wish) == ["Wrote: “blub”"]
        assert brief.wish[0].messages == (other,)


async def test_what_is_said_to_people_is_read_after_the_fact_if_it_is_certain(
    sqlite_settings: Settings,
) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("hello")
        await play.call()
        await play.take()
        unsure, sure = await play.say("not sure", "and my invoice")
        brief = await play.brief()
        assert texts(brief.wish) == ["Getting an invoice (order 10024): “and my invoice”"]
        assert brief.wish[0].messages == (sure,)
        assert unsure != sure


async def test_a_message_that_was_taken_back_is_nowhere_in_the_brief(sqlite_settings: Settings) -> None:
    from bot.models import Deleted

    async with scene(sqlite_settings, SCRIPT) as play:
        await play.bench.say("my money back for 10005", event="gone")
        await play.say("hello")
        gone = Deleted("platform", "x", new_id(), "gone")
        await play.bench.hub.take_in(gone)
        brief = await play.brief()
        assert not [line for line in all_lines(brief) if "my money back" in line.text]
        assert texts(brief.wish) == ["Wrote: “hello”"]


async def test_files_are_counted(sqlite_settings: Settings) -> None:
    from bot.models import IncomingFile

    async with scene(sqlite_settings, SCRIPT) as play:
        play.bench.platform.files["r1"] = b"x"
        await play.bench.hub.accept(
            Inbound(
                "platform", "x", new_id(), "anna", text="look", attachments=(IncomingFile("photo", "r1"),)
            )
        )
        await play.bench.settle()
        assert "Sent files: 1" in texts((await play.brief()).wish)


# What was tried


async def test_one_matter_is_one_line_with_all_its_messages(settings: Settings) -> None:
    async with scene(settings, SCRIPT) as play:
        begun, ended = await play.say("my money back for 10005", "it is broken")
        brief = await play.brief()
        (line,) = brief.tried
        assert line.text == "A refund (order 10005, refund R1): done by the bot"
        said = await play.messages()
        answers = [message.id for message in said if message.answers in (begun, ended)]
        assert set(line.messages) == {begun, ended, *answers}
        assert line.messages[0] == begun


async def test_each_end_is_told_as_it_was(sqlite_settings: Settings) -> None:
    lines = {
        end: Line(
            "get_refund", ["said"], [Step("get_refund", end, "sure" if end == "asked" else "", about=REFUND)]
        )
        for end in STEP_ENDS
    }
    async with scene(sqlite_settings, lines) as play:
        for end in STEP_ENDS:
            (message,) = await play.say(end, sender=end)
            for locale in LANGUAGES:
                (line,) = (await play.brief(locale, sender=end)).tried
                words = wording(locale)
                assert line.text.endswith(": " + words.of("ends", end)), line
                assert words.about(REFUND) in line.text
                assert message in line.messages


async def test_two_orders_are_two_lines_and_misses_are_one(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        one, other = await play.say("blub", "blah")
        await play.say("cancel 10025", "where is 10024", "hello", "a person")
        assert texts((await play.brief()).tried) == [
            "Not understood: the bot did not understand",
            "Cancelling an order (order 10025): the shop refused",
            "Where an order is (order 10024): answered by the bot",
        ]
        assert {one, other} <= set((await play.brief()).tried[0].messages)


async def test_a_turn_that_our_side_could_not_work_is_told(sqlite_settings: Settings) -> None:
    async with scene(replace(sqlite_settings, turn_tries=1), SCRIPT) as play:
        (broken,) = await play.say("fail")
        brief = await play.brief()
        failed, passed = brief.tried
        assert failed.text == "Our side failed at this message, the bot has not answered it: “fail”"
        assert passed.text.endswith("went to people (something failed on our side)")
        assert failed.messages == passed.messages == (broken,)
        assert brief.next.text == "Read the message that our side failed at, and answer it."
        assert brief.next.messages == (broken,)


async def test_passages_to_people_are_told_with_reason_and_who_took_them(settings: Settings) -> None:
    async with scene(settings, SCRIPT) as play:
        (asked,) = await play.say("a person")
        await play.call(Reason.ASKED)
        (line,) = (await play.brief()).tried
        assert re.fullmatch(r"\d+ \w+ \d{4}: went to people \(the customer asked for a person\)", line.text)
        assert line.messages == (asked,)
        await play.take()
        assert (await play.brief()).tried[0].text.endswith("Maria took it")


# What was before


async def test_earlier_problems_are_told_with_their_end_and_the_answer_that_ended_them(
    settings: Settings,
) -> None:
    async with scene(settings, SCRIPT) as play:
        first, *_ = await play.say("my money back for 10005", "it is broken")
        await play.call(Reason.COMPLAINT)
        await play.take()
        answer = await play.reply("The money is on your account now, please look.")
        await play.close(outcome="solved", note="Paid by hand {quote}")
        await play.say("where is 10024")
        lines = (await play.brief()).earlier
        assert re.fullmatch(r"\d+ \w+ \d{4}: a refund; closed by people: solved", lines[0].text)
        assert lines[0].messages == (first,)
        assert re.fullmatch(r"Maria noted on \d+ \w+ \d{4}: “Paid by hand {quote}”", lines[1].text)
        assert lines[2].text == "Last answer, by Maria: “The money is on your account now, please look.”"
        assert lines[2].messages == (answer,)
        assert "1" in (await play.brief("ro")).customer[-2].text


async def test_a_rating_and_a_conversation_that_ended_with_the_bot_are_told(
    sqlite_settings: Settings,
) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        (first,) = await play.say("blub")
        await play.bench.hub.close(await play.current())

        def rate(tx: Connection) -> None:
            tx.execute(sa.update(conversation).values(rating=2, rating_comment="too slow"))

        await play.bench.store.write(rate)
        await play.say("hello")
        brief = await play.brief()
        assert brief.earlier[0].text.endswith(": “blub”; ended with the bot")
        (rated,) = [line for line in brief.mood if line.text.startswith("Rated")]
        assert rated.text.endswith(": 2 of 5, “too slow”")
        assert rated.messages == (first,)


async def test_a_note_of_this_conversation_comes_first(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("a person")
        await play.call()
        await play.take()
        await play.desk.release(play.maria, (await play.current()).id, note="Called, nobody there")
        (message,) = await play.say("hello")
        line = (await play.brief()).earlier[0]
        assert line.text.startswith("Maria noted on")
        assert line.text.endswith("“Called, nobody there”")
        assert line.messages
        assert message not in line.messages


# What is open and was promised


async def test_an_open_question_of_the_bot_is_quoted(settings: Settings) -> None:
    async with scene(settings, SCRIPT) as play:
        (begun,) = await play.say("my money back for 10005")
        brief = await play.brief()
        assert "Not finished: a refund. The bot asked: “What is wrong with it?”" in texts(brief.promised)
        assert brief.next.text == "Finish what the bot began: a refund (order 10005)."
        assert begun in brief.next.messages
        await play.say("it is broken")
        assert not [line for line in (await play.brief()).promised if "Not finished" in line.text]


async def test_after_people_the_bot_begins_anew_and_its_question_is_closed(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("my money back for 10005")
        await play.call()
        await play.take()
        assert [line for line in (await play.brief()).promised if "Not finished" in line.text]
        await play.desk.release(play.maria, (await play.current()).id, note="")
        await play.say("hello")
        brief = await play.brief()
        assert not [line for line in brief.promised if "Not finished" in line.text]
        assert "A refund (order 10005): left unfinished" in texts(brief.tried)


async def test_what_the_bot_promised_is_told_only_where_it_is_certain(sqlite_settings: Settings) -> None:
    lines = {
        **SCRIPT,
        "odd": Line("track_order", ["a", "b"], [Step("track_order", "answered", "", ("utter_expected_on",))]),
    }
    async with scene(sqlite_settings, lines) as play:
        (asked,) = await play.say("where is 10024")
        said = {message.text: message.id for message in await play.messages()}
        promises = (await play.brief()).promised
        assert [line.messages for line in promises] == [(said["It should arrive by Friday."],)]
        assert re.fullmatch(r"Grija on .*: “It should arrive by Friday\.”", promises[0].text)
        assert asked
        await play.say("odd")
        assert len((await play.brief()).promised) == 1


@pytest.mark.parametrize(
    ("language", "promise", "other"),
    [
        ("en", "We'll send it again on Monday.", "Which colour is it?"),
        ("pl", "Jutro wyślę nową paczkę.", "Czy wyślę na ten adres?"),
        ("el", "Θα σας στείλουμε καινούργιο αύριο.", "Θα θέλατε καινούργιο;"),
        ("bg", "Утре ще Ви изпратим нова пратка.", "Няма да е скоро."),
        ("ro", "Vom trimite mâine un colet nou.", "Nu vom trimite altul."),
    ],
)
async def test_promises_of_people_are_quoted_in_five_languages(
    sqlite_settings: Settings, language: str, promise: str, other: str
) -> None:
    async with scene(sqlite_settings, SCRIPT, language=language) as play:
        await play.say("a person")
        await play.call()
        await play.take()
        said = await play.reply(f"{other} {promise}")
        (line,) = [line for line in (await play.brief(language)).promised if "Maria" in line.text]
        assert promise in line.text
        assert other not in line.text
        assert line.messages == (said,)


def test_questions_and_refusals_are_no_promises() -> None:
    assert promised("I will call you. Will be there? I won't. If you will be there we will see.", ["en"]) == [
        "I will call you."
    ]
    assert promised("Θα επικοινωνήσω μαζί σας σήμερα.", ["el"])
    assert promised("I will", ["xx"]) == []
    assert promised("", ["en"]) == [] == promised("...", ["en", "el"])


async def test_messages_without_an_answer_are_counted(settings: Settings) -> None:
    async with scene(settings, SCRIPT) as play:
        await play.say("hello", "blub")
        (called,) = await play.say("a person")
        await play.call()
        more = await play.say("are you there", "hm")
        line = (await play.brief()).promised[0]
        assert line.text == "Messages without an answer: 3, the last: “hm”"
        assert line.messages == (called, *more)
        await play.take()
        await play.reply("Yes, here I am")
        assert not [line for line in (await play.brief()).promised if "without an answer" in line.text]


async def test_what_could_not_be_delivered_is_told(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say("hello")
        await play.bench.store.write(lambda tx: tx.execute(sa.update(outbox).values(status="dead")) and None)
        brief = await play.brief()
        (line,) = [line for line in brief.promised if line.text.startswith("Could not be delivered")]
        assert "“Hi!”" in line.text
        assert brief.next.text == "Send again what could not be delivered."
        assert brief.next.messages == line.messages


# How they feel


def _felt(name: str, valence: float, *, weak: bool = False) -> Line:
    return Line("track_order", ["said"], sentiment=felt(valence, name, weak=weak))


MOODS: list[tuple[tuple[float, ...], str]] = [
    ((0.5, 0.5, -0.8), "In a bad mood, worse than at first"),
    ((-0.8, 0.0, 0.6), "In a good mood, better than at first"),
    ((0.0, 0.1, 0.0), "Even-tempered, all the time"),
    ((-0.9,), "In a bad mood"),
]


async def test_mood_and_its_course_are_told_where_the_model_reads_them(sqlite_settings: Settings) -> None:
    lines = {f"words {value}": _felt("x", value) for valences, _ in MOODS for value in valences}
    async with scene(sqlite_settings, lines) as play:
        for valences, text in MOODS:
            said = await play.say(*(f"words {value}" for value in valences), sender=text)
            line = (await play.brief(sender=text)).mood[0]
            assert line.text == text
            assert {said[0], said[-1]} == set(line.messages)


async def test_a_weak_reading_tells_no_mood(sqlite_settings: Settings) -> None:
    lines = {"sure": _felt("neutral", 0.6), "guessed": _felt("anger", -0.9, weak=True)}
    async with scene(sqlite_settings, lines) as play:
        sure = (await play.say("sure", "guessed"))[0]
        line = (await play.brief()).mood[0]
        assert (line.text, line.messages) == ("In a good mood", (sure,))
        await play.say("guessed", sender="boris")
        assert texts((await play.brief(sender="boris")).mood) == ["No sign of anger in the last messages"]


async def test_signs_of_anger_are_told_with_the_messages_that_show_them(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        (calm,) = await play.say("hello")
        line = (await play.brief()).mood[0]
        assert (line.text, line.messages) == ("No sign of anger in the last messages", (calm,))
        complained, shouted, marks = await play.say(
            "this is a disgrace", "WHERE IS MY PARCEL AT LAST", "now! please! at once! really!"
        )
        await play.call(Reason.MOOD, anger=0.9)
        mood = (await play.brief()).mood
        found = {line.text: line.messages for line in mood}
        assert found["Made a complaint"] == (complained,)
        assert found["Writes in capitals: “WHERE IS MY PARCEL AT LAST”"] == (shouted,)
        assert found["Many exclamation marks: “now! please! at once! really!”"] == (marks,)
        assert found["Was angry when people were called"] == (marks,)
        assert "No sign of anger in the last messages" not in found


async def test_the_same_thing_asked_again_and_again_is_told(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        said = await play.say("where is 10024", "where is 10024")
        assert not [line for line in (await play.brief()).mood if "several times" in line.text]
        said += await play.say("where is 10024")
        (line,) = [line for line in (await play.brief()).mood if "several times" in line.text]
        assert line.text == "Asked for the same thing several times: where an order is"
        assert line.messages == tuple(said)


# What next


NEXT: list[tuple[list[str], Reason | None, str]] = [
    (["shop down"], Reason.FAILED, "Do it by hand, the bot could not: where an order is (order 10024)."),
    (["shop down", "where is 10024"], None, "Nothing is open: the last word was ours."),
    (
        ["shop odd"],
        Reason.FAILED,
        "Look into the shop whether it was done: cancelling an order (order 10024). Then tell the customer.",
    ),
    (
        ["this is a disgrace"],
        Reason.COMPLAINT,
        "Say sorry, tell what happens now and by when: a complaint (case K7).",
    ),
    (
        ["cancel 10025"],
        Reason.ASKED,
        "The shop refused: cancelling an order (order 10025). Explain why, or decide on an exception.",
    ),
    (["blub", "blah"], Reason.MISSED, "Ask what exactly the customer needs: the bot did not understand."),
    (["where is 10024"], Reason.PROMISE, "See what has become of the promise, and tell the customer."),
    (["a person"], Reason.ASKED, "Take care of: a person."),
]


async def test_the_next_step_follows_from_what_happened(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        for place, (said, reason, text) in enumerate(NEXT):
            who = f"customer {place}"
            await play.say(*said, sender=who)
            if reason is not None:
                await play.call(reason, sender=who)
            brief = await play.brief(sender=who)
            assert brief.next.text == text
            assert brief.next.messages


async def test_a_protected_topic_comes_before_everything_else(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        (said,) = await play.say("shop down")
        await play.call(Reason.PROTECTED, topic="legal", words=["lawyer"], messages=[said])
        brief = await play.brief()
        assert (
            brief.next.text
            == "Answer this yourself and with care (lawyer). Promise nothing before it is clear."
        )
        assert brief.next.messages == (said,)


# As a whole


async def test_the_whole_brief_is_in_the_readers_language(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        await play.say(
            "my money back for 10005", "it is broken", "cancel 10025", "this is a disgrace", "blub"
        )
        await play.call(Reason.COMPLAINT, anger=1.0)
        await play.take()
        english = {line.text for line in all_lines(await play.brief())}
        for language in LANGUAGES:
            brief = await play.brief(language)
            told = [*texts(all_lines(brief)), brief.next.text]
            assert all(text[:1] == text[:1].upper() for text in told)
            if language != "en":
                assert not english & set(told)


async def test_an_unknown_conversation_has_no_brief(sqlite_settings: Settings) -> None:
    async with scene(sqlite_settings, SCRIPT) as play:
        with pytest.raises(Unknown):
            await play.briefs.of("no such conversation")


async def test_a_brief_of_a_long_conversation_is_bounded(settings: Settings) -> None:
    async with scene(settings, SCRIPT) as play:
        await _talk_long(play)
        brief = await play.brief()
        assert len(all_lines(brief)) < 60
        assert all(len(line.text) < 500 for line in all_lines(brief))


async def _talk_long(play: Scene) -> None:
    for _ in range(12):
        await play.say("where is 10024", "cancel 10025", "blub")
    await play.say("long " * 700)


def test_the_texts_of_the_brief_are_where_the_code_looks() -> None:
    assert {path.stem for path in Path(FOLDER).glob("*.yml")} == set(LANGUAGES)
