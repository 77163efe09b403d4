"""Shops for tests: a clock that stands, the seeded customers, and an order as a shop answers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from actions.backends.demo import DemoShop

NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)

ANIA, ELENI, BORIS, IOANA, EMMA = "C1001", "C1002", "C1003", "C1004", "C1005"
PIOTR = "C1006"
FIRST_FIVE = (ANIA, ELENI, BORIS, IOANA, EMMA)

# What a shop answers about one order.
ORDER: dict[str, Any] = {
    "number": "10024",
    "status": "paid",
    "items": [{"product_id": "mug", "name": "Mug", "quantity": 2, "unit_price": "12.50"}],
    "total": "25.00",
    "currency": "EUR",
    "placed_on": "2026-11-20",
    "payment": "captured",
    "refusal": None,
    "change_refusal": None,
    "fee": {"number": "10024", "amount": "2.00", "currency": "EUR"},
}


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


def demo_shop(folder: Path, clock: Clock | None = None, **more: Any) -> DemoShop:
    """Return a demo shop in the folder, at noon of 21 November 2026 or by the clock."""
    return DemoShop(folder / "shop.sqlite", clock=clock or Clock(), **more)
