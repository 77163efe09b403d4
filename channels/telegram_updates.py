"""What Telegram delivers, as events: pure functions from raw updates.

A raw update is stored in an envelope with the bot that it came to, so that it means the same whenever it is read.
python-telegram-bot reads its fields; whatever that raises is for the caller, who sets the update aside.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import telegram
from telegram import Chat, ChatMember, MessageEntity, Update, User
from telegram.constants import ChatType

from bot.models import Blocked, Edited, Event, Inbound, Moved, RawUpdate
from bot.text import fitted
from channels.telegram_commands import Command, read_command
from channels.telegram_files import files_of

CHANNEL = "telegram"
WANTED = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
"""The kinds of updates that we ask for. Others may come from former times, and are let go."""

_PRESS = "callback/"
_GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)


@dataclass(frozen=True)
class Me:
    """The bot, as `getMe` tells."""

    id: int
    username: str

    @property
    def account(self) -> str:
        """The account under which everything of this bot is stored."""
        return str(self.id)


def pack(me: Me, update: Any) -> RawUpdate:
    """A raw update, whatever it is, in its envelope, ready to be kept.

    It is known by Telegram's `update_id`; what has none, by its content.
    """
    raw = json.dumps({"bot": {"id": me.id, "username": me.username}, "update": update})
    number = update_id(update)
    digest = hashlib.sha256(raw.encode()).hexdigest()
    return RawUpdate(str(number) if number is not None else f"sha256:{digest}", raw)


def update_id(update: Any) -> int | None:
    """Telegram's number of a raw update, or None if it has none."""
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def callback_id(update: Any) -> str | None:
    """The id under which a pressed button waits for an answer, or None if no button was pressed."""
    query = update.get("callback_query") if isinstance(update, dict) else None
    found = query.get("id") if isinstance(query, dict) else None
    return found if isinstance(found, str) else None


def press_of(event: Inbound) -> str | None:
    """The id under which the press that an event was waits for an answer, or None if it was none."""
    return event.event_id.removeprefix(_PRESS) if event.event_id.startswith(_PRESS) else None


def decode(raw: str) -> Sequence[Event]:
    """What a packed update means: one event or none. Raises anything at all if it is not what it should be."""
    envelope = json.loads(raw)
    me = Me(**envelope["bot"])
    update = Update.de_json(_wanted(envelope["update"]), None)
    if update.message is not None:
        return _message(me, update.message, raw)
    if update.edited_message is not None:
        return _edited(me, update.update_id, update.edited_message)
    if update.callback_query is not None:
        return _pressed(me, update.callback_query, raw)
    if update.my_chat_member is not None:
        return _member(me, update.my_chat_member)
    return ()


def address_of(chat: Chat, user: User) -> str:
    """Where a customer is reached: the private chat, or a person in a group ("chat:person").

    They are two customers to us: what is proved in private must not be told in front of others.
    """
    return f"{chat.id}:{user.id}" if chat.type in _GROUPS else str(chat.id)


def chat_of(external_id: str) -> int:
    """The chat to write to for a customer at this address."""
    return int(external_id.partition(":")[0])


def user_of(external_id: str) -> int:
    """The person at this address."""
    return int(external_id.rpartition(":")[2])


def in_group(external_id: str) -> bool:
    """Whether this is the address of a person in a group."""
    return ":" in external_id


def _wanted(update: dict[str, Any]) -> dict[str, Any]:
    # The library refuses kinds that it knows in a newer form than the server, and those we do not use anyway.
    return {name: update[name] for name in ("update_id", *WANTED) if name in update}


def _message(me: Me, message: telegram.Message, raw: str) -> Sequence[Event]:
    moved = _moved(me, message)
    if moved is not None:
        return (moved,)
    if not _is_for_us(me, message):
        return ()
    attachments = files_of(message)
    text = _words(me, message)
    command = read_command(text) if message.text is not None else Command(text)
    if not command.text and not command.payload and not attachments:
        if not _named(me, message):
            return ()
        # Nothing but our name: somebody in a group who looks for us.
        command = read_command("/start")
    user = _sender(message)
    return (
        Inbound(
            channel=CHANNEL,
            account=me.account,
            event_id=_event_id(message.chat, message.message_id),
            sender=address_of(message.chat, user),
            text=command.text,
            payload=command.payload,
            raw=raw,
            name=_name(user),
            locale=command.locale or user.language_code,
            place=_place(message),
            attachments=attachments,
        ),
    )


