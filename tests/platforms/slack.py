"""A Slack of our own on a local port: Web API, files, OAuth and Socket Mode, strict and faulty as the real one.

`SlackDouble` holds workspaces, people, channels and what was posted. `faults` makes a method fail in turn.
Deliveries over HTTP are in `tests.platforms.slack_deliveries`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.platforms.slack_checks import Refused, check_blocks, check_metadata, check_text, shown
from tests.platforms.slack_sockets import Sockets

BOT_TOKEN = "xoxb-1-home"
APP_TOKEN = "xapp-1-home"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM = "T1"
BOT_USER = "UBOT"
SCOPES = (
    "app_mentions:read,channels:history,chat:write,commands,files:read,groups:history,im:history,im:read,"
    "im:write,mpim:history,users:read"
)

Answer = dict[str, Any]
Method = Callable[[dict[str, Any], "Workspace"], Answer]


@dataclass(frozen=True)
class Fault:
    """How one call goes wrong. With `accepted` the call has its effect before it does."""

    status: int = 200
    error: str = ""
    retry_after: float | None = None
    accepted: bool = False
    hang: bool = False
    body: str | None = None


RATE_LIMITED = Fault(status=429, error="ratelimited", retry_after=1)
BROKEN = Fault(status=503, body="<html>upstream</html>")
CUT_AFTER_ACCEPTANCE = Fault(accepted=True, hang=True)


def refused(error: str) -> Fault:
    """Slack's own way to say no: 200 and {"ok": false}."""
    return Fault(error=error)


@dataclass
class Workspace:
    """A team in which the app is installed, with its bot's token."""

    id: str
    token: str
    bot_user: str
    scopes: str = SCOPES


@dataclass
class Place:
    """A channel or a direct message and what stands in it, oldest first."""

    id: str
    kind: str = "channel"
    archived: bool = False
    member: bool = True
    messages: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Post:
    """What the bot has posted, as people see it, and when (loop time)."""

    channel: str
    ts: str
    thread_ts: str | None
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any]
    at: float

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [
            element for block in self.blocks if block["type"] == "actions" for element in block["elements"]
        ]


