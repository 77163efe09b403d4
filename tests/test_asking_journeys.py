"""Questions and taps as customers live them: on the web page, on Telegram and on Slack, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.app import Grija
from bot.models import Status, now
from bot.settings import Settings
from bot.store.asking import talks_by
from bot.store.tables import agent, conversation, ended_talk, loyalty_answer
from tests.asking_bench import later, rows, set_up
from tests.conftest import StartServer, until
from tests.platforms.slack_deliveries import press
from tests.platforms.slack_server import ANNA, Desk
from tests.platforms.telegram import TelegramDouble
from tests.telegram_bench import Talk, hurry, talking
from tests.widget_client import open_widget

pytest_plugins = ["tests.platforms.slack_fixtures"]

OFTEN = {"days": 5, "loyalty_share": 1}


@pytest.fixture
async def talk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Talk]:
    hurry(monkeypatch)
    async with TelegramDouble() as telegram, talking(settings, telegram) as opened:
        yield opened


async def end(grija: Grija) -> None:
    """Let an agent take the only conversation and close it."""
    row = {"id": "ada", "email": "ada", "name": "Ada", "role": "agent", "created_at": now()}
    await grija.store.write(lambda tx: tx.execute(sa.insert(agent).values(row)))
    await set_up(grija.store, **OFTEN)
    (waiting,) = await rows(grija.store, conversation)
    await grija.desk.take("ada", waiting.id, epoch=waiting.epoch)
    await grija.desk.close("ada", waiting.id, outcome="solved")
    await grija.hub.settle()


async def one(grija: Grija, table: sa.Table) -> Any:
    (row,) = await rows(grija.store, table)
    return row


async def a_week_later(grija: Grija) -> None:
    """Let the keeper ask the rare question."""
    await later(grija.store, days=8)
    await grija.asking.sweep()
    await grija.hub.settle()


async def nothing_opened(grija: Grija) -> None:
    assert (await one(grija, conversation)).status == Status.CLOSED.value


async def test_on_the_web_who_is_gone_is_asked_with_the_next_visit(start_server: StartServer) -> None:
    async with start_server() as server:
        grija = server.grija
        async with open_widget(server.url) as widget:
            token = (await widget.hello())["token"]
            await widget.say("person", "1")
            await until(lambda: _status(grija, Status.QUEUED))
            await end(grija)
            asked = await _asks(widget, "utter_ask_rating")
            await widget.press(asked["buttons"][0]["id"], "2")
            await _asks(widget, "utter_rating_thanks")
            await widget.press(asked["buttons"][3]["id"], "3")
            await _asks(widget, "utter_rating_thanks")
            seen = max(widget.messages)
        assert (await one(grija, ended_talk)).rating == 2
        await a_week_later(grija)
        assert (await one(grija, loyalty_answer)).value is None
        async with open_widget(server.url) as widget:
            await widget.hello(token=token, last_seq=seen)
            asked = await _asks(widget, "utter_ask_re")
            assert asked["author"]["kind"] == "system"
            assert [button["title"].split()[0] for button in asked["buttons"]] == [
                f"utter_title_likely_{value}" for value in (5, 4, 3, 2, 1)
            ]
            await later(grija.store, days=31)
            await widget.press(asked["buttons"][1]["id"], "4")
            await _asks(widget, "utter_loyalty_thanks")
        assert (await one(grija, loyalty_answer)).value == 4
        await nothing_opened(grija)


async def test_on_the_web_only_a_question_that_was_seen_counts_as_reached(start_server: StartServer) -> None:
    async with start_server() as server:
        grija = server.grija
        async with open_widget(server.url) as widget:
            await widget.hello()
            await widget.say("person", "1")
            await until(lambda: _status(grija, Status.QUEUED))
            await end(grija)
            asked = await _asks(widget, "utter_ask_rating")
            assert await _reached(grija) == [False]
            await widget.send({"type": "seen", "seq": asked["seq"]})
            await until(lambda: _is_reached(grija))


async def test_on_telegram_a_button_answers_twice_and_a_month_later(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    ana.write("person")
    await until(lambda: _status(talk.grija, Status.QUEUED))
    await end(talk.grija)
    await _heard(talk, ana.chat, "utter_ask_rating")
    stars = ana.chat.buttons()
    ana.press(stars[0]["callback_data"])
    await _heard(talk, ana.chat, "utter_rating_thanks")
    assert (await one(talk.grija, ended_talk)).rating == 5
    await a_week_later(talk.grija)
    await _heard(talk, ana.chat, "utter_ask_re")
    likely = ana.chat.buttons()
    ana.press(likely[4]["callback_data"])
    await _heard(talk, ana.chat, "utter_loyalty_thanks")
    await later(talk.grija.store, days=31)
    ana.press(likely[2]["callback_data"])
    await _heard(talk, ana.chat, "utter_loyalty_thanks", times=2)
    ana.press(stars[4]["callback_data"])
    await _heard(talk, ana.chat, "utter_rating_thanks", times=2)
    assert (await one(talk.grija, loyalty_answer)).value == 3
    assert (await one(talk.grija, ended_talk)).rating == 1
    assert talk.telegram.alerts == {}, "no button has gone"
    assert await _reached(talk.grija) == [True]
    await nothing_opened(talk.grija)


async def test_on_telegram_who_has_blocked_us_is_not_asked(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    ana.write("person")
    await until(lambda: _status(talk.grija, Status.QUEUED))
    await end(talk.grija)
    await _heard(talk, ana.chat, "utter_ask_rating")
    ana.block()
    await talk.quiet()
    before = ana.chat.texts()
    await a_week_later(talk.grija)
    assert await rows(talk.grija.store, loyalty_answer) == []
    assert ana.chat.texts() == before


async def test_on_slack_the_question_stands_where_the_talk_was(desk: Desk) -> None:
    root = await desk.say(ANNA, "<@UBOT> person", channel="C1")
    await desk.answered("C1", 1)
    await end(desk.grija)
    await desk.answered("C1", 2)
    asked = desk.slack.posts[-1]
    assert (asked.thread_ts, asked.text.split()[0]) == (root, "utter_ask_rating")
    assert await desk.http.interact(press(ANNA, asked, 1)) == 200
    await desk.answered("C1", 3)
    assert (await one(desk.grija, ended_talk)).rating == 4
    await a_week_later(desk.grija)
    await desk.answered("C1", 4)
    question = desk.slack.posts[-1]
    assert question.thread_ts == root
    for number in (0, 3):
        assert await desk.http.interact(press(ANNA, question, number)) == 200
        await desk.settle()
    await desk.answered("C1", 6)
    assert (await one(desk.grija, loyalty_answer)).value == 2
    await later(desk.grija.store, days=31)
    assert await desk.http.interact(press(ANNA, question, 4)) == 200
    await desk.answered("C1", 7)
    assert (await one(desk.grija, loyalty_answer)).value == 1
    await nothing_opened(desk.grija)


async def _status(grija: Grija, status: Status) -> bool:
    found = await rows(grija.store, conversation)
    return {str(row.status) for row in found} == {str(status.value)}


async def _asks(widget: Any, response: str) -> dict[str, Any]:
    """Wait until the newest message says this; the message."""
    while True:
        newest: dict[str, Any] = widget.messages[max(widget.messages)] if widget.messages else {"text": ""}
        if newest["text"].startswith(response):
            return newest
        await widget.receive()


async def _heard(talk: Talk, chat: Any, response: str, times: int = 1) -> None:
    async def said() -> bool:
        texts: list[str] = chat.texts()
        return sum(text.startswith(response) for text in texts) >= times

    await until(said)
    await talk.grija.hub.settle()


async def _reached(grija: Grija) -> list[bool]:
    moment = now()
    cells = await grija.store.read(
        talks_by, "channel", moment - timedelta(days=300), moment + timedelta(days=1)
    )
    return [cell.reached for listed in cells.values() for cell in listed]


async def _is_reached(grija: Grija) -> bool:
    return await _reached(grija) == [True]
