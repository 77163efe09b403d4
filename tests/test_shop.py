"""Every question and command, asked of the demo shop and of a remote shop alike: what each answers and changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actions.backends.demo import DemoShop
from actions.backends.demo.reading import READERS
from actions.backends.demo.seeds import SEEDS
from actions.backends.demo.shop import WRITERS
from actions.backends.http import HttpShop
from actions.backends.model import (
    AccountField,
    AccountKind,
    AddAddress,
    Address,
    AddressInvalid,
    CancellationFee,
    CancelOrder,
    Catalogue,
    ChangeAddress,
    ChangeItems,
    ChangeOrderAddress,
    Command,
    CreateAccount,
    CustomerNotFound,
    DeleteAccount,
    DeliveryMethods,
    EditAccount,
    FileComplaint,
    FindAccount,
    FindInvoice,
    FindOrder,
    FindRefund,
    Invoices,
    ItemChange,
    NotFound,
    Order,
    Orders,
    OrderStatus,
    PaymentMethods,
    Payments,
    PaymentState,
    PlaceOrder,
    Question,
    Refunds,
    RefundState,
    Refusal,
    Refused,
    ReportPayment,
    RequestRefund,
    SendInvoice,
    SendPasswordLink,
    Shop,
    Subscribe,
    SubscriptionState,
    SwitchAccount,
    Unsubscribe,
    WriteReview,
    double_charges,
)
from tests.shop_double import ShopDouble
from tests.shops import ANIA, BORIS, EMMA, FIRST_FIVE, NOON, PIOTR, Clock, demo_shop

HOME = Address("Emma Clarke", "1 High Street", "London", "SW1A 1AA", "GB")


@pytest.fixture
def clock() -> Clock:
    """Return the shop's clock."""
    return Clock()


@pytest.fixture
def demo(tmp_path: Path, clock: Clock) -> DemoShop:
    """Return a demo shop that is not made yet."""
    return demo_shop(tmp_path, clock)


@pytest.fixture
async def remote(demo: DemoShop) -> AsyncIterator[HttpShop]:
    """Return the adapter to a shop that speaks the HTTP contract."""
    async with ShopDouble(demo, token="secret") as running:
        yield HttpShop(running.url, token="secret", timeout=10)


@pytest.fixture(params=["demo", "remote"])
def shop(request: pytest.FixtureRequest) -> Shop:
    """Return each kind of shop."""
    shop: Shop = request.getfixturevalue(request.param)
    return shop


async def refusal(shop: Shop, command: Command[Any], customer: str | None = EMMA) -> Refusal:
    """Return why the shop does not do it."""
    with pytest.raises(Refused) as refused:
        await shop.do(command, customer, "k", "en")
    return refused.value.reason


# Orders


async def test_finds_an_order(shop: Shop) -> None:
    order = await shop.ask(FindOrder("10024"), EMMA, "pl")
    assert [(item.name, item.quantity, item.unit_price) for item in order.items] == [
        ("Koc wełniany", 1, Decimal("45.00")),
        ("Kubek kamionkowy", 2, Decimal("12.50")),
    ]
    assert order.total == Decimal("70.00")
    assert (order.status, order.payment) == (OrderStatus.PAID, PaymentState.CAPTURED)
    assert order.placed_on == NOON.date() - timedelta(days=1)
    assert order.address is not None
    assert order.address.city == "London"
    assert order.cancellable
    assert order.changeable
    assert order.fee is not None
    assert order.fee.amount == Decimal("3.50")
    assert order.payment_link is None


async def test_orders_come_newest_first(shop: Shop) -> None:
    orders = await shop.ask(Orders(), EMMA, "en")
    assert [order.number for order in orders] == [
        "10024",
        "10013",
        "10025",
        "10005",
        "10035",
        "10003",
        "10001",
    ]


async def test_every_seeded_order_is_its_customers_alone(shop: Shop) -> None:
    seen = {}
    for customer in [f"C{number}" for number in range(1001, 1011)]:
        for order in await shop.ask(Orders(), customer, "en"):
            assert order.number not in seen
            seen[order.number] = order
    assert {number: order.status for number, order in seen.items()} == {
        seed.number: seed.status for seed in SEEDS
    }
    assert {order.status for order in seen.values()} == set(OrderStatus)


