"""The shop as the actions see it: the protocol `Shop`, and by this one door all words about it.

Things are in things.py, questions and commands in requests.py, errors in faults.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from actions.backends.addresses import COUNTRIES, check_address
from actions.backends.faults import (
    AddressInvalid,
    CustomerNotFound,
    NotFound,
    Refused,
    ShopAnswerInvalid,
    ShopError,
    ShopMisconfigured,
    ShopTimeout,
    ShopUnavailable,
)
from actions.backends.requests import (
    AddAddress,
    Answer,
    CancellationFee,
    CancelOrder,
    Catalogue,
    ChangeAddress,
    ChangeItems,
    ChangeOrderAddress,
    Command,
    CreateAccount,
    DeleteAccount,
    DeliveryMethods,
    EditAccount,
    FileComplaint,
    FindAccount,
    FindInvoice,
    FindOrder,
    FindRefund,
    Invoices,
    Orders,
    PaymentMethods,
    Payments,
    PlaceOrder,
    Question,
    Refunds,
    ReportPayment,
    RequestRefund,
    SendInvoice,
    SendPasswordLink,
    Subscribe,
    SwitchAccount,
    Unsubscribe,
    WriteReview,
)
from actions.backends.things import (
    Account,
    AccountField,
    AccountKind,
    Address,
    Case,
    CaseKind,
    Closed,
    Customer,
    DeliveryMethod,
    Fee,
    Invoice,
    Item,
    ItemChange,
    Order,
    OrderStatus,
    Payment,
    PaymentState,
    Product,
    Refund,
    RefundState,
    Refusal,
    Registration,
    Review,
    Sent,
    Subscription,
    SubscriptionState,
    double_charges,
)

__all__ = [
    "COUNTRIES",
    "Account",
    "AccountField",
    "AccountKind",
    "AddAddress",
    "Address",
    "AddressInvalid",
    "Asker",
    "CancelOrder",
    "CancellationFee",
    "Case",
    "CaseKind",
    "Catalogue",
    "ChangeAddress",
    "ChangeItems",
    "ChangeOrderAddress",
    "Closed",
    "Command",
    "CreateAccount",
    "Customer",
    "CustomerNotFound",
    "DeleteAccount",
    "DeliveryMethod",
    "DeliveryMethods",
    "EditAccount",
    "Fee",
    "FileComplaint",
    "FindAccount",
    "FindInvoice",
    "FindOrder",
    "FindRefund",
    "Invoice",
    "Invoices",
    "Item",
    "ItemChange",
    "NotFound",
    "Order",
    "OrderStatus",
    "Orders",
    "Payment",
    "PaymentMethods",
    "PaymentState",
    "Payments",
    "PlaceOrder",
    "Product",
    "Question",
    "Refund",
    "RefundState",
    "Refunds",
    "Refusal",
    "Refused",
    "Registration",
    "ReportPayment",
    "RequestRefund",
    "Review",
    "SendInvoice",
    "SendPasswordLink",
    "Sent",
    "Shop",
    "ShopAnswerInvalid",
    "ShopError",
    "ShopMisconfigured",
    "ShopTimeout",
    "ShopUnavailable",
    "Subscribe",
    "Subscription",
    "SubscriptionState",
    "SwitchAccount",
    "Unsubscribe",
    "WriteReview",
    "check_address",
    "double_charges",
]


@dataclass(frozen=True)
class Asker:
    """Who talks on which channel. `verified`: the platform vouches for the customer."""

    channel: str
    customer_id: str
    verified: bool
    language: str = "en"


class Shop(Protocol):
    """The system that knows the orders. Usable from any event loop, also from several at once.

    `customer` is the shop's id of a customer who has proved to be that one ("C1001"), or None. The shop itself
    decides what that customer may see: what is another's is NotFound, exactly as what does not exist.
    All may raise ShopUnavailable.
    """

    async def find_customer(self, *, email: str | None = None, user_id: str | None = None) -> Customer:
        """Return the customer with this e-mail address, or else with this user id of the site.

        This proves nothing: it says to whom a code goes, or whom a signed identity names. CustomerNotFound.
        """
        ...

    async def ask(self, question: Question[Answer], customer: str | None, language: str) -> Answer:
        """Return the answer, with texts in `language` where the shop has them. NotFound, Refused."""
        ...

    async def do(self, command: Command[Answer], customer: str | None, key: str, language: str) -> Answer:
        """Do it and return the changed thing.

        The same command of the same customer under the same `key` gives the same answer again, at any later time,
        and changes nothing more. NotFound, Refused, AddressInvalid: nothing was changed.
        """
        ...

    async def check(self) -> None:
        """Return if the shop can be reached and would answer."""
        ...

    async def close(self) -> None:
        """Give back what the shop holds. May be called more than once."""
        ...
