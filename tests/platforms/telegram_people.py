"""Those who write to the bot on the double of Telegram: people and groups, as the updates that they cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.platforms.telegram_rules import utf16

Json = dict[str, Any]
Push = Callable[[str, Json], int]
"""Takes the kind of an update and its body, gives it an id, and queues it; the id, 0 if it is not wanted."""

DATE = 1_700_000_000


@dataclass(frozen=True)
class Bot:
    """The bot itself."""

    id: int
    username: str

    @property
    def user(self) -> Json:
        """The bot as a User."""
        return {"id": self.id, "is_bot": True, "first_name": "Grija", "username": self.username}


class World:
    """Who exists on the double, and how they reach it."""

    def __init__(self, bot: Bot, push: Push) -> None:
        self.bot = bot
        self.push = push
        self.file_ids = count(1)
        self.callback_ids = count(1)
        self.files: dict[str, bytes] = {}
        self.chats: dict[int, Chat] = {}
        self.open_callbacks: set[str] = set()


class Chat:
    """A chat that the bot can be in. `state` is what the server says to a message: "" takes it."""

    def __init__(self, world: World, id: int, kind: str, **fields: Any) -> None:
        self.world = world
        self.id = id
        self.kind = kind
        self.fields = fields
        self.forbidden = ""
        self.migrated_to: int | None = None
        self.known: set[int] = set()
        self.sent: list[Json] = []
        self._message_ids = count(1)
        world.chats[id] = self

    @property
    def json(self) -> Json:
        """The chat as a Chat."""
        return {"id": self.id, "type": self.kind, **self.fields}

    def next_message_id(self) -> int:
        """The id of one more message of this chat."""
        number = next(self._message_ids)
        self.known.add(number)
        return number

    @property
    def latest(self) -> int:
        """The id of the latest message here, anybody's."""
        return max(self.known)

    def texts(self) -> list[str]:
        """What the bot has written here, edits applied, in order."""
        return [message["text"] for message in self.sent]

    def buttons(self) -> list[Json]:
        """The buttons under the bot's latest message with any."""
        for message in reversed(self.sent):
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            if rows:
                return [button for row in rows for button in row]
        return []


