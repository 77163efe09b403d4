"""The tables of the demo shop, and its first day."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from actions.backends.catalogue import PRODUCTS
from actions.backends.demo.seeds import FIRST_CUSTOMER, PEOPLE, SEEDS, Person, Seed
from actions.backends.faults import ShopUnavailable
from actions.backends.things import Address, PaymentState, RefundState

VERSION = 2

# Money is text (exact decimals), days and times are ISO 8601, an address of an order is JSON: it is a copy.
_TABLES = """
CREATE TABLE customer (
    id TEXT PRIMARY KEY, user_id TEXT UNIQUE, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, language TEXT NOT NULL,
    phone TEXT, kind TEXT NOT NULL DEFAULT 'free', closed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE address (
    id INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL REFERENCES customer, name TEXT NOT NULL,
    street TEXT NOT NULL, city TEXT NOT NULL, postcode TEXT NOT NULL, country TEXT NOT NULL
);
CREATE TABLE product (id TEXT PRIMARY KEY, stock INTEGER NOT NULL CHECK (stock >= 0));
CREATE TABLE purchase (
    number TEXT PRIMARY KEY, customer TEXT NOT NULL REFERENCES customer, status TEXT NOT NULL, placed_at TEXT NOT NULL,
    expected_on TEXT, delivered_on TEXT, carrier TEXT, tracking_url TEXT, method TEXT NOT NULL, address TEXT
);
CREATE INDEX purchase_customer ON purchase (customer);
CREATE TABLE line (
    number TEXT NOT NULL REFERENCES purchase, product TEXT NOT NULL REFERENCES product,
    quantity INTEGER NOT NULL CHECK (quantity > 0), unit_price TEXT NOT NULL, PRIMARY KEY (number, product)
);
CREATE TABLE payment (
    id TEXT PRIMARY KEY, number TEXT NOT NULL REFERENCES purchase, amount TEXT NOT NULL, method TEXT NOT NULL,
    state TEXT NOT NULL, day TEXT NOT NULL
);
CREATE INDEX payment_number ON payment (number);
CREATE TABLE invoice (
    number TEXT PRIMARY KEY, purchase TEXT NOT NULL UNIQUE REFERENCES purchase, issued_on TEXT NOT NULL
);
CREATE TABLE refund (
    number TEXT PRIMARY KEY, purchase TEXT NOT NULL UNIQUE REFERENCES purchase, amount TEXT NOT NULL,
    state TEXT NOT NULL, requested_on TEXT NOT NULL, reason TEXT NOT NULL, expected_on TEXT, paid_on TEXT
);
CREATE TABLE newsletter (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, state TEXT NOT NULL);
CREATE TABLE review (
    id INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT, product TEXT, stars INTEGER, text TEXT NOT NULL,
    day TEXT NOT NULL
);
CREATE TABLE matter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, customer TEXT, purchase TEXT, text TEXT NOT NULL,
    opened_on TEXT NOT NULL
);
CREATE TABLE mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
    claimed_at REAL
);
CREATE TABLE request (
    key TEXT NOT NULL, customer TEXT NOT NULL, command TEXT NOT NULL, answer BLOB NOT NULL,
    PRIMARY KEY (key, customer, command)
)
"""

# What version 1 had. It knew no customers: nothing of it can be kept.
_OLD_TABLES = ("cancellation", "line", "purchase")


def prepare(database: sqlite3.Connection, now: datetime) -> bool:
    """Make and fill the tables if they are not there, within the open transaction; tell whether it did.

    A file of version 1 is replaced: its orders belonged to nobody. ShopUnavailable if the file is newer than we.
    """
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return False
    if version not in (0, 1):
        raise ShopUnavailable(
            f"the demo shop's file is of version {version}, which is newer than this program"
        )
    if version == 1:
        for table in _OLD_TABLES:
            database.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in _TABLES.split(";\n"):
        database.execute(statement)
    _seed(database, now)
    database.execute(f"PRAGMA user_version = {VERSION}")
    return True


def _seed(database: sqlite3.Connection, now: datetime) -> None:
    database.executemany(
        "INSERT INTO product VALUES (?, ?)", [(product.id, product.stock) for product in PRODUCTS.values()]
    )
    ids = {person.user_id: f"C{FIRST_CUSTOMER + index}" for index, person in enumerate(PEOPLE)}
    for person in PEOPLE:
        _insert_person(database, ids[person.user_id], person)
    homes = {person.user_id: person.addresses[0] for person in PEOPLE}
    for seed in SEEDS:
        _insert_order(database, ids[seed.user_id], seed, homes[seed.user_id], now)


def _insert_person(database: sqlite3.Connection, id: str, person: Person) -> None:
    database.execute(
        "INSERT INTO customer (id, user_id, email, name, language, phone) VALUES (?, ?, ?, ?, ?, ?)",
        (id, person.user_id, person.email, person.name, person.language, person.phone),
    )
    for home in person.addresses:
        database.execute(
            "INSERT INTO address (customer, name, street, city, postcode, country) VALUES (?, ?, ?, ?, ?, ?)",
            (id, home.name, home.street, home.city, home.postcode, home.country),
        )


def _insert_order(
    database: sqlite3.Connection, customer: str, seed: Seed, home: Address, now: datetime
) -> None:
    def day(offset: int | None) -> str | None:
        return None if offset is None else (now.date() + timedelta(days=offset)).isoformat()

    link = f"https://parcels.example/{seed.carrier.lower()}/{seed.number}" if seed.carrier else None
    database.execute(
        "INSERT INTO purchase VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            seed.number, customer, seed.status.value, (now + timedelta(days=seed.placed)).isoformat(),
            day(seed.expected), day(seed.delivered), seed.carrier, link, seed.method,
            msgspec.json.encode(home).decode(),
        ),
    )  # fmt: skip
    lines = [
        (seed.number, product, quantity, str(PRODUCTS[product].price)) for product, quantity in seed.lines
    ]
    database.executemany("INSERT INTO line VALUES (?, ?, ?, ?)", lines)
    total = str(sum((PRODUCTS[product].price * quantity for product, quantity in seed.lines), Decimal(0)))
    for index in range(2 if seed.charged_twice else 1):
        database.execute(
            "INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?)",
            (f"P-{seed.number}-{index + 1}", seed.number, total, seed.method, seed.payment.value, day(seed.placed)),
        )  # fmt: skip
    if seed.invoiced:
        database.execute(
            "INSERT INTO invoice VALUES (?, ?, ?)", (f"INV-{seed.number}", seed.number, day(seed.placed))
        )
    if seed.refund is not None:
        _insert_refund(database, seed, seed.refund, total, now)


def _insert_refund(
    database: sqlite3.Connection, seed: Seed, state: RefundState, total: str, now: datetime
) -> None:
    # Asked for two days after it came (or after it was placed, if it was cancelled), paid out three days later.
    asked = now.date() + timedelta(days=(seed.placed if seed.delivered is None else seed.delivered) + 2)
    paid = (asked + timedelta(days=3)).isoformat() if seed.payment is PaymentState.REFUNDED else None
    database.execute(
        "INSERT INTO refund VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            f"R-{seed.number}", seed.number, total, state.value, asked.isoformat(), "",
            (asked + timedelta(days=14)).isoformat(), paid,
        ),
    )  # fmt: skip
