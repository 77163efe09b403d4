"""Routes of the site's settings and of the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from bot.api import ADMINS, SUPERVISING, Call, Route, Scope
from bot.errors import BodyInvalid
from bot.site_settings import checked, kind_of
from bot.store import Connection, audit, site_settings
from bot.store.audit import Entry

if TYPE_CHECKING:
    from bot.app import Grija

_PAGE = 100


class SettingShown(msgspec.Struct, frozen=True):
    """A setting, with its defaults where nobody has changed it. A change sends the version back that it has seen."""

    name: str
    version: int
    value: dict[str, Any]


class SettingBody(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    value: dict[str, Any]


class AuditPage(msgspec.Struct, frozen=True):
    """Rows of the audit log, the newest first; `next` goes into `before` for older ones, null at the end."""

    entries: list[Entry]
    next: int | None


class SiteRoutes:
    """The handlers, over running parts."""

    def __init__(self, grija: Grija) -> None:
        self._grija = grija

    def routes(self) -> list[Route]:
        """All routes of this module."""
        return [
            Route("GET", "/settings/{name}", self.setting, roles=SUPERVISING, scope=Scope.READ_SETTINGS,
                  summary="A setting of the site.", gives=SettingShown),
            Route("PUT", "/settings/{name}", self.change_setting, roles=SUPERVISING,
                  scope=Scope.WRITE_SETTINGS, summary="Change a setting of the site.",
                  takes=SettingBody, gives=SettingShown),
            Route("GET", "/audit", self.entries, roles=ADMINS, scope=Scope.READ_AUDIT,
                  summary="The audit log, newest first (?before=&limit=).", gives=AuditPage),
        ]  # fmt: skip

    async def setting(self, call: Call) -> SettingShown:
        name = call.path["name"]
        value, version = await self._grija.store.read(site_settings.read, name, kind_of(name))
        return SettingShown(name, version, msgspec.to_builtins(value))

    async def change_setting(self, call: Call) -> SettingShown:
        name, body = call.path["name"], call.body
        value = checked(name, body.value)
        version = await self._grija.store.write(_change, name, value, body.version, call.person.id)
        return SettingShown(name, version, msgspec.to_builtins(value))

    async def entries(self, call: Call) -> AuditPage:
        before = whole_number(call, "before")
        limit = min(whole_number(call, "limit") or _PAGE, _PAGE)
        entries = await self._grija.store.read(audit.latest, before=before, limit=limit)
        return AuditPage(entries, entries[-1].id if len(entries) == limit else None)


def whole_number(call: Call, name: str) -> int | None:
    """A number above 0 from the query, None if it is not there; BodyInvalid if it is something else."""
    given = call.query.get(name)
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 15 or int(given) < 1:
        raise BodyInvalid(f"{name} must be a whole number above 0")
    return int(given)


def _change(tx: Connection, name: str, value: Any, version: int, by: str) -> int:
    former, _ = site_settings.read(tx, name, type(value))
    written = site_settings.write(tx, name, value, version=version, by=by)
    before, after = msgspec.to_builtins(former), msgspec.to_builtins(value)
    details = {key: [before.get(key), after[key]] for key in after if before.get(key) != after[key]}
    audit.write(tx, actor=by, action="setting_changed", subject=name, details=details)
    return written
