"""Alerts: a spike is found with its cause, told once, to every receiver; and who supervises sees and settles it."""

from __future__ import annotations

import mailbox
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.alert_words import spike_words
from bot.alerts import Alerts
from bot.broker.memory import MemoryBroker
from bot.errors import SettingsError
from bot.metrics import Metrics
from bot.models import Role, now
from bot.settings import Settings, read_settings
from bot.store import Connection, Store, alerts, audit, customer_data, falls
from bot.store.alerts import Alert
from bot.store.tables import alert, alert_delivery, conversation, fall_hour
from bot.tokens import VisitorTokens
from channels import ChannelContext
from channels.slack import SlackChannel
from tests.conftest import Server, StartServer
from tests.desk_client import signed_in
from tests.desk_seeds import an_agent
from tests.fall_seeds import seed
from tests.platforms.slack import BOT_TOKEN, SlackDouble, refused
from tests.statements import plan, statements
from tests.test_mail import SmtpServer

pytest_plugins = ["tests.platforms.slack_fixtures"]

NOON = datetime(2024, 3, 4, 12, 40, tzinfo=timezone.utc)
CAUSES = {"order_state": "delayed", "channel": "telegram"}
MAILS = ("mia@shop.example", "jan@shop.example")


def former_days(tx: Connection, moment: datetime = NOON) -> None:
    """Ten days with eight conversations in this hour, now and then one of them falls."""
    for day in range(1, 11):
        for place in range(8):
            at = moment - timedelta(days=day, minutes=30 - place)
            seed(tx, at, falls=place == 0 and day % 5 == 0, channel="telegram" if place == 1 else "web")


def bad_hour(tx: Connection, moment: datetime = NOON, *, fallen: int = 8) -> None:
    """Twelve conversations, of which some fell: those over Telegram, whose orders are late."""
    for place in range(12):
        fell = place < fallen
        told = CAUSES if fell else {}
        seed(tx, moment - timedelta(minutes=50 - place), falls=fell, **told)


def service(store: Store, settings: Settings, **given: Any) -> Alerts:
    return served(store, replace(settings, **given))


def served(store: Store, settings: Settings) -> Alerts:
    broker, metrics, tokens = MemoryBroker(), Metrics(), VisitorTokens("x" * 32, site=settings.site)
    slack = SlackChannel(ChannelContext(settings, store, broker, tokens, metrics))
    return Alerts(store, broker=broker, settings=settings, metrics=metrics, channels={slack.name: slack})


async def deliveries(store: Store) -> list[tuple[str, str, str, int]]:
    columns = (
        alert_delivery.c.way,
        alert_delivery.c.receiver,
        alert_delivery.c.status,
        alert_delivery.c.tries,
    )
    query = sa.select(*columns).order_by(alert_delivery.c.id)
    return [tuple(row) for row in await store.read(lambda tx: tx.execute(query).all())]


async def due_again(store: Store) -> None:
    """What waits for another try has waited long enough."""
    await store.write(lambda tx: tx.execute(sa.update(alert_delivery).values(next_at=now())))


def mails(settings: Settings) -> list[tuple[str, str]]:
    """To whom mails went, with their subjects."""
    with closing(mailbox.mbox(settings.data / "outbox.mbox")) as box:
        return [(str(item["To"]), str(item["Subject"])) for item in box]


# Spikes


async def test_a_spike_is_told_once_with_its_likely_causes(store: Store, settings: Settings) -> None:
    await store.write(former_days)
    await store.write(bad_hour)
    watch = service(store, settings)
    assert await watch.look(NOON)
    (told,) = await store.read(alerts.listed)
    assert (told.kind, told.detail["falls"], told.detail["conversations"]) == ("spike", 8, 12)
    assert told.detail["expected"] < 1
    assert {(cause["trait"], cause["value"]) for cause in told.detail["causes"]} == set(CAUSES.items())
    # It goes on, and is no second one.
    assert not await watch.look(NOON + timedelta(minutes=5))
    (same,) = await store.read(alerts.listed)
    assert (same.id, same.window_from) == (told.id, told.window_from)
    assert same.window_until == NOON + timedelta(minutes=5)


