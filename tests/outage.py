"""Messages that an outage has left behind, for tests of how they drain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.models import Author, AuthorKind, Inbound, Message, new_id, now
from bot.store import Connection, conversations, inbox, outbox


def leave_behind(tx: Connection, askers: Iterable[Inbound], count: int) -> None:
    """Queue "text 0", "text 1", … for each asker; all at once, for a sweep would begin with the first."""
    for asked in askers:
        accepted = inbox.accept(tx, asked)
        item, _ = inbox.claim(tx, accepted.conversation_id)
        assert item is not None
        inbox.finish(tx, item)
        current = conversations.find(tx, accepted.conversation_id)
        blank = Message("", current.id, 0, Author(AuthorKind.BOT, "Grija"), "", now(), place=asked.place)
        said = [
            replace(blank, id=new_id(), seq=current.last_seq + 1 + n, text=f"text {n}") for n in range(count)
        ]
        conversations.append(tx, current, said, address_id=item.address.id)
        outbox.add(tx, said, item.address.id)
