"""Buying: placing an order, and changing what is in one."""

from __future__ import annotations

from collections.abc import Sequence

from actions import wording
from actions.backends.model import (
    Catalogue,
    ChangeItems,
    FindAccount,
    ItemChange,
    Order,
    Product,
    Refusal,
    Refused,
)
from actions.backends.model import PlaceOrder as Place
from actions.contact import support_contact
from actions.fields import Choice, Field, Unfit, number_field
from actions.hints import puts_in, small_number, takes_out
from actions.memory import WORDS, Given
from actions.orders import named
from actions.pick import ORDER, pick_order
from actions.proof import prove
from actions.talk import Over, Talk
from actions.task import Task
from actions.turn import Turn

MOST_OF_ONE = 50
MOST_SHOWN = 8


class PlaceOrder(Task):
    """Orders things by name and number, after their price and address have been confirmed."""

    intent = "place_order"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        products = await talk.ask_shop(Catalogue())
        wanted = await talk.answer(_items_field(talk, products, "utter_ask_what_to_order"))
        customer = await prove(talk)
        lines = tuple(ItemChange(product, quantity) for product, quantity in wanted)
        account = await talk.ask_shop(FindAccount(), customer)
        if not account.addresses:
            raise talk.over("utter_refused_no_address")
        by_id = {product.id: product for product in products}
        if any(by_id[line.product_id].stock < line.quantity for line in lines) and not talk.deciding():
            raise talk.over("utter_refused_out_of_stock", contact=support_contact())
        total = sum(by_id[line.product_id].price * line.quantity for line in lines)
        address = account.addresses[0]
        if not await talk.confirmed(
            "utter_confirm_order",
            items=_listed(lines, products, talk.language),
            total=wording.money(total, products[0].currency, talk.language),
            address=f"{address.street}, {address.postcode} {address.city}",
        ):
            raise talk.over("utter_nothing_ordered")
        try:
            order = await talk.do(Place(lines), customer)
        except Refused as refusal:
            raise talk.over(f"utter_refused_{refusal.reason.value}", contact=support_contact()) from None
        talk.remember(**{ORDER: order.number})
        talk.say("utter_order_placed", **named(talk, order))
        if order.payment_link:
            talk.say("utter_pay_here", link=order.payment_link)


class ChangeOrder(Task):
    """Gives an order other quantities or other things, after the result has been confirmed."""

    intent = "change_order"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        order = await pick_order(
            talk, customer, "utter_ask_order_to_change", fits=lambda order: order.changeable, alone=True
        )
        if not order.changeable and not talk.deciding():
            raise talk.over("utter_change_refused", number=order.number, contact=support_contact())
        products = await talk.ask_shop(Catalogue())
        change = await _change(talk, order, products)
        if not _lines_after(order, change):
            raise _refused(talk, order.number, Refused(Refusal.EMPTY_ORDER))
        if not await talk.confirmed(
            "utter_confirm_change", number=order.number, items=_after(order, change, products, talk.language)
        ):
            raise talk.over("utter_order_kept", number=order.number)
        try:
            changed = await talk.do(ChangeItems(order.number, (change,)), customer)
        except Refused as refusal:
            raise _refused(talk, order.number, refusal) from None
        talk.say("utter_order_changed", **named(talk, changed))


async def _change(talk: Talk, order: Order, products: Sequence[Product]) -> ItemChange:
    """Return which product shall be in the order how often."""
    choices = [Choice(item.name, {"product": item.product_id}) for item in order.items]
    question = _product_field(products, choices, number=order.number, items=wording.items(order.items))
    words = " ".join(talk.frame.given.get(WORDS, ()))
    answers = talk.frame.answers
    alone = len(order.items) == 1 and not talk.frame.given.get("product")
    if "product" not in answers and alone and small_number(words) is not None:
        # "Make it three": of the only thing there is.
        answers["product"] = order.items[0].product_id
    asked = talk.frame.asked == "product"
    product_id = str(await talk.answer(question))
    name = next(product.name(talk.language) for product in products if product.id == product_id)
    present = sum(item.quantity for item in order.items if item.product_id == product_id)
    if asked:
        words = talk.turn.text
    if "quantity" not in answers and talk.frame.asked is None:
        meant = _meant_quantity(words, talk.frame.given if not asked else talk.turn.given, present)
        if meant is not None:
            answers["quantity"] = meant
    quantity = await talk.answer(
        number_field("quantity", "utter_ask_quantity", 0, MOST_OF_ONE).asking(product=name, present=present)
    )
    return ItemChange(product_id, int(quantity))


