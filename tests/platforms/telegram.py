"""A Bot API server on a local port that does what Telegram's does, also under fault.

    async with TelegramDouble() as telegram:
        ana = telegram.person(42, language="ro")
        ana.write("bună")            # GRIJA_TELEGRAM_API_URL = telegram.url, GRIJA_TELEGRAM_TOKEN = telegram.token
        ...
        assert ana.chat.texts() == [...]

Updates are kept until they are confirmed by an offset or by a webhook's 2xx. What we send is checked as strictly as
there (`telegram_rules`), and sending too fast is answered with 429. `troubles` makes calls fail on purpose.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.platforms import telegram_rules as rules
from tests.platforms.telegram_people import DATE, Bot, Chat, Group, Json, Person, World
from tests.platforms.telegram_queue import Queue
from tests.platforms.telegram_rules import Refused, bad

TOKEN = "7000000001:AAdouble-of-a-bot-token_0123456789abc"

_LONGEST_DOWNLOAD = 20 * 1024 * 1024


@dataclass(frozen=True)
class Trouble:
    """What happens to one call instead of, or after (`done`), doing it.

    Answered with `status` and `body`, after `seconds`; with status 0 the connection is cut without an answer.
    """

    status: int = 0
    body: bytes = b""
    seconds: float = 0.0
    done: bool = False


def refused(code: int, description: str, **parameters: Any) -> Trouble:
    """An error of the server in its own form."""
    return Trouble(code, json.dumps(Refused(code, description, parameters).body()).encode())


def flood(retry_after: int) -> Trouble:
    """Too many requests, as the server says so."""
    return refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


BAD_GATEWAY = Trouble(502, b"<html>Bad Gateway</html>")
LOST_ANSWER = Trouble(done=True)
"""Done, but nobody hears of it: time-out after acceptance."""


@dataclass(frozen=True)
class Call:
    """One call of ours and how it was answered."""

    method: str
    given: Json
    status: int
    description: str = ""


class Budgets:
    """How fast the server lets us send: 30 a second in all, 1 a second to a chat, 20 a minute to a group.

    `speed` divides all times, so that a test of minutes takes seconds.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._sent: dict[object, deque[float]] = defaultdict(deque)

    def spend(self, chat: Chat) -> None:
        """Note one message; Refused with the time to wait if it is one too many."""
        now = asyncio.get_running_loop().time() * self._speed
        limits: list[tuple[object, int, float]] = [("bot", 30, 1.0)]
        # A tenth of tolerance: a client that waits exactly a second arrives a little early by its network.
        limits.append((chat.id, 1, 0.9) if chat.kind == "private" else (chat.id, 20, 60.0))
        for key, most, seconds in limits:
            sent = self._sent[key]
            while sent and sent[0] <= now - seconds:
                sent.popleft()
            if len(sent) >= most:
                raise _too_many(int((sent[0] + seconds - now) / self._speed) + 1)
        for key, _, _ in limits:
            self._sent[key].append(now)


