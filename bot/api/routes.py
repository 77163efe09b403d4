"""All routes of the API, joined from the modules that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.api import Call, Route, Scope
from bot.api.alerts import AlertRoutes
from bot.api.asking import AskingRoutes
from bot.api.desk import DeskRoutes
from bot.api.desk_changes import DeskChangeRoutes
from bot.api.desk_help import DeskHelpRoutes
from bot.api.openapi import document
from bot.api.people import PeopleRoutes
from bot.api.session import SessionRoutes
from bot.api.site import SiteRoutes
from bot.api.tokens import TokenRoutes
from bot.api.webhooks import WebhookRoutes

if TYPE_CHECKING:
    from bot.app import Grija


def all_routes(grija: Grija) -> list[Route]:
    """Every route below /api/v1, the description of all of them included."""
    routes = [
        *SessionRoutes(grija).routes(),
        *DeskRoutes(grija).routes(),
        *DeskChangeRoutes(grija).routes(),
        *DeskHelpRoutes(grija).routes(),
        *AskingRoutes(grija).routes(),
        *PeopleRoutes(grija).routes(),
        *SiteRoutes(grija).routes(),
        *TokenRoutes(grija).routes(),
        *WebhookRoutes(grija).routes(),
        *AlertRoutes(grija).routes(),
    ]

    async def describe(call: Call) -> object:
        return document(routes, server=grija.settings.public_url)

    routes.append(
        Route("GET", "/openapi.json", describe, roles=None, scope=Scope.SESSION, summary="This description.")
    )
    return routes
