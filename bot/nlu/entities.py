"""What a message names: numbers of orders, invoices and refunds, addresses, money, days, products, places."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any

from bot.nlu.accounttypes import about_account, account_types
from bot.nlu.catalogue import product_names
from bot.nlu.contacts import emails, phones
from bot.nlu.documentnumbers import KINDS, document_patterns, read_document
from bot.nlu.names import NameFinder
from bot.nlu.ordernumbers import OrderNumbers, OrderSettings
from bot.nlu.patterns import PATTERNS, read
from bot.nlu.places import cities, countries
from bot.nlu.quantities import quantity
from bot.nlu.relativedates import ROLES, role
from bot.nlu.text import safe
from bot.nlu.tokens import Piece, cut, document_maker

# Who wins where two readings overlap: the smaller number, then the longer.
_ORDER = (
    "email", "pattern", "full_date", "money", "invoice", "refund", "order", "phone", "bare_order", "short_date",
    "relative_date", "product", "country", "city", "account_type",
)  # fmt: skip
_RANKS = {kind: rank for rank, kind in enumerate(_ORDER)}


@dataclass(frozen=True)
class Entity:
    """One find: `value` is the normal form, `start` and `end` are characters of the original text."""

    entity: str
    value: str
    start: int
    end: int

    def as_dict(self) -> dict[str, Any]:
        """Return the form that Rasa and the store keep."""
        return {"entity": self.entity, "value": self.value, "start": self.start, "end": self.end}


@dataclass(frozen=True)
class EntitySettings:
    """`patterns` are further spaCy EntityRuler patterns ({"label", "pattern"}) over folded tokens.

    `catalogue` says where the products' names are: see `catalogue.product_names`.
    """

    orders: OrderSettings = field(default_factory=OrderSettings)
    patterns: Sequence[Mapping[str, Any]] = ()
    catalogue: str = ""


@dataclass(frozen=True)
class _Find:
    kind: str
    entity: Entity


class EntityFinder:
    """Finds entities; one instance may be shared by threads, which then wait for one another."""

    def __init__(self, settings: EntitySettings | None = None) -> None:
        """Build the spaCy pipeline.

        Raises ValueError for patterns that spaCy cannot read, and CatalogueUnreadable (a ValueError).
        """
        import spacy
        from spacy.matcher import Matcher

        settings = settings or EntitySettings()
        self._language = spacy.blank("xx")
        self._make = document_maker(self._language.vocab)
        self._matcher = Matcher(self._language.vocab)
        self._orders = OrderNumbers(settings.orders)
        self._digits = settings.orders.digits
        patterns = {**PATTERNS, **document_patterns(self._digits), **self._orders.patterns()}
        for label, variants in patterns.items():
            self._matcher.add(label, variants)
        for tag in ROLES:
            self._language.vocab.strings.add(tag)
        names = chain(product_names(settings.catalogue), countries(), cities(), account_types())
        self._names = NameFinder(self._language.vocab, names)
        self._ruler: Any = None
        if settings.patterns:
            self._ruler = self._language.add_pipe("entity_ruler")
            self._ruler.add_patterns([dict(pattern) for pattern in settings.patterns])
        else:
            # Our own patterns look at the words themselves; spaCy would find out for each new one whether it is like a
            # number, a web address, a name of a currency, and so on: a third of the time that finding takes.
            vocabulary: Any = self._language.vocab
            vocabulary.lex_attr_getters = {}
        self._lock = threading.Lock()

    def find(self, text: str, today: date | None = None, language: str | None = None) -> list[Entity]:
        """Return what the text names, in order, without overlaps; only the first TEXT_LIMIT characters count.

        `today` resolves "yesterday" and dates without a year. `language` (a code such as "pl") tells which words for
        products count; None takes those of all languages. Never raises, whatever the text.
        """
        pieces = cut(text)
        if not pieces:
            return []
        contacts = safe(text)
        finds = [_Find("email", Entity("email", *_parts(item))) for item in emails(contacts)]
        finds += [_Find("phone", Entity("phone", *_parts(item))) for item in phones(contacts, self._digits)]
        finds += self._by_tokens(text, pieces, today, language)
        chosen = _without_overlaps(finds)
        counted = _quantities(pieces, chosen, language)
        return sorted([*chosen, *counted], key=lambda entity: entity.start)

    def _by_tokens(
        self, text: str, pieces: tuple[Piece, ...], today: date | None, language: str | None
    ) -> list[_Find]:
        finds: list[_Find] = []
        keys = self._names.keys(pieces, language)
        tags = [role(piece.word) for piece in pieces]
        # spaCy keeps every word it has seen for ever, but for a memory zone, which is not for two threads.
        with self._lock, self._language.memory_zone():
            document = self._make(pieces, tags)
            for label, start, end in self._matcher(document):
                kind = self._language.vocab.strings[label]
                finds += self._read(kind, text, pieces, start, end, today)
            for named in self._names.find(text, pieces, keys, language):
                kind, value = named.name.entity, named.name.value
                if kind != "account_type" or about_account(value, pieces, named.start, named.end):
                    finds.append(_find(kind, kind, value, pieces, named.start, named.end))
            for span in self._ruler(document).ents if self._ruler else ():
                written = text[pieces[span.start].start : pieces[span.end - 1].end]
                finds.append(_find("pattern", span.label_, written, pieces, span.start, span.end))
        return finds

    def _read(
        self, kind: str, text: str, pieces: tuple[Piece, ...], start: int, end: int, today: date | None
    ) -> list[_Find]:
        if kind in ("order", "bare_order"):
            found = self._orders.read(kind, pieces, start, end)
            return [] if found is None else [_Find(kind, Entity("order_number", *found))]
        if kind in KINDS:
            return [_Find(kind, Entity(KINDS[kind][0], *read_document(kind, pieces, end)))]
        taken = read(kind, text, pieces, start, end, today)
        return [] if taken is None else [_find(kind, *taken, pieces, start, end)]


def _parts(item: Any) -> tuple[str, int, int]:
    return item.value, item.start, item.end


def _find(kind: str, entity: str, value: str, pieces: Sequence[Piece], start: int, end: int) -> _Find:
    return _Find(kind, Entity(entity, value, pieces[start].start, pieces[end - 1].end))


def _quantities(pieces: Sequence[Piece], chosen: Sequence[Entity], language: str | None) -> Iterator[Entity]:
    """Yield the numbers that stand beside the products among `chosen`, each number once."""
    products = [entity for entity in chosen if entity.entity == "product"]
    if not products:
        return
    taken = _covered(pieces, chosen)
    starts = {piece.start: at for at, piece in enumerate(pieces)}
    ends = {piece.end: at + 1 for at, piece in enumerate(pieces)}
    for product in products:
        found = quantity(pieces, starts[product.start], ends[product.end], taken, language)
        if found is not None:
            taken.add(starts[found[1]])
            yield Entity("quantity", *found)


def _covered(pieces: Sequence[Piece], chosen: Sequence[Entity]) -> set[int]:
    places: set[int] = set()
    for entity in chosen:
        places.update(range(entity.start, entity.end))
    return {at for at, piece in enumerate(pieces) if piece.start in places}


def _preference(find: _Find) -> tuple[int, int, int]:
    return _RANKS[find.kind], find.entity.start - find.entity.end, find.entity.start


def _without_overlaps(finds: Sequence[_Find]) -> list[Entity]:
    chosen: list[Entity] = []
    taken: set[int] = set()
    for item in sorted(finds, key=_preference):
        places = range(item.entity.start, item.entity.end)
        if taken.isdisjoint(places):
            taken.update(places)
            chosen.append(item.entity)
    return sorted(chosen, key=lambda entity: entity.start)
