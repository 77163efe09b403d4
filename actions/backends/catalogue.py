"""What the demo shop sells. Pure data; prices in euro, with VAT."""

from __future__ import annotations

from decimal import Decimal

from actions.backends.addresses import COUNTRIES
from actions.backends.things import DeliveryMethod, Product

CURRENCY = "EUR"
LANGUAGES = ("en", "pl", "el", "bg", "ro")


def _product(id: str, price: str, stock: int, *texts: str) -> Product:
    """One text for each language: the name, then what else it is called, divided by |."""
    words = {language: tuple(text.split("|")) for language, text in zip(LANGUAGES, texts, strict=True)}
    return Product(
        id=id,
        names={language: forms[0] for language, forms in words.items()},
        words={language: forms[1:] for language, forms in words.items()},
        price=Decimal(price),
        currency=CURRENCY,
        stock=stock,
    )


_ALL = (
    _product(
        "mug", "12.50", 120,
        "Stoneware mug|mug|cup|coffee mug|tea mug",
        "Kubek kamionkowy|kubek|filiżanka|kubki",
        "Κεραμική κούπα|κούπα|φλιτζάνι|κούπες",
        "Керамична чаша|чаша|чаша за кафе|чаши",
        "Cană din ceramică|cană|ceașcă|căni",
    ),
    _product(
        "teapot", "34.90", 35,
        "Teapot|tea pot|tea kettle",
        "Dzbanek do herbaty|dzbanek|imbryk|czajniczek",
        "Τσαγιέρα|τσαγερό|τσαγιέρες",
        "Чайник|кана за чай|чайници",
        "Ceainic|vas de ceai|ceainice",
    ),
    _product(
        "lamp", "59.00", 40,
        "Desk lamp|lamp|table lamp|reading lamp",
        "Lampka biurkowa|lampka|lampa|lampa na biurko",
        "Φωτιστικό γραφείου|φωτιστικό|λάμπα|πορτατίφ",
        "Настолна лампа|лампа|лампа за бюро|нощна лампа",
        "Lampă de birou|lampă|veioză|lampă de citit",
    ),
    _product(
        "blanket", "45.00", 60,
        "Woollen blanket|blanket|wool blanket|throw",
        "Koc wełniany|koc|pled|kocyk",
        "Μάλλινη κουβέρτα|κουβέρτα|ριχτάρι",
        "Вълнено одеяло|одеяло|вълнена завивка",
        "Pătură de lână|pătură|pled",
    ),
    _product(
        "backpack", "79.90", 30,
        "Backpack|rucksack|knapsack|bag pack",
        "Plecak|plecaczek|plecaki",
        "Σακίδιο πλάτης|σακίδιο|τσάντα πλάτης|backpack",
        "Раница|раничка|раници",
        "Rucsac|ghiozdan|rucsacuri",
    ),
    _product(
        "notebook", "8.40", 300,
        "Notebook|notepad|paper notebook|journal",
        "Notatnik|notes|zeszyt|notatniki",
        "Σημειωματάριο|τετράδιο|μπλοκ σημειώσεων",
        "Тетрадка|тефтер|бележник",
        "Caiet|carnețel|agendă|caiete",
    ),
    _product(
        "headphones", "119.00", 25,
        "Headphones|headset|earphones|head phones",
        "Słuchawki|słuchawki nauszne|headset",
        "Ακουστικά|ακουστικά κεφαλής|headphones",
        "Слушалки|хедсет|наушници",
        "Căști|căști audio|casti wireless",
    ),
    _product(
        "candle", "15.20", 150,
        "Scented candle|candle|aroma candle",
        "Świeca zapachowa|świeca|świeczka",
        "Αρωματικό κερί|κερί|κεράκι",
        "Ароматна свещ|свещ|свещичка",
        "Lumânare parfumată|lumânare|lumânări",
    ),
    _product(
        "towel", "18.90", 90,
        "Bath towel|towel|cotton towel",
        "Ręcznik kąpielowy|ręcznik|ręczniki",
        "Πετσέτα μπάνιου|πετσέτα|πετσέτες",
        "Хавлиена кърпа|хавлия|кърпа за баня",
        "Prosop de baie|prosop|prosoape",
    ),
    _product(
        "cushion", "22.00", 70,
        "Cushion|pillow|throw pillow",
        "Poduszka|poduszka ozdobna|jasiek",
        "Μαξιλάρι|μαξιλαράκι|διακοσμητικό μαξιλάρι",
        "Възглавница|възглавничка|декоративна възглавница",
        "Pernă|pernă decorativă|pernuță",
    ),
    _product(
        "umbrella", "24.50", 55,
        "Umbrella|folding umbrella|brolly",
        "Parasol|parasolka|parasol składany",
        "Ομπρέλα|ομπρέλες|σπαστή ομπρέλα",
        "Чадър|сгъваем чадър|чадъри",
        "Umbrelă|umbrelă pliabilă|umbrele",
    ),
    _product(
        "bottle", "21.90", 110,
        "Water bottle|bottle|thermos|flask",
        "Bidon|butelka|termos|butelka na wodę",
        "Μπουκάλι νερού|μπουκάλι|παγούρι|θερμός",
        "Бутилка за вода|бутилка|термос|шише",
        "Sticlă de apă|sticlă|termos|bidon",
    ),
    _product(
        "watch", "149.00", 15,
        "Wrist watch|watch|wristwatch",
        "Zegarek|zegarek na rękę|zegarki",
        "Ρολόι χειρός|ρολόι|ρολόγια",
        "Ръчен часовник|часовник|часовници",
        "Ceas de mână|ceas|ceasuri",
    ),
    _product(
        "wallet", "39.90", 45,
        "Leather wallet|wallet|purse|billfold",
        "Portfel skórzany|portfel|portmonetka",
        "Δερμάτινο πορτοφόλι|πορτοφόλι|πορτοφόλια",
        "Кожен портфейл|портфейл|портмоне",
        "Portofel din piele|portofel|portmoneu",
    ),
    _product(
        "speaker", "69.00", 28,
        "Bluetooth speaker|speaker|loudspeaker|portable speaker",
        "Głośnik Bluetooth|głośnik|głośniczek",
        "Ηχείο Bluetooth|ηχείο|ηχεία|φορητό ηχείο",
        "Bluetooth колонка|колонка|тонколона|колонки",
        "Boxă Bluetooth|boxă|difuzor|boxă portabilă",
    ),
    _product(
        "keyboard", "89.00", 20,
        "Keyboard|wireless keyboard|computer keyboard",
        "Klawiatura|klawiatura bezprzewodowa|klawiatury",
        "Πληκτρολόγιο|ασύρματο πληκτρολόγιο|πληκτρολόγια",
        "Клавиатура|безжична клавиатура|клавиатури",
        "Tastatură|tastatură fără fir|tastaturi",
    ),
    _product(
        "scarf", "29.90", 65,
        "Scarf|wool scarf|shawl",
        "Szalik|szal|chusta",
        "Κασκόλ|φουλάρι|μαντίλι",
        "Шал|шалче|вълнен шал",
        "Fular|eșarfă|șal",
    ),
    _product(
        "pan", "42.00", 33,
        "Frying pan|pan|skillet",
        "Patelnia|patelnie|patelnia żeliwna",
        "Τηγάνι|τηγάνια|αντικολλητικό τηγάνι",
        "Тиган|тигани|чугунен тиган",
        "Tigaie|tigăi|tigaie de fontă",
    ),
    _product(
        "vase", "27.50", 38,
        "Glass vase|vase|flower vase",
        "Wazon szklany|wazon|wazonik",
        "Γυάλινο βάζο|βάζο|ανθοδοχείο",
        "Стъклена ваза|ваза|вази",
        "Vază de sticlă|vază|vaze",
    ),
    _product(
        "puzzle", "19.90", 0,
        "Jigsaw puzzle|puzzle|jigsaw",
        "Puzzle|układanka|puzle",
        "Παζλ|πάζλ|puzzle",
        "Пъзел|пъзели|редене на пъзел",
        "Puzzle|joc puzzle|puzzle-uri",
    ),
)  # fmt: skip

PRODUCTS: dict[str, Product] = {product.id: product for product in _ALL}
"""Everything, by its id. `stock` is that of the first day."""

DELIVERY: tuple[DeliveryMethod, ...] = (
    DeliveryMethod("standard", Decimal("0.00"), CURRENCY, 2, 5, COUNTRIES),
    DeliveryMethod("express", Decimal("9.90"), CURRENCY, 1, 2, COUNTRIES),
    DeliveryMethod(
        "pickup_point", Decimal("0.00"), CURRENCY, 2, 4, ("BG", "CZ", "GR", "HU", "PL", "RO", "SK")
    ),
    DeliveryMethod("parcel_locker", Decimal("0.00"), CURRENCY, 1, 3, ("BG", "GR", "PL", "RO")),
)
"""Ways of delivery. The standard one is free and is in force unless people of the shop agree on another."""

PAYMENT_METHODS = ("card", "paypal", "apple_pay", "google_pay", "blik", "bank_transfer", "cash_on_delivery")