@pytest.mark.parametrize(
    "number", ["10000", "99999", "", "x' OR 1=1", "../health", "10024/", "ż", "1" * 5000]
)
async def test_unknown_order(shop: Shop, number: str) -> None:
    for question in (FindOrder(number), FindInvoice(number), FindRefund(number), Payments(number)):
        with pytest.raises(NotFound):
            await shop.ask(question, EMMA, "en")
    with pytest.raises(NotFound):
        await shop.do(CancelOrder(number), EMMA, "k", "en")


# What is another's is as if it were not there

ABOUT_ORDERS: list[Question[Any] | Command[Any]] = [
    FindOrder("10024"),
    FindInvoice("10025"),
    FindInvoice("INV-10025"),
    FindRefund("10035"),
    FindRefund("R-10035"),
    Payments("10024"),
    CancellationFee("10024"),
    CancelOrder("10024"),
    ChangeItems("10024", (ItemChange("mug", 1),)),
    RequestRefund("10005", "broken"),
    SendInvoice("10025"),
    ChangeOrderAddress("10024", HOME),
    FileComplaint("late", "10024"),
    ReportPayment("10024", "twice"),
    ChangeAddress("A6", HOME),
    PlaceOrder((ItemChange("mug", 1),), "A6"),
]
PRIVATE: list[Question[Any] | Command[Any]] = [
    *ABOUT_ORDERS,
    Orders(),
    FindAccount(),
    Invoices(),
    Refunds(),
    Payments(),
    PlaceOrder((ItemChange("mug", 1),)),
    AddAddress(HOME),
    DeleteAccount(),
    EditAccount(AccountField.NAME, "Eve"),
    SwitchAccount(AccountKind.PRO),
]


async def answer(shop: Shop, request: Question[Any] | Command[Any], customer: str | None) -> Any:
    """Return the answer to a question or a command."""
    if isinstance(request, Question):
        return await shop.ask(request, customer, "en")
    return await shop.do(request, customer, "k", "en")


@pytest.mark.parametrize("request_", ABOUT_ORDERS, ids=lambda request: type(request).__name__)
async def test_another_customer_finds_nothing(shop: Shop, request_: Any) -> None:
    with pytest.raises(NotFound) as theirs:
        await answer(shop, request_, BORIS)
    assert await answer(shop, request_, EMMA)
    with pytest.raises(NotFound) as after:
        # Also not by the key under which its owner did it.
        await answer(shop, request_, BORIS)
    assert str(theirs.value) == str(after.value)


@pytest.mark.parametrize("customer", [None, "C9999", "", "C1005 "], ids=repr)
@pytest.mark.parametrize("request_", PRIVATE, ids=lambda request: type(request).__name__)
async def test_nobody_proved_finds_nothing(demo: DemoShop, request_: Any, customer: str | None) -> None:
    with pytest.raises(NotFound):
        await answer(demo, request_, customer)


# Cancelling


async def test_cancelling_gives_back_what_was_paid_less_the_fee(shop: Shop) -> None:
    before = {product.id: product.stock for product in await shop.ask(Catalogue(), None, "en")}
    fee = await shop.ask(CancellationFee("10024"), EMMA, "en")
    cancelled = await shop.do(CancelOrder("10024"), EMMA, "k", "en")
    assert (cancelled.status, cancelled.refusal) == (OrderStatus.CANCELLED, Refusal.CANCELLED)
    assert await shop.ask(FindOrder("10024"), EMMA, "en") == cancelled
    refund = await shop.ask(FindRefund("10024"), EMMA, "en")
    assert (refund.number, refund.amount, refund.state) == (
        "R-10024",
        Decimal("70.00") - fee.amount,
        RefundState.APPROVED,
    )
    assert cancelled.payment is PaymentState.REFUNDED
    after = {product.id: product.stock for product in await shop.ask(Catalogue(), None, "en")}
    assert (after["mug"] - before["mug"], after["blanket"] - before["blanket"]) == (2, 1)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed.number}-{seed.status.value}")
