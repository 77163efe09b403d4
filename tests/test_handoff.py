"""When people are needed: rules over facts, words in five languages, and what the hub makes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from bot import protected
from bot.handoff import Facts, Rules, Topic, decide, wish
from bot.models import AuthorKind, Conversation, Handoff, Inbound, Message, Reason, Status, new_id, now
from bot.settings import Settings
from bot.store import conversations, handoffs, happenings, inbox
from bot.store.tables import site_setting
from tests.bench import Bench, opened

LEGAL = Topic("legal", ("lawyer",))


@pytest.fixture
async def bench(settings: Settings) -> AsyncIterator[Bench]:
    async with opened(settings) as prepared:
        yield prepared


# Rules


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts(), None),
        (Facts(wanted=Reason.ASKED), Reason.ASKED),
        (Facts(misses=1), None),
        (Facts(misses=2), Reason.MISSED),
        (Facts(failures=1), None),
        (Facts(failures=2), Reason.FAILED),
        (Facts(wanted=Reason.FAILED), Reason.FAILED),
        (Facts(wanted=Reason.COMPLAINT), Reason.COMPLAINT),
        (Facts(wanted=Reason.PROMISE), Reason.PROMISE),
        (Facts(anger=1.0), None),
        (Facts(fall={"fall": 0.7}), Reason.MOOD),
        (Facts(fall={"fall": 0.7}, wanted=Reason.ASKED), Reason.ASKED),
        (Facts(returned=True, fall={"fall": 0.7}), None),
        (Facts(topic=LEGAL, wanted=Reason.ASKED), Reason.PROTECTED),
        (Facts(gave_up=True), Reason.FAILED),
        (Facts(returned=True, wanted=Reason.ASKED), None),
        (Facts(returned=True, misses=5, failures=5, anger=1.0), None),
        (Facts(returned=True, topic=LEGAL), Reason.PROTECTED),
        (Facts(returned=True, gave_up=True), Reason.FAILED),
    ],
)
def test_each_fact_has_its_reason(facts: Facts, reason: Reason | None) -> None:
    decided = decide(facts, Rules())
    assert (decided and decided.reason) == reason


def test_a_site_may_let_anger_alone_bring_people() -> None:
    assert decide(Facts(anger=0.79), Rules(anger=0.8)) is None
    angry = decide(Facts(anger=0.8), Rules(anger=0.8))
    assert angry is not None
    assert angry.reason is Reason.MOOD


def test_a_fall_makes_every_reason_more_urgent_and_its_handoff_says_what_it_rests_on() -> None:
    asked = decide(Facts(wanted=Reason.ASKED, urgency=9), Rules())
    assert asked == wish(Reason.ASKED, {"urgency": 9}, urgency=9)
    assert asked.priority == wish(Reason.ASKED).priority + 9
    fell = decide(Facts(fall={"fall": 0.7, "after": "m4"}, urgency=14, detail={"messages": ["m5"]}), Rules())
    assert fell is not None
    assert fell.detail == {"messages": ["m5"], "fall": 0.7, "after": "m4", "urgency": 14}


def test_what_is_switched_off_does_not_happen() -> None:
    rules = Rules(misses=0, failures=0, complaints=False, promises=False, protected=(), anger=2.0)
    for facts in (
        Facts(misses=9),
        Facts(failures=9),
        Facts(wanted=Reason.FAILED),
        Facts(wanted=Reason.COMPLAINT),
        Facts(wanted=Reason.PROMISE),
        Facts(topic=LEGAL),
        Facts(anger=1.0),
    ):
        assert decide(facts, rules) is None
    assert decide(Facts(wanted=Reason.ASKED), rules) is not None


def test_who_is_in_danger_comes_first_and_anger_adds() -> None:
    priorities = [
        wish(Reason.PROTECTED, {"topic": "self_harm"}).priority,
        wish(Reason.PROTECTED, {"topic": "safety"}).priority,
        wish(Reason.ASKED, anger=1.0).priority,
        wish(Reason.ASKED).priority,
        wish(Reason.MISSED).priority,
    ]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == len(priorities)


@pytest.mark.parametrize("bad", [{"misses": -1}, {"failures": 21}, {"anger": 3.0}])
def test_thresholds_have_bounds(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be from"):
        Rules(**bad)


# Words


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("I don't want to live any more", "self_harm"),
        ("NIE CHCE JUZ ZYC", "self_harm"),
        ("Δεν θέλω να ζω άλλο", "self_harm"),
        ("den thelo na zo allo", "self_harm"),
        ("мисля за самоубийство", "self_harm"),
        ("misla za samoubiistvo", "self_harm"),
        ("nu mai vreau sa traiesc", "self_harm"),
        ("the lamp caught fire and burnt my hand", "safety"),
        ("Lampa się zapaliła!", "safety"),
        ("η λάμπα πήρε φωτιά", "safety"),
        ("i lampa pire fotia", "safety"),
        ("лампата се запали", "safety"),
        ("lampata se zapali", "safety"),
        ("lampa a luat foc", "safety"),
        ("you will hear from my lawyer", "legal"),
        ("oddam sprawę do sądu", "legal"),
        ("θα μιλήσω με τον δικηγόρο μου", "legal"),
        ("tha miliso me ton dikhgoro mou", "legal"),
        ("ще ви съдя", "legal"),
        ("6te vi sadq", "legal"),
        ("vă dau în judecată", "legal"),
        ("what data do you hold about me", "data_protection"),
        ("Zgodnie z RODO proszę o kopię moich danych", "data_protection"),
        ("το δικαίωμα στη λήθη", "data_protection"),
        ("искам да бъда забравен", "data_protection"),
        ("solicit conform GDPR", "data_protection"),
        ("kill myself, and my lawyer knows", "self_harm"),
    ],
)
def test_protected_topics_are_found_however_they_are_typed(text: str, topic: str) -> None:
    found = protected.topic_of(text)
    assert found is not None
    assert found.name == topic
    assert found.words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "where is my order 10024?",
        "I am dying to get my parcel",
        "pana la Rodos, se poso xrono ftanoun ta demata sth rodo?",
        "care este politica de retur?",
        "doresc un avocado",
        "съдове за миялна",
        "σας παρακαλώ, πότε θα έρθει",
        "chcę zmienić dane osobowe",
        "x" * 4000,
        "a " * 2000,
    ],
)
def test_ordinary_messages_have_no_protected_topic(text: str) -> None:
    assert protected.topic_of(text) is None


def test_every_language_has_words_for_every_topic() -> None:
    paths = sorted(path.stem for path in protected.FOLDER.glob("*.yml"))
    assert paths == ["bg", "el", "en", "pl", "ro"]
    for path in protected.FOLDER.glob("*.yml"):
        lists = protected._lists(path)
        assert tuple(lists) == protected.TOPICS
        for entries in lists.values():
            assert entries
            for entry in entries:
                plain = entry.replace("*", "").replace("…", "")
                assert protected.topic_of(plain) is not None, (path.stem, entry)


# The turn


async def waiting(bench: Bench) -> tuple[Handoff, Conversation]:
    (found,) = await bench.store.read(handoffs.waiting)
    return found


async def press(bench: Bench, title: str) -> Message:
    """Press the button with this title, or response, below our last messages."""
    said = [message for message in await bench.history() if message.buttons]
    button = next(item for message in reversed(said) for item in message.buttons if title in item.title)
    await bench.hub.accept(Inbound("platform", "x", new_id(), "anna", button_id=button.id))
    await bench.settle()
    return (await bench.history())[-1]


@pytest.mark.parametrize(
    ("texts", "reason", "response"),
    [
        (["person"], Reason.ASKED, "utter_handoff_asked"),
        (["miss", "miss"], Reason.MISSED, "utter_handoff_missed"),
        (["break", "break"], Reason.FAILED, "utter_handoff_failed"),
        (["complain"], Reason.COMPLAINT, "utter_handoff_complaint"),
        (["late"], Reason.PROMISE, "utter_handoff_promise"),
        (["I call my lawyer"], Reason.PROTECTED, "utter_handoff_legal"),
        (["I want to die"], Reason.PROTECTED, "utter_handoff_self_harm"),
    ],
)
async def test_a_turn_that_needs_people_makes_the_handoff_and_says_so(
    bench: Bench, texts: list[str], reason: Reason, response: str
) -> None:
    for text in texts:
        accepted = await bench.say(text)
        await bench.settle()
    waits, conversation = await waiting(bench)
    assert (conversation.status, conversation.owner, conversation.epoch) == (Status.QUEUED, None, 1)
    assert waits.reason is reason
    assert waits.detail["messages"] == [accepted.message_id]
    assert (waits.seq, waits.language) == (accepted.seq, "en")
    said = (await bench.history())[-1]
    assert said.author.kind is AuthorKind.SYSTEM
    assert said.text.startswith(response)
    (queued,) = await bench.store.read(happenings.of_conversation, conversation.id)
    assert (queued.kind, queued.after_seq) == ("queued", said.seq)


async def test_a_protected_topic_is_read_and_not_answered_by_the_bot(bench: Bench) -> None:
    accepted = await bench.say("the lamp exploded, where is my order?")
    await bench.settle()
    assert accepted.message_id not in bench.dialogue.tries
    assert [message.author.kind for message in await bench.history()] == [
        AuthorKind.CUSTOMER,
        AuthorKind.SYSTEM,
    ]
    waits, _ = await waiting(bench)
    assert (waits.detail["topic"], waits.detail["words"]) == ("safety", ["exploded"])
    assert not (await bench.history())[-1].buttons


async def test_the_sites_rules_are_obeyed_and_unreadable_ones_stop_nobody(bench: Bench) -> None:
    async def rule(value: str) -> None:
        await bench.store.write(
            lambda tx: (
                tx.execute(sa.delete(site_setting)),
                tx.execute(
                    sa.insert(site_setting).values(
                        name="handoff", value=value, version=1, changed_by="ada", changed_at=now()
                    )
                ),
            )
        )

    await rule('{"misses": 1, "complaints": false}')
    accepted = await bench.say("complain")
    await bench.settle()
    assert (await bench.conversation(accepted)).status is Status.BOT
    await rule('{"misses": "many"}')
    await bench.say("miss")
    await bench.settle()
    assert (await bench.conversation(accepted)).status is Status.BOT
    await rule('{"misses": 1}')
    await bench.say("hello")
    await bench.say("miss")
    await bench.settle()
    assert (await bench.conversation(accepted)).status is Status.QUEUED


async def test_while_waiting_nothing_is_answered_and_the_wish_can_be_taken_back(bench: Bench) -> None:
    accepted = await bench.say("person")
    await bench.settle()
    before = len(await bench.history())
    await bench.say("are you there?")
    await bench.settle()
    assert len(await bench.history()) == before + 1
    assert await bench.store.read(inbox.depth) == {"waiting": 0, "dead": 0}
    said = await press(bench, "utter_title_stay_with_bot")
    assert said.text.startswith("utter_handoff_taken_back")
    current = await bench.conversation(accepted)
    assert (current.status, current.epoch) == (Status.BOT, 2)
    (ended,) = await bench.store.read(handoffs.history, current.customer_id)
    assert ended.end == handoffs.TAKEN_BACK
    await bench.say("hello")
    await bench.settle()
    assert (await bench.history())[-1].text == "echo: hello"
    assert (await press(bench, "utter_title_stay_with_bot")).text.startswith("utter_handoff_none")


async def test_once_a_person_is_there_the_button_takes_nothing_back(bench: Bench) -> None:
    accepted = await bench.say("person")
    await bench.settle()
    await bench.hub.take(await bench.conversation(accepted), "ada")
    before = len(await bench.history())
    await press(bench, "utter_title_stay_with_bot")
    assert (await bench.conversation(accepted)).owner == "ada"
    assert len(await bench.history()) == before + 1


async def test_after_a_return_the_bot_speaks_first_and_one_tap_brings_people_again(bench: Bench) -> None:
    accepted = await bench.say("person")
    await bench.settle()
    await bench.hub.take(await bench.conversation(accepted), "ada")
    await bench.hub.release(await bench.conversation(accepted))
    await bench.say("person")
    await bench.settle()
    assert (await bench.conversation(accepted)).status is Status.BOT
    said = (await bench.history())[-1]
    assert said.author.kind is AuthorKind.BOT
    assert said.text.startswith("utter_handoff_again")
    await press(bench, "utter_wish_contact_human_agent")
    assert (await bench.conversation(accepted)).status is Status.QUEUED


async def test_a_blocked_customer_is_kept_and_not_answered(bench: Bench) -> None:
    from bot.store import customers

    accepted = await bench.say("hello")
    await bench.settle()
    current = await bench.conversation(accepted)
    await bench.store.write(customers.block, current.customer_id, True)
    await bench.say("person")
    await bench.say("fail")
    await bench.settle()
    assert (await bench.conversation(accepted)).status is Status.BOT
    assert len(await bench.history()) == 4
    assert await bench.store.read(inbox.depth) == {"waiting": 0, "dead": 0}
    assert await bench.store.read(conversations.latest, current.customer_id) is not None
