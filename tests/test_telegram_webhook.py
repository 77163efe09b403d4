"""What comes to /webhooks/telegram: taken only with the secret, confirmed only when it is durable."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.app import create_app, open_grija
from bot.errors import StoreUnavailable
from bot.settings import Settings
from bot.store import updates
from tests.conftest import until
from tests.doubles import open_echo
from tests.platforms.telegram import BAD_GATEWAY, TelegramDouble
from tests.telegram_bench import SECRET, Talk, hurry, talking

HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double


@pytest.fixture
async def talk(sqlite_settings: Settings, telegram: TelegramDouble) -> AsyncIterator[Talk]:
    async with talking(sqlite_settings, telegram, webhook=True) as opened:

        async def ready() -> bool:
            return bool(telegram.queue.webhook.url)

        await until(ready)
        yield opened


async def post(talk: Talk, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{talk.url}/webhooks/telegram", data=body, headers=headers) as response,
    ):
        return response.status, await response.read()


def update(talk: Talk, number: int = 1, text: str = "hello") -> bytes:
    ana = talk.telegram.world.chats.get(42) or talk.telegram.person(42).chat
    user = {"id": 42, "is_bot": False, "first_name": "Ana"}
    message = {"message_id": number, "date": 1, "chat": ana.json, "from": user, "text": text}
    return json.dumps({"update_id": number, "message": message}).encode()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: "wrong"},
        {HEADER: SECRET[:-1]},
        {HEADER: SECRET + "x"},
        {HEADER: SECRET.upper()},
        {HEADER: "sécret\u20ac"},
    ],
)
async def test_without_the_right_secret_nothing_is_read_or_kept(
    talk: Talk, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read(request: object) -> bytes:
        raise AssertionError("the body must not be read")

    monkeypatch.setattr("aiohttp.web.Request.read", read)
    status, body = await post(talk, update(talk), headers)
    assert (status, json.loads(body)["error"]["code"]) == (401, "signature_invalid")
    assert await kept(talk) == 0


async def kept(talk: Talk) -> int:
    import sqlalchemy as sa

    from bot.store.tables import platform_update

    count = sa.select(sa.func.count()).select_from(platform_update)
    return int(await talk.grija.store.read(lambda tx: tx.execute(count).scalar()))


async def test_with_the_secret_it_is_taken_and_replayed_it_is_one_turn(talk: Talk) -> None:
    for _ in range(5):
        assert (await post(talk, update(talk), {HEADER: SECRET}))[0] == 200
    await talk.grija.hub.settle()
    assert talk.telegram.world.chats[42].texts() == ["echo: hello"]
    assert await kept(talk) == 1


async def test_a_huge_body_is_refused_before_it_is_parsed(talk: Talk) -> None:
    async def without_a_length() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b" " * 64 * 1024

    for body in (io.BytesIO(b" " * (2 * 1024 * 1024)), without_a_length()):
        status, _ = await post(talk, body, {HEADER: SECRET})
        assert status == 413
    assert await kept(talk) == 0


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe", b"[" * 100_000, b"[]", b"null", b"1" * 9999])
async def test_a_body_that_is_no_update_is_kept_for_people_to_see(talk: Talk, body: bytes) -> None:
    assert (await post(talk, body, {HEADER: SECRET}))[0] == 200
    await talk.grija.hub.settle()
    assert len(await talk.grija.store.read(updates.quarantined)) == 1
    assert (await post(talk, update(talk), {HEADER: SECRET}))[0] == 200
    await talk.grija.hub.settle()
    assert talk.telegram.world.chats[42].texts() == ["echo: hello"]


async def test_what_is_not_durable_is_not_confirmed(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*arguments: object, **named: object) -> int:
        raise StoreUnavailable("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(talk.grija.hub.updates, "keep", fails)
        talk.telegram.person(42).write("hello")

        async def tried() -> bool:
            return talk.telegram.queue.webhook.answers.count(503) >= 2

        await until(tried)
    await talk.quiet()
    assert talk.telegram.world.chats[42].texts() == ["echo: hello"]
    assert "503" in talk.telegram.queue.webhook.last_error


async def test_without_a_webhook_there_is_no_such_address(
    sqlite_settings: Settings, telegram: TelegramDouble
) -> None:
    async with talking(sqlite_settings, telegram) as talk:
        assert (await post(talk, b"{}", {HEADER: ""}))[0] == 404


async def test_a_telegram_that_is_down_does_not_keep_the_server_from_starting(
    sqlite_settings: Settings, telegram: TelegramDouble
) -> None:
    telegram.troubles["getMe"].append(BAD_GATEWAY)
    gate = telegram.hold("getMe")
    async with talking(sqlite_settings, telegram, webhook=True) as talk:
        assert (await post(talk, update(talk), {HEADER: SECRET}))[0] == 503
        assert await kept(talk) == 0
        gate.set()
        ana = talk.telegram.world.chats[42]
        talk.telegram.push_raw({"message": {"message_id": 9, "date": 1, "chat": ana.json, "text": "hello",
                                            "from": {"id": 42, "is_bot": False, "first_name": "Ana"}}})  # fmt: skip
        await talk.says(ana, "echo: hello")


async def test_while_it_stops_nothing_is_confirmed(
    sqlite_settings: Settings, telegram: TelegramDouble
) -> None:
    async with talking(sqlite_settings, telegram, webhook=True) as talk:

        async def ready() -> bool:
            return bool(telegram.queue.webhook.url)

        await until(ready)
        await talk.grija.channels["telegram"].stop()
        assert (await post(talk, update(talk), {HEADER: SECRET}))[0] == 503


async def test_a_server_without_a_token_has_no_such_channel(sqlite_settings: Settings) -> None:
    from bot.errors import SettingsError

    with pytest.raises(SettingsError, match="GRIJA_TELEGRAM_TOKEN"):
        async with open_grija(sqlite_settings, channels=["telegram"], open_dialogue=open_echo) as grija:
            TestServer(create_app(grija))
