"""`python -m bot check` about Telegram: what is wrong, and what to click. And no token in any log."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import structlog
from telegram.error import TelegramError
from telegram.request import BaseRequest

from bot import delivery, hub, lanes, logs, updates
from bot.check import check
from bot.settings import Settings
from channels import in_use, telegram_intake, telegram_sending
from channels.telegram_check import look
from tests.conftest import until
from tests.platforms.telegram import BAD_GATEWAY, TOKEN, TelegramDouble, refused
from tests.telegram_bench import SECRET, hurry, talking


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double


@pytest.fixture
def polling(sqlite_settings: Settings, telegram: TelegramDouble) -> Settings:
    return replace(sqlite_settings, telegram_token=telegram.token, telegram_api_url=telegram.url)


@pytest.fixture
def called(polling: Settings) -> Settings:
    return replace(polling, telegram_webhook_secret=SECRET, public_url="http://127.0.0.1:9")


async def finding(settings: Settings) -> tuple[bool, str]:
    (found,) = [item async for item in check(settings) if item.part == "telegram"]
    return found.right, found.text


async def test_without_a_token_the_channel_is_not_in_use(sqlite_settings: Settings) -> None:
    right, text = await finding(sqlite_settings)
    assert (right, "GRIJA_TELEGRAM_TOKEN" in text) == (True, True)
    assert in_use(sqlite_settings) == ("web",)


async def test_all_is_right_while_polling(polling: Settings, telegram: TelegramDouble) -> None:
    telegram.person(42).write("waits")
    right, text = await finding(polling)
    assert right
    assert "@grija_bot" in text
    assert "polling; 1 updates wait" in text
    assert "privacy mode is on" in text
    assert in_use(polling) == ("web", "telegram")
    assert [call.method for call in telegram.calls] == ["getMe", "getWebhookInfo"], "looking changes nothing"


async def test_privacy_mode_off_says_what_to_click(polling: Settings, telegram: TelegramDouble) -> None:
    telegram.privacy = False
    _, text = await finding(polling)
    assert "/setprivacy" in text


async def test_a_token_that_telegram_does_not_know(polling: Settings) -> None:
    other = "123456789:" + "x" * 35
    right, text = await finding(replace(polling, telegram_token=other))
    assert (right, "API Token" in text, other in text) == (False, True, False)


async def test_a_telegram_that_does_not_answer(polling: Settings, telegram: TelegramDouble) -> None:
    telegram.troubles["getMe"].append(BAD_GATEWAY)
    right, text = await finding(polling)
    assert (right, telegram.url in text) == (False, True)
    right, text = await finding(replace(polling, telegram_api_url="http://127.0.0.1:9"))
    assert (right, telegram.token in text) == (False, False)


async def test_a_webhook_that_is_not_set_yet_or_left_over(
    polling: Settings, called: Settings, telegram: TelegramDouble
) -> None:
    right, text = await finding(called)
    assert (right, "is set when the server starts (now there is none)" in text) == (True, True)
    await telegram.queue.set_webhook({"url": "http://127.0.0.1:9/other"})
    right, text = await finding(called)
    assert (right, "now it is http://127.0.0.1:9/other" in text) == (True, True)
    right, text = await finding(polling)
    assert (right, "is removed when the server starts" in text) == (True, True)


async def test_a_webhook_that_telegram_cannot_reach(called: Settings, telegram: TelegramDouble) -> None:
    await telegram.queue.set_webhook({"url": "http://127.0.0.1:9/webhooks/telegram", "secret_token": SECRET})
    assert (await finding(called))[0]
    telegram.person(42).write("hello")

    async def failed() -> bool:
        return telegram.queue.webhook.last_error != ""

    await until(failed)
    right, text = await finding(called)
    assert (right, "cannot deliver" in text, "443" in text) == (False, True, True)


async def test_neither_the_token_nor_what_is_said_is_in_the_log(
    polling: Settings,
    telegram: TelegramDouble,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurry(monkeypatch)
    for module in (delivery, hub, lanes, updates, telegram_intake, telegram_sending):
        # A logger keeps the settings under which it first wrote: these shall write under those of this test.
        monkeypatch.setattr(module, "log", structlog.get_logger(module.__name__))
    try:
        logs.set_up(replace(polling, log_level="debug"))
        telegram.troubles["sendMessage"].extend(
            [BAD_GATEWAY, refused(400, f"Bad Request: bot{TOKEN} is unhappy")]
        )
        telegram.troubles["getUpdates"].append(refused(409, f"Conflict: bot{TOKEN}"))
        monkeypatch.setattr("channels.telegram_intake._CONFLICT_REST", 0.01)
        async with talking(polling, telegram) as talk:
            ana = telegram.person(42, name="Secretive")
            ana.write("secret-word one")
            ana.write("secret-word two")
            await talk.says(ana.chat, "echo: secret-word two")
    finally:
        logs.set_up(Settings(log_level="error", log_format="console"))
    written = capfd.readouterr().err
    assert '"telegram.conflict"' in written
    assert '"delivery.dead"' in written
    assert TOKEN not in written
    for line in written.splitlines():
        assert "secret-word" not in line
        assert "Secretive" not in line
        json.loads(line)


def test_no_repr_tells_the_token() -> None:
    settings = Settings(telegram_token=TOKEN, telegram_webhook_secret=SECRET)
    assert TOKEN not in repr(settings)
    assert SECRET not in repr(settings)


async def test_look_is_what_check_says(polling: Settings) -> None:
    assert await look(polling) == (await finding(polling))[1]


def test_an_answer_that_is_no_json_is_not_written_into_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    try:
        logs.set_up(Settings(log_level="debug"))
        with pytest.raises(TelegramError):
            BaseRequest.parse_json_payload(b'{"ok": true, "result": {"text": "secret-word"')
    finally:
        logs.set_up(Settings(log_level="error", log_format="console"))
    assert "secret-word" not in capfd.readouterr().err
