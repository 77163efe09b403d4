"""Slack's deliveries over HTTP: signed, at once, again up to three times, and never two alike in their signature."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.platforms.slack import BOT_USER, SIGNING_SECRET, TEAM

_EVENTS = itertools.count(1)
RETRIES = 3


def sign(body: bytes, *, at: float | None = None, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """The headers with which Slack vouches for a body."""
    moment = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={digest}"}


def callback(
    event: Mapping[str, Any], *, event_id: str = "", team: str = TEAM, bot: str = BOT_USER
) -> dict[str, Any]:
    """An event in the envelope of the Events API."""
    return {
        "token": "old-verification-token",
        "team_id": team,
        "api_app_id": "A1",
        "type": "event_callback",
        "event_id": event_id or f"Ev{next(_EVENTS):08d}",
        "event_time": 1_700_000_000,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team,
                "user_id": bot,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event": dict(event),
    }


def press(user: str, post: Any, number: int = 0, *, team: str = TEAM) -> dict[str, Any]:
    """The press of a button of something that the bot has posted."""
    pressed = next(_EVENTS)
    button = post.buttons[number]
    block = next(block for block in post.blocks if block["type"] == "actions")
    return {
        "type": "block_actions",
        "token": "old-verification-token",
        "team": {"id": team, "domain": "grija"},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": user, "username": "anna", "name": "anna", "team_id": team},
        "api_app_id": "A1",
        "trigger_id": f"{pressed}.trigger",
        "container": {
            "type": "message",
            "message_ts": post.ts,
            "channel_id": post.channel,
            "is_ephemeral": False,
            **({"thread_ts": post.thread_ts} if post.thread_ts else {}),
        },
        "channel": {"id": post.channel, "name": "directmessage"},
        "message": {"ts": post.ts, "thread_ts": post.thread_ts} if post.thread_ts else {"ts": post.ts},
        "response_url": "https://hooks.slack.example/actions/1",
        "actions": [
            {
                "type": "button",
                "block_id": block.get("block_id", "auto"),
                "action_id": button["action_id"],
                "value": button["value"],
                "text": button["text"],
                "action_ts": f"1700000000.{pressed:06d}",
            }
        ],
    }


def command(user: str, text: str, *, channel: str = "C1", team: str = TEAM) -> dict[str, str]:
    """The fields of a slash command."""
    return {
        "token": "old-verification-token",
        "team_id": team,
        "team_domain": "grija",
        "channel_id": channel,
        "channel_name": "general",
        "user_id": user,
        "user_name": "anna",
        "command": "/support",
        "text": text,
        "api_app_id": "A1",
        "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.example/commands/1",
        "trigger_id": f"{next(_EVENTS)}.trigger",
    }


@dataclass
class Deliveries:
    """Posts to our webhook as Slack does. `pauses` are the seconds before each retry (Slack: 0, 60, 300)."""

    url: str
    patience: float = 3.0
    pauses: tuple[float, ...] = (0.0, 0.05, 0.05)
    answers: list[tuple[int, str]] = field(default_factory=list)

    async def event(self, payload: Mapping[str, Any]) -> int:
        """Deliver an event with Slack's retries; the last status, 0 if nobody answered."""
        body = json.dumps(payload).encode()
        status, reason = await self._once(body, "application/json", {})
        for number, pause in enumerate(self.pauses[:RETRIES], start=1):
            if 200 <= status < 300:
                break
            await asyncio.sleep(pause)
            headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            status, reason = await self._once(body, "application/json", headers)
        return status

    async def interact(self, payload: Mapping[str, Any]) -> int:
        """Deliver a press: form-encoded, once."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return (await self._once(body, "application/x-www-form-urlencoded", {}))[0]

    async def command(self, fields: Mapping[str, str]) -> int:
        """Deliver a slash command: form-encoded, once."""
        body = urlencode(fields).encode()
        return (await self._once(body, "application/x-www-form-urlencoded", {}))[0]

    async def raw(self, body: bytes, headers: Mapping[str, str], kind: str = "application/json") -> int:
        """Post anything."""
        return (await self._post(body, {"Content-Type": kind, **headers}))[0]

    async def _once(self, body: bytes, kind: str, headers: Mapping[str, str]) -> tuple[int, str]:
        return await self._post(body, {"Content-Type": kind, **sign(body), **headers})

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        timeout = aiohttp.ClientTimeout(total=self.patience)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.url, data=body, headers=headers) as response,
            ):
                self.answers.append((response.status, await response.text()))
                return response.status, "http_error"
        except asyncio.TimeoutError:
            return 0, "http_timeout"
        except aiohttp.ClientError:
            return 0, "connection_failed"
