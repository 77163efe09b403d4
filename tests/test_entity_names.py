"""Names in messages: products with quantities, countries, cities, types of account; numbers of documents."""

from __future__ import annotations

import threading
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from actions.backends.catalogue import PRODUCTS
from bot.evaluation.entities import entity_scores, read_marked
from bot.nlu.catalogue import CatalogueUnreadable, product_names
from bot.nlu.entities import EntityFinder, EntitySettings
from bot.nlu.inflection import forms, phrase_forms
from bot.nlu.places import LANGUAGES, countries

# spaCy imports a packaging library that calls pyparsing by old names.
pytestmark = pytest.mark.filterwarnings("ignore:.* deprecated - use:DeprecationWarning")

TODAY = date(2026, 5, 20)
FILE = Path(__file__).parent / "nlu" / "entities.tsv"


@cache
def finder() -> EntityFinder:
    return EntityFinder(EntitySettings(catalogue="demo"))


def found(text: str, language: str | None) -> list[tuple[str, str]]:
    return [(entity.entity, entity.value) for entity in finder().find(text, TODAY, language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_and_word_of_every_product_is_found(language: str) -> None:
    missed = [
        (product.id, name)
        for product in PRODUCTS.values()
        for name in (product.names[language], *product.words[language])
        if ("product", product.id) not in found(name, language)
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("language", "text", "product"),
    [
        ("en", "two desk lamps", "lamp"),
        ("pl", "nie było słuchawek", "headphones"),
        ("pl", "w kubku była dziura", "mug"),
        ("pl", "bez lampki biurkowej", "lamp"),
        ("pl", "SWIECE zapachowe", "candle"),
        ("el", "τις πετσέτες", "towel"),
        ("el", "του τηγανιού", "pan"),
        ("el", "ΤΑ ΜΑΞΙΛΑΡΙΑ", "cushion"),
        ("el", "dyo petsetes", "towel"),
        ("bg", "раницата", "backpack"),
        ("bg", "часовниците", "watch"),
        ("bg", "slushalkite", "headphones"),
        ("ro", "prosoapele de baie", "towel"),
        ("ro", "pernele", "cushion"),
        ("ro", "casti", "headphones"),
        ("pl", "Bluetooth speaker", "speaker"),
    ],
)
def test_products_are_found_in_their_forms(language: str, text: str, product: str) -> None:
    assert ("product", product) in found(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "don't throw it away"),
        ("en", "can you watch this"),
        ("pl", "czy Pan może to sprawdzić"),
        ("pl", "na całym świecie"),
        ("pl", "doprowadza mnie to do szału"),
        ("el", "θα το βάζω στο καλάθι"),
        ("ro", "numele dumneavoastră și datele sale"),
    ],
)
def test_other_words_are_no_products(language: str, text: str) -> None:
    assert [item for item in found(text, language) if item[0] == "product"] == []


@pytest.mark.parametrize(
    ("language", "text", "quantities"),
    [
        ("en", "2 mugs and three desk lamps", ["2", "3"]),
        ("en", "keyboard x 3", ["3"]),
        ("en", "two blue mugs, 3x towel", ["2", "3"]),
        ("en", "mug 2, lamp 3", ["2", "3"]),
        ("pl", "dwa kubki i 3 szt. poduszek", ["2", "3"]),
        ("el", "δύο κούπες και 3 μαξιλάρια", ["2", "3"]),
        ("el", "dyo koupes", ["2"]),
        ("bg", "пет чаши, възглавница x 3", ["5", "3"]),
        ("ro", "două căni și 5 bucăți de prosop", ["2", "5"]),
        ("en", "a mug for 25 euro 3 days ago", []),
        ("en", "order 10024 mugs", []),
        ("en", "I have 2 orders and a mug", []),
        ("en", "2.5 mugs", []),
        ("pl", "ten kubek", []),
        ("en", "50% mug", []),
    ],
)
def test_quantities_stand_beside_products(language: str, text: str, quantities: list[str]) -> None:
    assert [value for kind, value in found(text, language) if kind == "quantity"] == quantities


