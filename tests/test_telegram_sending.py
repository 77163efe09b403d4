"""Sending to Telegram under fault: within its limits, in order, nothing lost, nothing given up too early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import AttachmentUnavailable, DeliveryDelayed, DeliveryError
from bot.models import (
    Address,
    Author,
    AuthorKind,
    Draft,
    Inbound,
    IncomingFile,
    Message,
    Outcome,
    now,
)
from bot.settings import Settings
from bot.store import addresses, conversations, outbox
from channels.telegram import TelegramChannel
from tests.conftest import until
from tests.doubles import EchoDialogue
from tests.outage import leave_behind
from tests.platforms.telegram import (
    BAD_GATEWAY,
    LOST_ANSWER,
    TelegramDouble,
    Trouble,
    flood,
    refused,
)
from tests.platforms.telegram_rules import utf16
from tests.telegram_bench import Talk, hurry, talking


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double


@pytest.fixture
async def talk(sqlite_settings: Settings, telegram: TelegramDouble) -> AsyncIterator[Talk]:
    async with talking(sqlite_settings, telegram, delivery_tries=3) as opened:
        yield opened


def deliveries(talk: Talk, result: str) -> float:
    labels = {"channel": "telegram", "result": result}
    return talk.grija.metrics.registry.get_sample_value("grija_deliveries_total", labels) or 0.0


async def reachable(talk: Talk, sender: str) -> bool:
    import sqlalchemy as sa

    from bot.store.tables import address

    query = sa.select(address.c.reachable).where(address.c.external_id == sender)
    return bool(await talk.grija.store.read(lambda tx: tx.execute(query).scalar()))


# -- Long messages ----------------------------------------------------------------------------------------


async def test_a_long_text_with_emoji_goes_in_parts_in_order_and_once(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "".join(f"😀{number} " for number in range(1500)).strip()
    monkeypatch.setattr(EchoDialogue, "respond", _saying(text))
    ana = talk.telegram.person(42)
    ana.write("tell me a lot")

    async def all_there() -> bool:
        return deliveries(talk, "sent") == 1

    await until(all_there)
    assert " ".join(ana.chat.texts()) == text
    assert [utf16(part) <= 4096 for part in ana.chat.texts()] == [True, True, True]
    assert talk.telegram.faults == []


async def test_of_a_long_text_only_the_part_that_failed_is_sent_again(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EchoDialogue, "respond", _saying("x" * 4096 + "y" * 4096 + "z", buttons=True))
    ana = talk.telegram.person(42)

    class SecondFails:
        """Lets one call through, then fails one."""

        def __init__(self) -> None:
            self.calls = 0

        def __bool__(self) -> bool:
            self.calls += 1
            return self.calls == 2

        def popleft(self) -> Trouble:
            return refused(500, "Internal Server Error")

    talk.telegram.troubles["sendMessage"] = SecondFails()  # type: ignore[assignment]
    ana.write("tell me a lot")

    async def all_there() -> bool:
        return deliveries(talk, "sent") == 1

    await until(all_there)
    assert ana.chat.texts() == ["x" * 4096, "y" * 4096, "z"]
    assert [button["text"] for button in ana.chat.sent[-1]["reply_markup"]["inline_keyboard"][0]] == ["Yes"]
    assert "reply_markup" not in ana.chat.sent[0]


def _saying(text: str, *, buttons: bool = False) -> Any:
    async def respond(self: EchoDialogue, conversation: object, item: object) -> Outcome:
        return Outcome((Draft(text, (("Yes", "/affirm"),) if buttons else ()),), None, "en")

    return respond


async def test_an_agent_is_named_in_bold(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    ana.write("hello")
    await talk.says(ana.chat, "echo: hello")
    store = talk.grija.store
    address = await store.read(addresses.find, "telegram", str(talk.telegram.bot.id), "42")
    assert address is not None
    conversation = await store.read(conversations.latest, address.customer_id)
    assert conversation is not None
    taken = await talk.grija.hub.take(conversation, "maria")
    await talk.grija.hub.say(taken, Author(AuthorKind.AGENT, "Мария"), Draft("*here* I am"), address=address)
    await talk.says(ana.chat, "echo: hello", "Мария\n*here* I am")
    assert ana.chat.sent[-1]["entities"] == [{"type": "bold", "offset": 0, "length": 5}]


# -- Telegram's answers -----------------------------------------------------------------------------------


async def test_asked_to_wait_we_wait_and_it_costs_no_try(talk: Talk) -> None:
    ana, ion = talk.telegram.person(42), talk.telegram.person(43)
    talk.telegram.troubles["sendMessage"].extend([flood(1)] * 4)
    talk.grija.hub.deliveries._tries = 1
    ana.write("hello")

    async def asked_to_wait() -> bool:
        return deliveries(talk, "delayed") >= 1

    await until(asked_to_wait)
    talk.telegram.troubles["sendMessage"].clear()
    ion.write("another chat")
    await talk.says(ion.chat, "echo: another chat")
    assert ana.chat.texts() == [], "its chat still rests"
    await talk.says(ana.chat, "echo: hello")
    assert deliveries(talk, "dead") == 0


async def test_trouble_of_telegram_itself_costs_no_try(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    talk.telegram.troubles["sendMessage"].extend([BAD_GATEWAY])
    talk.grija.hub.deliveries._tries = 1
    ana.write("hello")
    await talk.says(ana.chat, "echo: hello")
    assert deliveries(talk, "delayed") == 1


async def test_a_message_that_alone_fails_again_and_again_is_given_up(talk: Talk) -> None:
    ana, ion = talk.telegram.person(42), talk.telegram.person(43)
    channel = talk.grija.channels["telegram"]
    assert isinstance(channel, TelegramChannel)
    outage = channel._sender._outage
    assert outage.explains("m")
    assert outage.explains("m")
    ion.write("hello")
    await talk.says(ion.chat, "echo: hello")
    assert not outage.explains("m"), "others have gone out meanwhile: it is this message"
    assert ana.chat.texts() == []


async def test_a_lost_answer_is_tried_again_and_may_double(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    talk.telegram.troubles["sendMessage"].append(LOST_ANSWER)
    ana.write("hello")
    await talk.says(ana.chat, "echo: hello", "echo: hello")
    assert deliveries(talk, "failed") == 1


@pytest.mark.parametrize(
    "result", [b'{"message_id": 7, "date": "today", "chat": 5, "link_preview_options": "{}"}', b"true"]
)
async def test_what_has_arrived_is_not_sent_again_for_an_answer_that_cannot_be_read(
    talk: Talk, result: bytes
) -> None:
    ana = talk.telegram.person(42)
    answer = b'{"ok": true, "result": ' + result + b"}"
    talk.telegram.troubles["sendMessage"].append(Trouble(200, answer, done=True))
    ana.write("hello")
    await talk.says(ana.chat, "echo: hello")
    ana.write("again")
    await talk.says(ana.chat, "echo: hello", "echo: again")
    assert deliveries(talk, "failed") == 0


async def test_a_slow_answer_holds_nobody_else(talk: Talk) -> None:
    ana, ion = talk.telegram.person(42), talk.telegram.person(43)
    gate = talk.telegram.hold("sendMessage")
    ana.write("hello")

    async def on_its_way() -> bool:
        return talk.grija.hub.deliveries.lanes.busy == 1

    await until(on_its_way)
    ion.write("hello")

    async def both() -> bool:
        return talk.grija.hub.deliveries.lanes.busy == 2

    await until(both)
    gate.set()
    await talk.says(ana.chat, "echo: hello")
    await talk.says(ion.chat, "echo: hello")


async def test_a_message_that_telegram_refuses_does_not_hold_the_next(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    talk.telegram.troubles["sendMessage"].append(refused(400, "Bad Request: something is wrong with it"))
    ana.write("one")
    ana.write("two")
    await talk.says(ana.chat, "echo: two")
    assert await talk.grija.store.read(outbox.depth) == {"waiting": 0, "dead": 1}


@pytest.mark.parametrize("words", ["can't parse entities: no end", "ENTITY_BOUNDS_INVALID"])
async def test_entities_that_are_refused_are_left_out(talk: Talk, words: str) -> None:
    ana = talk.telegram.person(42)
    ana.write("hello")
    await talk.says(ana.chat, "echo: hello")
    store = talk.grija.store
    address = await store.read(addresses.find, "telegram", str(talk.telegram.bot.id), "42")
    assert address is not None
    conversation = await store.read(conversations.latest, address.customer_id)
    assert conversation is not None
    talk.telegram.troubles["sendMessage"].append(refused(400, f"Bad Request: {words}"))
    said = Draft("I am here")
    await talk.grija.hub.say(conversation, Author(AuthorKind.AGENT, "Maria"), said, address=address)
    await talk.says(ana.chat, "echo: hello", "Maria\nI am here")
    assert "entities" not in ana.chat.sent[-1]


async def test_in_a_topic_that_was_closed_the_answer_goes_to_the_group(talk: Talk) -> None:
    ana, group = talk.telegram.person(42), talk.telegram.group(-5)
    closed = refused(400, "Bad Request: message thread not found")
    talk.telegram.troubles["sendMessage"].append(closed)
    ana.write("@grija_bot hello", group=group, message_thread_id=7, is_topic_message=True)
    await talk.says(group, "echo: hello")
    first, second = talk.telegram.made("sendMessage")
    assert first.given["message_thread_id"] == "7"
    assert "message_thread_id" not in second.given


async def test_who_blocked_the_bot_is_not_written_to_until_taking_it_back(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    ana.write("hello")
    await talk.says(ana.chat, "echo: hello")
    talk.echo.gate.clear()
    ana.write("and goodbye")
    ana.block()
    talk.echo.gate.set()
    await talk.quiet()
    assert not await reachable(talk, "42")
    assert deliveries(talk, "dead") == 1
    assert [call.status for call in talk.telegram.made("sendMessage")] == [200, 403]
    ana.unblock()
    await talk.quiet()
    assert await reachable(talk, "42")
    ana.write("I am back")
    await talk.says(ana.chat, "echo: hello", "echo: I am back")


async def test_a_chat_that_is_gone_is_unreachable(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    talk.telegram.troubles["sendMessage"].append(refused(400, "Bad Request: chat not found"))
    ana.write("hello")
    await talk.quiet()
    assert not await reachable(talk, "42")


async def test_a_group_that_became_a_supergroup_is_followed_with_its_conversations(talk: Talk) -> None:
    ana, group = talk.telegram.person(42), talk.telegram.group(-5)
    ana.mention("one", group)
    await talk.says(group, "echo: one")
    talk.echo.gate.clear()
    ana.mention("two", group)

    async def taken() -> bool:
        return len(await talk.history("-5:42")) == 3

    await until(taken)
    # The answer meets the migration before its news does.
    group.migrated_to = -1005
    new = talk.telegram.group(-1005)
    talk.echo.gate.set()
    await talk.says(new, "echo: two")
    assert len(await talk.history("-1005:42")) == 4
    ana.mention("three", new)
    await talk.says(new, "echo: two", "echo: three")
    assert len(await talk.history("-1005:42")) == 6, "one conversation goes on"


async def test_the_news_of_a_migration_moves_addresses(talk: Talk) -> None:
    ana, group = talk.telegram.person(42), talk.telegram.group(-5)
    ana.mention("one", group)
    await talk.says(group, "echo: one")
    new = group.migrate(ana, -1005)
    await talk.quiet()
    assert len(await talk.history("-1005:42")) == 2
    ana.mention("two", new)
    await talk.says(new, "echo: two")
    assert [call.status for call in talk.telegram.made("sendMessage")] == [200, 200]


async def test_a_refused_token_lets_messages_wait_for_people(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    talk.grija.hub.deliveries._tries = 1
    talk.telegram.troubles["sendMessage"].append(refused(401, "Unauthorized"))
    ana.write("hello")

    async def delayed() -> bool:
        return deliveries(talk, "delayed") == 1

    await until(delayed)
    assert await talk.grija.store.read(outbox.depth) == {"waiting": 1, "dead": 0}


# -- Budgets ----------------------------------------------------------------------------------------------

SPEED = 4.0


async def test_two_thousand_messages_drain_within_the_limits_and_fairly(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an outage: never a 429, everybody is served at the same pace. Four times as fast as real time."""
    hurry(monkeypatch, speed=SPEED)
    people, each = 100, 20
    async with TelegramDouble(speed=SPEED) as telegram, talking(sqlite_settings, telegram) as talk:
        crowd = [telegram.person(number) for number in range(1, people + 1)]
        account = str(telegram.bot.id)
        asked = [
            Inbound("telegram", account, f"message/{person.id}", f"{person.id}", "still there?")
            for person in crowd
        ]
        await talk.grija.store.write(leave_behind, asked, each)
        await talk.grija.hub.sweep()

        async def half_sent() -> bool:
            return sum(len(person.chat.sent) for person in crowd) >= people * each // 2

        await until(half_sent, seconds=60)
        least, most = _least_and_most([len(person.chat.sent) for person in crowd])

        async def all_sent() -> bool:
            return sum(len(person.chat.sent) for person in crowd) == people * each

        await until(all_sent, seconds=60)
        assert [call.description for call in telegram.faults] == []
        assert all(person.chat.texts() == [f"text {n}" for n in range(each)] for person in crowd)
        assert most - least <= each // 2, "nobody is served much earlier than another"


