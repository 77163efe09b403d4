"""Talks that are over: what each was, what came of its draw, and when the customer came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.asking.rules import BACK_WITHIN, PAUSE, SAME_WITHIN, Result, wish_of
from bot.models import Address, AuthorKind, Conversation, Status, new_id
from bot.signals import Reading, arc
from bot.store import addresses, signals
from bot.store.conversations import utc, utc_or_none
from bot.store.tables import address, conversation, customer, ended_talk, message, turn

BOT = "bot"
"""Who answered in a talk in which no agent wrote."""

_LOOK_BACK = timedelta(days=7)
_AT_ONCE = 100
_STEPS = 20


@dataclass(frozen=True)
class Held:
    """A customer whose row is locked until the transaction ends. `asked_at`: when we asked them something last."""

    id: str
    blocked: bool
    asked_at: datetime | None


@dataclass(frozen=True)
class Over:
    """A talk that is over and not written down yet. `mood` is None where no signal counts."""

    conversation_id: str
    customer_id: str
    seq: int
    address: Address
    reachable: bool
    language: str | None
    agent: str
    intent: str | None
    began_at: datetime
    ended_at: datetime
    mood: float | None


def hold(tx: Connection, customer_id: str) -> Held:
    """Lock a customer's row: of several who want to ask at once, one after the other decides."""
    query = sa.select(customer.c.blocked_at, customer.c.asked_at).where(customer.c.id == customer_id)
    row = tx.execute(query.with_for_update(key_share=True)).one()
    return Held(customer_id, row.blocked_at is not None, utc_or_none(row.asked_at))


def customer_of(tx: Connection, conversation_id: str) -> str | None:
    """Whose a conversation is, None if there is none."""
    query = sa.select(conversation.c.customer_id).where(conversation.c.id == conversation_id)
    found: str | None = tx.execute(query).scalar()
    return found


def claim(tx: Connection, customer_id: str, *, days: int, moment: datetime) -> bool:
    """Take the one question that a customer may be asked in so many days, in one step; False if it was taken."""
    free = sa.or_(customer.c.asked_at.is_(None), customer.c.asked_at <= moment - timedelta(days=days))
    result = tx.execute(sa.update(customer).where(customer.c.id == customer_id, free).values(asked_at=moment))
    return bool(result.rowcount == 1)


def over(tx: Connection, current: Conversation) -> list[Over]:
    """The talks of a conversation that are written down nowhere yet, the last one over now too, in order."""
    since = _counted(tx, current.id)
    rows = tx.execute(
        sa.select(
            message.c.seq, message.c.author_kind, message.c.agent_id, message.c.sent_at, message.c.address_id,
            turn.c.intent,
        )
        .select_from(message.outerjoin(turn, turn.c.message_id == message.c.id))
        .where(
            message.c.conversation_id == current.id,
            message.c.seq > since,
            message.c.author_kind != AuthorKind.SYSTEM.value,
            _no_tap(),
        )
        .order_by(message.c.seq)
    ).all()  # fmt: skip
    readings = [
        Reading(item.message_id, item.seq, item.said_at, item.valence, item.emotions, item.weak)
        for item in signals.of_conversation(tx, current.id)
    ]
    return [_talk(tx, current, part, readings) for part in _parts(rows)]


def note(tx: Connection, talk: Over, *, chance: float, result: Result) -> str:
    """Write a talk down with what came of its draw, and in the customer's former ones that they came back; its id.

    The customer is held.
    """
    former = tx.execute(
        sa.select(ended_talk)
        .where(ended_talk.c.customer_id == talk.customer_id)
        .order_by(ended_talk.c.visit.desc())
        .limit(1)
    ).first()
    key, pause = new_id(), 0.0
    if former is not None:
        pause = max(0.0, (talk.began_at - utc(former.ended_at)).total_seconds())
        tx.execute(sa.update(ended_talk).where(ended_talk.c.id == former.id).values(next_pause=pause))
        _note_return(tx, talk)
    tx.execute(
        sa.insert(ended_talk).values(
            id=key,
            customer_id=talk.customer_id,
            conversation_id=talk.conversation_id,
            seq=talk.seq,
            channel=talk.address.channel,
            language=talk.language,
            agent=talk.agent,
            intent=talk.intent,
            began_at=talk.began_at,
            hour=f"{talk.began_at.astimezone(timezone.utc):%H}",
            ended_at=talk.ended_at,
            mood=talk.mood,
            chance=chance,
            result=result,
            visit=former.visit + 1 if former else 1,
            pauses=former.pauses + pause if former else 0.0,
            longest_pause=max(former.longest_pause, pause) if former else 0.0,
        )
    )
    return key


def note_asked(tx: Connection, talk_id: str, message_id: str, moment: datetime) -> None:
    """Remember which message asked about a talk."""
    tx.execute(
        sa.update(ended_talk).where(ended_talk.c.id == talk_id).values(message_id=message_id, asked_at=moment)
    )


