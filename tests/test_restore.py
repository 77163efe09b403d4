"""Restoring: careless spellings come back to script and diacritics, right text stays as it is."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.letters import Letters, guesses
from bot.nlu.lexicon import LANGUAGES, careless, fold, lexicon
from bot.nlu.ownwords import OwnWords
from bot.nlu.restore import restored
from bot.nlu.slips import corrections
from bot.nlu.sounds import sounds
from bot.nlu.spelling import in_latin
from bot.nlu.text import without_diacritics

CARELESS = [
    ("el", "Thelw na akyrwsw thn paraggelia GR10024!", "θέλω να ακυρώσω την παραγγελία gr10024!"),
    ("el", "thelo na akuroso tin paragelia", "θέλω να ακυρώσω την παραγγελία"),
    ("el", "8elw na milisw me an8rwpo", "θέλω να μιλήσω με άνθρωπο"),
    ("el", "tha er8ei to dema mou?", "θα έρθει το δέμα μου?"),
    ("el", "exw provlima me thn plhrwmh", "έχω πρόβλημα με την πληρωμή"),
    ("el", "ειναι ετοιμη η παραγγελια μου;", "είναι έτοιμη η παραγγελία μου;"),
    ("el", "ΘΕΛΩ ΝΑ ΑΛΛΑΞΩ ΤΗ ΔΙΕΥΘΥΝΣΗ", "θέλω να αλλάξω τη διεύθυνση"),
    ("el", "η παραγγελία τησ κυρίασ", "η παραγγελία της κυρίας"),
    ("bg", "iskam da q otkaja, 4akam 10024", "искам да я откажа, чакам 10024"),
    ("bg", "kade mi e porachkata", "къде ми е поръчката"),
    ("bg", "kyde mi e pory4kata", "къде ми е поръчката"),
    ("bg", "i6te mi e adresyt", "ище ми е адресът"),
    ("bg", "6te mi varnete li parite", "ще ми върнете ли парите"),
    (
        "pl",
        "gdzie jest moje zamowienie, czekam juz tydzien",
        "gdzie jest moje zamówienie, czekam już tydzień",
    ),
    ("pl", "PROSZE O ZWROT PIENIEDZY", "proszę o zwrot pieniędzy"),
    ("pl", "chcialbym zmienic adres na Lodz", "chciałbym zmienić adres na łódź"),
    ("ro", "vreau sa anulez, multumesc", "vreau să anulez, mulțumesc"),
    ("ro", "unde imi este coletul? astept de o saptamana", "unde îmi este coletul? aștept de o săptămână"),
    ("en", "I want to cancle my oredr, shiping is slow", "i want to cancel my order, shipping is slow"),
    ("en", "my passwrd is not recieved", "my password is not received"),
    ("pl", "chiałbym dokończyć rejstracji", "chciałbym dokończyć rejestracji"),
    ("el", "θέλω να ακυρώσω την παραγγγελία", "θέλω να ακυρώσω την παραγγελία"),
    ("bg", "къде е поръъчката", "къде е поръчката"),
    ("ro", "mulţumesc, aştept", "mulțumesc, aștept"),
]


@pytest.mark.parametrize(("language", "typed", "meant"), CARELESS)
def test_careless_text_is_written_out(language: str, typed: str, meant: str) -> None:
    assert restored(typed, language) == meant
    assert restored(meant, language) == meant


RIGHT = {
    "pl": """Gdzie jest moja paczka? | Chciałabym zmienić adres dostawy. | nie | tak | ok | Dzień dobry
        | Poproszę fakturę | Co to jest? | To nie jest to, co zamówiłem | Mam pytanie 
        | Czy można zapłacić kartą Visa? | Anna Kowalska
        | Ile kosztuje dostawa? | super, to wszystko | kupon SAVE10 nie działa, a iPhone 14 Pro jest w koszyku
        | ul. Długa 5, 00-238 Warszawa | PL61109010140000071219812874 | prosty zwrot do magazynu""",
    "ro": """Unde este comanda mea? | Bună ziua, aș vrea să anulez comanda | Nu, merci | da | la revedere | Ce mai faci
        | Am o problema cu plata | La ce adresă ajunge? | Vreau o factură, vă rog | curierul nu a venit
        | Îmi puteți trimite un e-mail la ana.pop@example.com? | Ca de obicei | Andrei Popescu | a sosit | mersi frumos
        | RO49AAAA1B31007593840000 | cu cardul | o sa revin""",
    "el": """Πού είναι η παραγγελία μου; | Θέλω να ακυρώσω την παραγγελία GR-10024 | ναι | όχι | Γεια σας | ΟΚ
        | Έχω έναν κωδικό tracking από την Speedex | Το iPhone δεν ήρθε | Ποιος είναι; | τι ώρα ανοίγετε; | 10024
        | Καλημέρα, που λέτε, δεν ήρθε | GR1601101250000000012300695 | Στείλτε το στο eleni@example.gr | ok | Visa
        | http://example.gr/paraggelia | a.b@example.com | 👍 | Μια ερώτηση | ποια είναι η τιμή;""",
    "bg": """Къде ми е поръчката? | Искам да откажа поръчка GR-10024 | да | не | Здравейте
        | кога ще дойде куриерът на Speedy
        | Платих с Visa | 10024 | BG80BNBG96611020345678 | Не ми трябва | ivan@example.bg | ok | няма""",
    "en": """Where is my order? | I want to cancel it | cafe latte | na ja | to be or not to be
        | I hadn't, they're wasn’t
        | Kowalski, 12 High Street | My IBAN is GB29NWBK60161331926819 | gr10024 | iPhone""",
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "text"), [(code, text.strip()) for code, texts in RIGHT.items() for text in texts.split("|")]
)
def test_right_text_stays_as_it_is(language: str, text: str) -> None:
    if text not in ("Am o problema cu plata", "o sa revin"):  # careless
        assert restored(text, language) == text
    assert restored(text, "") == restored(text, "xx") == text


