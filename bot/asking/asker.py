"""Asking: the draw, the question and what is written down about both, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot import ratings as rating
from bot.asking import questions
from bot.asking.rules import LATE, NO_OUTCOMES, Asking, Result, drawn, month_of, rested
from bot.dialogue_protocol import Dialogue
from bot.errors import DialogueError, ModelError
from bot.models import Address, Author, AuthorKind, Conversation, Draft, new_id
from bot.ratings import RatingRules
from bot.store import Connection, addresses, conversations, loyalty, rules, talks
from bot.store.talks import Held, Over
from bot.writing import Writer

NAME = "Grija"
"""Who asks, as customers see it."""


class Asker:
    """Draws and asks. All of it runs in the caller's transaction, with the customer held first."""

    def __init__(self, *, dialogue: Dialogue, writer: Writer) -> None:
        self._dialogue = dialogue
        self._writer = writer

    def end_talk(
        self,
        tx: Connection,
        current: Conversation,
        held: Held,
        *,
        moment: datetime,
        outcome: str | None = None,
    ) -> tuple[Conversation, Address | None]:
        """Write down the talks that are over in a conversation and ask how the last one was, if its draw says so.

        The conversation after it, and where was asked. Once for each talk: again, nothing is written or asked.
        """
        *former, last = talks.over(tx, current) or (None,)
        if last is None:
            return current, None
        site = rules.read(tx, "asking", Asking)
        on = rules.read(tx, "rating", RatingRules).enabled
        chance = site.rated_share if on else 0.0
        for talk in former:
            talks.note(tx, talk, chance=chance, result="too_late")
        reached = last.reachable and self._writer.reaches(last.address)
        result = _result(site, held, last, on=on, reached=reached, outcome=outcome, moment=moment)
        # Looked at before the question is claimed: without a model there are no words, and then nobody was asked.
        if result == "asked" and not self._speaks(current, rating.SENTENCE):
            result = "no_words"
        if result == "asked" and not talks.claim(tx, held.id, days=site.days, moment=moment):
            result = "too_soon"
        talk_id = talks.note(tx, last, chance=chance, result=result)
        if result != "asked":
            return current, None
        draft = rating.question(self._words(current), current.id, talk_id)
        after = self._write(tx, current, draft, last.address)
        talks.note_asked(tx, talk_id, conversations.message_at(tx, after.id, after.last_seq).id, moment)
        return after, last.address

    def ask_loyalty(self, tx: Connection, customer_id: str, *, moment: datetime) -> Address | None:
        """Ask a customer about loyalty, if that may still be done and their draw of this month says so; where."""
        talks.hold(tx, customer_id)
        site = rules.read(tx, "asking", Asking)
        found = loyalty.candidates(tx, site, moment, customer_id=customer_id)
        if not found or not draw_customer(site, customer_id, moment):
            return None
        current = conversations.latest_locked(tx, customer_id)
        address = addresses.latest(tx, current.id)
        answer_id, kind = new_id(), kind_of(customer_id, moment)
        reached = talks.is_reachable(tx, address.id) and self._writer.reaches(address)
        if not (reached and self._speaks(current, questions.SENTENCES[kind])):
            return None
        if not talks.claim(tx, customer_id, days=site.days, moment=moment):
            return None
        draft = questions.question(kind, self._words(current), answer_id)
        after = self._write(tx, current, draft, address)
        loyalty.note(
            tx,
            found[0],
            current,
            address,
            answer_id=answer_id,
            question=kind,
            chance=site.loyalty_share / len(questions.QUESTIONS),
            message_id=conversations.message_at(tx, after.id, after.last_seq).id,
            moment=moment,
        )
        return address

    def _write(self, tx: Connection, current: Conversation, draft: Draft, address: Address) -> Conversation:
        place = conversations.latest_place(tx, current.id, address.id)
        author = Author(AuthorKind.SYSTEM, NAME)
        return self._writer.write(tx, current, author, [draft], address=address, place=place)

    def _words(self, current: Conversation) -> Callable[[str], str]:
        return lambda response: self._dialogue.sentence(response, current.language)

    def _speaks(self, current: Conversation, response: str) -> bool:
        try:
            self._dialogue.sentence(response, current.language)
        except (DialogueError, ModelError):
            return False  # a conversation can be closed without the question
        return True


def draw_customer(site: Asking, customer_id: str, moment: datetime) -> bool:
    """Whether this month's draw of loyalty falls on a customer."""
    return drawn("loyalty", f"{customer_id}/{month_of(moment)}", site.loyalty_share)


def kind_of(customer_id: str, moment: datetime) -> str:
    """Which of the two questions a customer gets this month: each with the same probability."""
    first, second = questions.QUESTIONS
    return first if drawn("question", f"{customer_id}/{month_of(moment)}", 0.5) else second


def _result(
    site: Asking, held: Held, talk: Over, *, on: bool, reached: bool, outcome: str | None, moment: datetime
) -> Result:
    """What comes of a talk's draw. Mood and agent are not looked at: an outcome that asks nobody is counted apart."""
    reasons: list[tuple[bool, Result]] = [
        (outcome in NO_OUTCOMES, "outcome"),
        (held.blocked, "blocked"),
        (not on or site.rated_share == 0, "off"),
        (not reached, "unreachable"),
        (moment - talk.ended_at > LATE, "too_late"),
        (not rested(site, held.asked_at, moment), "too_soon"),
        (not drawn("rating", f"{talk.conversation_id}/{talk.seq}", site.rated_share), "not_drawn"),
    ]
    return next((result for holds, result in reasons if holds), "asked")
