"""The lists of the desk: which conversation stands where, in which order, and how many there are."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import ClientError
from bot.models import Agent, Role, Status, now
from bot.store.conversations import utc
from bot.store.desk_items import items, open_handoff, waiting_since
from bot.store.shown import QUEUES, Counts, Item, Lists, Page, QueueName
from bot.store.tables import conversation, customer, handoff, message

MOST = 100
"""Items that one list brings at most."""

_SUPERVISING = (Role.SUPERVISOR, Role.ADMIN)
_QUEUED = Status.QUEUED.value
_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# SQLite takes a partial index only if it sees the index's own condition.
_OPEN = sa.text("conversation.status <> 'closed'")

_Key = tuple[int, int, str]
"""What a list is sorted by, the smallest first: two numbers and the conversation's id, so that no two are alike."""


class Urgency(Protocol):
    """The rules of `bot.desk.routing.urgency`, so that the list stands in the order of the offers."""

    @property
    def points_per_minute(self) -> float: ...
    @property
    def late_points(self) -> float: ...
    @property
    def later_points(self) -> float: ...


def lists(tx: Connection, people: Sequence[Agent], rules: Urgency) -> dict[str, Lists]:
    """All lists as each of these agents sees them, by the agents' ids; each at most MOST long, with the full counts."""
    with_people = _WithPeople(tx.execute(_people_query()), rules)
    bot, bots = _with_the_bot(tx, None, MOST), _count_with_the_bot(tx)
    standing = {who.id: with_people.seen_by(who) | {"bot": bot} for who in people}
    wanted = {key[-1] for by_name in standing.values() for keys in by_name.values() for key in keys[:MOST]}
    found = {item.conversation: item for item in items(tx, sorted(wanted))}
    return {agent_id: _lists(by_name, bots, found) for agent_id, by_name in standing.items()}


def page(
    tx: Connection, who: Agent, rules: Urgency, name: QueueName, *, after: str | None, limit: int
) -> Page:
    """A part of one list behind a cursor. ClientError if `after` is no cursor of ours."""
    limit = max(1, min(limit, MOST))
    cursor = None if after is None else _read_cursor(after)
    if name == "bot":
        rest = _with_the_bot(tx, cursor, limit + 1)
    else:
        seen = _WithPeople(tx.execute(_people_query()), rules).seen_by(who)
        rest = [key for key in seen[name] if cursor is None or key > cursor]
    found = items(tx, [key[-1] for key in rest[:limit]])
    return Page(found, _cursor(rest[limit - 1]) if len(rest) > limit else None)


def item(tx: Connection, conversation_id: str) -> Item | None:
    """One conversation as a line, or None if there is none."""
    found = items(tx, [conversation_id])
    return found[0] if found else None


def offered(tx: Connection, agent_id: str) -> list[Item]:
    """What this agent is offered now."""
    return offers_of(tx, [agent_id])[agent_id]


def offers_of(tx: Connection, agent_ids: Collection[str]) -> dict[str, list[Item]]:
    """What each of these agents is offered now."""
    rows = tx.execute(
        sa.select(handoff.c.conversation_id, handoff.c.offered_to)
        .where(
            handoff.c.offered_to.in_(agent_ids),
            handoff.c.offered_until > now(),
            handoff.c.taken_at.is_(None),
            handoff.c.ended_at.is_(None),
        )
        .order_by(handoff.c.offered_until)
    ).all()
    found = {item.conversation: item for item in items(tx, [row.conversation_id for row in rows])}
    offers: dict[str, list[Item]] = {agent_id: [] for agent_id in agent_ids}
    for row in rows:
        if row.conversation_id in found:
            offers[row.offered_to].append(found[row.conversation_id])
    return offers


def _lists(standing: Mapping[str, Sequence[_Key]], bots: int, found: Mapping[str, Item]) -> Lists:
    shown = {name: [found[key[-1]] for key in standing[name][:MOST] if key[-1] in found] for name in QUEUES}
    return Lists(
        **shown, counts=Counts(**{name: bots if name == "bot" else len(standing[name]) for name in QUEUES})
    )