def test_a_writer_of_diacritics_means_what_is_typed() -> None:
    assert restored("vreau să știu ca problema e gata", "ro") == "vreau să știu ca problema e gata"
    assert restored("mój kod to kara", "pl") == "mój kod to kara"
    # A word that hardly anybody means so was not meant.
    assert restored("proszę o moje zamowienie", "pl") == "proszę o moje zamówienie"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("el", "steilte to sto nikos.p@example.gr gia to gr10024 kai to mp3"),
        ("el", "to tracking number tou iphone"),
        ("bg", "https://example.bg/porachka i kod BG80BNBG96611020345678 na ivan_4@example.bg"),
        ("pl", "zamowienie gr10024 na jan.zolw@example.pl"),
        ("ro", "factura sa vina la ioana.sasu@example.ro, iban ro49aaaa1b31007593840000"),
    ],
)
def test_codes_addresses_and_foreign_words_stay(language: str, text: str) -> None:
    kept = [
        "gr10024",
        "mp3",
        "tracking",
        "number",
        "iphone",
        "https://example.bg/porachka",
        "ro49aaaa1b31007593840000",
    ]
    done = restored(text, language)
    assert done != text
    for word in text.lower().split():
        if "@" in word or word in kept:
            assert word in done


LINES = [
    ("Στείλτε μου το βάουτσερ της φορτωτικής για το μπλέντερ", "el"),
    ("Къде е товарителницата от Speedy за блендера?", "bg"),
    ("Anulez comanda mea", "ro"),
    ("Vreau să plasez o comandă nouă", "ro"),
    ("Mai am o comandă", "ro"),
    ("Vă mulțumesc", "ro"),
    ("gdzie jest zamowienie", "pl"),
    ("Unde e comanda mea? Îmi trebuie", "ro"),
    ("hello there", "en"),
]


@cache
def own() -> OwnWords:
    return OwnWords.learned(LINES)


def test_own_lines_teach_words_and_their_neighbours() -> None:
    assert "speedy" in own().words["bg"]
    assert "zamowienie" not in own().words["pl"], "a line without any diacritics may be careless"
    assert restored("to vaoutser ths fortwtikhs", "el", own()).startswith("το βάουτσερ της")
    assert restored("tovaritelnicata ot speedy", "bg", own()) == "товарителницата от speedy"
    assert restored("unde e comanda mea? va multumesc", "ro", own()) == "unde e comanda mea? vă mulțumesc"
    assert restored("mai am o comanda, va multumesc", "ro", own()) == "mai am o comandă, vă mulțumesc"


def test_own_words_survive_storage() -> None:
    again = OwnWords.of(json.loads(json.dumps(own().stored())))
    assert again.stored() == own().stored()
    with pytest.raises(KeyError):
        OwnWords.of({})


@pytest.mark.parametrize("language", ["el", "bg"])
def test_every_convention_of_latin_letters_is_understood(language: str) -> None:
    text = {"el": "θέλω να ακυρώσω την παραγγελία μου", "bg": "искам да откажа поръчката си от вчера"}[
        language
    ]
    right = [restored(in_latin(text, seed), language) == text for seed in range(40)]
    assert sum(right) >= 36


def test_frequent_words_survive_the_loss_of_their_diacritics() -> None:
    for language in ("pl", "ro", "el"):
        ranks = lexicon(language).ranks
        words = sorted(ranks, key=lambda word: (ranks[word], word))[:3_000]
        texts = [" ".join(words[start : start + 10]) for start in range(0, len(words), 10)]
        done = [restored(without_diacritics(text), language).split() for text in texts]
        same = sum(
            a == b
            for text, line in zip(texts, done, strict=True)
            for a, b in zip(text.split(), line, strict=True)
        )
        assert same / len(words) > 0.93


def test_a_slip_is_one_letter_and_never_the_first() -> None:
    found = corrections("oredr", "en")
    assert found["order"] < found["ohedr"]
    assert "oredr" not in found
    assert all(word[0] == "o" for word in found)
    assert restored("kancel", "en") == "kancel"


