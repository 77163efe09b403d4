"""The web widget's channel: a socket that replays from the store and then shows what is new.

Messages are not pushed through the outbox: the widget says up to where it has seen (`last_seq`), and the store
knows the rest. What a broken connection lost is sent again, and the widget shows each message once.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from bot.errors import OriginRefused
from bot.hub import Hub
from bot.models import Address, Message
from channels import Channel, ChannelContext
from channels.web_limits import Connections, Rate
from channels.web_session import Door, Session
from channels.widget_frames import MAXIMUM_FRAME, PROTOCOL

_HEARTBEAT = 25.0


class WebChannel(Channel):
    """Serves `/widget/ws`."""

    name = "web"
    pushes = False

    def __init__(self, context: ChannelContext) -> None:
        settings = context.settings
        self._settings = settings
        self._metrics = context.metrics
        self._connections = Connections(total=settings.sockets, per_ip=settings.sockets_per_ip)
        self._door = Door(
            context,
            messages=Rate(settings.messages_per_minute, seconds=60),
            visitors=Rate(settings.visitors_per_hour, seconds=3600),
        )
        self._hub: Hub | None = None
        self._sockets: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/widget/ws", self._handle)]

    async def start(self, hub: Hub) -> None:
        self._hub = hub

    async def stop(self) -> None:
        for socket in list(self._sockets):
            await socket.close(code=1001, message=b"the server restarts")

    async def send(self, address: Address, message: Message) -> str:
        raise NotImplementedError("the widget fetches its messages from the store")

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        check_origin(request, self._settings.allowed_origins)
        ip = client_ip(request, self._settings.trusted_proxies)
        with self._connections.one(ip):
            socket = web.WebSocketResponse(
                protocols=(PROTOCOL,), max_msg_size=MAXIMUM_FRAME, heartbeat=_HEARTBEAT, compress=False
            )
            await socket.prepare(request)
            self._sockets.add(socket)
            self._metrics.sockets.set(self._connections.count)
            try:
                assert self._hub is not None, "routes are served after start"
                await Session(socket, ip=ip, hub=self._hub, door=self._door).run()
            finally:
                self._sockets.discard(socket)
        self._metrics.sockets.set(self._connections.count)
        return socket


def check_origin(request: web.Request, allowed: tuple[str, ...]) -> None:
    """Return if the page that opens the socket may; OriginRefused if not.

    The server's own pages always may. A client that sends no Origin is no browser, so no page of another
    site can be behind it.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin in allowed or urlsplit(origin).netloc == request.host:
        return
    raise OriginRefused(f"pages of {origin} may not open the widget; add it to GRIJA_ALLOWED_ORIGINS")


def client_ip(request: web.Request, trusted_proxies: int) -> str:
    """The customer's IP address: the peer, or what the trusted proxies in front say it is."""
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    if trusted_proxies and len(forwarded) >= trusted_proxies:
        return forwarded[-trusted_proxies]
    return request.remote or "unknown"