class TelegramDouble:
    """The server, its bot, and the people who write to it."""

    def __init__(
        self, *, token: str = TOKEN, username: str = "grija_bot", speed: float | None = None
    ) -> None:
        """Without `speed` there are no budgets, so that tests of other things need not wait."""
        self.token = token
        self.bot = Bot(int(token.partition(":")[0]), username)
        self.world = World(self.bot, self._push)
        self.privacy = True
        self.queue = Queue()
        self.calls: list[Call] = []
        self.commands: dict[str, list[Json]] = {}
        self.answered: list[str] = []
        self.alerts: dict[str, str] = {}
        self.portraits: dict[int, list[list[Json]]] = {}
        self.troubles: dict[str, deque[Trouble]] = defaultdict(deque)
        self.gates: dict[str, asyncio.Event] = {}
        self._budgets = Budgets(speed) if speed else None
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._server = TestServer(app)

    async def __aenter__(self) -> TelegramDouble:
        await self._server.start_server()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.queue.close()
        for gate in self.gates.values():
            gate.set()
        await self._server.close()

    # -- for tests ----------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The address of the server: what GRIJA_TELEGRAM_API_URL is set to."""
        return str(self._server.make_url("")).rstrip("/")

    def person(self, id: int, *, name: str = "Ana", language: str | None = None) -> Person:
        """Somebody new."""
        return Person(self.world, id, name=name, language=language)

    def group(self, id: int, *, title: str = "Friends") -> Group:
        """A new group with the bot in it."""
        return Group(self.world, id, title=title)

    def push_raw(self, update: Any) -> int:
        """Queue anything at all as an update, also what is none; it gets an id if it can have one."""
        number = self.queue.number()
        if isinstance(update, dict):
            update = {"update_id": number, **update}
        self.queue.add(number, update)
        return number

    def made(self, method: str) -> list[Call]:
        """The calls of a method, in order."""
        return [call for call in self.calls if call.method == method]

    @property
    def faults(self) -> list[Call]:
        """Our calls that were answered with an error which no test asked for: what we do wrong."""
        return [call for call in self.calls if call.description]

    def hold(self, method: str) -> asyncio.Event:
        """Let calls of a method wait before they are done, until the event is set."""
        return self.gates.setdefault(method, asyncio.Event())

    def _push(self, kind: str, body: Json) -> int:
        if kind not in self.queue.wanted or not self._sees(body):
            return 0
        return self.push_raw({kind: body})

    def _sees(self, body: Json) -> bool:
        """With privacy mode a bot in a group sees only commands, mentions, answers to it, and service messages."""
        chat = body.get("chat", {})
        if not self.privacy or chat.get("type") not in ("group", "supergroup") or "message_id" not in body:
            return True
        text = body.get("text", body.get("caption"))
        if text is None:
            return not {"photo", "document", "voice", "sticker"} & set(body)
        to_us = body.get("reply_to_message", {}).get("from", {}).get("id") == self.bot.id
        return to_us or text.startswith("/") or f"@{self.bot.username}" in text

    # -- messages -----------------------------------------------------------------------------------------

    def _chat(self, chat_id: int) -> Chat:
        chat = self.world.chats.get(chat_id)
        if chat is None:
            raise bad("chat not found")
        if chat.migrated_to is not None:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": chat.migrated_to},
            )
        if chat.forbidden:
            raise Refused(403, f"Forbidden: {chat.forbidden}")
        return chat

    def _send_message(self, values: Json) -> Json:
        chat = self._chat(values["chat_id"])
        _check_content(values)
        if "reply_parameters" in values:
            rules.check_reply(values["reply_parameters"], lambda number: number in chat.known)
        if self._budgets is not None:
            self._budgets.spend(chat)
        message = {
            "message_id": chat.next_message_id(), "date": DATE, "chat": chat.json, "from": self.bot.user,
            **_shown(values, "text", "entities", "reply_markup", "message_thread_id"),
        }  # fmt: skip
        reply = values.get("reply_parameters")
        chat.sent.append({**message, "_reply_to": reply["message_id"]} if reply else message)
        return message

    def _edit_text(self, values: Json) -> Json:
        chat = self._chat(values["chat_id"])
        _check_content(values)
        for message in chat.sent:
            if message["message_id"] == values["message_id"]:
                changes = _shown(values, "text", "entities", "reply_markup")
                if all(message.get(name) == value for name, value in changes.items()):
                    raise bad("message is not modified")
                message.update(changes)
                return message
        raise bad("message to edit not found")

    def _chat_action(self, values: Json) -> bool:
        self._chat(values["chat_id"])
        rules.check_action(values["action"])
        return True

    def _answer_callback(self, values: Json) -> bool:
        query = values["callback_query_id"]
        if query not in self.world.open_callbacks:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(values.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self.world.open_callbacks.discard(query)
        self.answered.append(query)
        if "text" in values:
            self.alerts[query] = values["text"]
        return True

    def _set_commands(self, values: Json) -> bool:
        rules.check_commands(values["commands"])
        self.commands[values.get("language_code", "")] = values["commands"]
        return True

    def _get_file(self, values: Json) -> Json:
        content = self.world.files.get(values["file_id"])
        if content is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(content) > _LONGEST_DOWNLOAD:
            raise bad("file is too big")
        file_id = values["file_id"]
        return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": len(content),
                "file_path": f"files/{file_id}"}  # fmt: skip

    def _profile_photos(self, values: Json) -> Json:
        shown = self.portraits.get(values["user_id"], [])
        return {"total_count": len(shown), "photos": shown[: values.get("limit", 100)]}

    def _me(self) -> Json:
        groups = {"can_join_groups": True, "can_read_all_group_messages": not self.privacy}
        return {**self.bot.user, **groups, "supports_inline_queries": False}

    # -- HTTP ---------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given = await _given(request)
        if method in self.gates:
            await self.gates[method].wait()
        trouble = self.troubles[method].popleft() if self.troubles[method] else None
        if trouble is not None and not trouble.done:
            self.calls.append(Call(method, given, trouble.status))
            return await _troubled(request, trouble)
        answer = await self._answered(method, given, token=request.match_info["token"])
        return answer if trouble is None else await _troubled(request, trouble)

    async def _answered(self, method: str, given: Json, *, token: str) -> web.Response:
        try:
            if token != self.token:
                raise Refused(401, "Unauthorized")
            result = await self._do(method, rules.read(method, given))
        except Refused as error:
            self.calls.append(Call(method, given, error.code, error.description))
            return web.json_response(error.body(), status=error.code)
        self.calls.append(Call(method, given, 200))
        return web.json_response({"ok": True, "result": result})

    async def _do(self, method: str, values: Json) -> Any:
        waited = {
            "getUpdates": self.queue.get_updates,
            "setWebhook": self.queue.set_webhook,
            "deleteWebhook": self.queue.delete_webhook,
        }
        if method in waited:
            return await waited[method](values)
        done: dict[str, Callable[[], Any]] = {
            "getMe": self._me,
            "getWebhookInfo": self.queue.webhook_info,
            "sendMessage": lambda: self._send_message(values),
            "editMessageText": lambda: self._edit_text(values),
            "sendChatAction": lambda: self._chat_action(values),
            "getUserProfilePhotos": lambda: self._profile_photos(values),
            "answerCallbackQuery": lambda: self._answer_callback(values),
            "setMyCommands": lambda: self._set_commands(values),
            "getFile": lambda: self._get_file(values),
        }
        return done[method]()

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if self.troubles["download"]:
            return await _troubled(request, self.troubles["download"].popleft())
        content = self.world.files.get(request.match_info["path"].removeprefix("files/"))
        if content is None or request.match_info["token"] != self.token:
            raise web.HTTPNotFound
        return web.Response(body=content, content_type="application/octet-stream")


async def _given(request: web.Request) -> Json:
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        given |= await request.json()
    elif request.method == "POST":
        given |= dict(await request.post())
    return given


async def _troubled(request: web.Request, trouble: Trouble) -> web.StreamResponse:
    await asyncio.sleep(trouble.seconds)
    if trouble.status == 0:
        assert request.transport is not None
        request.transport.abort()
    return web.Response(status=trouble.status or 500, body=trouble.body, content_type="application/json")


def _check_content(values: Json) -> None:
    rules.check_text(values["text"])
    rules.check_entities(values["text"], values.get("entities", []))
    if values.get("parse_mode"):
        raise bad("this bot sends entities, no markup")
    if "reply_markup" in values:
        rules.check_keyboard(values["reply_markup"])


def _shown(values: Json, *names: str) -> Json:
    return {name: values[name] for name in names if name in values}


def _too_many(seconds: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
