"""Every customer message leaves its signal with its turn, on every channel and whoever owns the conversation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.errors import ModelMissing
from bot.handoff import wish
from bot.metrics import Metrics
from bot.models import Deleted, Inbound, Reason, Signal, Status, new_id
from bot.reading_feelings import FeelingsRead, wanted
from bot.settings import Settings
from bot.store import Store, conversations, customers, ownership, signal_events, signals
from bot.store import turns as turn_rows
from bot.store.tables import signal
from tests.bench import Bench
from tests.conftest import serving
from tests.platforms.slack import open_slack
from tests.platforms.slack_deliveries import callback
from tests.platforms.slack_server import ANNA, open_desk
from tests.platforms.telegram import TelegramDouble
from tests.scripted import Line, ScriptedDialogue, felt, scripted
from tests.telegram_bench import hurry, talking
from tests.widget_client import open_widget

ANGRY, GLAD, CALM = "third week, and nothing!", "thank you so much", "where is my order"
LINES = {
    ANGRY: Line("complaint", sentiment=felt(-0.8, "anger")),
    GLAD: Line("thank", sentiment=felt(0.7, "gratitude_joy")),
    CALM: Line("track_order", sentiment=felt(0.0)),
    "guessed": Line("nlu_fallback", sentiment=felt(-0.6, "worry", weak=True)),
    "unread": Line("greet"),
}


async def rows(store: Store) -> list[Any]:
    """All signals, oldest first."""
    query = sa.select(signal).order_by(signal.c.said_at, signal.c.seq)
    return list(await store.read(lambda tx: tx.execute(query).all()))


async def felt_by(bench: Bench, sender: str = "anna") -> list[tuple[int, str, float]]:
    """Number, emotion and valence of the signals of a customer's latest conversation."""
    address = await bench.address(sender)
    latest = await bench.store.read(conversations.latest, address.customer_id)
    assert latest is not None
    found = await bench.store.read(signals.of_conversation, latest.id)
    return [(one.seq, one.emotion, one.valence) for one in found]


async def people_have(bench: Bench, *, taken: bool) -> None:
    """Let anna's conversation wait for people, or be taken by one."""
    seen = await bench.conversation(await bench.say("unread"))
    await bench.settle()
    seen = await bench.store.read(conversations.find, seen.id)
    queued, _ = await bench.store.write(ownership.queue, seen, wish(Reason.ASKED, {}))
    if taken:
        await bench.store.write(ownership.take, queued, await bench.hire("maria"))


async def test_a_message_leaves_its_signal_with_its_turn(settings: Settings) -> None:
    async with scripted(settings, LINES) as bench:
        accepted = await bench.say(ANGRY)
        await bench.settle()
        (found,) = await bench.store.read(signals.of_conversation, accepted.conversation_id)
        said = (await bench.history())[0]
        address = await bench.address()
        assert found == Signal(
            id=found.id,
            message_id=accepted.message_id,
            conversation_id=accepted.conversation_id,
            customer_id=address.customer_id,
            seq=1,
            channel="platform",
            language="en",
            intent="complaint",
            model="feelings-test",
            valence=-0.8,
            emotion="anger",
            emotions=felt(-0.8, "anger")["emotions"],
            weak=False,
            said_at=said.sent_at,
            read_at=found.read_at,
        )
        assert found.read_at >= said.sent_at
        turns = await bench.store.read(turn_rows.of_messages, [accepted.message_id])
        assert turns[accepted.message_id].sentiment == felt(-0.8, "anger")


async def test_the_stream_is_told_of_a_signal_in_the_transaction_of_the_turn(settings: Settings) -> None:
    async with scripted(replace(settings, signal_sinks=("file:signals.ndjson",)), LINES) as bench:
        await bench.say(ANGRY)
        await bench.say("unread")
        await bench.settle()
        (row,) = await rows(bench.store)
        told = await bench.store.read(signal_events.next_for, "file", limit=10)
        assert told is not None
        (event,) = told.events
        assert event.signal_id == row.id
        assert json.loads(event.body)["valence"] == -0.8


