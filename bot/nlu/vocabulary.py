"""Words around numbers in five languages. All folded: lower case, without accents (see `folded`)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.nlu.text import without_diacritics


def folded(word: str) -> str:
    """Return the form in which the tables below are written and looked up."""
    return without_diacritics(word.lower()).replace("ς", "σ")


def folded_words(words: str) -> frozenset[str]:
    """Return the words of a text, each folded."""
    return frozenset(folded(word) for word in words.split())


ORDER_WORDS = folded_words(
    """order orders purchase zamówienie zamówienia zamówieniu zamówieniem zamówień zamowienie
    paczka paczki paczkę paczce przesyłka przesyłki przesyłkę παραγγελία παραγγελίας παραγγελίες
    παραγγελιών paraggelia parangelia paragelia paraggelias parangelias paraggelies поръчка
    поръчката поръчки поръчките пратка пратката porachka porychka poruchka porachkata porychkata
    poruchkata pora4ka pory4ka poru4ka pora4kata pory4kata poru4kata comanda comandă comenzii
    comenzi comenzile package parcel pachet pachetul coletul colet δέμα dema"""
)
NUMBER_WORDS = folded_words(
    """nr num number numer numeru numerem numero número numărul număr numarul numarului αριθμός
    αριθμό αριθμού αρ αριθ arithmos ari8mos arithmo ari8mo ar номер номера номерът nomer nomera ном
    ref reference"""
)
INVOICE_WORDS = folded_words(
    """invoice invoices bill receipt faktura faktury fakturę fakturze fakturą fv rachunek rachunku rachunkiem
    paragon paragonu τιμολόγιο τιμολόγια τιμολογίου απόδειξη απόδειξης timologio timologia timologiou apodiksi
    apodeiksi фактура фактурата фактури fakturata fakturi factura factură facturii facturi facturile"""
)
REFUND_WORDS = folded_words(
    """refund refunds reimbursement zwrot zwrotu zwrotem zwrocie επιστροφή επιστροφής epistrofi epistrofh
    възстановяване възстановяването vazstanovyavane rambursare rambursarea rambursării ramburs"""
)
INVOICE_PREFIXES = folded_words("inv fv ф")
REFUND_PREFIXES = folded_words("r ref р")
"""What stands before the number itself: "INV-10005", "R10003"."""
NUMBER_SIGNS = frozenset("#№")
BETWEEN = frozenset(".:-()#№") | folded_words("no is my the este e е είναι to jest mój moje μου ми meu mea")
"""What may stand between a word for an order and its number."""

CURRENCY_WORDS: Mapping[str, str] = {
    folded(word): code
    for code, words in {
        "EUR": "eur euro euros eura ευρώ ευρω ευρα evrw eurw ευρουλάκια евро еврото evro €",
        "PLN": "pln zł zl złoty złote złotych złotego złotówek złotówki złociszy злоти злота ζλότι zloti",
        "BGN": "bgn лв лева лев левa lv leva lev",
        "RON": "ron lei leu leul leilor лей леи λέι",
        "USD": "usd dollar dollars bucks dolarów dolary dolar dolara dolari долара долари долар δολάρια δολάριο $",
        "GBP": "gbp pound pounds quid funtów funty funt lire sterline лири паунда паунд λίρες στερλίνες £",
    }.items()
    for word in words.split()
}
CURRENCY_BEFORE = folded_words("€ $ £ eur euro pln zł bgn ron usd gbp")
"""Currencies that are also written before the amount."""

ADDRESS_WORDS = folded_words(
    """street str road rd avenue ave zip postcode postal ul ulica ulicy ulicę pocztowy osiedle al
    aleja οδός οδό οδου λεωφόρος τκ ταχυδρομικός ул улица бул булевард пк пощенски жк strada str bd
    bulevardul bulevard poștal postal sector apartament tk odos ulitsa blvd"""
)

MONTHS: Mapping[str, int] = {
    folded(word): month
    for month, words in enumerate(
        (
            "january jan styczeń stycznia sty ιανουάριος ιανουαρίου ιαν γενάρη ianouariou януари яну yanuari ianuarie",
            "february feb luty lutego lut φεβρουάριος φεβρουαρίου φεβ φλεβάρη fevrouariou fevruari февруари februarie",
            "march mar marzec marca μάρτιος μαρτίου μαρ μάρτη martiou март mart martie",
            "april apr kwiecień kwietnia kwi απρίλιος απριλίου απρ απρίλη apriliou април апр aprilie",
            "may maj maja μάιος μαΐου μάη maiou май mai",
            "june jun czerwiec czerwca cze ιούνιος ιουνίου ιουν ιούνη iouniou юни yuni iunie iun",
            "july jul lipiec lipca lip ιούλιος ιουλίου ιουλ ιούλη iouliou юли yuli iulie iul",
            "august aug sierpień sierpnia sie αύγουστος αυγούστου αυγ avgoustou augoustou август авг avgust",
            """september sep sept wrzesień września wrz σεπτέμβριος σεπτεμβρίου σεπ septemvriou септември сеп
            septemvri septembrie""",
            """october oct październik października paź οκτώβριος οκτωβρίου οκτ oktovriou oktwvriou oktomvri октомври
            окт octombrie""",
            "november nov listopad listopada lis νοέμβριος νοεμβρίου νοε noemvriou noemvri ноември ное noiembrie noi",
            "december dec grudzień grudnia gru δεκέμβριος δεκεμβρίου δεκ dekemvriou dekemvri декември дек decembrie",
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
