"""E-mail addresses and phone numbers in a text, with their normal forms. Pure; linear in the text's length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%'-]{1,64}[@＠][\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_CHAIN = re.compile(
    r"(?<![\w#№@])(?<![\d][ \t\u00a0\u202f.,/:-])(?<![A-Za-z]-)"
    r"(?:\+[ ]?|\(\+?)?\d(?:[ \t\u00a0\u202f\u2009./()\u2010-\u2013-]{0,3}\d){6,17}(?![\w-])"
)
_DIGITS = re.compile(r"\d+")
_CUE = re.compile(
    r"(?:\b(?:tel|telefon\w*|telephone|phone|mobile|cell|call|fax|kom|kom[oó]rk\w+|num[aă]r\w*|mobil|cel"
    r"|til|tilefono|kinito|stathero|telefona|gsm)|τηλ\w*|κινητ\w*|σταθερ\w*|тел\w*|мобил\w*|джиесем)\b[^\d\n]{0,20}\Z",
    re.IGNORECASE,
)
_CUE_REACH = 34
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d{2}))(?:[ T]+\d{1,2}[.:]\d{2}|[ ]\d{1,2})?"
)
_AMOUNT = re.compile(r"\d{1,3}(?:[ \u00a0\u202f.,]\d{3}){1,3}(?:[.,]\d{1,2})?")
_CURRENCY = re.compile(
    r"[ \u00a0]?(?:€|£|\$|zł|zl\b|pln|eur|lei|leu|ron|bgn|лв|лева|lv\b|leva|usd|gbp|ευρ|евро)", re.IGNORECASE
)
_AFTER = re.compile(r"[ \u00a0-]\d")
# Calling codes of the five countries and of the big neighbours, for numbers without a plus.
_CODES = ("48", "30", "359", "40", "44", "49", "33", "39", "353", "357", "420", "1")


@dataclass(frozen=True)
class Contact:
    """One find: the normal form and its place in the text."""

    value: str
    start: int
    end: int


def emails(text: str) -> Iterator[Contact]:
    """Yield e-mail addresses in lower case."""
    for match in _EMAIL.finditer(text):
        written = match.group().rstrip(".-'")
        start = match.start() + len(written) - len(written.lstrip("'"))
        value = written.strip("'").lower().replace("＠", "@")
        if not value.startswith("@"):
            yield Contact(value, start, match.start() + len(written))


def phones(text: str, order_digits: tuple[int, int]) -> Iterator[Contact]:
    """Yield phone numbers as digits, with "+" if it was written ("00" before a country is "+").

    At least nine digits, or eight after a plus, or seven after a word for a phone. Groups that all have the length of
    an order number are orders, and dates, amounts of money and longer chains of digits (cards, accounts) are none.
    """
    for match in _CHAIN.finditer(text):
        if _AFTER.match(text, match.end()):
            continue
        chain = _Chain(text, match.start(), [group.span() for group in _DIGITS.finditer(text, *match.span())])
        for part in chain.parts(order_digits):
            value = part.phone(order_digits)
            if value is not None:
                yield Contact(value, part.start, part.groups[-1][1])
                break


@dataclass(frozen=True)
class _Chain:
    """Groups of digits that stand together; `start` also counts a plus or a bracket before them."""

    text: str
    start: int
    groups: list[tuple[int, int]]

    def parts(self, order_digits: tuple[int, int]) -> Iterator[_Chain]:
        """Yield the chain, then what is left without an order number or a date before or after the phone."""
        yield self
        low, high = order_digits
        for first, rest in ((0, self.groups[1:]), (-1, self.groups[:-1])):
            start, end = self.groups[first]
            if rest and low <= end - start <= high:
                yield _Chain(self.text, self.start if first else rest[0][0], rest)

    def phone(self, order_digits: tuple[int, int]) -> str | None:
        """Return the normal form if these digits can be a phone."""
        written = self.text[self.start : self.groups[-1][1]]
        groups = ["".join(str(int(digit)) for digit in self.text[start:end]) for start, end in self.groups]
        value = _number("".join(groups), "+" in written)
        if value is None or len(value.lstrip("+")) < self._least(value):
            return None
        return None if "+" not in written and self._other(written, groups, order_digits) else value

    def _least(self, value: str) -> int:
        if value[0] == "+":
            return 8
        return 7 if _CUE.search(self.text, max(0, self.start - _CUE_REACH), self.start) else 9

    def _other(self, written: str, groups: list[str], order_digits: tuple[int, int]) -> bool:
        """Tell whether the digits are orders ("10024 10025", but "07911 12345" is a phone), a date or money."""
        low, high = order_digits
        orders = (
            len(groups) > 1 and all(low <= len(group) <= high for group in groups) and groups[0][0] != "0"
        )
        money = _AMOUNT.fullmatch(written) is not None and _CURRENCY.match(self.text, self.groups[-1][1])
        return orders or _DATE.match(written) is not None or bool(money)


def _number(digits: str, plus: bool) -> str | None:
    if not plus and digits.startswith("00") and len(digits) > 11:
        digits, plus = digits[2:], True
    if plus:
        return f"+{digits}" if 8 <= len(digits) <= 15 and digits[0] != "0" else None
    longest = 12 if digits.startswith(_CODES) else 11
    return digits if 7 <= len(digits) <= longest and len(set(digits)) > 1 else None
