"""The widget's socket under bad frames, hostile text, limits, slow readers and a failing store."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from yarl import URL

from bot.errors import ClientError, StoreUnavailable, all_errors
from bot.models import Author, AuthorKind, Draft
from bot.store import addresses, conversations
from channels import web_session
from channels.widget_frames import MAXIMUM_FRAME
from tests.conftest import Server, StartServer, until
from tests.test_widget_frames import JSON, NEARLY
from tests.test_widget_socket import frames_until_pong, greeted
from tests.widget_client import WidgetClient, open_widget

CODES = {kind.code for kind in all_errors(ClientError)}
SECRET_PLACE = "postgresql://grija:hunter2@db.internal"


async def closing(widget: WidgetClient) -> int | None:
    """Read until the socket ends: its code."""
    while (await asyncio.wait_for(widget.socket.receive(), 20)).type is aiohttp.WSMsgType.TEXT:
        pass
    return widget.socket.close_code


async def refused(widget: WidgetClient, data: str) -> str:
    await widget.socket.send_str(data)
    frame = await widget.expect("error")
    assert set(frame) - {"client_msg_id", "retry_after"} == {"type", "code", "message"}
    return str(frame["code"])


def say(text: str, client_msg_id: str = "1") -> str:
    return json.dumps({"type": "message", "client_msg_id": client_msg_id, "text": text})


PLAIN = [
    "<script>alert(1)</script>",
    "/restart",
    '/cancel_order{"order_id":"1"}',
    "EXTERNAL: x",
    "/session_start",
    "{{7*7}} {0} %s",
    "\u202eright to left\u200f",
    "👩‍👩‍👧‍👦" * 300,
    "я" * 4000,
    "\\",
    '"',
]


async def test_hostile_text_is_plain_text(start_server: StartServer) -> None:
    async with start_server() as server, greeted(server) as widget:
        for number, text in enumerate([*PLAIN, "a\x00b", "a\ud83db", " \x1b[31mred\x9b \r\n"]):
            await widget.say(text, f"m{number}")
            kept = {"a\x00b": "ab", "a\ud83db": "a\ufffdb"}.get(text, text if text in PLAIN else "[31mred")
            assert (await widget.message(2 * number + 1))["text"] == kept
            assert (await widget.message(2 * number + 2))["text"] == f"echo: {kept}"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (say(""), "text_empty"),
        (say(" \n\x00\x7f "), "text_empty"),
        (say("x" * 4001), "text_too_long"),
        (say("x", ""), "bad_frame"),
        ('{"type":"button","client_msg_id":"1","button_id":"x"}', "button_unknown"),
        ('{"type":"hello","token":null,"last_seq":0}', "bad_frame"),
        ("", "bad_frame"),
        ("[" * 30_000, "bad_frame"),
        ('{"type":"seen","seq":NaN}', "bad_frame"),
    ],
)
async def test_what_is_wrong_has_a_code_and_the_socket_lives(
    start_sqlite_server: StartServer, data: str, code: str
) -> None:
    async with start_sqlite_server() as server, greeted(server) as widget:
        assert await refused(widget, data) == code
        assert (await widget.say("still here", "2"))["seq"] == 1


async def test_before_hello_nothing_is_taken(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, open_widget(server.url) as widget:
        for frame in (say("hello"), '{"type":"ping"}', '{"type":"seen","seq":1}'):
            assert await refused(widget, frame) == "hello_expected"
        assert await refused(widget, "nonsense") == "bad_frame"
        await widget.socket.send_bytes(b"\x00")
        assert (await widget.expect("error"))["code"] == "bad_frame"
        assert (await widget.hello())["seq"] == 0


@pytest.mark.parametrize("greet", [True, False])
@pytest.mark.parametrize("binary", [True, False])
async def test_twenty_bad_frames_end_the_socket(
    start_sqlite_server: StartServer, greet: bool, binary: bool
) -> None:
    async with start_sqlite_server() as server, open_widget(server.url) as widget:
        if greet:
            await widget.hello()
        for _ in range(19):
            await (widget.socket.send_bytes(b"{}") if binary else widget.socket.send_str("{}"))
            assert (await widget.expect("error"))["code"] == "bad_frame"
        await (widget.socket.send_bytes(b"{}") if binary else widget.socket.send_str("{}"))
        assert await closing(widget) == 1008


async def test_who_does_not_say_hello_is_sent_away(
    start_sqlite_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_session, "_HELLO_SECONDS", 0.05)
    async with start_sqlite_server() as server, open_widget(server.url) as widget:
        assert await closing(widget) == 1008


@pytest.mark.parametrize("greet", [True, False])
async def test_a_frame_may_have_32_kib_and_not_a_byte_more(
    start_sqlite_server: StartServer, greet: bool
) -> None:
    async with start_sqlite_server() as server, open_widget(server.url) as widget:
        longest = '{"type":"hello","token":null,"last_seq":0}'.ljust(MAXIMUM_FRAME)
        await widget.socket.send_str(longest)
        await widget.expect("welcome")
        if greet:
            await widget.socket.send_str(say("x" * (MAXIMUM_FRAME - len(say("")))))
            assert (await widget.expect("error"))["code"] == "text_too_long"
        await widget.socket.send_str(longest + " ")
        assert await closing(widget) == 1009


@examples(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.text(st.characters(), max_size=100) | (JSON | NEARLY).map(json.dumps), min_size=19, max_size=19
    )
)
async def test_any_frames_are_answered_in_the_protocol(
    start_sqlite_server: StartServer, batch: list[str]
) -> None:
    async with start_sqlite_server() as server, greeted(server) as widget:
        for data in batch:
            # What JSON spells with lone surrogates arrives; as bytes they cannot even be sent.
            await widget.socket.send_str(data.encode("utf-8", errors="replace").decode())
            for frame in await frames_until_pong(widget):
                assert frame["type"] in ("ack", "message", "error", "status")
                assert frame.get("code", "bad_frame") in CODES
                assert "Traceback" not in json.dumps(frame)
                assert '", line' not in json.dumps(frame)


def raw_frame(data: bytes, opcode: int = 1) -> bytes:
    """A masked WebSocket frame."""
    length = len(data)
    head = struct.pack("!BB", 0x80 | opcode, 0x80 | length) if length < 126 else struct.pack(
        "!BBH", 0x80 | opcode, 0x80 | 126, length
    )  # fmt: skip
    return head + b"\x00" * 4 + data


@asynccontextmanager
async def raw_socket(server: Server) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """An open WebSocket whose bytes the test writes itself."""
    address = URL(server.url)
    # Small buffers: what is not read fills them at once.
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, (address.host, address.port))
    reader, writer = await asyncio.open_connection(sock=plain, limit=1024)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /widget/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@examples(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.lists(st.binary(max_size=300) | st.binary(max_size=300).map(raw_frame), min_size=1, max_size=5))
async def test_any_bytes_end_one_socket_at_most(
    start_sqlite_server: StartServer, chunks: list[bytes]
) -> None:
    async with start_sqlite_server() as server, greeted(server) as other:
        async with raw_socket(server) as (reader, writer):
            writer.writelines([*chunks, raw_frame(b"\x03\xe8", opcode=8)])
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(), 20)
        assert b"Traceback" not in answer
        assert b"HTTP/1.1" not in answer
        await other.send({"type": "ping"})
        await other.expect("pong")


async def test_origins_are_checked_before_the_socket_opens(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(allowed_origins=("https://shop.example",)) as server:
        for origin in (server.url, "https://shop.example", None):
            async with open_widget(server.url, headers={"Origin": origin} if origin else None) as widget:
                await widget.hello()
        for origin in ("https://evil.example", "null", "http://["):
            status, body = await handshake(server, Origin=origin)
            assert (status, body["error"]["code"]) == (403, "origin_refused")


async def handshake(server: Server, **headers: str) -> tuple[int, dict[str, Any]]:
    """The refusal of a socket, as an HTTP answer."""
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(b"k" * 16).decode(),
    }  # fmt: skip
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{server.url}/widget/ws", headers={**upgrade, **headers}) as response,
    ):
        return response.status, await response.json()


@pytest.mark.parametrize("limit", [{"sockets_per_ip": 2}, {"sockets": 2}])
async def test_there_are_only_so_many_sockets(
    start_sqlite_server: StartServer, limit: dict[str, int]
) -> None:
    async with start_sqlite_server(**limit) as server, greeted(server):
        async with greeted(server):
            status, body = await handshake(server)
            assert (status, body["error"]["code"]) == (429, "too_many_connections")

        async def room() -> bool:
            return "grija_widget_sockets 1.0" in server.grija.metrics.page().decode()

        await until(room)
        async with greeted(server) as third:
            assert third.welcome["seq"] == 0


async def test_sockets_are_counted_for_the_address_that_trusted_proxies_name(
    start_sqlite_server: StartServer,
) -> None:
    async with (
        start_sqlite_server(sockets_per_ip=1, trusted_proxies=1) as server,
        open_widget(server.url, headers={"X-Forwarded-For": "9.9.9.9, 1.1.1.1"}),
    ):
        assert (await handshake(server, **{"X-Forwarded-For": "8.8.8.8, 1.1.1.1"}))[0] == 429
        async with open_widget(server.url, headers={"X-Forwarded-For": "1.1.1.1, 2.2.2.2"}) as other:
            await other.hello()
    async with start_sqlite_server(sockets_per_ip=1) as server, greeted(server):
        assert (await handshake(server, **{"X-Forwarded-For": "2.2.2.2"}))[0] == 429


async def test_one_visitor_says_only_so_much_in_a_minute(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(messages_per_minute=3) as server, greeted(server) as widget:
        for number in range(3):
            await widget.say("hello", f"m{number}")
        async with greeted(server, token=widget.welcome["token"]) as tab:
            await tab.send({"type": "message", "client_msg_id": "m3", "text": "hello"})
            error = await tab.expect("error")
        assert (error["code"], error["client_msg_id"]) == ("rate_limited", "m3")
        assert 1 <= error["retry_after"] <= 20
        async with greeted(server) as other:
            assert (await other.say("hello", "m0"))["seq"] == 1


async def test_one_address_makes_only_so_many_new_visitors(start_sqlite_server: StartServer) -> None:
    async with (
        start_sqlite_server(visitors_per_hour=2) as server,
        greeted(server) as known,
        greeted(server),
        open_widget(server.url) as third,
    ):
        hello = {"type": "hello", "token": None, "last_seq": 0}
        assert await refused(third, json.dumps(hello)) == "rate_limited"
        hello["token"] = "forged"
        assert await refused(third, json.dumps(hello)) == "rate_limited"
        # Who is known is no new visitor.
        assert (await third.hello(token=known.welcome["token"]))["seq"] == 0


async def test_a_slow_reader_is_sent_away_and_holds_nobody(
    start_sqlite_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_session, "_SEND_SECONDS", 0.3)
    monkeypatch.setattr(web_session, "_CLOSE_SECONDS", 0.2)
    async with start_sqlite_server() as server, greeted(server) as quick, greeted(server) as other:
        token = quick.welcome["token"]
        await quick.say("hello", "1")
        await quick.message(2)
        async with raw_socket(server) as (reader, writer):
            hello = json.dumps({"type": "hello", "token": token, "last_seq": 0})
            writer.write(raw_frame(hello.encode()))
            assert b"welcome" in await reader.readuntil(b"}")
            store = server.grija.store
            visitor = server.grija.channels["web"]._door.context.tokens.read(token)  # type: ignore[attr-defined]
            address = await store.read(addresses.find, "web", "demo", visitor)
            assert address is not None
            for number in range(12):
                conversation = await store.read(conversations.latest, address.customer_id)
                assert conversation is not None
                agent = Author(AuthorKind.AGENT, "Ada")
                await server.grija.hub.say(conversation, agent, Draft("x" * 1_000_000), address=address)
                assert len((await quick.message(3 + number))["text"]) == 1_000_000
                assert (await other.say("me too", f"m{number}"))["seq"] == 2 * number + 1
                await other.message(2 * number + 2)

            async def gone() -> bool:
                return "grija_widget_sockets 2.0" in server.grija.metrics.page().decode()

            await until(gone)
            await other.send({"type": "ping"})
            await other.expect("pong")


async def test_a_dead_customer_does_not_hold_the_end(
    start_sqlite_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_session, "_CLOSE_SECONDS", 0.2)
    async with start_sqlite_server() as server, raw_socket(server) as one, raw_socket(server) as two:
        for _, writer in (one, two):
            writer.write(raw_frame(b'{"type":"hello","token":null,"last_seq":0}'))
        for reader, _ in (one, two):
            await reader.readuntil(b"}")
        await asyncio.wait_for(server.grija.channels["web"].stop(), 5)


def breaking(error: Exception) -> Any:
    async def broken(*_: object, **__: object) -> None:
        raise error

    return broken


async def test_while_the_store_fails_messages_are_refused_and_may_come_again(
    start_sqlite_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start_sqlite_server() as server, greeted(server) as widget:
        await widget.say("before", "1")
        await widget.message(2)
        with monkeypatch.context() as patch:
            patch.setattr(server.grija.store, "write", breaking(StoreUnavailable(SECRET_PLACE)))
            for number in range(25):
                await widget.send({"type": "message", "client_msg_id": "2", "text": f"try {number}"})
                frame = await widget.expect("error")
                assert (frame["code"], frame["client_msg_id"]) == ("unavailable", "2")
                assert "hunter2" not in json.dumps(frame)
            for frame in ({"type": "seen", "seq": 2}, {"type": "rating", "value": 1}):
                assert await refused(widget, json.dumps(frame)) == "unavailable"
            await widget.send({"type": "typing", "on": True})
            assert await frames_until_pong(widget) == []
            patch.setattr(server.grija.store, "read", breaking(StoreUnavailable(SECRET_PLACE)))
            async with open_widget(server.url) as new:
                await new.send({"type": "hello", "token": None, "last_seq": 0})
                assert await closing(new) == 1013
        assert (await widget.say("after", "2"))["seq"] == 3
        assert (await widget.message(4))["text"] == "echo: after"


async def test_a_message_is_acked_also_if_nothing_can_be_read(
    start_sqlite_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start_sqlite_server() as server, greeted(server) as widget:
        with monkeypatch.context() as patch:
            patch.setattr(server.grija.store, "read", breaking(StoreUnavailable(SECRET_PLACE)))
            await widget.send({"type": "message", "client_msg_id": "1", "text": "hello"})
            assert (await widget.expect("ack"))["seq"] == 1
            assert await closing(widget) == 1013
        async with greeted(server, token=widget.welcome["token"]) as again:
            assert (await again.message(2))["text"] == "echo: hello"


@pytest.mark.parametrize("method", ["read", "write"])
async def test_what_nobody_has_foreseen_ends_the_socket_and_tells_nothing(
    start_sqlite_server: StartServer, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async with start_sqlite_server() as server, greeted(server) as widget, greeted(server) as other:
        with monkeypatch.context() as patch:
            patch.setattr(server.grija.store, method, breaking(RuntimeError(SECRET_PLACE)))
            await widget.send({"type": "message", "client_msg_id": "1", "text": "hello"})
            end = await widget.socket.receive()
            while end.type is aiohttp.WSMsgType.TEXT:
                assert "hunter2" not in end.data
                end = await widget.socket.receive()
            assert (end.type, end.data) == (aiohttp.WSMsgType.CLOSE, 1011)
            assert "hunter2" not in str(end.extra)
        assert (await other.say("hello", "1"))["seq"] == 1