async def test_what_is_not_understood_and_what_is_weak_is_written_as_such(settings: Settings) -> None:
    async with scripted(settings, LINES) as bench:
        await bench.say("guessed")
        await bench.settle()
        (row,) = await rows(bench.store)
        assert (row.intent, row.weak) == (None, True)
        assert bench.hub._metrics.feelings_read.labels("en", "true")._value.get() == 1


@pytest.mark.parametrize("taken", [False, True])
async def test_messages_are_read_while_people_have_the_conversation(settings: Settings, taken: bool) -> None:
    async with scripted(settings, LINES) as bench:
        await people_have(bench, taken=taken)
        accepted = await bench.say(ANGRY)
        await bench.settle()
        assert (await bench.conversation(accepted)).status is (Status.HUMAN if taken else Status.QUEUED)
        (found,) = await bench.store.read(signals.of_conversation, accepted.conversation_id)
        assert (found.emotion, found.intent, found.language) == ("anger", "complaint", "en")
        turn = (await bench.store.read(turn_rows.of_messages, [accepted.message_id]))[accepted.message_id]
        # Nothing was done about a wish: the brief reads by itself what such messages want.
        assert (turn.intent, turn.entities, turn.steps) == (None, (), ())
        assert turn.sentiment == felt(-0.8, "anger")


async def test_buttons_and_commands_and_files_and_blocked_customers_leave_none(settings: Settings) -> None:
    async with scripted(settings, LINES) as bench:
        first = await bench.say("buttons")
        await bench.settle()
        button = (await bench.history())[-1].buttons[0]
        press = Inbound("platform", "x", new_id(), "anna", button_id=button.id)
        await bench.hub.accept(press)
        await bench.hub.accept(Inbound("platform", "x", new_id(), "anna", text=ANGRY, payload="/greet"))
        await bench.hub.accept(Inbound("platform", "x", new_id(), "anna", text=""))
        await bench.settle()
        seen = await bench.conversation(first)
        await bench.store.write(customers.block, seen.customer_id, True)
        await bench.say(ANGRY)
        await bench.settle()
        assert await rows(bench.store) == []
        assert (
            bench.hub._metrics.feelings_missing._value.get() == 1
        )  # "buttons", which the script does not read


async def test_a_message_taken_back_before_its_turn_leaves_none(settings: Settings) -> None:
    async with scripted(settings, LINES) as bench:
        bench.dialogue.gate.clear()
        await bench.say("unread", event="first")
        await bench.say(ANGRY, event="second")
        await bench.hub.take_in(Deleted("platform", "x", new_id(), "second"))
        bench.dialogue.gate.set()
        await bench.settle()
        assert await rows(bench.store) == []


async def test_the_same_event_again_leaves_one(settings: Settings) -> None:
    async with scripted(settings, LINES) as bench:
        for _ in range(3):
            await bench.say(ANGRY, event="one")
        await bench.settle()
        await bench.say(ANGRY, event="one")
        await bench.settle()
        assert await felt_by(bench) == [(1, "anger", -0.8)]


async def test_a_turn_that_is_overtaken_leaves_none_but_of_its_owner(settings: Settings) -> None:
    """The conversation passes to people while the bot thinks: the bot's turn is refused, and its signal with it."""
    async with scripted(settings, LINES) as bench:
        accepted = await bench.say("unread")
        await bench.settle()
        refused: list[str] = []
        beside = bench.hub._feelings.beside

        async def late(dialogue: Any, claimed: Any, ending: Any) -> Any:
            read: Any = await beside(dialogue, claimed, ending)
            if not refused:
                refused.append(read.signal.id)
                await bench.store.write(ownership.queue, claimed.conversation, wish(Reason.ASKED, {}))
            return read

        bench.hub._feelings.beside = late  # type: ignore[method-assign]
        await bench.say(ANGRY)
        await bench.settle()
        assert (await bench.conversation(accepted)).status is Status.QUEUED
        assert bench.platform.texts()["anna"] == ["said"]  # to the first message alone
        (row,) = await rows(bench.store)
        assert row.id not in refused
        assert row.emotion == "anger"


class Trouble(ScriptedDialogue):
    """Answers, but cannot read alone."""

    def __init__(self, trouble: Exception | None) -> None:
        super().__init__(LINES)
        self.trouble = trouble

    async def parse(
        self, text: str, *, language: str | None = None, spoken: str | None = None
    ) -> dict[str, Any]:
        if self.trouble is not None:
            raise self.trouble
        await asyncio.Event().wait()
        return {}


