"""The embedded demo shop: thirty orders in one SQLite file, made and seeded on first use.

It knows no names and no addresses, so everybody may ask for every order.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from actions.backends.catalogue import CURRENCY, PRODUCTS, SEEDS, Seed
from actions.backends.model import (
    Asker,
    Item,
    Order,
    OrderNotCancellable,
    OrderNotFound,
    OrderStatus,
    Refusal,
    ShopUnavailable,
)

SCHEMA = """
CREATE TABLE purchase (
    number TEXT PRIMARY KEY, status TEXT NOT NULL, placed_on TEXT NOT NULL, expected_on TEXT,
    delivered_on TEXT, carrier TEXT, tracking_url TEXT
);
CREATE TABLE line (
    number TEXT NOT NULL REFERENCES purchase, position INTEGER NOT NULL, product TEXT NOT NULL,
    quantity INTEGER NOT NULL, PRIMARY KEY (number, position)
);
CREATE TABLE cancellation (
    number TEXT NOT NULL REFERENCES purchase, request_id TEXT NOT NULL, PRIMARY KEY (number, request_id)
);
PRAGMA user_version = 1;
"""

REFUSALS = {
    OrderStatus.PACKED: Refusal.PACKED,
    OrderStatus.SHIPPED: Refusal.SHIPPED,
    OrderStatus.DELAYED: Refusal.SHIPPED,
    OrderStatus.OUT_FOR_DELIVERY: Refusal.SHIPPED,
    OrderStatus.READY_FOR_PICKUP: Refusal.SHIPPED,
    OrderStatus.DELIVERED: Refusal.DELIVERED,
    OrderStatus.CANCELLED: Refusal.CANCELLED,
    OrderStatus.RETURNED: Refusal.RETURNED,
}


class DemoShop:
    """A shop in the file `path`. Each call works in a thread: no event loop waits for the disk."""

    def __init__(self, path: Path, *, today: date | None = None, busy_seconds: float = 5.0) -> None:
        self._path = path
        self._today = today
        self._busy_seconds = busy_seconds

    async def find_order(self, number: str, asker: Asker) -> Order:
        """See Shop."""
        return await asyncio.to_thread(self._find, number, asker)

    async def cancel_order(self, number: str, request_id: str, asker: Asker) -> Order:
        """See Shop."""
        return await asyncio.to_thread(self._cancel, number, request_id, asker)

    async def check(self) -> None:
        """See Shop."""
        await asyncio.to_thread(self._check)

    async def close(self) -> None:
        """See Shop. Nothing is held between two calls."""

    def _check(self) -> None:
        with self._transaction() as database:
            database.execute("SELECT 1 FROM purchase").fetchone()

    def _find(self, number: str, asker: Asker) -> Order:
        with self._transaction() as database:
            return _read_order(database, number, asker.language)

    def _cancel(self, number: str, request_id: str, asker: Asker) -> Order:
        with self._transaction() as database:
            order = _read_order(database, number, asker.language)
            key = (number, request_id)
            asked_before = "SELECT 1 FROM cancellation WHERE number = ? AND request_id = ?"
            if database.execute(asked_before, key).fetchone():
                return order
            if order.refusal is not None:
                raise OrderNotCancellable(number, order.refusal)
            database.execute("INSERT INTO cancellation VALUES (?, ?)", key)
            database.execute("UPDATE purchase SET status = 'cancelled' WHERE number = ?", (number,))
            return _read_order(database, number, asker.language)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock, so that two first users cannot both seed."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._path, timeout=self._busy_seconds, isolation_level=None)
            try:
                database.execute("BEGIN IMMEDIATE")
                if database.execute("PRAGMA user_version").fetchone()[0] == 0:
                    _seed(database, self._today or date.today())
                    database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
            finally:
                database.close()
        except (sqlite3.Error, OSError) as error:
            raise ShopUnavailable(f"the demo shop's file {self._path} cannot be used: {error}") from error


def _seed(database: sqlite3.Connection, today: date) -> None:
    for statement in SCHEMA.split(";"):
        database.execute(statement)
    for seed in SEEDS:
        _insert(database, seed, today)
    database.execute("COMMIT")


def _insert(database: sqlite3.Connection, seed: Seed, today: date) -> None:
    def day(offset: int | None) -> str | None:
        return None if offset is None else (today + timedelta(days=offset)).isoformat()

    link = f"https://parcels.example/{seed.carrier.lower()}/{seed.number}" if seed.carrier else None
    database.execute(
        "INSERT INTO purchase VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            seed.number,
            seed.status.value,
            day(seed.placed),
            day(seed.expected),
            day(seed.delivered),
            seed.carrier,
            link,
        ),
    )
    lines = [(seed.number, position, *line) for position, line in enumerate(seed.lines)]
    database.executemany("INSERT INTO line VALUES (?, ?, ?, ?)", lines)


def _read_order(database: sqlite3.Connection, number: str, language: str) -> Order:
    columns = "status, placed_on, expected_on, delivered_on, carrier, tracking_url"
    row = database.execute(f"SELECT {columns} FROM purchase WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise OrderNotFound(number)
    status = OrderStatus(row[0])
    lines = database.execute(
        "SELECT product, quantity FROM line WHERE number = ? ORDER BY position", (number,)
    ).fetchall()
    return Order(
        number=number,
        status=status,
        items=tuple(Item(_name(product, language), quantity) for product, quantity in lines),
        total=sum((PRODUCTS[product].price * quantity for product, quantity in lines), Decimal(0)),
        currency=CURRENCY,
        placed_on=date.fromisoformat(row[1]),
        expected_on=_day(row[2]),
        delivered_on=_day(row[3]),
        carrier=row[4],
        tracking_url=row[5],
        refusal=REFUSALS.get(status),
    )


def _name(product: str, language: str) -> str:
    names = PRODUCTS[product].names
    return names.get(language, names["en"])


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
