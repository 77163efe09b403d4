"""Routes that show the desk: its lists, one conversation, its timeline, colleagues, files of customers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from bot.api import ANSWERING, Call, Route, Scope
from bot.api.files import as_attachment, as_picture
from bot.api.numbers import number
from bot.api.views_seen import ViewsSeen
from bot.attachments import files_of
from bot.broker import CHANGED, agent_topic
from bot.desk.routing import Routing
from bot.errors import Unknown
from bot.models import Agent, Attachment
from bot.store import Connection, desk, reading, relations, rules, timeline
from bot.store.shown import (
    QUEUES,
    Colleague,
    Lists,
    MessageEntry,
    Opened,
    Page,
    QueueName,
    Timeline,
)

if TYPE_CHECKING:
    from bot.app import Grija

_DEFAULT_PAGE = 50


class DeskRoutes:
    """The handlers, over running parts."""

    def __init__(self, grija: Grija) -> None:
        self._grija = grija
        self._store = grija.store
        self._board = grija.board
        self._views = ViewsSeen(grija.store)
        self._files = files_of(grija.settings)

    def routes(self) -> list[Route]:
        """All routes of this module."""
        see, roles = Scope.READ_DESK, ANSWERING
        return [
            Route("GET", "/queue", self.queue, roles=roles, scope=see, gives=Lists,
                  summary="The beginning of each list of the desk, and how long each is."),
            Route("GET", "/queue/{list}", self.page, roles=roles, scope=see, gives=Page,
                  summary="More of one list (?after=&limit=)."),
            Route("GET", "/conversations/{id}", self.conversation, roles=roles, scope=see, gives=Opened,
                  summary="One conversation, its customer and its handoffs."),
            Route("GET", "/conversations/{id}/timeline", self.timeline, roles=roles, scope=see, gives=Timeline,
                  summary="The customer's whole relationship in order (?before= or ?after=, and ?limit=)."),
            Route("GET", "/colleagues", self.colleagues, roles=roles, scope=see, gives=list[Colleague],
                  summary="Who answers customers, and how many conversations they have."),
            Route("GET", "/attachments/{id}", self.attachment, roles=roles, scope=see,
                  summary="A customer's file, to be saved."),
            Route("GET", "/attachments/{id}/preview", self.preview, roles=roles, scope=see,
                  summary="A small safe picture of a customer's file, to be shown."),
        ]  # fmt: skip

    async def queue(self, call: Call) -> Lists:
        return await self._board.lists(call.person)

    async def page(self, call: Call) -> Page:
        name = _queue_name(call.path["list"])
        limit = number(call.query, "limit") or _DEFAULT_PAGE
        after = call.query.get("after")
        return await self._store.read(_page, call.person, name, after, limit)

    async def conversation(self, call: Call) -> Opened:
        found = await self._store.read(relations.opened, call.path["id"])
        if found is None:
            raise Unknown("there is no such conversation")
        await self._views.note(call.person, call.path["id"])
        return msgspec.structs.replace(found, viewers=self._grija.console.viewers.of(call.path["id"]))

    async def timeline(self, call: Call) -> Timeline:
        conversation_id, query = call.path["id"], call.query
        before, after = number(query, "before"), number(query, "after")
        limit = number(query, "limit") or _DEFAULT_PAGE
        found = await self._store.read(
            timeline.timeline, conversation_id, before=before, after=after, limit=limit
        )
        if found is None:
            raise Unknown("there is no such conversation")
        await self._views.note(call.person, conversation_id)
        if before is None:
            await self._note_read(call.person, conversation_id, found)
        return found

    async def colleagues(self, call: Call) -> list[Colleague]:
        return await self._store.read(_colleagues)

    async def attachment(self, call: Call) -> web.StreamResponse:
        file = await self._file(call)
        if file.state != "stored" or not file.sha256:
            raise Unknown("the file is not kept here")
        return await asyncio.to_thread(as_attachment, self._files.path(file.sha256), file)

    async def preview(self, call: Call) -> web.StreamResponse:
        file = await self._file(call)
        if file.state != "stored" or not file.preview:
            raise Unknown("there is no picture of this file")
        return await asyncio.to_thread(as_picture, self._files.path(file.preview))

    async def _file(self, call: Call) -> Attachment:
        file = await self._store.read(relations.file, call.path["id"])
        if file is None:
            raise Unknown("there is no such file")
        return file

    async def _note_read(self, agent: Agent, conversation_id: str, shown: Timeline) -> None:
        """Who has the newest messages before them has read them."""
        seqs = [
            entry.seq
            for entry in shown.entries
            if isinstance(entry, MessageEntry) and entry.conversation == conversation_id
        ]
        last = max(seqs, default=0)
        # Reading is asked first: a write for each look would stand in a row with those of customers.
        if await self._store.read(reading.unread, conversation_id, agent.id, last):
            await self._store.write(reading.note_read, conversation_id, agent.id, last)
            self._grija.broker.publish(agent_topic(agent.id), CHANGED)


def _page(tx: Connection, who: Agent, name: QueueName, after: str | None, limit: int) -> Page:
    return desk.page(tx, who, rules.read(tx, "routing", Routing), name, after=after, limit=limit)


def _colleagues(tx: Connection) -> list[Colleague]:
    return relations.colleagues(tx, gone_seconds=rules.read(tx, "routing", Routing).gone_seconds)


def _queue_name(text: str) -> QueueName:
    for name in QUEUES:
        if name == text:
            return name
    raise Unknown(f"there is no such list; there are {', '.join(QUEUES)}")
