"""The laws of ownership, read from the store alone: what must be true whatever was done in whatever order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.models import AuthorKind, Conversation, Handoff, Happening, Message, Reason, Status
from bot.store import Connection, conversations, handoffs, happenings
from bot.store.tables import conversation, customer, handoff, happening, held_reply, inbox, message

PASSAGES = {
    "queued": Status.QUEUED,
    "transferred": Status.QUEUED,
    "taken": Status.HUMAN,
    "returned": Status.BOT,
    "taken_back": Status.BOT,
    "closed": Status.CLOSED,
}
ANNOUNCEMENT = "utter_handoff_"
NO_ANNOUNCEMENTS = ("utter_handoff_again", "utter_handoff_taken_back", "utter_handoff_none")


@dataclass(frozen=True)
class Account:
    """All that the store tells of one conversation."""

    now: Conversation
    messages: list[Message]
    happenings: list[Happening]
    handoffs: list[Handoff]
    waits: bool
    queued: bool
    blocked: bool
    replies: list[Any]


def accounts(tx: Connection) -> list[Account]:
    """Every conversation of the store."""
    found = [conversations.conversation_of(row) for row in tx.execute(sa.select(conversation))]
    queue = {current.id for _, current in handoffs.waiting(tx)}
    blocked = {row.id for row in tx.execute(sa.select(customer).where(customer.c.blocked_at.isnot(None)))}
    waiting = sa.select(inbox.c.conversation_id).where(inbox.c.status == "waiting")
    waits = {row.conversation_id for row in tx.execute(waiting)}
    said = tx.execute(sa.select(message).order_by(message.c.seq)).mappings()
    messages = _grouped(map(conversations.message_of, said))
    passed = _grouped(map(happenings.of_row, tx.execute(sa.select(happening).order_by(happening.c.id))))
    handed = _grouped(map(handoffs.of_row, tx.execute(sa.select(handoff))))
    replies = _grouped(tx.execute(sa.select(held_reply)))
    return [
        Account(
            now=current,
            messages=messages[current.id],
            happenings=passed[current.id],
            handoffs=handed[current.id],
            waits=current.id in waits,
            queued=current.id in queue,
            blocked=current.customer_id in blocked,
            replies=replies[current.id],
        )
        for current in found
    ]


def check(found: list[Account]) -> None:
    """Raise AssertionError if a law is broken."""
    customers = [account.now.customer_id for account in found if account.now.status is not Status.CLOSED]
    assert len(set(customers)) == len(customers), "two open conversations of one customer"
    for account in found:
        _one_owner(account)
        _every_passage_raises_the_epoch(account)
        _who_speaks_owns(account)
        _what_is_announced_is_done(account)
        _nobody_is_forgotten(account)
        _no_loop(account)
        _a_fall_is_passed_on_once(account)
        _replies_obey(account)


def _one_owner(account: Account) -> None:
    current = account.now
    open_ones = [item for item in account.handoffs if item.ended_at is None]
    assert len(open_ones) <= 1
    assert account.queued == (current.status is Status.QUEUED)
    assert (current.owner is not None) == (current.status is Status.HUMAN)
    if current.status is Status.QUEUED:
        assert [item.taken_by for item in open_ones] == [None]
    elif current.status is Status.HUMAN:
        assert [item.taken_by for item in open_ones] == [current.owner]
    else:
        assert not open_ones


def _every_passage_raises_the_epoch(account: Account) -> None:
    passages = [item for item in account.happenings if item.kind in PASSAGES]
    assert len(passages) == account.now.epoch
    assert (PASSAGES[passages[-1].kind] if passages else Status.BOT) is account.now.status


def _stretches(account: Account) -> Iterator[tuple[Message, Status, str | None]]:
    """Each message with who owned the conversation when it was written."""
    passages = [item for item in account.happenings if item.kind in PASSAGES]
    for said in account.messages:
        status, owner = Status.BOT, None
        for passage in passages:
            if passage.after_seq < said.seq:
                status = PASSAGES[passage.kind]
                owner = passage.actor if status is Status.HUMAN else None
        yield said, status, owner


def _who_speaks_owns(account: Account) -> None:
    for said, status, owner in _stretches(account):
        if said.author.kind is AuthorKind.BOT:
            assert status is Status.BOT, f"the bot spoke while {status.value}: {said.text}"
        elif said.author.kind is AuthorKind.AGENT:
            assert owner == said.agent_id, f"{said.agent_id} spoke while {owner} had it"


def _what_is_announced_is_done(account: Account) -> None:
    announced = [
        said.answers
        for said in account.messages
        if said.author.kind is AuthorKind.SYSTEM
        and (said.text.startswith(ANNOUNCEMENT) or "something went wrong" in said.text)
        and not said.text.startswith(NO_ANNOUNCEMENTS)
    ]
    made = [
        item.detail["messages"][0]
        for item in account.handoffs
        if item.reason is not Reason.TAKEN and "from" not in item.detail
    ]
    assert sorted(map(str, announced)) == sorted(map(str, made))


def _nobody_is_forgotten(account: Account) -> None:
    """Who has said the last word and is not answered waits for the bot, in the queue or with an agent."""
    assert not (account.waits and account.now.status is Status.CLOSED), (
        "closed over a message nobody has seen"
    )
    last = account.messages[-1]
    if last.author.kind is not AuthorKind.CUSTOMER or account.waits or account.blocked:
        return
    seen = any(item.after_seq >= last.seq for item in account.happenings)
    assert seen or last.text == "silent" or account.now.status in (Status.QUEUED, Status.HUMAN), last.text


def _no_loop(account: Account) -> None:
    """After people have given a conversation back the bot speaks before it asks for people again."""
    returned: Happening | None = None
    for item in account.happenings:
        if item.kind == "returned":
            returned = item
        elif item.kind == "queued" and returned is not None:
            made = next(one for one in account.handoffs if one.id == item.detail["handoff"])
            spoke = any(
                said.author.kind is AuthorKind.BOT and returned.after_seq < said.seq <= item.after_seq
                for said in account.messages
            )
            nobody_else_could = made.reason is Reason.PROTECTED or made.detail.get("error") == "turn"
            assert spoke or nobody_else_could or "from" in made.detail, made
            returned = None


def _a_fall_is_passed_on_once(account: Account) -> None:
    """The same fall never brings people twice, whoever gave the conversation back in between."""
    made = [item for item in account.handoffs if item.reason is Reason.MOOD and "from" not in item.detail]
    fallen = [item.detail["messages"][-1] for item in made]
    assert len(set(fallen)) == len(fallen), fallen


def _replies_obey(account: Account) -> None:
    said = {item.id: item for item in account.messages}
    for reply in account.replies:
        assert (reply.message_id is not None) == (reply.status == "sent")
        if reply.status == "sent":
            assert (said[reply.message_id].agent_id, said[reply.message_id].text) == (
                reply.agent_id,
                reply.text,
            )
    assert len({reply.message_id for reply in account.replies if reply.message_id}) == sum(
        item.author.kind is AuthorKind.AGENT for item in account.messages
    )


def _grouped(rows: Iterable[Any]) -> defaultdict[str, list[Any]]:
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.conversation_id].append(row)
    return groups
