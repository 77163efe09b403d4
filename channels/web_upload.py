"""Uploads of the web widget: one POST with the bytes of one file, which becomes a message with an attachment.

The bytes are counted while they come and looked at before anybody is told "got it". Then the file takes the same way as
those of every platform: the hub accepts the message, and the attachments' lane fetches, scans and keeps.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import hdrs, web

from bot.attachments import checked_type, files_of, limit
from bot.errors import (
    AttachmentUnavailable,
    ClientError,
    FileRefused,
    FileTooLarge,
    FileTypeRefused,
    FrameInvalid,
    RateLimited,
    StoreUnavailable,
    TokenInvalid,
    Unavailable,
)
from bot.files import Received, pieces_of
from bot.filetypes import FileType
from bot.hub import Hub
from bot.models import Accepted, Inbound, IncomingFile
from bot.text import clean
from channels import widget_frames as frames
from channels.web_limits import Connections, Rate
from channels.web_session import Door, Visitor, recognise

_PIECE = 64 * 1024
_SECONDS = 300.0
_LONGEST_HEADER = 4096
_LONGEST_NAME = 200
_KINDS = {"image": "photo", "audio": "audio", "video": "video"}

MESSAGE, NAME, IDENTITY, LOCALE = "X-Grija-Message", "X-Grija-Name", "X-Grija-Identity", "X-Grija-Locale"
"""Headers of an upload; name and identity are percent-encoded, because headers are ASCII."""


@dataclass(frozen=True)
class Head:
    """What the headers of an upload say."""

    token: str
    client_msg_id: str
    name: str
    identity: frames.Identity | None
    locale: str | None


class Uploads:
    """Takes files over HTTP and gives them out to the attachments' lane."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._settings = door.context.settings
        self._files = files_of(self._settings)
        self._rate = Rate(self._settings.uploads_per_hour, seconds=3600, what="files")
        self._running = Connections(total=64, per_ip=6)

    async def handle(self, request: web.Request, hub: Hub, ip: str) -> web.Response:
        """Answer one upload: 200 with the ids of the message, or an error that the page may read."""
        try:
            with self._running.one(ip):
                return await self._take(request, hub, ip)
        except ClientError as problem:
            return self._refused(problem)

    async def fetch(self, file: IncomingFile) -> AsyncIterator[bytes]:
        """The bytes of an uploaded file. AttachmentUnavailable if it lay too long."""
        try:
            path = self._files.incoming(file.remote_id)
        except ValueError:
            raise AttachmentUnavailable("this was never uploaded") from None
        if not path.is_file():
            raise AttachmentUnavailable("the uploaded file is not there any more")
        return pieces_of(path)

    async def _take(self, request: web.Request, hub: Hub, ip: str) -> web.Response:
        head = parse_head(request.headers)
        visitor = recognise(self._door.context, head.token, head.identity, head.locale)
        if visitor is None:
            raise TokenInvalid("say hello on the socket first, and send the token of its welcome")
        if (request.content_length or 0) > limit(self._settings):
            raise FileTooLarge(f"a file has at most {limit(self._settings)} bytes")
        self._door.messages.take(visitor.id)
        self._rate.take(ip)
        received = await self._receive(request)
        try:
            kind = checked_type(received.head, self._settings)
            accepted = await hub.accept(_inbound(self._settings.site, visitor, head, kind, received))
        except StoreUnavailable:
            self._files.discard(received)
            raise Unavailable("the file could not be stored; send it again later") from None
        except ClientError:
            self._files.discard(received)
            raise
        if not accepted.fresh:
            self._files.discard(received)
        return web.json_response(_acknowledged(head, accepted))

    def _refused(self, problem: ClientError) -> web.Response:
        error: dict[str, object] = {"code": problem.code, "message": str(problem)}
        headers = {"X-Content-Type-Options": "nosniff"}
        if isinstance(problem, RateLimited):
            error["retry_after"] = math.ceil(problem.retry_after)
            headers[hdrs.RETRY_AFTER] = str(math.ceil(problem.retry_after))
        if isinstance(problem, FileTooLarge):
            error["megabytes"] = self._settings.file_megabytes
        if isinstance(problem, FileTypeRefused):
            error["types"] = list(self._settings.file_types)
        return web.json_response({"error": error}, status=problem.http_status, headers=headers)

    async def _receive(self, request: web.Request) -> Received:
        pieces = request.content.iter_chunked(_PIECE)
        try:
            return await asyncio.wait_for(self._files.receive(pieces, limit=limit(self._settings)), _SECONDS)
        except asyncio.TimeoutError:
            raise FileRefused(f"an upload ends within {_SECONDS:g} s") from None


def parse_head(headers: Mapping[str, str]) -> Head:
    """What the headers of an upload say; TokenInvalid or FrameInvalid if they do not say it as they should."""
    kind, _, token = headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise TokenInvalid("send the visitor's token as Authorization: Bearer …")
    given = {name: headers.get(name, "") for name in (MESSAGE, NAME, IDENTITY, LOCALE)}
    if any(len(value) > _LONGEST_HEADER for value in given.values()):
        raise FrameInvalid("a header of the upload is too long")
    return Head(
        token=token.strip(),
        client_msg_id=frames.client_id({"client_msg_id": given[MESSAGE]}),
        name=file_name(unquote(given[NAME])),
        identity=_identity(given[IDENTITY]),
        locale=frames.locale_of(given[LOCALE]),
    )


def file_name(text: str) -> str:
    """A file's own name, without folders and line ends, at most 200 characters."""
    last = clean(text).replace("\n", " ").replace("\\", "/").rpartition("/")[2].strip()
    return last[-_LONGEST_NAME:]


def _identity(text: str) -> frames.Identity | None:
    if not text:
        return None
    try:
        return frames.identity(json.loads(unquote(text)))
    except (ValueError, RecursionError):
        raise FrameInvalid("the identity must be percent-encoded JSON") from None


def _inbound(site: str, visitor: Visitor, head: Head, kind: FileType, received: Received) -> Inbound:
    sort = _KINDS.get(kind.mime.partition("/")[0], "document")
    return Inbound(
        channel="web",
        account=site,
        event_id=f"{visitor.id}/{head.client_msg_id}",
        sender=visitor.id,
        raw=json.dumps({"upload": head.name, "size": received.size}),
        name=visitor.name,
        locale=visitor.locale,
        verified=visitor.verified,
        attachments=(IncomingFile(sort, received.path.name, head.name, kind.mime, received.size),),
    )


def _acknowledged(head: Head, accepted: Accepted) -> dict[str, object]:
    return frames.ack(client_msg_id=head.client_msg_id, message_id=accepted.message_id, seq=accepted.seq)
