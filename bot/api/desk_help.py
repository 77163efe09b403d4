"""Routes that help people to answer: the brief of a conversation, canned answers, search over all that was said."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from bot.api import ANSWERING, Call, Route, Scope
from bot.api.numbers import number
from bot.desk.brief import Brief
from bot.desk.canned import Filled
from bot.errors import Unknown
from bot.store import relations, search
from bot.store.canned import Canned
from bot.store.shown import Named

if TYPE_CHECKING:
    from bot.app import Grija

LONGEST_SEARCH = 200


class CannedText(msgspec.Struct, forbid_unknown_fields=True):
    """{customer}, {order} and the like are filled in when it is used."""

    title: Annotated[str, msgspec.Meta(max_length=500)]
    text: Annotated[str, msgspec.Meta(max_length=20_000)]


class Hit(msgspec.Struct, frozen=True):
    """A message that was found; `author` is customer, bot, agent or system."""

    conversation: str
    customer: Named
    seq: int
    text: str
    at: datetime
    channel: str
    author: str


class Hits(msgspec.Struct, frozen=True):
    """The newest first; `next` is what `after` must be for those behind them, None at the end."""

    hits: list[Hit]
    next: str | None


class DeskHelpRoutes:
    """The handlers, over running parts."""

    def __init__(self, grija: Grija) -> None:
        self._grija = grija

    def routes(self) -> list[Route]:
        """All routes of this module."""
        see, do, roles = Scope.READ_DESK, Scope.WRITE_DESK, ANSWERING
        return [
            Route("GET", "/conversations/{id}/brief", self.brief, roles=roles, scope=see, gives=Brief,
                  summary="What an agent must know about a conversation, and suggested answers."),
            Route("GET", "/conversations/{id}/canned", self.filled, roles=roles, scope=see, gives=list[Filled],
                  summary="Canned answers, filled in for a conversation, in the customer's language."),
            Route("GET", "/canned", self.canned, roles=roles, scope=see, gives=list[Canned],
                  summary="Canned answers as they were written (?language=)."),
            Route("PUT", "/canned/{shortcut}/{language}", self.put, roles=roles, scope=do, takes=CannedText,
                  gives=Canned, summary="Write a canned answer."),
            Route("DELETE", "/canned/{shortcut}/{language}", self.remove, roles=roles, scope=do,
                  summary="Remove a canned answer."),
            Route("GET", "/search", self.search, roles=roles, scope=see, gives=Hits,
                  summary="Find messages (?q=&channel=&language=&after=)."),
        ]  # fmt: skip

    async def brief(self, call: Call) -> Brief:
        await self._must_be(call.path["id"])
        who = call.person
        return await self._grija.briefs.of(call.path["id"], locale=who.locale, agent=who.name)

    async def filled(self, call: Call) -> list[Filled]:
        await self._must_be(call.path["id"])
        who = call.person
        return await self._grija.briefs.canned(call.path["id"], locale=who.locale, agent=who.name)

    async def canned(self, call: Call) -> list[Canned]:
        return await self._grija.canned.all_of(call.query.get("language") or None)

    async def put(self, call: Call) -> Canned:
        body: CannedText = call.body
        shortcut, language = call.path["shortcut"], call.path["language"]
        return await self._grija.canned.put(shortcut, language, body.title, body.text, by=call.person.id)

    async def remove(self, call: Call) -> None:
        await self._grija.canned.remove(call.path["shortcut"], call.path["language"])

    async def search(self, call: Call) -> Hits:
        query = call.query
        found = await self._grija.store.read(
            search.find,
            query.get("q", "")[:LONGEST_SEARCH],
            channel=query.get("channel") or None,
            language=query.get("language") or None,
            after=number(query, "after"),
        )
        return Hits([_hit(one) for one in found], str(found[-1].place) if len(found) == search.PAGE else None)

    async def _must_be(self, conversation_id: str) -> None:
        if await self._grija.store.read(relations.customer_of, conversation_id) is None:
            raise Unknown("there is no such conversation")


def _hit(found: search.Hit) -> Hit:
    return Hit(
        conversation=found.conversation_id,
        customer=Named(found.customer_id, found.customer),
        seq=found.seq,
        text=found.text,
        at=found.at,
        channel=found.channel,
        author=found.author.kind.value,
    )