async def test_another_spike_after_a_quiet_hour_is_another_alert(store: Store, settings: Settings) -> None:
    later = NOON + timedelta(hours=3)
    for moment in (NOON, later):
        await store.write(former_days, moment)
        await store.write(bad_hour, moment)
    watch = service(store, settings)
    assert await watch.look(NOON)
    assert not await watch.look(NOON + timedelta(hours=1, minutes=30))
    assert await watch.look(later)
    assert len(await store.read(alerts.listed)) == 2


async def test_a_usual_hour_and_a_busy_one_are_no_spike(store: Store, settings: Settings) -> None:
    await store.write(former_days)
    await store.write(bad_hour, NOON, fallen=2)
    assert not await service(store, settings).look(NOON)
    assert await store.read(alerts.listed) == []


async def test_without_history_nothing_is_a_spike_at_once(store: Store, settings: Settings) -> None:
    assert not await service(store, settings).look(NOON)
    assert await store.read(alerts.listed) == []


async def test_two_workers_that_look_at_once_tell_once(store: Store, settings: Settings) -> None:
    import asyncio

    await store.write(former_days)
    await store.write(bad_hour)
    told = await asyncio.gather(*(service(store, settings, alert_emails=MAILS).look(NOON) for _ in range(3)))
    assert sum(told) == 1
    assert len(await deliveries(store)) == len(MAILS)


async def test_former_hours_are_counted_once_and_forgotten_in_the_end(
    store: Store, settings: Settings
) -> None:
    await store.write(former_days)
    watch = service(store, settings)
    query = sa.select(fall_hour)
    await watch.look(NOON)
    assert await store.read(lambda tx: tx.execute(query).all()) == []
    # Only when there is something to compare.
    await store.write(bad_hour)
    await watch.look(NOON)
    kept = await store.read(lambda tx: tx.execute(query).all())
    assert len(kept) == falls.DAYS
    with statements() as seen:
        await watch.look(NOON + timedelta(minutes=4))
    assert not [text for text, _ in seen if text.startswith("INSERT")]
    # They are of 2024.
    await store.write(falls.forget_hours)
    assert await store.read(lambda tx: tx.execute(query).all()) == []


async def test_a_window_is_counted_without_looking_at_all_signals(sqlite_settings: Settings) -> None:
    from bot.store import open_store

    store = await open_store(sqlite_settings.database)
    try:
        await store.write(former_days)
        with statements() as seen:
            await store.read(falls.of_window, NOON - falls.HOUR, NOON - timedelta(days=1) + falls.HOUR)
            await store.read(falls.of_window, NOON - timedelta(days=1, hours=1), NOON - timedelta(days=1))
        asked = [item for item in seen if item[0].startswith("SELECT")]
        assert len(asked) >= 4
        for text, values in asked:
            steps = await store.read(plan, text, values)
            scans = [step for step in steps if step.startswith("SCAN") and "signal" in step]
            assert not scans, (text, steps)
    finally:
        await store.close()


def test_the_words_of_a_spike_are_in_every_language() -> None:
    detail = {
        "falls": 8, "conversations": 12, "expected": 0.6,
        "causes": [{"trait": "order_state", "value": "delayed {x}", "share": 1.0, "usual": 0.05}],
    }  # fmt: skip
    texts = set()
    for language in ("en", "pl", "el", "bg", "ro"):
        subject, text = spike_words(detail, language, link="https://shop.example/console")
        assert "8" in subject
        assert "12" in text
        assert "100%" in text
        assert "delayed {x}" in text
        assert text.endswith("https://shop.example/console")
        texts.add(text)
        assert len(spike_words(detail | {"causes": []}, language, link="x")[1]) < len(text)
    assert len(texts) == 5
    assert spike_words(detail, "de", link="x") == spike_words(detail, "en", link="x")


# On the way