def _least_and_most(counts: list[int]) -> tuple[int, int]:
    return min(counts), max(counts)


async def test_several_people_in_one_group_share_its_twenty_messages_a_minute(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch, speed=100)
    async with TelegramDouble(speed=100) as telegram, talking(sqlite_settings, telegram) as talk:
        group = telegram.group(-5)
        people = [telegram.person(number) for number in range(1, 7)]
        for number in range(10):
            for person in people:
                person.mention(f"{number}", group)
        await talk.quiet()

        async def all_sent() -> bool:
            return len(group.sent) == 60

        await until(all_sent, seconds=30)
        assert telegram.faults == []


async def test_two_people_in_a_group_are_not_written_to_at_the_same_time(
    sqlite_settings: Settings, telegram: TelegramDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch, speed=1)
    async with talking(sqlite_settings, telegram) as talk:
        channel = talk.grija.channels["telegram"]
        telegram.group(-5)
        gate = telegram.hold("sendMessage")
        said = Message("m1", "c", 1, Author(AuthorKind.BOT, "Grija"), "hello", now(), place="1")
        first = asyncio.create_task(channel.send(Address("a", "c", "telegram", "1", "-5:1"), said))  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        with pytest.raises(DeliveryDelayed) as caught:
            await channel.send(Address("b", "d", "telegram", "1", "-5:2"), replace(said, id="m2"))  # type: ignore[attr-defined]
        assert 2 < caught.value.retry_after <= 3.1
        gate.set()
        assert await first == "1"


