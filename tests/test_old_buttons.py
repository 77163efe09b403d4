"""Who presses a button that is not on offer any more is told so at once, in the own language, and only they."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot import texts
from bot.errors import StoreUnavailable
from bot.settings import Settings
from bot.store import addresses
from channels import telegram_presses
from tests.conftest import until
from tests.platforms.slack import SlackDouble, refused
from tests.platforms.slack_deliveries import press
from tests.platforms.slack_server import ANNA, BORIS, Desk, OpenDesk
from tests.platforms.telegram import TelegramDouble
from tests.telegram_bench import Talk, hurry, talking

pytest_plugins = ["tests.platforms.slack_fixtures"]


@pytest.fixture
async def talk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Talk]:
    hurry(monkeypatch)
    async with TelegramDouble() as telegram, talking(settings, telegram) as talk:
        yield talk


async def answered(talk: Talk, count: int) -> None:
    async def all_answered() -> bool:
        return len(talk.telegram.answered) == count

    await until(all_answered)


def test_the_words_fit_into_telegrams_window() -> None:
    told = [texts.button_gone(language) for language in texts.LANGUAGE_NAMES]
    assert len(set(told)) == len(texts.LANGUAGE_NAMES)
    assert all(len(words) <= 200 for words in told)


@pytest.mark.parametrize("language", ["pl", "el", "bg", "ro", "de"])
async def test_on_telegram_a_stranger_is_told_in_the_language_of_the_device(
    talk: Talk, language: str
) -> None:
    eve = talk.telegram.person(66, language=language)
    eve.press("never-offered")
    await answered(talk, 1)
    assert talk.telegram.alerts == {"query-1": texts.button_gone(language)}
    assert eve.chat.texts() == [], "nothing else is said"


async def test_on_telegram_the_language_of_the_conversation_counts(talk: Talk) -> None:
    ana = talk.telegram.person(42, language="pl")
    ana.write("hello")
    await talk.says(ana.chat, "echo: hello")
    ana.press("never-offered")
    await answered(talk, 1)
    assert list(talk.telegram.alerts.values()) == [texts.button_gone("en")], "the echo speaks English"


async def test_on_telegram_a_button_that_is_on_offer_says_nothing_of_itself(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    ana.write("buttons")
    await talk.says(ana.chat, "echo: buttons")
    ana.press(ana.chat.buttons()[0]["callback_data"])
    await answered(talk, 1)
    assert talk.telegram.alerts == {}


async def test_on_telegram_no_spinner_stays_while_nothing_is_taken_in(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_presses, "_PATIENCE_SECONDS", 0.05)
    talk.grija.hub.updates.lanes._opened.clear()
    talk.telegram.person(42).press("never-offered")
    await answered(talk, 1)
    assert talk.telegram.alerts == {}
    talk.grija.hub.updates.lanes.open()
    await talk.quiet()
    assert talk.telegram.answered == ["query-1"], "one answer is taken"


async def test_on_telegram_the_store_may_be_silent(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*given: object) -> None:
        raise StoreUnavailable("the database does not answer")

    monkeypatch.setattr(addresses, "language", unavailable)
    talk.telegram.person(42, language="ro").press("never-offered")
    await answered(talk, 1)
    assert list(talk.telegram.alerts.values()) == [texts.button_gone("ro")]


async def test_on_slack_only_the_presser_sees_it_where_the_button_is(desk: Desk) -> None:
    root = await desk.say(ANNA, "<@UBOT> buttons", channel="C1")
    await desk.answered("C1", 1)
    (offer,) = desk.slack.posts
    assert await desk.http.interact(press(BORIS, offer)) == 200
    await told(desk, 1)
    # Nobody has asked Boris anything yet; Slack says that he speaks Bulgarian.
    assert desk.slack.ephemerals == [("C1", root, BORIS, texts.button_gone("bg"))]
    assert len(desk.slack.posts) == 1


async def test_on_slack_it_is_told_in_the_direct_message_too(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        await desk.say(ANNA, "buttons")
        await desk.answered("DANNA", 1)
        (offer,) = desk.slack.posts
        pressed = press(ANNA, offer)
        pressed["actions"][0]["value"] = "an-old-one"
        assert await desk.http.interact(pressed) == 200
        await told(desk, 1)
        assert desk.slack.ephemerals == [("DANNA", None, ANNA, texts.button_gone("en"))]
        assert await desk.asked(ANNA) == ["buttons"]


async def test_on_slack_it_may_fail(sqlite_desk: OpenDesk, slack: SlackDouble) -> None:
    async with sqlite_desk() as desk:
        slack.faults["chat.postEphemeral"] = [refused("user_not_in_channel")]
        await desk.say(ANNA, "buttons")
        await desk.answered("DANNA", 1)
        assert await desk.http.interact(press(BORIS, slack.posts[0])) == 200
        await desk.say(BORIS, "hello")
        assert await desk.answered("DBORIS", 1) == ["echo: hello"]
        assert slack.ephemerals == []


async def told(desk: Desk, count: int) -> None:
    async def enough() -> bool:
        return len(desk.slack.ephemerals) == count

    await until(enough)
