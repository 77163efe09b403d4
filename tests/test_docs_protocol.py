"""docs/protocol.md says what the widget's socket does: frames, codes, limits, and examples that work."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import WSCloseCode

from bot import errors, text, tokens
from bot.models import Attachment, Author, AuthorKind, Button, Message, now
from bot.store.places import Shown
from channels import web_session, widget_frames
from channels.web import _HEARTBEAT
from tests import pages
from tests.pages import same
from tests.test_widget_unit import node

PROTOCOL = "docs/protocol.md"
FROM_CLIENT, FROM_SERVER = "From the client", "From the server"


def test_every_client_error_is_in_the_protocol() -> None:
    kinds = pages.documented_errors(errors.ClientError)
    real = [kind.code for kind in kinds if not issubclass(kind, errors.ApiError)]
    same(pages.first_codes(pages.section(PROTOCOL, "Error codes")), real, PROTOCOL, "error codes")


class Recorder(dict[str, Any]):
    """A frame's body that notes which fields a parser reads."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body)
        self.read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        value = super().get(key, default)
        if isinstance(value, dict):
            value = self[key] = value if isinstance(value, Recorder) else Recorder(value)
        return value


def _rendered() -> dict[str, dict[str, Any]]:
    files = (Attachment("a", "photo", "box.jpg", size=81234),)
    buttons = (Button("b", "Yes", "/affirm"),)
    said = Message("m", "c", 1, Author(AuthorKind.BOT), "hi", now(), buttons, attachments=files)
    limited = errors.RateLimited("too many", retry_after=1)
    frames = [
        widget_frames.welcome(token="t", seq=0, status="bot", language="en"),
        widget_frames.ack(client_msg_id="1", message_id="m", seq=1),
        widget_frames.message(said),
        widget_frames.status("queued", Shown(position=1, wait_low_s=0, wait_high_s=120)),
        widget_frames.typing(Author(AuthorKind.BOT, "Grija"), on=True),
        widget_frames.error(limited, client_msg_id="1"),
        widget_frames.pong(),
    ]
    return {frame["type"]: frame for frame in frames}


def test_every_frame_has_its_section() -> None:
    client = pages.headings(pages.section(PROTOCOL, FROM_CLIENT), 3)
    same(client, widget_frames._PARSERS, PROTOCOL, "frames from the client")
    source = pages.read("channels/widget_frames.py")
    server = pages.headings(pages.section(PROTOCOL, FROM_SERVER), 3)
    same(server, re.findall(r'"type": "(\w+)"', source), PROTOCOL, "frames from the server")
    assert widget_frames.PROTOCOL in pages.read(PROTOCOL)


@pytest.mark.parametrize("kind", widget_frames._PARSERS)
def test_frames_from_the_client_are_read_as_documented(kind: str) -> None:
    section = pages.section(PROTOCOL, FROM_CLIENT, kind)
    body = json.loads(pages.block(section, "json"))
    assert body["type"] == kind
    recorder = Recorder(body)
    where = f"{PROTOCOL}, ### {kind}"
    try:
        widget_frames._PARSERS[kind](recorder)
    except errors.ClientError as refused:
        pytest.fail(f"{where}: the server refuses the example: {refused}")
    same(pages.first_codes(section), recorder.read, where, "fields")
    same(set(body) - {"type"}, recorder.read, where, "fields of the example")
    if kind == "hello":
        identity = pages.table(pages.section(PROTOCOL, "Identity"))
        read = recorder["identity"].read
        same([code for row in identity for code in pages.codes(row[0])], read, PROTOCOL, "identity fields")


@pytest.mark.parametrize("kind", _rendered())
def test_frames_from_the_server_are_sent_as_documented(kind: str) -> None:
    section = pages.section(PROTOCOL, FROM_SERVER, kind)
    frame = _rendered()[kind]
    where = f"{PROTOCOL}, ### {kind} from the server"
    same(_paths(json.loads(pages.block(section, "json"))), _paths(frame), where, "fields of the example")
    same(pages.first_codes(section), set(frame) - {"type"}, where, "fields")


def _paths(value: Any, name: str = "") -> set[str]:
    if isinstance(value, dict):
        return {path for key, inner in value.items() for path in _paths(inner, f"{name}.{key}")}
    if isinstance(value, list):
        return {path for inner in value for path in _paths(inner, f"{name}[]")}
    return {name}


def test_close_codes_and_limits_are_the_real_ones() -> None:
    sources = pages.read("channels/web.py") + pages.read("channels/web_session.py")
    used = {str(WSCloseCode[name].value) for name in re.findall(r"WSCloseCode\.([A-Z_]+)", sources)}
    used |= set(re.findall(r"\bcode=(\d{4})\b", sources))
    of_aiohttp = {"1000", "1007", "1009"}
    written = [row[0] for row in pages.table(pages.section(PROTOCOL, "Close codes"))]
    same(written, used | of_aiohttp, PROTOCOL, "close codes")
    limits = {
        "longest frame, bytes": widget_frames.MAXIMUM_FRAME,
        "longest text, characters": text.MAXIMUM_LENGTH,
        "seconds until `hello`": web_session._HELLO_SECONDS,
        "refused frames until the socket is closed": web_session._BAD_FRAMES,
        "frames in a second on one socket": web_session._FRAMES_PER_SECOND,
        "seconds a client may take to read a frame": web_session._SEND_SECONDS,
        "seconds between the server's WebSocket pings": _HEARTBEAT,
    }
    real = {(what, f"{value:g}") for what, value in limits.items()}
    rows = {(row[0], row[1]) for row in pages.table(pages.section(PROTOCOL, "Limits"))}
    same(rows, real, PROTOCOL, "limits")


def test_the_identity_examples_are_believed() -> None:
    section = pages.section(PROTOCOL, "Identity")
    arguments = ("k" * 32, "demo", "4711")
    namespace: dict[str, Callable[..., dict[str, Any]]] = {}
    exec(pages.block(section, "python"), namespace)
    script = (
        pages.block(section, "javascript")
        + f"console.log(JSON.stringify(identity(...{json.dumps(arguments)})))"
    )
    done = subprocess.run([node(), "-e", script], capture_output=True, text=True, check=True, timeout=60)
    for language, identity in (
        ("Python", namespace["identity"](*arguments)),
        ("JavaScript", json.loads(done.stdout)),
    ):
        try:
            _check_identity(identity, *arguments)
        except errors.IdentityInvalid as refused:
            pytest.fail(
                f"{PROTOCOL}, Identity: the server refuses what the {language} example makes: {refused}"
            )


def _check_identity(identity: dict[str, Any], secret: str, site: str, user_id: str) -> None:
    assert identity["user_id"] == user_id
    tokens.check_identity(
        secret, site=site, user_id=user_id, expires=identity["exp"], signature=identity["hmac"]
    )