def note_rating(tx: Connection, talk_id: str, value: int, moment: datetime) -> None:
    """Keep a customer's answer about a talk; a later one replaces the value, not when they answered first."""
    first = sa.func.coalesce(ended_talk.c.answered_at, sa.literal(moment, ended_talk.c.answered_at.type))
    tx.execute(
        sa.update(ended_talk).where(ended_talk.c.id == talk_id).values(rating=value, answered_at=first)
    )


def is_reachable(tx: Connection, address_id: str) -> bool:
    """Whether a customer can be written to at an address, as far as we know."""
    return bool(tx.execute(sa.select(address.c.reachable).where(address.c.id == address_id)).scalar())


def quiet(tx: Connection, *, since: datetime) -> list[tuple[str, str]]:
    """Ids of conversations, with their customers, that the bot has and in which nobody has written since then.

    Only those with something that is in no ended talk yet, the longest quiet first.
    """
    counted = (
        sa.select(sa.func.max(ended_talk.c.seq))
        .where(ended_talk.c.conversation_id == message.c.conversation_id)
        .correlate(message)
    )
    new = sa.select(message.c.id).where(
        message.c.conversation_id == conversation.c.id,
        message.c.author_kind == AuthorKind.CUSTOMER.value,
        message.c.seq > sa.func.coalesce(counted.scalar_subquery(), 0),
        _no_tap(),
    )
    rows = tx.execute(
        sa.select(conversation.c.id, conversation.c.customer_id)
        .where(
            # As the condition of the index of open conversations is written.
            sa.text("conversation.status <> 'closed'"),
            conversation.c.status == Status.BOT.value,
            conversation.c.updated_at <= since,
            conversation.c.updated_at > since - _LOOK_BACK,
            new.exists(),
        )
        .order_by(conversation.c.updated_at)
        .limit(_AT_ONCE)
    )
    return [(row.id, row.customer_id) for row in rows]


def last_word(tx: Connection, conversation_id: str) -> datetime:
    """When the last message of a conversation was written."""
    query = sa.select(sa.func.max(message.c.sent_at)).where(message.c.conversation_id == conversation_id)
    return utc(tx.execute(query).scalar_one())


def _note_return(tx: Connection, talk: Over) -> None:
    """Note in the customer's former talks what they came back with: the same within days, something new, or unclear."""
    mine = ended_talk.c.customer_id == talk.customer_id
    in_time = sa.and_(mine, ended_talk.c.ended_at > talk.began_at - BACK_WITHIN)
    unknown = ended_talk.c.came_back.is_(None)
    if talk.intent is None:
        tx.execute(sa.update(ended_talk).where(in_time, unknown).values(came_back="unclear"))
        return
    lately = ended_talk.c.ended_at > talk.began_at - SAME_WITHIN
    same = (mine, lately, ended_talk.c.intent == talk.intent)
    tx.execute(sa.update(ended_talk).where(*same).values(came_back="same"))
    doubtful = sa.or_(unknown, ended_talk.c.came_back == "unclear")
    tx.execute(sa.update(ended_talk).where(in_time, doubtful).values(came_back="new"))


def _no_tap() -> Any:
    """The message is no answer to one of our questions, which are taps."""
    return sa.or_(message.c.payload.is_(None), message.c.payload.not_like("/rate^_%", escape="^"))


def _counted(tx: Connection, conversation_id: str) -> int:
    """Up to which message the talks of a conversation are written down."""
    last = sa.select(sa.func.max(ended_talk.c.seq)).where(ended_talk.c.conversation_id == conversation_id)
    return tx.execute(last).scalar() or 0


def _parts(rows: Sequence[Any]) -> list[list[Any]]:
    """Messages by talk; what was said before the customer's first word is of no talk."""
    parts: list[list[Any]] = []
    last: datetime | None = None
    for row in rows:
        begins = last is None or utc(row.sent_at) - last >= PAUSE
        if row.author_kind == AuthorKind.CUSTOMER.value and (begins or not parts):
            parts.append([])
        if parts:
            parts[-1].append(row)
        last = utc(row.sent_at)
    return parts


def _talk(tx: Connection, current: Conversation, rows: Sequence[Any], readings: Sequence[Reading]) -> Over:
    said = [row for row in rows if row.author_kind == AuthorKind.CUSTOMER.value]
    place = addresses.of_id(tx, said[-1].address_id)
    agents = [row.agent_id or "" for row in rows if row.author_kind == AuthorKind.AGENT.value]
    bots = any(row.author_kind == AuthorKind.BOT.value for row in rows)
    return Over(
        conversation_id=current.id,
        customer_id=current.customer_id,
        seq=said[-1].seq,
        address=place,
        reachable=is_reachable(tx, place.id),
        language=current.language,
        agent=agents[-1] if agents else BOT if bots else "",
        intent=wish_of(row.intent for row in said),
        began_at=utc(said[0].sent_at),
        ended_at=utc(rows[-1].sent_at),
        mood=_mood([item for item in readings if said[0].seq <= item.seq <= said[-1].seq]),
    )


def _mood(readings: Sequence[Reading]) -> float | None:
    """The level at the end, to 0.05; None if no reading counts."""
    if all(reading.weak for reading in readings):
        return None
    return round(arc(readings, ()).end * _STEPS) / _STEPS
