"""The demo shop's own promises: its file, its fees, its mails, its forgetting; and which shop is asked."""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
import time
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actions import shop as installed
from actions.backends import open_shop
from actions.backends.catalogue import LANGUAGES, PRODUCTS
from actions.backends.demo import DemoShop, mails
from actions.backends.demo.reading import FREE_FOR, cancellation_fee
from actions.backends.demo.shop import MAIL_CLAIM_SECONDS
from actions.backends.http import HttpShop
from actions.backends.model import (
    CancelOrder,
    CreateAccount,
    DeleteAccount,
    FileComplaint,
    FindOrder,
    ItemChange,
    Orders,
    OrderStatus,
    PlaceOrder,
    Refused,
    SendInvoice,
    SendPasswordLink,
    ShopMisconfigured,
    ShopUnavailable,
    Subscribe,
    WriteReview,
)
from actions.mail import Mail, MailUnavailable, use_mailer
from tests.shop_double import ShopDouble
from tests.shops import EMMA, NOON, PIOTR, Clock, demo_shop


@dataclass
class Postman:
    """Keeps what it is given; refuses addresses on request."""

    sent: list[Mail] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    async def send(self, mail: Mail) -> None:
        if mail.to in self.refuses:
            raise MailUnavailable("no")
        self.sent.append(mail)


def rows(folder: Path, query: str) -> list[Any]:
    """Return what stands in the shop's file."""
    with sqlite3.connect(folder / "shop.sqlite") as database:
        found = database.execute(query).fetchall()
    database.close()
    return found


# Fees


@pytest.mark.parametrize(
    ("status", "total", "hours", "fee"),
    [
        (OrderStatus.PLACED, "500.00", 1000, "0.00"),
        (OrderStatus.PAYMENT_FAILED, "500.00", 1000, "0.00"),
        (OrderStatus.PAID, "500.00", 12, "0.00"),
        (OrderStatus.PAID, "500.00", 13, "25.00"),
        (OrderStatus.PACKED, "500.00", 24, "25.00"),
        (OrderStatus.PAID, "70.00", 24, "3.50"),
        (OrderStatus.PAID, "70.10", 24, "3.51"),
        (OrderStatus.PAID, "12.50", 24, "2.00"),
        (OrderStatus.PAID, "1.50", 24, "1.50"),
    ],
)
def test_the_fee_by_state_and_age(status: OrderStatus, total: str, hours: int, fee: str) -> None:
    placed = NOON - timedelta(hours=hours)
    assert cancellation_fee(status, Decimal(total), placed, NOON) == Decimal(fee)


def test_two_hours_are_free_also_over_midnight() -> None:
    placed = NOON.replace(hour=23)
    total = Decimal("100.00")
    assert cancellation_fee(OrderStatus.PAID, total, placed, placed + FREE_FOR) == 0
    assert cancellation_fee(OrderStatus.PAID, total, placed, placed + FREE_FOR + timedelta(seconds=1)) == 5


# The file


@pytest.mark.parametrize("language", [*LANGUAGES, "xx"])
async def test_products_are_named_in_the_language(tmp_path: Path, language: str) -> None:
    names = {"en": "Backpack", "pl": "Plecak", "el": "Σακίδιο πλάτης", "bg": "Раница", "ro": "Rucsac"}
    order = await demo_shop(tmp_path).ask(FindOrder("10013"), EMMA, language)
    assert order.items[0].name == names.get(language, "Backpack")


def test_every_product_has_words_in_every_language() -> None:
    for product in PRODUCTS.values():
        assert set(product.names) == set(product.words) == set(LANGUAGES)
        assert all(2 <= len(words) <= 4 for words in product.words.values()), product.id


async def test_it_is_made_once_even_if_many_come_first(tmp_path: Path) -> None:
    shops = [demo_shop(tmp_path) for _ in range(8)]
    orders = await asyncio.gather(*(shop.ask(FindOrder("10024"), EMMA, "en") for shop in shops))
    assert len({order.total for order in orders}) == 1
    assert rows(tmp_path, "SELECT COUNT(*) FROM customer") == [(10,)]
    assert (tmp_path / "shop.secret").stat().st_mode & 0o777 == 0o600
    assert len((tmp_path / "shop.secret").read_bytes()) == 32