async def test_the_pace_of_a_group_is_slower_than_that_of_a_person(
    sqlite_settings: Settings, telegram: TelegramDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch, speed=1)
    async with talking(sqlite_settings, telegram) as talk:
        channel = talk.grija.channels["telegram"]
        assert isinstance(channel, TelegramChannel)

        def pace(sender: str) -> float:
            return channel.pace(Address("a", "c", "telegram", "1", sender))

        assert 1 < pace("42") < 1.1
        assert pace("-5:42") > 60 / 20
        assert channel.budget.total_per_second < 30


# -- Files ------------------------------------------------------------------------------------------------


async def test_a_file_is_fetched_in_pieces_and_no_error_tells_the_token(talk: Talk) -> None:
    channel = talk.grija.channels["telegram"]
    assert isinstance(channel, TelegramChannel)
    content = bytes(range(256)) * 1000
    file = talk.telegram.person(42).file(content)
    incoming = IncomingFile("document", file["file_id"])
    pieces = [piece async for piece in await channel.fetch(incoming)]
    assert b"".join(pieces) == content
    assert len(pieces) > 1
    talk.telegram.troubles["download"].extend([Trouble(404), Trouble(302), Trouble(), Trouble()])
    for _ in range(3):
        with pytest.raises(DeliveryError) as caught:
            [piece async for piece in await channel.fetch(incoming)]
        assert talk.telegram.token not in repr(caught.value)
    with pytest.raises(AttachmentUnavailable, match="Wrong file_id"):
        await channel.fetch(IncomingFile("document", "gone"))
    talk.telegram.troubles["getFile"].append(refused(401, f"Unauthorized bot{talk.telegram.token}"))
    # Neither a refused token nor a full minute is a fault of the file: it waits without using up its tries.
    with pytest.raises(DeliveryDelayed) as delayed:
        await channel.fetch(incoming)
    assert talk.telegram.token not in repr(delayed.value)
    talk.telegram.troubles["getFile"].append(flood(7))
    with pytest.raises(DeliveryDelayed) as delayed:
        await channel.fetch(incoming)
    assert delayed.value.retry_after == 7
