"""Conversations and the messages in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import StaleOwner
from bot.models import Author, AuthorKind, Button, Conversation, Message, Status, new_id, now
from bot.store import attachments, search_entries, webhooks
from bot.store.insert import insert_new
from bot.store.tables import conversation, customer, message
from bot.store.times import utc as utc

PAGE = 500
"""Messages that one reading brings at most."""

# How many of our latest messages keep their buttons alive.
_BUTTON_MESSAGES = 20


def find(tx: Connection, conversation_id: str) -> Conversation:
    """One conversation by its id."""
    row = (tx.execute(sa.select(conversation).where(conversation.c.id == conversation_id))).one()
    return conversation_of(row)


def find_or_none(tx: Connection, conversation_id: str) -> Conversation | None:
    """One conversation by its id, None if there is none."""
    row = tx.execute(sa.select(conversation).where(conversation.c.id == conversation_id)).first()
    return None if row is None else conversation_of(row)


def message_at(tx: Connection, conversation_id: str, seq: int) -> Message:
    """The message of a conversation with this number."""
    query = sa.select(message).where(message.c.conversation_id == conversation_id, message.c.seq == seq)
    return message_of(tx.execute(query).mappings().one())


def of_message(tx: Connection, message_id: str) -> Conversation | None:
    """The conversation that a message stands in, None if there is no such message."""
    row = tx.execute(
        sa.select(conversation)
        .select_from(conversation.join(message, message.c.conversation_id == conversation.c.id))
        .where(message.c.id == message_id)
    ).first()
    return None if row is None else conversation_of(row)


def latest(tx: Connection, customer_id: str) -> Conversation | None:
    """The customer's open conversation, else the last closed one, else None."""
    row = (
        tx.execute(
            sa.select(conversation)
            .where(conversation.c.customer_id == customer_id)
            .order_by((conversation.c.status == Status.CLOSED.value), conversation.c.last_seq.desc())
            .limit(1)
        )
    ).first()
    return None if row is None else conversation_of(row)


def open_for(tx: Connection, customer_id: str) -> Conversation:
    """The customer's open conversation, locked until the transaction ends; a new one if none is open."""
    tx.execute(sa.select(customer.c.id).where(customer.c.id == customer_id).with_for_update(key_share=True))
    row = (
        tx.execute(
            sa.select(conversation)
            .where(conversation.c.customer_id == customer_id, conversation.c.status != Status.CLOSED.value)
            .with_for_update(key_share=True)
        )
    ).first()
    if row is not None:
        return conversation_of(row)
    former = latest(tx, customer_id)
    opened = now()
    insert_new(
        tx,
        conversation,
        id=new_id(),
        customer_id=customer_id,
        status=Status.BOT.value,
        language=former.language if former else None,
        last_seq=former.last_seq if former else 0,
        opened_at=opened,
        updated_at=opened,
    )
    return open_for(tx, customer_id)


def latest_locked(tx: Connection, customer_id: str) -> Conversation:
    """The conversation with the customer's last messages, open or closed, locked until the transaction ends."""
    tx.execute(sa.select(customer.c.id).where(customer.c.id == customer_id).with_for_update(key_share=True))
    found = latest(tx, customer_id)
    assert found is not None, "a customer who was offered a button has a conversation"
    query = sa.select(conversation).where(conversation.c.id == found.id).with_for_update(key_share=True)
    return conversation_of(tx.execute(query).one())


def locked(tx: Connection, conversation_id: str, *, epoch: int) -> Conversation:
    """The open conversation, locked until the transaction ends; StaleOwner if closed or its epoch has moved on."""
    row = (
        tx.execute(
            sa.select(conversation)
            .where(
                conversation.c.id == conversation_id,
                conversation.c.epoch == epoch,
                conversation.c.status != Status.CLOSED.value,
            )
            .with_for_update(key_share=True)
        )
    ).first()
    if row is None:
        raise StaleOwner(f"conversation {conversation_id} is closed or has another owner since epoch {epoch}")
    return conversation_of(row)


