"""What agents do, over both databases: who may, what the customer gets, what is written down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.broker import agent_topic
from bot.errors import (
    ClientError,
    DeliveryDelayed,
    DeliveryRefused,
    NotYours,
    StaleOwner,
    StoreError,
    TextEmpty,
    Unfit,
    Unknown,
)
from bot.models import (
    Accepted,
    Address,
    AuthorKind,
    Conversation,
    Handoff,
    Inbound,
    Message,
    Status,
    new_id,
    now,
)
from bot.settings import Settings
from bot.store import handoffs, happenings, inbox, outbox, replies
from bot.store.tables import conversation, handoff, message, site_setting, team
from bot.store.tables import outbox as outbox_rows
from tests.bench import Bench, opened


@pytest.fixture
async def bench(settings: Settings) -> AsyncIterator[Bench]:
    async with opened(replace(settings, delivery_tries=1)) as prepared:
        for name, role in (("ada", "agent"), ("bea", "agent"), ("sue", "supervisor"), ("tom", "trainer")):
            await prepared.hire(name, role)
        yield prepared


async def waiting(bench: Bench) -> Accepted:
    """A customer who waits for a person."""
    accepted = await bench.say("person")
    await bench.settle()
    return accepted


async def taken(bench: Bench, by: str = "ada") -> Accepted:
    """A customer whom an agent has taken from the queue."""
    accepted = await waiting(bench)
    await bench.desk.take(by, accepted.conversation_id, epoch=1)
    return accepted


async def kinds(bench: Bench, accepted: Accepted) -> list[str]:
    found = await bench.store.read(happenings.of_conversation, accepted.conversation_id)
    return [item.kind for item in found]


async def opened_handoff(bench: Bench, accepted: Accepted) -> Handoff | None:
    return await bench.store.read(handoffs.current, accepted.conversation_id)


async def refused(act: Awaitable[Any], error: type[ClientError | StoreError]) -> None:
    with pytest.raises(error):
        await act


# Taking


async def test_what_waits_is_taken_once_and_again_by_the_same_agent_changes_nothing(bench: Bench) -> None:
    accepted = await waiting(bench)
    mine = await bench.desk.take("ada", accepted.conversation_id, epoch=1)
    assert (mine.status, mine.owner, mine.epoch) == (Status.HUMAN, "ada", 2)
    assert await bench.desk.take("ada", accepted.conversation_id, epoch=2) == mine
    await refused(bench.desk.take("bea", accepted.conversation_id, epoch=2), NotYours)
    passed = await opened_handoff(bench, accepted)
    assert passed is not None
    assert (passed.taken_by, await bench.store.read(handoffs.waiting)) == ("ada", [])
    assert await kinds(bench, accepted) == ["queued", "taken"]


async def test_an_agent_takes_from_the_bot_and_a_supervisor_from_an_agent(bench: Bench) -> None:
    accepted = await bench.say("hello")
    await bench.settle()
    await refused(bench.desk.take("ada", accepted.conversation_id, epoch=1), StaleOwner)
    await bench.desk.take("ada", accepted.conversation_id, epoch=0)
    await refused(bench.desk.take("tom", accepted.conversation_id, epoch=1), NotYours)
    hers = await bench.desk.take("sue", accepted.conversation_id, epoch=1)
    assert (hers.owner, hers.epoch) == ("sue", 2)
    ends = [(item.taken_by, item.end) for item in await bench.store.read(handoffs.history, hers.customer_id)]
    assert sorted(ends, key=str) == [("ada", "transferred"), ("sue", None)]


async def test_who_does_not_exist_is_unknown(bench: Bench) -> None:
    accepted = await waiting(bench)
    await refused(bench.desk.take("nobody", accepted.conversation_id, epoch=1), Unknown)
    await refused(bench.desk.take("ada", "nothing", epoch=1), Unknown)
    await refused(bench.desk.accept_offer("ada", "nothing"), Unknown)
    await refused(bench.desk.undo("ada", "nothing"), Unknown)
    await refused(bench.desk.resend("ada", "nothing"), Unknown)
    await refused(bench.desk.block("ada", "nothing", True), Unknown)
    await refused(bench.desk.note("ada", "nothing", "text"), Unknown)
    await refused(bench.desk.transfer("ada", accepted.conversation_id, to_agent="nobody"), Unknown)
    await refused(bench.desk.transfer("ada", accepted.conversation_id, to_team="nobody"), Unknown)
    assert (await bench.conversation(accepted)).epoch == 1


async def test_only_the_agent_who_is_asked_accepts_and_only_in_time(bench: Bench) -> None:
    accepted = await waiting(bench)
    waits = await opened_handoff(bench, accepted)
    assert waits is not None

    async def offer(seconds: float) -> None:
        until = now() + timedelta(seconds=seconds)
        changed = sa.update(handoff).values(offered_to="ada", offered_until=until)
        await bench.store.write(lambda tx: tx.execute(changed))

    await offer(-1)
    await refused(bench.desk.accept_offer("ada", waits.id), StaleOwner)
    await offer(60)
    await refused(bench.desk.accept_offer("bea", waits.id), StaleOwner)
    mine = await bench.desk.accept_offer("ada", waits.id)
    assert mine.owner == "ada"
    assert await bench.desk.accept_offer("ada", waits.id) == mine


# Answering


async def test_a_reply_takes_the_conversation_at_once_and_goes_out_after_its_seconds(bench: Bench) -> None:
    accepted = await waiting(bench)
    held = await bench.desk.reply("ada", accepted.conversation_id, "I am Ada", client_id="1", hold_seconds=60)
    mine = await bench.conversation(accepted)
    assert (mine.owner, mine.epoch, held.status) == ("ada", 2, "waiting")
    again = await bench.desk.reply(
        "ada", accepted.conversation_id, "I am Ada", client_id="1", hold_seconds=60
    )
    assert again == held
    await bench.settle()
    assert "I am Ada" not in bench.platform.texts()["anna"]
    second = await bench.desk.reply("ada", accepted.conversation_id, "Hm", client_id="2", hold_seconds=0)
    assert second.due_at > held.due_at
    await bench.desk.undo("ada", held.id)
    await bench.desk.undo("ada", held.id)
    assert (await bench.store.read(replies.find, held.id)).status == "undone"


async def test_replies_go_out_in_order_on_the_customers_channel_with_the_agents_name(bench: Bench) -> None:
    accepted = await taken(bench)
    for number in range(5):
        await bench.desk.reply(
            "ada", accepted.conversation_id, f"reply {number}", client_id=str(number), hold_seconds=0
        )
    await bench.desk.replies.sweep()
    await bench.settle()
    said = [message for message in await bench.history() if message.author.kind is AuthorKind.AGENT]
    assert [message.text for message in said] == [f"reply {number}" for number in range(5)]
    assert {(message.author.name, message.agent_id) for message in said} == {("Ada", "ada")}
    assert bench.platform.texts()["anna"][1:] == [message.text for message in said]
    await refused(bench.desk.undo("ada", (await _held(bench, said[0].id))), StaleOwner)


async def test_what_the_bot_could_not_send_before_a_take_over_is_kept_back(bench: Bench) -> None:
    bench.platform.trouble["echo: hello"] = [DeliveryDelayed("down", retry_after=60)]
    accepted = await bench.say("hello")
    await bench.settle()
    await bench.desk.reply("ada", accepted.conversation_id, "I am Ada", client_id="1", hold_seconds=0)
    await bench.desk.replies.sweep()
    await bench.settle()
    assert bench.platform.sent == [("anna", "I am Ada")]
    assert await statuses(bench) == {"echo: hello": "withdrawn", "I am Ada": "sent"}
    assert await bench.store.read(outbox.depth) == {"waiting": 0, "dead": 0}


async def test_what_is_being_sent_in_the_moment_of_a_take_over_is_noted_as_sent(bench: Bench) -> None:
    sending, end = asyncio.Event(), asyncio.Event()
    send = bench.platform.send

    async def slow(address: Address, message: Message) -> str:
        sending.set()
        await end.wait()
        return await send(address, message)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.platform, "send", slow)
        accepted = await bench.say("hello")
        await sending.wait()
        await bench.desk.take("ada", accepted.conversation_id, epoch=0)
        assert await statuses(bench) == {"echo: hello": "withdrawn"}
        end.set()
        await bench.settle()
    assert await statuses(bench) == {"echo: hello": "sent"}


async def test_what_failed_in_the_moment_of_a_take_over_is_not_tried_again(bench: Bench) -> None:
    sending, end = asyncio.Event(), asyncio.Event()

    async def failing(address: Address, message: Message) -> str:
        sending.set()
        await end.wait()
        raise DeliveryDelayed("down", retry_after=0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.platform, "send", failing)
        accepted = await bench.say("hello")
        await sending.wait()
        await bench.desk.take("ada", accepted.conversation_id, epoch=0)
        end.set()
        await bench.settle()
    await bench.hub.sweep()
    await bench.settle()
    assert bench.platform.sent == []
    assert await statuses(bench) == {"echo: hello": "withdrawn"}


async def statuses(bench: Bench) -> dict[str, str]:
    """What became of each message for the platform, by its text."""
    query = sa.select(message.c.text, outbox_rows.c.status).join_from(message, outbox_rows)
    return {text: status for text, status in await bench.store.read(lambda tx: tx.execute(query).all())}


async def _held(bench: Bench, message_id: str) -> str:
    from bot.store.tables import held_reply

    query = sa.select(held_reply.c.id).where(held_reply.c.message_id == message_id)
    return str(await bench.store.read(lambda tx: tx.execute(query).scalar()))


async def test_nobody_answers_beside_an_agent(bench: Bench) -> None:
    accepted = await taken(bench)
    for other in ("bea", "sue", "tom"):
        await refused(
            bench.desk.reply(other, accepted.conversation_id, "me too", client_id="1", hold_seconds=0),
            NotYours,
        )
    await refused(bench.desk.reply("ada", accepted.conversation_id, " \n", client_id="1"), TextEmpty)


async def test_a_held_reply_goes_back_to_its_writer_when_somebody_else_has_taken_over(bench: Bench) -> None:
    accepted = await taken(bench)
    held = await bench.desk.reply("ada", accepted.conversation_id, "too late", client_id="1", hold_seconds=60)
    await bench.desk.take("sue", accepted.conversation_id, epoch=2)
    await bench.store.write(_due)
    with bench.hub._broker.subscribe() as news:
        bench.hub._broker.add_topic(news, agent_topic("ada"))
        await bench.desk.replies.sweep()
        await bench.settle()
        assert await news.next() == [f"refused/{held.id}"]
    assert (await bench.store.read(replies.find, held.id)).status == "refused"
    assert "too late" not in bench.platform.texts()["anna"]


def _due(tx: Any) -> None:
    from bot.store.tables import held_reply

    tx.execute(sa.update(held_reply).values(due_at=now() - timedelta(seconds=1)))


@pytest.mark.parametrize("act", ["close", "release", "transfer"])
async def test_what_is_held_goes_out_before_its_agent_passes_the_conversation_on(
    bench: Bench, act: str
) -> None:
    accepted = await taken(bench)
    await bench.desk.reply("ada", accepted.conversation_id, "goodbye", client_id="1", hold_seconds=60)
    await getattr(bench.desk, act)("ada", accepted.conversation_id)
    await bench.settle()
    assert "goodbye" in bench.platform.texts()["anna"]


async def test_a_message_that_could_not_be_delivered_is_delivered_anew(bench: Bench) -> None:
    accepted = await taken(bench)
    bench.platform.trouble["hear me"] = [DeliveryRefused("no")]
    await bench.desk.reply("ada", accepted.conversation_id, "hear me", client_id="1", hold_seconds=0)
    await bench.settle()
    said = (await bench.history())[-1]
    assert "hear me" not in bench.platform.texts()["anna"]
    await refused(bench.desk.resend("bea", said.id), NotYours)
    await bench.desk.resend("ada", said.id)
    await bench.settle()
    assert bench.platform.texts()["anna"][-1] == "hear me"
    await refused(bench.desk.resend("ada", said.id), StaleOwner)


# Passing on


async def test_what_is_meant_for_one_agent_or_team_is_kept_for_them(bench: Bench) -> None:
    await bench.store.write(
        lambda tx: tx.execute(sa.insert(team).values(id="t", name="Billing", intents="[]"))
    )
    accepted = await taken(bench)
    await refused(bench.desk.transfer("bea", accepted.conversation_id), NotYours)
    await refused(bench.desk.transfer("ada", accepted.conversation_id, to_agent="tom"), NotYours)
    queued = await bench.desk.transfer("ada", accepted.conversation_id, to_agent="bea", note="knows it")
    waits = await opened_handoff(bench, accepted)
    assert waits is not None
    assert (waits.wanted_agent_id, waits.priority, waits.detail["from"]) == ("bea", 40, "ada")
    await refused(bench.desk.take("ada", accepted.conversation_id, epoch=queued.epoch), NotYours)
    await bench.desk.take("bea", accepted.conversation_id, epoch=queued.epoch)
    await bench.desk.transfer("bea", accepted.conversation_id, to_team="t")
    waits = await opened_handoff(bench, accepted)
    assert waits is not None
    assert (waits.team_id, waits.wanted_agent_id) == ("t", None)
    assert await kinds(bench, accepted) == ["queued", "taken", "transferred", "taken", "transferred"]


async def test_the_note_of_a_return_is_in_the_dialogue_and_the_bot_answers(bench: Bench) -> None:
    accepted = await taken(bench)
    await refused(bench.desk.release("bea", accepted.conversation_id, note="mine"), NotYours)
    free = await bench.desk.release("ada", accepted.conversation_id, note="Sent a new mug for 10024.")
    assert (free.status, free.owner) == (Status.BOT, None)
    assert free.dialogue is not None
    slot = [event for event in free.dialogue["events"] if event["event"] == "slot"][-1]
    assert (slot["name"], slot["value"]) == ("people", {"note": "Sent a new mug for 10024."})
    (ended,) = await bench.store.read(handoffs.history, free.customer_id)
    assert (ended.end, ended.note) == ("returned", "Sent a new mug for 10024.")
    await bench.say("thanks")
    await bench.settle()
    assert bench.platform.texts()["anna"][-1] == "echo: thanks"


async def test_a_conversation_is_put_off_until_its_time_or_until_the_customer_writes(bench: Bench) -> None:
    async def until() -> Any:
        query = sa.select(conversation.c.snoozed_until)
        return await bench.store.read(lambda tx: tx.execute(query).scalar())

    accepted = await taken(bench)
    later = now() + timedelta(hours=1)
    await refused(bench.desk.snooze("ada", accepted.conversation_id, now()), Unfit)
    await refused(bench.desk.snooze("bea", accepted.conversation_id, later), NotYours)
    for wake in ("agent", "time", "customer", "passing on"):
        await bench.desk.snooze("ada", accepted.conversation_id, later)
        assert await until() is not None
        if wake == "agent":
            await bench.desk.snooze("ada", accepted.conversation_id, None)
        elif wake == "time":
            await bench.desk.wake(accepted.conversation_id)
        elif wake == "customer":
            await bench.say("one more thing")
            await bench.settle()
        else:
            await bench.desk.release("ada", accepted.conversation_id)
        assert await until() is None, wake
    assert (await kinds(bench, accepted)).count("woken") == 3


async def test_a_note_is_for_people_and_who_is_mentioned_hears_of_it(bench: Bench) -> None:
    accepted = await taken(bench)
    with bench.hub._broker.subscribe() as news:
        bench.hub._broker.add_topic(news, agent_topic("bea"))
        noted = await bench.desk.note("ada", accepted.conversation_id, "look, @bea", ["bea", "bea"])
        assert await news.next() == [f"mention/{accepted.conversation_id}/ada"]
    assert (noted.kind, noted.detail) == ("note", {"text": "look, @bea", "mentions": ["bea"]})
    await refused(bench.desk.note("ada", accepted.conversation_id, "x", ["nobody"]), Unknown)
    await refused(bench.desk.note("tom", accepted.conversation_id, "x"), NotYours)
    await bench.settle()
    assert "look, @bea" not in bench.platform.texts()["anna"]


async def test_a_blocked_customer_leaves_the_queue_and_is_heard_again_when_freed(bench: Bench) -> None:
    accepted = await waiting(bench)
    current = await bench.conversation(accepted)
    await bench.desk.block("ada", current.customer_id, True)
    await bench.desk.block("ada", current.customer_id, True)
    assert await bench.store.read(handoffs.waiting) == []
    await bench.say("person")
    await bench.settle()
    assert (await bench.conversation(accepted)).status is Status.BOT
    await bench.desk.block("ada", current.customer_id, False)
    await bench.say("hello")
    await bench.settle()
    assert bench.platform.texts()["anna"][-1] == "echo: hello"
    assert await kinds(bench, accepted) == ["queued", "blocked", "returned", "unblocked"]


# Closing and rating


async def closed(bench: Bench, outcome: str | None = "solved") -> Conversation:
    accepted = await taken(bench)
    ended = await bench.desk.close("ada", accepted.conversation_id, outcome=outcome, note="all well")
    await bench.settle()
    return ended


async def rating_of(bench: Bench, conversation_id: str) -> int | None:
    query = sa.select(conversation.c.rating).where(conversation.c.id == conversation_id)
    found: int | None = await bench.store.read(lambda tx: tx.execute(query).scalar())
    return found


async def press(bench: Bench, button_id: str, event: str) -> Accepted:
    accepted = await bench.hub.accept(Inbound("platform", "x", event, "anna", button_id=button_id))
    await bench.settle()
    return accepted


async def test_a_closed_conversation_asks_how_it_was_and_one_tap_is_no_turn(bench: Bench) -> None:
    ended = await closed(bench)
    assert ended.status is Status.CLOSED
    question = (await bench.history())[-1]
    assert question.text.startswith("utter_ask_rating en")
    assert [
        json.loads(item.payload.removeprefix("/rate_service"))["value"] for item in question.buttons
    ] == list("54321")
    event = new_id()
    tap = await press(bench, question.buttons[1].id, event)
    again = await press(bench, question.buttons[1].id, event)
    assert (tap.conversation_id, again.fresh) == (ended.id, False)
    assert await rating_of(bench, ended.id) == 4
    assert (await bench.conversation(tap)).status is Status.CLOSED
    assert await bench.store.read(inbox.depth) == {"waiting": 0, "dead": 0}
    assert tap.message_id not in bench.dialogue.tries
    assert bench.platform.texts()["anna"][-1].startswith("utter_rating_thanks")
    assert (await kinds(bench, tap))[-1] == "rated"
    assert [message.seq for message in await bench.history()] == list(range(1, 6))


async def test_a_late_tap_rates_the_conversation_it_was_about(bench: Bench) -> None:
    ended = await closed(bench)
    question = (await bench.history())[-1]
    fresh = await bench.say("something new")
    await bench.settle()
    tap = await press(bench, question.buttons[4].id, new_id())
    assert tap.conversation_id == fresh.conversation_id
    assert await rating_of(bench, ended.id) == 1
    assert await rating_of(bench, fresh.conversation_id) is None
    assert (await bench.conversation(fresh)).status is Status.BOT
    assert [message.seq for message in await bench.history()] == list(range(1, 8))


@pytest.mark.parametrize(
    ("setting", "outcome", "asked"),
    [
        ('asking {"days": 30}', "unsolved", [True, False]),
        ('asking {"days": 0}', None, [True, True]),
        ('asking {"days": 0, "rated_share": 0}', None, [False, False]),
        ('rating {"enabled": false}', "solved", [False, False]),
        ("rating {}", "spam", [False, False]),
        ("rating {}", "duplicate", [False, False]),
    ],
)
async def test_customers_are_not_asked_too_often(
    bench: Bench, setting: str, outcome: str | None, asked: list[bool]
) -> None:
    name, _, value = setting.partition(" ")
    row = {"name": name, "value": value, "version": 1, "changed_by": "sue", "changed_at": now()}
    await bench.store.write(lambda tx: tx.execute(sa.insert(site_setting).values(row)))
    for expected in asked:
        await closed(bench, outcome)
        assert (await bench.history())[-1].text.startswith("utter_ask_rating") == expected


async def test_what_is_open_cannot_be_lost_by_closing(bench: Bench) -> None:
    accepted = await taken(bench)
    await refused(bench.desk.close("ada", accepted.conversation_id, outcome="done"), Unfit)
    await refused(bench.desk.close("bea", accepted.conversation_id), NotYours)
    await bench.hub.lanes.close()
    await bench.say("wait!")
    await refused(bench.desk.close("ada", accepted.conversation_id), StaleOwner)
    assert (await bench.conversation(accepted)).status is Status.HUMAN


async def test_a_rating_has_one_to_five_and_a_conversation(bench: Bench) -> None:
    ended = await closed(bench)
    await bench.desk.rate(ended.id, 5, "thank\x00 you")
    assert await rating_of(bench, ended.id) == 5
    await refused(bench.desk.rate(ended.id, 6), Unfit)
    await refused(bench.desk.rate("nothing", 3), Unknown)
