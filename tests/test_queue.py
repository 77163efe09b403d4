"""The queue as customers see it, over a running server: status, place, truth, and the wish to be written to later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bot.broker import OFFER, OFFER_ENDED, PRESENCE, agent_topic, desk_topic
from bot.handoff import wish
from bot.metrics import Metrics
from bot.models import Conversation, InboxItem, Outcome, Presence, Reason, Role, Status
from bot.settings import Settings
from bot.store import Connection, Store, handoffs, teams
from bot.store.tables import agent, handoff, team
from tests.conftest import Server, StartServer
from tests.doubles import EchoDialogue
from tests.staff import add_agent, add_team
from tests.widget_client import WidgetClient, open_widget


class AskingDialogue(EchoDialogue):
    """Asks for a person when the customer says "person"."""

    async def respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        if item.message.text != "person":
            return await super().respond(conversation, item)
        return Outcome((), {"turns": 1}, "en", wants_person=Reason.ASKED)


def open_asking(settings: Settings, metrics: Metrics) -> AskingDialogue:
    return AskingDialogue()


async def add(server: Server, name: str, **more: Any) -> str:
    return await server.grija.store.write(lambda tx: add_agent(tx, name, **more))


async def said(widget: WidgetClient, word: str) -> Mapping[str, Any]:
    """The message that begins with a word, waiting for it."""
    while True:
        for message in widget.messages.values():
            if message["text"].startswith(word):
                return message
        await widget.receive()


async def test_nobody_there_is_said_and_a_tap_lets_the_customer_go(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(open_dialogue=open_asking) as server, open_widget(server.url) as widget:
        await widget.hello()
        await widget.say("person", "1")
        truth = await said(widget, "utter_queue_nobody")
        assert truth["author"]["kind"] == "system"
        (later,) = truth["buttons"]
        await widget.press(later["id"], "2")
        await said(widget, "utter_write_later_done")
        ((waits, seen),) = await server.grija.store.read(handoffs.waiting)
        assert waits.later_at is not None
        assert seen.status is Status.QUEUED
        # Again: kept, and nothing more is said or changed.
        again = await widget.press(later["id"], "3")
        await server.grija.hub.settle()
        assert (await server.grija.store.read(handoffs.find, waits.id)).later_at == waits.later_at
        assert again["seq"] > truth["seq"]


async def test_who_waits_sees_place_and_range_also_after_coming_back(
    start_sqlite_server: StartServer,
) -> None:
    async with start_sqlite_server(open_dialogue=open_asking) as server:
        full = await add(server, "Ann", capacity=1)
        async with open_widget(server.url) as first:
            await first.hello()
            await first.say("person", "1")
            await said(first, "utter_handoff_asked")
            ((_, seen),) = await server.grija.store.read(handoffs.waiting)
            await server.grija.desk.take(full, seen.id, epoch=seen.epoch)
        async with open_widget(server.url) as second:
            token = (await second.hello())["token"]
            await second.say("person", "1")
            shown = await place_of(second)
            assert shown["position"] == 1
            assert shown["wait_low_s"] < shown["wait_high_s"]
            await said(second, "utter_queue_within")
        async with open_widget(server.url) as back:
            welcome = await back.hello(token=token)
            assert welcome["status"] == "queued"
            assert await place_of(back) == shown


async def place_of(widget: WidgetClient) -> dict[str, Any]:
    """The queue of the next status that has one."""
    while True:
        frame = await widget.expect("status")
        if "queue" in frame:
            assert frame["status"] == "queued"
            queue: dict[str, Any] = frame["queue"]
            return queue


async def test_an_agent_who_opens_a_console_is_offered_what_waits(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(open_dialogue=open_asking) as server, open_widget(server.url) as widget:
        await widget.hello()
        await widget.say("person", "1")
        await said(widget, "utter_handoff_asked")
        ((waits, _),) = await server.grija.store.read(handoffs.waiting)
        ann = await add(server, "Ann")
        await server.grija.store.write(
            lambda tx: tx.execute(sa.update(agent).values(present_at=None, presence=Presence.ONLINE.value))
        )
        with server.grija.broker.subscribe() as subscription:
            server.grija.broker.add_topic(subscription, agent_topic(ann))
            async with server.grija.presence.console(ann):
                assert await subscription.next() == [OFFER + waits.id]
                await server.grija.offers.pass_on(ann, waits.id)
                assert await subscription.next() == [OFFER_ENDED + waits.id]


async def test_a_console_makes_present_and_news(store: Store) -> None:
    from bot.broker.memory import MemoryBroker
    from bot.desk.presence import Presence as Consoles

    broker = MemoryBroker()
    consoles = Consoles(store=store, broker=broker)
    ann = await store.write(add_agent, "Ann")
    await store.write(lambda tx: tx.execute(sa.update(agent).values(present_at=None)))
    with broker.subscribe() as subscription:
        broker.add_topic(subscription, desk_topic())
        async with consoles.console(ann), consoles.console(ann):
            assert await subscription.next() == [PRESENCE]
            assert await store.read(lambda tx: tx.execute(sa.select(agent.c.present_at)).scalar()) is not None
        assert await subscription.next() == [PRESENCE]
    await store.write(lambda tx: tx.execute(sa.update(agent).values(present_at=None)))
    await consoles.beat()
    assert await store.read(lambda tx: tx.execute(sa.select(agent.c.present_at)).scalar()) is None


async def test_a_stale_button_of_the_queue_does_not_reach_the_dialogue(
    start_sqlite_server: StartServer,
) -> None:
    async with start_sqlite_server(open_dialogue=open_asking) as server, open_widget(server.url) as widget:
        await widget.hello()
        await widget.say("person", "1")
        (later,) = (await said(widget, "utter_queue_nobody"))["buttons"]
        (stay,) = (await said(widget, "utter_handoff_asked"))["buttons"]
        await widget.press(stay["id"], "2")
        await said(widget, "utter_handoff_taken_back")
        await widget.press(later["id"], "3")
        await said(widget, "utter_handoff_none")
        ((_, status),) = await server.grija.store.read(
            lambda tx: [(row.id, row.end) for row in tx.execute(sa.select(handoff))]
        )
        assert status == "taken_back"


async def test_who_is_taken_hears_of_no_place_any_more(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(open_dialogue=open_asking) as server, open_widget(server.url) as widget:
        await widget.hello()
        await widget.say("person", "1")
        await said(widget, "utter_queue_nobody")
        ann = await add(server, "Ann", presence=Presence.AWAY)
        ((_, seen),) = await server.grija.store.read(handoffs.waiting)
        await server.grija.desk.take(ann, seen.id, epoch=seen.epoch)
        while (frame := await widget.expect("status"))["status"] != "human":
            pass
        assert "queue" not in frame


async def test_the_team_of_a_wish(store: Store) -> None:
    def prepare(tx: Connection) -> dict[str, str | None]:
        billing, empty, all_of_it = add_team(tx, "Billing"), add_team(tx, "Empty"), add_team(tx, "Zeal")
        for team_id, intents in (
            (billing, '["refund"]'),
            (empty, '["track_order"]'),
            (all_of_it, '["refund", "x"]'),
        ):
            tx.execute(sa.update(team).where(team.c.id == team_id).values(intents=intents))
        add_agent(tx, "Ann", teams=(billing,))
        add_agent(tx, "Bob", teams=(all_of_it,), role=Role.SUPERVISOR)
        names = {billing: "Billing", empty: "Empty", all_of_it: "Zeal", None: None}
        asked = {
            "task": teams.for_wish(tx, wish(Reason.ASKED, {"task": "refund"}), {"intent": {"name": "x"}}),
            "intent": teams.for_wish(tx, wish(Reason.ASKED), {"intent": {"name": "x"}}),
            "nobody in it": teams.for_wish(tx, wish(Reason.FAILED, {"action": "track_order"}), {}),
            "nothing": teams.for_wish(tx, wish(Reason.ASKED), {"intent": {"name": None}}),
        }
        return {what: names[team_id] for what, team_id in asked.items()}

    assert await store.write(prepare) == {
        "task": "Billing",
        "intent": "Zeal",
        "nobody in it": None,
        "nothing": None,
    }
