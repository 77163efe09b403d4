"""Routes of alerts: what people who supervise are to look at, and who has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from bot.api import SUPERVISING, Call, Route, Scope
from bot.api.numbers import number
from bot.broker import ALERT, desk_topic
from bot.errors import Unknown
from bot.store import Connection, alerts, audit
from bot.store.alerts import Alert

if TYPE_CHECKING:
    from bot.app import Grija


class AlertShown(msgspec.Struct, frozen=True, kw_only=True):
    """An alert. `conversation` and `customer`, a name, belong to a fall, the window and `causes` to a spike.

    `detail` of a fall: {"fall": how deep, 0 to 1, "emotion", "after": id of our message before, "messages", "step"};
    of a spike: {"falls", "conversations", "expected", "probability", "causes": [{"trait", "value", "share", ...}]}.
    """

    id: int
    kind: str
    conversation: str | None
    customer: str
    window_from: datetime | None
    window_until: datetime | None
    detail: Mapping[str, Any]
    at: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None


class AlertPage(msgspec.Struct, frozen=True):
    """Alerts, the newest first. `open` counts those that nobody has seen; `next` goes into `before`."""

    alerts: list[AlertShown]
    open: int
    next: int | None


class AlertRoutes:
    """The handlers, over running parts."""

    def __init__(self, grija: Grija) -> None:
        self._store = grija.store
        self._broker = grija.broker

    def routes(self) -> list[Route]:
        """All routes of this module."""
        return [
            Route("GET", "/alerts", self.alerts, roles=SUPERVISING, scope=Scope.READ_DESK, gives=AlertPage,
                  summary="Alerts, the newest first (?open=1 for those that nobody has seen, ?before=&limit=)."),
            Route("POST", "/alerts/{id}/acknowledge", self.acknowledge, roles=SUPERVISING, scope=Scope.WRITE_DESK,
                  gives=AlertShown, summary="Say that you look after an alert; the first who says so stays."),
        ]  # fmt: skip

    async def alerts(self, call: Call) -> AlertPage:
        before = number(call.query, "before")
        limit = min(number(call.query, "limit") or alerts.PAGE, alerts.PAGE)
        only_open = call.query.get("open") in ("1", "true")
        return await self._store.read(_page, only_open, before, limit)

    async def acknowledge(self, call: Call) -> AlertShown:
        given = call.path["id"]
        if not given.isascii() or not given.isdigit() or len(given) > 15:
            raise Unknown("there is no such alert")
        seen = await self._store.write(_acknowledge, int(given), call.person.id)
        self._broker.publish(desk_topic(), ALERT)
        return _shown(seen)


def _page(tx: Connection, only_open: bool, before: int | None, limit: int) -> AlertPage:
    found = alerts.listed(tx, only_open=only_open, before=before, limit=limit)
    last = found[-1].id if len(found) == limit else None
    return AlertPage([_shown(one) for one in found], alerts.open_count(tx), last)


def _acknowledge(tx: Connection, alert_id: int, by: str) -> Alert:
    seen, first = alerts.acknowledge(tx, alert_id, by)
    if first:
        audit.write(
            tx, actor=by, action="alert_acknowledged", subject=str(alert_id), details={"kind": seen.kind}
        )
    return seen


def _shown(one: Alert) -> AlertShown:
    return AlertShown(
        id=one.id,
        kind=one.kind,
        conversation=one.conversation_id,
        customer=one.customer,
        window_from=one.window_from,
        window_until=one.window_until,
        detail=one.detail,
        at=one.made_at,
        acknowledged_by=one.acknowledged_by,
        acknowledged_at=one.acknowledged_at,
    )
