"""Routes of the own session: signing in and out, invitations, the second factor, one's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from bot.api import ALL_ROLES, Call, Caller, Route, Scope
from bot.api.door import as_response
from bot.api.shapes import AgentShown, fields_of, good_email, good_languages, good_name, visit_of
from bot.broker import PRESENCE, desk_topic
from bot.errors import BodyInvalid
from bot.models import Agent, Presence, Role
from bot.people.second_factor import Offered
from bot.people.sessions import Opened, Visit
from bot.site_settings import Replies
from bot.store import people, rules, sessions

if TYPE_CHECKING:
    from bot.app import Grija

# More than anybody types, and less than would be worth to hash.
_LONGEST_SECRET = 1000


class SignInBody(msgspec.Struct, forbid_unknown_fields=True):
    email: str
    password: str
    code: str | None = None


class AcceptBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    password: str
    code: str | None = None


class CodeBody(msgspec.Struct, forbid_unknown_fields=True):
    code: str


class MeBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is; a new password needs the old one."""

    name: str | None = None
    locale: str | None = None
    languages: tuple[str, ...] | None = None
    presence: Presence | None = None
    password: str | None = None
    old_password: str | None = None


class Site(msgspec.Struct, frozen=True):
    languages: tuple[str, ...]
    name: str


class SignedIn(msgspec.Struct, frozen=True):
    """Who is signed in. `csrf` goes into the header X-CSRF-Token of every change."""

    agent: AgentShown
    csrf: str
    second_factor: bool
    hold_seconds: float
    site: Site


class Invited(msgspec.Struct, frozen=True):
    email: str
    name: str
    role: Role


