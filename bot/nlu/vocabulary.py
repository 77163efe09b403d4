"""Words around numbers in five languages. All folded: lower case, without accents (see `folded`)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.nlu.text import without_diacritics


def folded(word: str) -> str:
    """Return the form in which the tables below are written and looked up."""
    return without_diacritics(word.lower()).replace("ς", "σ")


def _set(words: str) -> frozenset[str]:
    return frozenset(folded(word) for word in words.split())


ORDER_WORDS = _set(
    """order orders purchase zamówienie zamówienia zamówieniu zamówieniem zamówień zamowienie
    paczka paczki paczkę paczce przesyłka przesyłki przesyłkę παραγγελία παραγγελίας παραγγελίες
    παραγγελιών paraggelia parangelia paragelia paraggelias parangelias paraggelies поръчка
    поръчката поръчки поръчките пратка пратката porachka porychka poruchka porachkata porychkata
    poruchkata pora4ka pory4ka poru4ka pora4kata pory4kata poru4kata comanda comandă comenzii
    comenzi comenzile package parcel pachet pachetul coletul colet δέμα dema"""
)
NUMBER_WORDS = _set(
    """nr num number numer numeru numerem numero número numărul număr numarul numarului αριθμός
    αριθμό αριθμού αρ αριθ arithmos ari8mos arithmo ari8mo ar номер номера номерът nomer nomera ном
    ref reference"""
)
NUMBER_SIGNS = frozenset("#№")
BETWEEN = frozenset(".:-()#№") | _set("no is my the este e е είναι to jest mój moje μου ми meu mea")
"""What may stand between a word for an order and its number."""

CURRENCY_WORDS: Mapping[str, str] = {
    folded(word): code
    for code, words in {
        "EUR": "eur euro euros ευρώ ευρω евро evro € euro-uri",
        "PLN": "pln zł zl złoty złote złotych złotówek zlotych zloty zlote злоти",
        "BGN": "bgn лв лева лев левa lv leva lev",
        "RON": "ron lei leu leul",
        "USD": "usd dollar dollars dolarów dolary dolar dolari долара долари δολάρια $",
        "GBP": "gbp pound pounds funtów funty lire лири λίρες £",
    }.items()
    for word in words.split()
}
CURRENCY_BEFORE = _set("€ $ £ eur pln bgn ron usd gbp")
"""Currencies that are also written before the amount."""

ADDRESS_WORDS = _set(
    """street str road rd avenue ave zip postcode postal ul ulica ulicy ulicę pocztowy osiedle al
    aleja οδός οδό οδου λεωφόρος τκ ταχυδρομικός ул улица бул булевард пк пощенски жк strada str bd
    bulevardul bulevard poștal postal sector apartament tk odos ulitsa blvd"""
)

MONTHS: Mapping[str, int] = {
    folded(word): month
    for month, words in enumerate(
        (
            "january jan styczeń stycznia sty ιανουάριος ιανουαρίου ιαν γενάρη януари яну ianuarie ian",
            "february feb luty lutego lut φεβρουάριος φεβρουαρίου φεβ φλεβάρη февруари фев februarie",
            "march mar marzec marca μάρτιος μαρτίου μαρ μάρτη март martie",
            "april apr kwiecień kwietnia kwi απρίλιος απριλίου απρ απρίλη април апр aprilie",
            "may maj maja μάιος μαΐου μάη май mai",
            "june jun czerwiec czerwca cze ιούνιος ιουνίου ιουν ιούνη юни iunie iun",
            "july jul lipiec lipca lip ιούλιος ιουλίου ιουλ ιούλη юли iulie iul",
            "august aug sierpień sierpnia sie αύγουστος αυγούστου αυγ август авг",
            "september sep sept wrzesień września wrz σεπτέμβριος σεπτεμβρίου σεπ септември сеп septembrie",
            "october oct październik października paź οκτώβριος οκτωβρίου οκτ октомври окт octombrie",
            "november nov listopad listopada lis νοέμβριος νοεμβρίου νοε ноември ное noiembrie noi",
            "december dec grudzień grudnia gru δεκέμβριος δεκεμβρίου δεκ декември дек decembrie",
        ),
        start=1,
    )
    for word in words.split()
}

DAYS: Mapping[str, int] = {
    folded(word): days
    for days, words in {
        0: "today dzisiaj dziś σήμερα simera shmera днес dnes astăzi azi",
        -1: "yesterday wczoraj χθες χτες εχθές xthes xtes hthes chthes x8es вчера vchera v4era ieri",
        1: "tomorrow jutro αύριο avrio aurio утре utre mâine",
        -2: "przedwczoraj προχθές προχτές proxthes proxtes онзиден onziden alaltăieri",
        2: "pojutrze μεθαύριο methavrio вдругиден poimâine",
    }.items()
    for word in words.split()
}
DAY_NAMES: Mapping[int, str] = {
    0: "today", -1: "yesterday", 1: "tomorrow", -2: "day before yesterday", 2: "day after tomorrow",
}  # fmt: skip