class SlackDouble:
    """The state of a small Slack, and its Web API."""

    def __init__(self) -> None:
        self.url = ""
        self.workspaces = {BOT_TOKEN: Workspace(TEAM, BOT_TOKEN, BOT_USER)}
        self.people: dict[str, dict[str, Any]] = {}
        self.places: dict[str, Place] = {}
        self.files: dict[str, tuple[dict[str, Any], bytes]] = {}
        self.codes: dict[str, Workspace] = {}
        self.homes: dict[str, list[dict[str, Any]]] = {}
        self.posts: list[Post] = []
        self.portraits: dict[str, tuple[int, bytes]] = {}
        self.ephemerals: list[tuple[str, str | None, str, str]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.refusals: list[str] = []
        self.held: list[asyncio.Event] = []
        self.per_second: float | None = None
        self.per_minute: float | None = None
        self.granted = SCOPES
        self.sockets = Sockets(APP_TOKEN)
        self._counter = itertools.count(1)
        self._last_post: dict[str, float] = {}

    # -- What tests set up ----------------------------------------------------------------------------

    def add_person(self, user: str, name: str = "Anna", locale: str = "en-US", **more: Any) -> str:
        self.people[user] = {
            "id": user,
            "name": name.lower(),
            "deleted": False,
            "is_bot": False,
            "locale": locale,
            "profile": {"real_name": name, "display_name": "", "image_72": f"https://img.example/{user}.png"},
            **more,
        }
        return user

    def add_place(self, channel: str, kind: str = "channel") -> Place:
        return self.places.setdefault(channel, Place(channel, kind))

    def direct(self, user: str) -> str:
        """The direct message between the bot and a person."""
        self.people.get(user) or self.add_person(user)
        return self.add_place("D" + user[1:], "im").id

    def next_ts(self) -> str:
        return f"{int(time.time())}.{next(self._counter):06d}"

    def write(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """A person writes; the event's `message` as Slack would deliver it."""
        ts = self.next_ts()
        said = {"type": "message", "user": user, "text": text, "ts": ts, **more}
        if thread_ts:
            said["thread_ts"] = thread_ts
        self.places[channel].messages.append(said)
        kind = self.places[channel].kind
        return {**said, "channel": channel, "channel_type": kind, "event_ts": ts}

    def add_file(self, name: str, mimetype: str, content: bytes, **more: Any) -> dict[str, Any]:
        file_id = f"F{next(self._counter)}"
        described = {
            "id": file_id,
            "name": name,
            "mimetype": mimetype,
            "size": len(content),
            "mode": "hosted",
            "url_private_download": f"{self.url}/files-pri/{file_id}/{name}",
            **more,
        }
        self.files[file_id] = (described, content)
        return described

    def texts(self, channel: str) -> list[str]:
        """What the bot said in a channel, as people see it."""
        return [post.text for post in self.posts if post.channel == channel]

    def called(self, method: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == method]

    # -- The Web API ----------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/{method}", self._api),
            web.get("/api/{method}", self._api),
            web.get("/files-pri/{file}/{name}", self._download),
            web.get("/avatars/{user}.jpg", self._portrait),
            web.get("/link", self.sockets.handle),
        ]

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append((method, arguments))
        fault = self.faults[method].pop(0) if self.faults[method] else None
        if fault is not None and not fault.accepted:
            return await self._fail(fault)
        answer = self._answer(method, arguments, _token(request, arguments))
        if fault is not None:
            return await self._fail(fault)
        status = 429 if answer.get("error") == "ratelimited" else 200
        headers = {"Retry-After": "1"} if status == 429 else {"X-OAuth-Scopes": self.granted}
        return web.json_response(answer, status=status, headers=headers)

    def _answer(self, method: str, arguments: dict[str, Any], token: str) -> Answer:
        try:
            if method == "oauth.v2.access":
                return self._oauth(arguments)
            if method == "apps.connections.open":
                return {"ok": True, "url": self.sockets.invite(token, self.url)}
            known = self._methods().get(method)
            if known is None:
                raise Refused("unknown_method")
            return {"ok": True, **known(arguments, self._workspace(token))}
        except Refused as no:
            self.refusals.append(f"{method}: {no}")
            return {"ok": False, "error": no.error, "response_metadata": {"messages": [no.detail]}}

    async def _fail(self, fault: Fault) -> web.StreamResponse:
        if fault.hang:
            release = asyncio.Event()
            self.held.append(release)
            await release.wait()
            raise ConnectionResetError
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        if fault.body is not None:
            return web.Response(
                status=fault.status, text=fault.body, content_type="text/html", headers=headers
            )
        return web.json_response({"ok": False, "error": fault.error}, status=fault.status, headers=headers)

    def _methods(self) -> dict[str, Method]:
        return {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._ephemeral,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.open": self._open,
            "users.info": self._user,
            "views.publish": self._home,
            "files.info": self._file,
        }

    def _workspace(self, token: str) -> Workspace:
        if not token:
            raise Refused("not_authed")
        if token not in self.workspaces:
            raise Refused("invalid_auth")
        return self.workspaces[token]

    def _auth_test(self, arguments: dict[str, Any], team: Workspace) -> Answer:
        return {"url": "https://grija.slack.com/", "team": "Grija", "team_id": team.id, "user": "grija",
                "user_id": team.bot_user, "bot_id": "B" + team.bot_user}  # fmt: skip

    def _post(self, arguments: dict[str, Any], team: Workspace) -> Answer:
        place = self._place(arguments, team)
        self._spend(place.id)
        check_text(arguments.get("text"))
        check_blocks(arguments.get("blocks"), most=50)
        check_metadata(arguments.get("metadata"))
        thread = arguments.get("thread_ts")
        if thread is not None and not any(said["ts"] == thread for said in place.messages):
            raise Refused("thread_not_found")
        ts = self.next_ts()
        said = {"type": "message", "user": team.bot_user, "bot_id": "B" + team.bot_user, "ts": ts,
                "text": arguments["text"]}  # fmt: skip
        said |= {key: arguments[key] for key in ("thread_ts", "blocks", "metadata") if arguments.get(key)}
        place.messages.append(said)
        self.posts.append(
            Post(place.id, ts, thread, shown(arguments["text"]), arguments.get("blocks") or [],
                 arguments.get("metadata") or {}, asyncio.get_running_loop().time())
        )  # fmt: skip
        return {"channel": place.id, "ts": ts, "message": said}

    def _spend(self, channel: str) -> None:
        moment = asyncio.get_running_loop().time()
        # A tenth of tolerance: the way of two calls through the machine is never the same.
        last = self._last_post.get(channel, 0.0)
        if self.per_second is not None and moment - last < 0.9 / self.per_second:
            raise Refused("ratelimited")
        if self.per_minute is not None and self._lately(moment) >= 1.1 * self.per_minute / 60:
            raise Refused("ratelimited")
        self._last_post[channel] = moment

    def _lately(self, moment: float) -> int:
        """How many posts there were in all of the workspace within the last second."""
        posts = itertools.takewhile(lambda post: post.at > moment - 1, reversed(self.posts))
        return sum(1 for _ in posts)

    def _update(self, arguments: dict[str, Any], team: Workspace) -> Answer:
        place = self._place(arguments, team)
        check_text(arguments.get("text"))
        check_blocks(arguments.get("blocks"), most=50)
        for said in place.messages:
            if said["ts"] == arguments.get("ts") and said["user"] == team.bot_user:
                said["text"] = arguments["text"]
                return {"channel": place.id, "ts": said["ts"], "text": said["text"]}
        raise Refused("message_not_found")

    def _ephemeral(self, arguments: dict[str, Any], team: Workspace) -> Answer:
        self._place(arguments, team)
        check_text(arguments.get("text"))
        if arguments.get("user") not in self.people:
            raise Refused("user_not_in_channel")
        self.ephemerals.append(
            (arguments["channel"], arguments.get("thread_ts"), arguments["user"], shown(arguments["text"]))
        )
        return {"message_ts": self.next_ts()}

    def _history(self, arguments: dict[str, Any], team: Workspace) -> Answer:
        place = self._place(arguments, team)
        top = [said for said in place.messages if said.get("thread_ts", said["ts"]) == said["ts"]]
        return _page(top[::-1], arguments)

    def _replies(self, arguments: dict[str, Any], team: Workspace) -> Answer:
        place, root = self._place(arguments, team), arguments.get("ts")
        thread = [said for said in place.messages if root in (said["ts"], said.get("thread_ts"))]
        if not thread:
            raise Refused("thread_not_found")
        return _page(thread, arguments)

    def _open(self, arguments: dict[str, Any], team: Workspace) -> Answer:
        user = arguments.get("users", "")
        if user not in self.people:
            raise Refused("user_not_found")
        if self.people[user]["deleted"]:
            raise Refused("user_disabled")
        return {"channel": {"id": self.direct(user)}}

    def _user(self, arguments: dict[str, Any], team: Workspace) -> Answer:
        person = self.people.get(arguments.get("user", ""))
        if person is None:
            raise Refused("user_not_found")
        wanted = str(arguments.get("include_locale")).lower() in ("1", "true")
        return {"user": {key: value for key, value in person.items() if wanted or key != "locale"}}

    def _home(self, arguments: dict[str, Any], team: Workspace) -> Answer:
        view = arguments.get("view")
        if not isinstance(view, dict) or view.get("type") != "home" or set(view) - {"type", "blocks"}:
            raise Refused("invalid_arguments", f"no home view: {view!r}")
        check_blocks(view.get("blocks"), most=100)
        self.homes[arguments["user_id"]] = view["blocks"]
        return {"view": view}

    def _file(self, arguments: dict[str, Any], team: Workspace) -> Answer:
        found = self.files.get(arguments.get("file", ""))
        if found is None:
            raise Refused("file_not_found")
        return {"file": found[0]}

    def _oauth(self, arguments: dict[str, Any]) -> Answer:
        team = self.codes.pop(arguments.get("code", ""), None)
        if team is None:
            raise Refused("invalid_code")
        self.workspaces[team.token] = team
        return {"ok": True, "access_token": team.token, "token_type": "bot", "scope": team.scopes,
                "bot_user_id": team.bot_user, "app_id": "A1", "team": {"id": team.id, "name": "Other"},
                "enterprise": None, "is_enterprise_install": False, "authed_user": {"id": "UINSTALLER"}}  # fmt: skip

    def _place(self, arguments: dict[str, Any], team: Workspace) -> Place:
        place = self.places.get(arguments.get("channel", ""))
        if place is None:
            raise Refused("channel_not_found")
        if place.archived:
            raise Refused("is_archived")
        if not place.member:
            raise Refused("not_in_channel")
        return place

    async def _portrait(self, request: web.Request) -> web.StreamResponse:
        if "Authorization" in request.headers:
            self.refusals.append("a token was shown for what is open to everybody")
        status, content = self.portraits[request.match_info["user"]]
        return web.Response(status=status, body=content, content_type="image/jpeg")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        described, content = self.files[request.match_info["file"]]
        if _token(request, {}) not in self.workspaces:
            # What Slack really does: a page to sign in, with status 200.
            return web.Response(text="<!DOCTYPE html><title>Sign in</title>", content_type="text/html")
        return web.Response(body=content, content_type=described["mimetype"])


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        given: dict[str, Any] = await request.json()
    else:
        given = {**request.query, **{key: str(value) for key, value in (await request.post()).items()}}
    for key in ("blocks", "metadata", "view"):
        if isinstance(given.get(key), str):
            given[key] = json.loads(given[key])
    return given


def _token(request: web.Request, arguments: dict[str, Any]) -> str:
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ") if header.startswith("Bearer ") else arguments.get("token", "")


def _page(messages: list[dict[str, Any]], arguments: dict[str, Any]) -> Answer:
    oldest = float(arguments.get("oldest") or 0)
    with_metadata = str(arguments.get("include_all_metadata")).lower() in ("1", "true")
    begin = int(str(arguments.get("cursor") or "from:0").removeprefix("from:"))
    end = begin + int(arguments.get("limit") or 100)
    found = [said for said in messages if float(said["ts"]) > oldest]
    page = [
        {key: value for key, value in said.items() if key != "metadata" or with_metadata}
        for said in found[begin:end]
    ]
    cursor = f"from:{end}" if end < len(found) else ""
    return {"messages": page, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}


@asynccontextmanager
async def open_slack() -> AsyncIterator[SlackDouble]:
    """A Slack on a free port of this machine; `url` + "/api/" is its Web API."""
    double = SlackDouble()
    app = web.Application()
    app.add_routes(double.routes())
    server = TestServer(app)
    await server.start_server()
    double.url = str(server.make_url("")).rstrip("/")
    try:
        yield double
    finally:
        for release in double.held:
            release.set()
        await double.sockets.close()
        await server.close()