class SessionRoutes:
    """The handlers, over running parts."""

    def __init__(self, grija: Grija) -> None:
        self._grija = grija
        self._people = grija.people

    def routes(self) -> list[Route]:
        """All routes of this module. None is for API tokens."""
        mine = Scope.SESSION
        return [
            Route("POST", "/session", self.sign_in, roles=None, scope=mine, summary="Sign in.",
                  takes=SignInBody, gives=SignedIn),
            Route("GET", "/session", self.show, roles=ALL_ROLES, scope=mine, summary="Who is signed in.",
                  gives=SignedIn),
            Route("DELETE", "/session", self.sign_out, roles=ALL_ROLES, scope=mine, summary="Sign out."),
            Route("GET", "/invitations/{token}", self.invitation, roles=None, scope=mine,
                  summary="Who is invited by a link.", gives=Invited),
            Route("POST", "/invitations/{token}", self.accept, roles=None, scope=mine,
                  summary="Set a password by a link, and sign in.", takes=AcceptBody, gives=SignedIn),
            Route("POST", "/session/totp", self.offer_code, roles=ALL_ROLES, scope=mine,
                  summary="A secret for an authenticator app.", gives=Offered),
            Route("PUT", "/session/totp", self.confirm_code, roles=ALL_ROLES, scope=mine,
                  summary="Turn the second factor on; a new session begins.", takes=CodeBody, gives=SignedIn),
            Route("DELETE", "/session/totp", self.remove_code, roles=ALL_ROLES, scope=mine,
                  summary="Turn the second factor off; a new session begins.", takes=CodeBody, gives=SignedIn),
            Route("PUT", "/me", self.change_me, roles=ALL_ROLES, scope=mine,
                  summary="Change one's own account; a new password begins a new session.",
                  takes=MeBody, gives=SignedIn),
        ]  # fmt: skip

    async def sign_in(self, call: Call) -> web.Response:
        body: SignInBody = call.body
        email = good_email(body.email)
        _check_lengths(body.password, body.code)
        opened = await self._people.sign_in.sign_in(email, body.password, body.code, self._visit(call))
        return await self._entered(call, opened)

    async def show(self, call: Call) -> SignedIn:
        assert call.caller is not None, "the door lets nobody in without a caller"
        return await self._signed_in(call.caller.agent, call.caller.csrf or "")

    async def sign_out(self, call: Call) -> web.Response:
        assert call.caller is not None, "the door lets nobody in without a caller"
        await self._people.sign_in.sign_out(call.caller)
        response = as_response(None)
        self._people.cookies.remove(call.request, response)
        return response

    async def invitation(self, call: Call) -> Invited:
        digest = sessions.digest_of(call.path["token"])
        agent = await self._grija.store.read(sessions.invited_by, digest)
        return Invited(agent.email, agent.name, agent.role)

    async def accept(self, call: Call) -> web.Response:
        body: AcceptBody = call.body
        _check_lengths(body.password, body.code)
        opened = await self._people.accounts.accept(
            call.path["token"],
            name=good_name(body.name),
            password=body.password,
            code=body.code,
            visit=self._visit(call),
        )
        return await self._entered(call, opened)

    async def offer_code(self, call: Call) -> Offered:
        return await self._people.second_factor.begin(call.person)

    async def confirm_code(self, call: Call) -> web.Response:
        _check_lengths(call.body.code)
        opened = await self._people.second_factor.confirm(call.person, call.body.code, self._visit(call))
        return await self._entered(call, opened)

    async def remove_code(self, call: Call) -> web.Response:
        _check_lengths(call.body.code)
        opened = await self._people.second_factor.remove(call.person, call.body.code, self._visit(call))
        return await self._entered(call, opened)

    async def change_me(self, call: Call) -> object:
        body: MeBody = call.body
        languages = self._grija.settings.languages
        if body.locale is not None and body.locale not in languages:
            raise BodyInvalid(f"locale must be one of {', '.join(languages)}")
        name = None if body.name is None else good_name(body.name)
        spoken = None if body.languages is None else good_languages(body.languages, languages)
        opened = await self._change_password(call, body)
        changed = await self._people.accounts.change_own(
            call.person, name=name, locale=body.locale, languages=spoken, presence=body.presence
        )
        if body.presence is not None:
            self._grija.broker.publish(desk_topic(), PRESENCE)
        if opened is not None:
            return await self._entered(call, Opened(changed, opened.cookie, opened.csrf))
        return await self._signed_in(changed, _csrf(call.caller))

    async def _change_password(self, call: Call, body: MeBody) -> Opened | None:
        if body.password is None:
            return None
        if body.old_password is None:
            raise BodyInvalid("a new password needs the old one as old_password")
        _check_lengths(body.password, body.old_password)
        return await self._people.accounts.change_password(
            call.person, old=body.old_password, new=body.password, visit=self._visit(call)
        )

    def _visit(self, call: Call) -> Visit:
        former = self._people.cookies.read(call.request)
        return visit_of(call.request, self._grija.settings, former=former)

    async def _entered(self, call: Call, opened: Opened) -> web.Response:
        response = as_response(await self._signed_in(opened.agent, opened.csrf))
        self._people.cookies.put(call.request, response, opened.cookie)
        return response

    async def _signed_in(self, agent: Agent, csrf: str) -> SignedIn:
        store, settings = self._grija.store, self._grija.settings
        teams = await store.read(people.teams)
        kept = await store.read(people.secrets_of, agent.id)
        replies = await store.read(rules.read, "replies", Replies)
        return SignedIn(
            agent=msgspec.convert(fields_of(agent, teams), AgentShown),
            csrf=csrf,
            second_factor=kept.totp_secret is not None,
            hold_seconds=replies.hold_seconds,
            site=Site(settings.languages, settings.site),
        )


def _csrf(caller: Caller | None) -> str:
    return (caller.csrf if caller else None) or ""


def _check_lengths(*secrets: str | None) -> None:
    if any(secret is not None and len(secret) > _LONGEST_SECRET for secret in secrets):
        raise BodyInvalid(f"a password or code has {_LONGEST_SECRET} characters at most")