async def test_every_receiver_is_told_once(store: Store, settings: Settings, slack: SlackDouble) -> None:
    await store.write(former_days)
    await store.write(bad_hour)
    watch = service(
        store, settings, alert_emails=MAILS, alert_slack_channel="C1", slack_bot_token=BOT_TOKEN,
        slack_api_url=f"{slack.url}/api/",
    )  # fmt: skip
    await watch.look(NOON)
    await watch.sweep()
    await watch.look(NOON + timedelta(minutes=5))
    await watch.sweep()
    subject = "Grija: 8 customers became unhappy within an hour"
    assert mails(settings) == [(email, subject) for email in MAILS]
    (posted,) = slack.texts("C1")
    assert posted.startswith(subject)
    assert "delayed" in posted
    assert await deliveries(store) == [
        ("mail", MAILS[0], "sent", 1), ("mail", MAILS[1], "sent", 1), ("slack", "C1", "sent", 1),
    ]  # fmt: skip


async def test_what_could_not_be_delivered_is_tried_again_and_only_that(
    store: Store, settings: Settings, slack: SlackDouble
) -> None:
    await store.write(former_days)
    await store.write(bad_hour)
    async with SmtpServer(says={"MAIL": "451 later"}) as server:
        watch = service(
            store, settings, alert_emails=MAILS[:1], alert_slack_channel="C1", slack_bot_token=BOT_TOKEN,
            slack_api_url=f"{slack.url}/api/", smtp_url=f"smtp://{server.address}",
        )  # fmt: skip
        slack.faults["chat.postMessage"] = [refused("internal_error")]
        await watch.look(NOON)
        await watch.sweep()
        assert [item[2:] for item in await deliveries(store)] == [("waiting", 1), ("waiting", 1)]
        # Not at once.
        await watch.sweep()
        assert [item[3] for item in await deliveries(store)] == [1, 1]
        await due_again(store)
        server.says.clear()
        # Another process goes on where this one has stopped.
        await replace_service(watch).sweep()
        assert [item[2:] for item in await deliveries(store)] == [("sent", 2), ("sent", 2)]
        assert len(server.mails) == len(slack.texts("C1")) == 1


def replace_service(watch: Alerts) -> Alerts:
    return served(watch._store, watch._settings)


async def test_after_a_day_nobody_is_told_any_more(store: Store, settings: Settings) -> None:
    await store.write(former_days)
    await store.write(bad_hour)
    watch = service(store, settings, alert_emails=MAILS[:1], smtp_url="smtp://127.0.0.1:9")
    await watch.look(NOON)
    old = sa.update(alert_delivery).values(created_at=now() - timedelta(hours=25))
    await store.write(lambda tx: tx.execute(old))
    await watch.sweep()
    assert [item[2] for item in await deliveries(store)] == ["dead"]
    error = sa.select(alert_delivery.c.error)
    assert MAILS[0] not in str(await store.read(lambda tx: tx.execute(error).scalar()))


async def test_what_is_delivered_is_forgotten_in_the_end_and_what_waits_is_not(
    store: Store, settings: Settings
) -> None:
    await store.write(former_days)
    await store.write(bad_hour)
    await service(store, settings, alert_emails=MAILS).look(NOON)
    delivery = await store.write(alerts.claim, seconds=60)
    assert delivery is not None
    await store.write(alerts.sent, delivery.id)
    old = sa.update(alert_delivery).values(created_at=now() - timedelta(days=20))
    await store.write(lambda tx: tx.execute(old))
    await store.write(alerts.forget_deliveries)
    assert [item[2] for item in await deliveries(store)] == ["waiting"]


@pytest.mark.parametrize(
    ("given", "about"),
    [
        ({"GRIJA_ALERT_EMAILS": "mia@shop.example,jan"}, "GRIJA_ALERT_EMAILS"),
        ({"GRIJA_ALERT_SLACK_CHANNEL": "#alerts"}, "GRIJA_ALERT_SLACK_CHANNEL"),
        ({"GRIJA_ALERT_SLACK_CHANNEL": "C0123"}, "GRIJA_SLACK_BOT_TOKEN"),
    ],
)
def test_wrong_receivers_stop_the_start(given: dict[str, str], about: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=about):
        read_settings(given, dotenv=tmp_path / ".env")


# Who supervises


@pytest.fixture
async def server(start_sqlite_server: StartServer) -> AsyncIterator[Server]:
    async with start_sqlite_server() as running:
        yield running


