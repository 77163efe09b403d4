"""Suggested answers: passages of help articles, canned answers, and what solved near cases."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from bot.desk.attempts import PERSON
from bot.desk.canned import CannedAnswers, Filled, fitting
from bot.desk.facts import Facts
from bot.desk.lines import Heard
from bot.desk.near_cases import NearCases
from bot.nlu.knowledge import Knowledge
from bot.settings import Settings

MOST = 3
FITS = 0.5
"""From this likelihood (0..1) on a passage is offered: a person reads it before it is sent."""
CANNED_SCORE = 0.5
"""What a canned answer counts beside the others: it fits the wish, but says nothing of its own."""


class Answer(msgspec.Struct, frozen=True):
    """One suggested answer in the customer's language: where it is from, and how well it fits (0..1)."""

    text: str
    source: Literal["article", "canned", "earlier"]
    title: str
    score: float
    url: str | None = None


class Suggestions:
    """Finds up to three answers. Nothing is ever sent by itself."""

    def __init__(
        self, *, knowledge: Knowledge, cases: NearCases, canned: CannedAnswers, settings: Settings
    ) -> None:
        self._knowledge = knowledge
        self._cases = cases
        self._canned = canned
        self._settings = settings

    async def answers(
        self, facts: Facts, wishes: Sequence[Heard], *, locale: str, values: Mapping[str, str]
    ) -> list[Answer]:
        """The best answers to what the customer asked last: a solved case, passages, a canned one."""
        language = facts.language or self._settings.languages[0]
        wish = next((one for one in wishes if one.intent != PERSON), None)
        question = _question(facts, wish)
        if not question:
            return []
        near = await self._cases.find(
            question, language, wish.intent if wish else None, but=facts.conversation_id, limit=1
        )
        earlier = [Answer(case.text, "earlier", "", round(case.score, 3)) for case in near]
        passages = await asyncio.to_thread(self._passages, question, language)
        ready = await self._canned.filled(language, locale, values)
        room = MOST - len(earlier) - bool(wish and fitting(wish.intent))
        return [*earlier, *passages[: max(1, room)], *_canned(ready, wish)][:MOST]

    def _passages(self, question: str, language: str) -> list[Answer]:
        found = []
        for one in self._knowledge.candidates(question, language)[:MOST]:
            passage = one.passage
            # An article of another language is no answer to send.
            if one.score >= FITS and passage.language == language:
                url = f"{self._settings.public_url.rstrip('/')}/help/{passage.language}/{passage.id}"
                found.append(Answer(passage.text, "article", passage.title, round(one.score, 3), url))
        return found


def _question(facts: Facts, wish: Heard | None) -> str:
    """The customer's words that ask for what they want; their last ones if that is not understood."""
    texts = {message.id: message.text for message in facts.said}
    if wish is not None and texts.get(wish.message, "").strip():
        return texts[wish.message]
    return next((message.text for message in reversed(facts.said) if message.text.strip()), "")


def _canned(ready: Sequence[Filled], wish: Heard | None) -> list[Answer]:
    """The first fitting canned answer of which everything is known."""
    known = {answer.shortcut: answer for answer in ready if not answer.missing}
    for shortcut in fitting(wish.intent) if wish is not None else ():
        if shortcut in known:
            answer = known[shortcut]
            return [Answer(answer.text, "canned", answer.title, CANNED_SCORE)]
    return []
