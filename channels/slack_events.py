"""What Slack delivers, understood: payloads of the Events API, presses, commands. Pure; no input or output.

Ids come from Slack alone, so the same delivery always means the same: a message is `channel:ts`, which is also what
its `message` event, its `app_mention` event, its edit and its deletion have in common.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl

from bot.models import Deleted, Edited, Event, Inbound, IncomingFile, RawUpdate
from bot.text import fitted
from channels.slack_markup import mentions, plain

NAME = "slack"

ACTION_PREFIX = "grija:"
"""How the action_id of our buttons begins; their block_id is this, the account, a colon, and the message's id."""

COMMAND = "slash_command"
"""The `type` that we give to a slash command: its fields have none of their own."""

# What people write. Every other subtype is news about the channel.
_SUBTYPES = (None, "file_share", "thread_broadcast", "me_message")
_MOST_FIELDS = 100
_LONGEST_ID = 300
_UNAVAILABLE_FILES = ("tombstone", "hidden_by_limit")

Payload = Mapping[str, Any]


class Malformed(ValueError):
    """Slack's payload lacks what its documentation promises."""


@dataclass(frozen=True)
class Overheard(Inbound):
    """Said in a thread of a channel without calling us: for us only if this customer has asked us there before."""


@dataclass(frozen=True)
class Delivery:
    """What came, before anybody understands it: for which workspace, under which id, and the text to keep.

    `payload` is empty if the text is not even JSON; then decoding will fail, alone.
    """

    account: str
    update: RawUpdate
    payload: Payload


def of_body(body: bytes, content_type: str) -> Delivery:
    """A delivery from the body of a request: JSON, or a form (a press in its `payload`, or a command)."""
    try:
        payload = _form(body) if content_type == "application/x-www-form-urlencoded" else json.loads(body)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        return Delivery("", RawUpdate(_digest(body), body.decode("utf-8", errors="replace")), {})
    return of_payload(payload)


def of_payload(payload: dict[str, Any]) -> Delivery:
    """A delivery from its payload. Slack's old verification token is left out: nobody needs to keep it."""
    kept = {key: value for key, value in payload.items() if key != "token"}
    raw = json.dumps(kept, ensure_ascii=False)
    return Delivery(_account(kept), RawUpdate(_event_id(kept, raw), raw), kept)


def of_envelope(envelope: Payload) -> Delivery:
    """A delivery from an envelope of Socket Mode. Malformed if it carries no payload."""
    payload = envelope.get("payload")
    if not isinstance(payload, dict):
        raise Malformed("an envelope without a payload")
    if envelope.get("type") == "slash_commands":
        payload = {"type": COMMAND, **payload}
    return of_payload(payload)


def decode(raw: str) -> Sequence[Event]:
    """What a kept payload means to us; nothing for what is of no interest. Malformed, or another error, if broken."""
    payload = json.loads(raw)
    if not isinstance(payload, dict):
        raise Malformed("the payload is no object")
    kind = payload.get("type")
    if kind == "event_callback":
        return _callback(payload, raw)
    if kind == "block_actions":
        return _presses(payload, raw)
    if kind == COMMAND:
        return _command(payload, raw)
    return ()


def place_of(channel: str, thread_ts: str | None) -> str:
    """Where an answer belongs: a channel, or a thread of it."""
    return f"{channel}/{thread_ts}" if thread_ts else channel


def is_direct(channel: str) -> bool:
    """Whether a channel, or a place in it, is the direct message with one person."""
    return channel.startswith("D")


def _form(body: bytes) -> Any:
    fields = dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    return json.loads(fields["payload"]) if "payload" in fields else {"type": COMMAND, **fields}


def _digest(body: bytes) -> str:
    return "body:" + hashlib.sha256(body).hexdigest()


def _event_id(payload: Payload, raw: str) -> str:
    kind = payload.get("type")
    if kind == "event_callback" and _is_id(payload.get("event_id")):
        return str(payload["event_id"])
    # A command has no id but that of its trigger. What else there is, is told by its words.
    if kind == COMMAND and _is_id(payload.get("trigger_id")):
        return f"command:{payload['trigger_id']}"
    return _digest(raw.encode("utf-8", errors="replace"))


def _account(payload: Payload) -> str:
    """The workspace in which the app is installed: not always that of the customer (Slack Connect)."""
    marked = _marked_account(payload)
    if marked:
        return marked
    given = payload.get("authorizations")
    installed = _object(given[0]) if isinstance(given, list) and given else payload
    enterprise_id = installed.get("enterprise_id") or _object(payload.get("enterprise")).get("id")
    if str(installed.get("is_enterprise_install")).lower() == "true" and enterprise_id:
        return str(enterprise_id)
    team_id = installed.get("team_id") or payload.get("team_id") or _object(payload.get("team")).get("id")
    return str(team_id or "")


def _object(value: object) -> Payload:
    return value if isinstance(value, Mapping) else {}


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID


def _marked_account(payload: Payload) -> str:
    # A press comes with the presser's workspace; ours is written into the block.
    actions = payload.get("actions")
    for action in actions if isinstance(actions, list) else ():
        block = action.get("block_id") if isinstance(action, dict) else None
        if isinstance(block, str) and block.startswith(ACTION_PREFIX) and block.count(":") == 2:
            return block.split(":")[1]
    return ""


def _callback(payload: Payload, raw: str) -> Sequence[Event]:
    event = _mapping(payload, "event")
    kind = event.get("type")
    if kind == "app_mention":
        return _said(payload, event, raw)
    if kind != "message":
        return ()
    subtype = event.get("subtype")
    if subtype == "message_changed":
        return _changed(payload, event)
    if subtype == "message_deleted":
        return _deleted(payload, event)
    return _said(payload, event, raw) if subtype in _SUBTYPES else ()


