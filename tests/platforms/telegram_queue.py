"""The updates of the double of Telegram: kept until they are confirmed, by a poller's offset or a webhook's 2xx."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.platforms import telegram_rules as rules
from tests.platforms.telegram_people import DATE, Json
from tests.platforms.telegram_rules import Refused

_LONGEST_PAUSE = 0.5


@dataclass
class Webhook:
    """Where updates are posted to, and how that went."""

    url: str = ""
    secret: str = ""
    connections: int = 40
    answers: list[int] = field(default_factory=list)
    last_error: str = ""


class Queue:
    """Updates on their way to the bot.

    `shuffle` puts each batch into another order; `repeats` is how often each update is delivered.
    """

    def __init__(self) -> None:
        self.pending: dict[int, Any] = {}
        self.confirmed: list[int] = []
        self.conflicts = 0
        self.shuffle: Callable[[Sequence[Any]], Sequence[Any]] = list
        self.repeats = 1
        self.webhook = Webhook()
        self.wanted: frozenset[str] = rules.DEFAULT_UPDATES
        self._last = 900_000_000
        self._polls = 0
        self._news = asyncio.Event()
        self._posting: asyncio.Task[None] | None = None

    def number(self) -> int:
        """The id of one more update."""
        self._last += 1
        return self._last

    def add(self, number: int, update: Any) -> None:
        """Let an update wait; also one that was confirmed before."""
        self.pending[number] = update
        self._wake()

    async def close(self) -> None:
        """End what waits."""
        await self._stop_posting()
        self._polls += 1
        self._wake()

    async def get_updates(self, values: Json) -> list[Any]:
        """Confirm what is below the offset, then wait for what is not; a newer call ends an older one."""
        if self.webhook.url:
            raise self._conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete"
            )
        self._want(values.get("allowed_updates"))
        self._polls += 1
        mine = self._polls
        self._wake()
        for number in [number for number in sorted(self.pending) if number < values.get("offset", 0)]:
            self._confirm(number)
        await self._something(mine, seconds=max(0, values.get("timeout", 0)))
        if self._polls != mine:
            raise self._conflict("terminated by other getUpdates request; make sure that only one runs")
        limit = min(max(values.get("limit", 100), 1), 100)
        batch = [self.pending[number] for number in sorted(self.pending)][:limit]
        return [update for update in self.shuffle(batch) for _ in range(self.repeats)]

    async def set_webhook(self, values: Json) -> bool:
        """Post updates from now on; to nowhere if the URL is empty."""
        rules.check_webhook(values)
        await self._stop_posting()
        self._want(values.get("allowed_updates"))
        if values.get("drop_pending_updates"):
            self.pending.clear()
        self.webhook = Webhook(
            values["url"], values.get("secret_token", ""), values.get("max_connections", 40)
        )
        if self.webhook.url:
            self._polls += 1
            self._wake()
            self._posting = asyncio.create_task(self._post_forever(self.webhook))
        return True

    async def delete_webhook(self, values: Json) -> bool:
        """Post no more."""
        return await self.set_webhook({**values, "url": ""})

    def webhook_info(self) -> Json:
        """What getWebhookInfo says."""
        info: Json = {
            "url": self.webhook.url, "has_custom_certificate": False, "pending_update_count": len(self.pending),
            "max_connections": self.webhook.connections, "allowed_updates": sorted(self.wanted),
        }  # fmt: skip
        if self.webhook.last_error:
            info |= {"last_error_date": DATE, "last_error_message": self.webhook.last_error}
        return info

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _confirm(self, number: int) -> None:
        if self.pending.pop(number, None) is not None:
            self.confirmed.append(number)

    def _conflict(self, description: str) -> Refused:
        self.conflicts += 1
        return Refused(409, f"Conflict: {description}")

    def _want(self, kinds: Sequence[str] | None) -> None:
        rules.check_kinds(kinds)
        if kinds is not None:
            self.wanted = frozenset(kinds) or rules.DEFAULT_UPDATES

    async def _something(self, poll: int, *, seconds: float) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        while not self.pending and self._polls == poll:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)

    async def _stop_posting(self) -> None:
        posting, self._posting = self._posting, None
        if posting is not None:
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)

    async def _post_forever(self, webhook: Webhook) -> None:
        failures: Counter[int] = Counter()
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret} if webhook.secret else {}
        async with aiohttp.ClientSession(headers=headers) as session:
            while True:
                news = self._news
                waiting = self.shuffle(sorted(self.pending)[: webhook.connections])
                if not waiting:
                    await news.wait()
                    continue
                posts = [self._post(session, webhook, number) for number in waiting]
                for number, arrived in zip(waiting, await asyncio.gather(*posts), strict=True):
                    failures[number] += not arrived
                worst = max(failures[number] for number in waiting)
                # What failed is posted again, after a pause that grows.
                await asyncio.sleep(min(0.01 * 2**worst, _LONGEST_PAUSE) if worst else 0)

    async def _post(self, session: aiohttp.ClientSession, webhook: Webhook, number: int) -> bool:
        try:
            for _ in range(self.repeats):
                async with session.post(webhook.url, json=self.pending[number]) as response:
                    webhook.answers.append(response.status)
                    response.raise_for_status()
        except (aiohttp.ClientError, OSError) as error:
            webhook.last_error = f"Wrong response from the webhook: {getattr(error, 'status', error)}"
            return False
        self._confirm(number)
        return True
