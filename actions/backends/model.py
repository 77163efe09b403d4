"""Words of the shop: orders, who asks for them, what can go wrong, and the protocol `Shop`.

ShopError
├── ShopUnavailable          the shop gave no usable answer; `changed_nothing` says what that means
│   ├── ShopTimeout          it did not answer in time
│   ├── ShopAnswerInvalid    it answered, but not what its contract says
│   └── ShopMisconfigured    our own settings of the shop are wrong
├── OrderNotFound            there is no such order
│   └── AccessRefused        there is, but not for this customer (customers are told: no such order)
└── OrderNotCancellable      the order is past the point where it can be cancelled
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Protocol


class OrderStatus(str, Enum):
    """Where an order is. Each value has a response `utter_track_<value>` in domain.yml."""

    PLACED = "placed"
    PAYMENT_FAILED = "payment_failed"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELAYED = "delayed"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class Refusal(str, Enum):
    """Why an order cannot be cancelled. Each value has a response `utter_cancel_refused_<value>`."""

    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


@dataclass(frozen=True)
class Item:
    """One line of an order; `name` is text of the shop, in the asker's language where the shop has it."""

    name: str
    quantity: int


@dataclass(frozen=True)
class Order:
    """An order as the shop knows it now. `refusal` is None exactly when it can be cancelled."""

    number: str
    status: OrderStatus
    items: tuple[Item, ...]
    total: Decimal
    currency: str
    placed_on: date
    expected_on: date | None = None
    delivered_on: date | None = None
    carrier: str | None = None
    tracking_url: str | None = None
    refusal: Refusal | None = None

    @property
    def cancellable(self) -> bool:
        """Whether the shop would cancel it if asked now."""
        return self.refusal is None


@dataclass(frozen=True)
class Asker:
    """Who asks: enough for a shop to refuse. `verified`: the platform vouches for the customer."""

    channel: str
    customer_id: str
    verified: bool
    language: str = "en"


class ShopError(Exception):
    """Base of all that a `Shop` raises."""


class ShopUnavailable(ShopError):
    """No usable answer. `changed_nothing` is False if a change may have happened nevertheless."""

    def __init__(self, reason: str, *, changed_nothing: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.changed_nothing = changed_nothing


class ShopTimeout(ShopUnavailable):
    """The shop did not answer in time."""


class ShopAnswerInvalid(ShopUnavailable):
    """The shop answered something that its contract does not allow."""


class ShopMisconfigured(ShopUnavailable):
    """The settings of the shop are wrong; the message says which."""


class OrderNotFound(ShopError):
    """There is no order `number`, or none that this customer may know of."""

    def __init__(self, number: str) -> None:
        super().__init__(f"no order {number}")
        self.number = number


class AccessRefused(OrderNotFound):
    """The shop refuses this customer. Customers must not see the difference to an unknown order."""


class OrderNotCancellable(ShopError):
    """The order exists, but the shop does not cancel it, for `refusal`."""

    def __init__(self, number: str, refusal: Refusal) -> None:
        super().__init__(f"order {number} cannot be cancelled: {refusal.value}")
        self.number = number
        self.refusal = refusal


class Shop(Protocol):
    """The system that knows the orders. Usable from any event loop, also from several at once."""

    async def find_order(self, number: str, asker: Asker) -> Order:
        """Return the order. Raises OrderNotFound, ShopUnavailable."""
        ...

    async def cancel_order(self, number: str, request_id: str, asker: Asker) -> Order:
        """Cancel the order and return it as cancelled.

        The same `request_id` for the same order gives the same answer again and changes nothing more.
        Raises OrderNotFound, OrderNotCancellable, ShopUnavailable.
        """
        ...

    async def check(self) -> None:
        """Return if the shop can be reached and would answer. Raises ShopUnavailable."""
        ...

    async def close(self) -> None:
        """Give back what the shop holds. May be called more than once."""
        ...
