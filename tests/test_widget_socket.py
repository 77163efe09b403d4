"""The widget's socket over a real server: replay, acks, tabs, tokens, identities, buttons, news of the owner."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from bot.models import Author, AuthorKind, Conversation, Draft
from bot.store import addresses, conversations
from bot.store.tables import conversation, inbox, message
from bot.tokens import VisitorTokens
from tests.conftest import Server, StartServer, until
from tests.doubles import EchoDialogue
from tests.widget_client import WidgetClient, open_widget

IDENTITY_SECRET = "i" * 40
FOREVER = 2**40


@asynccontextmanager
async def greeted(server: Server, **hello: Any) -> AsyncIterator[WidgetClient]:
    async with open_widget(server.url) as widget:
        await widget.hello(**hello)
        yield widget


async def frames_until_pong(widget: WidgetClient) -> list[dict[str, Any]]:
    """Every frame but typing that was on its way when the ping was answered."""
    await widget.send({"type": "ping"})
    got = []
    while (frame := await widget.receive())["type"] != "pong":
        got += [frame] if frame["type"] != "typing" else []
    return got


async def rows(server: Server, table: sa.Table) -> list[Any]:
    return await server.grija.store.read(lambda tx: tx.execute(sa.select(table)).mappings().all())


async def current(server: Server) -> Conversation:
    """The only customer's latest conversation."""
    found = [row["customer_id"] for row in await rows(server, conversation)]
    latest = await server.grija.store.read(conversations.latest, found[0])
    assert latest is not None
    return latest


def identity(
    user_id: str = "ana", *, expires: int = FOREVER, secret: str = IDENTITY_SECRET
) -> dict[str, Any]:
    signed = hmac.new(secret.encode(), f"{user_id}|demo|{expires}".encode(), hashlib.sha256).hexdigest()
    return {"user_id": user_id, "name": "Ana", "exp": expires, "hmac": signed}


@pytest.mark.parametrize("last_seq", [0, 2, 5, 6])
async def test_hello_replays_what_is_newer_in_order(start_server: StartServer, last_seq: int) -> None:
    async with start_server() as server:
        async with greeted(server) as widget:
            assert (widget.welcome["seq"], widget.welcome["status"]) == (0, "bot")
            for number in (1, 2, 3):
                await widget.say(f"text {number}", f"m{number}")
                await widget.message(2 * number)
            token = widget.welcome["token"]
        async with greeted(server, token=token, last_seq=last_seq) as widget:
            assert (widget.welcome["seq"], widget.welcome["token"]) == (6, token)
            frames = await frames_until_pong(widget)
    assert [frame["seq"] for frame in frames] == list(range(last_seq + 1, 7))
    texts = ["text 1", "echo: text 1", "text 2", "echo: text 2", "text 3", "echo: text 3"]
    assert [frame["text"] for frame in frames] == texts[last_seq:]