def _edited(me: Me, number: int, message: telegram.Message) -> Sequence[Event]:
    # A live location moves by being edited, too: without words there is nothing to show.
    if (message.text is None and message.caption is None) or not _is_for_us(me, message):
        return ()
    return (
        Edited(
            channel=CHANNEL,
            account=me.account,
            event_id=f"edit/{number}",
            of_event_id=_event_id(message.chat, message.message_id),
            text=_words(me, message),
            edited_at=message.edit_date,
        ),
    )


def _pressed(me: Me, query: telegram.CallbackQuery, raw: str) -> Sequence[Event]:
    if query.data is None:
        return ()
    # Without a message (inline mode, which we do not use) only the private chat can be meant.
    chat = query.message.chat if query.message else Chat(query.from_user.id, ChatType.PRIVATE)
    return (
        Inbound(
            channel=CHANNEL,
            account=me.account,
            event_id=f"{_PRESS}{query.id}",
            sender=address_of(chat, query.from_user),
            button_id=query.data,
            raw=raw,
            name=_name(query.from_user),
            locale=query.from_user.language_code,
            place=_place(query.message) if query.message else "",
        ),
    )


def _member(me: Me, change: telegram.ChatMemberUpdated) -> Sequence[Event]:
    # In a group nobody in particular has shut the bot out: sending finds out.
    if change.chat.type != ChatType.PRIVATE:
        return ()
    blocked = change.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
    return (Blocked(CHANNEL, me.account, str(change.chat.id), blocked),)


def _moved(me: Me, message: telegram.Message) -> Moved | None:
    """A group that became a supergroup has another id; both chats are told so."""
    before, after = message.migrate_from_chat_id, message.migrate_to_chat_id
    if before is None and after is None:
        return None
    return Moved(CHANNEL, me.account, f"{before or message.chat.id}:", f"{after or message.chat.id}:")


def _is_for_us(me: Me, message: telegram.Message) -> bool:
    user = message.from_user
    if message.chat.type == ChatType.PRIVATE:
        return not _sender(message).is_bot
    # Channels, and those who write as a channel or as the group itself, are nobody who can be answered.
    if message.chat.type not in _GROUPS or user is None or user.is_bot or message.sender_chat is not None:
        return False
    return _named(me, message) or _answers_us(me, message)


def _named(me: Me, message: telegram.Message) -> bool:
    return any(_names_us(me, text, entity) for entity, text in _entities(message))


def _names_us(me: Me, text: str, entity: MessageEntity) -> bool:
    name = f"@{me.username}".lower()
    if entity.type == MessageEntity.MENTION:
        return text.lower() == name
    if entity.type == MessageEntity.BOT_COMMAND:
        return text.lower().endswith(name)
    return entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == me.id


def _answers_us(me: Me, message: telegram.Message) -> bool:
    answered = message.reply_to_message
    return answered is not None and answered.from_user is not None and answered.from_user.id == me.id


def _words(me: Me, message: telegram.Message) -> str:
    """Text or caption without our own name in it, cleaned; may be empty."""
    text = message.text or message.caption or ""
    ours = [
        entity
        for entity, words in _entities(message)
        if entity.type != MessageEntity.BOT_COMMAND and _names_us(me, words, entity)
    ]
    text = _without(text, ours) if message.chat.type in _GROUPS else text
    # "/help@our_bot" is how a command is meant for one of several bots.
    return fitted(re.sub(rf"^(\s*/\w+)@{re.escape(me.username)}\b", r"\1", text, flags=re.IGNORECASE))


def _without(text: str, entities: Iterable[MessageEntity]) -> str:
    units = text.encode("utf-16-le")
    for entity in sorted(entities, key=lambda item: item.offset, reverse=True):
        units = units[: 2 * entity.offset] + units[2 * (entity.offset + entity.length) :]
    return units.decode("utf-16-le", errors="replace")


def _entities(message: telegram.Message) -> Iterable[tuple[MessageEntity, str]]:
    if message.text is not None:
        return message.parse_entities().items()
    return message.parse_caption_entities().items()


def _sender(message: telegram.Message) -> User:
    if message.from_user is None:
        raise ValueError("a message without a sender")
    return message.from_user


def _place(message: telegram.MaybeInaccessibleMessage) -> str:
    """In a group the answer belongs to the message that asked; "thread/message" where there are topics."""
    if message.chat.type not in _GROUPS:
        return ""
    in_topic = isinstance(message, telegram.Message) and message.is_topic_message
    thread = message.message_thread_id if in_topic and isinstance(message, telegram.Message) else None
    return f"{thread}/{message.message_id}" if thread else str(message.message_id)


def _event_id(chat: Chat, message_id: int) -> str:
    # Not the update's number: an edit must find its message, and Telegram begins to count anew after an idle week.
    return f"message/{chat.id}/{message_id}"


def _name(user: User) -> str:
    return fitted(user.full_name)[:200]
