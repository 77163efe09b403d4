"""Files of customers as answers: nothing of them runs in the console, whatever they are and are called."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from aiohttp import hdrs, web

from bot.errors import Unknown
from bot.models import Attachment

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    # A browser's disk outlives a session.
    str(hdrs.CACHE_CONTROL): "private, no-store",
}
_NAMELESS = "file"


def as_attachment(path: Path, file: Attachment) -> web.FileResponse:
    """A file to be saved, never to be shown in place. Unknown if its bytes have gone."""
    disposition = f"attachment; filename*=UTF-8''{quote(_name(file.name), safe='')}"
    headers = {**_HEADERS, str(hdrs.CONTENT_DISPOSITION): disposition}
    # Its own type, found in its bytes, is for the agent's computer; as a page of ours it would be opened here.
    return _answer(path, "application/octet-stream", headers)


def as_picture(path: Path) -> web.FileResponse:
    """A preview that we have drawn ourselves, to be shown. Unknown if its bytes have gone."""
    headers = {**_HEADERS, str(hdrs.CONTENT_DISPOSITION): "inline"}
    return _answer(path, "image/jpeg", headers)


def _answer(path: Path, mime: str, headers: dict[str, str]) -> web.FileResponse:
    if not path.is_file():
        raise Unknown("the file is not kept here any more")
    # Said by us: aiohttp would guess it.
    return web.FileResponse(path, headers={**headers, str(hdrs.CONTENT_TYPE): mime})


def _name(name: str) -> str:
    """A name that stays in the folder where it is saved."""
    bare = "".join("_" if mark in '/\\:*?"<>|' or not mark.isprintable() else mark for mark in name)
    return bare.strip(". ")[:120] or _NAMELESS
