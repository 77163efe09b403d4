"""spaCy Matcher patterns for money and dates over folded tokens, and how each candidate is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.nlu.dates import read_date
from bot.nlu.money import read_amount, written
from bot.nlu.relativedates import RELATIVE_PATTERNS, read_relative
from bot.nlu.tokens import Piece
from bot.nlu.vocabulary import CURRENCY_BEFORE, CURRENCY_WORDS, DAYS, MONTHS

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
_LOOSE_SIGN = {"ORTH": {"IN": [".", "/"]}, "SPACY": True}
_YEAR = {"TEXT": {"REGEX": r"^(?:19|20)\d\d$"}}
_ANY_YEAR = {"TEXT": {"REGEX": r"^(?:(?:19|20)?\d\d)$"}}
_MONTH = {"ORTH": {"IN": sorted(MONTHS)}}
_ENDINGS = ["st", "nd", "rd", "th", "-", ".", "of", "go", "ego", "го", "ти", "ви", "ри", "и", "η", "ησ", "de"]
_ENDING = {"ORTH": {"IN": _ENDINGS}, "OP": "{0,2}"}
_COMMA = {"ORTH": {"IN": [",", "."]}, "OP": "?"}
_BETWEEN_YEARS = {"ORTH": {"IN": [",", ".", "of", "του", "roku", "r"]}, "OP": "?"}

PATTERNS: Mapping[str, list[list[dict[str, Any]]]] = {
    "money": [
        *([*amount, {"ORTH": {"IN": sorted(CURRENCY_WORDS)}}] for amount in _AMOUNTS),
        *([*amount, {"ORTH": "de"}, {"ORTH": {"IN": ["lei", "euro"]}}] for amount in _AMOUNTS[:2]),
        *([{"ORTH": {"IN": sorted(CURRENCY_BEFORE)}}, *amount] for amount in _AMOUNTS),
    ],
    "full_date": [
        [_CLOSE_DAY, _CLOSE_SIGN, _CLOSE_DAY, _CLOSE_SIGN, _ANY_YEAR],
        [_CLOSE_DAY, _LOOSE_SIGN, _CLOSE_DAY, _LOOSE_SIGN, _YEAR],
        [{**_YEAR, "SPACY": False}, _CLOSE_SIGN, _CLOSE_DAY, _CLOSE_SIGN, _DAY],
        [_DAY, _ENDING, _MONTH, _BETWEEN_YEARS, _YEAR],
        [_MONTH, _DAY, _ENDING, _COMMA, _YEAR],
        [_DAY, _ENDING, _MONTH],
        [_MONTH, _DAY],
        [{"ORTH": {"IN": sorted(DAYS)}}],
        [{"ORTH": "day"}, {"ORTH": {"IN": ["before", "after"]}}, {"ORTH": {"IN": ["yesterday", "tomorrow"]}}],
    ],
    "relative_date": RELATIVE_PATTERNS,
    "short_date": [[_CLOSE_DAY, {"ORTH": {"IN": [".", "/"]}, "SPACY": False}, _FULL_MONTH]],
}
"""By kind of find: what a candidate looks like."""


def read(
    kind: str, text: str, pieces: Sequence[Piece], start: int, end: int, today: date | None
) -> tuple[str, str] | None:
    """Return (entity, value) of a candidate at pieces [start, end), None when it is something else."""
    words = [piece.word for piece in pieces[start:end]]
    if kind == "money":
        amount = _money(text, pieces[start:end])
        return None if amount is None else ("money", amount)
    if kind == "relative_date":
        neighbours = [pieces[at].word if 0 <= at < len(pieces) else "" for at in (start - 1, end)]
        value = read_relative(words, neighbours[0], neighbours[1], today)
    else:
        value = None if _inside_number(pieces, start, end) else read_date(words, today)
    return None if value is None else ("date", value)


def _money(text: str, pieces: Sequence[Piece]) -> str | None:
    first, last = pieces[0], pieces[-1]
    after = last.word in CURRENCY_WORDS
    currency, amount = (last, pieces[:-1]) if after else (first, pieces[1:])
    if amount[-1].word == "de":
        amount = amount[:-1]
    value = read_amount(text[amount[0].start : amount[-1].end])
    return None if value is None else written(value, CURRENCY_WORDS[currency.word])


def _inside_number(pieces: Sequence[Piece], start: int, end: int) -> bool:
    """Tell whether the span is cut out of a longer chain such as "1.2.3.4" or "12/10/2024/7"."""
    before = start > 1 and not pieces[start - 1].spaced and pieces[start - 1].word in "./-,"
    after = end + 1 < len(pieces) and not pieces[end - 1].spaced and pieces[end].word in "./-,"
    return (before and not pieces[start - 2].spaced and pieces[start - 2].word.isdecimal()) or (
        after and not pieces[end].spaced and pieces[end + 1].word.isdecimal()
    )
