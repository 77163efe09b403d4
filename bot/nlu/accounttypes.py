"""Types of account: words for them in five languages, and when such a word speaks of an account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.nlu.places import Name
from bot.nlu.tokens import Piece
from bot.nlu.vocabulary import folded_words

# Each language: the words of free, pro and business.
_TYPES = {
    "en": """free basic standard freemium starter regular|pro premium gold platinum plus professional
        |business company corporate enterprise commercial""",
    "pl": """darmowy bezpłatny podstawowy standardowy zwykły standard free basic|pro premium profesjonalny
        |firmowy biznesowy business biznes firma""",
    "el": """δωρεάν βασικός απλός κανονικός στάνταρ standard free dwrean dorean|pro premium
        |επαγγελματικός εταιρικός επιχειρηματικός business επιχείρηση epaggelmatiko etairiko""",
    "bg": """безплатен стандартен основен обикновен базов стандарт free|про премиум професионален pro premium
        |бизнес фирмен служебен business корпоративен""",
    "ro": """gratuit gratis standard de-bază obișnuit free basic|pro premium profesional
        |business firmă companie comercial corporativ""",
}  # fmt: skip
_CUES = folded_words(
    """account accounts plan plans tier subscription membership profile type user konto konta kontem koncie
        kont kontu profil profilu pakiet pakietu plan planu abonament λογαριασμός λογαριασμό λογαριασμού λογαριασμοί
        πλάνο πακέτο συνδρομή προφίλ logariasmo logariasmos logariasmou акаунт акаунта акаунтът профил профила профилът
        сметка план плана абонамент akaunt akaunta profila cont contul contului conturi abonamentul planul contu tip
        tipul typ typu тип τύπος τύπο tier upgrade downgrade switch
        premium pro премиум про"""
)
_BRIDGES = folded_words(
    """to na do from z ze на от към от към до la de from din σε στο στον από and i и και si or lub или ή sau
        a an the for dla pe за για my mój moje το τον my tip version wersja wersję έκδοση версия versiune"""
)
# Nouns that speak of an account only as "an account for a company", not "an account with your company".
_COMPANIES = re.compile(r"(?:company|companies|companie|firm(?:a|e|y|ie|ei|i)?|επιχειρησ\w*)\Z")
_SHORT = 3
_REACH = 8
_NEAR = 4
STRONG = ("pro", "business")


def account_types() -> Iterator[Name]:
    """Yield the words; `value` is free, pro or business."""
    for language, written in _TYPES.items():
        for value, words in zip(("free", *STRONG), written.split("|"), strict=True):
            for word in words.split():
                yield Name("account_type", language, word.replace("-", " "), value)


def about_account(value: str, pieces: Sequence[Piece], start: int, end: int) -> bool:
    """Tell whether the word at [start, end) speaks of an account.

    A short message may be the answer to a question. Else a word for an account must stand near, and quite near for
    "free" and "standard", which also go with deliveries.
    """
    if sum(piece.word[0].isalpha() for piece in pieces) <= _SHORT and _alone(pieces, start, end):
        return True
    if _COMPANIES.match(pieces[start].word):
        return _company(pieces, start, end)
    reach = _REACH if value in STRONG else _NEAR
    around = (range(start - 1, start - 1 - reach, -1), range(end, end + reach))
    for places in around:
        for step, at in enumerate(places):
            if not 0 <= at < len(pieces) or pieces[at].word in ".!?;":
                break
            if pieces[at].word in _CUES:
                return True
            if value not in STRONG and step == 0 and at >= end and pieces[at].word not in _BRIDGES:
                break
    return False


def _alone(pieces: Sequence[Piece], start: int, end: int) -> bool:
    others = [
        piece.word for at, piece in enumerate(pieces) if not start <= at < end and piece.word[0].isalpha()
    ]
    return all(word in _CUES or word in _BRIDGES for word in others)


def _company(pieces: Sequence[Piece], start: int, end: int) -> bool:
    before = start - 1
    while before >= 0 and pieces[before].word in _BRIDGES:
        before -= 1
    after = pieces[end].word if end < len(pieces) else ""
    return after in _CUES or (before >= 0 and pieces[before].word in _CUES)
