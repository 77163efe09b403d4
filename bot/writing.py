"""Writing: what we say becomes messages of a conversation, with their numbers and deliveries, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.models import Address, Author, Button, Conversation, Draft, Message, new_id, now
from bot.store import Connection, conversations, outbox
from channels import Channel, PushingChannel


class Writer:
    """Writes into conversations for the hub and for the desk, so that there is one way in."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels

    def reaches(self, address: Address) -> bool:
        """Whether the server runs the channel of an address."""
        return address.channel in self._channels

    def write(
        self,
        tx: Connection,
        current: Conversation,
        author: Author,
        drafts: Sequence[Draft],
        *,
        address: Address,
        place: str,
        answers: str | None = None,
        agent_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> Conversation:
        """Write messages at the end of a conversation, with other columns that `changes` names; the conversation after.

        Guarded by epoch and last_seq: StaleOwner, with nothing written, if either has moved on.
        """
        said = messages(current, author, drafts, answers=answers, place=place, agent_id=agent_id)
        conversations.append(tx, current, said, address_id=address.id, changes=changes)
        if isinstance(self._channels.get(address.channel), PushingChannel):
            outbox.add(tx, said, address.id)
        return replace(current, last_seq=current.last_seq + len(said))


def messages(
    current: Conversation,
    author: Author,
    drafts: Sequence[Draft],
    *,
    answers: str | None,
    place: str,
    agent_id: str | None = None,
) -> list[Message]:
    """Drafts as messages that follow a conversation's last one."""
    moment = now()
    blank = Message("", current.id, 0, author, "", moment, answers=answers, place=place, agent_id=agent_id)
    return [
        replace(
            blank,
            id=new_id(),
            seq=current.last_seq + number,
            text=draft.text,
            buttons=tuple(Button(new_id(), title, payload) for title, payload in draft.buttons),
        )
        for number, draft in enumerate(drafts, start=1)
    ]
