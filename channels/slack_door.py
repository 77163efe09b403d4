"""Slack's deliveries over HTTP: `/webhooks/slack`. Signature first, then kept, then "got it"."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bot.errors import SignatureInvalid
from channels.slack_deliveries import Delivery, of_body

WINDOW_SECONDS = 5 * 60
"""How old a signature may be. An older one may be a recording."""

LARGEST_BODY = 512 * 1024

Take = Callable[[Delivery], Awaitable[Mapping[str, Any] | None]]
"""Makes a delivery durable; what to answer besides "got it". StoreUnavailable: Slack must deliver again."""


class Door:
    """The handler of the webhook."""

    def __init__(self, secret: str, take: Take, *, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._take = take
        self._clock = clock

    async def handle(self, request: web.Request) -> web.Response:
        """Take one delivery in. SignatureInvalid before anything of it is understood."""
        moment = self._moment(request)
        if (request.content_length or 0) > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(LARGEST_BODY, request.content_length or 0)
        body = await request.read()
        if len(body) > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(LARGEST_BODY, len(body))
        self._check(request.headers.get("X-Slack-Signature", ""), moment, body)
        delivery = of_body(body, request.content_type)
        if delivery.payload.get("type") == "url_verification":
            return _challenge(delivery.payload)
        answer = await self._take(delivery)
        return web.Response() if answer is None else web.json_response(answer)

    def _moment(self, request: web.Request) -> str:
        moment = request.headers.get("X-Slack-Request-Timestamp", "")
        if not re.fullmatch("[0-9]{1,12}", moment) or not request.headers.get("X-Slack-Signature"):
            raise SignatureInvalid("this is not signed by Slack")
        if abs(self._clock() - int(moment)) > WINDOW_SECONDS:
            raise SignatureInvalid("the signature is too old; is the clock of this machine right?")
        return moment

    def _check(self, given: str, moment: str, body: bytes) -> None:
        # Over bytes, unlike the SDK's verifier, which fails on a body or a header that is no UTF-8.
        signed = b"v0:" + moment.encode() + b":" + body
        right = "v0=" + hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.encode("utf-8", errors="surrogateescape"), right.encode()):
            raise SignatureInvalid("the signature is not Slack's; is GRIJA_SLACK_SIGNING_SECRET right?")


def _challenge(payload: Mapping[str, Any]) -> web.Response:
    challenge = payload.get("challenge")
    text = challenge if isinstance(challenge, str) else ""
    return web.Response(text=text, content_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})
