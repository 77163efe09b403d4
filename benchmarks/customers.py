"""A customer at either server: over the widget's socket, or over Rasa's REST channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol
from uuid import uuid4

import aiohttp

from tests.widget_client import WidgetClient, open_widget

_PATIENCE = aiohttp.ClientTimeout(total=30)


class Customer(Protocol):
    """Somebody in one conversation."""

    async def ask(self, text: str) -> bool:
        """Send a message and wait for its first answer; False if the bot has none."""


class WidgetCustomer:
    """In front of Grija's widget."""

    def __init__(self, widget: WidgetClient) -> None:
        self._widget = widget

    async def ask(self, text: str) -> bool:
        """See Customer. All replies to a message have a higher seq than the message."""
        ack = await self._widget.say(text, uuid4().hex)
        while True:
            answer = self._widget.messages.get(max(self._widget.messages, default=0))
            if answer and answer["seq"] > ack["seq"] and answer["author"]["kind"] != "customer":
                if answer["author"]["kind"] != "bot":
                    raise aiohttp.ClientError(f"given up: {answer['text']}")
                return True
            frame = await self._widget.receive()
            if frame["type"] == "typing" and not frame["on"]:
                return False


class RestCustomer:
    """A client of Rasa's REST channel."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = f"{url}/webhooks/rest/webhook"
        self._session = session
        self._sender = uuid4().hex

    async def ask(self, text: str) -> bool:
        """See Customer. Rasa answers with all replies at once."""
        body = {"sender": self._sender, "message": text}
        async with self._session.post(self._url, json=body, timeout=_PATIENCE) as response:
            response.raise_for_status()
            return bool(await response.json())


@asynccontextmanager
async def open_customer(kind: str, url: str, session: aiohttp.ClientSession) -> AsyncIterator[Customer]:
    """A new customer; `kind` is "widget" or "rest"."""
    if kind == "rest":
        yield RestCustomer(url, session)
        return
    async with open_widget(url, session=session) as widget:
        await widget.hello()
        yield WidgetCustomer(widget)
