"""Routes of outgoing webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from bot.api import ADMINS, Call, Route, Scope
from bot.store import webhooks
from bot.store.webhooks import Webhook

if TYPE_CHECKING:
    from bot.app import Grija


class NewWebhook(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    kinds: tuple[str, ...]


class WebhookShown(msgspec.Struct, frozen=True):
    """A receiver, and how its deliveries go: `error` is the latest one's, null when it was taken."""

    id: str
    url: str
    kinds: tuple[str, ...]
    created_at: datetime
    waiting: int
    dead: int
    error: str | None


class MadeWebhook(msgspec.Struct, frozen=True):
    """A new receiver and the secret of its signatures. The secret is shown once."""

    webhook: WebhookShown
    secret: str


class WebhookRoutes:
    """The handlers, over running parts."""

    def __init__(self, grija: Grija) -> None:
        self._store = grija.store
        self._webhooks = grija.webhooks

    def routes(self) -> list[Route]:
        """All routes of this module."""
        do = Scope.WRITE_WEBHOOKS
        return [
            Route("GET", "/webhooks", self.list, roles=ADMINS, scope=do, summary="All webhooks.",
                  gives=list[WebhookShown]),
            Route("POST", "/webhooks", self.add, roles=ADMINS, scope=do, summary="Add a webhook.",
                  takes=NewWebhook, gives=MadeWebhook),
            Route("DELETE", "/webhooks/{id}", self.remove, roles=ADMINS, scope=do,
                  summary="Remove a webhook and what waits for it."),
            Route("POST", "/webhooks/{id}/test", self.test, roles=ADMINS, scope=do,
                  summary="Send a webhook an event to try it with."),
        ]  # fmt: skip

    async def list(self, call: Call) -> object:
        return [_shown(webhook) for webhook in await self._store.read(webhooks.everyone)]

    async def add(self, call: Call) -> MadeWebhook:
        body: NewWebhook = call.body
        made, secret = await self._webhooks.add(url=body.url, kinds=body.kinds, by=call.person.id)
        return MadeWebhook(_shown(made), secret)

    async def remove(self, call: Call) -> None:
        await self._webhooks.remove(call.path["id"], by=call.person.id)

    async def test(self, call: Call) -> None:
        await self._webhooks.test(call.path["id"])


def _shown(webhook: Webhook) -> WebhookShown:
    return WebhookShown(
        webhook.id,
        webhook.url,
        webhook.kinds,
        webhook.created_at,
        webhook.waiting,
        webhook.dead,
        webhook.error,
    )
