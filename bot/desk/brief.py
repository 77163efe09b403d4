"""The brief: what an agent must know about a conversation, each line with the messages that it rests on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import msgspec
import structlog

from actions.backends.model import CustomerNotFound, Shop, ShopError
from actions.backends.model import Orders as AllOrders
from bot.desk import customer, lines, mood
from bot.desk.attempts import NOT_UNDERSTOOD, attempts
from bot.desk.canned import CannedAnswers, Filled
from bot.desk.customer import Orders
from bot.desk.facts import Facts
from bot.desk.lines import Heard, Line
from bot.desk.near_cases import NearCases
from bot.desk.next_step import Next, next_step
from bot.desk.suggestions import Answer, Suggestions
from bot.desk.summary import Summaries, Summary
from bot.desk.wording import Wording, wording
from bot.dialogue_protocol import Dialogue
from bot.errors import GrijaError
from bot.store import Store, briefs

log = structlog.get_logger(__name__)

PARSED = 3
"""Latest messages that were said to people and are read after the fact."""
SURE = 0.5
"""How certain (0..1) a wish must be understood that no turn has worked on."""
SECONDS = 2.0
"""How long the shop, the dialogue or the suggestions may take; without them there is still a brief."""

T = TypeVar("T")


class Brief(msgspec.Struct, frozen=True):
    """The whole brief, in the reader's language; `answers` and quotes are in the customer's."""

    customer: list[Line]
    wish: list[Line]
    tried: list[Line]
    earlier: list[Line]
    promised: list[Line]
    mood: list[Line]
    next: Next
    answers: list[Answer]
    summary: Summary | None = None


class Briefs:
    """Writes briefs. Reads only: nothing of a conversation changes by it."""

    def __init__(
        self,
        *,
        store: Store,
        dialogue: Dialogue,
        shop: Shop,
        canned: CannedAnswers,
        suggestions: Suggestions,
        summaries: Summaries,
        cases: NearCases,
    ) -> None:
        self._store = store
        self._dialogue = dialogue
        self._shop = shop
        self._canned = canned
        self._suggestions = suggestions
        self._summaries = summaries
        self._cases = cases

    async def sweep(self) -> None:
        """Learn from conversations that have ended well."""
        while await self._cases.learn():
            pass

    async def close(self) -> None:
        """Give up what is still being asked."""
        await self._summaries.close()

    async def of(self, conversation_id: str, *, locale: str = "en", agent: str = "") -> Brief:
        """The brief of a conversation for an agent who reads `locale` and is called `agent`. Unknown."""
        facts = await self._store.read(briefs.facts, conversation_id)
        words = wording(locale)
        later, orders = await asyncio.gather(self._heard_later(facts), self._orders(facts, words.language))
        wishes = lines.heard(facts, later)
        values = self._canned.values(facts, wishes, agent)
        suggested = self._suggestions.answers(facts, wishes, locale=words.language, values=values)
        answers = await _in_time("suggestions", suggested, [])
        summary = self._summaries.ready(facts, words.language)
        return compose(facts, words, wishes, orders, answers, summary)

    async def canned(self, conversation_id: str, *, locale: str = "en", agent: str = "") -> list[Filled]:
        """The canned answers filled in for a conversation, in the customer's language. Unknown."""
        facts = await self._store.read(briefs.facts, conversation_id)
        wishes = lines.heard(facts, await self._heard_later(facts))
        values = self._canned.values(facts, wishes, agent)
        return await self._canned.filled(facts.language or locale, locale, values)

    async def _heard_later(self, facts: Facts) -> dict[str, Heard]:
        """What the latest messages want that no turn has worked on, because people had the conversation."""
        unread = [
            message
            for message in facts.said
            if message.text and message.payload is None and not _worked(facts, message.id)
        ]
        found = {}
        for message in unread[-PARSED:]:
            parse = await _in_time("parse", self._dialogue.parse(message.text, language=facts.language), {})
            heard = _heard(message.id, parse)
            if heard is not None:
                found[message.id] = heard
        return found

    async def _orders(self, facts: Facts, language: str) -> Orders:
        """The orders of the shop's customer, if the site or a code has proved who that is."""
        try:
            return await asyncio.wait_for(self._ask_shop(facts, language), SECONDS)
        except (ShopError, asyncio.TimeoutError) as error:
            log.warning("brief.no_orders", conversation=facts.conversation_id, error=type(error).__name__)
            return Orders(silent=True)

    async def _ask_shop(self, facts: Facts, language: str) -> Orders:
        signed = next((place.signed for place in facts.places if place.signed), None)
        try:
            owner = (
                (await self._shop.find_customer(user_id=signed)).id
                if signed
                else facts.proof.customer
                if facts.proof
                else None
            )
        except CustomerNotFound:
            owner = None
        if owner is None:
            return Orders()
        return Orders(owner, await self._shop.ask(AllOrders(), owner, language))


def compose(
    facts: Facts,
    words: Wording,
    wishes: list[Heard],
    orders: Orders,
    answers: list[Answer],
    summary: Summary | None,
) -> Brief:
    """The brief from everything that is known."""
    found = attempts(facts)
    promised = lines.promises(facts, words, found)
    return Brief(
        customer=customer.lines(facts, words, orders),
        wish=lines.wish(facts, words, wishes),
        tried=lines.tried(facts, words, found),
        earlier=lines.earlier(facts, words),
        promised=[*lines.open_points(facts, words, found), *promised],
        mood=mood.lines(facts, words),
        next=next_step(facts, words, found, wishes, promised),
        answers=answers,
        summary=summary,
    )


def _worked(facts: Facts, message_id: str) -> bool:
    turn = facts.turns.get(message_id)
    return turn is not None and turn.intent is not None


def _heard(message_id: str, parse: object) -> Heard | None:
    if not isinstance(parse, dict):
        return None
    intent = parse.get("intent") or {}
    if intent.get("name") in (None, NOT_UNDERSTOOD) or intent.get("confidence", 0.0) < SURE:
        return None
    named = ((item["entity"], item["value"]) for item in parse.get("entities") or ())
    return Heard(message_id, str(intent["name"]), lines.things(named))


async def _in_time(what: str, work: Awaitable[T], otherwise: T) -> T:
    """The result, or something else if it does not come: a part of a brief is no reason to have none."""
    try:
        return await asyncio.wait_for(work, SECONDS)
    except (GrijaError, ShopError, asyncio.TimeoutError) as error:
        log.warning("brief.part_missing", part=what, error=type(error).__name__)
        return otherwise
