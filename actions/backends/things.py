"""The things of a shop: frozen data, the same in the embedded shop and on the wire (docs/shop-api.md).

The annotations are also what an answer over HTTP is checked against: see wire.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated

from msgspec import Meta

Text = Annotated[str, Meta(min_length=1, max_length=500)]
LongText = Annotated[str, Meta(max_length=4000)]
Link = Annotated[str, Meta(pattern="^https?://", max_length=2000)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
Quantity = Annotated[int, Meta(ge=1)]


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


class PaymentState(str, Enum):
    """What became of a payment: awaited, refused, taken, or given back."""

    PENDING = "pending"
    FAILED = "failed"
    CAPTURED = "captured"
    REFUNDED = "refunded"


class RefundState(str, Enum):
    """How far a refund is: asked for, agreed, paid out, or refused."""

    REQUESTED = "requested"
    APPROVED = "approved"
    PAID = "paid"
    REJECTED = "rejected"


class AccountKind(str, Enum):
    """The types of account."""

    FREE = "free"
    PRO = "pro"
    BUSINESS = "business"


class AccountField(str, Enum):
    """What of an account a customer may edit."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"


class SubscriptionState(str, Enum):
    """Of an e-mail address and the newsletter. `pending` waits for a click on the link in a mail."""

    SUBSCRIBED = "subscribed"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"


class CaseKind(str, Enum):
    """What people of the shop have to look at."""

    COMPLAINT = "complaint"
    PAYMENT = "payment"


class Refusal(str, Enum):
    """Why the shop does not do what it was asked: the first group is the state of an order."""

    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"

    NOT_PAID = "not_paid"
    NOT_DELIVERED = "not_delivered"
    TOO_OLD = "too_old"
    ALREADY_REQUESTED = "already_requested"
    NO_INVOICE_YET = "no_invoice_yet"

    UNKNOWN_PRODUCT = "unknown_product"
    OUT_OF_STOCK = "out_of_stock"
    QUANTITY_INVALID = "quantity_invalid"
    NOT_IN_ORDER = "not_in_order"
    EMPTY_ORDER = "empty_order"
    NO_ADDRESS = "no_address"

    ORDERS_ON_THE_WAY = "orders_on_the_way"
    SAME_KIND = "same_kind"
    EMAIL_INVALID = "email_invalid"
    EMAIL_TAKEN = "email_taken"
    NAME_INVALID = "name_invalid"
    PHONE_INVALID = "phone_invalid"
    STARS_INVALID = "stars_invalid"
    TEXT_INVALID = "text_invalid"


@dataclass(frozen=True)
class Customer:
    """Somebody the shop knows. `language` is the one the shop writes mails in."""

    id: Text
    email: Text
    name: Text
    language: Text


@dataclass(frozen=True)
class Address:
    """Where parcels go. `country` is ISO 3166 alpha-2; `id` names an address kept in an account."""

    name: Text
    street: Text
    city: Text
    postcode: Text
    country: Country
    id: Text | None = None


@dataclass(frozen=True)
class Account:
    """What the shop keeps of a customer; the first address is the one parcels go to."""

    customer: Text
    email: Text
    name: Text
    phone: Text | None
    kind: AccountKind
    newsletter: SubscriptionState
    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class Item:
    """One line of an order; `name` is text of the shop, in the asked language where the shop has it."""

    product_id: Text
    name: Text
    quantity: Quantity
    unit_price: Decimal

    def __post_init__(self) -> None:
        """Refuse what is no amount of money."""
        check_money(self.unit_price)


@dataclass(frozen=True)
class ItemChange:
    """How many of a product an order shall have; 0 takes it out."""

    product_id: Text
    quantity: int


@dataclass(frozen=True)
class Fee:
    """What it costs to cancel an order now."""

    number: Text
    amount: Decimal
    currency: Currency

    def __post_init__(self) -> None:
        """Refuse what is no amount of money."""
        check_money(self.amount)