async def test_every_order_is_cancelled_or_refused(demo: DemoShop, seed: Any) -> None:
    customer = (await demo.find_customer(user_id=seed.user_id)).id
    order = await demo.ask(FindOrder(seed.number), customer, "en")
    if order.refusal is None:
        cancelled = await demo.do(CancelOrder(seed.number), customer, "k", "en")
        assert cancelled.status is OrderStatus.CANCELLED
        return
    assert await refusal(demo, CancelOrder(seed.number), customer) is order.refusal
    with pytest.raises(Refused) as refused:
        await demo.ask(CancellationFee(seed.number), customer, "en")
    assert refused.value.reason is order.refusal
    assert await demo.ask(FindOrder(seed.number), customer, "en") == order


async def test_the_same_key_gives_the_same_answer(shop: Shop, clock: Clock) -> None:
    first = await shop.do(CancelOrder("10024"), EMMA, "r/ż 1", "en")
    clock.now += timedelta(days=90)
    assert await shop.do(CancelOrder("10024"), EMMA, "r/ż 1", "en") == first
    assert await refusal(shop, CancelOrder("10024")) is Refusal.CANCELLED


async def test_twenty_at_once_with_one_key_do_it_once(shop: Shop) -> None:
    orders = await asyncio.gather(
        *(shop.do(PlaceOrder((ItemChange("mug", 2),)), EMMA, "k", "en") for _ in range(20))
    )
    assert len({order.number for order in orders}) == 1
    assert len(await shop.ask(Orders(), EMMA, "en")) == 8


async def test_twenty_at_once_with_their_own_keys_cancel_once(shop: Shop) -> None:
    answers = await asyncio.gather(
        *(shop.do(CancelOrder("10024"), EMMA, f"k{index}", "en") for index in range(20)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Order) for answer in answers) == 1
    assert sum(isinstance(answer, Refused) for answer in answers) == 19


# Changing and placing


async def test_change_of_items_asks_for_the_difference(shop: Shop) -> None:
    changed = await shop.do(
        ChangeItems("10024", (ItemChange("mug", 4), ItemChange("candle", 1))), EMMA, "k", "en"
    )
    assert {item.product_id: item.quantity for item in changed.items} == {"blanket": 1, "mug": 4, "candle": 1}
    assert changed.total == Decimal("110.20")
    assert changed.payment_link is not None
    (open_payment,) = [
        p for p in await shop.ask(Payments("10024"), EMMA, "en") if p.state is PaymentState.PENDING
    ]
    assert open_payment.amount == Decimal("40.20")


async def test_change_of_items_gives_the_difference_back(shop: Shop) -> None:
    changed = await shop.do(ChangeItems("10024", (ItemChange("blanket", 0),)), EMMA, "k", "en")
    assert [item.product_id for item in changed.items] == ["mug"]
    back = [p for p in await shop.ask(Payments("10024"), EMMA, "en") if p.state is PaymentState.REFUNDED]
    assert [payment.amount for payment in back] == [Decimal("45.00")]
    await shop.do(CancelOrder("10024"), EMMA, "k2", "en")
    # 70 were paid, 45 given back, and the fee of an order of 25 is 2.
    assert (await shop.ask(FindRefund("10024"), EMMA, "en")).amount == Decimal("23.00")


@pytest.mark.parametrize(
    ("number", "changes", "reason"),
    [
        ("10024", [("rocket", 1)], Refusal.UNKNOWN_PRODUCT),
        ("10024", [("mug", -1)], Refusal.QUANTITY_INVALID),
        ("10024", [("mug", 100)], Refusal.QUANTITY_INVALID),
        ("10024", [("puzzle", 1)], Refusal.OUT_OF_STOCK),
        ("10024", [("headphones", 60)], Refusal.OUT_OF_STOCK),
        ("10024", [("vase", 0)], Refusal.NOT_IN_ORDER),
        ("10024", [("mug", 0), ("blanket", 0)], Refusal.EMPTY_ORDER),
        ("10025", [("mug", 1)], Refusal.SHIPPED),
        ("10005", [("mug", 1)], Refusal.DELIVERED),
        ("10003", [("mug", 1)], Refusal.RETURNED),
    ],
)
async def test_change_of_items_that_is_refused_changes_nothing(
    shop: Shop, number: str, changes: list[tuple[str, int]], reason: Refusal
) -> None:
    before = await shop.ask(FindOrder(number), EMMA, "en"), await shop.ask(Catalogue(), None, "en")
    command = ChangeItems(number, (ItemChange("candle", 3), *(ItemChange(*change) for change in changes)))
    if reason is Refusal.EMPTY_ORDER:
        command = ChangeItems(number, command.changes[1:])
    assert await refusal(shop, command) is reason
    assert before == (await shop.ask(FindOrder(number), EMMA, "en"), await shop.ask(Catalogue(), None, "en"))


