"""HTTP beside the channels: pages, health, metrics, and one form for every error."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from aiohttp import hdrs, web

from bot.dialogue_protocol import Readiness
from bot.errors import ClientError, GrijaError, RateLimited, StoreUnavailable, Unavailable
from bot.loop_lag import LoopLag
from bot.metrics import Metrics
from bot.store import Store
from channels import Channel

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

DIST = Path(__file__).resolve().parent.parent / "web" / "dist"
"""The built pages."""

_CODES = {404: "not_found", 405: "method_not_allowed"}
_ASSET = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
_PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'self'"
)


@dataclass(frozen=True)
class Pages:
    """The handlers of the pages and of those who watch the server."""

    store: Store
    metrics: Metrics
    lag: LoopLag
    readiness: Readiness
    sample_orders: Callable[[], Awaitable[list[dict[str, object]]]]
    channels: Mapping[str, Channel] = field(default_factory=dict)
    dist: Path = DIST

    def routes(self) -> list[web.RouteDef]:
        """All routes of this module."""
        return [
            web.get("/", self.index),
            web.get("/widget.js", self.widget),
            web.get("/assets/{name}", self.asset),
            web.get("/demo/orders.json", self.orders),
            web.get("/health", self.health),
            web.get("/ready", self.ready),
            web.get("/metrics", self.exposition),
        ]

    async def index(self, request: web.Request) -> web.StreamResponse:
        """The demo shop with the widget."""
        return self._file("index.html", policy=True)

    async def widget(self, request: web.Request) -> web.StreamResponse:
        """The one script that a site embeds."""
        response = self._file("widget.js")
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        return response

    async def asset(self, request: web.Request) -> web.StreamResponse:
        """One more file of the built pages, by its bare name."""
        name = request.match_info["name"]
        # Only bare names: aiohttp gives "%2F" in a path as "/", and "/etc/passwd" would be a path of its own.
        if not _ASSET.fullmatch(name) or not (self.dist / name).is_file():
            raise web.HTTPNotFound(text="There is no such file.")
        return self._file(name)

    async def orders(self, request: web.Request) -> web.Response:
        """Some orders of the demo shop to try the bot with; an empty list if another shop is behind it."""
        return web.json_response(await self.sample_orders())

    async def health(self, request: web.Request) -> web.Response:
        """Alive: the process answers."""
        return web.json_response({"status": "ok"})

    async def ready(self, request: web.Request) -> web.Response:
        """200 when messages are worked: the database answers, a model is loaded, lanes are open; else 503."""
        database = "ok"
        try:
            await self.store.ping()
        except StoreUnavailable as error:
            # What the driver says names hosts and users: it is for the log, not for everybody.
            log.warning("ready.database", error=str(error))
            database = "does not answer"
        parts = {"database": database, **self.readiness.parts()}
        ready = all(state == "ok" for state in parts.values())
        # Told, and no more: a platform in trouble is no reason to take the server from the customers of the others.
        channels = {name: channel.obstacle or "ok" for name, channel in self.channels.items()}
        return web.json_response(
            {"ready": ready, **parts, "channels": channels}, status=200 if ready else 503
        )

    async def exposition(self, request: web.Request) -> web.Response:
        """Metrics for Prometheus."""
        self.metrics.loop_lag_seconds.set(self.lag.worst())
        for name, channel in self.channels.items():
            self.metrics.channel_up.labels(name).set(not channel.obstacle)
        return web.Response(
            body=self.metrics.page(), headers={hdrs.CONTENT_TYPE: "text/plain; version=0.0.4"}
        )

    def _file(self, name: str, *, policy: bool = False) -> web.FileResponse:
        path = self.dist / name
        if not path.is_file():
            raise web.HTTPServiceUnavailable(
                text="The pages are not built. Run `make run`, or `npm run build`."
            )
        headers = {"X-Content-Type-Options": "nosniff", hdrs.CACHE_CONTROL: "no-cache"}
        if policy:
            headers |= {
                "Content-Security-Policy": _PAGE_POLICY,
                "Referrer-Policy": "strict-origin-when-cross-origin",
            }
        return web.FileResponse(path, headers=headers)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into {"error": {"code", "message"}}; what is not the client's business tells nothing."""
    try:
        return await handler(request)
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        return _of_http(answer)
    except RateLimited as error:
        response = _error(error.http_status, error.code, str(error))
        response.headers[hdrs.RETRY_AFTER] = str(math.ceil(error.retry_after))
        return response
    except ClientError as error:
        return _error(error.http_status, error.code, str(error))
    except GrijaError as error:
        log.error("request.failed", path=_place(request), error=repr(error))
        return _error(error.http_status, error.code, "This is not possible at the moment; try again later.")
    except Exception as error:
        log.error("request.failed", path=_place(request), error=repr(error), exc_info=True)
        return _error(500, GrijaError.code, "Something went wrong on our side.")


def _place(request: web.Request) -> str:
    """The route as it is written: what stands in its {places} may be a secret, such as an invitation."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "(no route)"


def _of_http(answer: web.HTTPException) -> web.Response:
    # aiohttp's own refusals (no such page, wrong method, too large) and ours of pages.
    code = _CODES.get(answer.status, Unavailable.code if answer.status >= 500 else ClientError.code)
    response = _error(answer.status, code, answer.text or answer.reason)
    if hdrs.ALLOW in answer.headers:
        response.headers[hdrs.ALLOW] = answer.headers[hdrs.ALLOW]
    return response


def _error(status: int, code: str, message: str) -> web.Response:
    # ASCII: a header that a client has sent may hold what is not valid UTF-8.
    body = json.dumps({"error": {"code": code, "message": message}})
    headers = {"X-Content-Type-Options": "nosniff"}
    return web.Response(status=status, text=body, content_type="application/json", headers=headers)
