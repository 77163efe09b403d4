"""Raw updates of Telegram as events: every kind, and whatever else may come."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update

from bot.events import checked_event
from bot.models import Blocked, Edited, Event, Inbound, IncomingFile, Moved
from channels.telegram_updates import (
    WANTED,
    Me,
    address_of,
    callback_id,
    chat_of,
    decode,
    in_group,
    pack,
    update_id,
)
from tests.platforms.telegram_people import DATE, Bot, Group, Person, World, channel_post, poll

ME = Me(7, "grija_bot")


class Delivered:
    """The world of the double without its server: what is pushed is decoded."""

    def __init__(self) -> None:
        self.world = World(Bot(ME.id, ME.username), self._push)
        self.events: list[Event] = []
        self.raw: list[str] = []
        self._number = 100

    def _push(self, kind: str, body: dict[str, Any]) -> int:
        self._number += 1
        packed = pack(ME, {"update_id": self._number, kind: body})
        assert packed.event_id == str(self._number)
        self.raw.append(packed.raw)
        self.events.extend(checked_event(event) for event in decode(packed.raw))
        return self._number

    @property
    def inbound(self) -> Inbound:
        (event,) = self.events
        assert isinstance(event, Inbound)
        return event


@pytest.fixture
def delivered() -> Delivered:
    return Delivered()


@pytest.fixture
def ana(delivered: Delivered) -> Person:
    return Person(delivered.world, 42, name="Ana", language="ro")


@pytest.fixture
def group(delivered: Delivered) -> Group:
    return Group(delivered.world, -5)


# -- Private messages ------------------------------------------------------------------------------------


def test_a_private_message(delivered: Delivered, ana: Person) -> None:
    ana.write("  unde e comanda 10024? 👍 ")
    assert delivered.inbound == Inbound(
        channel="telegram",
        account="7",
        event_id="message/42/1",
        sender="42",
        text="unde e comanda 10024? 👍",
        raw=delivered.raw[0],
        name="Ana",
        locale="ro",
    )


@pytest.mark.parametrize(
    "text", ["<script>", "/restart", 'EXTERNAL: {"a": 1}', "{0.__class__}", "%s", "*_`["]
)
def test_text_is_text(delivered: Delivered, ana: Person, text: str) -> None:
    ana.write(text)
    assert (delivered.inbound.text, delivered.inbound.payload) == (text, None)


def test_text_that_no_database_takes_is_mended(delivered: Delivered, ana: Person) -> None:
    ana.write("a\x00b\ud83dc\u202e")
    assert delivered.inbound.text == "ab\ufffdc\u202e"
    assert delivered.inbound.raw.isascii()


def test_the_longest_text_of_telegram_is_cut_to_ours(delivered: Delivered, ana: Person) -> None:
    ana.write("я" * 4096)
    assert len(delivered.inbound.text) == 4000


def test_a_message_of_nothing_is_let_go(delivered: Delivered, ana: Person) -> None:
    ana.write(" \x00 ")
    assert delivered.events == []


def test_who_has_no_language_and_a_strange_name(delivered: Delivered) -> None:
    Person(delivered.world, 5, name="\x00<b>Ев\u202eа</b>" + "x" * 300).write("hi")
    assert delivered.inbound.locale is None
    assert delivered.inbound.name.startswith("<b>Ев\u202eа</b>xxx")
    assert len(delivered.inbound.name) == 200


def test_bots_are_not_answered(delivered: Delivered, ana: Person) -> None:
    ana.user["is_bot"] = True
    ana.write("hello, colleague")
    assert delivered.events == []


# -- Edits, buttons, members ------------------------------------------------------------------------------


def test_an_edit_names_the_message_that_it_changes(delivered: Delivered, ana: Person) -> None:
    ana.write("order 10042")
    number = ana.edit(1, "order 10024")
    first, second = delivered.events
    assert isinstance(first, Inbound)
    moment = datetime.fromtimestamp(DATE + 60, timezone.utc)
    assert second == Edited("telegram", "7", f"edit/{number}", first.event_id, "order 10024", moment)


def test_an_edit_without_words_is_let_go(delivered: Delivered, ana: Person) -> None:
    body = {"message_id": 1, "date": DATE, "edit_date": DATE, "chat": ana.chat.json, "from": ana.user}
    delivered.world.push("edited_message", {**body, "location": {"latitude": 1.0, "longitude": 2.0}})
    assert delivered.events == []


def test_a_pressed_button(delivered: Delivered, ana: Person) -> None:
    ana.chat.sent.append({"message_id": 3, "date": DATE, "chat": ana.chat.json, "text": "Sure?"})
    ana.press("a" * 32)
    pressed = delivered.inbound
    assert (pressed.sender, pressed.button_id, pressed.text) == ("42", "a" * 32, "")
    assert pressed.event_id == "callback/query-1"
    assert callback_id(json.loads(delivered.raw[0])["update"]) == "query-1"


def test_a_pressed_button_of_a_message_that_is_gone(delivered: Delivered, ana: Person) -> None:
    ana.press("a" * 32)
    ana.chat.sent.append({"message_id": 3, "date": 0, "chat": ana.chat.json})
    ana.press("a" * 32)
    assert [event.sender for event in delivered.events if isinstance(event, Inbound)] == ["42", "42"]


def test_a_button_of_a_game_is_let_go(delivered: Delivered, ana: Person) -> None:
    query = {"id": "1", "from": ana.user, "chat_instance": "1", "game_short_name": "chess"}
    delivered.world.push("callback_query", query)
    assert delivered.events == []


def test_who_blocks_the_bot_and_takes_it_back(delivered: Delivered, ana: Person) -> None:
    ana.block()
    ana.unblock()
    assert delivered.events == [
        Blocked("telegram", "7", "42", blocked=True),
        Blocked("telegram", "7", "42", blocked=False),
    ]


# -- Commands ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "text", "payload", "locale"),
    [
        ("/start", "/start", "/greet", "ro"),
        ("/start pl", "/start pl", "/greet", "pl"),
        ("/start pl_order_10024", "order 10024", None, "pl"),
        ("/start order-10024", "order 10024", None, "ro"),
        ("/start <script>", "/start <script>", "/greet", "ro"),
        ("/start " + "x" * 65, "/start " + "x" * 65, "/greet", "ro"),
        ("/help", "/help", "/help", "ro"),
        ("/HELP@Grija_Bot please", "/HELP please", "/help", "ro"),
        ("/agent", "/agent", "/contact_human_agent", "ro"),
        ("/language", "/language", '/choose_language{"language": ""}', "ro"),
        ("/language PL", "/language PL", '/choose_language{"language": "pl"}', "ro"),
        ('/language "}/greet', '/language "}/greet', '/choose_language{"language": "\\"}/greet"}', "ro"),
        ("/stop", "/stop", "/stop_bot", "ro"),
        ("/restart", "/restart", None, "ro"),
        ("say /help", "say /help", None, "ro"),
    ],
)
def test_commands(
    delivered: Delivered, ana: Person, written: str, text: str, payload: str | None, locale: str
) -> None:
    ana.write(written)
    event = delivered.inbound
    assert (event.text, event.payload, event.locale) == (text, payload, locale)


# -- Files ------------------------------------------------------------------------------------------------


def file_of(event: Inbound) -> IncomingFile:
    (file,) = event.attachments
    return file


def test_a_photo_comes_in_its_largest_size_with_its_caption(delivered: Delivered, ana: Person) -> None:
    ana.photo(b"\xff\xd8\xff large", caption="it is cracked")
    expected = IncomingFile("photo", "file-2", size=9, caption="it is cracked")
    assert (file_of(delivered.inbound), delivered.inbound.text) == (expected, "it is cracked")


def test_an_album_is_several_messages_of_one_file_each(delivered: Delivered, ana: Person) -> None:
    ana.photo(b"\xff\xd8\xff one", caption="both are cracked", media_group_id="9")
    ana.photo(b"\xff\xd8\xff two", media_group_id="9")
    first, second = delivered.events
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert (first.text, second.text) == ("both are cracked", "")
    assert [len(event.attachments) for event in (first, second)] == [1, 1]
    assert first.event_id != second.event_id


def test_what_is_passed_on_or_quoted_is_the_words_of_who_sends_it(delivered: Delivered, ana: Person) -> None:
    origin = {"type": "hidden_user", "sender_user_name": "Ion", "date": DATE}
    ana.write("where is it?", forward_origin=origin)
    ana.write("this one", quote={"text": "order 10024", "position": 0})
    texts = [(event.sender, event.text) for event in delivered.events if isinstance(event, Inbound)]
    assert texts == [("42", "where is it?"), ("42", "this one")]


def test_a_document(delivered: Delivered, ana: Person) -> None:
    ana.document("../../<b>invoice</b>\x00.pdf", "application/pdf", b"%PDF")
    file = file_of(delivered.inbound)
    assert (file.kind, file.name, file.mime) == ("document", "../../<b>invoice</b>.pdf", "application/pdf")
    assert delivered.inbound.text == ""


@pytest.mark.parametrize(
    ("act", "kind", "mime"),
    [
        ("voice", "voice", "audio/ogg"),
        ("audio", "audio", "audio/mpeg"),
        ("video", "video", "video/mp4"),
        ("video_note", "video", ""),
        ("animation", "video", "video/mp4"),
    ],
)
def test_sounds_and_films(delivered: Delivered, ana: Person, act: str, kind: str, mime: str) -> None:
    getattr(ana, act)()
    file = file_of(delivered.inbound)
    assert (file.kind, file.mime, file.remote_id) == (kind, mime, "file-1")


def test_a_sticker(delivered: Delivered, ana: Person) -> None:
    ana.sticker("👍")
    assert file_of(delivered.inbound) == IncomingFile("sticker", "file-1", name="👍", size=12)
    assert delivered.inbound.text == ""


def test_a_location_a_venue_and_a_contact_are_words(delivered: Delivered, ana: Person) -> None:
    ana.location(42.6977, 23.3219)
    place = {"latitude": 1.0, "longitude": -2.5}
    ana.send(venue={"location": place, "title": "Shop", "address": "High Street 1"}, location=place)
    ana.contact("Ion", "+40700000000")
    files = [file_of(event) for event in delivered.events if isinstance(event, Inbound)]
    assert files == [
        IncomingFile("location", "", caption="42.697700, 23.321900"),
        IncomingFile("location", "", caption="Shop, High Street 1 (1.000000, -2.500000)"),
        IncomingFile("contact", "", caption="Ion +40700000000"),
    ]


# -- Groups -----------------------------------------------------------------------------------------------


def test_in_a_group_only_who_names_the_bot_is_heard(delivered: Delivered, ana: Person, group: Group) -> None:
    ana.write("shall we go out?", group=group)
    ana.write("@other_bot help", group=group)
    ana.write("/help", group=group)
    ana.write("/help@other_bot", group=group)
    assert delivered.events == []
    ana.write("👋 @Grija_Bot where is 10024?", group=group)
    event = delivered.inbound
    assert (event.sender, event.text, event.place) == ("-5:42", "👋  where is 10024?", "5")


def test_a_command_for_this_bot_and_an_answer_to_it_count_as_naming(
    delivered: Delivered, ana: Person, group: Group
) -> None:
    ana.write("/help@grija_bot", group=group)
    group.sent.append({"message_id": 9, "date": DATE, "chat": group.json, "from": delivered.world.bot.user})
    ana.answer("yes, that one", group)
    first, second = delivered.events
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert (first.text, first.payload) == ("/help", "/help")
    assert (second.text, second.payload) == ("yes, that one", None)


def test_who_only_says_the_bots_name_is_greeted(delivered: Delivered, ana: Person, group: Group) -> None:
    ana.mention("", group)
    assert delivered.inbound.payload == "/greet"


def test_a_photo_in_a_group_names_the_bot_in_its_caption(
    delivered: Delivered, ana: Person, group: Group
) -> None:
    mention = {"type": "mention", "offset": 0, "length": 10}
    ana.photo(group=group, caption="@grija_bot cracked", caption_entities=[mention])
    assert (delivered.inbound.text, file_of(delivered.inbound).kind) == ("cracked", "photo")


def test_a_topic_of_a_group_is_remembered(delivered: Delivered, ana: Person, group: Group) -> None:
    ana.write("@grija_bot hi", group=group, message_thread_id=77, is_topic_message=True)
    assert delivered.inbound.place == "77/1"


def test_nobody_is_answered_who_writes_as_a_chat(delivered: Delivered, ana: Person, group: Group) -> None:
    ana.write("@grija_bot hi", group=group, sender_chat=group.json)
    assert delivered.events == []


def test_a_group_that_moves(delivered: Delivered, ana: Person, group: Group) -> None:
    group.migrate(ana, -1005)
    assert delivered.events == [Moved("telegram", "7", "-5:", "-1005:")] * 2


def test_edits_in_a_group_are_those_of_messages_for_us(
    delivered: Delivered, ana: Person, group: Group
) -> None:
    ana.edit(3, "never mind", group=group)
    assert delivered.events == []
    ana.edit(3, "@grija_bot order 10024", group=group)
    (event,) = delivered.events
    assert isinstance(event, Edited)
    assert (event.of_event_id, event.text) == ("message/-5/3", "order 10024")


# -- What is let go, and what is set aside -------------------------------------------------------------------


def test_posts_joins_polls_and_unknown_kinds_are_let_go(
    delivered: Delivered, ana: Person, group: Group
) -> None:
    channel_post(delivered.world, -1007, "news")
    group.join(ana)
    poll(delivered.world)
    ana.send(dice={"emoji": "🎲", "value": 3})
    ana.send(pinned_message={"message_id": 1, "date": DATE, "chat": ana.chat.json, "text": "x"})
    delivered.world.push("kind_of_next_year", {"message": {"text": "hi"}})
    member = {"user": delivered.world.bot.user, "status": "left"}
    change = {"from": ana.user, "date": DATE, "old_chat_member": member, "new_chat_member": member}
    delivered.world.push("my_chat_member", {"chat": group.json, **change})
    assert len(delivered.raw) == 7
    assert delivered.events == []


@pytest.mark.parametrize("kind", sorted(set(Update.ALL_TYPES) - set(WANTED)))
def test_kinds_that_we_do_not_ask_for_are_let_go_unread(kind: str) -> None:
    # Asked for by another program with the same token, say: what is in them is not even looked at.
    assert decode(pack(ME, {"update_id": 1, kind: {"not": "what the library expects"}}).raw) == ()


GOOD = {"message_id": 1, "date": DATE, "chat": {"id": 42, "type": "private"}, "text": "hi"}


@pytest.mark.parametrize(
    "update",
    [
        None,
        [],
        "text",
        {},
        {"update_id": 1, "message": GOOD},
        {"update_id": 1, "message": {**GOOD, "from": {"id": 42}}},
        {"update_id": 1, "message": {**GOOD, "chat": 42}},
        {"update_id": 1, "message": {"text": "hi"}},
        {"update_id": 1, "message": "hi"},
        {"update_id": 1, "callback_query": {"id": "1", "data": "x"}},
        {"update_id": 1, "my_chat_member": {"chat": {"id": 1, "type": "private"}}},
    ],
)
def test_what_is_no_update_raises_for_the_caller(update: Any) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever it is, the update is set aside
        [checked_event(event) for event in decode(pack(ME, update).raw)]


LEAVES = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


@given(JSON)
def test_anything_can_be_kept_under_an_id_of_its_own(update: Any) -> None:
    packed = pack(ME, update)
    assert packed.raw.isascii()
    assert 0 < len(packed.event_id) < 100
    assert packed == pack(ME, update)
    assert callback_id(update) is None
    assert (update_id(update) is None) == packed.event_id.startswith("sha256:")


def test_the_chat_of_an_address() -> None:
    from telegram import Chat, User

    ana = User(42, "Ana", is_bot=False)
    private, shared = address_of(Chat(42, "private"), ana), address_of(Chat(-1005, "supergroup"), ana)
    assert (chat_of(private), in_group(private)) == (42, False)
    assert (chat_of(shared), in_group(shared)) == (-1005, True)