async def test_a_packed_order_is_cancelled_but_not_changed(shop: Shop) -> None:
    assert await refusal(shop, ChangeItems("10010", (ItemChange("mug", 1),)), ANIA) is Refusal.PACKED
    assert await refusal(shop, ChangeOrderAddress("10010", HOME), ANIA) is Refusal.PACKED
    assert (await shop.do(CancelOrder("10010"), ANIA, "k", "en")).status is OrderStatus.CANCELLED


async def test_places_an_order(shop: Shop) -> None:
    lines = (ItemChange("mug", 2), ItemChange("lamp", 1), ItemChange("mug", 1))
    order = await shop.do(PlaceOrder(lines), EMMA, "k", "bg")
    assert [(item.name, item.quantity) for item in order.items] == [
        ("Керамична чаша", 3),
        ("Настолна лампа", 1),
    ]
    assert (order.status, order.payment, order.total) == (
        OrderStatus.PLACED,
        PaymentState.PENDING,
        Decimal("96.50"),
    )
    assert order.payment_link is not None
    assert order.address is not None
    assert order.address.postcode == "NW6 1NS"
    assert (await shop.ask(Orders(), EMMA, "bg"))[0] == order
    second = await shop.do(PlaceOrder(lines, "A7"), EMMA, "k2", "en")
    assert int(second.number) == int(order.number) + 1
    assert second.address is not None
    assert second.address.city == "Cork"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], Refusal.EMPTY_ORDER),
        ([("mug", 0)], Refusal.QUANTITY_INVALID),
        ([("mug", 60), ("mug", 60)], Refusal.QUANTITY_INVALID),
        ([("mug", 1), ("rocket", 1)], Refusal.UNKNOWN_PRODUCT),
        ([("mug", 1), ("puzzle", 1)], Refusal.OUT_OF_STOCK),
    ],
)
async def test_an_order_that_is_refused_is_not_placed(
    shop: Shop, lines: list[tuple[str, int]], reason: Refusal
) -> None:
    before = await shop.ask(Orders(), EMMA, "en"), await shop.ask(Catalogue(), None, "en")
    assert await refusal(shop, PlaceOrder(tuple(ItemChange(*line) for line in lines))) is reason
    assert before == (await shop.ask(Orders(), EMMA, "en"), await shop.ask(Catalogue(), None, "en"))


async def test_a_new_customer_without_an_address_cannot_order(shop: Shop) -> None:
    await shop.do(CreateAccount("new@example.org", "New One", AccountKind.PRO), None, "k", "ro")
    customer = await shop.find_customer(email="New@Example.org")
    assert customer.language == "ro"
    assert await refusal(shop, PlaceOrder((ItemChange("mug", 1),)), customer.id) is Refusal.NO_ADDRESS


# Refunds and invoices


async def test_asks_the_money_of_a_delivered_order_back(shop: Shop) -> None:
    refund = await shop.do(RequestRefund("10005", "the zip broke"), EMMA, "k", "en")
    assert (refund.number, refund.amount, refund.state) == (
        "R-10005",
        Decimal("79.90"),
        RefundState.REQUESTED,
    )
    assert refund.reason == "the zip broke"
    assert await shop.ask(FindRefund("r10005"), EMMA, "en") == refund
    assert (await shop.ask(Refunds(), EMMA, "en"))[0] == refund


