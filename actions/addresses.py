"""Addresses of delivery: correcting the one of an order or of the account, adding a further one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actions import wording
from actions.backends.model import (
    COUNTRIES,
    Account,
    AddAddress,
    Address,
    AddressInvalid,
    ChangeOrderAddress,
    FindAccount,
    FindOrder,
    NotFound,
    Orders,
    Refused,
    check_address,
)
from actions.backends.model import ChangeAddress as Change
from actions.contact import support_contact
from actions.fields import Choice, Field, Unfit, text_field
from actions.memory import Given
from actions.pick import ORDER, order_choice
from actions.postal import divided, split_place
from actions.proof import prove
from actions.talk import Talk
from actions.task import Task
from actions.turn import Turn

ACCOUNT = "account"
GROUP = "address"
_PARTS = {"name": "street", "street": "street", "city": "place", "postcode": "place", "country": "country"}
"""The question that is asked again when a part of an address is wrong."""


class SetUpShippingAddress(Task):
    """Keeps one more address in the account."""

    intent = "set_up_shipping_address"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        account = await talk.ask_shop(FindAccount(), customer)
        address = await _address(talk, account)
        if not await talk.confirmed("utter_confirm_address", address=_shown(address, talk.language)):
            raise talk.over("utter_nothing_changed")
        kept = await talk.do(AddAddress(address), customer)
        talk.say("utter_address_added", address=_shown(kept, talk.language))


class ChangeShippingAddress(Task):
    """Sends an order somewhere else, or corrects the account's address."""

    intent = "change_shipping_address"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        account = await talk.ask_shop(FindAccount(), customer)
        target = await _target(talk, customer)
        address = await _address(talk, account)
        shown = _shown(address, talk.language)
        question = "utter_confirm_address" if target == ACCOUNT else "utter_confirm_address_of_order"
        if not await talk.confirmed(question, address=shown, number=target):
            raise talk.over("utter_nothing_changed")
        await _change(talk, customer, account, target, address)


async def _change(talk: Talk, customer: str, account: Account, target: str, address: Address) -> None:
    shown = _shown(address, talk.language)
    if target != ACCOUNT:
        try:
            await talk.do(ChangeOrderAddress(target, address), customer)
        except Refused:
            raise talk.over("utter_change_refused", number=target, contact=support_contact()) from None
        talk.say("utter_address_of_order_changed", number=target, address=shown)
        return
    present = next((item.id for item in account.addresses if item.id), None)
    await talk.do(Change(present, address) if present else AddAddress(address), customer)
    talk.say("utter_address_changed", address=shown)


async def _target(talk: Talk, customer: str) -> str:
    """Return which address: an order's number, or ACCOUNT."""
    orders = [order for order in await talk.ask_shop(Orders(), customer) if order.changeable]
    choices = [Choice(order_choice(order).title, {"target": order.number}) for order in orders[:4]]
    choices.append(Choice(talk.words.text("utter_title_account_address"), {"target": ACCOUNT}))
    while True:
        target = str(await talk.answer(_target_field(choices)))
        if target == ACCOUNT:
            return target
        try:
            order = await talk.ask_shop(FindOrder(target), customer)
        except NotFound:
            talk.say("utter_order_not_found", number=target)
            talk.forget("target")
            talk.miss("target")
            continue
        if not order.changeable and not talk.deciding():
            raise talk.over("utter_change_refused", number=target, contact=support_contact())
        talk.remember(**{ORDER: order.number})
        return target


def _target_field(choices: list[Choice]) -> Field:
    def find(given: Given) -> str | None:
        found = [*given.get("target", ()), *given.get(ORDER, ())]
        return found[0] if len(found) == 1 else None

    def read(turn: Turn) -> str | None:
        written = turn.text.strip(" .!?").casefold()
        by_title = [choice.gives["target"] for choice in choices if choice.title.casefold() == written]
        return find(turn.given) or next(iter(by_title), None)

    return Field("target", "utter_ask_which_address", read, find, choices=choices)


async def _address(talk: Talk, account: Account) -> Address:
    """Return a whole address of a served country; asks part after part, and again for a part that is wrong."""
    while True:
        street = _take_apart(talk, str(await talk.answer(STREET)))
        postcode, city = await talk.answer(PLACE)
        country = str(await talk.answer(_country_field(talk, account)))
        address = Address(account.name, street, str(city), str(postcode), country)
        try:
            check_address(address)
        except AddressInvalid as error:
            talk.say(f"utter_address_invalid_{error.field}", country=wording.country(country, talk.language))
            talk.forget(_PARTS[error.field])
            talk.miss(_PARTS[error.field])
        else:
            return address


def _take_apart(talk: Talk, written: str) -> str:
    """Return the street; what else was written with it answers the other questions."""
    parts, answers = divided(written), talk.frame.answers
    if parts.place is not None:
        answers["street"] = parts.street
        answers.setdefault("place", list(parts.place))
        if parts.country is not None:
            answers.setdefault("country", parts.country)
    return str(answers["street"])


def _read_street(turn: Turn) -> Any:
    # Lines are parts of an address, and a text keeps none.
    return _LINE.read(replace(turn, text=", ".join(turn.text.splitlines())))


def _read_place(turn: Turn) -> Any:
    """The postcode and the city: "00-950 Warszawa", "Athens 105 57, Greece"."""
    parts = [part for part in turn.text.replace("\n", ",").split(",") if part.strip()]
    if len(parts) > 1 and wording.country_codes(parts[-1], COUNTRIES):
        parts.pop()
    postcode, city = split_place(" ".join(parts))
    if not postcode:
        raise Unfit("utter_postcode_missing")
    if not city:
        raise Unfit("utter_city_missing")
    return [postcode, city]


_LINE = text_field("street", "utter_ask_street", least=4, group=GROUP)
STREET = replace(_LINE, read=_read_street)
PLACE = Field("place", "utter_ask_postcode_and_city", _read_place, open_=True, group=GROUP)


def _country_field(talk: Talk, account: Account) -> Field:
    usual = list(dict.fromkeys([item.country for item in account.addresses] + ["RO", "BG", "GR", "PL", "GB"]))
    choices = [Choice(wording.country(code, talk.language), {"country": code}) for code in usual[:5]]

    def find(given: Given) -> str | None:
        found = given.get("country", ())
        return found[0] if len(found) == 1 else None

    def read(turn: Turn) -> str | None:
        code = find(turn.given) or next(iter(wording.country_codes(turn.text, COUNTRIES)), None)
        if code is not None and code not in COUNTRIES:
            raise Unfit("utter_country_not_served", country=wording.country(code, talk.language))
        return code

    return Field("country", "utter_ask_country", read, choices=choices, group=GROUP)


def _shown(address: Address, language: str) -> str:
    country = wording.country(address.country, language)
    return f"{address.name}, {address.street}, {address.postcode} {address.city}, {country}"
