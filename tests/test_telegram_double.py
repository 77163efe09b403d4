"""The double of Telegram does what the real server does: what other tests lean on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.conftest import until
from tests.platforms.telegram import BAD_GATEWAY, LOST_ANSWER, TelegramDouble, Trouble, flood
from tests.platforms.telegram_people import channel_post, poll


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double


async def call(telegram: TelegramDouble, method: str, **values: Any) -> dict[str, Any]:
    url = f"{telegram.url}/bot{telegram.token}/{method}"
    async with aiohttp.ClientSession() as session, session.post(url, json=values) as response:
        answer: dict[str, Any] = await response.json()
        assert (response.status == 200) == answer["ok"]
        return answer


async def numbers(telegram: TelegramDouble, **values: Any) -> list[int]:
    return [update["update_id"] for update in (await call(telegram, "getUpdates", **values))["result"]]


async def test_updates_come_until_a_higher_offset_confirms_them(telegram: TelegramDouble) -> None:
    ana = telegram.person(42)
    first, second = ana.write("one"), ana.write("two")
    assert await numbers(telegram) == [first, second]
    assert await numbers(telegram, offset=first) == [first, second]
    assert await numbers(telegram, offset=second) == [second]
    assert await numbers(telegram, offset=second + 1) == []
    assert telegram.queue.confirmed == [first, second]
    telegram.queue.shuffle = lambda batch: list(reversed(batch))
    telegram.queue.repeats = 2
    third, fourth = ana.write("three"), ana.write("four")
    assert await numbers(telegram) == [fourth, fourth, third, third]
    assert await numbers(telegram, limit=1) == [third, third]


async def test_a_long_poll_waits_for_the_next_update_and_a_second_one_ends_it(
    telegram: TelegramDouble,
) -> None:
    waiting = asyncio.create_task(call(telegram, "getUpdates", timeout=50))
    await until(_begun(telegram, 1))
    other = asyncio.create_task(numbers(telegram, timeout=50))
    assert (await waiting)["error_code"] == 409
    number = telegram.person(42).write("hello")
    assert await other == [number]


async def test_a_webhook_gets_each_update_again_until_it_takes_it(telegram: TelegramDouble) -> None:
    got: list[tuple[int, str | None]] = []

    async def hook(request: web.Request) -> web.Response:
        update = await request.json()
        got.append((update["update_id"], request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        return web.Response(status=500 if len(got) < 3 else 200)

    app = web.Application()
    app.router.add_post("/hook", hook)
    server = TestServer(app)
    await server.start_server()
    await call(
        telegram, "setWebhook", url=str(server.make_url("/hook")), secret_token="s3cret", max_connections=1
    )
    first, second = telegram.person(42).write("one"), telegram.person(43).write("two")
    await until(_confirmed(telegram, [first, second]))
    assert got == [(first, "s3cret")] * 3 + [(second, "s3cret")]
    assert (await call(telegram, "getUpdates"))["error_code"] == 409
    info = (await call(telegram, "getWebhookInfo"))["result"]
    assert (info["pending_update_count"], "500" in info["last_error_message"]) == (0, True)
    await call(telegram, "deleteWebhook")
    assert await numbers(telegram) == []
    await server.close()


def _begun(telegram: TelegramDouble, polls: int) -> Any:
    async def begun() -> bool:
        return telegram.queue._polls == polls

    return begun


def _confirmed(telegram: TelegramDouble, expected: list[int]) -> Any:
    async def confirmed() -> bool:
        return telegram.queue.confirmed == expected

    return confirmed


GOOD = {"chat_id": 42, "text": "👍 fine"}
BUTTON = {"text": "Yes", "callback_data": "y"}


@pytest.mark.parametrize(
    ("method", "values", "words"),
    [
        ("sendMessage", {"text": "hi"}, "chat_id"),
        ("sendMessage", {**GOOD, "text": " \n "}, "empty"),
        ("sendMessage", {**GOOD, "text": "😀" * 2049}, "too long"),
        ("sendMessage", {**GOOD, "chat_id": 99}, "chat not found"),
        ("sendMessage", {**GOOD, "txt": "slip"}, "unknown field txt"),
        ("sendMessage", {**GOOD, "parse_mode": "HTML"}, "entities"),
        ("sendMessage", {**GOOD, "entities": [{"type": "bold", "offset": 0, "length": 9}]}, "BOUNDS"),
        ("sendMessage", {**GOOD, "entities": [{"type": "bold", "offset": 1, "length": 2}]}, "middle"),
        ("sendMessage", {**GOOD, "entities": [{"type": "loud", "offset": 0, "length": 2}]}, "unsupported"),
        ("sendMessage", {**GOOD, "reply_markup": {"inline_keyboard": [[]]}}, "row"),
        ("sendMessage", {**GOOD, "reply_markup": {"inline_keyboard": [[{"text": "Yes"}]]}}, "exactly one"),
        ("sendMessage", {**GOOD, "reply_markup": {"inline_keyboard": [[{**BUTTON, "callback_data": "я" * 33}]]}},
         "BUTTON_DATA_INVALID"),
        ("sendMessage", {**GOOD, "reply_markup": {"inline_keyboard": [[BUTTON] * 5] * 21}}, "TOO_LONG"),
        ("sendMessage", {**GOOD, "reply_parameters": {"message_id": 77}}, "replied not found"),
        ("sendChatAction", {"chat_id": 42, "action": "dancing"}, "action"),
        ("answerCallbackQuery", {"callback_query_id": "gone"}, "too old"),
        ("editMessageText", {**GOOD, "message_id": 1}, "not found"),
        ("setMyCommands", {"commands": [{"command": "Help", "description": "x"}]}, "INVALID"),
        ("setWebhook", {"url": "shop.example"}, "invalid URL"),
        ("setWebhook", {"url": "https://shop.example", "secret_token": "no spaces"}, "secret token"),
        ("getFile", {"file_id": "none"}, "wrong file_id"),
        ("getUpdates", {"allowed_updates": ["messages"]}, "unknown kind"),
        ("sendTelepathy", {}, "method not found"),
    ],
)  # fmt: skip
async def test_what_the_real_server_refuses_is_refused(
    telegram: TelegramDouble, method: str, values: dict[str, Any], words: str
) -> None:
    telegram.person(42)
    answer = await call(telegram, method, **values)
    assert not answer["ok"]
    assert words in answer["description"]
    assert telegram.faults


async def test_messages_edits_keyboards_and_replies_are_kept(telegram: TelegramDouble) -> None:
    ana = telegram.person(42)
    markup = {"inline_keyboard": [[BUTTON]]}
    sent = (await call(telegram, "sendMessage", **GOOD, reply_markup=markup))["result"]
    assert ana.chat.buttons() == [BUTTON]
    same = {"chat_id": 42, "message_id": sent["message_id"], "text": "👍 fine"}
    assert "not modified" in (await call(telegram, "editMessageText", **same))["description"]
    assert (await call(telegram, "editMessageText", **{**same, "text": "better"}))["ok"]
    assert ana.chat.texts() == ["better"]
    ana.press("y")
    (update,) = (await call(telegram, "getUpdates"))["result"]
    query = {"callback_query_id": update["callback_query"]["id"]}
    assert (await call(telegram, "answerCallbackQuery", **query))["ok"]
    assert not (await call(telegram, "answerCallbackQuery", **query))["ok"]


async def test_who_cannot_be_written_to(telegram: TelegramDouble) -> None:
    ana, group = telegram.person(42), telegram.group(-5)
    ana.block()
    answer = await call(telegram, "sendMessage", **GOOD)
    assert (answer["error_code"], "blocked by the user" in answer["description"]) == (403, True)
    new = group.migrate(ana, -1005)
    moved = await call(telegram, "sendMessage", chat_id=-5, text="hi")
    assert moved["parameters"] == {"migrate_to_chat_id": -1005}
    assert (await call(telegram, "sendMessage", chat_id=-1005, text="hi"))["ok"]
    assert new.texts() == ["hi"]
    url = f"{telegram.url}/bot123:wrong/getMe"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 401


async def test_in_a_group_privacy_mode_hides_what_is_not_for_the_bot(telegram: TelegramDouble) -> None:
    ana, group = telegram.person(42), telegram.group(-5)
    assert ana.write("talking to friends", group=group) == 0
    seen = [ana.mention("help", group), ana.write("/help", group=group), group.join(ana)]
    seen += [channel_post(telegram.world, -1007, "news"), poll(telegram.world)]
    assert await numbers(telegram) == seen
    telegram.privacy = False
    assert ana.write("talking to friends", group=group)


async def test_sending_too_fast_is_answered_with_the_time_to_wait() -> None:
    async with TelegramDouble(speed=1) as telegram:
        people = [telegram.person(number) for number in range(1, 32)]
        for person in people[:30]:
            assert (await call(telegram, "sendMessage", chat_id=person.id, text="hi"))["ok"]
        for crowded in (people[30], people[0]):  # the bot's budget, then also the chat's
            answer = await call(telegram, "sendMessage", chat_id=crowded.id, text="hi")
            assert (answer["error_code"], answer["parameters"]) == (429, {"retry_after": 1})


async def test_a_group_takes_twenty_messages_a_minute() -> None:
    async with TelegramDouble(speed=1) as telegram:
        group = telegram.group(-5)
        for number in range(20):
            assert (await call(telegram, "sendMessage", chat_id=group.id, text=f"{number}"))["ok"]
        answer = await call(telegram, "sendMessage", chat_id=group.id, text="one too many")
        assert answer["error_code"] == 429
        assert 50 <= answer["parameters"]["retry_after"] <= 61


async def test_trouble_comes_as_it_was_ordered(telegram: TelegramDouble) -> None:
    ana = telegram.person(42)
    telegram.troubles["sendMessage"].extend([BAD_GATEWAY, flood(7), LOST_ANSWER, Trouble(200, b"not json")])
    url = f"{telegram.url}/bot{telegram.token}/sendMessage"
    async with aiohttp.ClientSession() as session:
        for status in (502, 429):
            async with session.post(url, json=GOOD) as response:
                assert response.status == status
        with pytest.raises(aiohttp.ClientError):
            await session.post(url, json=GOOD)
        async with session.post(url, json=GOOD) as response:
            assert await response.read() == b"not json"
    assert ana.chat.texts() == ["👍 fine"]
    assert telegram.faults == []


async def test_files_are_looked_up_and_fetched(telegram: TelegramDouble) -> None:
    telegram.person(42).photo(b"\xff\xd8\xff picture")
    (update,) = (await call(telegram, "getUpdates"))["result"]
    file_id = update["message"]["photo"][-1]["file_id"]
    path = (await call(telegram, "getFile", file_id=file_id))["result"]["file_path"]
    url = f"{telegram.url}/file/bot{telegram.token}/{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert await response.read() == b"\xff\xd8\xff picture"
    telegram.world.files[file_id] = b"x" * (20 * 1024 * 1024 + 1)
    assert "too big" in (await call(telegram, "getFile", file_id=file_id))["description"]
