"""How many of a product: "2 mugs", "dwa kubki", "кана x 3". Only numbers that stand beside a product count."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.nlu.numerals import ALL_NUMERALS, NUMERALS
from bot.nlu.tokens import Piece
from bot.nlu.vocabulary import folded_words

_LONGEST = 3
# Number words of one language that are something else in another.
_OTHER_WORDS = folded_words("ten one pet opt mia")
_MOST_BETWEEN = 4

_BEFORE = folded_words(
    """x × * х of the my more extra additional pcs pc pieces piece units pair pairs szt sztuk sztuki sztukę
    para pary par τεμ τεμάχια τεμάχιο ζευγάρι ζευγάρια temaxia tem бр броя брой чифт чифта br broia broq broya buc
    bucăți bucată perechi pereche de . ( )"""
)
"""What may stand between a number and the product after it."""
_AFTER = folded_words("x × * х : - – ( = , szt") | {
    "quantity",
    "qty",
    "ilosc",
    "ποσοτητα",
    "количество",
    "cantitate",
}
"""What may stand between a product and the number after it."""
_NO_ADJECTIVES = folded_words(
    """and with for or from to in on order orders times day days week weeks month months year years
    i z ze w na do oraz lub albo dla od dni zamówienia razy και με για ή από στο στη μέρες φορές и с за или от на в дни
    пъти     și si cu pentru sau la din în zile ori euro"""
)
_UNITS_AFTER = _BEFORE - {"the", "my", "of", "de", "x", "х", ".", "("}


def quantity(
    pieces: Sequence[Piece], start: int, end: int, taken: Collection[int], language: str | None
) -> tuple[str, int, int] | None:
    """Return (digits, start, end in the text) of the number beside the product at pieces [start, end).

    The number before it wins. Pieces in `taken` belong to other finds. None: no number stands beside.
    """
    at = _before(pieces, start, taken, language)
    if at is None:
        at = _after(pieces, end, taken, language)
    if at is None:
        return None
    return str(_value(pieces[at].word, language)), pieces[at].start, pieces[at].end


def _before(pieces: Sequence[Piece], start: int, taken: Collection[int], language: str | None) -> int | None:
    between = range(start - 1, max(-1, start - 2 - _MOST_BETWEEN), -1)
    for at in between:
        if at in taken:
            return None
        if _value(pieces[at].word, language) is not None:
            return None if _part(pieces, at) else at
        # one adjective: "two blue mugs"
        adjective = at == start - 1 and pieces[at].word.isalpha() and pieces[at].word not in _NO_ADJECTIVES
        if pieces[at].word not in _BEFORE and not adjective:
            return None
    return None


def _after(pieces: Sequence[Piece], end: int, taken: Collection[int], language: str | None) -> int | None:
    at = end
    while at < min(len(pieces), end + 2) and at not in taken and pieces[at].word in _AFTER:
        at += 1
    if at >= len(pieces) or at in taken or _value(pieces[at].word, language) is None or _part(pieces, at):
        return None
    following = pieces[at + 1].word if at + 1 < len(pieces) else ""
    comma = any(piece.word == "," for piece in pieces[end:at])
    # "mugs, 2 lamps": the number belongs to what comes next
    ends = not following or not following[0].isalnum() or following in _UNITS_AFTER
    return at if ends or (at > end and not comma) else None


def _part(pieces: Sequence[Piece], at: int) -> bool:
    """Tell whether the number is part of a longer sign: "2.5", "3/4", "-2", "50%"."""
    word = pieces[at].word
    if not word.isdecimal():
        return False
    if at + 1 < len(pieces) and not pieces[at].spaced and pieces[at + 1].word in ("%", "€", "$", "£"):
        return True
    for sign, beyond in ((at - 1, at - 2), (at + 1, at + 2)):
        if 0 <= beyond < len(pieces) and pieces[sign].word in ".,/-:" and pieces[beyond].word.isdecimal():
            gap = pieces[min(sign, at)].spaced or pieces[min(beyond, sign)].spaced
            if not gap:
                return True
    return False


def _value(word: str, language: str | None) -> int | None:
    if word.isdecimal():
        return int(word) if len(word) <= _LONGEST else None
    own = NUMERALS.get(language or "", ALL_NUMERALS).get(word)
    return ALL_NUMERALS.get(word) if own is None and word not in _OTHER_WORDS else own