@pytest.mark.parametrize(
    ("number", "customer", "reason"),
    [
        ("10001", EMMA, Refusal.TOO_OLD),
        ("10003", EMMA, Refusal.ALREADY_REQUESTED),
        ("10035", EMMA, Refusal.ALREADY_REQUESTED),
        ("10004", ANIA, Refusal.ALREADY_REQUESTED),
        ("10013", EMMA, Refusal.NOT_PAID),
        ("10012", ANIA, Refusal.NOT_PAID),
        ("10024", EMMA, Refusal.NOT_DELIVERED),
        ("10025", EMMA, Refusal.NOT_DELIVERED),
    ],
)
async def test_a_refund_is_refused(shop: Shop, number: str, customer: str, reason: Refusal) -> None:
    assert await refusal(shop, RequestRefund(number, "x"), customer) is reason


async def test_a_cancelled_order_that_was_never_paid_has_no_refund(shop: Shop) -> None:
    await shop.do(CancelOrder("10012"), ANIA, "k", "en")
    with pytest.raises(NotFound):
        await shop.ask(FindRefund("10012"), ANIA, "en")
    assert await refusal(shop, RequestRefund("10012", "x"), ANIA) is Refusal.CANCELLED


async def test_thirty_days_for_a_refund(demo: DemoShop, clock: Clock) -> None:
    await demo.check()
    clock.now += timedelta(days=26)
    assert await refusal(demo, RequestRefund("10005", "x")) is Refusal.TOO_OLD
    clock.now -= timedelta(days=1)
    assert (await demo.do(RequestRefund("10005", "x"), EMMA, "k", "en")).order == "10005"


async def test_invoices(shop: Shop) -> None:
    invoice = await shop.ask(FindInvoice("10025"), EMMA, "en")
    assert (invoice.number, invoice.total) == ("INV-10025", Decimal("119.00"))
    for form in ("INV-10025", "inv10025", "INV 10025", " 10025 "):
        assert await shop.ask(FindInvoice(form), EMMA, "en") == invoice
    assert (await shop.ask(Invoices(), EMMA, "en"))[0] == invoice
    with pytest.raises(Refused) as refused:
        await shop.ask(FindInvoice("10024"), EMMA, "en")
    assert refused.value.reason is Refusal.NO_INVOICE_YET


@pytest.mark.parametrize("customer", FIRST_FIVE)
async def test_every_journey_has_its_order(demo: DemoShop, customer: str) -> None:
    orders = await demo.ask(Orders(), customer, "en")
    assert len(orders) >= 6
    assert any(order.status is OrderStatus.SHIPPED for order in orders)
    assert any(order.cancellable and order.changeable for order in orders)
    assert any(order.payment is PaymentState.FAILED for order in orders)
    assert await demo.ask(Invoices(), customer, "en")
    states = {refund.state for refund in await demo.ask(Refunds(), customer, "en")}
    assert states & {RefundState.REQUESTED, RefundState.APPROVED}
    assert len(double_charges(await demo.ask(Payments(), customer, "en"))) == 1
    delivered = [order.number for order in orders if order.status is OrderStatus.DELIVERED]
    for number in delivered:
        try:
            await demo.do(RequestRefund(number, "x"), customer, "k", "en")
            break
        except Refused:
            continue
    else:
        pytest.fail("no refundable order")


# Account


async def test_finds_a_customer(shop: Shop) -> None:
    by_email = await shop.find_customer(email=" Emma@Example.com")
    assert (by_email.id, by_email.email, by_email.name, by_email.language) == (
        EMMA,
        "emma@example.com",
        "Emma Clarke",
        "en",
    )
    assert await shop.find_customer(user_id="emma") == by_email


@pytest.mark.parametrize(
    "wanted", [{"email": "no@example.com"}, {"email": ""}, {"user_id": "Emma"}, {"user_id": ""}]
)
async def test_unknown_customer(shop: Shop, wanted: dict[str, str]) -> None:
    with pytest.raises(CustomerNotFound):
        await shop.find_customer(**wanted)


