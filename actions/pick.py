"""Picking one of the customer's orders, invoices or addresses: the one named, the one meant, or one of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from actions import wording
from actions.backends.model import FindOrder, NotFound, Order, Orders
from actions.fields import Choice, Field, entity_field
from actions.talk import Talk

MOST_BUTTONS = 5
ORDER = "order_number"


async def pick_order(
    talk: Talk,
    customer: str,
    question: str,
    *,
    fits: Callable[[Order], bool] = lambda order: True,
    alone: bool = False,
) -> Order:
    """Return the customer's order that this is about.

    It is the one the message names, else the one just talked about, else (with `alone`) the only one that `fits`,
    else the one the customer picks from those that fit. Ends the task when there is no order at all.
    """
    orders = await talk.ask_shop(Orders(), customer)
    if not orders:
        raise talk.over("utter_no_orders")
    fitting = [order for order in orders if fits(order)]
    field = _order_field(question, fitting or orders, _meant(talk, orders, fitting, alone=alone))
    while True:
        number = str(await talk.answer(field))
        try:
            order = await talk.ask_shop(FindOrder(number), customer)
        except NotFound:
            talk.say("utter_order_not_found", number=number)
            talk.forget(ORDER)
            talk.memory.at_hand.pop(ORDER, None)
            field = _order_field(question, fitting or orders, None)
            talk.miss(ORDER)
        else:
            talk.remember(**{ORDER: order.number})
            return order


def order_choice(order: Order) -> Choice:
    """Return the button that names an order."""
    return Choice(f"{order.number}: {wording.short(wording.items(order.items))}", {ORDER: order.number})


def _meant(talk: Talk, orders: Sequence[Order], fitting: Sequence[Order], *, alone: bool) -> str | None:
    """The order that the customer means without naming it; right after tracking one it is that one, fit or not."""
    at_hand, last = talk.memory.at_hand.get(ORDER), talk.memory.last
    tracked = last is not None and last.task == "track_order"
    if at_hand is not None and any(order.number == at_hand for order in (orders if tracked else fitting)):
        return at_hand
    return fitting[0].number if alone and len(fitting) == 1 else None


def _order_field(question: str, orders: Sequence[Order], meant: str | None) -> Field:
    """The question for an order. A message that names several orders names none."""
    choices = [order_choice(order) for order in orders[:MOST_BUTTONS]]
    field = entity_field(ORDER, question, again="utter_order_number_unclear")
    named = field.find
    return replace(
        field,
        choices=choices,
        find=lambda given: named(given) or (None if given.get(ORDER) else meant),
    )
