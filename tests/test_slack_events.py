"""What Slack's payloads mean: every kind of event of docs/channels/slack.md, and anything else without harm."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.models import Deleted, Edited, Event, Inbound, IncomingFile
from channels.slack_deliveries import Malformed, of_body, of_envelope, of_payload
from channels.slack_events import Overheard, decode
from channels.slack_markup import escaped
from tests.platforms.slack_deliveries import callback, command

ANNA = "U1"


def message(text: str = "hello", *, channel: str = "D1", ts: str = "100.1", **more: Any) -> dict[str, Any]:
    kind = "im" if channel.startswith("D") else "channel"
    return {
        "type": "message",
        "channel": channel,
        "user": ANNA,
        "text": text,
        "ts": ts,
        "channel_type": kind,
        **more,
    }


def heard(event: dict[str, Any], **envelope: Any) -> list[Event]:
    return list(decode(json.dumps(callback(event, **envelope))))


def said(event: dict[str, Any]) -> Inbound:
    (found,) = heard(event)
    assert isinstance(found, Inbound)
    return found


def test_a_direct_message() -> None:
    found = said(message("Where is 10005?"))
    assert (found.channel, found.account, found.event_id) == ("slack", "T1", "D1:100.1")
    assert (found.sender, found.text, found.place, found.verified) == (ANNA, "Where is 10005?", "D1", False)


def test_a_thread_of_a_direct_message_keeps_its_place() -> None:
    assert said(message(thread_ts="99.9")).place == "D1/99.9"


def test_a_mention_in_a_channel_is_answered_in_its_thread() -> None:
    found = said(
        {"type": "app_mention", "channel": "C1", "user": ANNA, "text": "<@UBOT> hello", "ts": "100.1"}
    )
    assert (found.event_id, found.text, found.place) == ("C1:100.1", "hello", "C1/100.1")


def test_message_and_app_mention_of_one_post_are_one_event() -> None:
    posted = message("<@UBOT> hello", channel="C1")
    first, second = said(posted), said({**posted, "type": "app_mention"})
    assert first.event_id == second.event_id
    assert type(first) is type(second) is Inbound


def test_a_mention_in_a_thread_is_answered_in_that_thread() -> None:
    assert said(message("<@UBOT> and now?", channel="C1", thread_ts="99.9")).place == "C1/99.9"


def test_a_word_in_a_thread_is_overheard() -> None:
    assert isinstance(said(message("10005", channel="C1", thread_ts="99.9")), Overheard)


@pytest.mark.parametrize(
    "event",
    [
        message("hello all", channel="C1"),
        message("<@U2> look", channel="C1", thread_ts="99.9"),
        message("hello all", channel="G1", channel_type="mpim"),
    ],
)
def test_what_people_say_to_each_other_is_not_for_us(event: dict[str, Any]) -> None:
    assert heard(event) == []


def test_called_by_name_and_nothing_more() -> None:
    found = said(message("<@UBOT> ", channel="C1"))
    assert (found.text, found.payload) == ("@Grija", "/greet")
    assert heard(message("")) == []


@pytest.mark.parametrize(
    "more",
    [{"bot_id": "B1"}, {"user": "UBOT"}, {"user": "USLACKBOT"}, {"subtype": "bot_message"}, {"user": None}],
)
def test_bots_are_not_answered_ourselves_least_of_all(more: dict[str, Any]) -> None:
    assert heard({**message(), **more}) == []


@pytest.mark.parametrize(
    "subtype", ["channel_join", "channel_topic", "pinned_item", "reminder_add", "huddle_thread"]
)
def test_news_about_a_channel_is_let_go(subtype: str) -> None:
    assert heard(message(subtype=subtype)) == []


@pytest.mark.parametrize(
    "kind", ["reaction_added", "app_home_opened", "member_joined_channel", "tokens_revoked", "new"]
)
def test_other_events_are_let_go(kind: str) -> None:
    assert heard({"type": kind, "user": ANNA}) == []


@pytest.mark.parametrize(
    "kind", ["view_submission", "shortcut", "message_action", "app_rate_limited", "x", None]
)
def test_other_payloads_are_let_go(kind: str | None) -> None:
    assert list(decode(json.dumps({"type": kind}))) == []


def change(before: str, after: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": "D1",
        "ts": "101.0",
        "channel_type": "im",
        "message": {
            "user": ANNA,
            "text": after,
            "ts": "100.1",
            "edited": {"user": ANNA, "ts": "101.0"},
            **more,
        },
        "previous_message": {"user": ANNA, "text": before, "ts": "100.1"},
    }


def test_an_edit() -> None:
    (found,) = heard(change("helo", "hello &amp; more"))
    assert found == Edited(
        "slack",
        "T1",
        "edit:D1:100.1:101.0",
        "D1:100.1",
        "hello & more",
        datetime.fromtimestamp(101, timezone.utc),
    )
    assert isinstance(found, Edited)
    assert found.of_event_id == said(message()).event_id


def test_an_unfolded_link_is_no_edit() -> None:
    assert heard(change("same", "same")) == []


def test_edits_by_bots_are_let_go() -> None:
    assert heard(change("a", "b", bot_id="B1")) == []


def test_a_deletion() -> None:
    gone = {
        "type": "message",
        "subtype": "message_deleted",
        "channel": "D1",
        "deleted_ts": "100.1",
        "ts": "102.0",
    }
    assert heard(gone) == [Deleted("slack", "T1", "delete:D1:100.1", "D1:100.1")]
    assert heard({**gone, "previous_message": {"user": "UBOT", "bot_id": "B1"}}) == []


def test_a_deleted_beginning_of_a_thread_is_a_deletion() -> None:
    assert heard(change("a", "This message was deleted.", subtype="tombstone")) == [
        Deleted("slack", "T1", "delete:D1:100.1", "D1:100.1")
    ]


def test_files_come_with_their_workspace() -> None:
    files = [
        {"id": "F1", "name": "box.png", "mimetype": "image/png", "size": 7},
        {"id": "F2", "name": "<b>.pdf", "mimetype": "application/pdf", "size": 9},
        {"id": "F3", "name": "voice.m4a", "mimetype": "audio/mp4", "subtype": "slack_audio"},
        {"id": "F4", "mode": "tombstone"},
    ]
    found = said(message("", subtype="file_share", files=files))
    assert found.text == ""
    assert found.attachments == (
        IncomingFile("photo", "T1/F1", "box.png", "image/png", 7),
        IncomingFile("document", "T1/F2", "<b>.pdf", "application/pdf", 9),
        IncomingFile("voice", "T1/F3", "voice.m4a", "audio/mp4"),
    )


def pressed(**container: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "team": {"id": "T9"},
        "user": {"id": ANNA, "name": "anna"},
        "container": {"type": "message", "channel_id": "D1", "message_ts": "100.1", **container},
        "actions": [
            {"action_id": "grija:b1", "block_id": "grija:T1:m1", "value": "b1", "action_ts": "103.0"},
            {"action_id": "other", "block_id": "x", "value": "no", "action_ts": "103.0"},
        ],
    }


def test_a_press() -> None:
    (found,) = decode(json.dumps(pressed()))
    assert isinstance(found, Inbound)
    assert (found.button_id, found.sender, found.event_id) == ("b1", ANNA, "press:103.0:U1:b1")
    assert found.account == "T1", "the workspace of the app, not that of the presser"
    assert found.place == "D1"


def test_a_press_is_answered_where_the_buttons_are() -> None:
    (in_thread,) = decode(json.dumps(pressed(channel_id="C1", thread_ts="99.9")))
    (in_channel,) = decode(json.dumps(pressed(channel_id="C1")))
    (at_home,) = decode(json.dumps(pressed(channel_id=None)))
    assert isinstance(in_thread, Inbound)
    assert isinstance(in_channel, Inbound)
    assert isinstance(at_home, Inbound)
    assert (in_thread.place, in_channel.place, at_home.place) == ("C1/99.9", "C1/100.1", "")


def test_a_command() -> None:
    body = urlencode(command(ANNA, "where is &lt;10005&gt;")).encode()
    delivery = of_body(body, "application/x-www-form-urlencoded")
    (found,) = decode(delivery.update.raw)
    assert isinstance(found, Inbound)
    assert (found.text, found.sender, found.place) == ("where is <10005>", ANNA, "")
    assert found.event_id == delivery.update.event_id
    enveloped = of_envelope({"type": "slash_commands", "payload": json.loads(delivery.update.raw)})
    assert enveloped.update.event_id == delivery.update.event_id


def test_a_command_without_words_is_no_message() -> None:
    delivery = of_payload({"type": "slash_command", **command(ANNA, " ")})
    assert list(decode(delivery.update.raw)) == []


def test_http_and_socket_mode_give_one_id_to_one_event() -> None:
    payload = callback(message())
    by_http = of_body(json.dumps(payload).encode(), "application/json")
    by_socket = of_envelope({"type": "events_api", "envelope_id": "1", "payload": payload})
    assert by_http == by_socket
    assert by_http.update.event_id == payload["event_id"]
    assert "old-verification-token" not in by_http.update.raw


def test_shared_channels_belong_to_the_workspace_of_the_app() -> None:
    payload = callback(message(), team="T1")
    payload["team_id"] = "T9"
    assert of_payload(payload).account == "T1"


def test_an_organisation_wide_installation_is_the_organisations() -> None:
    payload = callback(message())
    payload["authorizations"][0] |= {"is_enterprise_install": True, "enterprise_id": "E1"}
    assert of_payload(payload).account == "E1"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'"text"', b"1" * 5000])
def test_a_broken_body_is_kept_under_its_digest_and_fails_alone(body: bytes) -> None:
    delivery = of_body(body, "application/json")
    assert delivery == of_body(body, "application/json")
    assert (delivery.account, delivery.update.event_id[:5]) == ("", "body:")
    with pytest.raises((ValueError, RecursionError)):
        decode(delivery.update.raw)


@pytest.mark.parametrize(
    "event",
    [
        {**message(), "ts": None},
        {**message(), "channel": None},
        {"type": "app_mention", "user": ANNA, "text": "x"},
    ],
)
def test_an_event_without_its_fields_is_malformed(event: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        heard(event)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
KEYS = ["type", "event", "event_id", "actions", "team", "user", "authorizations", "payload", "enterprise"]


@examples(deadline=None)
@given(
    st.dictionaries(st.sampled_from(KEYS), json_values),
    st.sampled_from(["event_callback", "block_actions", None]),
)
def test_any_object_is_kept(payload: dict[str, Any], kind: str | None) -> None:
    delivery = of_body(
        json.dumps({**payload, "type": kind or payload.get("type")}).encode(), "application/json"
    )
    assert delivery.update.event_id
    assert isinstance(delivery.account, str)


@examples(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_taken_as_text(text: str) -> None:
    found = heard(message(text))
    assert all(isinstance(event, Inbound) and "\x00" not in event.text for event in found)


@pytest.mark.parametrize(
    "text", ["/restart", '/intent{"a": "b"}', "EXTERNAL: x", "<script>alert(1)</script>", "{0}%s"]
)
def test_text_stays_text(text: str) -> None:
    assert said(message(escaped(text))).text == text
