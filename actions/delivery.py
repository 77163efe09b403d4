"""Delivery in general: which ways there are, what they cost, how long they take."""

from __future__ import annotations

from collections.abc import Iterable

from actions import wording
from actions.backends.model import COUNTRIES, DeliveryMethod, DeliveryMethods, FindOrder, NotFound
from actions.knowledge import tell_policy
from actions.orders import ARRIVING, tell_order
from actions.pick import ORDER
from actions.proof import proved
from actions.talk import Talk
from actions.task import Task


class DeliveryOptions(Task):
    """Says which ways of delivery there are, to the country that was named if one was."""

    intent = "delivery_options"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        country = _country(talk)
        methods = await talk.ask_shop(DeliveryMethods(country))
        if country is not None and not methods:
            raise talk.over("utter_country_not_served", country=wording.country(country, talk.language))
        options = wording.lines(_option(talk, method) for method in methods)
        if country is None:
            talk.say("utter_delivery_options", options=options)
        else:
            name = wording.country(country, talk.language)
            talk.say("utter_delivery_options_to", options=options, country=name)
        await tell_policy(talk, None)


class DeliveryPeriod(Task):
    """Says when an order comes, or how long delivery takes."""

    intent = "delivery_period"
    aside = True

    async def go(self, talk: Talk) -> None:
        """See Task."""
        named = talk.frame.given.get(ORDER, ())
        if named and await _tell_expected(talk, named[0]):
            return
        country = _country(talk)
        methods = await talk.ask_shop(DeliveryMethods(country))
        if country is not None and not methods:
            raise talk.over("utter_country_not_served", country=wording.country(country, talk.language))
        low, high = min(item.days_low for item in methods), max(item.days_high for item in methods)
        periods = wording.lines(_period(talk, methods))
        talk.offer("utter_delivery_period", {"track_order": {}}, low=low, high=high, periods=periods)


async def _tell_expected(talk: Talk, number: str) -> bool:
    """Say when an order comes, if the customer is proved and it is theirs."""
    customer = await proved(talk)
    if customer is None:
        return False
    try:
        order = await talk.ask_shop(FindOrder(number), customer)
    except NotFound:
        return False
    if order.expected_on is None or order.status not in ARRIVING:
        tell_order(talk, order)
    else:
        date = wording.day(order.expected_on, talk.language)
        talk.say("utter_order_expected_on", number=order.number, date=date)
    return True


def _country(talk: Talk) -> str | None:
    named = talk.frame.given.get("country", ())
    codes = [code for code in named if code in COUNTRIES] or list(named)
    return codes[0] if codes else None


def _option(talk: Talk, method: DeliveryMethod) -> str:
    price = wording.money(method.price, method.currency, talk.language)
    return talk.words.text(
        "utter_delivery_option",
        name=talk.words.text(f"utter_delivery_{method.name}"),
        price=price,
        low=method.days_low,
        high=method.days_high,
    )


def _period(talk: Talk, methods: Iterable[DeliveryMethod]) -> Iterable[str]:
    for method in methods:
        name = talk.words.text(f"utter_delivery_{method.name}")
        yield talk.words.text("utter_delivery_days", name=name, low=method.days_low, high=method.days_high)
