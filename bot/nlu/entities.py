"""What a message names: order numbers, e-mail addresses, phone numbers, money, dates."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.nlu.dates import read_date
from bot.nlu.money import read_amount, written
from bot.nlu.ordernumbers import OrderNumbers, OrderSettings
from bot.nlu.text import safe
from bot.nlu.tokens import Piece, cut, document_maker
from bot.nlu.vocabulary import CURRENCY_BEFORE, CURRENCY_WORDS, DAYS, MONTHS

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_PHONE = re.compile(r"(?<![\w+#№-])(?:\+|\(\+?)?\d(?:[ \t  ./()-]{0,2}\d){7,14}(?![\w-])")
_DIGITS = re.compile(r"\d+")
_LEAST_PHONE_DIGITS = 9

# Who wins where two readings overlap: the smaller number.
_ORDER = ("email", "pattern", "full_date", "money", "order", "phone", "bare_order", "short_date")
_RANKS = {kind: rank for rank, kind in enumerate(_ORDER)}

_NUMBER = {"TEXT": {"REGEX": r"^\d{1,9}$"}}
_CLOSE = {"TEXT": {"REGEX": r"^\d{1,9}$"}, "SPACY": False}
_POINT = {"ORTH": {"IN": [".", ","]}, "SPACY": False}
_AMOUNTS: tuple[list[dict[str, Any]], ...] = (
    [_NUMBER],
    [_CLOSE, _POINT, _NUMBER],
    [_CLOSE, _POINT, _CLOSE, _POINT, _NUMBER],
    [_CLOSE, _POINT, _CLOSE, _POINT, _CLOSE, _POINT, _NUMBER],
    [_NUMBER, _NUMBER],
    [_NUMBER, _NUMBER, _NUMBER],
    [_NUMBER, _CLOSE, _POINT, _NUMBER],
    [_NUMBER, _NUMBER, _CLOSE, _POINT, _NUMBER],
)
_DAY = {"TEXT": {"REGEX": r"^\d{1,2}$"}}
_FULL_MONTH = {"TEXT": {"REGEX": r"^(?:0[1-9]|1[0-2])$"}}
_CLOSE_DAY = {**_DAY, "SPACY": False}
_CLOSE_SIGN = {"ORTH": {"IN": [".", "/", "-"]}, "SPACY": False}
_YEAR = {"TEXT": {"REGEX": r"^(?:19|20)\d\d$"}}
_ANY_YEAR = {"TEXT": {"REGEX": r"^(?:(?:19|20)?\d\d)$"}}
_MONTH = {"ORTH": {"IN": sorted(MONTHS)}}
_ENDINGS = ["st", "nd", "rd", "th", "-", ".", "of", "го", "ти", "η", "ησ", "de"]
_ENDING = {"ORTH": {"IN": _ENDINGS}, "OP": "{0,2}"}
_COMMA = {"ORTH": {"IN": [",", "."]}, "OP": "?"}
_PATTERNS: Mapping[str, list[list[dict[str, Any]]]] = {
    "money": [
        *([*amount, {"ORTH": {"IN": sorted(CURRENCY_WORDS)}}] for amount in _AMOUNTS),
        *([{"ORTH": {"IN": sorted(CURRENCY_BEFORE)}}, *amount] for amount in _AMOUNTS),
    ],
    "full_date": [
        [_CLOSE_DAY, _CLOSE_SIGN, _CLOSE_DAY, _CLOSE_SIGN, _ANY_YEAR],
        [{**_YEAR, "SPACY": False}, _CLOSE_SIGN, _CLOSE_DAY, _CLOSE_SIGN, _DAY],
        [_DAY, _ENDING, _MONTH, _COMMA, _YEAR],
        [_MONTH, _DAY, _ENDING, _COMMA, _YEAR],
        [_DAY, _ENDING, _MONTH],
        [_MONTH, _DAY],
        [{"ORTH": {"IN": sorted(DAYS)}}],
        [{"ORTH": "day"}, {"ORTH": {"IN": ["before", "after"]}}, {"ORTH": {"IN": ["yesterday", "tomorrow"]}}],
    ],
    "short_date": [[_CLOSE_DAY, {"ORTH": {"IN": [".", "/"]}, "SPACY": False}, _FULL_MONTH]],
}


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
    """`patterns` are further spaCy EntityRuler patterns ({"label", "pattern"}) over folded tokens."""

    orders: OrderSettings = field(default_factory=OrderSettings)
    patterns: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class _Find:
    kind: str
    entity: Entity


class EntityFinder:
    """Finds entities; one instance may be shared by threads, which then wait for one another."""

    def __init__(self, settings: EntitySettings | None = None) -> None:
        """Build the spaCy pipeline; raises ValueError for patterns that spaCy cannot read."""
        import spacy
        from spacy.matcher import Matcher

        settings = settings or EntitySettings()
        self._language = spacy.blank("xx")
        self._make = document_maker(self._language.vocab)
        self._matcher = Matcher(self._language.vocab)
        self._orders = OrderNumbers(settings.orders)
        for label, patterns in (*_PATTERNS.items(), *self._orders.patterns().items()):
            self._matcher.add(label, patterns)
        self._digits = settings.orders.digits
        self._ruler: Any = None
        if settings.patterns:
            self._ruler = self._language.add_pipe("entity_ruler")
            self._ruler.add_patterns([dict(pattern) for pattern in settings.patterns])
        self._lock = threading.Lock()

    def find(self, text: str, today: date | None = None) -> list[Entity]:
        """Return what the text names, in order, without overlaps; only the first TEXT_LIMIT characters count.

        `today` resolves "yesterday" and dates without a year. Never raises, whatever the text.
        """
        pieces = cut(text)
        if not pieces:
            return []
        found = [*_emails(safe(text)), *_phones(safe(text), self._digits)]
        return _without_overlaps([*found, *self._by_tokens(text, pieces, today)])

    def _by_tokens(self, text: str, pieces: tuple[Piece, ...], today: date | None) -> list[_Find]:
        finds: list[_Find] = []
        # spaCy keeps every word it has seen for ever, but for a memory zone, which is not for two threads.
        with self._lock, self._language.memory_zone():
            document = self._make(pieces)
            for label, start, end in self._matcher(document):
                kind = self._language.vocab.strings[label]
                finds += self._read(kind, text, pieces, start, end, today)
            for span in self._ruler(document).ents if self._ruler else ():
                first, last = pieces[span.start], pieces[span.end - 1]
                entity = Entity(span.label_, text[first.start : last.end], first.start, last.end)
                finds.append(_Find("pattern", entity))
        return finds

    def _read(
        self, kind: str, text: str, pieces: tuple[Piece, ...], start: int, end: int, today: date | None
    ) -> list[_Find]:
        if kind in ("order", "bare_order"):
            found = self._orders.read(kind, pieces, start, end)
            return [] if found is None else [_Find(kind, Entity("order_number", *found))]
        name, value = "date", None
        if kind == "money":
            name, value = "money", _money(text, pieces[start:end])
        elif not _inside_number(pieces, start, end):
            value = read_date([piece.word for piece in pieces[start:end]], today)
        if value is None:
            return []
        return [_Find(kind, Entity(name, value, pieces[start].start, pieces[end - 1].end))]


def _emails(text: str) -> Iterator[_Find]:
    for match in _EMAIL.finditer(text):
        value = match.group().rstrip(".-")
        yield _Find("email", Entity("email", value.lower(), match.start(), match.start() + len(value)))


def _phones(text: str, order_digits: tuple[int, int]) -> Iterator[_Find]:
    low, high = order_digits
    for match in _PHONE.finditer(text):
        groups = _DIGITS.findall(match.group())
        digits = "".join(str(int(character)) for character in "".join(groups))
        plus = "+" in match.group()
        # "10024 10025" are two orders, "07911 12345" is a phone
        orders = len(groups) > 1 and all(low <= len(group) <= high for group in groups) and digits[0] != "0"
        if len(digits) >= _LEAST_PHONE_DIGITS - plus and not orders:
            yield _Find("phone", Entity("phone", "+" * plus + digits, match.start(), match.end()))


def _money(text: str, pieces: Sequence[Piece]) -> str | None:
    first, last = pieces[0], pieces[-1]
    after = last.word in CURRENCY_WORDS
    currency, amount = (last, pieces[:-1]) if after else (first, pieces[1:])
    value = read_amount(text[amount[0].start : amount[-1].end])
    return None if value is None else written(value, CURRENCY_WORDS[currency.word])


def _inside_number(pieces: Sequence[Piece], start: int, end: int) -> bool:
    """Tell whether the span is cut out of a longer chain such as "1.2.3.4" or "12/10/2024/7"."""
    before = start > 1 and not pieces[start - 1].spaced and pieces[start - 1].word in "./-,"
    after = end + 1 < len(pieces) and not pieces[end - 1].spaced and pieces[end].word in "./-,"
    return (before and not pieces[start - 2].spaced and pieces[start - 2].word.isdecimal()) or (
        after and not pieces[end].spaced and pieces[end + 1].word.isdecimal()
    )


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