async def test_addresses(shop: Shop) -> None:
    added = await shop.do(AddAddress(HOME), EMMA, "k", "en")
    account = await shop.ask(FindAccount(), EMMA, "en")
    assert account.addresses[-1] == added
    assert added.id is not None
    changed = await shop.do(
        ChangeAddress(added.id, Address("Emma C", "Rua Nova 1", "Lisboa", "1100-001", "PT")), EMMA, "k2", "en"
    )
    assert (await shop.ask(FindAccount(), EMMA, "en")).addresses[-1] == changed
    assert changed.id == added.id
    order = await shop.do(ChangeOrderAddress("10024", HOME), EMMA, "k3", "en")
    assert order.address == HOME
    for command in (
        AddAddress,
        lambda bad: ChangeAddress("A6", bad),
        lambda bad: ChangeOrderAddress("10024", bad),
    ):
        with pytest.raises(AddressInvalid) as invalid:
            await shop.do(
                command(Address("Emma", "1 High Street", "London", "00-950", "GB")), EMMA, "k4", "en"
            )
        assert invalid.value.field == "postcode"


async def test_edits_the_account(shop: Shop) -> None:
    await shop.do(EditAccount(AccountField.NAME, " Emma   Stone "), EMMA, "k1", "en")
    await shop.do(EditAccount(AccountField.PHONE, "+44 (0)20 7946-0000"), EMMA, "k2", "en")
    await shop.do(EditAccount(AccountField.EMAIL, "Stone@Example.org"), EMMA, "k3", "en")
    account = await shop.do(SwitchAccount(AccountKind.BUSINESS), EMMA, "k4", "en")
    assert account == await shop.ask(FindAccount(), EMMA, "en")
    assert (account.name, account.phone, account.email, account.kind) == (
        "Emma Stone",
        "+4402079460000",
        "stone@example.org",
        AccountKind.BUSINESS,
    )
    assert (await shop.find_customer(email="stone@example.org")).id == EMMA
    with pytest.raises(CustomerNotFound):
        await shop.find_customer(email="emma@example.com")


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (EditAccount(AccountField.EMAIL, "ania@example.com"), Refusal.EMAIL_TAKEN),
        (EditAccount(AccountField.EMAIL, "no address"), Refusal.EMAIL_INVALID),
        (EditAccount(AccountField.EMAIL, "a@b"), Refusal.EMAIL_INVALID),
        (EditAccount(AccountField.EMAIL, "a@b.com\r\nBcc: all@example.com"), Refusal.EMAIL_INVALID),
        (EditAccount(AccountField.NAME, " "), Refusal.NAME_INVALID),
        (EditAccount(AccountField.NAME, "x" * 101), Refusal.NAME_INVALID),
        (EditAccount(AccountField.NAME, "1234"), Refusal.NAME_INVALID),
        (EditAccount(AccountField.PHONE, "call me"), Refusal.PHONE_INVALID),
        (SwitchAccount(AccountKind.FREE), Refusal.SAME_KIND),
        (CreateAccount("nobody", "Some One"), Refusal.EMAIL_INVALID),
        (CreateAccount("a@example.org", "?"), Refusal.NAME_INVALID),
        (SendPasswordLink("@"), Refusal.EMAIL_INVALID),
        (Subscribe("x"), Refusal.EMAIL_INVALID),
        (Unsubscribe("x"), Refusal.EMAIL_INVALID),
        (WriteReview("rocket", 5, "high"), Refusal.UNKNOWN_PRODUCT),
        (WriteReview(None, 6, "high"), Refusal.STARS_INVALID),
        (WriteReview(None, None, "  "), Refusal.TEXT_INVALID),
        (FileComplaint(" "), Refusal.TEXT_INVALID),
        (ReportPayment(None, "x" * 4001), Refusal.TEXT_INVALID),
    ],
)
async def test_what_the_shop_refuses(shop: Shop, command: Command[Any], reason: Refusal) -> None:
    assert await refusal(shop, command) is reason


