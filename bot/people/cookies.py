"""The session's cookie in requests and answers."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

SECURE_NAME = "__Host-grija"
"""A browser takes a cookie of such a name only over https, for this host alone, for all paths."""
LOCAL_NAME = "grija"
"""For http://localhost, where browsers know no secure cookies."""

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


class Cookies:
    """Reads and sets the cookie. `public_url` is the address under which people reach the server."""

    def __init__(self, public_url: str) -> None:
        self._https = public_url.startswith("https:")

    def read(self, request: web.Request) -> str | None:
        """The value of the cookie under the one name that counts for this address."""
        return request.cookies.get(self._name(request))

    def put(self, request: web.Request, response: web.Response, value: str) -> None:
        """Let the browser keep the value until it is closed; scripts and other sites never get it."""
        response.set_cookie(
            self._name(request),
            value,
            path="/",
            httponly=True,
            secure=self._secure(request),
            samesite="Strict",
        )

    def remove(self, request: web.Request, response: web.Response) -> None:
        """Let the browser forget the value."""
        response.del_cookie(
            self._name(request), path="/", httponly=True, secure=self._secure(request), samesite="Strict"
        )

    def _name(self, request: web.Request) -> str:
        return SECURE_NAME if self._secure(request) else LOCAL_NAME

    def _secure(self, request: web.Request) -> bool:
        return self._https or _host(request.host) not in _LOCAL_HOSTS


def _host(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
