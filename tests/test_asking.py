"""Who is asked, when and how often, over both databases: ended talks, draws, the rare question, answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from bot.asking.asker import draw_customer, kind_of
from bot.asking.rules import NO_MATTERS, RESULTS, drawn, month_of
from bot.asking.rules import Asking as Rules
from bot.desk import attempts
from bot.errors import ModelError
from bot.models import AuthorKind, Conversation, Signal, Status, new_id, now
from bot.settings import Settings
from bot.store import inbox, loyalty, signals
from bot.store.tables import address, conversation, customer, message
from tests.asking_bench import Asking, asking, later, set_up, setting

NIGHT = datetime(2026, 5, 5, 3, 30, tzinfo=timezone.utc)


@pytest.fixture
async def play(settings: Settings) -> AsyncIterator[Asking]:
    async with asking(settings) as opened:
        yield opened


# Ended talks


async def test_a_closed_talk_is_written_down_with_its_question(play: Asking) -> None:
    ended = await play.closed()
    (talk,) = await play.talks()
    question = (await play.history())[-1]
    assert (talk.conversation_id, talk.message_id, talk.result) == (ended.id, question.id, "asked")
    assert (talk.channel, talk.language, talk.agent, talk.intent) == ("platform", "en", "", "echo")
    assert (talk.visit, talk.pauses, talk.mood, talk.chance, talk.rating) == (1, 0.0, None, 1.0, None)
    await play.press(question.buttons[0])
    (talk,) = await play.talks()
    first = talk.answered_at
    assert (talk.rating, first is not None) == (5, True)
    await play.press(question.buttons[4])
    (talk,) = await play.talks()
    assert (talk.rating, talk.answered_at) == (1, first)
    assert [text.split()[0] for text in play.heard()[-2:]] == ["utter_rating_thanks"] * 2


async def test_the_bots_talk_is_over_after_a_day_and_is_asked_about_once(play: Asking) -> None:
    current = await play.said()
    await later(play.store, hours=23)
    await play.sweep()
    assert await play.talks() == []
    await later(play.store, hours=2)
    await play.sweep()
    await play.sweep()
    (talk,) = await play.talks()
    assert (talk.result, talk.agent, talk.intent) == ("asked", "bot", "echo")
    assert talk.ended_at - talk.began_at < timedelta(minutes=1)
    question = (await play.history())[-1]
    assert question.author.kind is AuthorKind.SYSTEM
    assert play.heard() == ["echo: hello", question.text]
    after = await play.bench.store.read(_open, current.customer_id)
    assert (after.status, after.epoch, after.dialogue) == (Status.BOT, 0, current.dialogue)
    await play.press(question.buttons[1])
    await later(play.store, days=3)
    await play.sweep()
    assert len(await play.talks()) == 1, "a tap is no talk"


async def test_a_silence_of_a_day_divides_talks_also_when_nobody_looked(play: Asking) -> None:
    await play.said("first")
    await later(play.store, hours=30)
    await play.said("second")
    await later(play.store, minutes=30)
    await play.said("third")
    await later(play.store, hours=40)
    await play.sweep()
    first, second = await play.talks()
    assert (first.result, second.result) == ("too_late", "asked")
    assert (first.visit, second.visit, first.came_back, second.came_back) == (1, 2, "same", None)
    assert first.next_pause == pytest.approx(30 * 3600, abs=60) == second.pauses == second.longest_pause


async def test_a_talk_that_waits_or_goes_on_is_not_over(play: Asking) -> None:
    await play.said("person")
    await later(play.store, hours=30)
    await play.sweep()
    assert await play.talks() == []
    await play.bench.hub.lanes.close()
    await play.bench.say("hello", sender="ben")
    await later(play.store, hours=30)
    await play.sweep()
    assert await play.talks() == []
    assert (await play.store.read(inbox.depth))["waiting"] == 1


async def test_too_late_is_not_asked_any_more(play: Asking) -> None:
    await play.said()
    await later(play.store, hours=80)
    await play.sweep()
    assert await play.results() == ["too_late"]
    assert play.heard() == ["echo: hello"]


async def test_an_agents_name_stands_with_the_talk_and_a_second_close_finds_nothing(play: Asking) -> None:
    current = await play.said("person")
    await play.bench.desk.take("ada", current.id, epoch=current.epoch)
    await play.bench.desk.reply("ada", current.id, "I am here", client_id="1", hold_seconds=0)
    await play.bench.settle()
    await play.bench.desk.release("ada", current.id)
    await later(play.store, hours=25)
    await play.sweep()
    (talk,) = await play.talks()
    assert (talk.agent, talk.result) == ("ada", "asked")
    again = await play.store.read(_open, current.customer_id)
    await play.bench.desk.take("ada", again.id, epoch=again.epoch)
    await play.bench.desk.close("ada", again.id)
    assert len(await play.talks()) == 1


async def test_the_mood_at_the_end_is_kept_and_weak_signals_are_none(play: Asking) -> None:
    weak, sure = await play.said(sender="weak"), await play.said(sender="sure")
    await play.store.write(_read, weak, True)
    await play.store.write(_read, sure, False)
    await later(play.store, hours=25)
    await play.sweep()
    moods = {row.customer_id: row.mood for row in await play.talks()}
    assert moods[weak.customer_id] is None
    assert moods[sure.customer_id] is not None
    assert moods[sure.customer_id] == round(moods[sure.customer_id] * 20) / 20 > 0.25


# The draw


def test_a_draw_is_stable_and_falls_on_its_share() -> None:
    keys = [new_id() for _ in range(20_000)]
    hits = [drawn("rating", key, 0.06) for key in keys]
    assert hits == [drawn("rating", key, 0.06) for key in keys]
    # Four standard deviations.
    assert abs(sum(hits) / len(keys) - 0.06) < 4 * (0.06 * 0.94 / len(keys)) ** 0.5
    others = [drawn("loyalty", key, 0.06) for key in keys]
    both = sum(one and other for one, other in zip(hits, others, strict=True))
    assert both < 200, "draws of different kinds know nothing of each other"
    assert all(drawn("rating", key, 0.5) for key, hit in zip(keys, hits, strict=True) if hit)
    assert not any(drawn("rating", key, 0) for key in keys)
    assert all(drawn("rating", key, 1) for key in keys)


async def test_who_was_not_drawn_is_not_asked_and_keeps_their_question(play: Asking) -> None:
    await set_up(play.store, rated_share=1e-12)
    await play.closed()
    (talk,) = await play.talks()
    assert (talk.result, talk.chance, talk.asked_at) == ("not_drawn", 1e-12, None)
    assert (await play.store.read(_customer, talk.customer_id)).asked_at is None


async def test_every_reason_not_to_ask_is_told(play: Asking) -> None:
    store = play.store
    await play.closed("spam", sender="spam")
    await setting(store, "rating", {"enabled": False})
    await play.closed(sender="off")
    await setting(store, "rating", {})
    await play.closed(sender="twice")
    await play.closed(sender="twice")
    blocked = await play.said("person", "blocked")
    await play.bench.desk.take("ada", blocked.id, epoch=1)
    await play.bench.desk.block("ada", blocked.customer_id, True)
    await play.bench.desk.close("ada", blocked.id)
    gone = await play.said("person", "gone")
    await play.bench.desk.take("ada", gone.id, epoch=1)
    there = address.c.external_id == "gone"
    await store.write(lambda tx: tx.execute(sa.update(address).where(there).values(reachable=False)))
    await play.bench.desk.close("ada", gone.id)

    await play.said(sender="mute")

    def wordless(*given: object, **more: object) -> str:
        raise ModelError("no model")

    play.bench.dialogue.sentence = wordless  # type: ignore[method-assign]
    await later(store, hours=25)
    await play.sweep()
    found = await play.results()
    assert found == ["outcome", "off", "asked", "too_soon", "blocked", "unreachable", "no_words"]
    assert set(found) | {"not_drawn", "too_late"} == set(RESULTS)


async def test_a_chat_on_a_channel_that_the_server_does_not_run_is_unreachable(play: Asking) -> None:
    await play.said()
    await play.store.write(lambda tx: tx.execute(sa.update(address).values(channel="gone")))
    await later(play.store, hours=25)
    await play.sweep()
    assert await play.results() == ["unreachable"]


def test_small_talk_is_what_the_brief_takes_for_it() -> None:
    assert attempts.TALK | {attempts.PERSON, attempts.NOT_UNDERSTOOD, "out_of_scope"} == NO_MATTERS


@pytest.mark.parametrize("mistake", [
    {"days": -1}, {"rated_share": 1.01}, {"loyalty_share": -0.1}, {"loyalty_after_days": 0}, {"from_hour": 24},
    {"from_hour": 9, "to_hour": 9}, {"to_hour": 25},
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(mistake: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be from"):
        Rules(**mistake)


# Loyalty


async def test_the_rare_question_comes_days_later_and_opens_nothing(play: Asking) -> None:
    await set_up(play.store, days=5, loyalty_share=1)
    ended = await play.closed()
    await later(play.store, days=6)
    await play.sweep()
    assert await play.asked_loyalty() == []
    await later(play.store, days=2)
    await play.sweep()
    await play.sweep()
    (asked,) = await play.asked_loyalty()
    assert (asked.conversation_id, asked.chance, asked.value) == (ended.id, 0.5, None)
    assert (asked.channel, asked.language, asked.month) == ("platform", "en", month_of(now()))
    question = (await play.history())[-1]
    assert question.id == asked.message_id
    assert question.text.startswith(f"utter_ask_{asked.question}")
    assert play.heard()[-1] == question.text
    again = await play.store.read(_latest, ended.customer_id)
    assert (again.id, again.status) == (ended.id, Status.CLOSED)
    event = new_id()
    await play.press(question.buttons[1], event=event)
    await play.press(question.buttons[1], event=event)
    (asked,) = await play.asked_loyalty()
    first = asked.answered_at
    assert asked.value == 4
    assert [text.split()[0] for text in play.heard()].count("utter_loyalty_thanks") == 1
    await later(play.store, days=30)
    await play.press(question.buttons[4])
    (asked,) = await play.asked_loyalty()
    assert (asked.value, asked.answered_at) == (1, first - timedelta(days=30))
    assert len(play.bench.dialogue.tries) == 1, "no tap is a turn"
    assert [row.rating for row in await play.talks()] == [None], "never mixed with ratings"
    assert await play.store.read(inbox.depth) == {"waiting": 0, "dead": 0}


async def test_nobody_is_asked_about_loyalty_who_must_not_be(play: Asking) -> None:
    await set_up(play.store, days=0, loyalty_share=1, rated_share=0)
    names = ["free", "blocked", "gone", "open", "lately", "waits"]
    customers = {}
    for name in names:
        customers[name] = (await play.closed(sender=name)).customer_id
    await later(play.store, days=8)
    await play.said("again", "lately")
    await play.said("person", "waits")
    opened = await play.said("person", "open")
    await play.bench.desk.take("ada", opened.id, epoch=1)
    await play.store.write(_block, customers["blocked"])
    there = address.c.external_id == "gone"
    await play.store.write(lambda tx: tx.execute(sa.update(address).where(there).values(reachable=False)))
    await play.sweep()
    assert [row.customer_id for row in await play.asked_loyalty()] == [customers["free"]]
    await later(play.store, days=91)
    await play.sweep()
    assert len(await play.asked_loyalty()) == 1, "whose talk is long ago is left alone"


async def test_loyalty_is_drawn_by_customer_and_month(play: Asking) -> None:
    await set_up(play.store, days=0, loyalty_share=0.4, rated_share=0)
    customers = [(await play.closed(sender=f"c{number}")).customer_id for number in range(12)]
    await later(play.store, days=8)
    moment = now()
    await play.sweep(moment)
    await play.sweep(moment)
    site = Rules(loyalty_share=0.4)
    wanted = {one: kind_of(one, moment) for one in customers if draw_customer(site, one, moment)}
    assert {row.customer_id: row.question for row in await play.asked_loyalty()} == wanted
    assert {row.chance for row in await play.asked_loyalty()} <= {0.2}


async def test_the_night_and_closed_hours_are_left_alone(play: Asking) -> None:
    await set_up(play.store, days=0, loyalty_share=1, from_hour=9, to_hour=20)
    await play.said()
    day = NIGHT + timedelta(days=2, hours=8)
    ahead = day - now()
    await later(play.store, seconds=-ahead.total_seconds(), hours=26)
    for moment in (day - timedelta(hours=3), day + timedelta(hours=9)):
        await play.sweep(moment)
        assert await play.talks() == [], moment
    sofia = {
        "always": False,
        "time_zone": "Europe/Sofia",
        "week": {"monday": [{"begin": "00:00", "end": "24:00"}]},
    }
    await setting(play.store, "hours", sofia)
    await play.sweep(day)
    assert await play.talks() == [], "the site is closed on a Thursday"
    await setting(play.store, "hours", {"time_zone": "America/New_York"})
    await play.sweep(day)
    assert await play.talks() == [], "there it is early in the morning"
    await setting(play.store, "hours", {"time_zone": "Europe/Sofia"})
    await play.sweep(day)
    assert await play.results() == ["asked"]


async def test_no_switch_no_question(play: Asking) -> None:
    await set_up(play.store, days=0, loyalty_share=0, rated_share=0)
    await play.closed()
    await later(play.store, days=10)
    await play.sweep()
    assert await play.asked_loyalty() == []
    assert await play.store.read(loyalty.candidates, Rules(days=0), now()) != []


async def test_a_question_that_cannot_be_said_is_not_counted(play: Asking) -> None:
    await set_up(play.store, days=0, loyalty_share=1, rated_share=0)
    await play.closed()
    await later(play.store, days=10)

    def wordless(*given: object, **more: object) -> str:
        raise ModelError("no such response")

    play.bench.dialogue.sentence = wordless  # type: ignore[method-assign]
    await play.sweep()
    assert await play.asked_loyalty() == []
    assert (await play.store.read(_customer, (await play.talks())[0].customer_id)).asked_at is None


# At once


async def test_several_keepers_and_closes_at_once_ask_once(play: Asking) -> None:
    await set_up(play.store, loyalty_share=1, rated_share=1, days=5)
    await play.said(sender="quiet")
    for name in ("ana", "ben"):
        await play.closed(sender=name)
    await later(play.store, days=10)
    await play.said("hello", "quiet")
    await later(play.store, hours=26)
    moment = now()
    await asyncio.gather(*(play.keeper.sweep(moment) for _ in range(6)))
    await play.bench.settle()
    by_customer: dict[str, int] = {}
    for row in await play.asked_loyalty():
        by_customer[row.customer_id] = by_customer.get(row.customer_id, 0) + 1
    assert sorted(by_customer.values()) == [1, 1]
    assert sorted(await play.results()) == ["asked", "asked", "asked", "too_late"]
    asked = [text for _, text in play.bench.platform.sent if text.startswith("utter_ask_")]
    assert len(asked) == 5


def _open(tx: Any, customer_id: str) -> Conversation:
    return _conversation(tx, customer_id, conversation.c.status != "closed")


def _latest(tx: Any, customer_id: str) -> Conversation:
    return _conversation(tx, customer_id, sa.true())


def _conversation(tx: Any, customer_id: str, condition: Any) -> Conversation:
    from bot.store import conversations

    query = sa.select(conversation).where(conversation.c.customer_id == customer_id, condition)
    return conversations.conversation_of(tx.execute(query.order_by(conversation.c.last_seq.desc())).first())


def _customer(tx: Any, customer_id: str) -> Any:
    return tx.execute(sa.select(customer).where(customer.c.id == customer_id)).one()


def _block(tx: Any, key: str) -> None:
    tx.execute(sa.update(customer).where(customer.c.id == key).values(blocked_at=now()))


def _read(tx: Any, current: Conversation, weak: bool) -> None:
    said = tx.execute(
        sa.select(message).where(message.c.conversation_id == current.id, message.c.seq == 1)
    ).one()
    signals.note(
        tx,
        Signal(
            id=new_id(), message_id=said.id, conversation_id=current.id, customer_id=current.customer_id, seq=1,
            channel="platform", language="en", intent=None, model="m", valence=0.9, emotion="gratitude_joy",
            emotions={"gratitude_joy": 1.0}, weak=weak, said_at=now(), read_at=now(),
        ),
    )  # fmt: skip
