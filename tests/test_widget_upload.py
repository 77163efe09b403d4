"""Uploads of the web widget: counted while they come, looked at, then a message like any other."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.attachments import files_of, stored_file
from bot.errors import ClientError
from bot.models import Attachment, Message
from bot.store import addresses, conversations
from channels.web_upload import IDENTITY, MESSAGE, NAME, file_name, parse_head
from tests.conftest import Server, StartServer, until
from tests.samples import PDF, picture
from tests.widget_client import open_widget

SECRET = "s" * 32


async def upload(
    url: str, content: Any, *, token: str = "", message: str = "u1", name: str = "a.pdf", **headers: str
) -> tuple[int, dict[str, Any]]:
    given = {"Authorization": f"Bearer {token}", MESSAGE: message, NAME: quote(name), **headers}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/widget/upload", data=content, headers=given) as response,
    ):
        return response.status, await response.json()


async def visitor(url: str) -> str:
    async with open_widget(url) as widget:
        return str((await widget.hello())["token"])


async def history(server: Server, token: str) -> list[Message]:
    who = server.grija.hub._channels["web"]._door.context.tokens.read(token)  # type: ignore[attr-defined]
    found = await server.grija.store.read(addresses.find, "web", "demo", who)
    if found is None:
        return []
    return await server.grija.store.read(conversations.messages_after, found.customer_id, 0)


async def settled(server: Server, token: str) -> Attachment:
    """The first attachment of the visitor, once it is decided what becomes of it."""

    async def decided() -> bool:
        said = await history(server, token)
        return bool(said) and said[0].attachments[0].state != "waiting"

    await until(decided)
    return (await history(server, token))[0].attachments[0]


async def test_an_upload_is_shown_kept_and_answered(start_server: StartServer) -> None:
    async with start_server() as server, open_widget(server.url) as widget:
        token = (await widget.hello())["token"]
        status, ack = await upload(server.url, PDF, token=token, name="фактура 10024.pdf")
        assert (status, ack["client_msg_id"], ack["seq"]) == (200, "u1", 1)
        shown = await widget.message(1)
        assert shown["id"] == ack["id"]
        assert shown["text"] == ""
        assert shown["attachments"] == [{"kind": "document", "name": "фактура 10024.pdf", "size": len(PDF)}]
        assert (await widget.message(2))["text"] == "echo: document"
        kept = await settled(server, token)
        assert stored_file(server.grija.settings, kept).read_bytes() == PDF
        # The hash and the way to the bytes are not the visitor's business.
        assert kept.sha256 not in json.dumps(shown)


async def test_the_same_upload_again_is_the_same_message(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server:
        token = await visitor(server.url)
        first = await upload(server.url, PDF, token=token)
        assert await upload(server.url, PDF, token=token) == first
        await settled(server, token)
        assert [message.text for message in await history(server, token)][:1] == [""]
        assert len([one for one in await history(server, token) if one.attachments]) == 1


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (bytes(1024 * 1024 + 1), 413, "file_too_large"),
        (b"", 400, "file_empty"),
        (b"<svg onload='x()'>", 415, "file_type_refused"),
        (b"MZ", 415, "file_type_refused"),
    ],
    ids=["large", "empty", "svg", "program"],
)
async def test_what_cannot_be_taken_is_refused_at_once_and_leaves_nothing(
    start_sqlite_server: StartServer, content: bytes, status: int, code: str
) -> None:
    async with start_sqlite_server(file_megabytes=1) as server:
        token = await visitor(server.url)
        answered, body = await upload(server.url, io.BytesIO(content), token=token, name="photo.jpg")
        assert (answered, body["error"]["code"]) == (status, code)
        assert await history(server, token) == []
        assert left_over(server) == []


async def test_bytes_are_counted_and_not_believed(start_sqlite_server: StartServer) -> None:
    """Sent in pieces without a length: cut off at the limit, long before its end."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 200 * 1024 * 1024:
            sent += 64 * 1024
            yield b"%PDF-" + bytes(64 * 1024 - 5)

    async with start_sqlite_server(file_megabytes=1) as server:
        token = await visitor(server.url)
        try:
            status, body = await upload(server.url, endless(), token=token)
            assert (status, body["error"]["code"]) == (413, "file_too_large")
        except aiohttp.ClientError:
            pass  # cut off while sending: also a refusal
        assert sent < 200 * 1024 * 1024
        assert await history(server, token) == []
        assert left_over(server) == []


@pytest.mark.parametrize("token", ["", "nonsense", "v1.abc.9999999999.forged"])
async def test_only_visitors_may_upload(start_sqlite_server: StartServer, token: str) -> None:
    async with start_sqlite_server() as server:
        status, body = await upload(server.url, PDF, token=token)
        assert (status, body["error"]["code"]) == (401, "token_invalid")
        assert left_over(server) == []


