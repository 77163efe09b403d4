"""Numbers of invoices and refunds: "faktura nr 10005" is "INV-10005", "R10003" is "R-10003"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.nlu.ordernumbers import Pattern
from bot.nlu.tokens import Piece
from bot.nlu.vocabulary import (
    BETWEEN,
    INVOICE_PREFIXES,
    INVOICE_WORDS,
    NUMBER_SIGNS,
    NUMBER_WORDS,
    REFUND_PREFIXES,
    REFUND_WORDS,
)

_DASHES = ("-", "–", "/", "#")
_CLEAR = NUMBER_WORDS | NUMBER_SIGNS | {"no"}
KINDS: Mapping[str, tuple[str, str]] = {
    "invoice": ("invoice_number", "INV"),
    "refund": ("refund_number", "R"),
}
"""By the kind of find: the entity, and what its value begins with."""


def document_patterns(digits: tuple[int, int]) -> Mapping[str, list[list[Pattern]]]:
    """Return spaCy Matcher patterns by kind; each candidate ends with its number.

    Any number after a word for an invoice is the invoice's. After a word for a refund customers mostly write the
    order's number, so there a word for a number must stand between, or the letter R before the number.
    """
    exact: Pattern = {"TEXT": {"REGEX": rf"^\d{{{digits[0]},{digits[1]}}}$"}}
    dash: Pattern = {"ORTH": {"IN": list(_DASHES)}, "OP": "?"}
    return {
        "invoice": [
            [_one(INVOICE_WORDS), {**_one(BETWEEN | NUMBER_WORDS | INVOICE_PREFIXES), "OP": "{0,4}"}, exact],
            [_one(INVOICE_PREFIXES), dash, exact],
        ],
        "refund": [
            [{**_one(REFUND_PREFIXES), "SPACY": False}, exact],
            [{**_one(REFUND_PREFIXES), "SPACY": False}, {**dash, "OP": "{1}"}, exact],
            [_one(REFUND_WORDS), _one(_CLEAR), {**_one(BETWEEN | REFUND_PREFIXES), "OP": "{0,3}"}, exact],
            [
                _one(NUMBER_WORDS),
                _one(REFUND_WORDS),
                {**_one(BETWEEN | REFUND_PREFIXES), "OP": "{0,3}"},
                exact,
            ],
            [_one(REFUND_WORDS), _one(REFUND_PREFIXES), dash, exact],
        ],
    }


def read_document(kind: str, pieces: Sequence[Piece], end: int) -> tuple[str, int, int]:
    """Return (value, start, end) in the text of the candidate that ends before piece `end`."""
    prefixes = INVOICE_PREFIXES if kind == "invoice" else REFUND_PREFIXES
    first = end - 1
    while first > 0 and pieces[first - 1].word in _DASHES:
        first -= 1
    begin = first - 1 if first > 0 and pieces[first - 1].word in prefixes else end - 1
    return f"{KINDS[kind][1]}-{pieces[end - 1].word}", pieces[begin].start, pieces[end - 1].end


def _one(words: frozenset[str]) -> Pattern:
    return {"ORTH": {"IN": sorted(words)}}
