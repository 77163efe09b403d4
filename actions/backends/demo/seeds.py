"""The people, orders, payments and refunds that the demo shop begins with. Pure data.

Days count from the day of seeding: negative is the past. Each of the first five customers, one for each language,
has an order on its way that was charged twice, one delivered a few days ago, one that can be changed and cancelled,
one whose payment failed, and a refund that waits. Each of the next five has one old order and nothing on its way.
"""

from __future__ import annotations

from dataclasses import dataclass

from actions.backends.things import Address, OrderStatus, PaymentState, RefundState

FIRST_CUSTOMER = 1001
FIRST_ORDER = 10001


@dataclass(frozen=True)
class Person:
    """A customer of the first day; the e-mail address is `<user_id>@example.com`."""

    user_id: str
    name: str
    language: str
    phone: str
    addresses: tuple[Address, ...]

    @property
    def email(self) -> str:
        """Return the e-mail address."""
        return f"{self.user_id}@example.com"


@dataclass(frozen=True)
class Seed:
    """An order of the first day."""

    number: str
    user_id: str
    status: OrderStatus
    placed: int
    lines: tuple[tuple[str, int], ...]
    expected: int | None = None
    delivered: int | None = None
    carrier: str | None = None
    refund: RefundState | None = None
    charged_twice: bool = False
    method: str = "card"

    @property
    def payment(self) -> PaymentState:
        """Return what became of its payment."""
        return _PAYMENTS.get(self.status) or (
            PaymentState.REFUNDED if self.refund is RefundState.PAID else PaymentState.CAPTURED
        )

    @property
    def invoiced(self) -> bool:
        """Whether it has an invoice: the parcel takes it along."""
        return self.carrier is not None and self.status is not OrderStatus.PACKED


_PAYMENTS = {
    OrderStatus.PLACED: PaymentState.PENDING,
    OrderStatus.PAYMENT_FAILED: PaymentState.FAILED,
    OrderStatus.CANCELLED: PaymentState.REFUNDED,
}


def _home(name: str, street: str, city: str, postcode: str, country: str) -> Address:
    return Address(name=name, street=street, city=city, postcode=postcode, country=country)


PEOPLE: tuple[Person, ...] = (
    Person("ania", "Anna Kowalska", "pl", "+48221234567", (
        _home("Anna Kowalska", "ul. Miodowa 12/4", "Warszawa", "00-251", "PL"),
        _home("Anna Kowalska", "ul. Długa 3", "Kraków", "31-147", "PL"),
    )),
    Person("eleni", "Ελένη Παπαδοπούλου", "el", "+302101234567", (
        _home("Ελένη Παπαδοπούλου", "Σόλωνος 45", "Αθήνα", "106 72", "GR"),
    )),
    Person("boris", "Борис Иванов", "bg", "+35929876543", (
        _home("Борис Иванов", "ул. Шипка 8", "София", "1504", "BG"),
    )),
    Person("ioana", "Ioana Popescu", "ro", "+40211234567", (
        _home("Ioana Popescu", "Strada Lipscani 20", "București", "030037", "RO"),
    )),
    Person("emma", "Emma Clarke", "en", "+442079460123", (
        _home("Emma Clarke", "14 Mill Lane", "London", "NW6 1NS", "GB"),
        _home("Emma Clarke", "3 Patrick Street", "Cork", "T12 X8P6", "IE"),
    )),
    Person("piotr", "Piotr Nowak", "pl", "+48587654321", (
        _home("Piotr Nowak", "ul. Morska 7", "Gdańsk", "80-299", "PL"),
    )),
    Person("nikos", "Νίκος Γεωργίου", "el", "+302310123456", (
        _home("Νίκος Γεωργίου", "Τσιμισκή 101", "Θεσσαλονίκη", "546 22", "GR"),
    )),
    Person("ivan", "Иван Петров", "bg", "+35932123456", (
        _home("Иван Петров", "ул. Гурко 2", "Пловдив", "4000", "BG"),
    )),
    Person("andrei", "Andrei Ionescu", "ro", "+40264123456", (
        _home("Andrei Ionescu", "Strada Memorandumului 5", "Cluj-Napoca", "400114", "RO"),
    )),
    Person("oliver", "Oliver Hughes", "en", "+441314960123", (
        _home("Oliver Hughes", "22 Castle Street", "Edinburgh", "EH2 3HT", "GB"),
    )),
)  # fmt: skip

S, R = OrderStatus, RefundState

