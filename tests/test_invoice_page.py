"""The pages that links of the demo shop open: real invoices, for whoever holds the link, for thirty days, safely."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from actions.backends.catalogue import LANGUAGES
from actions.backends.demo import DemoShop
from actions.backends.demo.links import VALID, Links
from actions.backends.http import HttpShop
from actions.backends.model import (
    CancelOrder,
    ChangeItems,
    DeleteAccount,
    FindInvoice,
    FindOrder,
    Invoices,
    ItemChange,
    NotFound,
    Orders,
    OrderStatus,
    Payments,
    PaymentState,
    PlaceOrder,
    SendInvoice,
    SendPasswordLink,
    Subscribe,
    double_charges,
)
from bot.shop import routes
from bot.web import errors_as_json
from tests.shops import ANIA, ELENI, EMMA, FIRST_FIVE, NOON, PIOTR, Clock, demo_shop

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def clock() -> Clock:
    """Return the shop's clock."""
    return Clock()


@pytest.fixture
def demo(tmp_path: Path, clock: Clock) -> DemoShop:
    """Return a demo shop."""
    return demo_shop(tmp_path, clock, public_url="https://support.example")


@pytest.fixture
async def client(demo: DemoShop) -> AsyncIterator[Client]:
    """Return a client of a server with the pages."""
    application = web.Application(middlewares=[errors_as_json])
    application.add_routes(routes(demo))
    async with TestClient(TestServer(application)) as client:
        yield client