def _meant_quantity(words: str, given: Given, present: int) -> int | None:
    """How many there shall be, as far as the words tell: "remove the mug", "add two teapots", "make it 3"."""
    counted = [int(value) for value in given.get("quantity", ()) if value.isdecimal()]
    count = counted[0] if len(counted) == 1 else small_number(words)
    if takes_out(words) == puts_in(words):
        meant = count
    elif takes_out(words):
        meant = 0 if count is None else max(0, present - count)
    else:
        meant = present + (1 if count is None else count)
    return meant if meant is not None and 0 <= meant <= MOST_OF_ONE else None


def _product_field(products: Sequence[Product], choices: Sequence[Choice], **values: object) -> Field:
    known = {product.id for product in products}

    def find(given: Given) -> str | None:
        found = [value for value in given.get("product", ()) if value in known]
        return found[0] if len(found) == 1 else None

    def read(turn: Turn) -> str | None:
        return find(turn.given) or _by_name(turn.text, products)

    return Field("product", "utter_ask_product_to_change", read, find, values=values, choices=choices)


def _items_field(talk: Talk, products: Sequence[Product], question: str) -> Field:
    """The question for products with quantities: [["mug", 2], …]."""
    known = {product.id for product in products}

    # Lists, as they come back from what is remembered: the same answer must be equal.
    def find(given: Given) -> list[list[str | int]] | None:
        named_items = given.get("item") or [f"{product}:1" for product in given.get("product", ())]
        pairs = [value.rpartition(":") for value in named_items]
        counted = {product: int(count) if count.isdecimal() else 1 for product, _, count in pairs}
        if not all(1 <= count <= MOST_OF_ONE for count in counted.values()):
            raise Unfit("utter_number_out_of_range", low=1, high=MOST_OF_ONE)
        return [[product, count] for product, count in counted.items() if product in known] or None

    def read(turn: Turn) -> list[list[str | int]] | None:
        by_name = _by_name(turn.text, products)
        return find(turn.given) or ([[by_name, 1]] if by_name else None)

    shown = [product for product in products if product.stock > 0][:MOST_SHOWN]
    offered = wording.lines(
        f"{product.name(talk.language)}, {wording.money(product.price, product.currency, talk.language)}"
        for product in products
        if product.stock > 0
    )
    choices = [Choice(product.name(talk.language), {"product": product.id}) for product in shown]
    return Field("items", question, read, find, values={"products": offered}, choices=choices)


def _by_name(text: str, products: Sequence[Product]) -> str | None:
    """The product whose whole name is what was written."""
    written = text.strip(" .!?").casefold()
    for product in products:
        if written in {name.casefold() for name in product.names.values()}:
            return product.id
    return None


def _listed(lines: Sequence[ItemChange], products: Sequence[Product], language: str) -> str:
    names = {product.id: product.name(language) for product in products}
    return ", ".join(f"{line.quantity} × {names.get(line.product_id, line.product_id)}" for line in lines)


def _after(order: Order, change: ItemChange, products: Sequence[Product], language: str) -> str:
    """What will be in the order, as a customer reads it."""
    return _listed(_lines_after(order, change), products, language)


def _lines_after(order: Order, change: ItemChange) -> list[ItemChange]:
    """What will be in the order."""
    quantities = {item.product_id: item.quantity for item in order.items}
    quantities[change.product_id] = change.quantity
    return [ItemChange(product, count) for product, count in quantities.items() if count]


def _refused(talk: Talk, number: str, refusal: Refused) -> Exception:
    reason = refusal.reason.value
    if refusal.reason is Refusal.EMPTY_ORDER:
        talk.offer("utter_refused_empty_order", {"cancel_order": {ORDER: number}})
        return Over()
    response = "utter_change_refused" if reason in STATES else f"utter_refused_{reason}"
    return talk.over(response, number=number, contact=support_contact())


STATES = frozenset({"packed", "shipped", "delivered", "cancelled", "returned"})
