"""Logs: one JSON object a line, with ids, without customers' words and without their addresses and numbers."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog

from bot.redaction import redact_event
from bot.settings import Settings

# Chatty at INFO, and httpx would write addresses that hold a token.
_QUIET = (
    "httpx",
    "httpcore",
    "asyncio",
    "aiohttp.access",
    "alembic",
    "rasa",
    "rasa_sdk",
    "apscheduler",
    "slack_sdk",
    "slack_bolt",
    # At DEBUG it writes what is sent.
    "telegram",
)


# At ERROR it writes the whole of an answer that is no JSON, and with it what somebody has said.
_SILENT = ("telegram.request.BaseRequest",)


def set_up(settings: Settings) -> None:
    """Send our logs and everybody else's to standard error in one form. Call once, at start."""
    level = getattr(logging, settings.log_level.upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shared += [structlog.processors.format_exc_info] if settings.log_text else [without_text, places_only]
    shared += [redact_event]
    people = settings.log_format == "console"
    renderer = (
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        if people
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=renderer,
            foreign_pre_chain=shared,
            keep_exc_info=False,
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def without_text(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A processor that takes out what a customer or the bot has said."""
    for key in ("text", "parse", "raw", "replies_text"):
        if key in event:
            event[key] = "(not logged)"
    return event


def places_only(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A processor that writes where an exception happened, not what it says: that may quote a customer."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    lines: list[str] = []
    while isinstance(error, BaseException):
        frames = "".join(traceback.format_tb(error.__traceback__))
        lines.append(f"{type(error).__module__}.{type(error).__qualname__}\n{frames}".rstrip())
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if lines:
        event["exception"] = "\ncaused by ".join(lines)
    return event
