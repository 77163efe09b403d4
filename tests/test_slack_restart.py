"""Killed while a message is on its way to Slack: the next server looks it up, and it comes once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.models import Address, Inbound, Message
from bot.settings import Settings
from bot.store import Connection, addresses, open_store, outbox
from channels.slack_sending import Sender
from channels.slack_turns import Turns
from tests.conftest import until
from tests.crash_bench import Victims, Zygote, free_port
from tests.outage import leave_behind
from tests.platforms.slack import (
    BOT_TOKEN,
    CUT_AFTER_ACCEPTANCE,
    SIGNING_SECRET,
    TEAM,
    SlackDouble,
    refused,
)
from tests.platforms.slack_deliveries import Deliveries, callback
from tests.platforms.slack_server import ANNA, Desk, OpenDesk

pytest_plugins = ["tests.platforms.slack_fixtures"]

POST, HISTORY, REPLIES = "chat.postMessage", "conversations.history", "conversations.replies"
DIRECT = "DANNA"


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    started = Zygote()
    yield started
    started.close()


async def ask_and_kill(
    settings: Settings, folder: Path, zygote: Zygote, slack: SlackDouble, channel: str, point: str
) -> None:
    """Anna asks in a channel, the server is killed on the way of its answer, and another one delivers it.

    `point` is a crash point; empty: while Slack has the answer and has not said so.
    """
    port = free_port()
    platform = folder / "platform"
    platform.touch()
    given = {"data": str(settings.data), "database_url": settings.database_url, "port": port,
             "sweep_seconds": 0.1, "log_level": "error", "slack_api_url": f"{slack.url}/api/",
             "slack_bot_token": BOT_TOKEN, "slack_signing_secret": SIGNING_SECRET}  # fmt: skip
    spec = {"settings": given, "platform": str(platform)}
    http = Deliveries(f"http://127.0.0.1:{port}/webhooks/slack")
    payload = callback(slack.write(ANNA, channel, "<@UBOT> hello"))

    async def delivered() -> bool:
        return await http.event(payload) == 200

    async def held() -> bool:
        return bool(slack.held)

    async def all_sent() -> bool:
        return (await store.read(outbox.depth))["waiting"] == 0

    async with Victims(zygote.keepers[0], spec) as victims:
        await victims.start(f"{point}:1" if point else None)
        await until(delivered)
        if not point:
            await until(held)
        await victims.kill(after=20 if point else 0)
        store = await open_store(settings.database)
        try:
            assert not await all_sent(), "nobody has noted that it is sent"
            await victims.start(None)
            await until(all_sent)
        finally:
            await store.close()


@pytest.mark.parametrize("point", ["deliver.after_send", ""])
@pytest.mark.parametrize("channel", [DIRECT, "C1"])
async def test_what_slack_may_have_is_looked_up_after_a_kill(
    settings: Settings, tmp_path: Path, zygote: Zygote, slack: SlackDouble, channel: str, point: str
) -> None:
    slack.direct(ANNA)
    slack.faults[POST] = [] if point else [CUT_AFTER_ACCEPTANCE]
    await ask_and_kill(settings, tmp_path, zygote, slack, channel, point)
    assert slack.texts(channel) == ["echo: hello"]
    assert len(slack.called(HISTORY if channel == DIRECT else REPLIES)) == 1


async def test_what_nobody_has_begun_to_send_is_not_looked_up_after_a_kill(
    settings: Settings, tmp_path: Path, zygote: Zygote, slack: SlackDouble
) -> None:
    slack.direct(ANNA)
    await ask_and_kill(settings, tmp_path, zygote, slack, DIRECT, "deliver.before_send")
    assert slack.texts(DIRECT) == ["echo: hello"]
    assert slack.called(HISTORY) == []


# -- The next server, without a kill: a sender that knows nothing but what is in the store -------------


async def queued(desk: Desk, place: str, text: str = "") -> tuple[Address, Message]:
    """A message for Anna that nobody delivers, and her address."""
    desk.grija.hub.deliveries.lanes._opened.clear()

    def queue(tx: Connection) -> tuple[Address, Message]:
        leave_behind(tx, [Inbound("slack", TEAM, "e", ANNA, "?", place=place)], 1)
        found = addresses.find(tx, "slack", TEAM, ANNA)
        assert found is not None
        item = outbox.next_for(tx, found.id)
        assert item is not None
        return found, item[0].message

    return await desk.grija.store.write(queue)


def next_sender(desk: Desk) -> Sender:
    return Sender(desk.channel._workspaces, desk.grija.store, Turns(0.001, time.monotonic))


async def test_it_is_found_however_much_was_written_since(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        desk.slack.direct(ANNA)
        anna, said = await queued(desk, DIRECT)
        first = await next_sender(desk).send(anna, said)
        for number in range(250):
            desk.slack.write(ANNA, DIRECT, f"{number}")
        assert await next_sender(desk).send(anna, said) == first
        assert desk.slack.texts(DIRECT) == ["text 0"]
        assert len(desk.slack.called(HISTORY)) == 3, "pages of a hundred"


async def test_it_is_found_in_the_direct_message_if_its_channel_is_gone(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        desk.slack.faults[POST] = [refused("is_archived")]
        anna, said = await queued(desk, "C1")
        first = await next_sender(desk).send(anna, said)
        assert first.startswith(DIRECT)
        # The history of an archived channel can be read, and the message is not there.
        desk.slack.faults[POST] = [refused("is_archived")]
        assert await next_sender(desk).send(anna, said) == first
        assert desk.slack.texts(DIRECT) == ["text 0"]
        assert desk.slack.texts("C1") == []


async def test_while_nobody_can_look_it_is_not_sent(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        desk.slack.direct(ANNA)
        anna, said = await queued(desk, DIRECT)
        first = await next_sender(desk).send(anna, said)
        desk.slack.faults[HISTORY] = [refused("internal_error"), refused("ratelimited")]
        sender = next_sender(desk)
        for _ in range(2):
            with pytest.raises(Exception, match=r"internal_error|asks to wait"):
                await sender.send(anna, said)
        assert await sender.send(anna, said) == first
        assert desk.slack.texts(DIRECT) == ["text 0"]