async def test_who_has_seen_more_than_there_is_sees_all_again(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, greeted(server) as widget:
        await widget.say("hello", "1")
        await widget.message(2)
        async with greeted(server, token=widget.welcome["token"], last_seq=900) as again:
            assert [frame["seq"] for frame in await frames_until_pong(again)] == [1, 2]


async def test_the_ack_comes_before_the_echo(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, greeted(server) as widget:
        for number in range(5):
            await widget.send({"type": "message", "client_msg_id": f"m{number}", "text": f"text {number}"})
            kinds: list[str] = []
            while kinds.count("message") < 2:
                frame = await widget.receive()
                kinds.append(frame["type"])
                if frame["type"] == "ack":
                    acked = frame
                elif frame["type"] == "message" and frame["author"]["kind"] == "customer":
                    assert (frame["id"], frame["seq"]) == (acked["id"], acked["seq"])
            assert kinds.index("ack") < kinds.index("message")


async def test_the_same_client_msg_id_has_one_message_and_the_same_ack(start_server: StartServer) -> None:
    async with start_server() as server, greeted(server) as first:
        token = first.welcome["token"]
        async with greeted(server, token=token) as second:
            sent = [first.say("once", "same"), second.say("once", "same")]
            acks = [*await asyncio.gather(*sent), await first.say("another text", "same")]
        async with greeted(server, token=token) as again:
            acks.append(await again.say("once", "same"))
            await again.message(2)
            assert await frames_until_pong(again) == []
        assert acks == [acks[0]] * 4
        assert len(await rows(server, inbox)) == 1
        assert [row["text"] for row in await rows(server, message)] == ["once", "echo: once"]


async def test_another_visitor_with_the_same_client_msg_id_is_somebody_else(
    start_server: StartServer,
) -> None:
    async with start_server() as server, greeted(server) as one, greeted(server) as other:
        acks = await asyncio.gather(one.say("of one", "same"), other.say("of other", "same"))
        assert acks[0]["id"] != acks[1]["id"]
        assert [(await one.message(2))["text"], (await other.message(2))["text"]] == [
            "echo: of one",
            "echo: of other",
        ]
        for widget, text in ((one, "of one"), (other, "of other")):
            await frames_until_pong(widget)
            assert [frame["text"] for frame in widget.messages.values()] == [text, f"echo: {text}"]


async def test_two_tabs_see_everything_once(start_sqlite_server: StartServer) -> None:
    # The second tab opens before the visitor has said anything.
    async with (
        start_sqlite_server() as server,
        greeted(server) as left,
        greeted(server, token=left.welcome["token"]) as right,
    ):
        seen: list[list[int]] = []
        for number in range(3):
            await left.say(f"left {number}", f"l{number}")
            await right.say(f"right {number}", f"r{number}")
        for tab in (left, right):
            await tab.message(12)
            assert [frame for frame in await frames_until_pong(tab) if frame["type"] == "message"] == []
            seen.append([frame["seq"] for frame in tab.messages.values()])
    assert seen == [list(range(1, 13))] * 2


async def test_no_tab_gets_a_message_twice(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, greeted(server) as widget:
        for number in range(20):
            await widget.send({"type": "message", "client_msg_id": f"m{number}", "text": "quick"})
        seqs: list[int] = []
        while 40 not in seqs:
            frame = await widget.receive()
            seqs += [frame["seq"]] if frame["type"] == "message" else []
    assert seqs == list(range(1, 41))


FOREIGN = VisitorTokens("another key, " * 4, site="demo")


@pytest.mark.parametrize("kind", ["none", "nonsense", "forged", "other site", "expired", "surrogate"])
async def test_a_wrong_token_is_a_new_visitor(
    start_sqlite_server: StartServer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    async with start_sqlite_server(secret="s" * 32) as server, greeted(server) as victim:
        await victim.say("private", "1")
        await victim.message(2)
        genuine = victim.welcome["token"]
        visitor = VisitorTokens("s" * 32, site="demo").read(genuine)
        assert visitor
        with monkeypatch.context() as past:
            past.setattr("time.time", lambda: 1e9)
            expired = VisitorTokens("s" * 32, site="demo").issue(visitor)
        token = {
            "none": None,
            "nonsense": "x.y.z",
            "forged": FOREIGN.issue(visitor),
            "other site": VisitorTokens("s" * 32, site="other").issue(visitor),
            "expired": expired,
            "surrogate": genuine + "\ud800",
        }[kind]
        async with greeted(server, token=token, last_seq=0) as widget:
            assert widget.welcome["token"] not in (token, genuine)
            assert widget.welcome["seq"] == 0
            assert await frames_until_pong(widget) == []
            await victim.say("more private", "2")
            await victim.message(4)
            assert await frames_until_pong(widget) == []
            assert (await widget.say("mine", "1"))["seq"] == 1
            assert (await widget.message(2))["text"] == "echo: mine"


async def test_buttons_are_opaque_and_pressed_by_their_owner_alone(start_server: StartServer) -> None:
    async with start_server() as server, greeted(server) as widget, greeted(server) as other:
        await widget.say("buttons", "1")
        offered = (await widget.message(2))["buttons"]
        assert [set(button) for button in offered] == [{"id", "title"}] * 2
        assert "affirm" not in json.dumps(widget.messages)
        await other.say("hello", "1")
        for button_id in (offered[0]["id"], "/affirm", "\x00", ""):
            await other.send({"type": "button", "client_msg_id": "2", "button_id": button_id})
            refused = await other.expect("error")
            assert (refused["code"], refused["client_msg_id"]) == ("button_unknown", "2")
        await widget.press(offered[0]["id"], "2")
        assert (await widget.message(3))["text"] == "Yes"
        assert (await widget.message(4))["text"] == "echo: /affirm", "the dialogue got the payload"
        assert "payload" not in json.dumps(widget.messages)
        assert (await other.say("still here", "2"))["seq"] == 3


async def test_seen_and_rating_are_stored(start_server: StartServer) -> None:
    async with start_server() as server, greeted(server) as widget:
        await widget.send({"type": "seen", "seq": 1})
        await widget.send({"type": "rating", "value": 5})
        await widget.say("hello", "1")
        await widget.message(2)
        for frame in ({"seq": 2}, {"seq": 1}, {"seq": 900}):
            await widget.send({"type": "seen", **frame})
        await widget.send({"type": "rating", "value": 2, "comment": "too\x00 slow \ud800"})
        assert await frames_until_pong(widget) == []
        (row,) = await rows(server, conversation)
    assert (row["seen_seq"], row["rating"], row["rating_comment"]) == (2, 2, "too slow \ufffd")


async def test_typing_is_shown_while_the_bot_works(start_sqlite_server: StartServer) -> None:
    dialogue = EchoDialogue()
    async with start_sqlite_server(open_dialogue=lambda *_: dialogue) as server, greeted(server) as widget:
        await widget.say("hello", "1")
        await widget.message(2)
        await frames_until_pong(widget)
        dialogue.gate.clear()
        await widget.say("silent", "2")
        author = {"kind": "bot", "name": "Grija"}
        assert await widget.expect("typing") == {"type": "typing", "author": author, "on": True}
        dialogue.gate.set()
        assert await widget.expect("typing") == {"type": "typing", "author": author, "on": False}


async def test_a_signed_identity_is_one_person_in_every_browser(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(identity_secret=IDENTITY_SECRET) as server:
        async with (
            greeted(server, identity=identity()) as phone,
            greeted(server, identity=identity()) as desk,
        ):
            await phone.say("from the phone", "1")
            assert (await desk.message(1))["author"] == {"kind": "customer", "name": "Ana"}
            async with greeted(server, identity=identity("eva")) as other:
                assert await frames_until_pong(other) == []
        assert [row["verified"] for row in await rows(server, inbox)] == [True]


async def test_the_token_of_a_signed_customer_alone_opens_nothing(start_sqlite_server: StartServer) -> None:
    """After signing out, the next person at the same browser has the token: it must not show the history."""
    async with start_sqlite_server(identity_secret=IDENTITY_SECRET) as server:
        async with greeted(server, identity=identity()) as known:
            await known.say("my secret", "1")
            await known.message(2)
            token = known.welcome["token"]
        async with greeted(server, token=token) as second:
            assert second.welcome["token"] != token
            assert second.welcome["seq"] == 0
            assert await frames_until_pong(second) == []
            await second.say("who am I?", "2")
        rows_of = await rows(server, inbox)
        assert [row["verified"] for row in rows_of] == [True, False]
        assert len({row["event_id"].rpartition("/")[0] for row in rows_of}) == 2
        async with greeted(server, token=token, last_seq=2, identity=identity("eva")) as third:
            assert await frames_until_pong(third) == []


async def test_an_identity_begins_a_history_of_its_own(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(identity_secret=IDENTITY_SECRET) as server, greeted(server) as anonymous:
        await anonymous.say("before signing in", "1")
        await anonymous.message(2)
        token = anonymous.welcome["token"]
        async with greeted(server, token=token, last_seq=2, identity=identity()) as known:
            assert known.welcome["token"] != token
            assert known.welcome["seq"] == 0
            assert await frames_until_pong(known) == []


@pytest.mark.parametrize(
    "wrong",
    [
        identity() | {"user_id": "eva"},
        identity() | {"exp": FOREVER + 1},
        identity() | {"hmac": "0" * 64},
        identity() | {"hmac": "\ud800"},
        identity(expires=1),
        identity(secret="not the secret " * 3),
    ],
)
async def test_a_wrong_identity_is_refused_and_may_be_corrected(
    start_sqlite_server: StartServer, wrong: dict[str, Any]
) -> None:
    async with (
        start_sqlite_server(identity_secret=IDENTITY_SECRET) as server,
        open_widget(server.url) as widget,
    ):
        await widget.send({"type": "hello", "token": None, "last_seq": 0, "identity": wrong})
        assert (await widget.expect("error"))["code"] == "identity_invalid"
        assert (await widget.hello(identity=identity()))["seq"] == 0


async def test_without_a_shared_key_identities_are_refused(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, open_widget(server.url) as widget:
        signed = identity(secret="")
        await widget.send({"type": "hello", "token": None, "last_seq": 0, "identity": signed})
        assert (await widget.expect("error"))["code"] == "identity_invalid"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("pl-PL", "pl"),
        ("EL", "el"),
        ("bg_BG", "bg"),
        ("de-DE", "en"),
        (None, "en"),
        ("pl\n", "en"),
        ("'", "en"),
    ],
)
async def test_the_welcome_speaks_the_language_of_the_page(
    start_sqlite_server: StartServer, locale: str | None, language: str
) -> None:
    async with start_sqlite_server() as server, greeted(server, locale=locale) as widget:
        assert widget.welcome["language"] == language


async def test_the_welcome_speaks_the_language_of_the_conversation(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, greeted(server, locale="pl-PL") as widget:
        await widget.say("hello", "1")
        await widget.message(2)
        async with greeted(server, token=widget.welcome["token"], locale="pl-PL") as again:
            assert again.welcome["language"] == "en"


async def test_news_of_the_owner_are_shown(start_server: StartServer) -> None:
    async with start_server() as server, greeted(server) as widget:
        hub = server.grija.hub
        await widget.say("help", "1")
        await widget.message(2)
        taken = await hub.take(await current(server), "agent ada")
        assert await widget.expect("status") == {"type": "status", "status": "human"}
        await widget.say("are you there?", "2")
        address = await server.grija.store.read(
            addresses.find, "web", "demo", (await rows(server, inbox))[0]["event_id"].partition("/")[0]
        )
        assert address is not None
        latest = await current(server)
        await hub.say(latest, Author(AuthorKind.AGENT, "Ada"), Draft("Yes."), address=address)
        assert (await widget.message(4))["author"] == {"kind": "agent", "name": "Ada"}
        async with greeted(server, token=widget.welcome["token"], last_seq=4) as tab:
            assert tab.welcome["status"] == "human"
        await hub.release(await current(server))
        assert (await widget.expect("status"))["status"] == "bot"
        await widget.say("and you?", "3")
        assert (await widget.message(6))["text"] == "echo: and you?"
        closed = await hub.close(await current(server))
        assert (await widget.expect("status"))["status"] == "closed"
        assert (await widget.say("again", "4"))["seq"] == 7
        assert (await widget.expect("status"))["status"] == "bot"
        assert (await widget.message(8))["text"] == "echo: again"
        assert sorted(widget.messages) == list(range(1, 9)), "a new conversation counts on"
        assert (await current(server)).id != closed.id == taken.id


async def test_who_comes_back_after_the_end_sees_both_conversations(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, greeted(server) as widget:
        await widget.say("first", "1")
        await widget.message(2)
        await server.grija.hub.close(await current(server))
        token = widget.welcome["token"]
        async with greeted(server, token=token) as again:
            assert (again.welcome["status"], again.welcome["seq"]) == ("closed", 2)
            await again.say("second", "2")
            await again.message(4)
            assert [frame["text"] for frame in again.messages.values()] == [
                "first", "echo: first", "second", "echo: second",
            ]  # fmt: skip


async def test_the_end_of_the_server_says_goodbye(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, greeted(server) as one, open_widget(server.url) as silent:
        channel = server.grija.channels["web"]
        await until(lambda: _sockets(server, 2))
        ends = [asyncio.create_task(widget.socket.receive()) for widget in (one, silent)]
        await channel.stop()
        for end in ends:
            assert (await end).type is aiohttp.WSMsgType.CLOSE
        assert [widget.socket.close_code for widget in (one, silent)] == [1001, 1001]
        await channel.stop()


async def _sockets(server: Server, count: int) -> bool:
    return f"grija_widget_sockets {count}.0" in server.grija.metrics.page().decode()


async def test_a_socket_that_ends_while_it_is_written_to_leaves_nothing_behind(
    start_sqlite_server: StartServer,
) -> None:
    async with start_sqlite_server() as server, greeted(server) as stays:
        token = stays.welcome["token"]
        for number in range(60):
            async with greeted(server, token=token, last_seq=2 * number) as goes:
                await goes.send({"type": "message", "client_msg_id": f"m{number}", "text": "bye"})
                await goes.message(2 * number + 1)
        await until(lambda: _sockets(server, 1))