def test_a_quantity_lies_where_it_is_written() -> None:
    entities = finder().find("dodaj 3 kubki", TODAY, "pl")
    assert [(item.entity, item.start, item.end) for item in entities] == [
        ("quantity", 6, 7),
        ("product", 8, 13),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_is_found_by_its_name(language: str) -> None:
    names = [name for name in countries() if name.language == language]
    missed = [item.name for item in names if ("country", item.value) not in found(item.name, language)]
    # "Sint Maarten (Dutch part)" and the like: nobody types them so
    assert [name for name in missed if "(" not in name] == []


@pytest.mark.parametrize(
    ("language", "text", "entity"),
    [
        ("pl", "do Niemiec", ("country", "DE")),
        ("pl", "na Cyprze", ("country", "CY")),
        ("pl", "do Wielkiej Brytanii", ("country", "GB")),
        ("bg", "на Кипър", ("country", "CY")),
        ("el", "στην Κύπρο", ("country", "CY")),
        ("el", "stin Germania", ("country", "DE")),
        ("ro", "în Germania", ("country", "DE")),
        ("ro", "României", ("country", "RO")),
        ("en", "to the uk", ("country", "GB")),
        ("en", "Northern Ireland", ("country", "GB")),
        ("pl", "z Łodzi", ("city", "Łódź")),
        ("pl", "w krakowie", ("city", "Kraków")),
        ("el", "στον Βόλο", ("city", "Βόλος")),
        ("bg", "в Стара Загора", ("city", "Стара Загора")),
        ("ro", "la cluj-napoca", ("city", "Cluj-Napoca")),
        ("en", "Sofia please", ("city", "Sofia")),
    ],
)
def test_places_are_found_in_their_forms(language: str, text: str, entity: tuple[str, str]) -> None:
    assert found(text, language) == [entity]


@pytest.mark.parametrize(
    ("language", "text"),
    [("ro", "deschide usa"), ("el", "τι είπα"), ("en", "tell us more"), ("pl", "to samo"), ("el", "ο λαός")],
)
def test_other_words_are_no_places(language: str, text: str) -> None:
    assert found(text, language) == []


@pytest.mark.parametrize(
    ("language", "text", "types"),
    [
        ("en", "from a free to a business plan", ["free", "business"]),
        ("en", "upgrade me to premium", ["pro"]),
        ("en", "Pro", ["pro"]),
        ("pl", "konto firmowe", ["business"]),
        ("pl", "otwórzcie mi konto dla firmy", ["business"]),
        ("el", "επαγγελματικό λογαριασμό", ["business"]),
        ("bg", "безплатен акаунт", ["free"]),
        ("ro", "cont gratuit", ["free"]),
        ("en", "free delivery on my account", []),
        ("en", "open an account with your company", []),
        ("pl", "czy dostawa jest darmowa", []),
        ("en", "none of your business, I told you already so many times", []),
    ],
)
def test_types_of_account_need_an_account(language: str, text: str, types: list[str]) -> None:
    assert [value for kind, value in found(text, language) if kind == "account_type"] == types


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("INV-10005", ("invoice_number", "INV-10005")),
        ("inv10005", ("invoice_number", "INV-10005")),
        ("invoice 10005", ("invoice_number", "INV-10005")),
        ("invoice no. #10005", ("invoice_number", "INV-10005")),
        ("faktura nr 10005", ("invoice_number", "INV-10005")),
        ("factura INV 10005", ("invoice_number", "INV-10005")),
        ("τιμολόγιο 10005", ("invoice_number", "INV-10005")),
        ("фактура № 10005", ("invoice_number", "INV-10005")),
        ("R-10003", ("refund_number", "R-10003")),
        ("refund R10003", ("refund_number", "R-10003")),
        ("refund number 10003", ("refund_number", "R-10003")),
        ("numer zwrotu 10003", ("refund_number", "R-10003")),
        ("invoice for order 10005", ("order_number", "10005")),
        ("refund 10005", ("order_number", "10005")),
    ],
)
def test_numbers_of_documents(text: str, entity: tuple[str, str]) -> None:
    assert found(text, None) == [entity]


def test_our_own_file_is_read_well_in_every_language() -> None:
    marked = read_marked(FILE)
    pairs = [
        (item, [entity.as_dict() for entity in finder().find(item.text, TODAY, item.language)])
        for item in marked
    ]
    scores = entity_scores(pairs)
    assert all((scores.languages[language].f1 or 0) >= 0.95 for language in LANGUAGES)


def test_a_shop_names_its_own_products(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yml"
    file.write_text(
        "- id: kite\n  names: {en: Red kite, pl: Latawiec}\n  words: {pl: [latawce]}\n", encoding="utf-8"
    )
    own = EntityFinder(EntitySettings(catalogue=str(file)))
    assert [item.value for item in own.find("dwa latawce i kubek", TODAY, "pl")] == ["2", "kite"]
    assert [item.value for item in EntityFinder().find("dwa kubki", TODAY, "pl")] == []


@pytest.mark.parametrize("content", ["- [1]", "- {names: {en: x}}", "[: bad", "7"])
def test_a_broken_catalogue_is_named(content: str, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(CatalogueUnreadable, match=r"catalogue\.yml"):
        product_names(str(file))


def test_a_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueUnreadable, match="none"):
        product_names(str(tmp_path / "none.yml"))


def test_forms_are_bounded_and_hold_the_word() -> None:
    assert {"kubek", "kubki", "kubkow"} <= forms("kubek", "pl")
    assert forms("do", "pl") == {"do"}
    assert forms("nieznane", "xx") == {"nieznane"}
    assert ("lampy", "na", "biurko") in phrase_forms("lampa na biurko", "pl")
    assert ("lampy", "na", "biurka") not in phrase_forms("lampa na biurko", "pl")
    assert phrase_forms("USA", "ro", place=True) == [("usa",)]
    assert len(phrase_forms("piękna nowa lampa biurkowa", "pl")) <= 300


def test_threads_share_one_finder() -> None:
    texts = ["2 mugs to Cyprus", "dwa kubki na Cypr", "две чаши в Кипър"] * 20
    alone = [found(text, None) for text in texts]
    together: dict[int, list[tuple[str, str]]] = {}

    def work(at: int) -> None:
        together[at] = found(texts[at], None)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[at] for at in range(len(texts))] == alone
