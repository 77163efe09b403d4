"""The parts behind the brief, put together for the server."""

from __future__ import annotations

from actions.backends.model import Shop
from bot.broker import CHANGED, Broker, customer_topic
from bot.desk.brief import Briefs
from bot.desk.canned import CannedAnswers
from bot.desk.near_cases import NearCases
from bot.desk.suggestions import Suggestions
from bot.desk.summary import Summaries
from bot.dialogue_protocol import Dialogue
from bot.nlu.encoder import open_encoder
from bot.nlu.knowledge import ENCODER, Knowledge
from bot.settings import Settings
from bot.store import Store


def open_briefs(
    settings: Settings,
    *,
    store: Store,
    broker: Broker,
    dialogue: Dialogue,
    shop: Shop,
    knowledge: Knowledge,
    canned: CannedAnswers,
) -> Briefs:
    """Briefs over the running parts. Nothing is read or loaded yet."""
    cases = NearCases(store, dialogue, lambda: open_encoder(ENCODER))
    # A summary that has come is news of its conversation: the console reads the brief again.
    summaries = Summaries(settings, lambda customer: broker.publish(customer_topic(customer), CHANGED))
    return Briefs(
        store=store,
        dialogue=dialogue,
        shop=shop,
        canned=canned,
        suggestions=Suggestions(knowledge=knowledge, cases=cases, canned=canned, settings=settings),
        summaries=summaries,
        cases=cases,
    )
