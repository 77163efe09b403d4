"""Routes with which people answer: owning, replying, notes, offers. What is allowed is decided by `bot.desk`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from bot.api import ANSWERING, Call, Route, Scope
from bot.errors import BodyInvalid
from bot.models import Conversation, HeldReply
from bot.site_settings import Replies
from bot.store import rules

if TYPE_CHECKING:
    from bot.app import Grija

LONGEST_NOTE = 4000

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
_ClientId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
_Words = Annotated[str, msgspec.Meta(max_length=20_000)]
_Note = Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)]
_Epoch = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Take(msgspec.Struct, forbid_unknown_fields=True):
    """`epoch` as the agent has seen it: if somebody was faster, nothing is taken."""

    epoch: _Epoch


class Release(msgspec.Struct, forbid_unknown_fields=True):
    note: _Note = ""


class Close(msgspec.Struct, forbid_unknown_fields=True):
    """`outcome`: solved, unsolved, duplicate, spam, or null."""

    outcome: str | None = None
    note: _Note = ""


class Transfer(msgspec.Struct, forbid_unknown_fields=True):
    """To an agent, to a team, or, with neither, to whoever comes."""

    agent: _Id | None = None
    team: _Id | None = None
    note: _Note = ""


class Snooze(msgspec.Struct, forbid_unknown_fields=True):
    """With its time zone; null shows the conversation again."""

    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class NewNote(msgspec.Struct, forbid_unknown_fields=True):
    text: _Words
    mentions: Annotated[list[_Id], msgspec.Meta(max_length=20)] = []


class NewReply(msgspec.Struct, forbid_unknown_fields=True):
    """`client_id` is the console's own: the same one again is the same reply."""

    text: _Words
    client_id: _ClientId


class Block(msgspec.Struct, forbid_unknown_fields=True):
    blocked: bool


class Stands(msgspec.Struct, frozen=True):
    """How a conversation stands after the change."""

    id: str
    status: str
    epoch: int
    owner: str | None


class Held(msgspec.Struct, frozen=True):
    """A reply that can be undone until `due_at`."""

    id: str
    due_at: datetime


class Noted(msgspec.Struct, frozen=True):
    id: str


class DeskChangeRoutes:
    """The handlers, over running parts."""

    def __init__(self, grija: Grija) -> None:
        self._grija = grija
        self._desk = grija.desk

    def routes(self) -> list[Route]:
        """All routes of this module."""

        def post(
            path: str, handler: object, summary: str, takes: object = None, gives: object = None
        ) -> Route:
            return Route("POST", path, handler, roles=ANSWERING, scope=Scope.WRITE_DESK,  # type: ignore[arg-type]
                         summary=summary, takes=takes, gives=gives)  # fmt: skip

        one = "/conversations/{id}"
        return [
            post(f"{one}/take", self.take, "Take a conversation.", Take, Stands),
            post(f"{one}/release", self.release, "Give a conversation back to the bot.", Release, Stands),
            post(f"{one}/close", self.close, "End a conversation.", Close, Stands),
            post(f"{one}/transfer", self.transfer, "Pass a conversation on.", Transfer, Stands),
            post(f"{one}/snooze", self.snooze, "Put a conversation off.", Snooze, Stands),
            post(f"{one}/notes", self.note, "Write a note that only people see.", NewNote, Noted),
            post(f"{one}/replies", self.reply, "Answer the customer; takes the conversation.", NewReply, Held),
            Route("DELETE", "/replies/{id}", self.undo, roles=ANSWERING, scope=Scope.WRITE_DESK,
                  summary="Take a reply back that has not gone out."),
            post("/messages/{id}/resend", self.resend, "Deliver a message again that did not arrive."),
            post("/customers/{id}/block", self.block, "Hear a customer no more, or again.", Block),
            post("/offers/{handoff}/accept", self.accept, "Take what one is offered.", None, Stands),
            post("/offers/{handoff}/pass", self.pass_on, "Let an offer go to somebody else."),
        ]  # fmt: skip

    async def take(self, call: Call) -> Stands:
        body: Take = call.body
        return _stands(await self._desk.take(call.person.id, call.path["id"], epoch=body.epoch))

    async def release(self, call: Call) -> Stands:
        body: Release = call.body
        return _stands(await self._desk.release(call.person.id, call.path["id"], note=body.note))

    async def close(self, call: Call) -> Stands:
        body: Close = call.body
        closed = await self._desk.close(call.person.id, call.path["id"], outcome=body.outcome, note=body.note)
        return _stands(closed)

    async def transfer(self, call: Call) -> Stands:
        body: Transfer = call.body
        if body.agent is not None and body.team is not None:
            raise BodyInvalid("pass on to an agent or to a team, not to both")
        passed = await self._desk.transfer(
            call.person.id, call.path["id"], to_agent=body.agent, to_team=body.team, note=body.note
        )
        return _stands(passed)

    async def snooze(self, call: Call) -> Stands:
        body: Snooze = call.body
        return _stands(await self._desk.snooze(call.person.id, call.path["id"], body.until))

    async def note(self, call: Call) -> Noted:
        body: NewNote = call.body
        noted = await self._desk.note(call.person.id, call.path["id"], body.text, body.mentions)
        return Noted(str(noted.id))

    async def reply(self, call: Call) -> Held:
        body: NewReply = call.body
        site = await self._grija.store.read(rules.read, "replies", Replies)
        held: HeldReply = await self._desk.reply(
            call.person.id,
            call.path["id"],
            body.text,
            client_id=body.client_id,
            hold_seconds=site.hold_seconds,
        )
        return Held(held.id, held.due_at)

    async def undo(self, call: Call) -> None:
        await self._desk.undo(call.person.id, call.path["id"])

    async def resend(self, call: Call) -> None:
        await self._desk.resend(call.person.id, call.path["id"])

    async def block(self, call: Call) -> None:
        body: Block = call.body
        await self._desk.block(call.person.id, call.path["id"], body.blocked)

    async def accept(self, call: Call) -> Stands:
        return _stands(await self._desk.accept_offer(call.person.id, call.path["handoff"]))

    async def pass_on(self, call: Call) -> None:
        await self._grija.offers.pass_on(call.person.id, call.path["handoff"])


def _stands(current: Conversation) -> Stands:
    return Stands(current.id, current.status.value, current.epoch, current.owner)