async def a_fall(server: Server) -> Alert:
    """An alert about a customer who fell."""
    store = server.grija.store
    key = await store.write(lambda tx: seed(tx, now(), falls=True))
    assert await store.write(
        alerts.tell_fall, key, "m1", {"fall": 0.5, "emotion": "anger", "step": "suggest"}
    )
    return (await store.read(alerts.listed))[0]


async def test_alerts_are_listed_and_seen_by_one(server: Server) -> None:
    first, second = await a_fall(server), await a_fall(server)
    sue, ada = an_agent("Sue", Role.SUPERVISOR), an_agent("Ada", Role.ADMIN)
    async with (
        signed_in(server.grija, server.url, sue) as one,
        signed_in(server.grija, server.url, ada) as other,
    ):
        page = await one.get("/alerts")
        assert ([item["id"] for item in page["alerts"]], page["open"], page["next"]) == (
            [second.id, first.id],
            2,
            None,
        )
        assert page["alerts"][0]["customer"] == "Ioana"
        assert page["alerts"][0]["conversation"] == second.conversation_id
        status, seen = await one.ask("POST", f"/alerts/{first.id}/acknowledge")
        assert (status, seen["acknowledged_by"]) == (200, "Sue")
        # Who comes second changes nothing.
        _, again = await other.ask("POST", f"/alerts/{first.id}/acknowledge")
        assert (again["acknowledged_by"], again["acknowledged_at"]) == ("Sue", seen["acknowledged_at"])
        page = await other.get("/alerts?open=1")
        assert ([item["id"] for item in page["alerts"]], page["open"]) == ([second.id], 1)
        page = await other.get("/alerts?limit=1")
        older = await other.get(f"/alerts?before={page['next']}")
        assert [item["id"] for item in older["alerts"]] == [first.id]
        for wrong in ("999", "x", "-1", "9" * 30):
            assert (await one.ask("POST", f"/alerts/{wrong}/acknowledge"))[0] == 404
    entries = await server.grija.store.read(audit.latest, before=None, limit=10)
    noted = [entry for entry in entries if entry.action == "alert_acknowledged"]
    assert [(entry.actor, entry.subject) for entry in noted] == [(sue.id, str(first.id))]


async def test_consoles_of_who_supervises_hear_of_alerts_and_others_do_not(server: Server) -> None:
    sue, anna = an_agent("Sue", Role.SUPERVISOR), an_agent("Anna")
    async with (
        signed_in(server.grija, server.url, sue) as one,
        signed_in(server.grija, server.url, anna) as other,
        one.socket() as supervising,
        other.socket() as answering,
    ):
        alerted = await a_fall(server)
        await one.ask("POST", f"/alerts/{alerted.id}/acknowledge")
        await supervising.expect("alerts")
        assert not [frame for frame in await answering.pong() if frame["type"] == "alerts"]


async def test_a_customers_fall_reaches_the_console(server: Server) -> None:
    """From the message to the frame: the echo reads these two as calm and as furious."""
    from tests.widget_client import open_widget

    async with signed_in(server.grija, server.url, an_agent("Sue", Role.SUPERVISOR)) as sue:
        async with sue.socket() as socket, open_widget(server.url) as widget:
            await widget.hello()
            await widget.say("calm", "1")
            # What is said before our first answer is one beginning.
            await widget.message(2)
            await widget.say("furious", "2")
            await socket.expect("alerts")
        (told,) = (await sue.get("/alerts"))["alerts"]
    assert (told["kind"], told["detail"]["emotion"]) == ("fall", "anger")


async def test_alerts_of_an_erased_customer_are_gone(server: Server) -> None:
    told = await a_fall(server)
    store = server.grija.store
    about = sa.select(conversation.c.customer_id).where(conversation.c.id == told.conversation_id)
    customer_id = await store.read(lambda tx: tx.execute(about).scalar())
    assert len((await store.read(customer_data.rows, customer_id))["alert"]) == 1
    await store.write(customer_data.erase, customer_id, actor="x")
    assert await store.read(lambda tx: tx.execute(sa.select(alert)).all()) == []
