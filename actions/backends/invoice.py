"""An invoice as a page that people read and print. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from babel.dates import format_date  # type: ignore[import-untyped]
from babel.numbers import format_currency  # type: ignore[import-untyped]

from actions.backends.document import element, page, row
from actions.backends.things import Address, Invoice, Order


@dataclass(frozen=True)
class Labels:
    """The words of an invoice in one language."""

    invoice: str
    order: str
    issued: str
    customer: str
    product: str
    quantity: str
    price: str
    amount: str
    total: str
    vat: str
    print: str
    demo: str


LABELS = {
    "en": Labels(
        "Invoice", "Order", "Issued on", "Customer", "Product", "Quantity", "Price", "Amount", "Total",
        "All prices include VAT.", "Use your browser to print this page or to save it as PDF.",
        "This invoice comes from a demo shop: nothing was really sold.",
    ),
    "pl": Labels(
        "Faktura", "Zamówienie", "Data wystawienia", "Klient", "Produkt", "Ilość", "Cena", "Kwota", "Razem",
        "Wszystkie ceny zawierają VAT.", "Stronę można wydrukować lub zapisać jako PDF w przeglądarce.",
        "Faktura pochodzi ze sklepu demonstracyjnego: niczego naprawdę nie sprzedano.",
    ),
    "el": Labels(
        "Τιμολόγιο", "Παραγγελία", "Ημερομηνία έκδοσης", "Πελάτης", "Προϊόν", "Ποσότητα", "Τιμή", "Ποσό", "Σύνολο",
        "Όλες οι τιμές περιλαμβάνουν ΦΠΑ.", "Εκτυπώστε ή αποθηκεύστε τη σελίδα ως PDF από τον περιηγητή σας.",
        "Το τιμολόγιο προέρχεται από δοκιμαστικό κατάστημα: τίποτα δεν πουλήθηκε στ’ αλήθεια.",
    ),
    "bg": Labels(
        "Фактура", "Поръчка", "Дата на издаване", "Клиент", "Продукт", "Количество", "Цена", "Сума", "Общо",
        "Всички цени са с ДДС.", "Отпечатайте страницата или я запазете като PDF от браузъра си.",
        "Фактурата е от демонстрационен магазин: нищо не е продадено наистина.",
    ),
    "ro": Labels(
        "Factură", "Comandă", "Data emiterii", "Client", "Produs", "Cantitate", "Preț", "Sumă", "Total",
        "Toate prețurile includ TVA.", "Tipăriți pagina sau salvați-o ca PDF din browser.",
        "Factura provine dintr-un magazin demonstrativ: nimic nu a fost vândut cu adevărat.",
    ),
}  # fmt: skip


def render(invoice: Invoice, order: Order, name: str, language: str) -> str:
    """Return the invoice of the order as an HTML page, in the language (English if we have no words in it)."""
    language = language if language in LABELS else "en"
    labels = LABELS[language]

    def money(amount: object) -> str:
        return str(format_currency(amount, invoice.currency, locale=language))

    lines = [
        row(
            (item.name, str(item.quantity), money(item.unit_price), money(item.unit_price * item.quantity)),
            numbers=3,
        )
        for item in order.items
    ]
    head = row((labels.product, labels.quantity, labels.price, labels.amount), "th", numbers=3)
    total = row((labels.total, "", "", money(invoice.total)), numbers=3)
    issued = format_date(invoice.issued_on, format="long", locale=language)
    return page(
        language,
        f"{labels.invoice} {invoice.number}",
        element("p", f"{labels.issued}: {issued}"),
        element("p", f"{labels.order}: {invoice.order}"),
        element("h2", labels.customer),
        element("address", _where(name, order.address)),
        element("table", element("thead", head), element("tbody", *lines), element("tfoot", total)),
        element("p", labels.vat),
        element("p", labels.print, kind="aside"),
        element("p", labels.demo, kind="aside"),
    )


def _where(name: str, address: Address | None) -> str:
    if address is None:
        return name
    place = f"{address.postcode} {address.city}"
    return "\n".join((address.name, address.street, place, address.country))
