"""The web widget's channel: uploads, and a socket that replays from the store and then shows what is new.

Messages are not pushed through the outbox: the widget says up to where it has seen (`last_seq`), and the store
knows the rest. What a broken connection lost is sent again, and the widget shows each message once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlsplit

import structlog
from aiohttp import WSCloseCode, hdrs, web

from bot.errors import OriginRefused
from bot.hub import Hub
from bot.models import IncomingFile
from channels import Channel, ChannelContext
from channels.web_limits import Connections, Rate
from channels.web_session import Door, End, Session, end_socket
from channels.web_upload import IDENTITY, LOCALE, MESSAGE, NAME, Uploads
from channels.widget_frames import MAXIMUM_FRAME, PROTOCOL

log = structlog.get_logger(__name__)

_HEARTBEAT = 25.0


class WebChannel(Channel):
    """Serves `/widget/ws` and `/widget/upload`."""

    name = "web"

    def __init__(self, context: ChannelContext) -> None:
        settings = context.settings
        self._settings = settings
        self._metrics = context.metrics
        self._connections = Connections(total=settings.sockets, per_ip=settings.sockets_per_ip)
        self._door = Door(
            context,
            messages=Rate(settings.messages_per_minute, seconds=60),
            visitors=Rate(settings.visitors_per_hour, seconds=3600, what="new visitors"),
        )
        self._uploads = Uploads(self._door)
        self._hub: Hub | None = None
        self._ends: set[End] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/widget/ws", self._handle),
            web.post("/widget/upload", self._upload),
            web.options("/widget/upload", self._preflight),
        ]

    async def fetch(self, file: IncomingFile) -> AsyncIterator[bytes]:
        """The bytes of an uploaded file, as `channels.Fetches` promises."""
        return await self._uploads.fetch(file)

    async def start(self, hub: Hub) -> None:
        self._hub = hub

    async def stop(self) -> None:
        # All at once: one dead customer must not hold the end of the server.
        closing = [end(WSCloseCode.GOING_AWAY, "the server restarts") for end in self._ends]
        await asyncio.gather(*closing)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        check_origin(request, self._settings.allowed_origins)
        ip = client_ip(request, self._settings.trusted_proxies)
        with self._connections.one(ip):
            # aiohttp refuses a message as long as its limit: ours is the longest allowed.
            socket = web.WebSocketResponse(
                protocols=(PROTOCOL,), max_msg_size=MAXIMUM_FRAME + 1, heartbeat=_HEARTBEAT, compress=False
            )
            await socket.prepare(request)
            end = partial(end_socket, socket, request.transport)
            self._ends.add(end)
            self._metrics.sockets.inc()
            try:
                await self._serve(socket, ip, end)
            finally:
                self._ends.discard(end)
                self._metrics.sockets.dec()
        return socket

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        check_origin(request, self._settings.allowed_origins)
        assert self._hub is not None, "routes are served after start"
        ip = client_ip(request, self._settings.trusted_proxies)
        response = await self._uploads.handle(request, self._hub, ip)
        response.headers.update(_readable_by(request))
        return response

    async def _preflight(self, request: web.Request) -> web.Response:
        """A browser asks whether a page of another site may upload."""
        check_origin(request, self._settings.allowed_origins)
        allowed: dict[str, str] = {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: "POST",
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ", ".join(
                (hdrs.AUTHORIZATION, hdrs.CONTENT_TYPE, MESSAGE, NAME, IDENTITY, LOCALE)
            ),
            hdrs.ACCESS_CONTROL_MAX_AGE: "86400",
        }
        return web.Response(status=204, headers={**allowed, **_readable_by(request)})

    async def _serve(self, socket: web.WebSocketResponse, ip: str, end: End) -> None:
        assert self._hub is not None, "routes are served after start"
        try:
            await Session(socket, end, ip=ip, hub=self._hub, door=self._door).run()
        except Exception as error:
            # An HTTP answer is not possible any more. The widget comes back and gets what it missed.
            log.error("widget.failed", error=repr(error), exc_info=True)
            await end(WSCloseCode.INTERNAL_ERROR, "something went wrong on our side")


def check_origin(request: web.Request, allowed: tuple[str, ...]) -> None:
    """Return if the page that opens the socket may; OriginRefused if not.

    The server's own pages always may. A client that sends no Origin is no browser, so no page of another
    site can be behind it.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin in allowed or _host(origin) == request.host:
        return
    raise OriginRefused(f"pages of {origin} may not open the widget; add it to GRIJA_ALLOWED_ORIGINS")


def _readable_by(request: web.Request) -> dict[str, str]:
    """Headers that let the page read the answer, after its origin was checked."""
    origin = request.headers.get(hdrs.ORIGIN)
    headers: dict[str, str] = {str(hdrs.VARY): str(hdrs.ORIGIN)}
    if origin:
        headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
    return headers


def client_ip(request: web.Request, trusted_proxies: int) -> str:
    """The customer's IP address: the peer, or what the trusted proxies in front say it is."""
    # A proxy may write a header of its own below the one that the customer has made up.
    entries = ",".join(request.headers.getall("X-Forwarded-For", []))
    forwarded = [part.strip() for part in entries.split(",") if part.strip()]
    if trusted_proxies and len(forwarded) >= trusted_proxies:
        return forwarded[-trusted_proxies]
    return request.remote or "unknown"


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