class Person:
    """A user. Without a group, everything is done in the private chat with the bot."""

    def __init__(self, world: World, id: int, *, name: str = "Ana", language: str | None = None) -> None:
        self.world = world
        self.id = id
        self.user: Json = {"id": id, "is_bot": False, "first_name": name}
        if language:
            self.user["language_code"] = language
        self.chat = Chat(world, id, "private", first_name=name)

    def write(self, text: str, *, group: Chat | None = None, **more: Any) -> int:
        """A text; commands and mentions in it are marked as Telegram does. The update's id."""
        return self.send(group=group, text=text, entities=_entities(text), **more)

    def mention(self, text: str, group: Chat) -> int:
        """A text in a group that begins with the bot's name."""
        return self.write(f"@{self.world.bot.username} {text}", group=group)

    def answer(self, text: str, group: Chat) -> int:
        """A text in a group that answers the bot's latest message there."""
        latest = group.sent[-1]
        return self.write(text, group=group, reply_to_message=latest)

    def edit(self, message_id: int, text: str, *, group: Chat | None = None) -> int:
        """A message gets another text."""
        chat = group or self.chat
        body = self._message(
            chat, message_id, {"text": text, "entities": _entities(text), "edit_date": DATE + 60}
        )
        return self.world.push("edited_message", body)

    def photo(self, content: bytes = b"\xff\xd8\xff photo", **more: Any) -> int:
        """A photo in two sizes, the second one larger."""
        sizes = [
            self.file(content[:4], width=90, height=60),
            self.file(content, width=1280, height=960),
        ]
        return self.send(photo=sizes, **more)

    def document(self, name: str, mime: str, content: bytes, **more: Any) -> int:
        """A file."""
        return self.send(document=self.file(content, file_name=name, mime_type=mime), **more)

    def voice(self, content: bytes = b"OggS voice", **more: Any) -> int:
        """A spoken message."""
        return self.send(voice=self.file(content, duration=3, mime_type="audio/ogg"), **more)

    def audio(self, content: bytes = b"ID3 song", **more: Any) -> int:
        """A piece of music."""
        return self.send(
            audio=self.file(content, duration=3, mime_type="audio/mpeg", file_name="a.mp3"), **more
        )

    def video(self, content: bytes = b"video", **more: Any) -> int:
        """A film."""
        return self.send(
            video=self.file(content, duration=3, width=4, height=3, mime_type="video/mp4"), **more
        )

    def video_note(self, content: bytes = b"round", **more: Any) -> int:
        """A round film."""
        return self.send(video_note=self.file(content, duration=3, length=240), **more)

    def animation(self, content: bytes = b"gif", **more: Any) -> int:
        """A film without sound: Telegram sends it as a document too."""
        film = self.file(content, duration=3, width=4, height=3, mime_type="video/mp4", file_name="a.mp4")
        return self.send(animation=film, document=film, **more)

    def sticker(self, emoji: str = "👍", **more: Any) -> int:
        """A sticker."""
        file = self.file(
            b"RIFF sticker",
            type="regular",
            width=512,
            height=512,
            is_animated=False,
            is_video=False,
            emoji=emoji,
        )
        return self.send(sticker=file, **more)

    def location(self, latitude: float = 42.6977, longitude: float = 23.3219, **more: Any) -> int:
        """A place."""
        return self.send(location={"latitude": latitude, "longitude": longitude}, **more)

    def contact(self, name: str = "Ion", phone: str = "+40700000000", **more: Any) -> int:
        """Somebody's telephone number."""
        return self.send(contact={"first_name": name, "phone_number": phone}, **more)

    def press(self, data: str, *, chat: Chat | None = None) -> int:
        """A press of the button with this data under the bot's latest message."""
        place = chat or self.chat
        query = f"query-{next(self.world.callback_ids)}"
        body: Json = {"id": query, "from": self.user, "chat_instance": str(place.id), "data": data}
        if place.sent:
            body["message"] = place.sent[-1]
        self.world.open_callbacks.add(query)
        return self.world.push("callback_query", body)

    def block(self) -> int:
        """The person blocks the bot: nothing reaches it any more."""
        self.chat.forbidden = "bot was blocked by the user"
        return self._member("member", "kicked")

    def unblock(self) -> int:
        """The person lets the bot write again."""
        self.chat.forbidden = ""
        return self._member("kicked", "member")

    def send(self, *, group: Chat | None = None, message_id: int | None = None, **content: Any) -> int:
        """A message with any content."""
        chat = group or self.chat
        number = chat.next_message_id() if message_id is None else message_id
        content = {key: value for key, value in content.items() if value not in (None, [])}
        return self.world.push("message", self._message(chat, number, content))

    def file(self, content: bytes, **fields: Any) -> Json:
        """A file on the server, as the fields that every kind of file has."""
        file_id = f"file-{next(self.world.file_ids)}"
        self.world.files[file_id] = content
        return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": len(content), **fields}

    def _message(self, chat: Chat, number: int, content: Mapping[str, Any]) -> Json:
        return {"message_id": number, "date": DATE + number, "chat": chat.json, "from": self.user, **content}

    def _member(self, before: str, after: str) -> int:
        bot = self.world.bot.user
        more = {"member": {}, "kicked": {"until_date": 0}}
        body = {
            "chat": self.chat.json,
            "from": self.user,
            "date": DATE,
            "old_chat_member": {"user": bot, "status": before, **more[before]},
            "new_chat_member": {"user": bot, "status": after, **more[after]},
        }
        return self.world.push("my_chat_member", body)


class Group(Chat):
    """A group, or a supergroup if its id begins with -100."""

    def __init__(self, world: World, id: int, *, title: str = "Friends") -> None:
        super().__init__(world, id, "supergroup" if str(id).startswith("-100") else "group", title=title)

    def join(self, person: Person) -> int:
        """Somebody comes in."""
        return person.send(group=self, new_chat_members=[person.user])

    def migrate(self, person: Person, new_id: int) -> Group:
        """The group becomes a supergroup with another id; both sides are told."""
        new = Group(self.world, new_id, title=self.fields["title"])
        self.migrated_to = new_id
        person.send(group=self, migrate_to_chat_id=new_id)
        person.send(group=new, migrate_from_chat_id=self.id)
        return new


def channel_post(world: World, id: int, text: str) -> int:
    """A post of a channel in which the bot is."""
    channel = Chat(world, id, "channel", title="News")
    body = {"message_id": channel.next_message_id(), "date": DATE, "chat": channel.json, "text": text}
    return world.push("channel_post", body)


def poll(world: World) -> int:
    """The state of a poll that the bot has sent."""
    return world.push("poll", {
        "id": "1", "question": "?", "options": [{"text": "a", "voter_count": 0, "persistent_id": "1"}],
        "total_voter_count": 0,
        "is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
    })  # fmt: skip


def _entities(text: str) -> Sequence[Json]:
    found = []
    for match in re.finditer(r"(?:^|(?<=\s))(/[a-z_]+(?:@\w+)?|@\w+)", text):
        kind = "bot_command" if match[0].startswith("/") else "mention"
        offset = utf16(text[: match.start()])
        found.append({"type": kind, "offset": offset, "length": utf16(match[0])})
    return found