async def test_an_account_cannot_be_seen_by_trying_to_open_it(shop: Shop) -> None:
    for index, email in enumerate(("emma@example.com", "new@example.org")):
        made = await shop.do(CreateAccount(email, "Some One"), None, f"k{index}", "en")
        assert (made.email, made.name, made.kind) == (email, "Some One", AccountKind.FREE)
        assert (await shop.do(SendPasswordLink(email), None, f"k{index}", "en")).email == email
    assert (
        await shop.do(SendPasswordLink("never@example.org"), None, "k", "en")
    ).email == "never@example.org"
    assert (await shop.find_customer(email="emma@example.com")).name == "Emma Clarke"
    assert (await shop.find_customer(email="new@example.org")).name == "Some One"


async def test_deletes_an_account(shop: Shop) -> None:
    assert await refusal(shop, DeleteAccount()) is Refusal.ORDERS_ON_THE_WAY
    closed = await shop.do(DeleteAccount(), PIOTR, "k", "pl")
    assert closed.customer == PIOTR
    assert await shop.do(DeleteAccount(), PIOTR, "k", "pl") == closed
    for wanted in ({"email": "piotr@example.com"}, {"user_id": "piotr"}):
        with pytest.raises(CustomerNotFound):
            await shop.find_customer(**wanted)
    for question in (FindAccount(), Orders(), FindOrder("10043")):
        with pytest.raises(NotFound):
            await shop.ask(question, PIOTR, "pl")


async def test_the_newsletter(shop: Shop) -> None:
    own = await shop.do(Subscribe("emma@example.com"), EMMA, "k1", "en")
    assert own.state is SubscriptionState.SUBSCRIBED
    assert (await shop.ask(FindAccount(), EMMA, "en")).newsletter is SubscriptionState.SUBSCRIBED
    # Nobody learns that Emma is subscribed, nor subscribes Ania without her.
    for index, email in enumerate(("emma@example.com", "ania@example.com", "new@example.org")):
        other = await shop.do(Subscribe(email), None, f"o{index}", "en")
        assert other.state is SubscriptionState.PENDING
    assert (await shop.ask(FindAccount(), ANIA, "en")).newsletter is SubscriptionState.PENDING
    assert (await shop.ask(FindAccount(), EMMA, "en")).newsletter is SubscriptionState.SUBSCRIBED
    for index, email in enumerate(("emma@example.com", "never@example.org")):
        gone = await shop.do(Unsubscribe(email), None, f"u{index}", "en")
        assert gone.state is SubscriptionState.UNSUBSCRIBED
    assert (await shop.ask(FindAccount(), EMMA, "en")).newsletter is SubscriptionState.UNSUBSCRIBED


# Feedback, and what everybody may ask


async def test_reviews_and_cases_have_numbers(shop: Shop) -> None:
    review = await shop.do(WriteReview("mug", 5, " Lovely! "), None, "k1", "en")
    assert (review.product_id, review.stars, review.text) == ("mug", 5, "Lovely!")
    complaint = await shop.do(FileComplaint("Too late", "10025"), EMMA, "k2", "en")
    assert (complaint.number, complaint.order, complaint.opened_on) == ("K-000001", "10025", NOON.date())
    payment = await shop.do(ReportPayment(None, "Charged twice"), None, "k3", "en")
    assert payment.number == "K-000002"
    assert await shop.do(FileComplaint("Too late", "10025"), EMMA, "k2", "en") == complaint


async def test_what_everybody_may_ask(shop: Shop) -> None:
    products = await shop.ask(Catalogue(), None, "en")
    assert len(products) >= 20
    assert {product.name("el") for product in products} >= {"Παζλ", "Σακίδιο πλάτης"}
    assert "card" in await shop.ask(PaymentMethods(), None, "en")
    everywhere = await shop.ask(DeliveryMethods(), None, "en")
    poland = await shop.ask(DeliveryMethods("PL"), None, "en")
    assert {method.name for method in poland} == {method.name for method in everywhere}
    assert {method.name for method in await shop.ask(DeliveryMethods("IE"), None, "en")} == {
        "standard",
        "express",
    }
    assert await shop.ask(DeliveryMethods("US"), None, "en") == ()


async def test_check_and_close(shop: Shop) -> None:
    await shop.check()
    await shop.close()
    await shop.close()


def test_each_question_and_command_is_known_to_the_shop() -> None:
    assert set(READERS) == set(Question.__subclasses__())
    assert set(WRITERS) == set(Command.__subclasses__())
