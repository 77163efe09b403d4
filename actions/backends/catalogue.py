"""What the demo shop sells, and the orders it is seeded with. Pure data; prices in euro."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from actions.backends.model import OrderStatus

CURRENCY = "EUR"


@dataclass(frozen=True)
class Product:
    """Something to buy. `names` has one entry for each language of the product."""

    price: Decimal
    names: dict[str, str]


@dataclass(frozen=True)
class Seed:
    """An order of the first day. Days count from the day of seeding: negative is the past."""

    number: str
    status: OrderStatus
    placed: int
    lines: tuple[tuple[str, int], ...]
    expected: int | None = None
    delivered: int | None = None
    carrier: str | None = None


def _product(price: str, en: str, pl: str, el: str, bg: str, ro: str) -> Product:
    return Product(Decimal(price), {"en": en, "pl": pl, "el": el, "bg": bg, "ro": ro})


PRODUCTS: dict[str, Product] = {
    "mug": _product(
        "12.50", "Stoneware mug", "Kubek kamionkowy", "Κεραμική κούπα", "Керамична чаша", "Cană din ceramică"
    ),
    "teapot": _product("34.90", "Teapot", "Dzbanek do herbaty", "Τσαγιέρα", "Чайник", "Ceainic"),
    "lamp": _product(
        "59.00", "Desk lamp", "Lampka biurkowa", "Φωτιστικό γραφείου", "Настолна лампа", "Lampă de birou"
    ),
    "blanket": _product(
        "45.00", "Woollen blanket", "Koc wełniany", "Μάλλινη κουβέρτα", "Вълнено одеяло", "Pătură de lână"
    ),
    "backpack": _product("79.90", "Backpack", "Plecak", "Σακίδιο πλάτης", "Раница", "Rucsac"),
    "notebook": _product("8.40", "Notebook", "Notatnik", "Σημειωματάριο", "Тетрадка", "Caiet"),
    "headphones": _product("119.00", "Headphones", "Słuchawki", "Ακουστικά", "Слушалки", "Căști"),
    "candle": _product(
        "15.20", "Scented candle", "Świeca zapachowa", "Αρωματικό κερί", "Ароматна свещ", "Lumânare parfumată"
    ),
}

S = OrderStatus

SEEDS: tuple[Seed, ...] = (
    Seed("10001", S.DELIVERED, -40, (("mug", 2),), delivered=-36, carrier="DPD"),
    Seed("10002", S.DELIVERED, -21, (("lamp", 1),), delivered=-17, carrier="GLS"),
    Seed("10003", S.RETURNED, -35, (("headphones", 1),), delivered=-31, carrier="DHL"),
    Seed("10004", S.CANCELLED, -12, (("blanket", 1), ("candle", 2))),
    Seed("10005", S.DELIVERED, -9, (("backpack", 1),), delivered=-5, carrier="DHL"),
    Seed("10006", S.DELAYED, -11, (("teapot", 1), ("mug", 4)), expected=3, carrier="GLS"),
    Seed("10007", S.SHIPPED, -4, (("notebook", 5),), expected=1, carrier="DPD"),
    Seed("10008", S.OUT_FOR_DELIVERY, -3, (("lamp", 1), ("candle", 1)), expected=0, carrier="DPD"),
    Seed("10009", S.READY_FOR_PICKUP, -5, (("headphones", 1),), expected=0, carrier="InPost"),
    Seed("10010", S.PACKED, -1, (("blanket", 2),), expected=2, carrier="DHL"),
    Seed("10011", S.PAID, -1, (("mug", 1), ("notebook", 2)), expected=4),
    Seed("10012", S.PLACED, 0, (("teapot", 1),), expected=6),
    Seed("10013", S.PAYMENT_FAILED, -1, (("backpack", 1),)),
    Seed("10014", S.CANCELLED, -6, (("headphones", 1),)),
    Seed("10015", S.DELIVERED, -3, (("candle", 3),), delivered=-1, carrier="InPost"),
    Seed("10016", S.SHIPPED, -2, (("blanket", 1),), expected=2, carrier="GLS"),
    Seed("10017", S.SHIPPED, -3, (("backpack", 1), ("notebook", 1)), expected=1, carrier="DHL"),
    Seed("10018", S.OUT_FOR_DELIVERY, -4, (("mug", 6),), expected=0, carrier="GLS"),
    Seed("10019", S.DELAYED, -8, (("headphones", 1),), expected=2, carrier="DPD"),
    Seed("10020", S.PLACED, 0, (("lamp", 2),), expected=5),
    Seed("10021", S.PAID, -1, (("candle", 2), ("mug", 2)), expected=3),
    Seed("10022", S.PAID, 0, (("notebook", 10),), expected=4),
    Seed("10023", S.PAYMENT_FAILED, 0, (("teapot", 1), ("candle", 1))),
    Seed("10024", S.PAID, -1, (("blanket", 1), ("mug", 2)), expected=3),
    Seed("10025", S.SHIPPED, -3, (("headphones", 1),), expected=2, carrier="DHL"),
    Seed("10026", S.PLACED, 0, (("backpack", 1),), expected=5),
    Seed("10027", S.READY_FOR_PICKUP, -6, (("teapot", 2),), expected=-1, carrier="InPost"),
    Seed("10028", S.RETURNED, -28, (("lamp", 1),), delivered=-24, carrier="GLS"),
    Seed("10029", S.PACKED, -2, (("notebook", 3), ("candle", 1)), expected=2, carrier="DPD"),
    Seed("10030", S.PLACED, 0, (("mug", 1),), expected=6),
)
