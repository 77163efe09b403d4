"""What a shop is asked (questions: they never change anything) and told (commands).

The type parameter is the type of the answer. Unless it says "no customer needed", each needs a proved customer,
and raises NotFound without one, as it does for everything that is another customer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

from actions.backends.things import (
    Account,
    AccountField,
    AccountKind,
    Address,
    Case,
    Closed,
    DeliveryMethod,
    Fee,
    Invoice,
    ItemChange,
    Order,
    Payment,
    Product,
    Refund,
    Registration,
    Review,
    Sent,
    Subscription,
)

Answer = TypeVar("Answer", covariant=True)


@dataclass(frozen=True)
class Question(Generic[Answer]):
    """Something to read."""


@dataclass(frozen=True)
class Command(Generic[Answer]):
    """Something to do."""


def answer_type(request: type[Question[Any]] | type[Command[Any]]) -> Any:
    """Return the type of the request's answer, such as `tuple[Order, ...]`."""
    (base,) = request.__orig_bases__  # type: ignore[union-attr]
    return get_args(base)[0]


# Questions


@dataclass(frozen=True)
class Orders(Question[tuple[Order, ...]]):
    """The customer's orders, newest first."""


@dataclass(frozen=True)
class FindOrder(Question[Order]):
    """One order."""

    number: str


@dataclass(frozen=True)
class FindAccount(Question[Account]):
    """The customer's account."""


@dataclass(frozen=True)
class Invoices(Question[tuple[Invoice, ...]]):
    """The customer's invoices, newest first."""


@dataclass(frozen=True)
class FindInvoice(Question[Invoice]):
    """One invoice, by its own number or its order's. Refused(no_invoice_yet) for an order without one."""

    number: str


@dataclass(frozen=True)
class Refunds(Question[tuple[Refund, ...]]):
    """The customer's refunds, newest first."""


@dataclass(frozen=True)
class FindRefund(Question[Refund]):
    """One refund, by its own number or its order's."""

    number: str


@dataclass(frozen=True)
class Payments(Question[tuple[Payment, ...]]):
    """The payments of one order, or of all, newest first."""

    order: str | None = None


@dataclass(frozen=True)
class Catalogue(Question[tuple[Product, ...]]):
    """All that is sold. No customer needed."""


@dataclass(frozen=True)
class DeliveryMethods(Question[tuple[DeliveryMethod, ...]]):
    """The ways of delivery, to `country` if one is given; none if it is not served. No customer needed."""

    country: str | None = None


@dataclass(frozen=True)
class PaymentMethods(Question[tuple[str, ...]]):
    """Ids of what can be paid with: card, paypal, … No customer needed."""


@dataclass(frozen=True)
class CancellationFee(Question[Fee]):
    """What cancelling costs now. Refused, with the order's state, if it cannot be cancelled."""

    number: str


# Commands


@dataclass(frozen=True)
class CancelOrder(Command[Order]):
    """Cancel the order; what was paid, less the fee, becomes a refund."""

    number: str


@dataclass(frozen=True)
class ChangeItems(Command[Order]):
    """Give products of the order these new quantities; 0 takes one out. Others stay."""

    number: str
    changes: tuple[ItemChange, ...]


@dataclass(frozen=True)
class PlaceOrder(Command[Order]):
    """Order these things, to an address of the account (None: the first). The order waits for payment."""

    lines: tuple[ItemChange, ...]
    address_id: str | None = None


@dataclass(frozen=True)
class RequestRefund(Command[Refund]):
    """Ask for the money of a delivered order."""

    number: str
    reason: str


@dataclass(frozen=True)
class SendInvoice(Command[Sent]):
    """Mail the link of an invoice to the customer; `number` as in FindInvoice."""

    number: str


@dataclass(frozen=True)
class ChangeOrderAddress(Command[Order]):
    """Send the order somewhere else. AddressInvalid."""

    number: str
    address: Address


@dataclass(frozen=True)
class AddAddress(Command[Address]):
    """Keep one more address in the account. AddressInvalid."""

    address: Address


@dataclass(frozen=True)
class ChangeAddress(Command[Address]):
    """Replace an address of the account. AddressInvalid."""

    address_id: str
    address: Address


@dataclass(frozen=True)
class CreateAccount(Command[Registration]):
    """Open an account. The answer does not tell whether the address has one. No customer needed."""

    email: str
    name: str
    kind: AccountKind = AccountKind.FREE


@dataclass(frozen=True)
class DeleteAccount(Command[Closed]):
    """Close the account and forget the person."""


@dataclass(frozen=True)
class EditAccount(Command[Account]):
    """Give one field of the account a new value."""

    field: AccountField
    value: str


@dataclass(frozen=True)
class SendPasswordLink(Command[Sent]):
    """Mail a link to choose a new password; the same answer for unknown addresses. No customer needed."""

    email: str


@dataclass(frozen=True)
class SwitchAccount(Command[Account]):
    """Make the account another type."""

    kind: AccountKind


@dataclass(frozen=True)
class Subscribe(Command[Subscription]):
    """Send the newsletter to this address, at once if it is the proved customer's. No customer needed."""

    email: str


@dataclass(frozen=True)
class Unsubscribe(Command[Subscription]):
    """Send no newsletter to this address any more. No customer needed."""

    email: str


@dataclass(frozen=True)
class WriteReview(Command[Review]):
    """Keep an opinion of a product, or of the shop. No customer needed."""

    product_id: str | None
    stars: int | None
    text: str


@dataclass(frozen=True)
class FileComplaint(Command[Case]):
    """Open a case. A customer is needed only if an order is named."""

    text: str
    order: str | None = None


@dataclass(frozen=True)
class ReportPayment(Command[Case]):
    """Open a case about a payment. A customer is needed only if an order is named."""

    order: str | None
    text: str
