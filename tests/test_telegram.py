"""The Telegram channel against the double of Telegram: both ways in, every kind of update, over both databases."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest

from bot import texts
from bot.models import AuthorKind
from bot.settings import Settings
from bot.store import updates
from tests.conftest import until
from tests.platforms.telegram import TelegramDouble
from tests.platforms.telegram_people import channel_post, poll
from tests.telegram_bench import SECRET, Talk, hurry, talking


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double
        assert double.faults == [], "what we call, Telegram takes"


@pytest.fixture(params=["polling", "webhook"])
async def talk(
    request: pytest.FixtureRequest, sqlite_settings: Settings, telegram: TelegramDouble
) -> AsyncIterator[Talk]:
    """Both ways in."""
    async with talking(sqlite_settings, telegram, webhook=request.param == "webhook") as opened:
        yield opened


@pytest.fixture
async def polled(sqlite_settings: Settings, telegram: TelegramDouble) -> AsyncIterator[Talk]:
    async with talking(sqlite_settings, telegram) as opened:
        yield opened


# -- Coming in --------------------------------------------------------------------------------------------


async def test_a_message_is_answered(talk: Talk) -> None:
    ana = talk.telegram.person(42, name="Ana", language="ro")
    number = ana.write("bună 👋")
    await talk.says(ana.chat, "echo: bună 👋")
    (asked, answered) = await talk.history("42")
    assert (asked.author.kind, asked.author.name) == (AuthorKind.CUSTOMER, "Ana")
    assert answered.answers == asked.id
    await talk.quiet()
    assert talk.telegram.queue.confirmed == [number]


async def test_over_both_databases_messages_are_answered_in_order(
    settings: Settings, telegram: TelegramDouble
) -> None:
    people = [telegram.person(number) for number in range(1, 6)]
    for round_ in range(4):
        for person in people:
            person.write(f"text {round_}")
    async with talking(settings, telegram) as talk:
        for person in people:
            await talk.says(person.chat, *(f"echo: text {round_}" for round_ in range(4)))


@pytest.mark.parametrize("seed", range(3))
async def test_delivered_one_to_five_times_and_shuffled_each_message_has_one_turn(
    talk: Talk, seed: int
) -> None:
    chance = random.Random(seed)
    queue = talk.telegram.queue
    queue.repeats = chance.randint(1, 5)
    queue.shuffle = lambda batch: chance.sample(list(batch), len(batch))
    people = [talk.telegram.person(number) for number in range(1, 5)]
    written = {}
    for number in range(5):
        for person in people:
            written[person.write(f"text {number}")] = person
    await talk.quiet()
    for person in people:
        assert sorted(person.chat.texts()) == [f"echo: text {number}" for number in range(5)]
    assert set(talk.echo.tries.values()) == {1}
    # Those that were confirmed come again, all of them.
    kept = await talk.grija.store.read(updates.depth)
    for update_id, person in written.items():
        body = {"update_id": update_id, "message": {"message_id": 1, "date": 1, "chat": person.chat.json,
                                                    "from": person.user, "text": "text 0"}}  # fmt: skip
        queue.add(update_id, body)
    await talk.quiet()
    assert sum(len(person.chat.sent) for person in people) == 20
    assert await talk.grija.store.read(updates.depth) == kept == {"waiting": 0, "quarantined": 0}


async def test_a_poison_update_among_a_hundred_is_set_aside_alone(talk: Talk) -> None:
    people = [talk.telegram.person(number) for number in range(1, 101)]
    for number, person in enumerate(people):
        if number == 50:
            talk.telegram.push_raw({"message": {"message_id": "one", "text": 5}})
        person.write(f"hello {number}")
    await talk.quiet()
    assert [person.chat.texts() for person in people] == [[f"echo: hello {n}"] for n in range(100)]
    (poison,) = await talk.grija.store.read(updates.quarantined)
    assert '"one"' in poison.raw


async def test_a_batch_with_what_is_no_update_holds_up_nobody(polled: Talk) -> None:
    polled.telegram.push_raw("no update at all")
    polled.telegram.push_raw(["nor", "this"])
    ana = polled.telegram.person(42)
    ana.write("hello")
    await polled.says(ana.chat, "echo: hello")
    assert len(await polled.grija.store.read(updates.quarantined)) == 2


async def test_an_edit_changes_what_is_shown_and_is_not_answered_again(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    ana.write("order 10042")
    await talk.says(ana.chat, "echo: order 10042")
    ana.edit(1, "order 10024")
    await talk.quiet()
    assert ana.chat.texts() == ["echo: order 10042"]
    asked = (await talk.history("42"))[0]
    assert asked.text == "order 10024"
    assert asked.edited_at is not None


async def test_a_pressed_button_is_answered_at_once_and_means_what_was_offered(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    ana.write("buttons")
    await talk.says(ana.chat, "echo: buttons")
    yes, no = ana.chat.buttons()
    assert (yes["text"], no["text"]) == ("Yes", "No")
    talk.echo.gate.clear()
    ana.press(no["callback_data"])

    async def no_spinner() -> bool:
        return talk.telegram.answered == ["query-1"]

    await until(no_spinner)
    assert ana.chat.texts() == ["echo: buttons"], "the turn has not even begun"
    talk.echo.gate.set()
    await talk.says(ana.chat, "echo: buttons", "echo: /deny")


async def test_a_button_that_was_never_offered_means_nothing(talk: Talk) -> None:
    ana, eve = talk.telegram.person(42), talk.telegram.person(66)
    ana.write("buttons")
    await talk.says(ana.chat, "echo: buttons")
    eve.press(ana.chat.buttons()[0]["callback_data"])
    eve.press("/affirm")
    eve.write("hello")
    await talk.says(eve.chat, "echo: hello")
    assert len(talk.telegram.answered) == 2, "no spinner stays"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("/start", "echo: /greet"),
        ("/start pl_order_10024", "echo: order 10024"),
        ("/help", "echo: /help"),
        ("/language el", texts.language_chosen("el")),
        ("/stop", texts.stopped("ro")),
        ("/restart", "echo: /restart"),
    ],
)
async def test_commands(polled: Talk, command: str, answer: str) -> None:
    ana = polled.telegram.person(42, language="ro")
    ana.write(command)
    await polled.says(ana.chat, answer)


async def test_the_command_agent_asks_for_a_person(polled: Talk) -> None:
    ana = polled.telegram.person(42, language="ro")
    ana.write("/agent")
    await polled.says(ana.chat, "utter_handoff_asked en {}", "utter_queue_nobody en {}")


async def test_a_language_is_chosen_with_a_button(polled: Talk) -> None:
    ana = polled.telegram.person(42, language="bg")
    ana.write("/language")
    await polled.says(ana.chat, texts.which_language("bg"))
    greek = next(button for button in ana.chat.buttons() if button["text"] == "Ελληνικά")
    ana.press(greek["callback_data"])
    await polled.says(ana.chat, texts.which_language("bg"), texts.language_chosen("el"))


async def test_files_places_and_people_are_kept_and_get_a_turn(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    ana.photo(caption="cracked")
    ana.document("a.pdf", "application/pdf", b"%PDF-1.4")
    for act in (
        ana.voice,
        ana.audio,
        ana.video,
        ana.video_note,
        ana.animation,
        ana.sticker,
        ana.location,
        ana.contact,
    ):
        act()
    await talk.quiet()
    asked = [message for message in await talk.history("42") if message.author.kind is AuthorKind.CUSTOMER]
    assert [message.attachments[0].kind for message in asked] == [
        "photo", "document", "voice", "audio", "video", "video", "video", "sticker", "location", "contact",
    ]  # fmt: skip
    assert asked[0].text == "cracked"
    assert len(talk.echo.tries) == 10


async def test_in_groups_only_those_who_name_the_bot_are_answered(talk: Talk) -> None:
    talk.telegram.privacy = False
    ana, ion, group = talk.telegram.person(42), talk.telegram.person(43), talk.telegram.group(-5)
    ana.write("shall we go out?", group=group)
    ana.mention("where is my order?", group)
    await talk.says(group, "echo: where is my order?")
    ion.answer("and mine?", group)
    await talk.says(group, "echo: where is my order?", "echo: and mine?")
    assert [message["_reply_to"] for message in group.sent] == [2, 4], "under the question that was asked"
    assert len(await talk.history("-5:42")) == len(await talk.history("-5:43")) == 2
    assert ana.chat.texts() == []


async def test_posts_joins_polls_and_unknown_kinds_are_counted_and_let_go(polled: Talk) -> None:
    ana, group = polled.telegram.person(42), polled.telegram.group(-5)
    polled.telegram.queue.wanted |= {"channel_post", "poll", "kind_of_next_year"}
    channel_post(polled.telegram.world, -1007, "news")
    poll(polled.telegram.world)
    group.join(ana)
    polled.telegram.push_raw({"kind_of_next_year": {"id": 1}})
    await polled.quiet()
    assert polled.telegram.made("sendMessage") == []
    page = polled.grija.metrics.page().decode()
    assert 'grija_updates_total{channel="telegram",result="ignored"} 4.0' in page


async def test_what_we_do_not_use_is_not_asked_for(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    ana.write("hello")
    await talk.quiet()
    assert talk.telegram.queue.wanted == {"message", "edited_message", "callback_query", "my_chat_member"}


async def test_typing_is_shown_while_the_bot_works_and_not_afterwards(talk: Talk) -> None:
    ana = talk.telegram.person(42)
    for text in ("first message of all", "one that follows"):
        before = len(talk.telegram.made("sendChatAction"))
        talk.echo.gate.clear()
        ana.write(text)

        async def shown(before: int = before) -> bool:
            return len(talk.telegram.made("sendChatAction")) > before

        await until(shown)
        talk.echo.gate.set()
        await talk.quiet()
    assert {call.given["action"] for call in talk.telegram.made("sendChatAction")} == {"typing"}


async def test_the_menu_of_commands_is_in_every_language(polled: Talk) -> None:
    async def all_set() -> bool:
        return set(polled.telegram.commands) == {"", "en", "pl", "el", "bg", "ro"}

    await until(all_set)
    for menu in polled.telegram.commands.values():
        assert [item["command"] for item in menu] == ["help", "agent", "language", "stop"]
    assert len({menu[0]["description"] for menu in polled.telegram.commands.values()}) == 5


async def test_two_servers_poll_one_after_the_other_and_lose_nothing(
    settings: Settings, telegram: TelegramDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store._LOCK_PAUSE", 0.01)
    ana = telegram.person(42)
    # Two servers that sweep one outbox would now and then send the same: here they only wake themselves.
    first: AbstractAsyncContextManager[Talk] = talking(settings, telegram, sweep_seconds=60)
    one = await first.__aenter__()
    ana.write("one")
    await one.says(ana.chat, "echo: one")
    async with talking(settings, telegram) as other:
        ana.write("two")
        await other.says(ana.chat, "echo: one", "echo: two")
        assert telegram.queue.conflicts == 0
        await first.__aexit__(None, None, None)
        ana.write("three")
        await other.says(ana.chat, "echo: one", "echo: two", "echo: three")
    assert telegram.queue.conflicts == 0
    assert set(other.echo.tries.values()) | set(one.echo.tries.values()) == {1}


async def test_a_webhook_of_former_times_gives_way_to_polling(
    sqlite_settings: Settings, telegram: TelegramDouble
) -> None:
    await telegram.queue.set_webhook({"url": "http://127.0.0.1:9/gone", "secret_token": SECRET})
    ana = telegram.person(42)
    ana.write("hello")
    async with talking(sqlite_settings, telegram) as talk:
        await talk.says(ana.chat, "echo: hello")
    assert telegram.queue.webhook.url == ""