def test_a_letter_beside_the_right_key_is_a_likelier_slip_than_another() -> None:
    assert corrections("ordwr", "en")["order"] < corrections("ordxr", "en")["order"]
    assert "order" in corrections("ordet", "en")
    assert "order" not in corrections("ordex", "en")  # the last letter: only by its neighbour
    assert corrections("orde", "en")["order"] > corrections("oder", "en")["order"]


@pytest.mark.parametrize(
    ("language", "line", "typed", "restored_"),
    [
        (
            "en",
            "change the shipping address of my parcel",
            "chnge the shiping adress",
            "change the shipping address",
        ),
        (
            "pl",
            "zmień adres dostawy mojej przesyłki",
            "zmień adres mojej przestłki",
            "zmień adres mojej przesyłki",
        ),
        ("el", "θέλω διαγραφή λογαριασμού", "θέλω διαγεαφή λογαριασμού", "θέλω διαγραφή λογαριασμού"),
        (
            "bg",
            "искам потвърждение за плащането",
            "искам потвърждеие за плащането",
            "искам потвърждение за плащането",
        ),
        ("ro", "vreau o confirmare de plată", "vreau o confirmaee de plată", "vreau o confirmare de plată"),
    ],
)
def test_slips_in_the_shops_words_are_put_right(language: str, line: str, typed: str, restored_: str) -> None:
    own = OwnWords.learned([(line, language)] * 40)
    assert restored(typed, language, own) == restored_


def test_a_word_that_exists_gives_way_only_to_a_far_likelier_one_of_the_shop() -> None:
    own = OwnWords.learned([("where is the parcel with my invoice", "en")] * 40)
    assert (
        restored("invioce", "en", own) == "invoice"
    )  # so frequent a slip that it stands in the list of words
    assert restored("witch", "en", own) == "witch"
    assert restored("the voice", "en", own) == "the voice"


def test_a_rare_slip_in_the_lines_is_no_word_of_the_shop() -> None:
    lines = [("please update my order", "en")] * 4_000 + [("please udpate it", "en")]
    assert restored("udpate", "en", OwnWords.learned(lines)) == "update"
    assert restored("udpate", "en", OwnWords.learned([*lines, *lines[-1:] * 50])) == "udpate"


def test_a_word_in_no_list_is_guessed_by_its_letters() -> None:
    letters = Letters.of(["ακυρώσω", "διορθώσω", "πληρώσω", "δηλώσω", "ώρα"])
    options = {"ω": (("ω", 0.0), ("ώ", 0.0)), "σ": (("σ", 0.0),)}
    assert guesses(letters, "σωσω", options, accent=True)[0][0] == "σώσω"
    assert guesses(letters, "σωσω", {}, accent=False)[0][0] == "σωσω"
    assert "ξεμπλοκαρίστε" not in lexicon("el").ranks
    assert restored("ξεμπλοκαριστε", "el") != "ξεμπλοκαριστε"


def test_sounds_bring_the_spellings_of_a_word_together() -> None:
    greek = sounds("el")
    for typed in ("paraggelia", "parangelia", "paragelia"):
        assert greek.key("παραγγελία") in greek.latin_keys(typed, lambda key: True)
    assert greek.key("τσάι") != greek.key("τσαι")
    assert greek.likelihood("θέλω", "8elw") > greek.likelihood("θέλω", "8elw1")
    assert greek.likelihood("και", "ke") > greek.likelihood("και", "kei") > float("-inf")
    assert sounds("bg").likelihood("ще", "6te") > float("-inf")
    with pytest.raises(KeyError):
        sounds("pl")


def test_folding_takes_diacritics_and_the_last_sigma() -> None:
    assert fold("żółć țară της ΐ") == "zolc tara τησ ι"
    assert careless("παραγγελια")
    assert not careless("παραγγελία")
    assert not careless("που")


@given(st.text(st.characters(), max_size=300), st.sampled_from(LANGUAGES))
@settings(max_examples=300, deadline=None)
def test_any_text_is_taken_and_restoring_twice_changes_no_length(text: str, language: str) -> None:
    assert isinstance(restored(text, language), str)


@given(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123468 '’-ςσάąşτθ\x00\ud800@."), max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_latin_text_is_taken(text: str) -> None:
    for language in LANGUAGES:
        assert restored(text, language) == restored(text, language)


@pytest.mark.parametrize("unit", ["a", "ou", "8h", "ηι", "ą", "mp nt ", "\x00", "1 "])
def test_very_long_text_is_taken(unit: str) -> None:
    for language in LANGUAGES:
        assert restored(unit * (50_000 // len(unit)), language)


def test_threads_get_the_same_answers() -> None:
    chooser = random.Random(7)
    letters = "aeioukstpmnrlgdvx8hw"
    texts = [" ".join("".join(chooser.choices(letters, k=6)) for _ in range(5)) for _ in range(40)]
    fresh = OwnWords.learned(LINES)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: [restored(text, code, fresh) for code in LANGUAGES], texts * 2))
    assert found[:40] == found[40:] == [[restored(text, code, fresh) for code in LANGUAGES] for text in texts]
