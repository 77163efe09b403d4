"""What several routes of people take and give."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec
from aiohttp import web

from bot.errors import BodyInvalid
from bot.models import Agent, Presence, Role, Team
from bot.people.sessions import Visit
from bot.settings import Settings
from bot.text import clean
from channels.web import client_ip

_LONGEST_NAME = 100
_EMAIL = re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;]{1,188}")
LARGEST_CAPACITY = 50


class TeamName(msgspec.Struct, frozen=True):
    id: str
    name: str


class AgentShown(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the desk, as the console shows them."""

    id: str
    name: str
    email: str
    role: Role
    languages: tuple[str, ...]
    teams: tuple[TeamName, ...]
    capacity: int
    presence: Presence
    locale: str


class Member(AgentShown, frozen=True, kw_only=True):
    """A person as those who manage people see them. `invited`: they have not set a password yet."""

    invited: bool
    second_factor: bool
    disabled: bool
    sessions: int
    present_at: datetime | None


def fields_of(agent: Agent, teams: Iterable[Team]) -> dict[str, object]:
    """The fields of AgentShown."""
    return {
        "id": agent.id,
        "name": agent.name,
        "email": agent.email,
        "role": agent.role,
        "languages": agent.languages,
        "teams": tuple(TeamName(team.id, team.name) for team in teams if team.id in agent.teams),
        "capacity": agent.capacity,
        "presence": agent.presence,
        "locale": agent.locale,
    }


def visit_of(request: web.Request, settings: Settings, *, former: str | None) -> Visit:
    """Where a request comes from."""
    ip = client_ip(request, settings.trusted_proxies)
    return Visit(ip, clean(request.headers.get("User-Agent", "")), former)


def link_of(public_url: str, secret: str) -> str:
    """Where an invitation is accepted. Behind "#", so that no log on the way and no Referer header holds it."""
    return f"{public_url.rstrip('/')}/console#/invitation/{secret}"


def good_name(name: str, *, what: str = "name") -> str:
    """A name without control characters and outer spaces; BodyInvalid if nothing is left or it is too long."""
    cleaned = " ".join(clean(name).split())
    if not 0 < len(cleaned) <= _LONGEST_NAME:
        raise BodyInvalid(f"{what} must have 1 to {_LONGEST_NAME} characters")
    return cleaned


def good_email(email: str) -> str:
    """An e-mail address; BodyInvalid if it cannot be one."""
    cleaned = email.strip()
    if not _EMAIL.fullmatch(cleaned) or clean(cleaned) != cleaned:
        raise BodyInvalid("email must be an e-mail address such as ann@shop.example")
    return cleaned


def good_languages(languages: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """Languages of the site, each once; BodyInvalid names the first that is none."""
    wanted = tuple(dict.fromkeys(languages))
    for language in wanted:
        if language not in known:
            raise BodyInvalid(f"languages must be some of {', '.join(known)}")
    return wanted


def good_capacity(capacity: int) -> int:
    """How many conversations one agent may have at a time; BodyInvalid if that is none or too many."""
    if not 1 <= capacity <= LARGEST_CAPACITY:
        raise BodyInvalid(f"capacity must be from 1 to {LARGEST_CAPACITY}")
    return capacity
