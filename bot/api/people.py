"""Routes of those who manage people: agents, invitations, sessions, teams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from bot.api import ADMINS, ANSWERING, SUPERVISING, Call, Route, Scope
from bot.api.shapes import (
    Member,
    fields_of,
    good_capacity,
    good_email,
    good_languages,
    good_name,
    link_of,
)
from bot.errors import BodyInvalid
from bot.models import Agent, Role, Team
from bot.people.accounts import Change
from bot.store import Connection, audit, people, sessions

if TYPE_CHECKING:
    from bot.app import Grija

_MOST_INTENTS = 100


class NewAgent(msgspec.Struct, forbid_unknown_fields=True):
    email: str
    name: str
    role: Role
    languages: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    capacity: int = 4


class AgentChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is. `remove_second_factor` is for those who have lost their phone."""

    name: str | None = None
    email: str | None = None
    role: Role | None = None
    languages: tuple[str, ...] | None = None
    teams: tuple[str, ...] | None = None
    capacity: int | None = None
    disabled: bool | None = None
    remove_second_factor: bool = False


class InvitedAgent(msgspec.Struct, frozen=True):
    """An agent and the link with which they set a password. The link is shown once."""

    agent: Member
    link: str


class Link(msgspec.Struct, frozen=True):
    link: str


class TeamBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    intents: tuple[str, ...] = ()


class PeopleRoutes:
    """The handlers, over running parts."""

    def __init__(self, grija: Grija) -> None:
        self._grija = grija
        self._accounts = grija.people.accounts

    def routes(self) -> list[Route]:
        """All routes of this module."""
        see, do = Scope.READ_PEOPLE, Scope.WRITE_PEOPLE
        return [
            Route("GET", "/agents", self.list, roles=SUPERVISING, scope=see, summary="All agents.",
                  gives=list[Member]),
            Route("POST", "/agents", self.add, roles=ADMINS, scope=do, summary="Add and invite an agent.",
                  takes=NewAgent, gives=InvitedAgent),
            Route("PUT", "/agents/{id}", self.change, roles=ADMINS, scope=do, summary="Change an agent.",
                  takes=AgentChange, gives=Member),
            Route("POST", "/agents/{id}/invite", self.invite, roles=ADMINS, scope=do,
                  summary="A new link to set a password with.", gives=Link),
            Route("DELETE", "/agents/{id}/sessions", self.end_sessions, roles=ADMINS, scope=do,
                  summary="Sign an agent out everywhere."),
            Route("GET", "/teams", self.teams, roles=ANSWERING, scope=see, summary="All teams.",
                  gives=list[Team]),
            Route("POST", "/teams", self.add_team, roles=SUPERVISING, scope=do, summary="Add a team.",
                  takes=TeamBody, gives=Team),
            Route("PUT", "/teams/{id}", self.change_team, roles=SUPERVISING, scope=do,
                  summary="Change a team.", takes=TeamBody, gives=Team),
            Route("DELETE", "/teams/{id}", self.remove_team, roles=SUPERVISING, scope=do,
                  summary="Take a team away; its agents stay."),
        ]  # fmt: skip

    async def list(self, call: Call) -> Sequence[Member]:
        return await self._grija.store.read(_members)

    async def add(self, call: Call) -> InvitedAgent:
        body: NewAgent = call.body
        agent, secret = await self._accounts.add(
            email=good_email(body.email),
            name=good_name(body.name),
            role=body.role,
            languages=good_languages(body.languages, self._grija.settings.languages),
            teams=body.teams,
            capacity=good_capacity(body.capacity),
            by=call.person.id,
        )
        return InvitedAgent(await self._member(agent), link_of(self._grija.settings.public_url, secret))

    async def change(self, call: Call) -> Member:
        body: AgentChange = call.body
        languages = self._grija.settings.languages
        wanted = Change(
            name=None if body.name is None else good_name(body.name),
            email=None if body.email is None else good_email(body.email),
            role=body.role,
            languages=None if body.languages is None else good_languages(body.languages, languages),
            teams=body.teams,
            capacity=None if body.capacity is None else good_capacity(body.capacity),
            disabled=body.disabled,
            without_second_factor=body.remove_second_factor,
        )
        changed = await self._accounts.change(call.path["id"], wanted, by=call.person.id)
        return await self._member(changed)

    async def invite(self, call: Call) -> Link:
        secret = await self._accounts.invite(call.path["id"], by=call.person.id)
        return Link(link_of(self._grija.settings.public_url, secret))

    async def end_sessions(self, call: Call) -> None:
        await self._accounts.end_sessions(call.path["id"], by=call.person.id)

    async def teams(self, call: Call) -> Sequence[Team]:
        return await self._grija.store.read(people.teams)

    async def add_team(self, call: Call) -> Team:
        name, intents = _checked(call.body)
        return await self._grija.store.write(_add_team, name, intents, call.person.id)

    async def change_team(self, call: Call) -> Team:
        team = Team(call.path["id"], *_checked(call.body))
        return await self._grija.store.write(_change_team, team, call.person.id)

    async def remove_team(self, call: Call) -> None:
        await self._grija.store.write(_remove_team, call.path["id"], call.person.id)

    async def _member(self, agent: Agent) -> Member:
        everybody = await self._grija.store.read(_members)
        return next(member for member in everybody if member.id == agent.id)


def _members(tx: Connection) -> Sequence[Member]:
    invited, coded, open_sessions = people.invited(tx), people.with_second_factor(tx), sessions.count_open(tx)
    teams = people.teams(tx)
    return [
        msgspec.convert(
            fields_of(agent, teams)
            | {
                "invited": agent.id in invited,
                "second_factor": agent.id in coded,
                "disabled": agent.disabled_at is not None,
                "sessions": open_sessions.get(agent.id, 0),
                "present_at": agent.present_at,
            },
            Member,
        )
        for agent in people.everybody(tx)
    ]


def _checked(body: TeamBody) -> tuple[str, tuple[str, ...]]:
    if len(body.intents) > _MOST_INTENTS:
        raise BodyInvalid(f"intents must be {_MOST_INTENTS} at most")
    intents = tuple(dict.fromkeys(good_name(intent, what="an intent") for intent in body.intents))
    return good_name(body.name), intents


def _add_team(tx: Connection, name: str, intents: tuple[str, ...], by: str) -> Team:
    team = people.add_team(tx, name=name, intents=intents)
    audit.write(tx, actor=by, action="team_added", subject=team.id, details={"name": name})
    return team


def _change_team(tx: Connection, team: Team, by: str) -> Team:
    people.change_team(tx, team)
    audit.write(tx, actor=by, action="team_changed", subject=team.id, details={"name": team.name})
    return team


def _remove_team(tx: Connection, team_id: str, by: str) -> None:
    people.remove_team(tx, team_id)
    audit.write(tx, actor=by, action="team_removed", subject=team_id)