async def test_a_file_of_the_first_version_is_replaced(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.sqlite") as old:
        old.executescript(
            "CREATE TABLE purchase (number TEXT); CREATE TABLE line (number TEXT);"
            "CREATE TABLE cancellation (number TEXT); INSERT INTO purchase VALUES ('10024'); PRAGMA user_version = 1"
        )
    old.close()
    assert (await demo_shop(tmp_path).ask(FindOrder("10024"), EMMA, "en")).total == Decimal("70.00")
    assert rows(tmp_path, "PRAGMA user_version") == [(2,)]


async def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.sqlite") as newer:
        newer.execute("PRAGMA user_version = 3")
    newer.close()
    with pytest.raises(ShopUnavailable, match="newer"):
        await demo_shop(tmp_path).check()


async def test_it_remembers(tmp_path: Path) -> None:
    await demo_shop(tmp_path).do(CancelOrder("10024"), EMMA, "k", "en")
    later = demo_shop(tmp_path, Clock(NOON + timedelta(days=30)))
    assert (await later.ask(FindOrder("10024"), EMMA, "en")).status is OrderStatus.CANCELLED


async def test_while_it_is_locked_the_loop_goes_on_and_nothing_is_changed(tmp_path: Path) -> None:
    demo = demo_shop(tmp_path, busy_seconds=0.2)
    await demo.check()
    with sqlite3.connect(tmp_path / "shop.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        cancelling = asyncio.ensure_future(demo.do(CancelOrder("10024"), EMMA, "k", "en"))
        turns_of_the_loop = 0
        while not cancelling.done():
            turns_of_the_loop += 1
            await asyncio.sleep(0)
        assert turns_of_the_loop > 10
        with pytest.raises(ShopUnavailable) as error:
            await cancelling
        assert error.value.changed_nothing
    other.close()
    assert (await demo.ask(FindOrder("10024"), EMMA, "en")).cancellable


async def test_what_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(ShopUnavailable):
        await demo_shop(tmp_path).check()
    with pytest.raises(ShopUnavailable):
        await demo_shop(tmp_path / "shop.sqlite" / "below").ask(FindOrder("10024"), EMMA, "en")


async def test_a_damaged_secret_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "shop.secret").write_bytes(b"short")
    with pytest.raises(ShopUnavailable, match=r"shop\.secret"):
        await demo_shop(tmp_path).check()


def _order_many(folder: Path, name: str) -> list[str]:
    async def run() -> list[str]:
        shop = DemoShop(folder / "shop.sqlite", busy_seconds=60)
        mugs = PlaceOrder((ItemChange("mug", 1),))
        keys = [*(f"{name}{index}" for index in range(10)), *(f"shared{index}" for index in range(10))]
        return [(await shop.do(mugs, EMMA, key, "en")).number for key in keys]

    return asyncio.run(run())


def test_two_processes_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        first, second = pool.starmap(_order_many, [(tmp_path, "a"), (tmp_path, "b")])
        pool.close()
        pool.join()
    assert first[10:] == second[10:]
    assert len({*first, *second}) == 30
    assert rows(tmp_path, "SELECT stock FROM product WHERE id = 'mug'") == [(90,)]


# Keys


async def test_one_key_serves_two_wishes(tmp_path: Path) -> None:
    demo = demo_shop(tmp_path)
    await demo.do(CancelOrder("10024"), EMMA, "k", "en")
    assert (await demo.do(CancelOrder("10013"), EMMA, "k", "en")).number == "10013"
    for text in ("one", "two"):
        await demo.do(FileComplaint(text), EMMA, "k", "en")
    assert rows(tmp_path, "SELECT text FROM matter") == [("one",), ("two",)]


async def test_a_refused_command_may_be_done_later_under_its_key(tmp_path: Path) -> None:
    demo = demo_shop(tmp_path)
    with pytest.raises(Refused):
        await demo.do(DeleteAccount(), EMMA, "k", "en")
    with sqlite3.connect(tmp_path / "shop.sqlite") as database:
        database.execute("UPDATE purchase SET status = 'delivered'")
    database.close()
    assert (await demo.do(DeleteAccount(), EMMA, "k", "en")).customer == EMMA


# Mails


async def test_mails_go_out_after_the_change_and_once(tmp_path: Path) -> None:
    postman = Postman()
    demo = demo_shop(tmp_path, mailer=postman, public_url="https://shop.example/")
    for _ in range(2):
        await demo.do(SendInvoice("10025"), EMMA, "k", "ro")
    (mail,) = postman.sent
    assert (mail.to, mail.subject) == ("emma@example.com", "Factura INV-10025")
    assert "https://shop.example/shop/invoices/INV-10025?key=ro." in mail.text
    assert rows(tmp_path, "SELECT * FROM mail") == []


async def test_unknown_addresses_get_no_password(tmp_path: Path) -> None:
    postman = Postman()
    demo = demo_shop(tmp_path, mailer=postman)
    await demo.do(SendPasswordLink("never@example.org"), None, "k1", "en")
    await demo.do(SendPasswordLink("Emma@example.com"), None, "k2", "en")
    assert [mail.to for mail in postman.sent] == ["emma@example.com"]


async def test_the_owner_of_an_address_learns_that_somebody_tried_to_register(tmp_path: Path) -> None:
    postman = Postman()
    demo = demo_shop(tmp_path, mailer=postman)
    await demo.do(CreateAccount("emma@example.com", "Eve {link}"), None, "k1", "en")
    await demo.do(CreateAccount("eve@example.org", "Eve {link}"), None, "k2", "en")
    assert "You have one already" in postman.sent[0].text
    assert "Eve {link}" in postman.sent[1].text


async def test_a_mail_that_fails_is_sent_later_and_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(refuses={"bad@example.org"})
    demo = demo_shop(tmp_path, mailer=postman)
    await demo.do(CreateAccount("bad@example.org", "Bad One"), None, "k1", "en")
    await demo.do(CreateAccount("good@example.org", "Good One"), None, "k2", "en")
    assert [mail.to for mail in postman.sent] == ["good@example.org"]
    assert rows(tmp_path, "SELECT address FROM mail") == [("bad@example.org",)]
    postman.refuses.clear()
    await demo.post()
    assert len(postman.sent) == 1
    later = time.time() + MAIL_CLAIM_SECONDS + 1
    monkeypatch.setattr("actions.backends.demo.shop.time.time", lambda: later)
    await demo.post()
    assert [mail.to for mail in postman.sent] == ["good@example.org", "bad@example.org"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_is_written_in_every_language(language: str) -> None:
    for text in mails.TEXTS:
        subject, body = mails.render(
            text, language, name="Eva", kind="pro", number="INV-1", link="https://x.example"
        )
        assert subject
        assert "{" not in subject + body
        if language != "en":
            assert (
                body
                != mails.render(text, "en", name="Eva", kind="pro", number="INV-1", link="https://x.example")[
                    1
                ]
            )


# Forgetting


async def test_a_deleted_account_leaves_no_trace_of_the_person(tmp_path: Path) -> None:
    demo = demo_shop(tmp_path, mailer=Postman())
    await demo.do(WriteReview("mug", 5, "Good"), PIOTR, "k1", "pl")
    await demo.do(Subscribe("piotr@example.com"), PIOTR, "k2", "pl")
    await demo.do(SendInvoice("10043"), PIOTR, "k3", "pl")
    await demo.do(CreateAccount("piotr@example.com", "Piotr Nowak"), None, "k4", "pl")
    await demo.do(DeleteAccount(), PIOTR, "k5", "pl")
    with sqlite3.connect(tmp_path / "shop.sqlite") as database:
        dump = "\n".join(database.iterdump())
    database.close()
    blobs = str(rows(tmp_path, "SELECT CAST(answer AS TEXT) FROM request"))
    for trace in ("piotr", "Nowak", "Morska", "+48587654321"):
        assert trace not in dump + blobs
    assert rows(tmp_path, f"SELECT number FROM purchase WHERE customer = '{PIOTR}'") == [("10043",)]


# Which shop


def test_open_shop_by_its_address(tmp_path: Path) -> None:
    assert isinstance(open_shop("demo://", data=tmp_path), DemoShop)
    assert isinstance(open_shop("https://shop.example/api"), HttpShop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["", "demo", "ftp://shop.example", "shop.example", "sqlite:///x"])
def test_open_shop_refuses_other_addresses(url: str) -> None:
    with pytest.raises(ShopMisconfigured):
        open_shop(url)


def test_open_shop_refuses_a_timeout_of_nothing() -> None:
    with pytest.raises(ShopMisconfigured):
        open_shop("demo://", timeout=0)


def test_it_is_used_from_several_event_loops(tmp_path: Path) -> None:
    demo = demo_shop(tmp_path)

    async def answers() -> list[Any]:
        async with ShopDouble(demo) as double:
            return [await shop.ask(Orders(), EMMA, "en") for shop in (demo, HttpShop(double.url))]

    first, second = asyncio.run(answers()), asyncio.run(answers())
    assert first == second
    assert first[0] == first[1]


@pytest.fixture
def nothing_installed() -> Any:
    """Leave shop and mailer to the environment, before and after."""
    installed.use_shop(None)
    use_mailer(None)
    yield
    installed.use_shop(None)
    use_mailer(None)


@pytest.mark.usefixtures("nothing_installed")
async def test_shop_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIJA_DATA", str(tmp_path))
    monkeypatch.setenv("GRIJA_PUBLIC_URL", "https://support.example")
    for name in ("GRIJA_SHOP_URL", "GRIJA_SMTP_URL", "GRIJA_MAIL_FROM"):
        monkeypatch.delenv(name, raising=False)
    shop = installed.current_shop()
    assert installed.current_shop() is shop
    await shop.do(SendInvoice("10025"), EMMA, "k", "en")
    assert b"https://support.example/shop/invoices" in (tmp_path / "outbox.mbox").read_bytes()


@pytest.mark.usefixtures("nothing_installed")
async def test_remote_shop_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ShopDouble(demo_shop(tmp_path), token="secret") as double:
        monkeypatch.setenv("GRIJA_SHOP_URL", double.url)
        monkeypatch.setenv("GRIJA_SHOP_TOKEN", "secret")
        monkeypatch.setenv("GRIJA_SHOP_TIMEOUT", "7.5")
        order = await installed.shop_from_environment().ask(FindOrder("10024"), EMMA, "en")
    assert order.number == "10024"


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(("name", "value"), [("GRIJA_SHOP_TIMEOUT", "soon"), ("GRIJA_SMTP_URL", "http://x")])
def test_wrong_environment_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ShopMisconfigured, match=f"{name}|mail server"):
        installed.shop_from_environment()


@pytest.mark.usefixtures("nothing_installed")
def test_installed_shop_comes_first(tmp_path: Path) -> None:
    demo = demo_shop(tmp_path)
    installed.use_shop(demo)
    assert installed.current_shop() is demo
