"""What Slack delivers, before anybody understands it: which workspace it is for, its id, the text to keep. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from bot.models import RawUpdate

NAME = "slack"

ACTION_PREFIX = "grija:"
"""How the action_id of our buttons begins; their block_id is this, the account, a colon, and the message's id."""

COMMAND = "slash_command"
"""The `type` that we give to a slash command: its fields have none of their own."""

_MOST_FIELDS = 100
_LONGEST_ID = 300

Payload = Mapping[str, Any]


class Malformed(ValueError):
    """Slack's payload lacks what its documentation promises."""


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
    return Delivery(account_of(kept), RawUpdate(_event_id(kept, raw), raw), kept)


def of_envelope(envelope: Payload) -> Delivery:
    """A delivery from an envelope of Socket Mode. Malformed if it carries no payload."""
    payload = envelope.get("payload")
    if not isinstance(payload, dict):
        raise Malformed("an envelope without a payload")
    if envelope.get("type") == "slash_commands":
        payload = {"type": COMMAND, **payload}
    return of_payload(payload)


def account_of(payload: Payload) -> str:
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


def _object(value: object) -> Payload:
    return value if isinstance(value, Mapping) else {}
