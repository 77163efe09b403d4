"""The Slack of the tests is one to Slack's own client: it takes what is right and refuses what Slack refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.platforms.slack import (
    APP_TOKEN,
    BOT_TOKEN,
    CUT_AFTER_ACCEPTANCE,
    RATE_LIMITED,
    SIGNING_SECRET,
    SlackDouble,
    open_slack,
)
from tests.platforms.slack_checks import Refused, pings, shown
from tests.platforms.slack_deliveries import sign


@pytest.fixture
async def slack() -> AsyncIterator[SlackDouble]:
    async with open_slack() as double:
        double.add_place("C1")
        yield double


def client_of(slack: SlackDouble, **more: Any) -> AsyncWebClient:
    return AsyncWebClient(BOT_TOKEN, base_url=f"{slack.url}/api/", retry_handlers=[], **more)


async def test_slacks_own_client_posts_and_reads(slack: SlackDouble) -> None:
    client = client_of(slack)
    posted = await client.chat_postMessage(
        channel="C1", text="a &lt;b&gt;", metadata={"event_type": "grija", "event_payload": {"id": "1"}}
    )
    history = await client.conversations_history(channel="C1", include_all_metadata=True)
    assert [said["ts"] for said in history["messages"]] == [posted["ts"]]
    assert history["messages"][0]["metadata"]["event_payload"] == {"id": "1"}
    plain = await client.conversations_history(channel="C1")
    assert "metadata" not in plain["messages"][0]
    assert slack.texts("C1") == ["a <b>"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"channel": "C9", "text": "a"}, "channel_not_found"),
    ({"channel": "C1", "text": "x" * 4001}, "msg_too_long"),
    ({"channel": "C1", "text": "a <b> c"}, "invalid_arguments"),
    ({"channel": "C1", "text": "a & c"}, "invalid_arguments"),
    ({"channel": "C1", "text": "a", "thread_ts": "1.0"}, "thread_not_found"),
    ({"channel": "C1", "text": "a", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ({"channel": "C1", "text": "a", "blocks": [{"type": "section"}]}, "invalid_blocks"),
    ({"channel": "C1", "text": "a", "blocks": [{"type": "actions", "elements": []}]}, "invalid_blocks"),
    ({"channel": "C1", "text": "a", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    ({"channel": "C1", "text": "a", "blocks": [{"type": "divider", "block_id": "a"}] * 2}, "invalid_blocks"),
]


@pytest.mark.parametrize(("arguments", "error"), WRONG)
async def test_what_slack_refuses_is_refused(
    slack: SlackDouble, arguments: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client_of(slack).chat_postMessage(**arguments)
    assert caught.value.response["error"] == error
    assert slack.posts == []


async def test_faults_come_in_turn(slack: SlackDouble) -> None:
    slack.faults["chat.postMessage"] = [RATE_LIMITED, CUT_AFTER_ACCEPTANCE]
    client = client_of(slack, timeout=1)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C1", text="a")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    assert slack.posts == []
    with pytest.raises(asyncio.TimeoutError):
        await client.chat_postMessage(channel="C1", text="b")
    assert slack.texts("C1") == ["b"], "accepted, and then no answer"


async def test_too_fast_is_refused_when_the_double_counts(slack: SlackDouble) -> None:
    slack.per_second = 1
    client = client_of(slack)
    await client.chat_postMessage(channel="C1", text="a")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C1", text="b")
    assert slack.texts("C1") == ["a"]


async def test_socket_mode_speaks_to_slacks_own_client(slack: SlackDouble) -> None:
    client = SocketModeClient(APP_TOKEN, web_client=client_of(slack))
    seen: list[str] = []

    async def listen(mode: Any, request: Any) -> None:
        seen.append(request.payload["text"])
        # The first delivery is left without an answer: it comes again.
        if len(seen) > 1:
            await mode.send_socket_mode_response(SocketModeResponse(request.envelope_id, {"text": "yes"}))

    client.socket_mode_request_listeners.append(listen)
    await client.connect()  # type: ignore[no-untyped-call]
    answer = await slack.sockets.deliver("slash_commands", {"text": "hello"}, patience=0.2)
    await client.close()  # type: ignore[no-untyped-call]
    assert seen == ["hello", "hello"]
    assert answer == {"text": "yes"}
    await slack.sockets.gone()


async def test_an_address_of_socket_mode_works_once(slack: SlackDouble) -> None:
    url = slack.sockets.invite(APP_TOKEN, slack.url)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


def test_the_double_signs_as_slack_does() -> None:
    verifier = SignatureVerifier(SIGNING_SECRET)
    assert verifier.is_valid_request(b'{"a": "\xc3\xa9"}', sign(b'{"a": "\xc3\xa9"}'))
    assert not verifier.is_valid_request(b"other", sign(b"one"))


def test_texts_are_shown_as_people_see_them() -> None:
    assert shown("&lt;!channel&gt; &amp;amp; <https://x.example/a?b=1&amp;c=2>") == (
        "<!channel> &amp; https://x.example/a?b=1&c=2"
    )
    assert pings("<!channel> <@U1> <https://x.example>") == ["!channel", "@U1"]
    with pytest.raises(Refused):
        shown("<script>")