async def test_the_token_of_a_signed_customer_alone_uploads_nothing(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(identity_secret=SECRET) as server:
        who = signed("emma")
        async with open_widget(server.url) as widget:
            token = (await widget.hello(identity=who))["token"]
        assert (await upload(server.url, PDF, token=token))[0] == 401
        proof = {IDENTITY: quote(json.dumps(who))}
        assert (await upload(server.url, PDF, token=token, **proof))[0] == 200
        forged = {IDENTITY: quote(json.dumps({**who, "user_id": "john"}))}
        status, body = await upload(server.url, PDF, token=token, message="u2", **forged)
        assert (status, body["error"]["code"]) == (401, "identity_invalid")


def signed(user_id: str) -> dict[str, Any]:
    expires = int(time.time()) + 600
    signature = hmac.new(SECRET.encode(), f"{user_id}|demo|{expires}".encode(), hashlib.sha256).hexdigest()
    return {"user_id": user_id, "exp": expires, "hmac": signature, "name": "Έμμα"}


async def test_too_many_uploads_are_told_when_to_come_again(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(uploads_per_hour=2) as server:
        token = await visitor(server.url)
        for number in range(2):
            assert (await upload(server.url, PDF, token=token, message=f"u{number}"))[0] == 200
        status, body = await upload(server.url, PDF, token=token, message="u3")
        assert (status, body["error"]["code"]) == (429, "rate_limited")
        assert body["error"]["retry_after"] > 0


async def test_only_pages_of_the_allow_list_may_upload(start_sqlite_server: StartServer) -> None:
    shop = "https://shop.example"
    async with start_sqlite_server(allowed_origins=(shop,)) as server:
        token = await visitor(server.url)
        async with aiohttp.ClientSession() as session:
            for origin, status in ((shop, 204), ("https://evil.example", 403)):
                headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
                async with session.options(f"{server.url}/widget/upload", headers=headers) as response:
                    assert response.status == status
                    assert response.headers.get("Access-Control-Allow-Origin") == (
                        origin if status == 204 else None
                    )
            headers = {"Authorization": f"Bearer {token}", MESSAGE: "u1", "Origin": shop}
            # An error must be readable by the page too.
            for content, status in ((PDF, 200), (b"MZ", 415)):
                async with session.post(
                    f"{server.url}/widget/upload", data=content, headers=headers
                ) as response:
                    assert response.status == status
                    assert response.headers["Access-Control-Allow-Origin"] == shop
        assert (await upload(server.url, PDF, token=token, Origin="https://evil.example"))[0] == 403


async def test_an_infected_upload_is_said_in_the_conversation(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(antivirus_command="false") as server, open_widget(server.url) as widget:
        token = (await widget.hello())["token"]
        assert (await upload(server.url, PDF, token=token))[0] == 200
        assert (await settled(server, token)).state == "infected"
        texts = {(await widget.message(seq))["text"].split()[0] for seq in (2, 3)}
        assert texts == {"echo:", "utter_attachment_infected"}


async def test_a_picture_is_a_photo_and_gets_a_preview(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server:
        token = await visitor(server.url)
        await upload(server.url, picture("PNG"), token=token, name="../../x/\\a\n.png")
        kept = await settled(server, token)
        assert (kept.kind, kept.name, kept.mime) == ("photo", "a .png", "image/png")
        assert stored_file(server.grija.settings, kept, small=True).is_file()


async def test_many_uploads_at_once_are_each_one_message(start_server: StartServer) -> None:
    async with start_server() as server:
        token = await visitor(server.url)
        sent = [upload(server.url, PDF + bytes([n]), token=token, message=f"u{n % 4}") for n in range(6)]
        answers = await asyncio.gather(*sent)
        assert {status for status, _ in answers} == {200}
        assert len({ack["id"] for _, ack in answers}) == 4
        assert len([one for one in await history(server, token) if one.attachments]) == 4


@given(st.dictionaries(st.sampled_from([MESSAGE, NAME, IDENTITY, "Authorization"]), st.text(max_size=50)))
def test_any_headers_are_an_upload_or_refused(headers: dict[str, str]) -> None:
    with suppress(ClientError):
        parse_head({"Authorization": "Bearer token", MESSAGE: "u1", **headers})


@given(st.text())
def test_any_name_is_a_bare_name(name: str) -> None:
    bare = file_name(name)
    assert "/" not in bare
    assert "\n" not in bare
    assert len(bare) <= 200


def left_over(server: Server) -> list[str]:
    folder = files_of(server.grija.settings).incoming("0" * 32).parent
    return [path.name for path in folder.iterdir()] if folder.exists() else []
