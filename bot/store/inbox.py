"""The inbox: what channels delivered, and its way to done or dead."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import AlreadyWorked, ButtonUnknown
from bot.models import Accepted, Address, Author, AuthorKind, Button, Inbound, InboxItem, Message, new_id, now
from bot.store import addresses, attachments, conversations, revisions, taps
from bot.store.insert import insert_new
from bot.store.tables import address, inbox, message


def accept(tx: Connection, inbound: Inbound) -> Accepted:
    """Make one delivered event durable: inbox row, customer, open conversation, message with its seq.

    The same (channel, account, event_id) again changes nothing and gives the first answer with fresh=False.
    A button of one of our questions is noted at once: it opens no conversation and waits for no turn. ButtonUnknown if
    a button is pressed that this customer was never offered.
    """
    message_id = new_id()
    received = now()
    fresh = insert_new(
        tx,
        inbox,
        channel=inbound.channel,
        account=inbound.account,
        event_id=inbound.event_id,
        raw=inbound.raw,
        message_id=message_id,
        verified=inbound.verified,
        status="waiting",
        next_at=received,
        received_at=received,
    )
    if not fresh:
        return _accepted_before(tx, inbound)
    sender = addresses.find_or_create(tx, inbound)
    addresses.mark_reachable(tx, sender.id, True)
    text, payload = inbound.text or _caption(inbound), inbound.payload
    if inbound.button_id is not None:
        pressed = _button(tx, sender.customer_id, inbound.button_id)
        text, payload = pressed.title, pressed.payload
    tap = None if inbound.button_id is None else taps.read(payload)
    if tap is None:
        conversation = conversations.open_for(tx, sender.customer_id)
    else:
        conversation = conversations.latest_locked(tx, sender.customer_id)
    said = Message(
        id=message_id,
        conversation_id=conversation.id,
        seq=conversation.last_seq + 1,
        author=Author(AuthorKind.CUSTOMER, inbound.name),
        text=text,
        sent_at=received,
        payload=payload,
        place=inbound.place,
    )
    conversations.append(tx, conversation, [said], address_id=sender.id)
    attachments.add(tx, message_id, inbound.attachments)
    revisions.catch_up(tx, inbound, message_id)
    tx.execute(
        sa.update(inbox).where(inbox.c.message_id == message_id).values(conversation_id=conversation.id)
    )
    if tap is None:
        return Accepted(message_id, conversation.id, said.seq, fresh=True)
    tx.execute(sa.update(inbox).where(inbox.c.message_id == message_id).values(status="done", done_at=now()))
    thanks = taps.note(tx, tap)
    return Accepted(message_id, conversation.id, said.seq, fresh=True, tapped_at=sender, thanks=thanks)


def claim(tx: Connection, conversation_id: str) -> tuple[InboxItem | None, float | None]:
    """The conversation's first waiting message, with its `starts` raised.

    Without one to work now the answer is (None, seconds it must still rest), or (None, None) if none waits.
    """
    row = (tx.execute(_first_waiting(conversation_id))).mappings().first()
    if row is None:
        return None, None
    rest = (conversations.utc(row["inbox_next_at"]) - now()).total_seconds()
    if rest > 0:
        return None, rest
    tx.execute(sa.update(inbox).where(inbox.c.id == row["inbox_id"]).values(starts=inbox.c.starts + 1))
    item = _item(row)
    (said,) = attachments.of_messages(tx, [item.message])
    return replace(item, message=said), None


def finish(tx: Connection, item: InboxItem, *, status: str = "done", error: str | None = None) -> None:
    """Mark a message as worked ("done") or set aside ("dead"), once: AlreadyWorked if somebody else has."""
    result = tx.execute(
        sa.update(inbox)
        .where(inbox.c.id == item.id, inbox.c.status == "waiting")
        .values(status=status, error=error and error[:500], done_at=now())
    )
    if result.rowcount != 1:
        raise AlreadyWorked(f"message {item.message.id} has been worked already")


def postpone(tx: Connection, item: InboxItem, *, seconds: float, error: str) -> None:
    """Note a failed try and let the message (and so its lane) rest for some seconds."""
    tx.execute(
        sa.update(inbox)
        .where(inbox.c.id == item.id, inbox.c.status == "waiting")
        .values(failures=inbox.c.failures + 1, error=error[:500], next_at=now() + timedelta(seconds=seconds))
    )


def waiting_conversations(tx: Connection, channels: Collection[str]) -> list[tuple[str, datetime]]:
    """Conversations with waiting messages of these channels, and since when the oldest waits."""
    rows = tx.execute(
        sa.select(inbox.c.conversation_id, sa.func.min(inbox.c.received_at))
        .where(inbox.c.status == "waiting", inbox.c.channel.in_(list(channels)))
        .group_by(inbox.c.conversation_id)
        .order_by(sa.func.min(inbox.c.id))
    )
    return [(row[0], conversations.utc(row[1])) for row in rows]


def waits(tx: Connection, conversation_id: str) -> bool:
    """Whether a message of this conversation still waits for its turn."""
    query = sa.select(inbox.c.id).where(
        inbox.c.conversation_id == conversation_id, inbox.c.status == "waiting"
    )
    return tx.execute(query.limit(1)).first() is not None


def has(tx: Connection, channel: str, account: str, event_id: str) -> bool:
    """Whether this event has been accepted."""
    query = sa.select(inbox.c.id).where(
        inbox.c.channel == channel, inbox.c.account == account, inbox.c.event_id == event_id
    )
    return tx.execute(query).first() is not None


def depth(tx: Connection) -> dict[str, int]:
    """How many messages are waiting and how many were set aside."""
    rows = tx.execute(
        sa.select(inbox.c.status, sa.func.count()).where(inbox.c.status != "done").group_by(inbox.c.status)
    )
    return {"waiting": 0, "dead": 0} | {status: count for status, count in rows}


def _accepted_before(tx: Connection, inbound: Inbound) -> Accepted:
    row = (
        tx.execute(
            sa.select(message.c.id, message.c.conversation_id, message.c.seq)
            .select_from(inbox.join(message, message.c.id == inbox.c.message_id))
            .where(
                inbox.c.channel == inbound.channel,
                inbox.c.account == inbound.account,
                inbox.c.event_id == inbound.event_id,
            )
        )
    ).one()
    return Accepted(row.id, row.conversation_id, row.seq, fresh=False)


def _caption(inbound: Inbound) -> str:
    """What the customer wrote under a picture or a file; where a person is or who it is are no words to us."""
    captions = (file.caption for file in inbound.attachments if file.kind not in ("location", "contact"))
    return next(filter(None, captions), "")


def _button(tx: Connection, customer_id: str, button_id: str) -> Button:
    for offered in conversations.latest_buttons(tx, customer_id):
        if offered.id == button_id:
            return offered
    raise ButtonUnknown("this button is not on offer in the conversation")


def _first_waiting(conversation_id: str) -> Any:
    # Ordered by the message's place in the conversation: on PostgreSQL row ids need not follow commits.
    return (
        sa.select(inbox, message, address.c.customer_id, address.c.external_id, address.c.locale)
        .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
        .select_from(
            inbox.join(message, message.c.id == inbox.c.message_id).join(
                address, address.c.id == message.c.address_id
            )
        )
        .where(inbox.c.conversation_id == conversation_id, inbox.c.status == "waiting")
        .order_by(message.c.seq)
        .limit(1)
    )


def _item(row: Any) -> InboxItem:
    return InboxItem(
        id=row["inbox_id"],
        message=conversations.message_of(row, prefix="message_"),
        address=Address(
            id=row["message_address_id"],
            customer_id=row["address_customer_id"],
            channel=row["inbox_channel"],
            account=row["inbox_account"],
            external_id=row["address_external_id"],
        ),
        received_at=conversations.utc(row["inbox_received_at"]),
        starts=row["inbox_starts"],
        failures=row["inbox_failures"],
        locale=row["address_locale"],
        verified=row["inbox_verified"],
    )