@dataclass(frozen=True)
class Order:
    """An order as the shop knows it now.

    `refusal` is None exactly when it can be cancelled, and then `fee` says what that costs; `change_refusal`
    is None exactly when its items and its address can be changed. `payment_link` is there while it waits for money.
    """

    number: Text
    status: OrderStatus
    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=200)]
    total: Decimal
    currency: Currency
    placed_on: date
    payment: PaymentState
    refusal: Refusal | None
    change_refusal: Refusal | None
    fee: Fee | None = None
    expected_on: date | None = None
    delivered_on: date | None = None
    carrier: Text | None = None
    tracking_url: Link | None = None
    address: Address | None = None
    payment_link: Link | None = None

    def __post_init__(self) -> None:
        """Refuse what is no amount of money, and an order that may be cancelled at no known cost."""
        check_money(self.total)
        if (self.refusal is None) != (self.fee is not None):
            raise ValueError("an order has either a fee or a reason why it cannot be cancelled")

    @property
    def cancellable(self) -> bool:
        """Whether the shop would cancel it if asked now."""
        return self.refusal is None

    @property
    def changeable(self) -> bool:
        """Whether the shop would change its items or address if asked now."""
        return self.change_refusal is None


@dataclass(frozen=True)
class Payment:
    """Money asked, taken, or given back for an order."""

    id: Text
    order: Text
    amount: Decimal
    currency: Currency
    method: Text
    state: PaymentState
    day: date

    def __post_init__(self) -> None:
        """Refuse what is no amount of money."""
        check_money(self.amount)


@dataclass(frozen=True)
class Invoice:
    """The bill of an order. `link` opens it for whoever holds the link, until it expires."""

    number: Text
    order: Text
    issued_on: date
    total: Decimal
    currency: Currency
    link: Link

    def __post_init__(self) -> None:
        """Refuse what is no amount of money."""
        check_money(self.total)


@dataclass(frozen=True)
class Refund:
    """Money on its way back. `expected_on` is the day the customer should have it, `paid_on` the day it went out."""

    number: Text
    order: Text
    amount: Decimal
    currency: Currency
    state: RefundState
    requested_on: date
    reason: LongText = ""
    expected_on: date | None = None
    paid_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse what is no amount of money."""
        check_money(self.amount)


@dataclass(frozen=True)
class Product:
    """Something to buy. `names` is its name by language, `words` what else people call it."""

    id: Text
    names: dict[str, str]
    words: dict[str, tuple[str, ...]]
    price: Decimal
    currency: Currency
    stock: int

    def __post_init__(self) -> None:
        """Refuse what is no amount of money, and a product without a name."""
        check_money(self.price)
        if not self.names:
            raise ValueError("a product has a name")

    def name(self, language: str) -> str:
        """Return its name in the language, or else in English, or else in any."""
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()))


@dataclass(frozen=True)
class DeliveryMethod:
    """A way to send a parcel: its id, price, working days from packing to the door, and where it goes."""

    name: Text
    price: Decimal
    currency: Currency
    days_low: int
    days_high: int
    countries: tuple[Country, ...]

    def __post_init__(self) -> None:
        """Refuse what is no amount of money."""
        check_money(self.price)


@dataclass(frozen=True)
class Registration:
    """A new account was asked for. The same for an address that has one: only its owner is told, by mail."""

    email: Text
    name: Text
    kind: AccountKind


@dataclass(frozen=True)
class Closed:
    """The account that is no more."""

    customer: Text


@dataclass(frozen=True)
class Sent:
    """A mail goes to this address, if the shop knows it."""

    email: Text


@dataclass(frozen=True)
class Subscription:
    """The newsletter and an address."""

    email: Text
    state: SubscriptionState


@dataclass(frozen=True)
class Review:
    """An opinion; `product_id` None is about the shop, `stars` from 1 to 5."""

    number: Text
    product_id: Text | None
    stars: int | None
    text: LongText


@dataclass(frozen=True)
class Case:
    """What people of the shop will look at."""

    number: Text
    kind: CaseKind
    order: Text | None
    opened_on: date


def check_money(amount: Decimal) -> None:
    """Raise ValueError if it is not a finite amount of 0 or more."""
    if not amount.is_finite() or amount < 0:
        raise ValueError("an amount of money must be a number, 0 or more")


def double_charges(payments: Iterable[Payment]) -> tuple[Payment, ...]:
    """Return the payments taken once too often: same order, same amount, captured before already."""
    seen: set[tuple[str, Decimal, str]] = set()
    surplus: list[Payment] = []
    for payment in sorted(payments, key=lambda payment: (payment.day, payment.id)):
        if payment.state is not PaymentState.CAPTURED:
            continue
        key = (payment.order, payment.amount, payment.currency)
        if key in seen:
            surplus.append(payment)
        seen.add(key)
    return tuple(surplus)