def _said(payload: Payload, event: Payload, raw: str) -> Sequence[Event]:
    if not _is_person(payload, event):
        return ()
    channel, ts, bot = _text(event, "channel"), _text(event, "ts"), _own_user(payload)
    written = event.get("text") or ""
    called = event.get("type") == "app_mention" or bot in mentions(written)
    direct = _is_direct(event, channel)
    thread = event.get("thread_ts")
    if not (direct or called) and (thread is None or _speaks_to_another(written)):
        return ()
    kind = Inbound if direct or called else Overheard
    files = _files(_account(payload), event.get("files") or ())
    text = fitted(plain(written, bot))
    meant = None
    if not text and not files:
        if not called:
            return ()
        # Called by name, and nothing more: a greeting.
        text, meant = "@Grija", "/greet"
    return [
        kind(
            channel=NAME,
            account=_account(payload),
            event_id=f"{channel}:{ts}",
            sender=_text(event, "user"),
            text=text,
            payload=meant,
            raw=raw,
            place=place_of(channel, thread if direct else thread or ts),
            attachments=files,
        )
    ]


def _changed(payload: Payload, event: Payload) -> Sequence[Event]:
    said, before = _mapping(event, "message"), event.get("previous_message") or {}
    if not _is_person(payload, said):
        return ()
    channel, ts = _text(event, "channel"), _text(said, "ts")
    if said.get("subtype") == "tombstone":
        return [_taken_back(payload, channel, ts)]
    if said.get("text") == before.get("text"):
        # Slack has unfolded a link, or counted an answer: nobody has written anything.
        return ()
    edited = (said.get("edited") or {}).get("ts") or _text(event, "ts")
    return [
        Edited(
            channel=NAME,
            account=_account(payload),
            event_id=f"edit:{channel}:{ts}:{edited}",
            of_event_id=f"{channel}:{ts}",
            text=fitted(plain(said.get("text") or "", _own_user(payload))),
            edited_at=datetime.fromtimestamp(float(edited), timezone.utc),
        )
    ]


def _deleted(payload: Payload, event: Payload) -> Sequence[Event]:
    before = event.get("previous_message") or {}
    if before and not _is_person(payload, before):
        return ()
    return [_taken_back(payload, _text(event, "channel"), _text(event, "deleted_ts"))]


def _taken_back(payload: Payload, channel: str, ts: str) -> Deleted:
    return Deleted(
        channel=NAME,
        account=_account(payload),
        event_id=f"delete:{channel}:{ts}",
        of_event_id=f"{channel}:{ts}",
    )


def _presses(payload: Payload, raw: str) -> Sequence[Event]:
    user = _mapping(payload, "user")
    sender = _text(user, "id")
    return [
        Inbound(
            channel=NAME,
            account=_account(payload),
            event_id=f"press:{_text(action, 'action_ts')}:{sender}:{_text(action, 'value')}",
            sender=sender,
            button_id=_text(action, "value"),
            raw=raw,
            place=_pressed_place(payload),
        )
        for action in payload.get("actions") or ()
        if _text(action, "action_id").startswith(ACTION_PREFIX)
    ]


def _pressed_place(payload: Payload) -> str:
    container = payload.get("container") or {}
    channel = container.get("channel_id") or (payload.get("channel") or {}).get("id")
    if not channel:
        return ""
    thread = container.get("thread_ts") or (payload.get("message") or {}).get("thread_ts")
    if thread is None and not is_direct(channel):
        thread = container.get("message_ts")
    return place_of(channel, thread)


def _command(payload: Payload, raw: str) -> Sequence[Event]:
    text = fitted(plain(_text(payload, "text"), ""))
    if not text:
        # The answer to the command itself tells how to use it.
        return ()
    return [
        Inbound(
            channel=NAME,
            account=_account(payload),
            event_id=f"command:{_text(payload, 'trigger_id')}",
            sender=_text(payload, "user_id"),
            text=text,
            raw=raw,
        )
    ]


def _is_person(payload: Payload, said: Payload) -> bool:
    user = said.get("user")
    return bool(user) and not said.get("bot_id") and user not in (_own_user(payload), "USLACKBOT")


def _is_direct(event: Payload, channel: str) -> bool:
    kind = event.get("channel_type")
    return kind == "im" if kind else is_direct(channel)


def _own_user(payload: Payload) -> str:
    for installed in payload.get("authorizations") or ():
        if installed.get("is_bot"):
            return str(installed.get("user_id") or "")
    return ""


def _speaks_to_another(text: str) -> bool:
    return text.lstrip().startswith("<@")


def _files(account: str, files: Sequence[Payload]) -> tuple[IncomingFile, ...]:
    return tuple(
        IncomingFile(
            kind=_file_kind(file),
            # Files are asked for with the token of their workspace.
            remote_id=f"{account}/{_text(file, 'id')}",
            name=fitted(file.get("name") or ""),
            mime=file.get("mimetype") or "",
            size=file.get("size") if isinstance(file.get("size"), int) else None,
        )
        for file in files
        if file.get("mode") not in _UNAVAILABLE_FILES
    )


def _file_kind(file: Payload) -> str:
    if file.get("subtype") == "slack_audio":
        return "voice"
    family = (file.get("mimetype") or "").partition("/")[0]
    return {"image": "photo", "audio": "audio", "video": "video"}.get(family, "document")


def _mapping(payload: Payload, key: str) -> Payload:
    found = payload.get(key)
    if not isinstance(found, Mapping):
        raise Malformed(f"{key} is missing or no object")
    return found


def _text(payload: Payload, key: str) -> str:
    found = payload.get(key)
    if not isinstance(found, str):
        raise Malformed(f"{key} is missing or no text")
    return found
