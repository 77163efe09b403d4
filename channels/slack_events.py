"""What Slack delivers, understood: payloads of the Events API, presses, commands. Pure; no input or output.

Ids come from Slack alone, so the same delivery always means the same: a message is `channel:ts`, which is also what
its `message` event, its `app_mention` event, its edit and its deletion have in common.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from bot.models import Deleted, Edited, Event, Inbound, IncomingFile
from bot.text import fitted
from channels.slack_deliveries import ACTION_PREFIX, COMMAND, NAME, Malformed, Payload, account_of
from channels.slack_markup import mentions, plain

# What people write. Every other subtype is news about the channel.
_SUBTYPES = (None, "file_share", "thread_broadcast", "me_message")
_UNAVAILABLE_FILES = ("tombstone", "hidden_by_limit")


@dataclass(frozen=True)
class Overheard(Inbound):
    """Said in a thread of a channel without calling us: for us only if this customer has asked us there before."""


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
    files = _files(account_of(payload), event.get("files") or ())
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
            account=account_of(payload),
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
            account=account_of(payload),
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
        account=account_of(payload),
        event_id=f"delete:{channel}:{ts}",
        of_event_id=f"{channel}:{ts}",
    )


def _presses(payload: Payload, raw: str) -> Sequence[Event]:
    user = _mapping(payload, "user")
    sender = _text(user, "id")
    return [
        Inbound(
            channel=NAME,
            account=account_of(payload),
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
            account=account_of(payload),
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
