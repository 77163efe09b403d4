"""Who may deliver: only Slack, only lately, only what Slack has signed. Everything else is refused unread."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import pytest

from bot.store.tables import platform_update
from channels import slack_door
from tests.platforms.slack import SlackDouble
from tests.platforms.slack_deliveries import callback, sign
from tests.platforms.slack_server import ANNA, Desk, OpenDesk

pytest_plugins = ["tests.platforms.slack_fixtures"]


@pytest.fixture
async def guarded(sqlite_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """A desk at which nothing may be understood: only refusals are wanted."""

    def understood(*given: object) -> None:
        raise AssertionError("a delivery was parsed before its signature was found right")

    monkeypatch.setattr(slack_door, "of_body", understood)
    async with sqlite_desk() as desk:
        yield desk
        assert await desk.grija.store.read(lambda tx: tx.execute(platform_update.select()).all()) == []


def body(slack: SlackDouble) -> bytes:
    return json.dumps(callback(slack.write(ANNA, slack.direct(ANNA), "hello"))).encode()


async def refused_with(desk: Desk, content: bytes, headers: dict[str, str], status: int = 401) -> None:
    assert await desk.http.raw(content, headers) == status
    if status == 401:
        assert json.loads(desk.http.answers[-1][1])["error"]["code"] == "signature_invalid"


@pytest.mark.parametrize("missing", ["X-Slack-Signature", "X-Slack-Request-Timestamp", ""])
async def test_a_missing_signature_is_refused(guarded: Desk, missing: str) -> None:
    content = body(guarded.slack)
    headers = {name: value for name, value in sign(content).items() if missing and name != missing}
    await refused_with(guarded, content, headers)


async def test_a_signature_with_another_secret_is_refused(guarded: Desk) -> None:
    content = body(guarded.slack)
    await refused_with(guarded, content, sign(content, secret="another"))


@pytest.mark.parametrize("age", [301, 86_400, -301])
async def test_an_old_or_a_coming_signature_is_refused(guarded: Desk, age: int) -> None:
    content = body(guarded.slack)
    await refused_with(guarded, content, sign(content, at=time.time() - age))


async def test_a_recording_with_a_new_time_is_refused(guarded: Desk) -> None:
    content = body(guarded.slack)
    old = sign(content, at=time.time() - 400)
    await refused_with(guarded, content, {**old, "X-Slack-Request-Timestamp": str(int(time.time()))})


async def test_an_altered_body_is_refused(guarded: Desk) -> None:
    content = body(guarded.slack)
    await refused_with(guarded, content.replace(b"hello", b"hullo"), sign(content))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Slack-Request-Timestamp", "soon"),
        ("X-Slack-Request-Timestamp", "1" * 400),
        ("X-Slack-Request-Timestamp", "-1"),
        ("X-Slack-Signature", "v0=żółć"),
        ("X-Slack-Signature", "v1=" + "0" * 64),
        ("X-Slack-Signature", "v0="),
    ],
)
async def test_strange_headers_are_refused(guarded: Desk, name: str, value: str) -> None:
    content = body(guarded.slack)
    await refused_with(guarded, content, {**sign(content), name: value})


async def test_a_huge_body_is_refused_unread(guarded: Desk) -> None:
    content = b"x" * (slack_door.LARGEST_BODY + 1)
    await refused_with(guarded, content, sign(content), 413)


async def test_a_body_that_is_no_text_needs_a_signature_too(guarded: Desk) -> None:
    await refused_with(guarded, b"\xff\xfe{", sign(b"other"))


async def test_the_same_delivery_again_is_taken_once(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        content = body(desk.slack)
        headers = sign(content)
        assert [await desk.http.raw(content, headers) for _ in range(5)] == [200] * 5
        assert await desk.answered("DANNA", 1) == ["echo: hello"]


async def test_without_a_signing_secret_there_is_no_webhook(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk(slack_signing_secret="", socket_mode=True) as desk:
        content = body(desk.slack)
        assert await desk.http.raw(content, sign(content)) == 404
