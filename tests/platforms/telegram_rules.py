"""What the Telegram Bot API accepts from us, checked as strictly as the real server does, or more strictly.

Each check raises `Refused` with the words of the real server where they are known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Params = Mapping[str, Any]


def _named(names: str) -> frozenset[str]:
    return frozenset(names.split())


LONGEST_TEXT = 4096
LONGEST_CALLBACK_DATA = 64
MOST_BUTTONS = 100
MOST_BUTTONS_IN_A_ROW = 8
DEFAULT_UPDATES = _named(
    """message edited_message channel_post edited_channel_post business_connection business_message inline_query
    chosen_inline_result callback_query shipping_query pre_checkout_query poll poll_answer my_chat_member
    chat_join_request chat_boost removed_chat_boost purchased_paid_media"""
)
ALL_UPDATES = DEFAULT_UPDATES | {"chat_member", "message_reaction", "message_reaction_count"}

_ENTITIES = _named(
    """mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler
    blockquote expandable_blockquote code pre text_link text_mention custom_emoji"""
)
_ACTIONS = _named(
    """typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker
    find_location record_video_note upload_video_note"""
)
_BUTTON_KINDS = frozenset({"url", "callback_data", "web_app", "login_url", "switch_inline_query", "pay"})


@dataclass
class Refused(Exception):
    """The call is answered with an error."""

    code: int
    description: str
    parameters: Mapping[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return {**body, "parameters": dict(self.parameters)} if self.parameters else body


def bad(description: str) -> Refused:
    """A 400 in the words of the server."""
    return Refused(400, f"Bad Request: {description}")


def utf16(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


# -- fields: what each method takes, and how each field is read --------------------------------------------


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value)):
        raise ValueError
    return int(value)


def _boolean(value: Any) -> bool:
    return {"true": True, "false": False, "1": True, "0": False}[str(value).lower()]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    value.encode("utf-8")
    return value


Reader = Callable[[Any], Any]

# Method -> field -> (reader, whether it must be there). A field that is not here is refused: it is a slip.
FIELDS: dict[str, dict[str, tuple[Reader, bool]]] = {
    "getMe": {},
    "getUpdates": {
        "offset": (_integer, False), "limit": (_integer, False), "timeout": (_integer, False),
        "allowed_updates": (_json, False),
    },
    "setWebhook": {
        "url": (_words, True), "secret_token": (_words, False), "max_connections": (_integer, False),
        "allowed_updates": (_json, False), "drop_pending_updates": (_boolean, False), "ip_address": (_words, False),
    },
    "deleteWebhook": {"drop_pending_updates": (_boolean, False)},
    "getWebhookInfo": {},
    "sendMessage": {
        "chat_id": (_integer, True), "text": (_words, True), "entities": (_json, False), "reply_markup": (_json, False),
        "reply_parameters": (_json, False), "link_preview_options": (_json, False),
        "message_thread_id": (_integer, False), "disable_notification": (_boolean, False),
        "parse_mode": (_words, False),
    },
    "editMessageText": {
        "chat_id": (_integer, True), "message_id": (_integer, True), "text": (_words, True),
        "entities": (_json, False), "reply_markup": (_json, False), "link_preview_options": (_json, False),
    },
    "sendChatAction": {
        "chat_id": (_integer, True), "action": (_words, True), "message_thread_id": (_integer, False),
    },
    "answerCallbackQuery": {
        "callback_query_id": (_words, True), "text": (_words, False), "show_alert": (_boolean, False),
        "cache_time": (_integer, False),
    },
    "setMyCommands": {
        "commands": (_json, True), "scope": (_json, False), "language_code": (_words, False),
    },
    "getFile": {"file_id": (_words, True)},
    "getUserProfilePhotos": {"user_id": (_integer, True), "offset": (_integer, False), "limit": (_integer, False)},
}  # fmt: skip


def read(method: str, given: Params) -> dict[str, Any]:
    """The fields of a call as values; Refused for an unknown method, a missing, unknown or malformed field."""
    fields = FIELDS.get(method)
    if fields is None:
        raise Refused(404, "Not Found: method not found")
    for name in given:
        if name not in fields:
            raise bad(f"unknown field {name} of {method}")
    values = {}
    for name, (reader, needed) in fields.items():
        if name in given:
            values[name] = _value(reader, name, given[name])
        elif needed:
            raise bad(f"{name} is empty")
    return values


def _value(reader: Reader, name: str, value: Any) -> Any:
    try:
        return reader(value)
    except (ValueError, KeyError, UnicodeError):
        raise bad(f"can't parse {name}") from None


# -- what a message may hold -------------------------------------------------------------------------------


def check_text(text: str) -> None:
    """Refused unless the text can be shown."""
    if not text.strip():
        raise bad("message text is empty")
    if utf16(text) > LONGEST_TEXT:
        raise bad("message is too long")


def check_entities(text: str, entities: Any) -> None:
    """Refused unless each entity is known and lies inside the text, on borders of characters."""
    if not isinstance(entities, list):
        raise bad("can't parse entities: expected an Array")
    borders = _borders(text)
    for entity in entities:
        if not isinstance(entity, dict) or entity.get("type") not in _ENTITIES:
            raise bad("can't parse entities: unsupported type")
        offset, length = entity.get("offset"), entity.get("length")
        if not isinstance(offset, int) or not isinstance(length, int) or length <= 0 or offset < 0:
            raise bad("can't parse entities: offset and length are needed")
        if offset + length > utf16(text):
            raise bad("ENTITY_BOUNDS_INVALID: the entity ends behind the text")
        if offset not in borders or offset + length not in borders:
            raise bad("can't parse entities: an entity begins or ends in the middle of a UTF-16 symbol")
        if entity["type"] == "text_link" and not str(entity.get("url", "")).startswith(("http", "tg:")):
            raise bad("can't parse entities: text_link needs a url")


def _borders(text: str) -> set[int]:
    place, borders = 0, {0}
    for character in text:
        place += 2 if ord(character) > 0xFFFF else 1
        borders.add(place)
    return borders


def check_keyboard(markup: Any) -> None:
    """Refused unless the markup is an inline keyboard that the server takes."""
    if not isinstance(markup, dict) or set(markup) != {"inline_keyboard"}:
        raise bad("object expected as reply markup")
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad("can't parse inline keyboard: rows must be Arrays")
    for row in rows:
        if not 1 <= len(row) <= MOST_BUTTONS_IN_A_ROW:
            raise bad("can't parse inline keyboard: wrong number of buttons in a row")
        for button in row:
            _check_button(button)
    if sum(len(row) for row in rows) > MOST_BUTTONS:
        raise bad("REPLY_MARKUP_TOO_LONG")


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad("can't parse inline keyboard button: text is empty")
    kinds = _BUTTON_KINDS & set(button)
    if len(kinds) != 1:
        raise bad("can't parse inline keyboard button: exactly one kind is needed")
    if "callback_data" in button:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= LONGEST_CALLBACK_DATA:
            raise bad("BUTTON_DATA_INVALID")


def check_reply(parameters: Any, known: Callable[[int], bool]) -> None:
    """Refused unless the message that is answered exists, or need not."""
    if not isinstance(parameters, dict) or not isinstance(parameters.get("message_id"), int):
        raise bad("can't parse reply parameters")
    if not known(parameters["message_id"]) and parameters.get("allow_sending_without_reply") is not True:
        raise bad("message to be replied not found")


def check_action(action: str) -> None:
    """Refused for an action that does not exist."""
    if action not in _ACTIONS:
        raise bad("wrong parameter action in request")


def check_commands(commands: Any) -> None:
    """Refused unless the commands can be listed in a menu."""
    if not isinstance(commands, list) or not 1 <= len(commands) <= 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command"))):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")


def check_webhook(values: Params) -> None:
    """Refused unless the webhook can be set: a local Bot API server also takes http."""
    if values["url"] and not re.match(r"https?://[^/]+", values["url"]):
        raise bad("bad webhook: invalid URL")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", values.get("secret_token", "")):
        raise bad("secret token contains unallowed characters")
    if not 1 <= values.get("max_connections", 40) <= 100:
        raise bad("max_connections must be between 1 and 100")
    check_kinds(values.get("allowed_updates"))


def check_kinds(kinds: Any) -> None:
    """Refused if the list of wanted updates names what does not exist (the real server would ignore it)."""
    if kinds is not None and (not isinstance(kinds, list) or not set(kinds) <= ALL_UPDATES):
        raise bad("allowed_updates names an unknown kind")
