"""A small server of /api/v1 and of the console's socket on loopback, for tests of the pages."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import msgspec
from aiohttp import WSMsgType, web

from bot.api import Route
from bot.api.routes import all_routes
from bot.app import Grija
from bot.errors import BodyInvalid
from bot.site_settings import checked
from tests.console_desk import (
    ADMIN,
    CANNED,
    CODE,
    ELENI,
    INVITATION,
    MARIA,
    PASSWORD,
    POLICY,
    SETTINGS,
    Json,
    ago,
    alerts,
    brief,
    desk,
    happening,
    katerina,
    message,
    stamp,
)

DIST = Path(__file__).resolve().parent.parent / "web" / "dist"
COOKIE = "grija"
CSRF = "csrf-1"
LISTS = ("waiting", "mine", "others", "bot", "snoozed")
# The smallest PNG: one grey point.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c63b80700009700964be3b05a0000000049454e44ae426082"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass
class ConsoleDouble:
    """A desk in memory. `asked` has every change that the page has made: (method, path, body)."""

    port: int = 0
    agents: dict[str, Json] = field(
        default_factory=lambda: {one["email"]: dict(one) for one in (ELENI, MARIA, ADMIN)}
    )
    signed_in: str | None = None
    second_factor: bool = False
    hold_seconds: float = 5
    items: list[Json] = field(default_factory=desk)
    entries: dict[str, list[Json]] = field(default_factory=lambda: {"c1": katerina("c1")})
    held: dict[str, Json] = field(default_factory=dict)
    canned: list[Json] = field(default_factory=lambda: [dict(one) for one in CANNED])
    settings: dict[str, Json] = field(default_factory=lambda: json.loads(json.dumps(SETTINGS)))
    versions: dict[str, int] = field(default_factory=dict)
    teams: list[Json] = field(
        default_factory=lambda: [{"id": "team-orders", "name": "Orders", "intents": ["track_order"]}]
    )
    tokens: list[Json] = field(default_factory=list)
    hooks: list[Json] = field(default_factory=list)
    alerts: list[Json] = field(default_factory=alerts)
    blocked: set[str] = field(default_factory=set)
    refusals: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    heard: list[Json] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    showing: list[web.WebSocketResponse] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    """Where the page asked what the real server refuses, or this one answered what the real one never does."""
    _runner: web.AppRunner | None = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _sending: set[asyncio.TimerHandle] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/console"

    @property
    def me(self) -> Json:
        if self.signed_in is None:
            raise Refused(401, "not_signed_in")
        return self.agents[self.signed_in]

    # -- Life ---------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Serve; after a stop, on the same port again."""
        app = web.Application(middlewares=[self._door])
        app.router.add_get("/console", _page)
        app.router.add_get("/console/ws", self._socket)
        app.router.add_get("/assets/{name}", _asset)
        self._routes(app.router)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        assert site._server is not None
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        """Close every socket and the port."""
        for timer in self._sending:
            timer.cancel()
        await self.hang_up()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def hang_up(self, code: int = 1001) -> None:
        for socket in list(self.sockets):
            await socket.close(code=code)

    async def push(self, frame: Json) -> None:
        """Send `frame` to every open socket."""
        for socket in list(self.sockets):
            await socket.send_str(json.dumps(frame))

    async def lists_changed(self) -> None:
        """Send the lists to every socket that wants them, and to the others that they have changed."""
        for socket in list(self.sockets):
            shows = socket in self.showing
            await socket.send_json({"type": "lists", "queue": self._queue()} if shows else {"type": "queue"})

    async def hears(self, wanted: Callable[[Json], bool]) -> Json:
        """Wait until a frame that fits has been heard, and return the last of them."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: any(map(wanted, self.heard))), 15)
        return [frame for frame in self.heard if wanted(frame)][-1]

    async def is_asked(self, method: str, path: str) -> Any:
        """Wait until the page has asked for this change, and return its last body."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: bool(self._bodies(method, path))), 15)
        return self._bodies(method, path)[-1]

    def _bodies(self, method: str, path: str) -> list[Any]:
        return [body for made, where, body in self.asked if (made, where) == (method, path)]

    # -- What tests do to the desk ------------------------------------------------------------------------

    def item(self, conversation: str) -> Json:
        return next(one for one in self.items if one["conversation"] == conversation)

    def talk(self, conversation: str) -> list[Json]:
        """The timeline of a conversation; it begins with its item's last text."""
        if conversation not in self.entries:
            said = self.item(conversation)["last"]["text"]
            self.entries[conversation] = [message(conversation, 1, "customer", said)]
        return self.entries[conversation]

    def last_seq(self, conversation: str) -> int:
        return max(int(entry.get("seq", 0)) for entry in self.talk(conversation))

    async def say(self, conversation: str, text: str, kind: str = "customer", **changes: Any) -> Json:
        """Add a message and tell the page."""
        said = message(conversation, self.last_seq(conversation) + 1, kind, text, at=ago(0), **changes)
        self.talk(conversation).append(said)
        item = self.item(conversation)
        item["last"] = {"author": kind, "text": text, "at": said["at"]}
        item["unread"] = item["unread"] + 1 if kind == "customer" else 0
        await self.push({"type": "conversation", "id": conversation})
        await self.lists_changed()
        return said

    async def happen(self, conversation: str, what: str, actor: Any, **detail: Any) -> None:
        number = len(self.talk(conversation)) + 100
        entry = happening(conversation, number, self.last_seq(conversation), what, actor, **detail)
        self.talk(conversation).append(entry | {"at": ago(0)})
        await self.push({"type": "conversation", "id": conversation})
        await self.lists_changed()

    async def offer(self, conversation: str, seconds: float = 30) -> None:
        item = self.item(conversation)
        item["offered_to"] = self.me["id"]
        item["offered_until"] = ago(-seconds)
        await self.push({"type": "offer", "item": item, "until": item["offered_until"]})

    def own(self, conversation: str, owner: Json | None, status: str = "human") -> None:
        item = self.item(conversation)
        item["epoch"] += 1
        item["status"] = status
        item["owner"] = None if owner is None else {"id": owner["id"], "name": owner["name"]}
        item["offered_to"] = item["offered_until"] = None
        item["queued_at"] = ago(0) if status == "queued" else None

    # -- The door -----------------------------------------------------------------------------------------

    @web.middleware
    async def _door(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/api/"):
            return await handler(request)
        path = request.path.removeprefix("/api/v1")
        try:
            await self._admit(request, path)
            answer = await handler(request)
            await self._compare(request, answer)
            return answer
        except Refused as refusal:
            error = {"code": refusal.code, "message": f"The server says: {refusal.code}"}
            return web.json_response({"error": error}, status=refusal.status)

    async def _compare(self, request: web.Request, answer: web.StreamResponse) -> None:
        assert request.match_info.route.resource is not None
        path = request.match_info.route.resource.canonical.removeprefix("/api/v1")
        route = _real_routes().get((request.method, _NAME.sub("{}", path)))
        if route is None:
            self.drift.append(f"{request.method} {path} is no route of the server")
            return
        try:
            if route.takes is not None:
                msgspec.json.decode(await request.read(), type=route.takes)
            if request.method == "PUT" and path.startswith("/settings/"):
                checked(request.match_info["name"], (await request.json())["value"])
            if route.gives is not None and isinstance(answer, web.Response):
                assert isinstance(answer.body, bytes)
                msgspec.json.decode(answer.body, type=route.gives)
        except (msgspec.MsgspecError, BodyInvalid) as error:
            self.drift.append(f"{request.method} {path}: {error}")

    async def _admit(self, request: web.Request, path: str) -> None:
        if request.method == "GET":
            self.reads.append(path)
        else:
            body = await request.json() if request.body_exists else None
            async with self._news:
                self.asked.append((request.method, path, body))
                self._news.notify_all()
        refusal = self.refusals.get((request.method, path))
        if refusal is not None:
            raise Refused(*refusal)
        public = path.startswith("/invitations/") or (request.method, path) == ("POST", "/session")
        if public:
            return
        if self.signed_in is None or request.cookies.get(COOKIE) != self.signed_in:
            raise Refused(401, "not_signed_in")
        if request.method != "GET" and request.headers.get("X-CSRF-Token") != CSRF:
            raise Refused(403, "csrf_refused")

    def _routes(self, router: web.UrlDispatcher) -> None:
        def add(method: str, path: str, work: Callable[..., Any]) -> None:
            async def handle(request: web.Request) -> web.StreamResponse:
                body = await request.json() if request.body_exists else {}
                answer = work(dict(request.match_info), dict(request.query), body)
                if asyncio.iscoroutine(answer):
                    answer = await answer
                return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)

            router.add_route(method, f"/api/v1{path}", handle)

        add("POST", "/session", self._sign_in)
        add("GET", "/session", lambda *_: self._session())
        add("DELETE", "/session", self._sign_out)
        add("GET", "/invitations/{token}", self._invitation)
        add("POST", "/invitations/{token}", self._accept_invitation)
        add("PUT", "/me", self._change_me)
        add("POST", "/session/totp", lambda *_: {"secret": "JBSW Y3DP", "uri": "otpauth://x", "svg": SVG})
        add("PUT", "/session/totp", lambda _path, _query, body: self._totp(body, on=True))
        add("DELETE", "/session/totp", lambda _path, _query, body: self._totp(body, on=False))
        add("GET", "/queue", lambda *_: self._queue())
        add("GET", "/queue/{list}", self._part)
        add("GET", "/conversations/{id}", lambda path, *_: self._head(path["id"]))
        add("GET", "/conversations/{id}/timeline", self._timeline)
        add("GET", "/conversations/{id}/brief", lambda path, *_: self._brief(path["id"]))
        add("GET", "/conversations/{id}/canned", lambda path, *_: self._filled(path["id"]))
        for name in ("take", "release", "close", "transfer", "snooze", "notes", "replies"):
            add("POST", f"/conversations/{{id}}/{name}", getattr(self, f"_{name}"))
        add("DELETE", "/replies/{id}", self._undo)
        add("POST", "/messages/{id}/resend", self._resend)
        add("POST", "/customers/{id}/block", self._block)
        add("POST", "/offers/{id}/accept", self._accept)
        add("POST", "/offers/{id}/pass", self._pass)
        add("GET", "/search", self._search)
        add("GET", "/canned", lambda *_: self.canned)
        add("PUT", "/canned/{shortcut}/{language}", self._put_canned)
        add("DELETE", "/canned/{shortcut}/{language}", self._drop_canned)
        add("GET", "/colleagues", lambda *_: [self._colleague(one) for one in self.agents.values()])
        add(
            "GET",
            "/attachments/{id}/preview",
            lambda *_: web.Response(body=PICTURE, content_type="image/png"),
        )
        add("GET", "/agents", lambda *_: [self._member(one) for one in self.agents.values()])
        add("POST", "/agents", self._add_agent)
        add("PUT", "/agents/{id}", self._change_agent)
        add("GET", "/teams", lambda *_: self.teams)
        add("POST", "/teams", self._add_team)
        add("PUT", "/teams/{id}", self._change_team)
        add("GET", "/settings/{name}", lambda path, *_: self._setting(path["name"]))
        add("PUT", "/settings/{name}", self._change_setting)
        add("GET", "/tokens", lambda *_: self.tokens)
        add("POST", "/tokens", self._add_token)
        add("GET", "/webhooks", lambda *_: self.hooks)
        add("POST", "/webhooks", self._add_hook)
        add("GET", "/audit", self._audit)
        add("GET", "/alerts", lambda *_: self._alerts())
        add("POST", "/alerts/{id}/acknowledge", self._acknowledge)

    # -- People -------------------------------------------------------------------------------------------

    def _session(self) -> Json:
        return {
            "agent": self.me,
            "csrf": CSRF,
            "second_factor": self.second_factor,
            "hold_seconds": self.hold_seconds,
            "site": {"languages": ["en", "pl", "el", "bg", "ro"], "name": "Demo"},
        }

    def _sign_in(self, _path: Json, _query: Json, body: Json) -> web.Response:
        if body["email"] not in self.agents or body["password"] != PASSWORD:
            raise Refused(401, "sign_in_failed")
        if self.second_factor and not body.get("code"):
            raise Refused(401, "second_factor_needed")
        if self.second_factor and body["code"] != CODE:
            raise Refused(401, "sign_in_failed")
        return self._enter(body["email"])

    def _enter(self, email: str) -> web.Response:
        self.signed_in = email
        response = web.json_response(self._session())
        response.set_cookie(COOKIE, email, httponly=True, samesite="Strict")
        return response

    def _sign_out(self, *_: Json) -> Json:
        self.signed_in = None
        return {}

    def _invitation(self, path: Json, *_: Json) -> Json:
        if path["token"] != INVITATION:
            raise Refused(404, "invitation_invalid")
        return {"email": ADMIN["email"], "name": "", "role": "admin"}

    def _accept_invitation(self, path: Json, _query: Json, body: Json) -> web.Response:
        self._invitation(path)
        self.agents[ADMIN["email"]]["name"] = body["name"]
        return self._enter(ADMIN["email"])

    def _change_me(self, _path: Json, _query: Json, body: Json) -> Json:
        if "password" in body and body["old_password"] != PASSWORD:
            raise Refused(401, "sign_in_failed")
        self.me.update({name: value for name, value in body.items() if "password" not in name})
        return self._session()

    def _totp(self, body: Json, *, on: bool) -> Json:
        if body["code"] != CODE:
            raise Refused(401, "sign_in_failed")
        self.second_factor = on
        return self._session()

    def _colleague(self, one: Json) -> Json:
        open_ones = sum(1 for item in self.items if item["owner"] and item["owner"]["id"] == one["id"])
        return {name: one[name] for name in ("id", "name", "presence", "languages", "teams")} | {
            "open": open_ones
        }

    def _member(self, one: Json) -> Json:
        extra = {
            "invited": False,
            "second_factor": False,
            "disabled": False,
            "sessions": 1,
            "present_at": None,
        }
        return extra | one

    def _add_agent(self, _path: Json, _query: Json, body: Json) -> Json:
        made = ELENI | body | {"id": f"agent-{len(self.agents)}", "teams": [], "presence": "offline"}
        self.agents[body["email"]] = made
        return {"agent": self._member(made), "link": f"{self.url}#/invitation/{INVITATION}"}

    def _change_agent(self, path: Json, _query: Json, body: Json) -> Json:
        one = next(agent for agent in self.agents.values() if agent["id"] == path["id"])
        one.update({name: body[name] for name in ("name", "role", "languages", "capacity") if name in body})
        return self._member(one)

    def _add_team(self, _path: Json, _query: Json, body: Json) -> Json:
        self.teams.append(body | {"id": f"team-{len(self.teams)}"})
        return self.teams[-1]

    def _change_team(self, path: Json, _query: Json, body: Json) -> Json:
        team = next(one for one in self.teams if one["id"] == path["id"])
        team.update(body)
        return team

    def _setting(self, name: str) -> Json:
        return {"name": name, "version": self.versions.get(name, 0), "value": self.settings[name]}

    def _change_setting(self, path: Json, _query: Json, body: Json) -> Json:
        name = path["name"]
        if body["version"] != self.versions.get(name, 0):
            raise Refused(409, "outdated")
        self.versions[name] = body["version"] + 1
        self.settings[name] = body["value"]
        return self._setting(name)

    def _add_token(self, _path: Json, _query: Json, body: Json) -> Json:
        made = {"id": f"token-{len(self.tokens)}", "agent_id": self.me["id"], "name": body["name"]}
        made |= {"scopes": body["scopes"], "created_at": ago(0), "expires_at": None, "used_at": None}
        self.tokens.append(made)
        return {"info": made, "token": "grija_secret_1"}

    def _add_hook(self, _path: Json, _query: Json, body: Json) -> Json:
        self.hooks.append(
            body
            | {"id": f"hook-{len(self.hooks)}", "created_at": ago(0), "waiting": 0, "dead": 0, "error": None}
        )
        return {"webhook": self.hooks[-1], "secret": "hook_secret_1"}

    def _alerts(self) -> Json:
        unseen = sum(one["acknowledged_at"] is None for one in self.alerts)
        return {"alerts": self.alerts, "open": unseen, "next": None}

    def _acknowledge(self, path: Json, *_: Json) -> Json:
        found = next(one for one in self.alerts if one["id"] == int(path["id"]))
        found |= {"acknowledged_by": self.me["name"], "acknowledged_at": ago(0)}
        return found

    def _audit(self, *_: Json) -> Json:
        rows = [
            {"id": 2, "at": ago(5), "actor": ADMIN["id"], "action": "setting_changed", "subject": "hours"},
            {
                "id": 1,
                "at": ago(50),
                "actor": "command line",
                "action": "agent_added",
                "subject": ADMIN["id"],
            },
        ]
        return {"entries": [row | {"details": {"role": "admin"}, "hash": "0"} for row in rows], "next": None}

    # -- The desk -----------------------------------------------------------------------------------------

    def _lists(self) -> dict[str, list[Json]]:
        lists: dict[str, list[Json]] = {name: [] for name in LISTS}
        for item in self.items:
            lists[self._list_of(item)].append(item)
        return lists

    def _list_of(self, item: Json) -> str:
        if item["snoozed_until"]:
            return "snoozed"
        if item["status"] == "human":
            return "mine" if item["owner"]["id"] == self.me["id"] else "others"
        return {"queued": "waiting", "bot": "bot", "closed": "closed"}[item["status"]]

    def _queue(self) -> Json:
        lists = self._lists_open()
        counts = {name: len(found) for name, found in lists.items()}
        return {name: found[:100] for name, found in lists.items()} | {"counts": counts}

    def _lists_open(self) -> dict[str, list[Json]]:
        closed = [item for item in self.items if item["status"] == "closed"]
        self.items = [item for item in self.items if item["status"] != "closed"]
        lists = self._lists()
        self.items += closed
        return lists

    def _part(self, path: Json, query: Json, _body: Json) -> Json:
        found = self._lists_open()[path["list"]]
        start, limit = int(query.get("after", 0)), int(query.get("limit", 100))
        rest = found[start : start + limit]
        return {"items": rest, "next": str(start + limit) if start + limit < len(found) else None}

    def _head(self, conversation: str) -> Json:
        item = self.item(conversation)
        customer = item["customer"]
        queued = item["status"] in ("queued", "human")
        handoff = {
            "id": item["handoff"],
            "conversation": conversation,
            "reason": item["reason"],
            "detail": {},
            "seq": 1,
            "priority": item["priority"],
            "offered_to": item["offered_to"],
            "offered_until": item["offered_until"],
            "wanted": None,
            "team": None,
            "later_at": None,
            "anger": item["anger"],
            "queued_at": item["queued_at"] or ago(600),
            "taken_at": ago(300) if item["status"] == "human" else None,
            "taken_by": item["owner"],
            "ended_at": None,
            "end": None,
            "note": "",
        }
        return {
            "conversation": {
                "id": conversation,
                "status": item["status"],
                "epoch": item["epoch"],
                "owner": item["owner"],
                "language": item["language"],
                "channel": item["channel"],
                "opened_at": ago(4000),
                "closed_at": None,
                "outcome": item.get("outcome"),
                "rating": None,
                "rating_comment": None,
                "snoozed_until": item["snoozed_until"],
                "troubled": False,
                "last_seq": self.last_seq(conversation),
                "seen_seq": 0,
            },
            "customer": {
                "id": customer["id"],
                "name": customer["name"],
                "email": "katerina@example.com",
                "since": "2025-03-04T09:00:00Z",
                "blocked": customer["id"] in self.blocked,
                "languages": [item["language"], "en"] if item["language"] != "en" else ["en"],
                "addresses": [
                    {"channel": item["channel"], "account": "demo", "reachable": True},
                    {"channel": "telegram", "account": "bot", "reachable": False},
                ],
            },
            "handoff": handoff if queued and item["handoff"] else None,
            "handoffs": [
                handoff | {"id": "old", "reason": "missed", "note": "Parcel found at the neighbour's."}
            ],
            "viewers": [{"id": self.me["id"], "name": self.me["name"], "typing": False}],
        }

    def _timeline(self, path: Json, query: Json, _body: Json) -> Json:
        conversation = path["id"]
        newest = self.last_seq(conversation)
        limit = min(int(query.get("limit", 50)), 200)
        if "after" in query:
            low = int(query["after"]) + 1
            high = min(low + limit - 1, newest)
        else:
            high = min(int(query["before"]) - 1, newest) if "before" in query else newest
            low = max(1, high - limit + 1)
        entries = [entry for entry in self.talk(conversation) if low <= _place(entry) < high + 1]
        if high >= newest:
            entries += [reply for reply in self.held.values() if reply["conversation"] == conversation]
        return {"entries": entries, "more": high < newest if "after" in query else low > 1}

    def _brief(self, conversation: str) -> Json:
        made = brief(conversation)
        if conversation != "c1":
            made |= {
                name: [] for name in ("customer", "wish", "tried", "earlier", "promised", "mood", "answers")
            }
            made["next"] = {"text": "", "messages": []}
        return made

    def _filled(self, conversation: str) -> list[Json]:
        item = self.item(conversation)
        wanted = {one["shortcut"]: one for one in self.canned if one["language"] == "en"}
        wanted |= {one["shortcut"]: one for one in self.canned if one["language"] == item["language"]}
        name = item["customer"]["name"].split(" ")[0]
        mine = {one["shortcut"]: one["text"] for one in self.canned if one["language"] == self.me["locale"]}
        return [
            one
            | {
                "text": one["text"].replace("{customer}", name),
                "missing": ["order"] if "{order}" in one["text"] else [],
                "own": "" if one["language"] == self.me["locale"] else mine.get(one["shortcut"], ""),
            }
            for one in wanted.values()
        ]

    async def _changed(self, conversation: str) -> Json:
        await self.push({"type": "conversation", "id": conversation})
        await self.lists_changed()
        item = self.item(conversation)
        owner = item["owner"] and item["owner"]["id"]
        return {"id": conversation, "status": item["status"], "epoch": item["epoch"], "owner": owner}

    async def _take(self, path: Json, _query: Json, body: Json) -> Json:
        if body["epoch"] != self.item(path["id"])["epoch"]:
            raise Refused(409, "stale_owner")
        self.own(path["id"], self.me)
        await self.happen(path["id"], "taken", self._named())
        return await self._changed(path["id"])

    async def _release(self, path: Json, _query: Json, body: Json) -> Json:
        self.own(path["id"], None, "bot")
        await self.happen(path["id"], "returned", self._named(), note=body["note"])
        return await self._changed(path["id"])

    async def _close(self, path: Json, _query: Json, body: Json) -> Json:
        self.own(path["id"], None, "closed")
        self.item(path["id"])["outcome"] = body["outcome"]
        await self.happen(path["id"], "closed", self._named(), outcome=body["outcome"], note=body["note"])
        return await self._changed(path["id"])

    async def _transfer(self, path: Json, _query: Json, body: Json) -> Json:
        self.own(path["id"], None, "queued")
        await self.happen(path["id"], "transferred", self._named(), note=body["note"])
        return await self._changed(path["id"])

    async def _snooze(self, path: Json, _query: Json, body: Json) -> Json:
        self.item(path["id"])["snoozed_until"] = body["until"]
        await self.happen(
            path["id"], "snoozed" if body["until"] else "woken", self._named(), until=body["until"]
        )
        return await self._changed(path["id"])

    async def _notes(self, path: Json, _query: Json, body: Json) -> Json:
        await self.happen(path["id"], "note", self._named(), text=body["text"], mentions=body["mentions"])
        return self.talk(path["id"])[-1]

    async def _replies(self, path: Json, _query: Json, body: Json) -> Json:
        conversation = path["id"]
        item = self.item(conversation)
        if item["status"] != "human":
            self.own(conversation, self.me)
            await self.happen(conversation, "taken", self._named())
        elif item["owner"]["id"] != self.me["id"]:
            raise Refused(403, "not_yours")
        due = datetime.now(timezone.utc) + timedelta(seconds=self.hold_seconds)
        reply = {
            "kind": "held",
            "id": f"held-{len(self.asked)}",
            "conversation": conversation,
            "text": body["text"],
        }
        reply |= {"due_at": stamp(due), "agent": self._named()}
        self.held[reply["id"]] = reply
        loop = asyncio.get_running_loop()
        # The clock of the double is the page's own: a reply goes out when its time has come.
        self._sending.add(
            loop.call_later(self.hold_seconds, lambda: loop.create_task(self.send_held(reply["id"])))
        )
        await self._changed(conversation)
        return {"id": reply["id"], "due_at": reply["due_at"]}

    async def send_held(self, reply_id: str) -> None:
        """The time of a held reply has come, unless it was taken back."""
        reply = self.held.pop(reply_id, None)
        if reply is None or self.signed_in is None:
            return
        author = {"kind": "agent", "name": self.me["name"], "agent_id": self.me["id"]}
        delivery = {"status": "sent", "error": None}
        await self.say(reply["conversation"], reply["text"], "agent", author=author, delivery=delivery)

    async def _undo(self, path: Json, *_: Json) -> Json:
        if self.held.pop(path["id"], None) is None:
            raise Refused(404, "unknown")
        return {}

    async def _resend(self, path: Json, *_: Json) -> Json:
        for conversation, entries in self.entries.items():
            for entry in entries:
                if entry["id"] == path["id"]:
                    entry["delivery"] = {"status": "waiting", "error": None}
                    await self.push({"type": "conversation", "id": conversation})
                    await self.lists_changed()
        return {}

    def _block(self, path: Json, _query: Json, body: Json) -> Json:
        (self.blocked.add if body["blocked"] else self.blocked.discard)(path["id"])
        return {}

    async def _accept(self, path: Json, *_: Json) -> Json:
        item = next(one for one in self.items if one["handoff"] == path["id"])
        self.own(item["conversation"], self.me)
        await self.push({"type": "offer_ended", "handoff": path["id"]})
        return await self._changed(item["conversation"])

    async def _pass(self, path: Json, *_: Json) -> Json:
        item = next(one for one in self.items if one["handoff"] == path["id"])
        item["offered_to"] = item["offered_until"] = None
        await self.push({"type": "offer_ended", "handoff": path["id"]})
        return {}

    def _search(self, _path: Json, query: Json, _body: Json) -> Json:
        hits = []
        for conversation in [item["conversation"] for item in self.items]:
            for entry in self.talk(conversation):
                if entry["kind"] == "message" and query["q"].lower() in entry["text"].lower():
                    hits.append(self._hit(conversation, entry))
        return {"hits": hits, "next": None}

    def _hit(self, conversation: str, entry: Json) -> Json:
        found = {name: entry[name] for name in ("seq", "text", "at", "channel")}
        customer = self.item(conversation)["customer"]
        return found | {"conversation": conversation, "customer": customer, "author": entry["author"]["kind"]}

    def _put_canned(self, path: Json, _query: Json, body: Json) -> Json:
        self._drop_canned(path)
        self.canned.append(body | path)
        return self.canned[-1]

    def _drop_canned(self, path: Json, *_: Json) -> Json:
        self.canned = [one for one in self.canned if not path.items() <= one.items()]
        return {}

    def _named(self) -> Json:
        return {"id": self.me["id"], "name": self.me["name"]}

    # -- The socket ---------------------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("grija.console.v1",))
        await socket.prepare(request)
        if self.signed_in is None or request.cookies.get(COOKIE) != self.signed_in:
            await socket.close(code=4401)
            return socket
        await socket.send_json({"type": "hello"})
        self.sockets.append(socket)
        try:
            async for raw in socket:
                if raw.type is WSMsgType.TEXT:
                    await self._hear(socket, json.loads(raw.data))
        finally:
            for sockets in (self.sockets, self.showing):
                if socket in sockets:
                    sockets.remove(socket)
        return socket

    async def _hear(self, socket: web.WebSocketResponse, frame: Json) -> None:
        if frame["type"] == "ping":
            await socket.send_json({"type": "pong"})
        if frame["type"] == "lists" and frame["on"]:
            self.showing.append(socket)
            await socket.send_json({"type": "lists", "queue": self._queue()})
        async with self._news:
            self.heard.append(frame)
            self._news.notify_all()


_NAME = re.compile(r"\{\w+\}")


@cache
def _real_routes() -> dict[tuple[str, str], Route]:
    """The routes of the real server, of which only the shapes are used: nothing behind them is there."""
    routes = all_routes(MagicMock(spec_set=list(Grija.__annotations__)))
    return {(route.method, _NAME.sub("{}", route.path)): route for route in routes}


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 3"><path d="M0 0h1v1H0zM2 2h1v1H2z"/></svg>'


def _place(entry: Json) -> float:
    return float(entry["seq"]) if entry["kind"] == "message" else entry["after_seq"] + 0.5


async def _page(request: web.Request) -> web.Response:
    page = web.Response(body=(DIST / "console.html").read_bytes(), content_type="text/html", charset="utf-8")
    page.headers["Content-Security-Policy"] = POLICY
    return page


async def _asset(request: web.Request) -> web.FileResponse:
    return web.FileResponse(DIST / request.match_info["name"])