@pytest.mark.parametrize("trouble", [ModelMissing("no model"), ZeroDivisionError(), None])
async def test_a_reading_that_fails_or_hangs_holds_up_nobody(
    settings: Settings, trouble: Exception | None
) -> None:
    async with scripted(settings, LINES) as bench:
        await people_have(bench, taken=True)
        missing = bench.hub._metrics.feelings_missing
        before = missing._value.get()
        bench.hub._feelings = FeelingsRead(bench.hub._metrics, seconds=0.05)
        bench.hub._dialogue = Trouble(trouble)
        accepted = await bench.say(ANGRY)
        await asyncio.wait_for(bench.settle(), 5)
        turn = (await bench.store.read(turn_rows.of_messages, [accepted.message_id]))[accepted.message_id]
        assert (turn.status, turn.sentiment) == ("done", None)
        assert await rows(bench.store) == []
        assert missing._value.get() == before + 1


async def test_a_turn_that_was_given_up_is_counted_as_unread(sqlite_settings: Settings) -> None:
    async with scripted(sqlite_settings, LINES) as bench:
        bench.hub._settings = replace(sqlite_settings, turn_tries=1)
        await bench.say("fail")
        await bench.settle()
        assert await rows(bench.store) == []
        assert bench.hub._metrics.feelings_missing._value.get() == 1


def test_a_signal_is_about_what_was_served_and_else_about_what_was_understood() -> None:
    parse = {"intent": {"name": "complaint"}}
    assert wanted(parse, ["get_refund", "track_order"]) == "get_refund"
    assert wanted(parse, []) == "complaint"
    assert wanted(parse, ["nlu_fallback"]) == "complaint"
    assert wanted({"intent": {"name": "nlu_fallback"}}, []) is None
    assert wanted({}, []) is None


# On the channels


def open_script(settings: Settings, metrics: Metrics) -> ScriptedDialogue:
    """For `open_grija(..., open_dialogue=open_script)`."""
    return ScriptedDialogue(LINES)


@asynccontextmanager
async def on_web(settings: Settings) -> AsyncIterator[Store]:
    async with serving(settings, open_dialogue=open_script) as server, open_widget(server.url) as widget:
        await widget.hello()
        for key, text in (("1", CALM), ("2", ANGRY), ("2", ANGRY), ("3", "buttons")):
            await widget.say(text, key)
        # Messages that come at once may be answered between them or after them.
        while not (
            offering := [item for item in widget.messages.values() if item["text"] == "echo: buttons"]
        ):
            await widget.receive()
        await widget.press(offering[0]["buttons"][0]["id"], "4")
        await widget.message(offering[0]["seq"] + 2)
        await server.grija.hub.settle()
        yield server.grija.store


@asynccontextmanager
async def on_telegram(settings: Settings) -> AsyncIterator[Store]:
    async with (
        TelegramDouble() as telegram,
        talking(settings, telegram, open_dialogue=open_script) as talk,
    ):
        ana = telegram.person(7)
        for text in ("/start", CALM, "buttons"):
            ana.write(text)
        await talk.quiet()
        ana.press(ana.chat.buttons()[0]["callback_data"])
        ana.write(ANGRY)
        await talk.quiet()
        yield talk.grija.store


@asynccontextmanager
async def on_slack(settings: Settings) -> AsyncIterator[Store]:
    async with open_slack() as slack:
        slack.add_person(ANNA, "Anna", "en-GB")
        async with open_desk(settings, slack, open_dialogue=open_script) as desk:
            await desk.say(ANNA, CALM)
            event = callback(slack.write(ANNA, slack.direct(ANNA), ANGRY))
            assert [await desk.http.event(event) for _ in range(3)] == [200] * 3
            await desk.settle()
            yield desk.grija.store


@pytest.mark.parametrize("channel", ["web", "telegram", "slack"])
async def test_each_channel_leaves_a_signal_for_each_message(
    settings: Settings, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    places = {"web": on_web, "telegram": on_telegram, "slack": on_slack}
    async with places[channel](settings) as store:
        found = await rows(store)
    assert [(row.channel, row.emotion) for row in found] == [(channel, "neutral"), (channel, "anger")]