class _WithPeople:
    """The conversations that are with people, sorted once for all agents who see them alike."""

    def __init__(self, rows: Iterable[Any], rules: Urgency) -> None:
        moment = now()
        self._urgent: list[_Key] = []
        self._longest: list[_Key] = []
        self._owned: list[tuple[_Key, str]] = []
        self._snoozed: list[tuple[_Key, str | None]] = []
        for row in rows:
            self._add(row, rules, moment)
        self._urgent.sort()
        self._longest.sort()
        # No two keys are alike: owners are never compared.
        self._owned.sort()
        self._snoozed.sort()

    def _add(self, row: Any, rules: Urgency, moment: datetime) -> None:
        queued = row.status == _QUEUED
        if row.snoozed_until is not None and utc(row.snoozed_until) > moment:
            key = (_ticks(row.snoozed_until), 0, row.id)
            self._snoozed.append((key, None if queued else row.owner))
        elif not queued:
            self._owned.append((_own_key(row), row.owner))
        elif row.blocked_at is None:
            came = _ticks(row.queued_at or row.updated_at)
            self._urgent.append((_rank(row, came, rules, moment), came, row.id))
            self._longest.append((0, came, row.id))

    def seen_by(self, who: Agent) -> dict[str, list[_Key]]:
        """Who stands in each list but the bot's, in order."""
        supervises = who.role in _SUPERVISING
        return {
            # Supervisors look after those who wait longest, agents take the most urgent.
            "waiting": self._longest if supervises else self._urgent,
            "mine": [key for key, owner in self._owned if owner == who.id],
            "others": [key for key, owner in self._owned if supervises and owner != who.id],
            "snoozed": [key for key, owner in self._snoozed if supervises or owner in (None, who.id)],
        }


def own_ends(tx: Connection, agent_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """The conversations that each of these agents has, and the number of the last message of each."""
    rows = tx.execute(
        sa.select(conversation.c.id, conversation.c.last_seq, conversation.c.owner).where(
            _OPEN, conversation.c.status == Status.HUMAN.value, conversation.c.owner.in_(agent_ids)
        )
    )
    ends: dict[str, dict[str, int]] = {agent_id: {} for agent_id in agent_ids}
    for row in rows:
        ends[row.owner][row.id] = row.last_seq
    return ends


@cache
def _people_query() -> Any:
    return (
        sa.select(
            conversation.c.id,
            conversation.c.status,
            conversation.c.owner,
            conversation.c.snoozed_until,
            conversation.c.updated_at,
            customer.c.blocked_at,
            handoff.c.priority,
            handoff.c.told_high,
            handoff.c.later_at,
            handoff.c.queued_at,
            sa.type_coerce(waiting_since(), message.c.sent_at.type).label("since"),
        )
        .select_from(
            conversation.join(customer, customer.c.id == conversation.c.customer_id).outerjoin(
                handoff, open_handoff
            )
        )
        .where(_OPEN, conversation.c.status.in_([_QUEUED, Status.HUMAN.value]))
    )


def _own_key(row: Any) -> _Key:
    # First those whose customers wait for an answer, the longest first; then what was touched last.
    if row.since is not None:
        return (0, _ticks(row.since), row.id)
    return (1, -_ticks(row.updated_at), row.id)


def _rank(row: Any, queued: int, rules: Urgency, moment: datetime) -> int:
    """The moment at which a calm customer without priority would have had to come to stand here."""
    points = float(row.priority or 0)
    if row.told_high is not None and queued + row.told_high * _SECOND < _ticks(moment):
        points += rules.late_points
    if row.later_at is not None:
        points -= rules.later_points
    return queued - int(points / rules.points_per_minute * 60 * _SECOND)


def _with_the_bot(tx: Connection, after: _Key | None, limit: int) -> list[_Key]:
    """Conversations that the bot answers, the latest first."""
    query = (
        sa.select(conversation.c.updated_at, conversation.c.id)
        .select_from(conversation.join(customer, customer.c.id == conversation.c.customer_id))
        .where(_OPEN, conversation.c.status == Status.BOT.value, customer.c.blocked_at.is_(None))
        .order_by(conversation.c.updated_at.desc(), conversation.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        place = sa.tuple_(conversation.c.updated_at, conversation.c.id)
        query = query.where(place < sa.tuple_(_EPOCH + timedelta(microseconds=-after[0]), after[2]))
    return [(-_ticks(row.updated_at), 0, row.id) for row in tx.execute(query)]


def _count_with_the_bot(tx: Connection) -> int:
    mine = sa.and_(_OPEN, conversation.c.status == Status.BOT.value)
    everybody = sa.select(sa.func.count()).select_from(conversation).where(mine).scalar_subquery()
    blocked = (
        sa.select(sa.func.count())
        .select_from(customer.join(conversation, conversation.c.customer_id == customer.c.id))
        .where(customer.c.blocked_at.isnot(None), mine)
        .scalar_subquery()
    )
    return int(tx.execute(sa.select(everybody - blocked)).scalar())


def _ticks(moment: datetime) -> int:
    """Microseconds since 1970: exact, as the databases keep them."""
    return (utc(moment) - _EPOCH) // timedelta(microseconds=1)


def _cursor(key: _Key) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def _read_cursor(text: str) -> _Key:
    try:
        padded = text + "=" * (-len(text) % 4)
        key: _Key = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_Key)
        _EPOCH + timedelta(microseconds=abs(key[0]))
    except (ValueError, OverflowError, msgspec.DecodeError):
        raise ClientError("after is not a cursor of this list") from None
    return key
