"""The forms a noun or an adjective may take in a message: bounded endings for each language, no dictionary.

A row says: a word with this ending also occurs with those. `_` is no ending. The longest ending that fits counts.
Everything is folded (see `vocabulary.folded`). Rows say rather too much than too little: a form that no customer
writes does no harm as long as it is not another word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice, product

from bot.nlu.tokens import cut
from bot.nlu.vocabulary import folded_words

_SHORTEST = 3
_MOST_FORMS = 300

_ROWS: Mapping[str, str] = {
    "en": """
        _: _ s|s: s ses|x: x xes|ch: ch ches|sh: sh shes|y: y ys ies|f: f fs ves|fe: fe ves
        ia: ia|nd: nd|ny: ny|se: se ses""",
    "pl": """
        _: _ a u i y e owi em iem ie ow om ami ach ia iu|t: t ta tu ty tem towi tow tom tami tach cie
        d: d du da dem dzie dy dow|r: r ra ru rze rem rowi ry row rom rami rach
        l: l la lu lem le li lowi low lom lami lach
        ek: ek ka ki ku kiem kow kom kami kach kowi|iek: iek ka ki ku kiem kow kom kami kach
        a: a y i e ie o om ami ach ej ych ymi _|ka: ka ki ce ke ko kiej ek kom kami kach|ga: ga gi dze ge g gami
        ra: ra ry rze re r rom rami rach|ta: ta ty cie te t tom tami tach|da: da dy dzie de|ca: ca cy ce c com cami cach
        ia: ia i ii ie iom iami iach|ja: ja ji je
        y: y a e ego emu ym ymi ych ej om ami ach _|ki: ki ka kie kiego kiemu kim kich kimi kiej ek kow kami kach
        i: i ie ia iego iemu im imi ich iej iow iom iami iach|e: e i y om ami ach _
        o: o a u em ie om ami ach _""",
    "el": """
        _: _|α: α ασ εσ ων|ασ: ασ α εσ ων|μα: μα ματοσ ματα ματων|η: η ησ εσ εισ εων ων|ησ: ησ η εσ ων
        οσ: οσ ο ου ε οι ων ουσ|ο: ο ου α ων|ι: ι ιου ια ιων|ια: ια ιασ ιεσ ιων
        εσ: εσ ων α ασ|οι: οι ουσ ων|υ: υ|ω: ω""",
    "bg": """
        _: _ ът а и ите ове овете та у|к: к ка кът ци ците ки ките|ец: ец еца ецът ци ците
        ен: ен ния ният на ната ни ните но ното ена|ъл: ъл ъла ълът ли лите ъли ълите
        а: а ата и ите о|я: я ята и ите|о: о ото а ата|е: е ето ета етата та тата|и: и ите|й: й я ят и ите""",
    "ro": """
        _: _ ul ului uri urile urilor i ii ile ilor e ele elor|a: a ei e ele elor i ii ile ilor
        ia: ia iei|e: e ea ei ele elor i ii ile ilor|ie: ie ia iei i ii ile ilor
        u: u ul ului uri urile urilor i ii|i: i ii ile ilor ul ului|o: o ul ului""",
}  # fmt: skip
_PLACES: Mapping[str, str] = {
    "pl": """_: _ a u i y ie em owi iu iem ia|k: k ka ku kiem|t: t tu ta tem cie|d: d du da dem dzie|r: r ru ra rze rem
        a: a y i e ie|ka: ka ki ce ke kiej|ga: ga gi dze ge|ra: ra ry rze re|ta: ta ty cie te|da: da dy dzie de
        ia: ia ii ie|ja: ja ji je|y: y ach om ami|e: e ach om ami ych|o: o a u ie em|i: i""",
    "el": """_: _|α: α ασ|η: η ησ|οσ: οσ ο ου|ασ: ασ α|ησ: ησ η|ο: ο ου|ι: ι ιου|ια: ια ιασ ιων|εσ: εσ ων
        να: να νασ νων""",
    "ro": "_: _ ul ului|a: a ei|ia: ia iei|i: i ul ului|e: e ei|ie: ie iei",
}  # fmt: skip
"""The same for places, of which there is one: no plural, and nothing in English and Bulgarian."""
_UNBENT_AFTER = folded_words(
    """of for with na do z ze w we za bez από απο για με χωρισ του τησ за от с със на без de din cu la pentru fara
    in"""
)
"""After these nothing changes any more: "lampa na biurko" becomes "lampy na biurko"."""


def forms(word: str, language: str, place: bool = False) -> frozenset[str]:
    """Return the forms of one folded word, itself among them; words of one or two letters do not change."""
    if len(word) < _SHORTEST or not word.isalpha():
        return frozenset([word])
    rows = _rows(language, place)
    ending = next(word[at:] for at in range(1, len(word) + 1) if word[at:] in rows)
    stem = word[: len(word) - len(ending)]
    return frozenset([word, *(stem + other for other in rows[ending] if len(stem + other) >= _SHORTEST)])


def phrase_forms(phrase: str, language: str, place: bool = False) -> list[tuple[str, ...]]:
    """Return the forms of a name of some words as tokens of `cut`, at most 300; the name itself comes first.

    What is written in capitals ("USA") has only one.
    """
    words = [piece.word for piece in cut(phrase)]
    choices: list[Sequence[str]] = []
    bent = not phrase.isupper()
    for word in words:
        bent = bent and word not in _UNBENT_AFTER
        others = sorted(forms(word, language, place) - {word}) if bent else []
        choices.append((word, *others))
    return list(islice(product(*choices), _MOST_FORMS)) if words else []


@cache
def _rows(language: str, place: bool) -> Mapping[str, tuple[str, ...]]:
    rows: dict[str, tuple[str, ...]] = {"": ("",)}
    for row in re.split(r"[|\n]", (_PLACES if place else _ROWS).get(language, "")):
        ending, _, others = row.strip().partition(":")
        if ending:
            rows[ending.strip("_")] = tuple(other.strip("_") for other in others.split())
    return rows
