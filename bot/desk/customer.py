"""Who the customer is: the first part of a brief, with the shop's orders where they are proved to be theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actions import wording as amounts
from actions.backends.model import Order
from bot.desk.facts import Facts
from bot.desk.lines import Line
from bot.desk.wording import Wording

MOST_ORDERS = 3


@dataclass(frozen=True)
class Orders:
    """The shop's orders of a customer. `silent`: the shop did not answer. `owner` is None if nobody was proved."""

    owner: str | None = None
    found: Sequence[Order] = ()
    silent: bool = False


def lines(facts: Facts, words: Wording, orders: Orders) -> list[Line]:
    """Name, address, languages, channels, how long a customer, who in the shop, and the latest orders."""
    newest = tuple(message.id for message in facts.said[-1:])
    name = words.line("name", name=facts.name) if facts.name else words.line("no_name")
    found = [Line(name, newest)]
    if facts.blocked:
        found.append(Line(words.line("blocked")))
    if facts.email:
        found.append(Line(words.line("email", email=facts.email)))
    found += _languages(facts, words)
    found.append(_channels(words, "channels", [place.channel for place in facts.places], newest))
    gone = [place.channel for place in facts.places if not place.reachable]
    if gone:
        found.append(_channels(words, "unreachable", gone, ()))
    since = words.line("since", date=words.day(facts.since), count=facts.conversations_before)
    return [*found, Line(since, (), facts.since), *_shop(facts, words, orders)]


def _languages(facts: Facts, words: Wording) -> list[Line]:
    """The languages that the customer has written, the commonest first, with the latest message in each."""
    counts: dict[str, list[str]] = {}
    for message in facts.said:
        turn = facts.turns.get(message.id)
        if turn is not None and turn.language:
            counts.setdefault(turn.language, []).append(message.id)
    if not counts and facts.language:
        counts[facts.language] = []
    ordered = sorted(counts, key=lambda code: -len(counts[code]))
    rests_on = tuple(counts[code][-1] for code in ordered if counts[code])
    return [Line(words.line("languages", languages=words.languages(ordered)), rests_on)] if ordered else []


def _channels(words: Wording, name: str, channels: Sequence[str], rests_on: tuple[str, ...]) -> Line:
    return Line(words.line(name, channels=", ".join(dict.fromkeys(channels))), rests_on)


def _shop(facts: Facts, words: Wording, orders: Orders) -> list[Line]:
    rests_on, found = _owner(facts, words, orders)
    if orders.silent:
        return [*found, Line(words.line("shop_silent"))]
    if orders.owner is None:
        return found or [Line(words.line("not_proved"))]
    if not orders.found:
        return [*found, Line(words.line("no_orders"), rests_on)]
    found += [Line(_order(words, order), rests_on) for order in orders.found[:MOST_ORDERS]]
    more = len(orders.found) - MOST_ORDERS
    return [*found, Line(words.line("more_orders", count=more), rests_on)] if more > 0 else found


def _owner(facts: Facts, words: Wording, orders: Orders) -> tuple[tuple[str, ...], list[Line]]:
    """Who it is in the shop and how that is known, and the message that it rests on."""
    signed = next((place for place in facts.places if place.signed and place.signed_in), None)
    if signed is not None and signed.signed_in is not None:
        rests_on: tuple[str, ...] = (signed.signed_in,)
        return rests_on, [Line(words.line("signed", id=signed.signed), rests_on)]
    if facts.proof is None:
        return (), []
    rests_on = (facts.proof.message_id,)
    text = words.line("proved", date=words.day(facts.proof.at), id=facts.proof.customer)
    return rests_on, [Line(text, rests_on, facts.proof.at)]


def _order(words: Wording, order: Order) -> str:
    return words.line(
        "order",
        number=order.number,
        date=words.day(order.placed_on),
        status=words.of("statuses", order.status.value),
        items=amounts.items(order.items),
        total=amounts.money(order.total, order.currency, words.language),
    )