class Reader(HTMLParser):
    """Reads a page as a browser does."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def path_of(link: str | None) -> str:
    """Return the path and query of a link of the shop."""
    assert link is not None
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc) == ("https", "support.example")
    return f"{parts.path}?{parts.query}"


async def mailed_link(demo: DemoShop, folder: Path) -> str:
    """Return the link in the only mail that waits."""
    with sqlite3.connect(folder / "shop.sqlite") as database:
        ((body,),) = database.execute("SELECT body FROM mail").fetchall()
    database.close()
    found = re.search(r"https://\S+", body)
    assert found
    return path_of(found[0])


async def test_an_invoice_opens(client: Client, demo: DemoShop) -> None:
    invoice = await demo.ask(FindInvoice("10006"), ELENI, "el")
    response = await client.get(path_of(invoice.link))
    text = await response.text()
    assert response.status == 200
    assert response.content_type == "text/html"
    assert '<html lang="el">' in text
    for fact in (
        "INV-10006",
        "10006",
        "Ελένη Παπαδοπούλου",
        "106 72 Αθήνα",
        "Τσαγιέρα",
        "Κεραμική κούπα",
        "84,90",
    ):
        assert fact in text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "script" not in text


@pytest.mark.parametrize("language", [*LANGUAGES, "xx"])
async def test_an_invoice_is_written_in_the_language(client: Client, demo: DemoShop, language: str) -> None:
    titles = {"pl": "Faktura", "el": "Τιμολόγιο", "bg": "Фактура", "ro": "Factură"}
    invoice = await demo.ask(FindInvoice("10025"), EMMA, language)
    text = await (await client.get(path_of(invoice.link))).text()
    assert f"<h1>{titles.get(language, 'Invoice')} INV-10025</h1>" in text


async def test_every_invoice_opens(client: Client, demo: DemoShop) -> None:
    for customer in FIRST_FIVE:
        for invoice in await demo.ask(Invoices(), customer, "en"):
            assert (await client.get(path_of(invoice.link))).status == 200


async def test_what_is_written_by_people_is_text(client: Client, demo: DemoShop, tmp_path: Path) -> None:
    evil = "<script>alert('x')</script>\"&amp;{0}"
    await demo.check()
    with sqlite3.connect(tmp_path / "shop.sqlite") as database:
        database.execute(
            "UPDATE purchase SET address = json_set(address, '$.street', ?, '$.name', ?)", (evil, evil)
        )
    database.close()
    invoice = await demo.ask(FindInvoice("10025"), EMMA, "en")
    text = await (await client.get(path_of(invoice.link))).text()
    reader = Reader()
    reader.feed(text)
    assert "script" not in reader.tags
    assert "".join(reader.words).count(evil) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.replace("INV-10025", "INV-10005"),
        lambda path: path.replace("INV-10025", "10025"),
        lambda path: path.replace("invoices", "payments"),
        lambda path: path.replace("key=en", "key=pl"),
        lambda path: path.partition("?")[0],
        lambda path: path[:-1],
        lambda path: path + "0",
        lambda path: path.replace("key=en.1", "key=en.2"),
        lambda path: path.partition("key=")[0] + "key=en.%D9%A1.x",
        lambda path: path.partition("key=")[0] + "key=%ff.%00..",
        lambda path: path.partition("key=")[0] + "key=en." + "9" * 5000 + ".x",
    ],
    ids=range(11),
)
async def test_a_wrong_link_opens_a_page_that_says_so(client: Client, demo: DemoShop, spoil: object) -> None:
    path = path_of((await demo.ask(FindInvoice("10025"), EMMA, "en")).link)
    wrong = spoil(path)  # type: ignore[operator]
    assert wrong != path
    for method in ("GET", "POST"):
        response = await client.request(method, wrong, headers={"Accept-Language": "de, ro;q=0.5"})
        text = await response.text()
        assert response.status == 404
        assert response.content_type == "text/html"
        assert "Pagina nu există" in text
        assert "Emma" not in text


async def test_a_link_ends_after_thirty_days(client: Client, demo: DemoShop, clock: Clock) -> None:
    path = path_of((await demo.ask(FindInvoice("10025"), EMMA, "en")).link)
    clock.now += VALID
    assert (await client.get(path)).status == 200
    clock.now += timedelta(seconds=1)
    assert (await client.get(path)).status == 404


async def test_another_shops_secret_opens_nothing(client: Client, demo: DemoShop, tmp_path: Path) -> None:
    other = demo_shop(tmp_path / "other", public_url="https://support.example")
    path = path_of((await other.ask(FindInvoice("10025"), EMMA, "en")).link)
    assert (await client.get(path)).status == 404


async def test_the_invoice_of_a_deleted_account_does_not_open(client: Client, demo: DemoShop) -> None:
    path = path_of((await demo.ask(FindInvoice("10043"), PIOTR, "pl")).link)
    assert (await client.get(path)).status == 200
    await demo.do(DeleteAccount(), PIOTR, "k", "pl")
    assert (await client.get(path)).status == 404


async def test_a_mailed_invoice_opens(client: Client, demo: DemoShop, tmp_path: Path) -> None:
    await demo.do(SendInvoice("10025"), EMMA, "k", "pl")
    text = await (await client.get(await mailed_link(demo, tmp_path))).text()
    assert "Faktura INV-10025" in text


async def test_an_order_is_paid(client: Client, demo: DemoShop) -> None:
    order = await demo.do(PlaceOrder((ItemChange("mug", 2),)), EMMA, "k", "pl")
    path = path_of(order.payment_link)
    text = await (await client.get(path)).text()
    assert "25.00 EUR" in text
    assert "<button>Zapłać</button>" in text
    assert (await demo.ask(FindOrder(order.number), EMMA, "en")).status is OrderStatus.PLACED
    for _ in range(2):
        response = await client.post(path)
        assert response.status == 200
        assert "Nie ma nic do zapłaty." in await response.text()
    paid = await demo.ask(FindOrder(order.number), EMMA, "en")
    assert (paid.status, paid.payment, paid.payment_link) == (OrderStatus.PAID, PaymentState.CAPTURED, None)
    assert len(await demo.ask(Payments(order.number), EMMA, "en")) == 1


async def test_a_failed_payment_is_made_good(client: Client, demo: DemoShop) -> None:
    order = await demo.ask(FindOrder("10013"), EMMA, "en")
    await client.post(path_of(order.payment_link))
    assert (await demo.ask(FindOrder("10013"), EMMA, "en")).status is OrderStatus.PAID
    states = {payment.state for payment in await demo.ask(Payments("10013"), EMMA, "en")}
    assert states == {PaymentState.FAILED, PaymentState.CAPTURED}


async def test_what_a_change_added_is_paid_and_is_no_double_charge(client: Client, demo: DemoShop) -> None:
    order = await demo.do(PlaceOrder((ItemChange("mug", 1),)), EMMA, "k1", "en")
    await client.post(path_of(order.payment_link))
    more = await demo.do(ChangeItems(order.number, (ItemChange("mug", 2),)), EMMA, "k2", "en")
    assert "12.50 EUR" in await (await client.get(path_of(more.payment_link))).text()
    await client.post(path_of(more.payment_link))
    payments = await demo.ask(Payments(order.number), EMMA, "en")
    assert [str(payment.amount) for payment in payments] == ["25.00"]
    assert double_charges(payments) == ()


async def test_a_cancelled_order_is_not_paid(client: Client, demo: DemoShop) -> None:
    order = await demo.ask(FindOrder("10013"), EMMA, "en")
    await demo.do(CancelOrder("10013"), EMMA, "k", "en")
    assert "Nothing is to be paid" in await (await client.post(path_of(order.payment_link))).text()
    assert (await demo.ask(FindOrder("10013"), EMMA, "en")).status is OrderStatus.CANCELLED


async def test_the_newsletter_begins_with_a_click(client: Client, demo: DemoShop, tmp_path: Path) -> None:
    await demo.do(Subscribe("someone@example.org"), None, "k", "en")
    path = await mailed_link(demo, tmp_path)
    query = "SELECT state FROM newsletter"
    assert "<button>Yes, I do</button>" in await (await client.get(path)).text()
    with sqlite3.connect(tmp_path / "shop.sqlite") as database:
        assert database.execute(query).fetchall() == [("pending",)]
        assert "You get our newsletter." in await (await client.post(path)).text()
        assert database.execute(query).fetchall() == [("subscribed",)]
    database.close()


async def test_the_link_for_a_password_opens(client: Client, demo: DemoShop, tmp_path: Path) -> None:
    await demo.do(SendPasswordLink("ania@example.com"), None, "k", "pl")
    assert "nie ma w nim haseł" in await (await client.get(await mailed_link(demo, tmp_path))).text()
    assert await demo.ask(Orders(), ANIA, "pl")


async def test_a_shop_out_of_order_is_told(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite").write_bytes(b"no database" * 100)
    application = web.Application(middlewares=[errors_as_json])
    application.add_routes(routes(demo_shop(tmp_path)))
    async with TestClient(TestServer(application)) as client:
        response = await client.get("/shop/invoices/INV-10025?key=en.1.x")
        assert response.status == 503
        assert str(tmp_path) not in await response.text()


def test_a_remote_shop_has_its_own_pages() -> None:
    assert routes(HttpShop("https://shop.example")) == []


LINKS = Links(b"x" * 32, "https://support.example")


@given(st.text(), st.text())
def test_a_guessed_key_is_not_found(name: str, key: str) -> None:
    with pytest.raises(NotFound):
        LINKS.read("invoices", name, key, NOON)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_key_is_read_as_it_was_made(name: str) -> None:
    key = LINKS.make("invoices", name, "ro", NOON).partition("?key=")[2]
    assert LINKS.read("invoices", name, key, NOON) == "ro"
