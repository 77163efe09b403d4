"""The OpenAPI 3.1 description, made from the routes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from bot import __version__
from bot.api import PREFIX, Route, Scope

_REFERENCE = "#/components/schemas/{name}"


class ErrorText(msgspec.Struct):
    """A stable code, and words for developers."""

    code: str
    message: str


class ErrorBody(msgspec.Struct):
    """What every refusal answers."""

    error: ErrorText


def document(routes: Iterable[Route], *, server: str) -> dict[str, Any]:
    """The whole description as JSON data."""
    listed = list(routes)
    kinds = _kinds(listed)
    shapes, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    shape_of = dict(zip((repr(kind) for kind in kinds), shapes, strict=True))
    paths: dict[str, Any] = {}
    for route in listed:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route, shape_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Grija", "version": __version__, "description": "Console and workbench as an API."},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


_SECURITY = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-grija",
        "description": "Changes also carry the session's token in X-CSRF-Token.",
    },
    "token": {"type": "http", "scheme": "bearer", "description": "An API token with the scope of the route."},
}


def _kinds(routes: list[Route]) -> list[Any]:
    kinds: dict[str, Any] = {repr(ErrorBody): ErrorBody}
    for route in routes:
        for kind in (route.takes, route.gives):
            if kind is not None:
                kinds[repr(kind)] = kind
    return list(kinds.values())


def _operation(route: Route, shape_of: dict[str, Any]) -> dict[str, Any]:
    refused = {"application/json": {"schema": shape_of[repr(ErrorBody)]}}
    answers: dict[str, Any] = {"4XX": {"description": "Refused; see docs/errors.md.", "content": refused}}
    if route.gives is None:
        answers["2XX"] = {"description": "Done."}
    else:
        given = {"application/json": {"schema": shape_of[repr(route.gives)]}}
        answers["200"] = {"description": "As it is now.", "content": given}
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": route.summary,
        "responses": answers,
        "security": _security(route),
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)", route.path)
        ],
    }
    if route.roles is not None:
        operation["x-roles"] = sorted(role.value for role in route.roles)
    if route.takes is not None:
        body = {"application/json": {"schema": shape_of[repr(route.takes)]}}
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _name(route: Route) -> str:
    words = re.findall(r"\w+", route.path)
    return "_".join([route.method.lower(), *words])


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.roles is None:
        return []
    # OpenAPI 3.1 lets roles or scopes stand beside a bearer token, as information.
    by_token: list[dict[str, list[str]]] = [] if route.scope == Scope.SESSION else [{"token": [route.scope]}]
    return [{"session": []}, *by_token]
