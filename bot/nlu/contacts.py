"""E-mail addresses and phone numbers in a text, with their normal forms. Pure; linear in the text's length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%'-]{1,64}[@＠][\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_PROVIDERS = (
    "gmail|yahoo|outlook|hotmail|icloud|protonmail|proton|abv|wp|onet|o2|interia|mail|example|otenet|live|gmx"
)
_DOT = (
    r"(?:\s?\.\s?|\s?[\[({]\s?(?:dot|kropka|τελεία|точка|punct)\s?[\])}]\s?"
    r"|\s(?:dot|kropka|τελεία|teleia|точка|tochka|punct)\s)"
)
_SPELLED = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}"
    r"(?:\s{0,2}[\[({<]\s?(?:at|@|małpa|malpa|παπάκι|papaki|маймунка|arond)\s?[\])}>]\s{0,2}[\w-]{1,63}"
    r"|\s{0,2}[@＠]\s{0,2}[\w-]{1,63}"
    r"|\s(?:małpa|malpa|παπάκι|papaki|маймунско а|маймунка|кльомба|klyomba|arond|a rond|coadă de maimuță)\s[\w-]{1,63}"
    rf"|\s(?:at|@)\s(?:{_PROVIDERS}))"
    rf"(?:{_DOT}[^\W\d_]{{2,10}}){{1,3}}(?!\w)",
    re.IGNORECASE,
)
_CHAIN = re.compile(
    r"(?<![\w#№@])(?<!\d[.,/:-])(?<![A-Za-z]-)"
    r"(?:\+[ ]?|\(\+?)?\d(?:[ \t\u00a0\u202f\u2009./()\u2010-\u2013-]{0,3}\d){6,}"
)
_GOES_ON = re.compile(r"\w|-\w")
_DIGITS = re.compile(r"\d+")
_CUE = re.compile(
    r"(?:\b(?:tel|telefon\w*|telephone|phone|mobile|cell|call|fax|kom|kom[oó]rk\w+|num[aă]r\w*|mobil|cel"
    r"|til|tilefono|kinito|stathero|telefona|gsm)|τηλ\w*|κινητ\w*|σταθερ\w*|тел\w*|мобил\w*|джиесем)\b[^\d\n]{0,20}\Z",
    re.IGNORECASE,
)
# Numbers of firms and taxes look like phones.
_TAX = re.compile(r"(?:NIP|REGON|VAT|ΑΦΜ|AFM|ЕИК|БУЛСТАТ|CUI|CIF)\W{0,3}(?:nr|no)?\W{0,3}\Z", re.IGNORECASE)
_CUE_REACH = 34
_LEAST, _MOST = 9, 12
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d{2}))(?:[ T]+\d{1,2}[.:]\d{2}|[ ]\d{1,2})?"
)
_AMOUNT = re.compile(r"\d{1,3}(?:[ \u00a0\u202f.,]\d{3}){1,3}(?:[.,]\d{1,2})?")
_CURRENCY = re.compile(
    r"[ \u00a0]?(?:€|£|\$|zł|zl\b|pln|eur|lei|leu|ron|bgn|лв|лева|lv\b|leva|usd|gbp|ευρ|евро)", re.IGNORECASE
)
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


def spelled_emails(text: str) -> Iterator[Contact]:
    """Yield addresses with blanks or with words for their signs: "ania at gmail dot com", "ania (at) example.com"."""
    for match in _SPELLED.finditer(text):
        yield Contact(match.group().lower(), match.start(), match.end())


def phones(text: str, order_digits: tuple[int, int]) -> Iterator[Contact]:
    """Yield phone numbers as digits, with "+" if it was written ("00" before a country is "+").

    At least nine digits, or eight after a plus, or seven after a word for a phone. Groups that all have the length of
    an order number are orders; dates, amounts of money, addresses of computers and longer chains of digits (cards,
    accounts) are none.
    """
    for match in _CHAIN.finditer(text):
        if _GOES_ON.match(text, match.end()):
            continue
        chain = _Chain(text, match.start(), [group.span() for group in _DIGITS.finditer(text, *match.span())])
        end = 0
        for part in chain.parts(order_digits):
            value = part.phone(order_digits) if part.start >= end else None
            if value is not None:
                end = part.groups[-1][1]
                yield Contact(value, part.start, end)


@dataclass(frozen=True)
class _Chain:
    """Groups of digits that stand together; `start` also counts a plus or a bracket before them."""

    text: str
    start: int
    groups: list[tuple[int, int]]

    def parts(self, order_digits: tuple[int, int]) -> Iterator[_Chain]:
        """Yield the chain, then what may be a phone in it beside an order number, a date or another phone."""
        yield self
        if self._orders(order_digits):
            return
        low, high = order_digits
        first, last = (end - start for start, end in (self.groups[0], self.groups[-1]))
        if low <= first <= high:
            yield self._part(1, len(self.groups))
        if low <= last <= high:
            yield self._part(0, len(self.groups) - 1)
        if len(self.groups) > 3 and _DATE.match(self.text, self.start):
            yield self._part(3, len(self.groups))
        for at, (start, end) in enumerate(self.groups):
            if _LEAST <= end - start <= _MOST:
                yield self._part(at, at + 1)

    def _part(self, first: int, last: int) -> _Chain:
        groups = self.groups[first:last]
        return _Chain(self.text, groups[0][0] if first and groups else self.start, groups)

    def phone(self, order_digits: tuple[int, int]) -> str | None:
        """Return the normal form if these digits can be a phone."""
        if not self.groups:
            return None
        written = self.text[self.start : self.groups[-1][1]]
        groups = ["".join(str(int(digit)) for digit in self.text[start:end]) for start, end in self.groups]
        value = _number("".join(groups), "+" in written)
        if value is None or _TAX.search(self.text, max(0, self.start - _CUE_REACH), self.start):
            return None
        if len(value.lstrip("+")) < self._least(value):
            return None
        return None if "+" not in written and self._other(written, groups, order_digits) else value

    def _least(self, value: str) -> int:
        if value[0] == "+":
            return 8
        return 7 if _CUE.search(self.text, max(0, self.start - _CUE_REACH), self.start) else _LEAST

    def _orders(self, order_digits: tuple[int, int]) -> bool:
        """Tell whether all groups may be orders: "10024 10025", but "07911 12345" is a phone."""
        low, high = order_digits
        return self.text[self.groups[0][0]] != "0" and all(
            low <= end - start <= high for start, end in self.groups
        )

    def _other(self, written: str, groups: list[str], order_digits: tuple[int, int]) -> bool:
        """Tell whether the digits are orders, a date, money, or the address of a computer such as 10.0.0.1."""
        if len(groups) == 4 and written.count(".") == 3 and all(int(group) < 256 for group in groups):
            return True
        money = _AMOUNT.fullmatch(written) is not None and _CURRENCY.match(self.text, self.groups[-1][1])
        return self._orders(order_digits) or _DATE.match(written) is not None or bool(money)


def _number(digits: str, plus: bool) -> str | None:
    if not plus and digits.startswith("00") and len(digits) > 11:
        digits, plus = digits[2:], True
    if plus:
        return f"+{digits}" if 8 <= len(digits) <= 15 and digits[0] != "0" else None
    longest = _MOST if digits.startswith(_CODES) else 11
    return digits if 7 <= len(digits) <= longest and len(set(digits)) > 1 else None