def append(
    tx: Connection,
    current: Conversation,
    messages: Sequence[Message],
    *,
    address_id: str | None,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Write messages at the end of a locked conversation, with other columns that `changes` names.

    Guarded by epoch and last_seq in the same statement: StaleOwner if either has moved on.
    """
    last_seq = messages[-1].seq if messages else current.last_seq
    result = tx.execute(
        sa.update(conversation)
        .where(
            conversation.c.id == current.id,
            conversation.c.epoch == current.epoch,
            conversation.c.last_seq == current.last_seq,
        )
        .values(last_seq=last_seq, updated_at=now(), **(changes or {}))
    )
    if result.rowcount != 1:
        raise StaleOwner(f"conversation {current.id} has moved on since epoch {current.epoch}")
    if messages:
        tx.execute(sa.insert(message), [_row(said, address_id) for said in messages])
        search_entries.add(tx, messages)
    for said in messages:
        webhooks.tell(tx, "message.created", _told(current, said))


def change_owner(tx: Connection, seen: Conversation, *, status: Status, owner: str | None) -> Conversation:
    """Give an open conversation to another owner and raise its epoch; StaleOwner if somebody was faster."""
    current = locked(tx, seen.id, epoch=seen.epoch)
    tx.execute(
        sa.update(conversation)
        .where(conversation.c.id == current.id)
        .values(
            status=status.value,
            owner=owner,
            epoch=current.epoch + 1,
            updated_at=now(),
            snoozed_until=None,
            closed_at=now() if status is Status.CLOSED else None,
        )
    )
    return find(tx, current.id)


def messages_after(tx: Connection, customer_id: str, seq: int) -> list[Message]:
    """The customer's messages with a higher seq, over all conversations, in order, at most PAGE of them."""
    rows = tx.execute(
        sa.select(message)
        .select_from(message.join(conversation, conversation.c.id == message.c.conversation_id))
        .where(conversation.c.customer_id == customer_id, message.c.seq > seq)
        .order_by(message.c.seq)
        .limit(PAGE)
    )
    return attachments.of_messages(tx, (message_of(row) for row in rows.mappings()))


def latest_place(tx: Connection, conversation_id: str, address_id: str) -> str:
    """Where in an address the customer wrote last; empty if nowhere in particular."""
    query = (
        sa.select(message.c.place)
        .where(
            message.c.conversation_id == conversation_id,
            message.c.address_id == address_id,
            message.c.author_kind == AuthorKind.CUSTOMER.value,
        )
        .order_by(message.c.seq.desc())
        .limit(1)
    )
    return tx.execute(query).scalar() or ""


def has_been_at(tx: Connection, customer_id: str, place: str) -> bool:
    """Whether the customer has said something at this place, in any conversation."""
    query = (
        sa.select(message.c.id)
        .select_from(message.join(conversation, conversation.c.id == message.c.conversation_id))
        .where(
            conversation.c.customer_id == customer_id,
            message.c.place == place,
            message.c.author_kind == AuthorKind.CUSTOMER.value,
        )
        .limit(1)
    )
    return tx.execute(query).first() is not None


def latest_buttons(tx: Connection, customer_id: str) -> list[Button]:
    """The buttons of our latest messages to a customer, newest message first."""
    rows = tx.execute(
        sa.select(message.c.buttons)
        .select_from(message.join(conversation, conversation.c.id == message.c.conversation_id))
        .where(conversation.c.customer_id == customer_id, message.c.buttons.isnot(None))
        .order_by(message.c.seq.desc())
        .limit(_BUTTON_MESSAGES)
    )
    return [button for row in rows for button in _buttons(row[0])]


def note_seen(tx: Connection, conversation_id: str, seq: int) -> None:
    """Remember how far the customer has read; never backwards, never beyond what was said."""
    tx.execute(
        sa.update(conversation)
        .where(
            conversation.c.id == conversation_id,
            conversation.c.seen_seq < seq,
            conversation.c.last_seq >= seq,
        )
        .values(seen_seq=seq)
    )


def message_of(row: Mapping[str, Any], *, prefix: str = "") -> Message:
    """A message from a row whose column names carry a prefix."""
    return Message(
        id=row[f"{prefix}id"],
        conversation_id=row[f"{prefix}conversation_id"],
        seq=row[f"{prefix}seq"],
        author=Author(AuthorKind(row[f"{prefix}author_kind"]), row[f"{prefix}author_name"]),
        text=row[f"{prefix}text"],
        sent_at=utc(row[f"{prefix}sent_at"]),
        buttons=tuple(_buttons(row[f"{prefix}buttons"])),
        payload=row[f"{prefix}payload"],
        answers=row[f"{prefix}answers"],
        place=row[f"{prefix}place"],
        edited_at=utc_or_none(row[f"{prefix}edited_at"]),
        deleted_at=utc_or_none(row[f"{prefix}deleted_at"]),
        agent_id=row[f"{prefix}agent_id"],
    )


def utc_or_none(moment: datetime | None) -> datetime | None:
    """As `utc`; None stays None."""
    return None if moment is None else utc(moment)


def conversation_of(row: Any) -> Conversation:
    """A conversation from a row with the table's column names."""
    return Conversation(
        id=row.id,
        customer_id=row.customer_id,
        status=Status(row.status),
        owner=row.owner,
        epoch=row.epoch,
        language=row.language,
        dialogue=json.loads(row.dialogue) if row.dialogue else None,
        last_seq=row.last_seq,
    )


def _row(said: Message, address_id: str | None) -> dict[str, Any]:
    buttons = [{"id": item.id, "title": item.title, "payload": item.payload} for item in said.buttons]
    return {
        "id": said.id,
        "conversation_id": said.conversation_id,
        "seq": said.seq,
        "author_kind": said.author.kind.value,
        "author_name": said.author.name,
        "agent_id": said.agent_id,
        "text": said.text,
        "buttons": json.dumps(buttons, ensure_ascii=False) if buttons else None,
        "payload": said.payload,
        "address_id": address_id,
        "answers": said.answers,
        "place": said.place,
        "sent_at": said.sent_at,
    }


def _told(current: Conversation, said: Message) -> dict[str, Any]:
    """What receivers of webhooks are told of a message: never what it says."""
    return {
        "message": said.id,
        "conversation": current.id,
        "customer": current.customer_id,
        "seq": said.seq,
        "author": said.author.kind.value,
    }


def _buttons(text: str | None) -> Iterable[Button]:
    return (Button(item["id"], item["title"], item["payload"]) for item in json.loads(text or "[]"))
