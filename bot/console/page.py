"""The console's page, which may run no script but its own, from files, and take no text for HTML."""

from __future__ import annotations

from pathlib import Path

from aiohttp import hdrs, web

PAGE = "console.html"
"""The page among the built ones."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # No text becomes HTML or a script, whoever wrote it: the browser refuses, whatever a page's code does.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Content-Security-Policy of the page."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    str(hdrs.CACHE_CONTROL): "no-cache",
}


def page(dist: Path) -> web.FileResponse:
    """The page out of the folder of built pages; 503 if it is not there."""
    path = dist / PAGE
    if not path.is_file():
        raise web.HTTPServiceUnavailable(text="The pages are not built. Run `make run`, or `npm run build`.")
    return web.FileResponse(path, headers=_HEADERS)