SEEDS: tuple[Seed, ...] = (
    Seed("10001", "emma", S.DELIVERED, -40, (("mug", 2),), delivered=-36, carrier="DPD"),
    Seed("10002", "ania", S.DELIVERED, -21, (("lamp", 1),), delivered=-17, carrier="GLS", method="blik"),
    Seed("10003", "emma", S.RETURNED, -35, (("headphones", 1),), delivered=-31, carrier="DHL", refund=R.PAID),
    Seed("10004", "ania", S.CANCELLED, -12, (("blanket", 1), ("candle", 2)), refund=R.PAID, method="blik"),
    Seed("10005", "emma", S.DELIVERED, -9, (("backpack", 1),), delivered=-5, carrier="DHL"),
    Seed("10006", "eleni", S.DELAYED, -11, (("teapot", 1), ("mug", 4)), expected=3, carrier="GLS"),
    Seed("10007", "ania", S.SHIPPED, -4, (("notebook", 5),), expected=1, carrier="DPD", charged_twice=True),
    Seed("10008", "boris", S.OUT_FOR_DELIVERY, -3, (("lamp", 1), ("candle", 1)), expected=0, carrier="DPD"),
    Seed("10009", "ioana", S.READY_FOR_PICKUP, -5, (("headphones", 1),), expected=0, carrier="InPost"),
    Seed("10010", "ania", S.PACKED, -1, (("blanket", 2),), expected=2, carrier="DHL"),
    Seed("10011", "ania", S.PAID, -1, (("mug", 1), ("notebook", 2)), expected=4, method="blik"),
    Seed("10012", "ania", S.PLACED, 0, (("teapot", 1),), expected=6, method="bank_transfer"),
    Seed("10013", "emma", S.PAYMENT_FAILED, -1, (("backpack", 1),)),
    Seed("10014", "ioana", S.CANCELLED, -6, (("headphones", 1),), refund=R.PAID),
    Seed("10015", "eleni", S.DELIVERED, -3, (("candle", 3),), delivered=-1, carrier="InPost"),
    Seed("10016", "eleni", S.SHIPPED, -2, (("blanket", 1),), expected=2, carrier="GLS", charged_twice=True),
    Seed("10017", "boris", S.SHIPPED, -3, (("backpack", 1), ("notebook", 1)), expected=1, carrier="DHL",
         charged_twice=True),
    Seed("10018", "ioana", S.OUT_FOR_DELIVERY, -4, (("mug", 6),), expected=0, carrier="GLS"),
    Seed("10019", "boris", S.DELAYED, -8, (("headphones", 1),), expected=2, carrier="DPD"),
    Seed("10020", "eleni", S.PLACED, 0, (("lamp", 2),), expected=5, method="bank_transfer"),
    Seed("10021", "eleni", S.PAID, -1, (("candle", 2), ("mug", 2)), expected=3, method="paypal"),
    Seed("10022", "boris", S.PAID, 0, (("notebook", 10),), expected=4),
    Seed("10023", "eleni", S.PAYMENT_FAILED, 0, (("teapot", 1), ("candle", 1))),
    Seed("10024", "emma", S.PAID, -1, (("blanket", 1), ("mug", 2)), expected=3),
    Seed("10025", "emma", S.SHIPPED, -3, (("headphones", 1),), expected=2, carrier="DHL", charged_twice=True),
    Seed("10026", "boris", S.PLACED, 0, (("backpack", 1),), expected=5, method="bank_transfer"),
    Seed("10027", "ioana", S.READY_FOR_PICKUP, -6, (("teapot", 2),), expected=-1, carrier="InPost"),
    Seed("10028", "boris", S.RETURNED, -28, (("lamp", 1),), delivered=-24, carrier="GLS", refund=R.APPROVED),
    Seed("10029", "ioana", S.PACKED, -2, (("notebook", 3), ("candle", 1)), expected=2, carrier="DPD"),
    Seed("10030", "ioana", S.PLACED, 0, (("mug", 1),), expected=6, method="bank_transfer"),
    Seed("10031", "boris", S.DELIVERED, -8, (("umbrella", 1),), delivered=-4, carrier="DPD"),
    Seed("10032", "ioana", S.SHIPPED, -2, (("cushion", 2),), expected=2, carrier="GLS", charged_twice=True),
    Seed("10033", "ioana", S.DELIVERED, -10, (("vase", 1),), delivered=-6, carrier="DHL"),
    Seed("10034", "ioana", S.PAID, -1, (("bottle", 2), ("scarf", 1)), expected=3, method="paypal"),
    Seed("10035", "emma", S.DELIVERED, -16, (("speaker", 1),), delivered=-12, carrier="DPD", refund=R.REQUESTED),
    Seed("10036", "ania", S.DELIVERED, -14, (("towel", 3),), delivered=-11, carrier="InPost", refund=R.REQUESTED,
         method="blik"),
    Seed("10037", "eleni", S.DELIVERED, -19, (("keyboard", 1),), delivered=-13, carrier="GLS", refund=R.APPROVED),
    Seed("10038", "boris", S.DELIVERED, -17, (("wallet", 1),), delivered=-12, carrier="DPD", refund=R.REQUESTED),
    Seed("10039", "ioana", S.DELIVERED, -18, (("pan", 1),), delivered=-14, carrier="DHL", refund=R.REQUESTED),
    Seed("10040", "ania", S.PAYMENT_FAILED, -1, (("watch", 1),)),
    Seed("10041", "boris", S.PAYMENT_FAILED, -1, (("scarf", 1), ("umbrella", 1))),
    Seed("10042", "ioana", S.PAYMENT_FAILED, 0, (("wallet", 1),)),
    Seed("10043", "piotr", S.DELIVERED, -70, (("candle", 2),), delivered=-66, carrier="InPost", method="blik"),
    Seed("10044", "nikos", S.DELIVERED, -65, (("bottle", 1),), delivered=-60, carrier="GLS"),
    Seed("10045", "ivan", S.DELIVERED, -80, (("pan", 1),), delivered=-75, carrier="DPD"),
    Seed("10046", "andrei", S.DELIVERED, -58, (("towel", 2),), delivered=-52, carrier="DHL"),
    Seed("10047", "oliver", S.DELIVERED, -62, (("mug", 4),), delivered=-59, carrier="DPD"),
)  # fmt: skip
