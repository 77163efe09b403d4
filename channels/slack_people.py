"""What must be asked before a message of Slack is whole: who the customer is, and whether a thread is ours."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from bot.errors import AddressUnreachable
from bot.models import Address, Deleted, Edited, Event, Inbound
from bot.store import Connection, Store, addresses, conversations, inbox
from bot.text import fitted
from channels.slack_deliveries import NAME
from channels.slack_events import Overheard, is_direct
from channels.slack_workspaces import TROUBLES, Workspaces, name_of

log = structlog.get_logger(__name__)

# A name is nice to have; an answer is not to wait for it.
_PROFILE_SECONDS = 3.0
_LONGEST_NAME = 200


class People:
    """Completes events with what the store and Slack know of customers."""

    def __init__(self, store: Store, workspaces: Workspaces) -> None:
        self._store = store
        self._workspaces = workspaces

    async def complete(self, event: Event) -> Event | None:
        """The event with its customer's name and locale; None if it is not for us. StoreUnavailable."""
        if isinstance(event, Inbound):
            return await self._message(event)
        if not isinstance(event, (Edited, Deleted)) or is_direct(event.of_event_id):
            return event
        # In channels we see everybody's changes; only those of our customers' messages are ours to keep.
        return event if await self._store.read(_is_ours, event) else None

    async def _message(self, event: Inbound) -> Event | None:
        known = await self._store.read(addresses.find, event.channel, event.account, event.sender)
        if isinstance(event, Overheard) and not await self._asked_there(known, event.place):
            return None
        return event if known else await self._introduced(event)

    async def _asked_there(self, known: Address | None, place: str) -> bool:
        if known is None:
            return False
        return await self._store.read(conversations.has_been_at, known.customer_id, place)

    async def _introduced(self, event: Inbound) -> Inbound:
        try:
            client = await self._workspaces.of(event.account)
            asked = client.users_info(user=event.sender, include_locale=True)
            user = (await asyncio.wait_for(asked, _PROFILE_SECONDS))["user"]
            name, locale = _name(user), user.get("locale")
        except (*TROUBLES, AddressUnreachable, AttributeError, KeyError, TypeError) as error:
            log.info("slack.profile_missing", channel=NAME, error=name_of(error))
            return event
        return replace(event, name=name, locale=locale if isinstance(locale, str) else None)


def _name(user: dict[str, object]) -> str:
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    for found in (
        profile.get("display_name"),
        profile.get("real_name"),
        user.get("real_name"),
        user.get("name"),
    ):
        if isinstance(found, str) and found.strip():
            return fitted(found)[:_LONGEST_NAME]
    return ""


def _is_ours(tx: Connection, change: Edited | Deleted) -> bool:
    return inbox.has(tx, change.channel, change.account, change.of_event_id)
